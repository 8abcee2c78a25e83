"""From a decoded webhook body to events. Takes any JSON; one bad item never loses its neighbours.

Source: MP/webhooks/webhook-events and its pages, webhooks/reference/page for the feed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot import limits as core
from bot.domain.channels import Inbound, Kind
from connectors.facebook import attachments, limits, messages
from connectors.facebook.values import (
    JsonObject,
    a_list,
    address,
    an_object,
    bounded,
    digest,
    flag,
    ident,
    kept,
    message_id,
    moment,
    number,
    stamp,
    words,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item stood. `app_id` is our application's."""

    page: str
    app_id: str
    standby: bool = False

    def inbound(self, external_id: str, citizen: str, kind: Kind, item: JsonObject, **more: Any) -> Inbound:
        details = {name: value for name, value in more.pop("details", {}).items() if value not in (None, "", [], {})}
        if self.standby:
            details["standby"] = True
        return Inbound(external_id, citizen, kind, sent_at=moment(item.get("timestamp")), details=details, **more)

    def other(self, item: object, event: str, **details: Any) -> Inbound:
        """Kept whole."""
        known = an_object(item)
        citizen = _id(known, "sender")
        known_details = {"event": event, "item": kept(item), **details}
        return self.inbound(
            f"other:{digest(item)}", "" if citizen == self.page else citizen, Kind.OTHER, known, details=known_details
        )


def parse(body: object, account: str, app_id: str) -> list[tuple[str, Inbound]]:
    """Every event with the id of the page it is about. `account` stands in where an event names no page; `app_id` is
    our application's, by which our own echoes are known.

    Items another application answers (standby) have `standby` in `details`: they are recorded, never answered.
    """
    whole = an_object(body)
    if "object" not in whole and "field" in whole:
        return [(account, _Place(account, app_id).other(whole, "dashboard_test"))]
    if whole.get("object") != "page":
        return []
    return [found for entry in a_list(whole.get("entry")) for found in _entry(entry, account, app_id)]


def opens_window(event: Inbound) -> bool:
    """Whether the citizen may be written to for 24 hours from this event on (MP/send-messages, MP/policy)."""
    if event.kind is Kind.REACTION:
        return bool(event.details.get("action") == "react")
    return event.kind in (Kind.MESSAGE, Kind.OPENED, Kind.SHARED_INFO)


def _entry(entry: object, account: str, app_id: str) -> list[tuple[str, Inbound]]:
    if not isinstance(entry, dict):
        return [(account, _Place(account, app_id).other(entry, "entry"))]
    page = ident(entry.get("id"))
    found = []
    for channel in ("messaging", "standby"):
        for item in a_list(entry.get(channel)):
            known = an_object(item)
            ends = (_id(known, "sender"), _id(known, "recipient"))
            own = page or ends[0 if flag(an_object(known.get("message")).get("is_echo")) else 1] or account
            place = _Place(own, app_id, channel == "standby")
            found.append((own, _guarded(_item, item, place)))
    place = _Place(page or account, app_id)
    found += [(place.page, _guarded(_change, change, place)) for change in a_list(entry.get("changes"))]
    return found


def _guarded(read: Callable[[JsonObject, _Place], Inbound], item: object, place: _Place) -> Inbound:
    if not isinstance(item, dict):
        return place.other(item, "unreadable")
    try:
        return read(item, place)
    except Exception as error:
        # A fault of ours here would make Meta repeat the whole batch for an hour and then switch the page off.
        return place.other(item, "unreadable", fault=type(error).__name__)


def _item(item: JsonObject, place: _Place) -> Inbound:
    for event, read in _READERS.items():
        if isinstance(item.get(event), dict):
            return read(item, item[event], place) or place.other(item, event)
    unknown = [key for key in item if key not in ("sender", "recipient", "timestamp")]
    return place.other(item, words(unknown[0], 100) if unknown else "empty")


def _id(item: JsonObject, end: str) -> str:
    return ident(an_object(item.get(end)).get("id"))


def _mids(*values: object) -> list[str]:
    return [mid for mid in map(message_id, values) if mid]


# Readers of one event each; None: not of use, kept as OTHER.


