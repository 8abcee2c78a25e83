"""Office hours with holidays, and the address."""

from __future__ import annotations

from datetime import date, datetime, time

from bot.dialogue import payloads
from bot.dialogue import texts_vi as say
from bot.domain.messages import Button, Link, Phone, Reply
from bot.domain.views import LOCAL_ZONE, UnitView

HOLIDAY_DAYS_AHEAD = 21


def office_hours(view: UnitView, now: datetime) -> Reply:
    if not view.hours:
        return Reply(say.HOURS_UNKNOWN.format(counter_phone=view.counter_phone or say.NO_PHONE))
    local = now.astimezone(LOCAL_ZONE)
    place = view.receiving_place.name if view.receiving_place else view.name
    upcoming = view.next_opening(now)
    if view.is_open(now):
        first = say.OPEN_NOW.format(place=place, closes=_clock(_closing(view, local)))
    elif upcoming:
        first = say.CLOSED_NOW.format(place=place, opens=moment(upcoming))
    else:
        first = say.CLOSED_UNKNOWN.format(place=place)
    lines = [first, "", say.HOURS_HEAD, *_week(view)]
    holidays = view.upcoming_holidays(local.date(), HOLIDAY_DAYS_AHEAD)
    if holidays:
        lines += ["", say.HOLIDAYS_HEAD]
        for one in holidays:
            sentence = say.HOLIDAY_OFF if one.kind == "day_off" else say.HOLIDAY_WORKING
            sentence = sentence if one.confirmed else say.HOLIDAY_UNSURE
            lines.append(sentence.format(day=_day(one.date), name=one.name))
    return Reply(
        "\n".join(lines),
        (Button(say.BUTTON_ADDRESS, payloads.ADDRESS), Button(say.BUTTON_CONTACTS, payloads.CONTACTS)),
    )


def office_address(view: UnitView) -> Reply:
    lines = []
    if view.unit.address:
        lines.append(say.ADDRESS.format(unit=view.name, address=view.unit.address))
    place = view.receiving_place
    if place:
        address = f", {place.address}" if place.address and place.address != view.unit.address else ""
        lines.append(say.ADDRESS_COUNTER.format(name=place.name, address=address))
    link = Link(say.MAP_LINK, view.unit.map_url) if view.unit.map_url else None
    phones = (Phone(place.name, place.phone),) if place and place.phone else ()
    text = "\n".join(lines) or say.NO_ADDRESS.format(unit=view.name)
    return Reply(text, (Button(say.BUTTON_HOURS, payloads.HOURS),), link, phones)


def when_open(view: UnitView, now: datetime) -> str:
    """A remark behind a phone number: open until, or opens next; empty when no hours are published."""
    if view.is_open(now):
        return say.WHEN_OPEN_NOW.format(closes=_clock(_closing(view, now.astimezone(LOCAL_ZONE))))
    upcoming = view.next_opening(now)
    return say.WHEN_OPENS.format(opens=moment(upcoming)) if upcoming else ""


def moment(at: datetime) -> str:
    return f"{_clock(at.time())} {_day(at.date())}"


def _closing(view: UnitView, local: datetime) -> time:
    return next(closes for opens, closes in view.opening_periods(local.date()) if opens <= local.time() < closes)


def _week(view: UnitView) -> list[str]:
    """Weekdays with equal hours on one line."""
    periods = {day: sorted((one.opens, one.closes) for one in view.hours if one.weekday == day) for day in range(7)}
    lines = []
    start = 0
    for day in range(1, 8):
        if day == 7 or periods[day] != periods[start]:
            last = day - 1
            days = say.WEEKDAYS[start] + (f" đến {say.WEEKDAYS[last]}" if last > start else "")
            days = days[0].upper() + days[1:]
            if periods[start]:
                times = ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in periods[start])
                lines.append(f"• {days}: {times}")
            else:
                lines.append(say.CLOSED_DAYS.format(days=days))
            start = day
    return lines


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _day(day: date) -> str:
    return f"{say.WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"
