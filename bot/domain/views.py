"""What one unit has published, ready for the dialogue: its own records and those it inherits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.forms import is_kept
from bot.domain.records import (
    Contact,
    DeadlineRule,
    Form,
    FreshnessRules,
    Holiday,
    OpeningHours,
    Position,
    Procedure,
    ReceivingPlace,
    ReplyTemplate,
    Supplement,
    Unit,
)

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class PublishedProcedure:
    id: str
    revision: int
    """Id of the revision row the answer is made of."""
    record: Procedure
    suspended: bool = False
    """The unit, or one above it, does not answer about it for now."""
    owner: str = ""
    """The unit that publishes it: the unit itself or one above."""
    supplement: Supplement | None = None


@dataclass(frozen=True)
class UnitView:
    """A unit with everything it inherits. `chain`: the unit itself, its province, the country."""

    chain: tuple[Unit, ...]
    procedures: dict[str, PublishedProcedure]
    version: int
    texts: Mapping[str, str] = field(default_factory=dict)
    """The unit's wordings, its own before inherited ones, by name (`bot.domain.texts.WORDINGS`)."""
    own_templates: Mapping[str, tuple[ReplyTemplate, ...]] = field(default_factory=dict)
    """Reply templates written in the console, by unit; they go before those of the unit's record."""
    public_url: str = ""
    """Where citizens reach the web, without a slash at its end."""

    def address_of(self, form: Form) -> str | None:
        """Where a citizen downloads a form."""
        return f"{self.public_url}{form.url}" if is_kept(form.url) else form.url

    @property
    def unit(self) -> Unit:
        return self.chain[0]

    @property
    def name(self) -> str:
        return self.unit.short_name or self.unit.name

    @property
    def province_name(self) -> str:
        return self.chain[1].name if len(self.chain) > 1 else ""

    @property
    def receiving_place(self) -> ReceivingPlace | None:
        return next((unit.receiving_place for unit in self.chain if unit.receiving_place), None)

    @property
    def counter_phone(self) -> str | None:
        return self.receiving_place.phone if self.receiving_place else None

    @property
    def hours(self) -> tuple[OpeningHours, ...]:
        return next((unit.hours for unit in self.chain if unit.hours is not None), ())

    @property
    def freshness_rules(self) -> FreshnessRules | None:
        return next((unit.freshness for unit in self.chain if unit.freshness is not None), None)

    @property
    def four_eyes(self) -> bool:
        """Whether what one person wrote must be published by another."""
        return next((unit.four_eyes for unit in self.chain if unit.four_eyes is not None), True)

    @property
    def positions(self) -> dict[str, Position]:
        """By id; a unit's own position hides an inherited one of the same id."""
        return {position.id: position for unit in reversed(self.chain) for position in unit.positions}

    @property
    def reply_templates(self) -> list[ReplyTemplate]:
        """The unit's own first; one of its own hides an inherited one of the same id."""
        found: dict[str, ReplyTemplate] = {}
        for unit in self.chain:
            for one in (*self.own_templates.get(unit.id, ()), *unit.reply_templates):
                found.setdefault(one.id, one)
        return list(found.values())

    def phone(self, position_id: str) -> str | None:
        position = self.positions.get(position_id)
        return position.phone.value if position and position.phone else None

    def stand_in(self, position: Position, day: date) -> Position | None:
        """Who is reached instead of somebody away: the deputy, or the deputy's; None when nobody is named or all are
        away."""
        asked = {position.id}
        absence = position.away(day)
        while absence is not None:
            deputy = self.positions.get(absence.deputy or "")
            if deputy is None or deputy.id in asked:
                return None
            asked.add(deputy.id)
            position, absence = deputy, deputy.away(day)
        return position if len(asked) > 1 else None

    def reached(self, position_id: str, day: date) -> Position | None:
        """The position, or who stands in for it on a day."""
        position = self.positions.get(position_id)
        return (self.stand_in(position, day) or position) if position else None

    def contacts(self) -> list[tuple[Position, Contact]]:
        return [(position, contact) for position in self.positions.values() for contact in position.contacts]

    def holiday(self, day: date) -> Holiday | None:
        return next((one for unit in self.chain for one in unit.holidays if one.date == day and one.confirmed), None)

    def deadline(self, kind: str, stage: str, category: str | None = None) -> DeadlineRule | None:
        """The unit's own rule before an inherited one, the category's before the general one."""
        fitting = [
            rule
            for unit in self.chain
            for rule in unit.deadlines
            if rule.kind == kind and rule.stage == stage and rule.category in (None, category)
        ]
        return next((rule for rule in fitting if rule.category is not None), fitting[0] if fitting else None)

    def upcoming_holidays(self, day: date, days: int) -> list[Holiday]:
        last = day + timedelta(days=days)
        found = [one for unit in self.chain for one in unit.holidays if day <= one.date <= last]
        return sorted(found, key=lambda one: one.date)

    def knows_holidays_of(self, year: int) -> bool:
        """Whether any day of the year is published, so that an unnamed day may be taken for an ordinary one."""
        return any(one.date.year == year for unit in self.chain for one in unit.holidays)

    def opening_periods(self, day: date) -> list[tuple[time, time]]:
        """When the office is open on a day. A swapped working day keeps the hours of a Monday."""
        holiday = self.holiday(day)
        if holiday and holiday.kind == "day_off":
            return []
        weekday = 0 if holiday and holiday.kind == "working" else day.weekday()
        return sorted((period.opens, period.closes) for period in self.hours if period.weekday == weekday)

    def is_open(self, now: datetime) -> bool:
        local = now.astimezone(LOCAL_ZONE)
        return any(opens <= local.time() < closes for opens, closes in self.opening_periods(local.date()))

    def next_opening(self, now: datetime) -> datetime | None:
        """The next moment the office opens, local time, within the coming month."""
        local = now.astimezone(LOCAL_ZONE)
        for ahead in range(32):
            day = local.date() + timedelta(days=ahead)
            for opens, _ in self.opening_periods(day):
                moment = datetime.combine(day, opens, LOCAL_ZONE)
                if moment > local:
                    return moment
        return None
