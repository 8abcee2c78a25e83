"""The plain alternative: a Rasa server with its default pipeline and policies, its own REST channel and its in-memory
tracker. Our intents, each answered by a rule with one sentence; nothing is stored durably.

Trained on a few examples of each intent and for few epochs: how well it understands is not asked here, and what a
message costs depends on neither.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bot.training import RASA_PROJECT, RASA_PYTHON, rasa_environment
from tests.servers import free_port

EXAMPLES = 12
EPOCHS = 3
READY_SECONDS = 180.0
STOP_SECONDS = 10.0
SITE = "lib/python3.10/site-packages"


def default_config() -> dict[str, Any]:
    """What Rasa itself proposes when a project names no pipeline and no policies."""
    file = RASA_PYTHON.parents[1] / SITE / "rasa/engine/recipes/config_files/default_config.yml"
    config: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    for component in (*config["pipeline"], *config["policies"]):
        if "epochs" in component:
            component["epochs"] = EPOCHS
    return config | {"language": "vi", "assistant_id": "plain"}


def write_project(folder: Path) -> list[str]:
    """The project's files; one example of each intent, to ask with."""
    nlu: dict[str, list[str]] = {}
    for file in sorted((RASA_PROJECT / "data").glob("*.yml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            lines = [line[2:] for line in entry["examples"].splitlines() if line.startswith("- ")]
            nlu.setdefault(entry["intent"], []).extend(lines)
    few = {intent: lines[:EXAMPLES] for intent, lines in nlu.items()}
    intents = [*few, "nlu_fallback"]
    steps = {intent: [{"intent": intent}, {"action": f"utter_{intent}"}] for intent in intents}
    parts = {
        "config.yml": default_config(),
        "domain.yml": {
            "intents": list(few),
            "responses": {
                f"utter_{intent}": [{"text": f"Dạ, về {intent}: xin xem bảng niêm yết."}] for intent in intents
            },
        },
        "nlu.yml": {
            "nlu": [
                {"intent": intent, "examples": "".join(f"- {line}\n" for line in lines)}
                for intent, lines in few.items()
            ]
        },
        "rules.yml": {"rules": [{"rule": intent, "steps": one} for intent, one in steps.items()]},
        "stories.yml": {
            "stories": [
                {"story": f"{one} then {other}", "steps": steps[one] + steps[other]}
                for one, other in zip(few, [*few][1:], strict=False)
            ]
        },
        "credentials.yml": {"rest": None},
    }
    for name, content in parts.items():
        (folder / name).write_text(yaml.safe_dump({"version": "3.1", **content}, allow_unicode=True), encoding="utf-8")
    return [lines[0] for lines in few.values()]


class PlainRasa:
    def __init__(self, url: str, pid: int, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.pid = pid
        self._session = session

    async def say(self, sender: str, text: str) -> None:
        """Returns when the answer came."""
        body = {"sender": sender, "message": text}
        async with self._session.post(f"{self.url}/webhooks/rest/webhook", json=body) as response:
            response.raise_for_status()
            if not await response.json():
                raise RuntimeError(f"no answer to {text}")

    async def events_of(self, sender: str) -> list[dict[str, Any]]:
        async with self._session.get(f"{self.url}/conversations/{sender}/tracker?include_events=ALL") as response:
            response.raise_for_status()
            events: list[dict[str, Any]] = (await response.json())["events"]
            return events

    async def remember(self, sender: str, events: list[dict[str, Any]]) -> None:
        """Gives a conversation the past of another."""
        async with self._session.post(f"{self.url}/conversations/{sender}/tracker/events", json=events) as response:
            response.raise_for_status()


@asynccontextmanager
async def plain_rasa(folder: Path) -> AsyncIterator[tuple[PlainRasa, list[str]]]:
    """The trained, running server and what to ask it."""
    texts = write_project(folder)
    data = ["nlu.yml", "rules.yml", "stories.yml"]
    training = ["train", "--domain", "domain.yml", "--config", "config.yml", "--out", "models", "--data", *data]
    with (folder / "log.txt").open("wb") as log:
        code = await (await _rasa(folder, log, *training)).wait()
        if code:
            raise RuntimeError(f"plain Rasa was not trained:\n{_end_of(folder)}")
        port = free_port()
        running = await _rasa(
            folder, log, "run", "--enable-api", "--port", str(port), "--interface", "127.0.0.1",
            "--credentials", "credentials.yml",
        )  # fmt: skip
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
                server = PlainRasa(f"http://127.0.0.1:{port}", running.pid, session)
                await _ready(server, session, running, folder)
                yield server, texts
        finally:
            if running.returncode is None:
                running.terminate()
                try:
                    await asyncio.wait_for(running.wait(), STOP_SECONDS)
                except TimeoutError:
                    running.kill()
                    await running.wait()


async def _rasa(folder: Path, log: Any, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(RASA_PYTHON), "-m", "rasa", *arguments,
        cwd=folder, env=rasa_environment(), stdin=asyncio.subprocess.DEVNULL, stdout=log,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def _ready(
    server: PlainRasa, session: aiohttp.ClientSession, running: asyncio.subprocess.Process, folder: Path
) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and running.returncode is None:
        try:
            async with session.get(f"{server.url}/status") as response:
                if response.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.3)
    raise RuntimeError(f"plain Rasa does not answer:\n{_end_of(folder)}")


def _end_of(folder: Path) -> str:
    return (folder / "log.txt").read_text(errors="replace")[-2_000:]
