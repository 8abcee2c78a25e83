"""The legal clock of a ticket (domain paper 5.3): pure functions of what was agreed, when, and the working calendar.

The first day is not counted. Working days end at the closing of the last one; calendar days at the end of the last
one, or of the next working day when the office is closed on it; working hours run while the office is open, eight to
an ordinary day. Time in which the commune waits for the citizen does not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.calendar import Period, WorkingCalendar
from bot.domain.records import DeadlineRule
from bot.domain.views import LOCAL_ZONE, UnitView

HALF, SOON = 0.5, 0.8
"""Shares of the working time at which staff are warned."""
HOURS_A_DAY = 8


class TermUnit(StrEnum):
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    WORKING_HOURS = "working_hours"


@dataclass(frozen=True, slots=True)
class Term:
    amount: int
    unit: TermUnit

    @classmethod
    def of(cls, rule: DeadlineRule | None) -> Term | None:
        return cls(rule.amount, TermUnit(rule.unit)) if rule else None

    def to_json(self) -> dict[str, Any]:
        return {"amount": self.amount, "unit": self.unit.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Term | None:
        return cls(int(data["amount"]), TermUnit(data["unit"])) if data else None


@dataclass(frozen=True, slots=True)
class Pause:
    """The commune waits for the citizen; `end` None: still."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What a ticket's due moments are computed from, kept with the ticket, so that they can be computed anew when the
    calendar changes. `promised`: the new day a letter of apology names; it takes the place of the term."""

    received_at: datetime
    accept: Term | None = None
    answer: Term | None = None
    extension: Term | None = None
    pauses: tuple[Pause, ...] = ()
    promised: date | None = None

    @classmethod
    def agreed(cls, view: UnitView, kind: str, category: str | None, received_at: datetime) -> Course:
        """By the rules the unit has published now."""
        accept, answer = (Term.of(view.deadline(kind, stage, category)) for stage in ("accept", "answer"))
        return cls(received_at, accept, answer)

    def paused(self, at: datetime) -> Course:
        return replace(self, pauses=(*self.pauses, Pause(at)))

    def resumed(self, at: datetime) -> Course:
        ended = tuple(replace(one, end=max(at, one.start)) if one.end is None else one for one in self.pauses)
        return replace(self, pauses=ended)

    def to_json(self) -> dict[str, Any]:
        return {
            "received_at": self.received_at.isoformat(),
            "accept": self.accept.to_json() if self.accept else None,
            "answer": self.answer.to_json() if self.answer else None,
            "extension": self.extension.to_json() if self.extension else None,
            "pauses": [[one.start.isoformat(), one.end.isoformat() if one.end else None] for one in self.pauses],
            "promised": self.promised.isoformat() if self.promised else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Course:
        return cls(
            datetime.fromisoformat(data["received_at"]),
            Term.from_json(data.get("accept")),
            Term.from_json(data.get("answer")),
            Term.from_json(data.get("extension")),
            tuple(
                Pause(datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
                for start, end in data.get("pauses", ())
            ),
            date.fromisoformat(data["promised"]) if data.get("promised") else None,
        )


@dataclass(frozen=True, slots=True)
class DueMoments:
    """`half` and `soon`: when 50 % and 80 % of the working time until `answer` have passed."""

    accept: datetime | None = None
    answer: datetime | None = None
    half: datetime | None = None
    soon: datetime | None = None


def moments(calendar: WorkingCalendar | None, course: Course) -> DueMoments:
    """None of them where there is no rule, or no calendar to count on."""
    if calendar is None:
        return DueMoments()
    accept = due(calendar, course.accept, course.received_at) if course.accept else None
    if course.promised is not None:
        answer = calendar.closing(calendar.working_day_from(course.promised))
    elif course.answer is not None:
        answer = due(calendar, course.answer, course.received_at, course.pauses, course.extension)
    else:
        return DueMoments(accept)
    start, closed = calendar.counted_from(course.received_at), _ended(course.pauses)
    total = calendar.open_between(start, answer) - sum(
        (calendar.open_between(max(gone, start), min(back, answer)) for gone, back in closed if gone < answer),
        timedelta(),
    )
    return DueMoments(
        accept, answer, calendar.after(start, total * HALF, closed), calendar.after(start, total * SOON, closed)
    )


def due(
    calendar: WorkingCalendar,
    term: Term,
    received_at: datetime,
    pauses: Sequence[Pause] = (),
    extension: Term | None = None,
) -> datetime:
    """The moment a term ends. A pause that has not ended does not move it yet: the remaining time is known when the
    citizen has answered."""
    start, closed = calendar.counted_from(received_at), _ended(pauses)
    if term.unit is TermUnit.CALENDAR_DAYS and (extension is None or extension.unit is TermUnit.CALENDAR_DAYS):
        days = term.amount + (extension.amount if extension else 0)
        return _end_of_calendar_days(calendar, start.date(), days, closed)
    end = _end(calendar, term, start)
    if extension is not None:
        end = _end(calendar, extension, end)
    return calendar.after(start, calendar.open_between(start, end), closed) if closed else end


def _end(calendar: WorkingCalendar, term: Term, start: datetime) -> datetime:
    if term.unit is TermUnit.WORKING_HOURS:
        return calendar.after(start, calendar.full_day * term.amount / HOURS_A_DAY)
    day = start.astimezone(LOCAL_ZONE).date()
    if term.unit is TermUnit.WORKING_DAYS:
        return calendar.closing(calendar.working_day_after(day, term.amount))
    return _end_of_calendar_days(calendar, day, term.amount, ())


def _end_of_calendar_days(calendar: WorkingCalendar, day: date, days: int, closed: Sequence[Period]) -> datetime:
    """Each night spent waiting for the citizen adds a day."""
    last = day + timedelta(days=days)
    for gone, back in closed:
        if gone.date() <= last:
            last += max(back.date() - max(gone.date(), day), timedelta())
    return calendar.end_of(calendar.working_day_from(last))


def _ended(pauses: Sequence[Pause]) -> list[Period]:
    """Ended pauses in local time, in order, those that touch joined."""
    joined: list[Period] = []
    ended = sorted((one.start, one.end) for one in pauses if one.end is not None and one.end > one.start)
    for start, end in ended:
        gone, back = start.astimezone(LOCAL_ZONE), end.astimezone(LOCAL_ZONE)
        if joined and gone <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(back, joined[-1][1]))
        else:
            joined.append((gone, back))
    return joined
