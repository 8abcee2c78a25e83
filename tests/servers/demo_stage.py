"""What the demo page shows and does: a citizen on each pretend platform, the platforms' switches, the last traffic."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from bot.system import System
from tests.servers import graph_errors
from tests.servers.graph_events import picture, place
from tests.servers.graph_state import PAGE_TOKEN, Fault, Token
from tests.servers.product import consent, paste_page_token
from tests.servers.watched import Seen, WatchedGraph, WatchedGraphWebhooks, WatchedZalo, now
from tests.servers.zalo_state import CITIZEN as ZALO_CITIZEN

ZALO, FACEBOOK = "zalo", "facebook"
SWITCHES = ("ok", "429", "500", "token", "window")
SEND_PATH, SEND_EDGE = "/v3.0/oa/message/", "messages"
MANY = 10_000
RETRY_AFTER = 5
TYPING = timedelta(seconds=15)
PHONE = "84912000001"
"""Of the citizen who is played, as the platforms' own forms share it."""
SHARE = "share"
"""The tap on the form that asks for it."""
SENT_FILES = {"media": "[Ảnh]", "image": "[Ảnh]", "file": "[Tệp]", "audio": "[Âm thanh]", "video": "[Video]"}
TAN_AN = (10.9577, 106.8426)
SHOWN_MESSAGES, SHOWN_TRAFFIC = 200, 40
Bubble = dict[str, Any]


