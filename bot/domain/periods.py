"""The stretches of time Vietnamese reports are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.domain.views import LOCAL_ZONE

_ROMAN = ("I", "II", "III", "IV")


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both days included."""

    first: date
    last: date
    name: str

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), LOCAL_ZONE)

    @property
    def end(self) -> datetime:
        """The moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), LOCAL_ZONE)


def between(first: date, last: date) -> Period:
    """Raises ValueError when it would end before it begins."""
    if last < first:
        raise ValueError("the last day is before the first")
    return Period(first, last, f"Từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}")


def month(year: int, number: int) -> Period:
    return Period(date(year, number, 1), _last_day(year, number), f"Tháng {number}/{year}")


def quarter(year: int, number: int) -> Period:
    return Period(date(year, 3 * number - 2, 1), _last_day(year, 3 * number), f"Quý {_ROMAN[number - 1]}/{year}")


def half_year(year: int) -> Period:
    return Period(date(year, 1, 1), _last_day(year, 6), f"6 tháng đầu năm {year}")


def nine_months(year: int) -> Period:
    return Period(date(year, 1, 1), _last_day(year, 9), f"9 tháng năm {year}")


def whole_year(year: int) -> Period:
    return Period(date(year, 1, 1), date(year, 12, 31), f"Năm {year}")


def presets(today: date) -> dict[str, Period]:
    """By the key a form sends: this month and the last, the year's quarters so far, and what is reported on."""
    before = today.replace(day=1) - timedelta(days=1)
    chosen = {"this-month": month(today.year, today.month), "last-month": month(before.year, before.month)}
    for number in range(1, (today.month - 1) // 3 + 2):
        chosen[f"quarter-{number}"] = quarter(today.year, number)
    return chosen | {
        "half-year": half_year(today.year),
        "nine-months": nine_months(today.year),
        "year": whole_year(today.year),
        "last-year": whole_year(today.year - 1),
    }


def _last_day(year: int, number: int) -> date:
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