def _message(item: JsonObject, message: JsonObject, place: _Place) -> Inbound | None:
    if flag(message.get("is_echo")) or _id(item, "sender") == place.page:
        return _echo(item, message, place)
    citizen, mid = _id(item, "sender"), message_id(message.get("mid"))
    if not citizen:
        return None
    if flag(message.get("is_deleted")):
        details: JsonObject = {"message_ids": _mids(mid), "deleted": True}
        return place.inbound(bounded(f"deleted:{mid or digest(item)}"), citizen, Kind.EDIT, item, details=details)
    details = {
        "message_ids": _mids(mid),
        "reply_to": message_id(an_object(message.get("reply_to")).get("mid")),
        **_referral(an_object(message.get("referral"))),
        "commands": [words(an_object(one).get("name"), 100) for one in a_list(message.get("commands"))[:10]],
        "unknown_attachments": attachments.unknown_types(message),
        "appointment": next(
            (
                kept(one.get("payload"))
                for one in map(an_object, a_list(message.get("attachments")))
                if one.get("type") == "appointment_booking"
            ),
            None,
        ),
    }
    text, payload = words(message.get("text")), _payload(an_object(message.get("quick_reply")).get("payload"))
    shared = _shared(text) if payload == text else None
    return place.inbound(
        mid or f"message:{digest(item)}",
        citizen,
        Kind.SHARED_INFO if shared else Kind.MESSAGE,
        item,
        text=text,
        payload=None if shared else payload,
        attachments=attachments.read(message),
        details=details | {"shared": shared},
    )


def _shared(text: str) -> dict[str, str] | None:
    """A phone number or mail address given by Messenger's own quick reply, which has it as text and as payload."""
    if re.fullmatch(r"\+?[0-9]{8,15}", text):
        return {"phone": text}
    return {"email": text} if re.fullmatch(r"[^\s@:]+@[^\s@:]+\.[^\s@:]+", text) else None


def _echo(item: JsonObject, message: JsonObject, place: _Place) -> Inbound | None:
    """What the page said: through us, or else by a person or another tool, and then the assistant keeps quiet."""
    citizen, mid = _id(item, "recipient"), message_id(message.get("mid"))
    if not citizen:
        return None
    application = ident(message.get("app_id"))
    ours = bool(application) and application == place.app_id
    metadata = words(message.get("metadata"), limits.METADATA_CHARACTERS)
    details: JsonObject = {"message_ids": _mids(mid), "application": application, "metadata": metadata}
    if ours and metadata:
        key, part = messages.unmarked(metadata)
        details |= {"metadata": key, "part": part}
    prefix = "echo" if ours else "staff"
    return place.inbound(
        bounded(f"{prefix}:{mid or digest(item)}"),
        citizen,
        Kind.ECHO if ours else Kind.STAFF,
        item,
        text=words(message.get("text")) or attachments.template_text(message),
        attachments=attachments.read(message),
        details=details,
    )


def _postback(item: JsonObject, postback: JsonObject, place: _Place) -> Inbound | None:
    citizen, mid = _id(item, "sender"), message_id(postback.get("mid"))
    if not citizen:
        return None
    payload = _payload(postback.get("payload"))
    started = payload == limits.GET_STARTED
    # Without a mid the item itself tells it from others: person, time and payload are in it.
    return place.inbound(
        mid or f"postback:{digest(item)}",
        citizen,
        Kind.OPENED if started else Kind.MESSAGE,
        item,
        text="" if started else words(postback.get("title")),
        payload=payload,
        details={"message_ids": _mids(mid), **_referral(an_object(postback.get("referral")))},
    )


def _opened(item: JsonObject, referral: JsonObject, place: _Place) -> Inbound | None:
    citizen = _id(item, "sender")
    if not citizen:
        return None
    return place.inbound(f"referral:{digest(item)}", citizen, Kind.OPENED, item, details=_referral(referral))


def _referral(referral: JsonObject) -> JsonObject:
    return {
        "reference": words(referral.get("ref"), limits.URL_UNITS),
        "source": words(referral.get("source"), 50),
        "source_type": words(referral.get("type"), 50),
        "advertisement": ident(referral.get("ad_id")),
    }


def _reaction(item: JsonObject, reaction: JsonObject, place: _Place) -> Inbound | None:
    citizen = _id(item, "sender")
    if not citizen:
        return None
    details = {
        "message_ids": _mids(reaction.get("mid")),
        "action": words(reaction.get("action"), 20),
        "emoji": words(reaction.get("emoji"), 20),
        "reaction": words(reaction.get("reaction"), 20),
    }
    return place.inbound(f"reaction:{digest(item)}", citizen, Kind.REACTION, item, details=details)


def _edit(item: JsonObject, edit: JsonObject, place: _Place) -> Inbound | None:
    citizen, mid, count = _id(item, "sender"), message_id(edit.get("mid")), number(edit.get("num_edit"))
    if not citizen:
        return None
    key = f"edit:{mid}:{count}" if mid and count is not None else f"edit:{digest(item)}"
    details = {"message_ids": _mids(mid), "count": count}
    return place.inbound(bounded(key), citizen, Kind.EDIT, item, text=words(edit.get("text")), details=details)


def _delivery(item: JsonObject, delivery: JsonObject, place: _Place) -> Inbound | None:
    details = {"message_ids": _mids(*a_list(delivery.get("mids"))), "until": stamp(delivery.get("watermark"))}
    return place.inbound(f"delivery:{digest(item)}", _id(item, "sender"), Kind.RECEIPT, item, details=details)


