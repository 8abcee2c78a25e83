"""What is sent beside words: pictures, voices, stickers, shared links, places."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from bot.domain.channels import Attachment
from connectors.facebook import limits
from connectors.facebook.values import JsonObject, a_list, address, an_object, degrees, ident, words

_KINDS = {"image": "image", "audio": "audio", "video": "video", "file": "file", "sticker": "sticker"}
_SHARES = ("fallback", "reel", "ig_reel", "post", "ig_post", "template")
_TITLE_CHARACTERS = 300


def read(message: JsonObject) -> tuple[Attachment, ...]:
    """Of a message. A sticker that comes in the old and the new shape at once is one sticker."""
    found: list[Attachment] = []
    stickers: set[str] = set()
    for one in a_list(message.get("attachments"))[: limits.ATTACHMENTS]:
        item = an_object(one)
        sticker = ident(an_object(item.get("payload")).get("sticker_id"))
        if not item or sticker in stickers or _is_no_attachment(item):
            continue
        if sticker:
            stickers.add(sticker)
        found.append(_attachment(item, sticker))
    return tuple(found)


def unknown_types(message: JsonObject) -> list[str]:
    """Types of attachments this module has no name for."""
    types = [words(an_object(one).get("type"), 50) for one in a_list(message.get("attachments"))[: limits.ATTACHMENTS]]
    return [one for one in types if one not in {*_KINDS, *_SHARES, "location", "appointment_booking"}]


def of_comment(value: JsonObject) -> tuple[Attachment, ...]:
    """Of a comment below a post, which holds the addresses beside its text."""
    places = (("photo", "image"), ("video", "video"), ("link", "link"))
    urls = [(kind, address(value.get(key))) for key, kind in places]
    return tuple(Attachment(kind, url) for kind, url in urls if url)


def template_text(message: JsonObject) -> str:
    """The words of a template that comes back as an echo, which has no text of its own."""
    for one in a_list(message.get("attachments"))[: limits.ATTACHMENTS]:
        text = words(an_object(an_object(one).get("payload")).get("text"))
        if text:
            return text
    return ""


def _is_no_attachment(item: JsonObject) -> bool:
    """A booking, which events reads, and the page's own templates, which are words and buttons."""
    kind = item.get("type")
    return kind == "appointment_booking" or (kind == "template" and "product" not in an_object(item.get("payload")))


def _attachment(item: JsonObject, sticker: str) -> Attachment:
    payload = an_object(item.get("payload"))
    url = address(payload.get("url")) or address(item.get("url"))
    title = words(payload.get("title") or item.get("title"), _TITLE_CHARACTERS) or None
    kind = item.get("type")
    if sticker:
        return Attachment("sticker", url, sticker)
    if kind == "location":
        place = an_object(payload.get("coordinates"))
        latitude, longitude = degrees(place.get("lat"), 90), degrees(place.get("long"), 180)
        return Attachment("location", url, title, latitude=latitude, longitude=longitude)
    if kind in _SHARES:
        return Attachment("link", url, title or _product(payload))
    known = _KINDS.get(kind, "file") if isinstance(kind, str) else "file"
    name = _file_name(url)
    if known == "image" and name and name.lower().endswith(".gif"):
        known = "gif"
    return Attachment(known, url, name if known == "file" else None)


def _product(payload: JsonObject) -> str | None:
    elements = a_list(an_object(payload.get("product")).get("elements"))
    return words(an_object(elements[0]).get("title"), _TITLE_CHARACTERS) or None if elements else None


def _file_name(url: str | None) -> str | None:
    """The last part of the path: Meta puts the name a file was sent with there."""
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return None
    return words(unquote(path.rpartition("/")[2]), _TITLE_CHARACTERS) or None
