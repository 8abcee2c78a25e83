"""What the pretend Graph knows: Pages, the people who wrote to them, tokens, and what it was asked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from aiohttp import web

from tests.servers.graph_errors import (
    NO_PROFILE,
    OUTSIDE_WINDOW,
    PROFILE_NOT_PERMITTED,
    GraphError,
    JsonObject,
    RefusedError,
)

APP_ID = "730112233445566"
APP_SECRET = "app-secret"
VERIFY_TOKEN = "verify-me"
PAGE_ID = "104857601234567"
PAGE_TOKEN = "EAApage"
USER_TOKEN = "EAAuser"
INBOX_APP = "263902037430900"
"""The Page inbox, as the conversation routing page writes it."""
INBOX_APP_OF_ECHOES = "26390203743090"
"""The Page inbox, as the page on echoes writes it: one digit less."""
CITIZEN = "7201234567890123"
NEIGHBOUR = "7309876543210987"
WINDOW = timedelta(hours=24)
WEEK = timedelta(days=7)
ATTACHMENT_LIFE = timedelta(days=90)
Now = Callable[[], datetime]
_numbers = itertools.count(1)


def encode(value: Any) -> bytes:
    """JSON as Meta writes it: compact, ASCII, lowercase escapes, escaped slashes."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def opaque(seed: str, size: int) -> str:
    digest = hashlib.sha512(f"{seed}{next(_numbers)}".encode()).digest() * 2
    return base64.urlsafe_b64encode(digest).decode().replace("=", "")[:size]


def new_mid() -> str:
    return "m_" + opaque("mid", 110)


def number_id() -> str:
    return str(int.from_bytes(hashlib.sha256(str(next(_numbers)).encode()).digest()[:7], "big") % 10**15 + 10**15)


