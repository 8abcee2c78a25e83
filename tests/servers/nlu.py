"""A fast stand-in for a Rasa server: real HTTP on loopback, intents from a table."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.domain.meaning import INTENTS

MODEL = "answers-by-table.tar.gz"
CONFIDENCE = 0.95


class TableNlu:
    """`intent_of` names the intent of a text."""

    def __init__(self, intent_of: Callable[[str], str]) -> None:
        self._intent_of = intent_of
        self.url = ""
        self.asked = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/model/parse", self._parse)
        app.router.add_get("/status", self._status)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _parse(self, request: web.Request) -> web.Response:
        self.asked += 1
        chosen = self._intent_of(str((await request.json())["text"]))
        others = [name for name in INTENTS if name != chosen][:9]
        best = {"name": chosen, "confidence": CONFIDENCE}
        rest = [{"name": name, "confidence": (1 - CONFIDENCE) / len(others)} for name in others]
        return web.json_response({"intent": best, "intent_ranking": [best, *rest]})

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response({"model_file": MODEL})
