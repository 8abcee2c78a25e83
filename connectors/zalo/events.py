"""From a decoded webhook body to events (§3.4 to 3.6). Takes any JSON; one bad item never loses its neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot import limits as core
from bot.domain.channels import Inbound, Kind
from connectors.zalo import attachments, limits
from connectors.zalo.values import (
    JsonObject,
    a_list,
    an_object,
    bounded,
    digest,
    embedded,
    ident,
    kept,
    message_id,
    moment,
    number,
    stamp,
    words,
)

_OUR_PAYLOAD = re.compile(r"[a-z]+(:[A-Za-z0-9_.-]+)*")
_PHONE_OR_HASH = re.compile(r"\+?[0-9]{1,12}|[0-9a-fA-F]{64}")
"""Where the receipt of a template by phone number names its person: no user id, and personal data."""


def looks_like_ours(payload: str) -> bool:
    """The shape of our buttons' payloads: `verb` or `verb:argument:…`."""
    return bool(_OUR_PAYLOAD.fullmatch(payload))


def parse(body: object, account: str, known: Callable[[str], bool] = looks_like_ours) -> list[tuple[str, Inbound]]:
    """Every event with the id of the OA it is about. `account` stands in where an event names no OA. `known` tells a
    tap on a button from a citizen who happens to type "#" and a word: give the dialogue's own judgement."""
    items = body if isinstance(body, list) else [body]
    return [_guarded(item, account, known) for item in items]


def opens_window(event: Inbound) -> bool:
    """Whether the citizen may be written to for seven days from this event on (§6, §11)."""
    return event.kind in (Kind.MESSAGE, Kind.OPENED, Kind.SHARED_INFO)


@dataclass(frozen=True, slots=True)
class _Item:
    """One event and whom it is about."""

    body: JsonObject
    name: str
    account: str
    known: Callable[[str], bool]

    @property
    def message(self) -> JsonObject:
        return an_object(self.body.get("message"))

    @property
    def mid(self) -> str:
        return message_id(self.message.get("msg_id"))

    @property
    def oa(self) -> str:
        return ident(self.body.get("oa_id")) or ident(self.body.get("oaId")) or self.account

    @property
    def key(self) -> str:
        """A message's id comes again in events about the message, so the event's name belongs to it (§3.2)."""
        return bounded(f"{self.name}:{self.mid or digest(self.body)}")

    def end(self, side: str) -> str:
        return ident(an_object(self.body.get(side)).get("id"))

    def ends(self, citizen_first: bool) -> tuple[str, str]:
        """(OA, citizen) where sources disagree on the sides: our OA is known, the other is the citizen."""
        sender, recipient = self.end("sender"), self.end("recipient")
        if self.account in (sender, recipient):
            citizen_first = recipient == self.account
        return (recipient, sender) if citizen_first else (sender, recipient)

    def inbound(self, citizen: str, kind: Kind, *, key: str = "", details: JsonObject, **more: Any) -> Inbound:
        known = {name: value for name, value in details.items() if value not in (None, "", [], {})}
        at = moment(self.body.get("timestamp"))
        return Inbound(key or self.key, citizen, kind, sent_at=at, details=known, **more)

    def whole(self, kind: Kind, **details: Any) -> tuple[str, Inbound]:
        """An event kept as it came."""
        ends = (self.end("sender"), self.end("recipient"))
        one_to_one = self.account in ends and "_group" not in self.name
        other_end = next((one for one in ends if one != self.account), "") if one_to_one else ""
        citizen = ident(self.body.get("user_id")) or other_end
        details = {"event": self.name or "none", "item": kept(self.body), **details}
        return self.oa, self.inbound(citizen, kind, key=f"{kind}:{digest(self.body)}", details=details)


_Read = Callable[[_Item], tuple[str, Inbound] | None]