def _read(item: JsonObject, read: JsonObject, place: _Place) -> Inbound | None:
    details = {"until": stamp(read.get("watermark"))}
    return place.inbound(f"read:{digest(item)}", _id(item, "sender"), Kind.SEEN, item, details=details)


def _policy(item: JsonObject, policy: JsonObject, place: _Place) -> Inbound | None:
    details = {
        "event": "policy_enforcement",
        "action": words(policy.get("action"), 20),
        "reason": words(policy.get("reason"), 1_000),
    }
    return place.inbound(f"policy:{digest(item)}", "", Kind.NOTICE, item, details=details)


def _thread(action: str) -> Callable[[JsonObject, JsonObject, _Place], Inbound | None]:
    def read(item: JsonObject, thread: JsonObject, place: _Place) -> Inbound | None:
        owner = ident(thread.get("new_owner_app_id") or thread.get("requested_owner_app_id"))
        details = {
            "action": action,
            "owner": owner,
            "ours": bool(owner) and owner == place.app_id,
            "previous": ident(thread.get("previous_owner_app_id")),
            "metadata": words(thread.get("metadata"), limits.METADATA_CHARACTERS),
        }
        return place.inbound(f"thread:{digest(item)}", _id(item, "sender"), Kind.THREAD, item, details=details)

    return read


def _roles(item: JsonObject, roles: JsonObject, place: _Place) -> Inbound | None:
    own = [words(one, 50) for one in a_list(roles.get(place.app_id))[:10]]
    details = {"action": "roles", "roles": own, "item": kept(roles)}
    return place.inbound(f"thread:{digest(item)}", "", Kind.THREAD, item, details=details)


def _feedback(event: str) -> Callable[[JsonObject, JsonObject, _Place], Inbound | None]:
    def read(item: JsonObject, feedback: JsonObject, place: _Place) -> Inbound | None:
        return place.other(item, event, message_ids=_mids(feedback.get("mid")))

    return read


def _nothing(item: JsonObject, _: JsonObject, place: _Place) -> Inbound | None:
    return None


_READERS: dict[str, Callable[[JsonObject, JsonObject, _Place], Inbound | None]] = {
    "message": _message,
    "postback": _postback,
    "referral": _opened,
    "reaction": _reaction,
    "message_edit": _edit,
    "delivery": _delivery,
    "read": _read,
    "policy_enforcement": _policy,
    "pass_thread_control": _thread("passed"),
    "take_thread_control": _thread("taken"),
    "request_thread_control": _thread("requested"),
    "app_roles": _roles,
    "response_feedback": _feedback("response_feedback"),
    "messaging_feedback": _feedback("messaging_feedback"),
    "optin": _nothing,
}


# The page's public side

_COMMENT_WORDS = ("add", "edit", "edited")


def _change(change: JsonObject, place: _Place) -> Inbound:
    field, value = words(change.get("field"), 100), an_object(change.get("value"))
    if field.endswith("template_status_update"):
        details = {"event": field, "item": kept(value)}
        return place.inbound(f"notice:{digest(change)}", "", Kind.NOTICE, {}, details=details)
    if field == "feed" and value.get("item") == "comment" and ident(value.get("comment_id")):
        return _comment(change, value, place)
    return place.other(change, f"feed_{words(value.get('item'), 50)}" if field == "feed" else field or "empty")


def _comment(change: JsonObject, value: JsonObject, place: _Place) -> Inbound:
    """A comment is answered through its own id: the author's id is in general not one to send messages to."""
    author = an_object(value.get("from"))
    author_id = ident(author.get("id")) or ident(value.get("sender_id"))
    verb, comment = words(value.get("verb"), 20), ident(value.get("comment_id"))
    speaks = verb in _COMMENT_WORDS
    if author_id == place.page and speaks:
        return place.other(change, "own_comment")
    at = value.get("edited_time") or value.get("created_time")
    text = words(value.get("message")) if speaks else ""
    # Some edits carry no time of their own: their words tell them apart.
    mark = ident(at) + (f":{digest(text)[:16]}" if verb in ("edit", "edited") and "edited_time" not in value else "")
    details = {
        "comment_id": comment,
        "post_id": ident(value.get("post_id")),
        "parent_id": ident(value.get("parent_id")),
        "verb": verb,
        "author": words(author.get("name") or value.get("sender_name"), 200),
        "url": address(an_object(value.get("post")).get("permalink_url")),
    }
    return place.inbound(
        bounded(f"comment:{comment}:{verb}:{mark}"),
        "" if author_id == place.page else author_id,
        Kind.COMMENT,
        {"timestamp": at},
        text=text,
        attachments=attachments.of_comment(value) if speaks else (),
        details=details,
    )


def _payload(value: object) -> str | None:
    """Of a tapped button; None for one longer than any of ours."""
    text = words(value, core.PAYLOAD_CHARACTERS + 1)
    return text if 0 < len(text) <= core.PAYLOAD_CHARACTERS else None
