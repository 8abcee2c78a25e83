"""The items Meta posts to a webhook, written and signed as Meta does it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from tests.servers.graph_errors import JsonObject
from tests.servers.graph_state import encode

Signing = Literal["right", "wrong secret", "wrong scheme", "cut short", "sha1 only", "unsigned"]
Channel = Literal["messaging", "standby", "changes"]
LIKE_THUMB = 369239263222822


def millis(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def seconds(time: datetime) -> int:
    return int(time.timestamp())


@dataclass(frozen=True)
class Event:
    """One item of one entry."""

    page: str
    item: JsonObject
    time: datetime
    channel: Channel = "messaging"

    @property
    def mid(self) -> str:
        for key in ("message", "postback", "reaction", "message_edit"):
            if key in self.item:
                return str(self.item[key]["mid"])
        raise KeyError("this event has no mid")

    def on_standby(self) -> Event:
        """As an app sees it that does not own the thread: a tap without its payload."""
        item = dict(self.item)
        if "postback" in item:
            item["postback"] = {key: value for key, value in item["postback"].items() if key != "payload"}
        return replace(self, item=item, channel="standby")

    def altered(self, **keys: Any) -> Event:
        """With other top keys of the item; None takes one away."""
        item = {key: value for key, value in (self.item | keys).items() if value is not None}
        return replace(self, item=item)


def entry(*events: Event) -> JsonObject:
    """One entry with all these items; they share Page and channel."""
    newest = max(event.time for event in events)
    time = seconds(newest) if events[0].channel == "changes" else millis(newest) + 100
    return {"id": events[0].page, "time": time, events[0].channel: [event.item for event in events]}


def body(*entries: JsonObject) -> bytes:
    return encode({"object": "page", "entry": list(entries)})


def signature(secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def headers(secret: str, raw: bytes, signing: Signing = "right") -> dict[str, str]:
    """Meta sends the old header, always right here, beside the new one."""
    old = {"X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()}
    right = signature(secret, raw)
    new = {
        "right": right,
        "wrong secret": signature(secret + "-of-another-app", raw),
        "wrong scheme": right.replace("sha256=", "sha512="),
        "cut short": right[:-2],
    }
    kind = {"Content-Type": "application/json"}
    if signing == "unsigned":
        return kind
    return kind | old if signing == "sha1 only" else kind | old | {"X-Hub-Signature-256": new[signing]}


def signed_request(secret: str, payload: JsonObject) -> str:
    """The form field of the data deletion callback."""
    encoded = _base64(encode(payload))
    return _base64(hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest()) + "." + encoded


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def from_citizen(page: str, psid: str, time: datetime, **what: Any) -> Event:
    item = {"sender": {"id": psid}, "recipient": {"id": page}, "timestamp": millis(time), **what}
    return Event(page, item, time)


def from_page(page: str, psid: str, time: datetime, **what: Any) -> Event:
    item = {"sender": {"id": page}, "recipient": {"id": psid}, "timestamp": millis(time), **what}
    return Event(page, item, time)


def picture(url: str) -> JsonObject:
    return media("image", url)


def media(kind: str, url: str) -> JsonObject:
    return {"type": kind, "payload": {"url": url}}


def sticker(url: str, *, old: bool = False, sticker_id: int | str = LIKE_THUMB) -> JsonObject:
    """`old`: as every sticker came until 2026-08-30."""
    return {"type": "image" if old else "sticker", "payload": {"url": url, "sticker_id": sticker_id}}


def shared_link(url: str, title: str) -> JsonObject:
    return {"type": "fallback", "payload": {"url": url, "title": title}}


def place(latitude: float, longitude: float, title: str, url: str) -> JsonObject:
    coordinates = {"lat": latitude, "long": longitude}
    return {"title": title, "url": url, "type": "location", "payload": {"coordinates": coordinates}}


def echo(page: str, psid: str, time: datetime, mid: str, app_id: str | None, **message: Any) -> Event:
    """What the Page wrote; the app's id is a number, and absent for some tools."""
    named = {} if app_id is None else {"app_id": int(app_id)}
    return from_page(page, psid, time, message={"is_echo": True, **named, "mid": mid, **message})


def feed(page: str, time: datetime, **value: Any) -> Event:
    return Event(page, {"field": "feed", "value": value}, time, "changes")


def comment(
    page: str,
    time: datetime,
    comment_id: str,
    message: str | None,
    author: tuple[str, str] | None,
    *,
    verb: str = "add",
    parent: str | None = None,
    **more: Any,
) -> Event:
    """A comment below a post of the Page, or below another comment (`parent`)."""
    post = f"{page}_{comment_id.partition('_')[0]}"
    known: JsonObject = {}
    if author is not None:
        known["from"] = {"id": author[0], "name": author[1]}
    if message is not None:
        known["message"] = message
    ids = {"post_id": post, "comment_id": comment_id, "parent_id": parent or post}
    return feed(page, time, **known, **more, **ids, created_time=seconds(time), item="comment", verb=verb)


def dashboard_sample(field: str, value: JsonObject) -> bytes:
    """What the Test button of the app dashboard shows: no object, no entries."""
    return encode({"field": field, "value": value})