def _guarded(item: object, account: str, known: Callable[[str], bool]) -> tuple[str, Inbound]:
    event = _Item(an_object(item), words(an_object(item).get("event_name"), 80), account, known)
    if not isinstance(item, dict):
        details = {"event": "unreadable", "item": kept(item)}
        return account, Inbound(f"{Kind.OTHER}:{digest(item)}", "", Kind.OTHER, details=details)
    try:
        return _READERS.get(event.name, _nothing)(event) or event.whole(Kind.OTHER)
    except Exception as error:
        # A fault of ours here would make Zalo repeat the event for two hours and then switch the app off.
        return event.whole(Kind.OTHER, fault=type(error).__name__)


# Readers of one kind of event each; None: not of use, kept as OTHER.


def _nothing(_: _Item) -> None:
    return None


def _message(item: _Item) -> tuple[str, Inbound] | None:
    oa, citizen = item.end("recipient") or item.account, item.end("sender")
    return (oa, _said(item, citizen)) if citizen and citizen != oa else None


def _anonymous_message(item: _Item) -> tuple[str, Inbound] | None:
    oa, citizen = item.end("recipient") or item.account, _visitor(item, "sender")
    return (oa, _said(item, citizen)) if citizen else None


def _said(item: _Item, citizen: str) -> Inbound:
    message = item.message
    text, found = words(message.get("text")), attachments.read(message, item.name)
    details = {
        "message_ids": [item.mid] if item.mid else [],
        "reply_to": message_id(message.get("quote_msg_id")),
        "contact_phones": attachments.contact_phones(message) if item.name.endswith("_business_card") else [],
        "unknown_attachments": attachments.unknown_types(message, item.name),
    }
    payload = None if found else _payload(text, item.known)
    return item.inbound(citizen, Kind.MESSAGE, text=text, payload=payload, attachments=found, details=details)


def _payload(text: str, known: Callable[[str], bool]) -> str | None:
    """A tapped button's: it comes as a text, never with a sign of its own."""
    payload = text.strip().removeprefix(limits.PAYLOAD_MARK)
    marked = text.strip().startswith(limits.PAYLOAD_MARK) and len(payload) <= core.PAYLOAD_CHARACTERS
    return payload if marked and known(payload) else None


def _echo(item: _Item) -> tuple[str, Inbound] | None:
    oa, citizen = item.end("sender") or item.account, item.end("recipient")
    return (oa, _own(item, citizen)) if citizen and citizen != oa else None


def _anonymous_echo(item: _Item) -> tuple[str, Inbound] | None:
    oa, citizen = item.end("sender") or item.account, _visitor(item, "recipient")
    return (oa, _own(item, citizen)) if citizen else None


def _own(item: _Item, citizen: str) -> Inbound:
    """What the OA said: through its API, or by a person in Zalo's own tool, and then the assistant keeps quiet."""
    message = item.message
    staff = ident(an_object(item.body.get("sender")).get("admin_id"))
    return item.inbound(
        citizen,
        Kind.STAFF if staff else Kind.ECHO,
        text=words(message.get("text")) or attachments.template_text(message),
        attachments=attachments.read(message, item.name),
        details={"message_ids": [item.mid] if item.mid else [], "staff_id": staff},
    )


def _visitor(item: _Item, side: str) -> str:
    """Id of somebody without Zalo identity; empty when it would not do to answer."""
    visitor, conversation = item.end(side), ident(item.message.get("conversation_id"))
    citizen = f"{limits.ANONYMOUS}:{visitor}:{conversation}"
    usable = visitor and conversation and ":" not in visitor and len(citizen) <= limits.EXTERNAL_ID_CHARACTERS
    return citizen if usable else ""


def _receipt(item: _Item) -> tuple[str, Inbound] | None:
    oa, citizen = item.ends(citizen_first=False)
    if not item.mid:
        return None
    details = {
        "message_ids": [item.mid],
        "delivered_at": stamp(item.message.get("delivery_time")),
        "tracking_id": words(item.message.get("tracking_id"), 100),
    }
    by_phone = _PHONE_OR_HASH.fullmatch(citizen)
    return oa or item.account, item.inbound("" if by_phone else citizen, Kind.RECEIPT, details=details)


