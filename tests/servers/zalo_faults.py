"""Faults a test orders from a pretend platform: the next calls to a path answer badly, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
TRUNCATED = '{"data":{"message_id":"a4d0243feee163bd'


class Kind(Enum):
    ERROR = "an application error with HTTP 200"
    STATUS = "another HTTP status"
    HANG = "no answer until the platform closes or `release` is called"
    DROP = "the connection ends without an answer"
    HTML = "a web page instead of JSON"
    TRUNCATED = "JSON that stops in the middle"
    EMPTY = "HTTP 200 without a body"


@dataclass
class Fault:
    kind: Kind
    path: str = ""
    times: int = 1
    performed: bool = False
    """The call does its work first; only its answer is lost."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


class Faults:
    """`path` is a prefix; an empty one fits every call. Faults are used up in the order they were set."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._released = asyncio.Event()

    def error(self, code: int, message: str = "", *, path: str = "", times: int = 1, performed: bool = False) -> None:
        body = {"error": code, "message": message}
        self._waiting.append(Fault(Kind.ERROR, path, times, performed, body=body))

    def status(self, status: int, *, path: str = "", times: int = 1, performed: bool = False) -> None:
        self._waiting.append(Fault(Kind.STATUS, path, times, performed, status))

    def too_many_requests(self, retry_after: int, *, path: str = "", times: int = 1) -> None:
        headers = {"Retry-After": str(retry_after)}
        self._waiting.append(Fault(Kind.STATUS, path, times, status=429, headers=headers))

    def garbage(self, kind: Kind, *, path: str = "", times: int = 1, performed: bool = False) -> None:
        """HTML, TRUNCATED or EMPTY."""
        self._waiting.append(Fault(kind, path, times, performed))

    def hang(self, *, path: str = "", times: int = 1, performed: bool = False) -> None:
        self._waiting.append(Fault(Kind.HANG, path, times, performed))

    def drop(self, *, path: str = "", times: int = 1, performed: bool = False) -> None:
        self._waiting.append(Fault(Kind.DROP, path, times, performed))

    def clear(self) -> None:
        self._waiting.clear()

    def release(self) -> None:
        """Calls that hang end now, without an answer."""
        self._released.set()
        self._released = asyncio.Event()

    def middleware(self) -> Middleware:
        @web.middleware
        async def faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
            fault = self._take(request.path)
            if fault is None:
                return await handler(request)
            if fault.performed:
                await handler(request)
            return await self._answer(fault, request)

        return faulty

    def _take(self, path: str) -> Fault | None:
        for fault in self._waiting:
            if path.startswith(fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    async def _answer(self, fault: Fault, request: web.Request) -> web.Response:
        if fault.kind is Kind.ERROR:
            return web.json_response(fault.body)
        if fault.kind is Kind.HTML:
            return web.Response(text=HTML, content_type="text/html")
        if fault.kind is Kind.TRUNCATED:
            return web.Response(text=TRUNCATED, content_type="application/json")
        if fault.kind is Kind.EMPTY:
            return web.Response()
        if fault.kind is Kind.STATUS:
            return web.Response(status=fault.status, headers=fault.headers, text=HTML, content_type="text/html")
        if fault.kind is Kind.HANG:
            await self._released.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