class Stage:
    """Everything the page sees. `version` grows with every change; `changed` waits for the next one."""

    def __init__(self) -> None:
        self.version = 0
        self.zalo = WatchedZalo(self._saw, self._accepted)
        self.graph = WatchedGraph(self._saw, self._accepted)
        self.webhooks: WatchedGraphWebhooks | None = None
        self.switches = {ZALO: "ok", FACEBOOK: "ok"}
        self._chats: dict[str, deque[Bubble]] = {name: deque(maxlen=SHOWN_MESSAGES) for name in (ZALO, FACEBOOK)}
        self._traffic: deque[dict[str, Any]] = deque(maxlen=SHOWN_TRAFFIC)
        self._numbers = itertools.count(1)
        self._office: dict[str, Any] = {"alarms": {}, "stuck": [], "waiting": 0}
        self._news = asyncio.Event()
        self._tokens = itertools.count(2)
        self.zalo.citizen(ZALO_CITIZEN, ago=None)

    def watched_webhooks(self, url: str) -> WatchedGraphWebhooks:
        self.webhooks = WatchedGraphWebhooks(self.graph, url, self._saw)
        return self.webhooks

    # What is shown

    def state(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "chats": {name: list(chat) for name, chat in self._chats.items()},
            "typing": {ZALO: False, FACEBOOK: self._types()},
            "switches": self.switches,
            "traffic": list(reversed(self._traffic)),
            **self._office,
        }

    async def changed(self, since: int, seconds: float) -> None:
        """Returns when there is something newer than `since`, or after so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.version == since:
                    news = self._news
                    await news.wait()

    def tell(self) -> None:
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()

    def _types(self) -> bool:
        shown = [one for one in self.graph.actions if one.name in ("typing_on", "typing_off")]
        said = self._chats[FACEBOOK][-1] if self._chats[FACEBOOK] else None
        on = bool(shown) and shown[-1].name == "typing_on" and now() - shown[-1].time < TYPING
        return on and (said is None or said["who"] == "citizen")

    def _saw(self, seen: Seen) -> None:
        self._traffic.append(asdict(seen) | {"at": _clock(seen.at), "number": next(self._numbers)})
        self.tell()

    def _accepted(self, platform: str, _citizen: str, message: dict[str, Any]) -> None:
        shown = zalo_bubble(message) if platform == ZALO else facebook_bubble(message)
        self._say(platform, "assistant", **shown)

    def _say(self, platform: str, who: str, **shown: Any) -> None:
        self._chats[platform].append({"number": next(self._numbers), "who": who, "at": _clock(now()), **shown})
        self.tell()

    # What a citizen does

    async def act(self, platform: str, act: str, text: str, value: str) -> int | None:
        """The status the product answered the webhook with. `value`: payload of a tap, address of a photo."""
        shown: dict[str, dict[str, Any]] = {
            "text": {"text": text},
            "tap": {"note": f"đã chạm “{text}”"} if platform == ZALO else {"text": text},
            "photo": {"photo": value},
            "place": {"place": "{:.4f}, {:.4f}".format(*TAN_AN)},
            "follow": {"note": "đã bấm Quan tâm" if platform == ZALO else "đã bấm Bắt đầu"},
        }
        self._say(platform, "citizen", **shown[act])
        return await (self._zalo(act, text, value) if platform == ZALO else self._facebook(act, text, value))

    async def _zalo(self, act: str, text: str, value: str) -> int | None:
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "text": lambda: self.zalo.events.text(ZALO_CITIZEN, text),
            "tap": lambda: (
                self.zalo.events.submit_info(ZALO_CITIZEN, {"name": "Công dân", "phone": PHONE})
                if value == SHARE
                else self.zalo.events.tap(ZALO_CITIZEN, value)
            ),
            "photo": lambda: self.zalo.events.images(ZALO_CITIZEN, [value]),
            "place": lambda: self.zalo.events.location(ZALO_CITIZEN, *map(str, TAN_AN)),
            "follow": lambda: self.zalo.events.follow(ZALO_CITIZEN),
        }
        return (await self.zalo.webhooks.deliver(makers[act]())).status

    async def _facebook(self, act: str, text: str, value: str) -> int | None:
        assert self.webhooks is not None
        if act == "tap":
            event = self.webhooks.chooses(text, value)
        elif act == "photo":
            event = self.webhooks.attaches(picture(value))
        elif act == "place":
            address = "https://www.bing.com/maps/default.aspx?v=2&pc=FACEBK"
            event = self.webhooks.attaches(place(*TAN_AN, "Vị trí đã ghim", address))
        elif act == "follow":
            event = self.webhooks.taps("Bắt đầu", "GET_STARTED")
        else:
            event = self.webhooks.says(text)
        return (await self.webhooks.deliver(event))[0]

    # The platforms' switches

    async def switch(self, platform: str, to: str, office: System) -> None:
        before = self.switches[platform]
        self.switches[platform] = to
        await (self._switch_zalo(to, before, office) if platform == ZALO else self._switch_facebook(to, before, office))
        self.tell()

    async def _switch_zalo(self, to: str, before: str, office: System) -> None:
        self.zalo.faults.clear()
        self.zalo.citizens[ZALO_CITIZEN].error = -230 if to == "window" else 0
        if to == "429":
            self.zalo.faults.too_many_requests(RETRY_AFTER, path=SEND_PATH, times=MANY)
        elif to == "500":
            self.zalo.faults.status(500, path=SEND_PATH, times=MANY)
        elif to == "token":
            self.zalo.oauth.revoke()
        if before == "token" and to != "token":
            await self.resend(ZALO, await consent(office, self.zalo), office)

    async def _switch_facebook(self, to: str, before: str, office: System) -> None:
        self.graph._faults.clear()
        self.graph.citizen.refusal = graph_errors.OUTSIDE_WINDOW if to == "window" else None
        if to == "429":
            self.graph.next_too_many(RETRY_AFTER, MANY, edge=SEND_EDGE)
        elif to == "500":
            self.graph.next(Fault("status", status=500), MANY, edge=SEND_EDGE)
        elif to == "token":
            for name, token in self.graph.tokens.items():
                if token.page is not None:
                    self.graph.kill_token(token=name)
        if before == "token" and to != "token":
            pasted = f"{PAGE_TOKEN}-{next(self._tokens)}"
            self.graph.tokens[pasted] = Token(self.graph.page.page_id)
            await self.resend(FACEBOOK, await paste_page_token(office, self.graph, pasted), office)

    # The commune's office

    async def resend(self, platform: str, channel_id: int | None, office: System) -> int:
        """Everything that is stuck, as "gửi lại" does it."""
        known = {one.platform: one.id for one in await office.directory.listed()}
        return await office.outbox.resend(channel_id=channel_id or known[platform])

    async def look(self, office: System) -> None:
        """What an administrator would see now."""
        found: dict[str, Any] = {
            "alarms": {one.platform: one.alarm for one in await office.directory.listed() if one.alarm},
            "stuck": [
                {"platform": one.platform, "reason": one.reason or "", "outcome": one.outcome or "đang chờ"}
                for one in await office.outbox.stuck()
            ],
            "waiting": (await office.inbox.counts())["open"],
        }
        if found != self._office:
            self._office = found
            self.tell()


def zalo_bubble(message: dict[str, Any]) -> Bubble:
    attachment = message.get("attachment") or {}
    payload = attachment.get("payload") or {}
    kind = payload.get("template_type") or attachment.get("type")
    if kind == "request_user_info":
        [form] = payload["elements"]
        button = {"kind": "tap", "title": form["title"], "value": SHARE}
        return {"text": form["subtitle"], "buttons": [button]}
    text = message.get("text") or SENT_FILES.get(kind or "", "")
    return {"text": text, "buttons": [_zalo_button(one) for one in payload.get("buttons", [])]}


def _zalo_button(button: dict[str, Any]) -> dict[str, str]:
    payload = button["payload"]
    if button["type"] == "oa.open.url":
        return {"kind": "url", "title": button["title"], "value": payload["url"]}
    if button["type"] == "oa.open.phone":
        return {"kind": "phone", "title": button["title"], "value": payload["phone_code"]}
    return {"kind": "tap", "title": button["title"], "value": payload}


def facebook_bubble(message: dict[str, Any]) -> Bubble:
    attachment = message.get("attachment") or {}
    payload = attachment.get("payload") or {}
    return {
        "text": message.get("text") or payload.get("text") or SENT_FILES.get(attachment.get("type", ""), ""),
        "buttons": [_facebook_button(one) for one in payload.get("buttons", [])],
        "cards": [
            {
                "title": card["title"],
                "detail": card.get("subtitle", ""),
                "buttons": [_facebook_button(one) for one in card.get("buttons", [])],
            }
            for card in payload.get("elements", [])
        ],
        "quick": [
            # Messenger shows the number of the profile in place of a title.
            {"title": one.get("title", f"+{PHONE}"), "value": one.get("payload", f"+{PHONE}")}
            for one in message.get("quick_replies", [])
        ],
    }


def _facebook_button(button: dict[str, Any]) -> dict[str, str]:
    if button["type"] == "web_url":
        return {"kind": "url", "title": button["title"], "value": button["url"]}
    kind = "phone" if button["type"] == "phone_number" else "tap"
    return {"kind": kind, "title": button["title"], "value": button["payload"]}


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S}"
