"""The figures of the reports page: pure functions of slim rows, each figure defined in words.

Of denunciations nothing is counted, not even that somebody asked to be called back. Reports about conduct stand apart,
under five as "<5", and are in no other figure but the two of Quyết định 766, which are about all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.periods import Period
from bot.domain.report_definitions import DEFINITIONS
from bot.domain.ticket_names import KINDS, PLATFORMS, UNKNOWN_PLACE
from bot.domain.tickets import TicketKind, TicketResult, TicketState

SENSITIVE_BELOW = 5
HIDDEN = "<5"
SATISFIED, DISSATISFIED = 4, 2
"""Stars from which, and up to which, a citizen counts as satisfied or not."""
NOT_OURS = frozenset({TicketResult.NOT_COMPETENT, TicketResult.DUPLICATE, TicketResult.WITHDRAWN, TicketResult.ABUSE})
"""Results of what the unit did not have to solve itself."""
COUNTED = frozenset(TicketKind) - {TicketKind.CALL_BACK}
GENERAL = COUNTED - {TicketKind.CONDUCT}


class Unit(StrEnum):
    """What a figure's value is measured in."""

    COUNT = "count"
    PERCENT = "percent"
    HOURS = "hours"
    STARS = "stars"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a figure needs of a ticket."""

    unit_id: str
    kind: TicketKind
    state: TicketState
    platform: str
    received_at: datetime
    hamlet: str | None = None
    category: str | None = None
    due_at: datetime | None = None
    late_at: datetime | None = None
    first_answer_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    paused_at: datetime | None = None
    result: TicketResult | None = None
    rating: int | None = None
    reopened: int = 0

    @property
    def done_at(self) -> datetime | None:
        moments = [at for at in (self.answered_at, self.closed_at) if at is not None]
        return min(moments) if moments else None

    def is_late(self, now: datetime) -> bool:
        """Its first due moment was missed, whatever was promised afterwards."""
        if self.late_at is not None:
            return True
        until = self.done_at or self.paused_at or now
        return self.due_at is not None and until > self.due_at

    def is_on_time(self, now: datetime) -> bool:
        return self.done_at is not None and not self.is_late(now)


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: nothing to measure, or hidden; `shown`: as a report prints it. `of`: how many it was taken from."""

    key: str
    label: str
    definition: str
    unit: Unit
    value: float | None
    shown: str
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    received: int
    answered: int
    on_time: int
    late: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    key: str
    label: str
    definition: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """What the conversations of some days come to; a conversation counts once a day."""

    conversations: int = 0
    with_staff: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    period: Period
    units: tuple[str, ...]
    figures: tuple[Figure, ...]
    breakdowns: tuple[Breakdown, ...]

    def figure(self, key: str) -> Figure:
        return next(one for one in self.figures if one.key == key)


def report(
    period: Period,
    units: Sequence[str],
    received: Iterable[Counted],
    *,
    open_now: int,
    transferred: int,
    apologies: int,
    talk: Talk,
    now: datetime,
) -> Report:
    """`received`: the tickets of the units received in the period, of every kind. `open_now`: those of the general
    kinds that wait for an answer now, whenever received."""
    now = min(now, period.end)
    everything = [one for one in received if one.kind in COUNTED]
    general = [one for one in everything if one.kind in GENERAL]
    figures = (
        *_counts(general, open_now, now),
        *_rule_766(everything, now),
        *_satisfaction(general),
        *_speed(general),
        _count("transferred", transferred),
        _count("apologies", apologies),
        *_talk(talk),
        *_conduct(everything),
    )
    return Report(period, tuple(units), figures, _breakdowns(general, now))


def _counts(tickets: list[Counted], open_now: int, now: datetime) -> tuple[Figure, ...]:
    return (
        _count("received", len(tickets)),
        _count("open", open_now),
        _count("answered", sum(one.done_at is not None for one in tickets)),
        _count("on_time", sum(one.is_on_time(now) for one in tickets)),
        _count("late", sum(one.is_late(now) for one in tickets)),
        _count("reopened", sum(one.reopened > 0 for one in tickets)),
    )