def proof(secret: str, token: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Sent:
    """A message Graph accepted, with the whole body of the call."""

    mid: str
    page: str
    recipient: str
    body: JsonObject
    time: datetime
    app_id: str = APP_ID

    @property
    def message(self) -> JsonObject:
        found: JsonObject = self.body["message"]
        return found

    @property
    def text(self) -> str | None:
        return self.message.get("text")


@dataclass(frozen=True)
class Action:
    """A sender action: typing, seen, a reaction."""

    page: str
    recipient: str
    name: str
    time: datetime


@dataclass(frozen=True)
class Call:
    """A request as it came in. `params` are query and body together, JSON strings in them read."""

    method: str
    version: str
    path: tuple[str, ...]
    params: JsonObject
    token: str | None
    file: bytes | None
    time: datetime
    headers: dict[str, str]

    @property
    def edge(self) -> str:
        return self.path[-1] if len(self.path) > 1 else ""

    def param(self, name: str) -> str:
        return str(self.params.get(name, ""))


@dataclass(frozen=True)
class Stored:
    """One message of a conversation, from either side."""

    mid: str
    time: datetime
    sender: str
    text: str | None


@dataclass
class Person:
    psid: str
    first_name: str = "Lan"
    last_name: str = "Trần Thị"
    last_opened: datetime | None = None
    blocked: bool = False
    dead: bool = False
    refusal: GraphError | None = None
    """Given to every send until cleared, e.g. CANNOT_RECEIVE, TAG_LIMIT, FLOW_RUNS."""
    profile: Literal["full", "empty", "by phone", "not permitted"] = "full"
    owner: str | None = None
    owner_until: datetime | None = None
    history: list[Stored] = field(default_factory=list)

    def fields(self, wanted: list[str]) -> JsonObject:
        if self.profile == "by phone":
            raise RefusedError(NO_PROFILE)
        if self.profile == "not permitted":
            raise RefusedError(PROFILE_NOT_PERMITTED)
        if self.profile == "empty":
            return {}
        known = {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": f"{self.last_name} {self.first_name}",
            "profile_pic": f"https://platform-lookaside.fbsbx.com/platform/profilepic/?psid={self.psid}",
        }
        return {**{name: known[name] for name in wanted if name in known}, "id": self.psid}

    def gives_control(self, app: str | None, until: datetime | None) -> None:
        self.owner, self.owner_until = app, until


@dataclass
class Comment:
    comment_id: str
    author: str
    time: datetime
    refusal: GraphError | None = None
    replied: bool = False


@dataclass
class Page:
    page_id: str
    name: str
    people: dict[str, Person] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    attachments: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    templates: dict[tuple[str, str], str] = field(default_factory=dict)
    personas: dict[str, JsonObject] = field(default_factory=dict)
    profile: JsonObject = field(default_factory=dict)
    subscribed: list[str] = field(default_factory=list)
    refusal: GraphError | None = None
    """Given to every send until cleared, e.g. PAGE_RESTRICTED, NEEDS_PERMISSION, NO_ROLE, ABUSIVE."""
    human_agent: bool = False
    human_agent_refusal: GraphError = OUTSIDE_WINDOW
    """Meta's answer to the tag without the feature is not known: set another to try it."""
    utility: bool = False
    subscription_tag: bool = False
    default_app: str | None = None
    """Set: conversation routing, only the owner of a thread may send."""
    bad_urls: dict[str, GraphError] = field(default_factory=dict)

    def owner(self, person: Person, now: datetime) -> str | None:
        if person.owner_until and person.owner_until <= now:
            person.gives_control(None, None)
        return person.owner or self.default_app


@dataclass
class Token:
    page: str | None
    dead: GraphError | None = None
    scopes: tuple[str, ...] = ("pages_messaging", "pages_manage_metadata", "pages_show_list", "pages_read_engagement")
    expires_at: int = 0


class Quota:
    """The calls of one Page: a rolling day, the limits of the edges, and both usage headers."""

    LIMITS: dict[str, tuple[int, timedelta]] = {  # noqa: RUF012 - read only
        "send": (300, timedelta(seconds=1)),
        "media": (10, timedelta(seconds=1)),
        "conversations": (2, timedelta(seconds=1)),
        "private replies": (750, timedelta(hours=1)),
        "profile": (10, timedelta(minutes=10)),
    }

    def __init__(self) -> None:
        self.per_person = 200
        self.shown: int | None = None
        """Set: the percentage both headers show, whatever was called."""
        self.regain_minutes = 19
        self.limits = dict(self.LIMITS)
        self._limited_until: datetime | None = None
        self._calls: deque[datetime] = deque()
        self._edges: dict[str, deque[datetime]] = {}

    def limit_for(self, span: timedelta, now: datetime) -> None:
        self._limited_until = now + span

    def day_is_used_up(self, people: int, now: datetime) -> bool:
        """Counts a call; each call while limited prolongs the block."""
        _forget(self._calls, now - timedelta(days=1))
        self._calls.append(now)
        limited = self._limited_until is not None and now < self._limited_until
        if limited or len(self._calls) > self.per_person * max(1, people):
            self.limit_for(timedelta(minutes=self.regain_minutes), now)
            return True
        return False

    def edge_is_used_up(self, edge: str, now: datetime) -> bool:
        most, span = self.limits[edge]
        calls = self._edges.setdefault(edge, deque())
        _forget(calls, now - span)
        calls.append(now)
        return len(calls) > most

    def headers(self, page: Page, now: datetime) -> dict[str, str]:
        limited = self._limited_until is not None and now < self._limited_until
        percent = 100 * len(self._calls) // max(1, self.per_person * max(1, len(page.people)))
        shown = self.shown if self.shown is not None else max(percent, 100 if limited else 0)
        usage = {"call_count": shown, "total_time": shown // 2, "total_cputime": shown // 2}
        regain = self.regain_minutes if limited or shown >= 100 else 0
        business = {page.page_id: [{"type": "messenger", **usage, "estimated_time_to_regain_access": regain}]}
        return {
            "X-App-Usage": json.dumps(usage, separators=(",", ":")),
            "X-Business-Use-Case-Usage": json.dumps(business, separators=(",", ":")),
        }


def _forget(times: deque[datetime], before: datetime) -> None:
    while times and times[0] <= before:
        times.popleft()


@dataclass(frozen=True)
class Fault:
    """An answer other than the right one. `done`: the call is carried out all the same."""

    kind: Literal["error", "status", "html", "truncated", "hang", "reset"]
    error: GraphError | None = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    done: bool = False
    edge: str | None = None

    async def play(self, request: web.Request, closing: asyncio.Event) -> web.StreamResponse:
        headers = dict(self.headers)
        if self.kind == "hang":
            await closing.wait()
        if self.kind in ("hang", "reset") and request.transport is not None:
            request.transport.abort()
        if self.error is not None:
            return reply(self.error.body(opaque("A", 23)), self.error.status, headers)
        if self.kind == "html":
            page = "<!DOCTYPE html><html><body><h1>Sorry, something went wrong.</h1></body></html>"
            return web.Response(text=page, content_type="text/html", status=self.status, headers=headers)
        if self.kind == "truncated":
            return web.Response(body=b'{"recipient_id":"72012', content_type="application/json", status=self.status)
        return web.Response(status=self.status, headers=headers)


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=encode(body), status=status, content_type="application/json", charset="UTF-8", headers=headers
    )
