"""What the assistant can learn from: samples of what went wrong, what editors teach, what may never be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

SEALED_INTENTS = frozenset(
    {"denounce", "lodge_complaint", "report_crime", "complain_staff", "emergency", "privacy_request"}
)
"""Messages of these are never shown to editors, taught or counted by procedure."""
SEALED_PROCEDURES = frozenset({"khieu-nai-lan-dau", "giai-quyet-to-cao", "bao-ve-khan-cap-tre-em"})
SUSPICION = 0.15
"""A message that may be of a sealed intent with this probability is kept out as well."""
_SEALED_WORDS = re.compile(
    r"\b(?:to cao|to giac|khieu nai|tham nhung|tham o|hoi lo|nhan tien|an tien|voi vinh|nhung nhieu|sach nhieu"
    r"|hach sach|cua quyen|bao ke|ma tuy|mai dam|co bac|danh bac|ca do|cho vay nang lai|tin dung den|lua dao|trom cap"
    r"|cuop|giet|chem|hiep dam|xam hai|bao hanh|danh dap|tu tu|tu sat)\b"
)


class Reason(StrEnum):
    """Why a message is a sample."""

    REFUSED = "refused"
    CHOSEN = "chosen"
    """The citizen picked one of the offered readings."""
    CORRECTED = "corrected"
    BADLY_RATED = "badly_rated"
    ESCALATED = "escalated"
    """The citizen then asked for a person."""


class Decision(StrEnum):
    """What an editor made of a sample."""

    INTENT = "intent"
    PHRASE = "phrase"
    FOREIGN = "foreign"
    """Ngoài phạm vi: somebody else's matter."""
    IGNORED = "ignored"


class Figure(StrEnum):
    """What is counted of a procedure. A message counts once among the first four."""

    ANSWERED = "answered"
    """The published answer was given at once, to words or to a tap on what was offered beside an answer."""
    CHOSEN = "chosen"
    """The published answer was given after the citizen picked this procedure among those offered."""
    OFFERED = "offered"
    """The assistant was not sure and offered choices, this procedure first."""
    REFUSED = "refused"
    """No answer was given although the search thought of this procedure first."""
    BADLY_RATED = "badly_rated"
    """The citizen corrected the answer or reacted to it with displeasure."""


ASKED = (Figure.ANSWERED, Figure.CHOSEN, Figure.OFFERED, Figure.REFUSED)
"""Their sum: how often a procedure was asked for."""


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """A closed event as the harvest reads it. `meta`: of the first reply, as bot.storage.inbox writes it; `previous`:
    the message before in the conversation; `reacted`: the event whose answer the citizen reacted to, and how."""

    event_id: int
    conversation_id: int
    unit_id: str
    at: datetime
    kind: str
    text: str
    payload: str | None
    outcome: str
    meta: Mapping[str, Any]
    previous: HeardTurn | None = None
    reacted: HeardTurn | None = None
    reaction: str = ""

    @property
    def why(self) -> Mapping[str, Any]:
        return self.meta.get("why") or {}

    @property
    def intent(self) -> str | None:
        return self.meta.get("intent")


@dataclass(frozen=True, slots=True)
class Sample:
    """A masked message to learn from. `reasons` are added to those it has already."""

    event_id: int
    unit_id: str
    at: datetime
    text: str
    reasons: tuple[Reason, ...]
    intent: str | None = None
    procedure_id: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """An event that counts towards a figure; `procedure_id` is empty when none was recognised."""

    event_id: int
    unit_id: str
    day: date
    procedure_id: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class SealedTurn:
    """Something sealed was said: samples of the conversation from the hours around are dropped."""

    event_id: int
    conversation_id: int
    unit_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Gleaned:
    """What a batch of events gave."""

    samples: tuple[Sample, ...] = ()
    counted: tuple[Counted, ...] = ()
    sealed: tuple[SealedTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleGroup:
    """Samples that say nearly the same. `texts`: some of them, different ones, newest first."""

    id: int
    count: int
    first_at: datetime
    last_at: datetime
    reasons: Mapping[Reason, int]
    texts: tuple[str, ...]
    message_id: int | None = None
    """A reply to one of them, to look at why."""
    intent: str | None = None
    procedure_id: str | None = None
    taught_before: bool = False


@dataclass(frozen=True, slots=True)
class LearnedText:
    id: int
    kind: Decision
    target: str
    text: str
    staff: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Taught:
    """What teaching a group did: `taken` texts, and those `dropped` with what each is a near-copy of."""

    taken: tuple[str, ...] = ()
    dropped: tuple[tuple[str, str], ...] = field(default_factory=tuple)


def sounds_sealed(folded: str, ranking: Mapping[str, float]) -> bool:
    """Whether a message may be of a sealed kind although it was not taken for one."""
    suspected = sum(chance for intent, chance in ranking.items() if intent in SEALED_INTENTS)
    return suspected >= SUSPICION or _SEALED_WORDS.search(folded) is not None
