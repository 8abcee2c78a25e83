"""The real, trained Rasa server, supervised as the application supervises it, once for all tests."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.supervisor import RasaProcess
from bot.training import ROOT, train
from nlu.client import RasaClient
from tests.servers import free_port

DATA = ROOT / "data"
TOKEN = "-token-of-the-tests"  # made-up tokens begin with a dash now and then
Result = TypeVar("Result")


class RasaServer:
    """Lives in an event loop of its own, so that it is watched whatever loop a test runs in."""

    def __init__(self, model: Path, logs: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rasa-server", daemon=True)
        self._thread.start()
        self.process = RasaProcess(model, free_port(), TOKEN, logs)
        self.log_file = logs / "logs" / "rasa.log"

    @property
    def url(self) -> str:
        return self.process.url

    def client(self, *, token: str = TOKEN) -> RasaClient:
        return RasaClient([self.url], token, timeout=5.0, retry_dead_after=0.2)

    def start(self) -> None:
        self._run(self._start())

    def wait_until_ready(self) -> None:
        self._run(self._ready())

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        pid = self.process.pid
        assert pid is not None
        os.kill(pid, 9)

    def close(self) -> None:
        self._run(self.process.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        await self.process.start()
        await self._ready()

    async def _ready(self) -> None:
        client = self.client()
        try:
            await self.process.ready(client)
        finally:
            await client.close()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


_started: list[RasaServer] = []


@pytest.fixture(scope="session")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaServer]:
    """Trained into the repository's own data folder: the model of unchanged data is used again."""
    if _started:  # each conftest that imports this fixture has one of its own
        yield _started[0]
        return
    model = asyncio.run(train(DATA, lambda progress: None))
    server = RasaServer(model, tmp_path_factory.mktemp("rasa"))
    _started.append(server)
    try:
        server.start()
        yield server
    finally:
        _started.clear()
        server.close()
