"""From a reply to the bodies of Messenger, within its limits.

Buttons become quick replies below the last part; link and phones become buttons of a template, or cards when there
are many, or lines of text when Messenger cannot show them. The parts depend on nothing but the reply, so that a later
attempt can leave out those that were accepted.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.domain.messages import Button, File, Link, Phone, Reply
from connectors.facebook import limits
from connectors.facebook.splitting import shortened, split, units

Message = dict[str, Any]
Action = Literal["typing_on", "typing_off", "mark_seen"]
_MARK = re.compile(r"(.*)#([0-9]{1,4})", re.DOTALL)
_ASK_PHONE = {"content_type": "user_phone_number"}
"""Shown with the number of the person's profile; left out by Messenger where there is none."""
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


def render(reply: Reply) -> list[Message]:
    """The parts in their order, those of files last (see `files_of`); none for a reply that says nothing."""
    taps = _Taps.of(reply.buttons)
    shown = _actions(reply)
    sent = files_of(reply)
    unsent = reply.naming(one for one in reply.files if one not in sent)
    lines = [*_lines(reply, shown, taps), *([unsent] if unsent else [])]
    text = _joined(_text(reply.text), lines, shown)
    if not text:
        return [upload(one) for one in sent]
    if not shown:
        parts: list[Message] = [{"text": one} for one in split(text, limits.TEXT_UNITS)]
    elif len(shown) <= limits.BUTTONS:
        *before, last = split(text, limits.TEXT_UNITS, limits.BUTTON_TEXT_UNITS)
        parts = [*({"text": one} for one in before), _with_buttons(last, shown)]
    else:
        cards = _template({"template_type": "generic", "elements": [one.card() for one in shown]})
        parts = [*({"text": one} for one in split(text, limits.TEXT_UNITS)), cards]
    parts += [upload(one) for one in sent]
    if taps.replies:
        parts[-1]["quick_replies"] = [*taps.replies, *([_ASK_PHONE] if reply.contact else [])][: limits.QUICK_REPLIES]
    return parts


def files_of(reply: Reply) -> tuple[File, ...]:
    """The files Messenger takes: the last parts of `render`, in this order."""
    return tuple(one for one in reply.files if one.size <= limits.FILE_BYTES)


def render_one(reply: Reply) -> Message | None:
    """As one message, for a comment has one private reply. Words that do not fit are left out, "…" in their place;
    link, phones and choices stay."""
    taps = _Taps.of(reply.buttons)
    shown = _actions(reply)
    if len(shown) > limits.BUTTONS:
        shown = []
    most = limits.BUTTON_TEXT_UNITS if shown else limits.TEXT_UNITS
    words, lines = _text(reply.text), _lines(reply, shown, taps)
    room = most - units("\n".join(["…", *lines]))
    if units(words) > room > 0:
        words = split(words, room)[0] + "…"
    text = _joined(words, lines, shown)
    if units(text) > most:
        text = split(text, most - 1)[0] + "…"
    if not text:
        return None
    message = _with_buttons(text, shown) if shown else {"text": text}
    return message | ({"quick_replies": taps.replies} if taps.replies else {})


def upload(file: File) -> Message:
    """The message a file travels with as form data (MP/send-messages/saving-assets)."""
    kind = file.content_type.partition("/")[0]
    return {"attachment": {"type": kind if kind in ("image", "audio", "video") else "file", "payload": {}}}


# Whole calls of the Send API


def to_person(psid: str, message: Message, *, human_agent: bool = False) -> Message:
    kind = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if human_agent else {"messaging_type": "RESPONSE"}
    return {"recipient": {"id": psid}, **kind, "message": message}


def to_comment(comment_id: str, message: Message) -> Message:
    """The private reply to a comment below a post."""
    return {"recipient": {"comment_id": comment_id}, "messaging_type": "RESPONSE", "message": message}


def action(psid: str, name: Action) -> Message:
    return {"recipient": {"id": psid}, "sender_action": name}


def marked(message: Message, key: str, part: int) -> Message:
    """With our key and the number of the part, which come back in the echo."""
    return {**message, "metadata": f"{key}#{part}"}


def unmarked(metadata: str) -> tuple[str, int | None]:
    """Key and number of the part, as `marked` wrote them; the number is None when there is none."""
    found = _MARK.fullmatch(metadata)
    return (found[1], int(found[2])) if found else (metadata, None)


def shape(body: object) -> Any:
    """Keys and lengths of a body without any of its words, for the log."""
    if isinstance(body, dict):
        return {key: shape(value) for key, value in body.items()}
    if isinstance(body, list):
        return [shape(value) for value in body]
    return len(body) if isinstance(body, str) else type(body).__name__


# Text


def _text(text: str) -> str:
    return unicodedata.normalize("NFC", _UNSENDABLE.sub("", text)).strip()


