"""A report half told: what is known of it so far, kept in the conversation's state until it is filed or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

from bot import limits
from bot.dialogue.entities import masked
from bot.domain.filing import Filing
from bot.domain.tickets import TicketKind
from knowledge.categories import OTHER

KIND, WHAT, WHERE, PHONE, CONFIRM, SIMILAR = "kind", "what", "where", "phone", "confirm", "similar"
STEPS = (KIND, WHAT, WHERE, PHONE, CONFIRM, SIMILAR)

PLACED = frozenset({TicketKind.REPORT})
"""Kinds that cannot be worked on without a place."""
WITHOUT_CONTENT = frozenset({TicketKind.GUIDANCE, TicketKind.CALL_BACK})
"""Kinds of which only a telephone number is taken."""
CALLED_BACK = WITHOUT_CONTENT | {TicketKind.RECEPTION}
"""Kinds that are of no use without a telephone number, and are therefore never anonymous."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`kind` None: to be recognised from the words. `step`: what was asked last. `guided`: the citizen is asked for one
    thing after the other, because the first message did not say it all. `done`: steps answered or skipped. `offered`:
    a number found in the words, not kept before the citizen agrees. `doubt`: why the kind was asked for (`complaint`:
    it may be a khiếu nại; `report`: it may be no report at all). `similar`: the open ticket that may be about the
    same. `reminded`: the one reminder was sent. `started_at`: ISO 8601, UTC."""

    started_at: str
    step: str = WHAT
    kind: TicketKind | None = None
    text: str = ""
    category: str | None = None
    place: str = ""
    hamlet: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str | None = None
    offered: str | None = None
    anonymous: bool = False
    publish: bool = False
    guided: bool = False
    photos: tuple[tuple[int, int], ...] = ()
    done: tuple[str, ...] = ()
    doubt: str | None = None
    similar: str | None = None
    reminded: bool = False

    @classmethod
    def begun(cls, now: datetime, **known: Any) -> Self:
        return cls(now.isoformat(), **known)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Self | None:
        """The stored draft; one that another version of the program wrote is dropped, not guessed at."""
        if not data or not isinstance(data.get("started_at"), str):
            return None
        known = {name: data[name] for name in _NAMES if name in data}
        try:
            kind = TicketKind(known["kind"]) if known.get("kind") else None
            photos = tuple((int(event), int(part)) for event, part in known.get("photos", ()))
        except (ValueError, TypeError):
            return None
        if known.get("step", WHAT) not in STEPS:
            return None
        return cls(**{**known, "kind": kind, "photos": photos, "done": tuple(known.get("done", ()))})

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _NAMES}

    @property
    def is_placed(self) -> bool:
        return bool(self.place or self.hamlet or self.latitude is not None)

    @property
    def tells_something(self) -> bool:
        """Whether anything would be lost with it."""
        return bool(self.text or self.photos or self.is_placed or self.phone)

    @property
    def sure_kind(self) -> TicketKind:
        return self.kind or TicketKind.REPORT

    def next_step(self) -> str:
        """The first thing still to be asked for."""
        if self.step == KIND:
            return KIND
        kind = self.sure_kind
        if not self.text and kind not in WITHOUT_CONTENT:
            return WHAT
        if kind in PLACED and not self.is_placed and WHERE not in self.done:
            return WHERE
        asks = kind in CALLED_BACK or self.guided or self.offered is not None
        if asks and self.phone is None and PHONE not in self.done and not self.anonymous:
            return PHONE
        return CONFIRM

    def at(self, step: str, **changes: Any) -> Self:
        return replace(self, step=step, **changes)

    def told(self, words: str) -> Self:
        """With more words about the matter."""
        text = f"{self.text}\n{words}".strip() if words else self.text
        return replace(self, text=text[: limits.DRAFT_CHARACTERS])

    def shown(self, photos: tuple[tuple[int, int], ...], pin: tuple[float, float] | None) -> Self:
        """With more photos, and the place on the map."""
        more = tuple(dict.fromkeys((*self.photos, *photos)))[: limits.DRAFT_PHOTOS]
        if pin is None:
            return replace(self, photos=more)
        return replace(self, photos=more, latitude=pin[0], longitude=pin[1])

    def filing(self) -> Filing:
        """What is filed. Numbers of identity cards are masked, and a telephone number in the words that the citizen
        did not want kept."""
        refused = self.phone is None and self.offered is not None
        return Filing(
            kind=self.sure_kind,
            text=masked(self.text, phones=refused),
            category=self.category or (OTHER if self.kind in PLACED else None),
            place=self.place,
            hamlet=self.hamlet,
            latitude=self.latitude,
            longitude=self.longitude,
            phone=None if self.anonymous else self.phone,
            anonymous=self.anonymous,
            photos=self.photos,
        )


_NAMES = tuple(one.name for one in fields(Draft))
