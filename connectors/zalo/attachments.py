"""What citizens send beside words (§3.6). An address is Zalo's own; how long it lives is not documented."""

from __future__ import annotations

from bot.domain.channels import Attachment
from connectors.zalo import limits
from connectors.zalo.values import JsonObject, a_list, address, an_object, degrees, embedded, ident, number, words

_PLAIN = ("image", "gif", "audio", "video", "sticker")
_NAME = 300


def read(message: JsonObject, event: str) -> tuple[Attachment, ...]:
    """In order; those of an unknown type are left out (see `unknown_types`)."""
    read_each = (_one(an_object(item), event) for item in _items(message))
    found = tuple(one for one in read_each if one is not None)
    beside = an_object(message.get("location"))
    return found if found or not beside else (_location(beside),)


def unknown_types(message: JsonObject, event: str) -> list[str]:
    items = [an_object(item) for item in _items(message)]
    return [words(item.get("type"), 50) or "none" for item in items if _one(item, event) is None]


def template_text(message: JsonObject) -> str:
    """The words of a message with buttons, as its echo holds them."""
    payloads = (an_object(an_object(item).get("payload")) for item in _items(message))
    return next((text for text in (words(payload.get("text")) for payload in payloads) if text), "")


def contact_phones(message: JsonObject) -> list[str]:
    """The numbers of business cards, which stand as JSON inside the description."""
    cards = (embedded(an_object(an_object(item).get("payload")).get("description")) for item in _items(message))
    return [phone for phone in (ident(card.get("phone")) for card in cards) if phone]


def _items(message: JsonObject) -> list[object]:
    return a_list(message.get("attachments"))[: limits.ATTACHMENTS]


def _one(item: JsonObject, event: str) -> Attachment | None:
    kind, payload = item.get("type"), an_object(item.get("payload"))
    url = address(payload.get("url"))
    if kind in _PLAIN:
        return Attachment(str(kind), url or address(payload.get("thumbnail")))
    if kind == "file":
        return Attachment("file", url, words(payload.get("name"), _NAME) or None, _size(payload.get("size")))
    if kind == "link" and event.endswith("_business_card"):
        return Attachment("contact", url)
    if kind == "link":
        return Attachment("link", url, words(payload.get("description"), _NAME) or None)
    return _location(payload) if kind == "location" else None


def _size(value: object) -> int | None:
    size = number(value)
    return size if size is not None and size >= 0 else None


def _location(payload: JsonObject) -> Attachment:
    place = an_object(payload.get("coordinates"))
    latitude, longitude = degrees(place.get("latitude"), 90), degrees(place.get("longitude"), 180)
    if latitude is None or longitude is None:
        return Attachment("location")
    return Attachment("location", latitude=latitude, longitude=longitude)
