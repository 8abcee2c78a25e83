"""From a reply to the bodies of Zalo's messages, within its limits (§5).

Choices, link and phones become buttons below the last part while there is room (five), else lines of text. The parts
depend on nothing but the reply, so that a later attempt can leave out those that were accepted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from bot.domain.messages import File, Link, Phone, Reply
from connectors.zalo import limits
from connectors.zalo.splitting import shortened, split, units

Message = dict[str, Any]
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_FILLING = re.compile(r"[\s().\-–]")
_CALLABLE = re.compile(r"(?:\+?84|0)([1-9][0-9]{7,9})")


def render(reply: Reply, unsent: Sequence[File] = ()) -> list[Message]:
    """The parts in their order, without files (see uploads); none for a reply that says nothing.
    `unsent`: files that are only named."""
    labels = _labels(reply)
    buttons = [_tap(label, one.payload) for label, one in zip(labels, reply.buttons, strict=True)][: limits.BUTTONS]
    lines = _numbered(reply, labels) if len(labels) > limits.BUTTONS else []
    for each in (reply.link, *reply.phones):
        button = _button(each) if len(buttons) < limits.BUTTONS else None
        if button is not None:
            buttons.append(button)
        elif each is not None:
            lines += _line(each, reply.text)
    lines += [reply.naming(unsent)] if unsent else []
    text = _joined(reply, lines) or (buttons[0]["title"] if buttons else "")
    parts: list[Message] = [{"text": one} for one in split(text, limits.TEXT_UNITS)]
    if buttons and parts:
        parts[-1]["attachment"] = {"type": "template", "payload": {"buttons": buttons}}
    return parts


def render_plain(reply: Reply) -> list[str]:
    """Words only, for visitors without Zalo identity, whom no button and no file reaches."""
    lines = _numbered(reply, _labels(reply))
    for each in (reply.link, *reply.phones):
        lines += _line(each, reply.text) if each is not None else []
    lines += [reply.naming(reply.files)] if reply.files else []
    return split(_joined(reply, lines), limits.TEXT_UNITS)


def phone_code(number: str) -> str | None:
    """As Zalo writes telephone numbers: 84 and nine or so digits; None for short ones and for what is none."""
    found = _CALLABLE.fullmatch(_FILLING.sub("", number))
    return f"84{found[1]}" if found else None


# Messages beside replies


def request_user_info(title: str, subtitle: str, image_url: str) -> Message:
    """Asks the citizen to share name, phone and address; comes back as Kind.SHARED_INFO."""
    element = {
        "title": shortened(_text(title), limits.TITLE_UNITS),
        "subtitle": shortened(_text(subtitle), limits.SUBTITLE_UNITS),
        "image_url": image_url,
    }
    return _template({"template_type": "request_user_info", "elements": [element]})


def image(attachment_id: str, caption: str = "") -> Message:
    element = {"media_type": "image", "attachment_id": attachment_id}
    return _template({"template_type": "media", "elements": [element]}, caption)


def gif(attachment_id: str, width: int, height: int) -> Message:
    """Size in pixels."""
    element = {"media_type": "gif", "attachment_id": attachment_id, "width": width, "height": height}
    return _template({"template_type": "media", "elements": [element]})


def file(token: str) -> Message:
    return {"attachment": {"type": "file", "payload": {"token": token}}}


def _template(payload: dict[str, Any], text: str = "") -> Message:
    words = _text(text)
    if units(words) > limits.TEXT_UNITS:
        words = split(words, limits.TEXT_UNITS - 1)[0] + "…"
    return ({"text": words} if words else {}) | {"attachment": {"type": "template", "payload": payload}}


# Buttons


def _tap(label: str, payload: str) -> dict[str, Any]:
    """`hide`: the payload, which comes back as a text, is not shown as if the citizen had typed it."""
    title = shortened(label, limits.TITLE_UNITS)
    return {"title": title, "type": "oa.query.hide", "payload": f"{limits.PAYLOAD_MARK}{payload}"}


def _button(shown: Link | Phone | None) -> dict[str, Any] | None:
    """None for what Zalo's buttons cannot open."""
    if isinstance(shown, Link):
        url = _text(shown.url)
        if not url.startswith(("https://", "http://")) or re.search(r"\s", url):
            return None
        title = shortened(_text(shown.label) or url, limits.TITLE_UNITS)
        return {"title": title, "type": "oa.open.url", "payload": {"url": url}}
    code = phone_code(shown.number) if shown else None
    if shown is None or code is None:
        return None
    return {"title": _phone_title(shown), "type": "oa.open.phone", "payload": {"phone_code": code}}


def _phone_title(phone: Phone) -> str:
    """With the whole number, for who wants to write it down."""
    label, number = _text(phone.label), _text(phone.number)
    if not label or _names(label, number):
        return shortened(label or number, limits.TITLE_UNITS)
    return f"{shortened(label, limits.TITLE_UNITS - units(number) - 2)}: {number}"


# Text


def _text(text: str) -> str:
    return unicodedata.normalize("NFC", _UNSENDABLE.sub("", text)).strip()


def _labels(reply: Reply) -> list[str]:
    return [" ".join(_text(one.label).split()) or "…" for one in reply.buttons]


def _numbered(reply: Reply, labels: list[str]) -> list[str]:
    """What a citizen may answer with a number; lines the text has already are not said twice."""
    there = {line.strip() for line in _text(reply.text).split("\n")}
    return [line for line in (f"{at}. {label}" for at, label in enumerate(labels, 1)) if line not in there]


def _line(shown: Link | Phone, text: str) -> list[str]:
    """For what no button shows; nothing when the text says it anyway."""
    label = _text(shown.label)
    if isinstance(shown, Link):
        url = _text(shown.url)
        return [f"{label}: {url}".removeprefix(": ")] if url and url not in text else []
    number = _text(shown.number)
    if not number or _names(text, number):
        return []
    return [label if _names(label, number) else f"{label}: {number}".removeprefix(": ")]


def _names(text: str, number: str) -> bool:
    """Whether a text holds this number, however it is spaced, and not as a part of another."""
    digits = _FILLING.sub("", number)
    spaced = r"[\s().\-–]*".join(map(re.escape, digits))
    return bool(digits) and re.search(rf"(?<!\d){spaced}(?!\d)", text) is not None


def _joined(reply: Reply, lines: list[str]) -> str:
    return "\n".join([text, *lines] if (text := _text(reply.text)) else lines)
