"""The pretend platforms with a window: every webhook they post and every call they answer is told to a watcher."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.servers.graph import PretendGraph
from tests.servers.graph_state import Page
from tests.servers.graph_webhooks import GraphWebhooks
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_state import Sent as ZaloSent
from tests.servers.zalo_webhooks import Attempt, ZaloWebhooks


@dataclass(frozen=True)
class Seen:
    """`direction`: webhook (theirs to us) or api (ours to them). `status`: as a person reads it."""

    platform: str
    direction: str
    name: str
    status: str
    good: bool
    milliseconds: int
    asked: Any
    answered: Any = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


Watcher = Callable[[Seen], None]
Accepted = Callable[[str, str, dict[str, Any]], None]
"""(platform, citizen, message) of what the platform took for a citizen."""


def now() -> datetime:
    return datetime.now(UTC)


def decoded(raw: bytes | None) -> Any:
    try:
        return json.loads(raw or b"null")
    except ValueError:
        return (raw or b"")[:300].decode(errors="replace")


def body_of(response: web.StreamResponse) -> Any:
    raw = response.body if isinstance(response, web.Response) else None
    return decoded(bytes(raw)) if isinstance(raw, bytes | bytearray) else None


class WatchedZalo(PretendZalo):
    def __init__(self, watch: Watcher, accepted: Accepted) -> None:
        super().__init__(now)
        self._watch, self._told = watch, accepted
        observers = self.webhooks.observers
        self.webhooks = _ZaloWebhooks(watch, self.app_id, self.oa_id, self.oa_secret, self.app_secret)
        self.webhooks.observers = observers

    def _recording(self, host: str) -> Any:
        record = super()._recording(host)

        @web.middleware
        async def seen(request: web.Request, handler: Handler) -> web.StreamResponse:
            if host == "media":
                return await record(request, handler)  # type: ignore[no-any-return]
            started = time.perf_counter()
            response = await record(request, handler)
            answer = body_of(response)
            code = answer.get("error", 0) if isinstance(answer, dict) else None
            status = str(response.status) if response.status != 200 or code is None else f"200, lỗi {code}"
            good = response.status == 200 and code == 0
            asked = decoded(await request.read()) if request.content_type == "application/json" else None
            self._watch(
                Seen("zalo", "api", request.path, "200" if good else status, good, _since(started), asked, answer)
            )
            return response  # type: ignore[no-any-return]

        return seen

    def _accept(self, recipient: str, kind: str, body: dict[str, Any], text: str, paid: int) -> ZaloSent:
        sent = super()._accept(recipient, kind, body, text, paid)
        self._told("zalo", recipient, body.get("message", {}))
        return sent


class _ZaloWebhooks(ZaloWebhooks):
    def __init__(self, watch: Watcher, *names: str) -> None:
        super().__init__(*names)
        self._watch = watch

    async def _post(self, raw: bytes, headers: dict[str, str], number: int) -> Attempt:
        attempt = await super()._post(raw, headers, number)
        body = decoded(raw)
        name = str(body.get("event_name", "?")) if isinstance(body, dict) else "?"
        took = int(attempt.seconds * 1000)
        status = "không trả lời" if attempt.status is None else str(attempt.status)
        self._watch(Seen("zalo", "webhook", name, status, attempt.taken, took, body))
        return attempt


class WatchedGraph(PretendGraph):
    def __init__(self, watch: Watcher, accepted: Accepted) -> None:
        super().__init__(now)
        self._watch, self._told = watch, accepted

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        response = await super()._answer(request)
        answer = body_of(response)
        error = answer.get("error") if isinstance(answer, dict) else None
        status = f"{response.status}, lỗi {error.get('code')}" if isinstance(error, dict) else str(response.status)
        asked = decoded(await request.read()) if request.content_type == "application/json" else None
        good = response.status == 200 and error is None
        self._watch(Seen("facebook", "api", request.path, status, good, _since(started), asked, answer))
        return response

    def _accept(self, body: dict[str, Any], recipient: str, page: Page) -> str:
        mid = super()._accept(body, recipient, page)
        self._told("facebook", recipient, body.get("message", {}))
        return mid


class WatchedGraphWebhooks(GraphWebhooks):
    def __init__(self, graph: PretendGraph, url: str, watch: Watcher) -> None:
        super().__init__(graph, url)
        self._watch = watch

    async def _attempt(self, raw: bytes) -> int | None:
        started = time.perf_counter()
        status = await super()._attempt(raw)
        body = decoded(raw)
        said = "không trả lời" if status is None else str(status)
        self._watch(Seen("facebook", "webhook", _name(body), said, status == 200, _since(started), body))
        return status


def _name(body: Any) -> str:
    """What the first item is about."""
    try:
        entry = body["entry"][0]
        item = next(entry[key] for key in ("messaging", "standby", "changes") if key in entry)[0]
    except (LookupError, TypeError, StopIteration):
        return "?"
    if "message" in item and item["message"].get("is_echo"):
        return "message_echo"
    return next((key for key in item if key not in ("sender", "recipient", "timestamp")), "?")


def _since(started: float) -> int:
    return int((time.perf_counter() - started) * 1000)
