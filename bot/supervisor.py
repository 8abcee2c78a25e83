"""Keeps a Rasa server running as a child process: started, watched, restarted when it dies, stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import structlog

from bot import limits
from bot.domain.errors import NluUnavailableError
from bot.training import RASA_PYTHON, rasa_environment
from nlu.client import RasaClient

log = structlog.get_logger("rasa")
STOP_SECONDS = 10.0
WARM_UP = "xin chào"
WATCH_SECONDS = 0.3


class RasaError(Exception):
    """The server did not come up; the message says what is wrong and what to do."""


def kept_token(data_dir: Path) -> str:
    """The token between the application and its Rasa child, made once and readable by the owner only."""
    file = data_dir / "rasa.token"
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            output.write(secrets.token_urlsafe(24))
    return file.read_text()


GIVE_UP_RESTARTS = 3
"""A server that ends by itself so often before its first answer will not start."""


class RasaProcess:
    def __init__(self, model: Path, port: int, token: str, data_dir: Path) -> None:
        self.model = model
        self._port = port
        self._token = token
        self._log_file = data_dir / "logs" / "rasa.log"
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.restarts = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Starts the server and its watch; does not wait until it answers."""
        if not RASA_PYTHON.exists():
            raise RasaError("Chưa có môi trường Rasa (.venv-rasa). Chạy `make setup` rồi thử lại.")
        if not self.model.exists():
            raise RasaError("Chưa có mô hình đã huấn luyện. Chạy `than-thien train` rồi thử lại.")
        if _in_use(self._port):
            raise RasaError(
                f"Cổng {self._port} của Rasa đang bị chương trình khác dùng. Tắt chương trình đó, "
                "hoặc đặt THANTHIEN_NLU_PORT sang cổng khác."
            )
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch(), name="rasa-watch")

    async def ready(self, client: RasaClient, timeout: float = limits.RASA_START_TIMEOUT) -> None:
        """Waits until the server answers with our model. Raises RasaError when it does not in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while loop.time() < deadline and self.restarts < GIVE_UP_RESTARTS:
            with contextlib.suppress(NluUnavailableError):
                loaded = await client.model(self.url)
                if loaded != self.model.name:
                    raise RasaError(
                        f"Rasa nạp mô hình {loaded}, không phải {self.model.name}. Chạy lại `than-thien train`."
                    )
                return
            await asyncio.sleep(WATCH_SECONDS)
        if self.restarts >= GIVE_UP_RESTARTS:
            raise RasaError(f"Rasa tự tắt ngay khi khởi động. Xem {self._log_file} để biết lý do.")
        raise RasaError(f"Rasa chưa sẵn sàng sau {timeout:.0f} giây. Xem {self._log_file} để biết lý do.")

    async def stop(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _spawn(self) -> None:
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                str(RASA_PYTHON), "-m", "nlu.rasa.serve", str(self.model.resolve()), str(self._port),
                cwd=self._log_file.parent,
                env={**rasa_environment(), "THANTHIEN_RASA_TOKEN": self._token},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only us; the child is stopped in order
                preexec_fn=_die_with_parent,
            )  # fmt: skip
        log.info("rasa.started", pid=self._process.pid)

    async def _watch(self) -> None:
        pause = 0.5
        while True:
            assert self._process is not None  # noqa: S101
            started = asyncio.get_running_loop().time()
            code = await self._process.wait()
            if asyncio.get_running_loop().time() - started > limits.RASA_START_TIMEOUT:
                pause = 0.5
            log.error("rasa.died", code=code, restart_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, limits.RASA_RESTART_BACKOFF_MAX)
            self.restarts += 1
            try:
                await self._spawn()
            except OSError as error:
                log.error("rasa.start_failed", error=type(error).__name__)


class RasaHost:
    """The Rasa of this process: one server answers, and is replaced by another without a message lost."""

    def __init__(
        self, process: RasaProcess, client: RasaClient, make: Callable[[Path, int | None], RasaProcess]
    ) -> None:
        self._process = process
        self._client = client
        self._make = make

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def model(self) -> Path:
        return self._process.model

    async def replace(self, model: Path, adopt: Callable[[], None]) -> None:
        """Starts a server with the model beside the one that answers, waits until it does, and only then asks it
        instead; `adopt` is called at the moment of the change. The old one ends when it has read what was begun.
        Raises RasaError; then nothing has changed."""
        new = self._make(model, free_port())
        await new.start()
        try:
            probe = self._client.beside(new.url)
            try:
                await new.ready(probe)
                await probe.parse(WARM_UP)
            except NluUnavailableError as error:
                raise RasaError(f"Rasa mới không trả lời ({error}).") from error
            finally:
                await probe.close()
        except BaseException:
            await new.stop()
            raise
        old, self._process = self._process, new
        adopt()
        self._client.switch([new.url])
        if not await self._client.drained(old.url, limits.RASA_DRAIN_TIMEOUT):
            log.warning("rasa.stopped_while_reading")
        await old.stop()

    async def stop(self) -> None:
        await self._process.stop()


def _die_with_parent() -> None:
    """On Linux the child gets SIGTERM when this process is killed, so that no server is left behind."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def free_port() -> int:
    """A port on loopback nobody uses, for a second server beside the one citizens are answered by."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
