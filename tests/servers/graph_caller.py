"""A plain client of the pretend Graph."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.servers.graph import PretendGraph
from tests.servers.graph_errors import GraphError
from tests.servers.graph_state import CITIZEN, PAGE_TOKEN

Json = dict[str, Any]
HELLO: Json = {"recipient": {"id": CITIZEN}, "messaging_type": "RESPONSE", "message": {"text": "Xin chào"}}


class Caller:
    """A plain client with the Page's token."""

    def __init__(self, graph: PretendGraph, session: aiohttp.ClientSession) -> None:
        self.graph = graph
        self.session = session
        self.headers: dict[str, str] = {}

    async def call(
        self, method: str, path: str, body: Any = None, token: str | None = PAGE_TOKEN, **query: str
    ) -> tuple[int, Any]:
        known = query if token is None else {**query, "access_token": token}
        url = f"{self.graph.url}/v26.0/{path}"
        async with self.session.request(method, url, json=body, params=known) as answer:
            self.headers = dict(answer.headers)
            return answer.status, await answer.json(content_type=None)

    async def send(self, body: Json, path: str = "me/messages", **query: str) -> Any:
        return (await self.call("POST", path, body, **query))[1]

    async def say(self, **message: Any) -> Any:
        return await self.send(HELLO | {"message": message})


def refused(answer: Any, code: int | GraphError, subcode: int | None = None) -> bool:
    wanted = (code.code, code.subcode) if isinstance(code, GraphError) else (code, subcode)
    error = answer.get("error", {})
    return (error.get("code"), error.get("error_subcode")) == wanted and bool(error["fbtrace_id"])
