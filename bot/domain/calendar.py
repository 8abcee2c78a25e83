"""The working calendar of a unit: when the office is open, and time counted only while it is.

Times are aware; days are those of Việt Nam. A day with any opening is a working day, a half day too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from bot.domain.views import LOCAL_ZONE, UnitView

HORIZON = 1_500
"""Days looked ahead for an opening; an office closed for longer has no calendar."""
_DAY = timedelta(days=1)
_LAST_SECOND = time(23, 59, 59)

Period = tuple[datetime, datetime]


class NoWorkingDayError(ValueError):
    """The calendar opens on no day."""


class WorkingCalendar:
    """`hours_of`: the opening periods of a day, sorted, in local time. `full_day`: the open time of an ordinary day,
    which counts as eight hours."""

    def __init__(self, hours_of: Callable[[date], Sequence[tuple[time, time]]], full_day: timedelta) -> None:
        self._hours_of = hours_of
        self.full_day = full_day
        self._known: dict[date, tuple[Period, ...]] = {}

    @classmethod
    def of(cls, view: UnitView) -> WorkingCalendar | None:
        """The unit's; None when it publishes no hours."""
        if not view.hours:
            return None
        by_weekday = [timedelta() for _ in range(7)]
        for period in view.hours:
            by_weekday[period.weekday] += _length(period.opens, period.closes)
        return cls(view.opening_periods, max(by_weekday))

    def periods(self, day: date) -> tuple[Period, ...]:
        """When the office is open; periods that touch are one."""
        if day not in self._known:
            merged: list[Period] = []
            for opens, closes in sorted(self._hours_of(day)):
                start, end = (datetime.combine(day, at, LOCAL_ZONE) for at in (opens, closes))
                if merged and start <= merged[-1][1]:
                    merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
                elif end > start:
                    merged.append((start, end))
            self._known[day] = tuple(merged)
        return self._known[day]

    def is_working_day(self, day: date) -> bool:
        return bool(self.periods(day))

    def closing(self, day: date) -> datetime:
        """Of a working day."""
        return self.periods(day)[-1][1]

    def working_day_from(self, day: date) -> date:
        """The day itself, or the next working day."""
        for ahead in range(HORIZON):
            if self.is_working_day(day + ahead * _DAY):
                return day + ahead * _DAY
        raise NoWorkingDayError(day)

    def working_day_after(self, day: date, count: int) -> date:
        """The working day of this number after `day`, which is not counted."""
        for _ in range(count):
            day = self.working_day_from(day + _DAY)
        return day

    def counted_from(self, received: datetime) -> datetime:
        """When a message counts as received: outside the day's hours, at the next opening of a working day."""
        local = received.astimezone(LOCAL_ZONE)
        periods = self.periods(local.date())
        if periods and local < periods[-1][1]:
            return max(local, periods[0][0])
        return self.periods(self.working_day_from(local.date() + _DAY))[0][0]

    def end_of(self, day: date) -> datetime:
        """The last second of a day counted as a calendar day."""
        return datetime.combine(day, _LAST_SECOND, LOCAL_ZONE)

    def open_between(self, start: datetime, end: datetime) -> timedelta:
        """Open time from start to end; none when end is earlier."""
        total = timedelta()
        day, last = start.astimezone(LOCAL_ZONE).date(), end.astimezone(LOCAL_ZONE).date()
        while day <= last:
            for opens, closes in self.periods(day):
                total += max(min(closes, end) - max(opens, start), timedelta())
            day += _DAY
        return total

    def after(self, start: datetime, amount: timedelta, closed: Sequence[Period] = ()) -> datetime:
        """The earliest moment at which so much open time has passed, not counting the `closed` stretches (in order,
        apart from one another)."""
        if amount <= timedelta():
            return start.astimezone(LOCAL_ZONE)
        for opens, closes in self._stretches(start, closed):
            if closes - opens >= amount:
                return opens + amount
            amount -= closes - opens
        raise NoWorkingDayError(start)

    def _stretches(self, start: datetime, closed: Sequence[Period]) -> Iterator[Period]:
        """Open stretches after `start`, in order; gives up when nothing opens for a long time."""
        day, idle = start.astimezone(LOCAL_ZONE).date(), 0
        while idle < HORIZON:
            idle = 0 if self.is_working_day(day) else idle + 1
            for opens, closes in self.periods(day):
                at = max(opens, start)
                for gone, back in closed:
                    if back <= at or gone >= closes:
                        continue
                    if at < gone:
                        yield at, gone
                    at = min(back, closes)
                if at < closes:
                    yield at, closes
            day += _DAY


def _length(opens: time, closes: time) -> timedelta:
    day = date(2000, 1, 1)
    return datetime.combine(day, closes) - datetime.combine(day, opens)
