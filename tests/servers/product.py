"""The product as it is run: `than-thien` commands as processes of their own, and an administrator beside them."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.config import PREFIX, Settings
from bot.domain.channels import TokenPair
from bot.storage import migrate
from bot.system import System, opened
from bot.training import ROOT
from knowledge import files
from tests.servers import free_port
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import PAGE_ID, PAGE_TOKEN
from tests.servers.sample import few_procedures
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_oauth import ACCESS_LIFE, REFRESH_LIFE

UNIT = "xa-tan-an"
COMMAND = ("-c", "from bot.main import main; main()")
READY_SECONDS = 150.0
TAIL_LINES = 8
STOP_SECONDS = 15.0


class Process:
    """One command, its output in a file. Ctrl-C of the terminal does not reach it; it ends with its parent."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.log = settings.data_dir / "logs" / f"{name}.log"
        self._settings = settings
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._running.poll() if self._running else None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._running = subprocess.Popen(
                [sys.executable, *COMMAND, self.name.partition("-")[0]],
                cwd=self._settings.data_dir,
                env=environment(self._settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def last_words(self) -> str:
        """The end of its output, for the reason of a failure: the folder may be gone when it is read."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-TAIL_LINES:])

    def stop(self) -> None:
        if self._running is None or self._running.poll() is not None:
            return
        self._running.terminate()
        try:
            self._running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def environment(settings: Settings) -> dict[str, str]:
    """Of this process, without its own settings, with these."""
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    given: dict[str, Any] = {name: getattr(settings, name) for name in Settings.model_fields}
    chosen = {
        PREFIX + name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in given.items()
        if value is not None
    }
    return own | chosen | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def settings_for(folder: Path, zalo: PretendZalo, graph: PretendGraph, **more: Any) -> Settings:
    """A whole installation in a folder, beside the pretend platforms."""
    given: dict[str, Any] = {
        "_env_file": None, "data_dir": folder, "port": free_port(), "log_level": "info",
        "secret_key": SecretStr("a key that only this run knows"), "zalo_api_url": zalo.api_url,
        "zalo_oauth_url": zalo.oauth_url, "zalo_business_url": zalo.business_url, "facebook_graph_url": graph.url,
    }  # fmt: skip
    chosen = Settings(**given | more)
    chosen.public_url = f"http://127.0.0.1:{chosen.port}"
    return chosen


@asynccontextmanager
async def installed(settings: Settings, zalo: PretendZalo, graph: PretendGraph, *, few: bool) -> AsyncIterator[System]:
    """The administrator's view of a migrated database with the sample commune (`few`: of its procedures a handful,
    indexed in no time) and one channel of each platform."""
    async with opened(settings) as system:
        await migrate.upgrade(system.database)
        units = files.read_units(files.UNITS)
        procedures = few_procedures() if few else files.read_procedures(files.PROCEDURES)
        for kind, unit, records in (("unit", None, units), ("procedure", "dong-nai", procedures)):
            await system.revisions.publish(
                kind, unit, {name: one.model_dump(mode="json") for name, one in records.items()}
            )
        await consent(system, zalo)
        await paste_page_token(system, graph, PAGE_TOKEN)
        yield system


async def consent(system: System, zalo: PretendZalo) -> int:
    """What an administrator does for Zalo: the channel with a fresh pair of tokens; its id."""
    secrets = {"app_id": zalo.app_id, "app_secret": zalo.app_secret, "oa_secret": zalo.oa_secret}
    channel_id = await system.directory.connect("zalo", zalo.oa_id, UNIT, "UBND xã Tân An", secrets)
    pair, now = zalo.oauth.grant(), system.clock.now()
    await system.credentials.seed_tokens(
        channel_id, TokenPair(pair.access_token, pair.refresh_token, now + ACCESS_LIFE, now + REFRESH_LIFE)
    )
    return channel_id


async def paste_page_token(system: System, graph: PretendGraph, token: str) -> int:
    """The same for Facebook."""
    secrets = {"app_id": graph.app_id, "app_secret": graph.app_secret, "verify_token": graph.verify_token}
    secrets["page_token"] = token
    return await system.directory.connect("facebook", PAGE_ID, UNIT, "UBND xã Tân An", secrets)


async def answering(process: Process, url: str, seconds: float = READY_SECONDS) -> None:
    """Waits until the web process answers. Raises RuntimeError when it ends or does not in time."""
    deadline = time.monotonic() + seconds
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            if process.code is not None:
                raise RuntimeError(f"{process.name} ended with {process.code}:\n{process.last_words()}")
            try:
                async with session.get(f"{url}/health/live", timeout=aiohttp.ClientTimeout(total=2)) as response:
                    if response.status < 500:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.1)
    raise RuntimeError(f"{process.name} does not answer:\n{process.last_words()}")