def _seen(item: _Item) -> tuple[str, Inbound] | None:
    oa, citizen = item.ends(citizen_first=False)
    given = [*a_list(item.message.get("msg_ids")), item.message.get("msg_id")]
    mids = [mid for mid in map(message_id, given) if mid]
    if not citizen or not mids:
        return None
    key = f"{item.name}:{digest([citizen, mids])}"
    return oa or item.account, item.inbound(citizen, Kind.SEEN, key=key, details={"message_ids": mids})


def _reaction(item: _Item) -> tuple[str, Inbound] | None:
    """The same icon may be given, taken back and given again: the whole event tells one from another."""
    oa, citizen = item.ends(citizen_first=False)
    if not citizen or not item.mid:
        return None
    icon = words(item.message.get("react_icon"), 20)
    details = {"message_ids": [item.mid], "action": "unreact" if icon == "/-remove" else "react", "emoji": icon}
    key = f"{item.name}:{digest(item.body)}"
    return oa or item.account, item.inbound(citizen, Kind.REACTION, key=key, details=details)


def _followed(item: _Item) -> tuple[str, Inbound] | None:
    citizen = ident(an_object(item.body.get("follower")).get("id"))
    if not citizen:
        return None
    kind = Kind.LEFT if item.name == "unfollow" else Kind.OPENED
    details = {"event": item.name, "reference": words(item.body.get("source"), 100)}
    return item.oa, item.inbound(citizen, kind, details=details)


def _about(kind: Kind) -> _Read:
    def read(item: _Item) -> tuple[str, Inbound] | None:
        citizen = ident(item.body.get("user_id"))
        return (item.oa, item.inbound(citizen, kind, details={"event": item.name})) if citizen else None

    return read


def _shared(item: _Item) -> tuple[str, Inbound] | None:
    """Name, phone and address; date of birth and sex, which nobody here needs, are left behind."""
    oa, citizen = item.ends(citizen_first=True)
    info = an_object(item.body.get("info")) or embedded(item.body.get("info")) or embedded(item.message.get("text"))
    if not citizen:
        return None
    full = an_object(info.get("full_address"))
    lines = [full.get(f"user_{part}") for part in ("address", "ward", "city")]
    lines = lines if full else [info.get(part) for part in ("address", "ward", "district", "city")]
    shared = {
        "name": words(info.get("name"), 200).strip(),
        "phone": words(info.get("phone"), 30).strip() or ident(number(info.get("phone"))),
        "address": ", ".join(line for line in (words(one, 300).strip() for one in lines) if line),
    }
    details = {"shared": {name: value for name, value in shared.items() if value}}
    return oa or item.account, item.inbound(citizen, Kind.SHARED_INFO, details=details)


def _feedback(item: _Item) -> tuple[str, Inbound] | None:
    """The rating of a template: names no person, only the template message."""
    tracking = words(item.message.get("tracking_id"), 100)
    return item.whole(Kind.OTHER, message_ids=[item.mid] if item.mid else [], tracking_id=tracking)


def _notice(item: _Item) -> tuple[str, Inbound] | None:
    return item.whole(Kind.NOTICE)


_SENT = ("text", "image", "gif", "link", "audio", "video", "sticker", "location", "business_card", "file")
_ECHOED = ("text", "image", "gif", "list", "file", "sticker")
_ANONYMOUS = ("text", "image", "file", "sticker")
_READERS: dict[str, _Read] = {
    **{f"user_send_{what}": _message for what in _SENT},
    **{f"oa_send_{what}": _echo for what in _ECHOED},
    **{f"anonymous_send_{what}": _anonymous_message for what in _ANONYMOUS},
    **{f"oa_send_anonymous_{what}": _anonymous_echo for what in _ANONYMOUS},
    "user_received_message": _receipt,
    "user_seen_message": _seen,
    "user_reacted_message": _reaction,
    "follow": _followed,
    "unfollow": _followed,
    "user_click_chatnow": _about(Kind.OPENED),
    "user_withdraw": _about(Kind.WITHDRAW),
    "user_submit_info": _shared,
    "user_feedback": _feedback,
    "change_template_status": _notice,
    "change_oa_daily_quota": _notice,
    "extension_purchased": _notice,
}
"""Calls, groups, tags, the widget, reactions of the OA and what Zalo may invent are kept as OTHER."""
