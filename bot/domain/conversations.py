"""A conversation as staff see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.tickets import ReplyWindow


class Speaker(StrEnum):
    CITIZEN = "citizen"
    ASSISTANT = "assistant"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class SaidFile:
    """A file of a message. `state`: waiting, kept, refused; `file_key`: where the bytes of a kept one lie."""

    media_id: int
    kind: str
    state: str
    name: str | None
    content_type: str | None
    file_key: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `who`: the name of whoever of staff typed it. `pins`: (latitude, longitude). `sending`: of what
    left: waiting, sent, or why not. `hidden`: it belongs to a ticket the reader may not see."""

    seq: int
    speaker: Speaker
    who: str
    text: str
    at: datetime
    files: tuple[SaidFile, ...] = ()
    pins: tuple[tuple[float, float], ...] = ()
    sending: str | None = None
    sending_reason: str | None = None
    hidden: bool = False
    attached: tuple[str, ...] = ()
    """Names of files staff sent; they lie with the ticket."""


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """A conversation that wants or has a person. `last_text`: what was said last, cut."""

    id: int
    unit_id: str
    platform: str
    asked_at: datetime | None
    staff_id: int | None
    staff: str
    staff_since: datetime | None
    last_at: datetime
    last_text: str
    window: ReplyWindow
    ticket_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """`earlier`: pass as `before` for the page of older messages; None: there are none."""

    line: ConversationLine
    said: tuple[Said, ...]
    earlier: int | None