def _rule_766(tickets: list[Counted], now: datetime) -> tuple[Figure, ...]:
    within = [one for one in tickets if one.result not in NOT_OURS and (one.done_at is not None or one.is_late(now))]
    unhappy = sum(
        one.is_late(now) or one.reopened > 0 or (one.rating is not None and one.rating <= DISSATISFIED)
        for one in within
    )
    on_time = sum(one.is_on_time(now) for one in within)
    return (
        _share("rule_766_a", on_time, len(within)),
        _share("rule_766_b", len(within) - unhappy, len(within)),
    )


def _satisfaction(tickets: list[Counted]) -> tuple[Figure, ...]:
    ratings = [one.rating for one in tickets if one.rating is not None]
    mean = sum(ratings) / len(ratings) if ratings else None
    return (
        _count("ratings", len(ratings)),
        _share("satisfied", sum(one >= SATISFIED for one in ratings), len(ratings)),
        _measured("stars", mean, Unit.STARS, len(ratings)),
    )


def _speed(tickets: list[Counted]) -> tuple[Figure, ...]:
    waits = sorted(
        (one.first_answer_at - one.received_at) / timedelta(hours=1)
        for one in tickets
        if one.first_answer_at is not None
    )
    return (
        _measured("first_answer_median", percentile(waits, 0.5), Unit.HOURS, len(waits)),
        _measured("first_answer_p90", percentile(waits, 0.9), Unit.HOURS, len(waits)),
    )


def _talk(talk: Talk) -> tuple[Figure, ...]:
    return (
        _count("messages", talk.messages),
        _count("conversations", talk.conversations),
        _share("bot_only", talk.conversations - talk.with_staff, talk.conversations),
        _share("with_staff", talk.with_staff, talk.conversations),
    )


def _conduct(tickets: list[Counted]) -> tuple[Figure, ...]:
    conduct = [one for one in tickets if one.kind is TicketKind.CONDUCT]
    answered = sum(one.done_at is not None for one in conduct)
    if 0 < len(conduct) < SENSITIVE_BELOW:
        return (_hidden("conduct"), _hidden("conduct_answered"))
    shown = _hidden("conduct_answered") if 0 < answered < SENSITIVE_BELOW else _count("conduct_answered", answered)
    return (_count("conduct", len(conduct)), shown)


def _breakdowns(tickets: list[Counted], now: datetime) -> tuple[Breakdown, ...]:
    keys: dict[str, Callable[[Counted], str]] = {
        "by_kind": lambda one: KINDS[one.kind],
        "by_category": lambda one: one.category or "",
        "by_area": lambda one: one.hamlet or UNKNOWN_PLACE,
        "by_unit": lambda one: one.unit_id,
        "by_channel": lambda one: PLATFORMS.get(one.platform, one.platform),
    }
    return tuple(Breakdown(key, *DEFINITIONS[key], _rows(tickets, of, now)) for key, of in keys.items())


def _rows(tickets: list[Counted], of: Callable[[Counted], str], now: datetime) -> tuple[Row, ...]:
    groups: dict[str, list[Counted]] = {}
    for one in tickets:
        groups.setdefault(of(one), []).append(one)
    rows = (
        Row(
            name,
            len(group),
            sum(one.done_at is not None for one in group),
            sum(one.is_on_time(now) for one in group),
            sum(one.is_late(now) for one in group),
        )
        for name, group in groups.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.received, row.name)))


def percentile(values: Sequence[float], share: float) -> float | None:
    """Of sorted values, the smallest that at least this share does not exceed (nearest rank)."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _count(key: str, value: int) -> Figure:
    return Figure(key, *DEFINITIONS[key], Unit.COUNT, value, _number(value))


def _share(key: str, part: int, whole: int) -> Figure:
    """In percent, to one decimal."""
    value = round(100 * part / whole, 1) if whole else None
    shown = "–" if value is None else f"{_decimal(value)}% ({_number(part)}/{_number(whole)})"
    return Figure(key, *DEFINITIONS[key], Unit.PERCENT, value, shown, whole)


def _measured(key: str, value: float | None, unit: Unit, of: int) -> Figure:
    value = None if value is None else round(value, 1)
    name = {Unit.HOURS: " giờ", Unit.STARS: "/5"}[unit]
    return Figure(key, *DEFINITIONS[key], unit, value, "–" if value is None else _decimal(value) + name, of)


def _hidden(key: str) -> Figure:
    return Figure(key, *DEFINITIONS[key], Unit.COUNT, None, HIDDEN)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _decimal(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")