def _lines(reply: Reply, shown: list[_Shown], taps: _Taps) -> list[str]:
    """What must stand below the text because neither it nor a button shows it."""
    text = _text(reply.text)
    sources = [one.source for one in shown]
    # A card shows the number itself; a button hides it from who has no telephone at hand.
    told = sources if len(shown) > limits.BUTTONS else []
    phones = [one for one in reply.phones if one.number.strip() and one not in told and not _names(text, one.number)]
    lines = [_phone_line(one) for one in phones]
    if reply.link and reply.link.url.strip() and reply.link not in sources:
        lines.append(f"{_text(reply.link.label)}: {_text(reply.link.url)}".removeprefix(": "))
    there = text.split("\n")
    if not text or any(line not in there for line in taps.needed):
        lines += taps.lines
    return lines


def _joined(text: str, lines: list[str], shown: list[_Shown]) -> str:
    """A template needs words above its buttons, if only the name of the first."""
    return "\n".join([text, *lines] if text else lines) or (shown[0].title if shown else "")


def _phone_line(phone: Phone) -> str:
    label, number = _text(phone.label), _text(phone.number)
    return label if _names(label, number) else f"{label}: {number}".removeprefix(": ")


def _names(text: str, number: str) -> bool:
    """Whether a phone number stands in a text, however its digits are grouped."""
    digits = re.sub(r"\D", "", number)
    return bool(digits) and bool(re.search(r"(?<!\d)" + r"[\s().\-]*".join(digits) + r"(?!\d)", text))


# Buttons


@dataclass(frozen=True, slots=True)
class _Taps:
    """`replies`: the quick replies, none when there are too many or one that Messenger would refuse: then the numbered
    lines alone offer the choice, for the dialogue understands numbers. `lines`: all labels, numbered. `needed`: the
    lines of the labels that are nowhere else in full."""

    replies: list[Message]
    lines: list[str]
    needed: list[str]

    @classmethod
    def of(cls, buttons: tuple[Button, ...]) -> _Taps:
        labels = [" ".join(_text(one.label).split()) for one in buttons]
        lines = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
        fits = all(one.payload.strip() and units(one.payload) <= limits.PAYLOAD_UNITS for one in buttons)
        if len(buttons) > limits.QUICK_REPLIES or not fits or not all(labels):
            return cls([], lines, lines)
        cut = [units(label) > limits.TITLE_UNITS for label in labels]
        replies = [
            {
                "content_type": "text",
                "title": shortened(line if is_cut else label, limits.TITLE_UNITS),
                "payload": one.payload,
            }
            for line, label, is_cut, one in zip(lines, labels, cut, buttons, strict=True)
        ]
        return cls(replies, lines, [line for line, is_cut in zip(lines, cut, strict=True) if is_cut])


@dataclass(frozen=True, slots=True)
class _Shown:
    """A link or phone as Messenger shows it. `title`, `detail`: of its card."""

    source: Link | Phone
    button: Message
    title: str
    detail: str

    def card(self) -> Message:
        label = shortened(self.title, limits.CARD_UNITS)
        return {"title": label, "subtitle": shortened(self.detail, limits.CARD_UNITS), "buttons": [self.button]}


def _actions(reply: Reply) -> list[_Shown]:
    found = [_link(reply.link)] if reply.link else []
    found += [_phone(phone) for phone in reply.phones]
    return [one for one in found if one is not None][: limits.CARDS]


def _link(link: Link) -> _Shown | None:
    url, label = _text(link.url), _text(link.label)
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    if (
        not url.startswith(("https://", "http://"))
        or not host
        or units(url) > limits.URL_UNITS
        or re.search(r"\s", url)
    ):
        return None
    title = shortened(label or host, limits.TITLE_UNITS)
    return _Shown(link, {"type": "web_url", "title": title, "url": url}, label or host, host)


def _phone(phone: Phone) -> _Shown | None:
    number, label = callable_number(phone.number), _text(phone.label)
    if number is None:
        return None
    title = shortened(label or phone.number, limits.TITLE_UNITS)
    return _Shown(phone, {"type": "phone_number", "title": title, "payload": number}, label or number, phone.number)


def callable_number(number: str) -> str | None:
    """In the form a call button needs ("+84…"); None for short and 1800 numbers, which have no such form."""
    plain = re.sub(r"[\s().\-–]", "", number)
    if re.fullmatch(r"\+[1-9][0-9]{7,14}", plain):
        return plain
    return f"+84{plain[1:]}" if re.fullmatch(r"0[1-9][0-9]{8,9}", plain) else None


def _template(payload: Message) -> Message:
    return {"attachment": {"type": "template", "payload": payload}}


def _with_buttons(text: str, shown: list[_Shown]) -> Message:
    return _template({"template_type": "button", "text": text, "buttons": [one.button for one in shown]})
