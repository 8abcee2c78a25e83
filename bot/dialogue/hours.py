"""Office hours with holidays, and the address."""

from __future__ import annotations

from datetime import date, datetime, time

from bot import limits
from bot.dialogue import payloads
from bot.dialogue import texts_vi as say
from bot.domain.messages import Button, Link, Phone, Reply
from bot.domain.records import Place
from bot.domain.views import LOCAL_ZONE, UnitView

HOLIDAY_DAYS_AHEAD = 21


def office_hours(view: UnitView, now: datetime, asked: tuple[date, ...] = ()) -> Reply:
    """Whether the office is open now, or on the days asked for; then its week and the holidays near."""
    if not view.hours:
        return Reply(say.HOURS_UNKNOWN.format(counter_phone=view.counter_phone or say.NO_PHONE))
    local = now.astimezone(LOCAL_ZONE)
    place = view.receiving_place.name if view.receiving_place else view.name
    upcoming = view.next_opening(now)
    if asked:
        first = _on_days(view, place, asked[: limits.CHOICES], now)
    elif view.is_open(now):
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


def office_address(view: UnitView, places: tuple[Place, ...] = ()) -> Reply:
    """Where the office is; first, that a hamlet or a former commune named in the question belongs to it."""
    lines = []
    for one in places:
        sentence = say.FORMER_UNIT if one in view.unit.former_units else say.HAMLET
        lines.append(sentence.format(place=one.name, unit=view.name, province=view.province_name or view.unit.kind))
    if view.unit.address:
        sentence = say.ADDRESS_THERE if lines else say.ADDRESS
        lines.append(sentence.format(unit=view.name, address=view.unit.address))
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


def _on_days(view: UnitView, place: str, days: tuple[date, ...], now: datetime) -> str:
    """What is published about days asked for: open and when, or closed and why, and when it opens after the last."""
    local = now.astimezone(LOCAL_ZONE)
    today = local.date()
    said = []
    for day in days:
        periods, holiday = view.opening_periods(day), view.holiday(day)
        if periods:
            sentence = say.DATE_OPEN if day >= today else say.DATE_OPEN_BEFORE
        else:
            sentence = say.DATE_OFF if day >= today else say.DATE_OFF_BEFORE
        reason = holiday.name if holiday else None if periods else say.WEEKLY_DAY_OFF
        written = say.TODAY.format(day=_day(day)) if day == today else _day(day)
        name = say.DATE_NAME.format(name=reason) if reason else ""
        said.append(sentence.format(day=written, place=place, times=_times(periods), name=name))
        unsure = [one for one in view.upcoming_holidays(day, 0) if not one.confirmed]
        if unsure and day >= today:
            phone = view.counter_phone or say.NO_PHONE
            said.append(say.DATE_UNSURE.format(name=unsure[0].name, counter_phone=phone))
        elif periods and day >= today and not view.knows_holidays_of(day.year):
            said.append(say.YEAR_UNSURE.format(year=day.year))
    last = days[-1]
    if last == today and view.is_open(now):
        said.append(say.STILL_OPEN.format(closes=_clock(_closing(view, local))))
    elif last == today and (upcoming := view.next_opening(now)):
        said.append(say.OPENS_NEXT.format(opens=moment(upcoming)))
    elif last > today and not view.opening_periods(last):
        upcoming = view.next_opening(datetime.combine(last, time.max, LOCAL_ZONE))
        said += [say.OPENS_AFTER.format(opens=moment(upcoming))] if upcoming else []
    return " ".join([say.POLITELY.format(sentence=said[0]), *map(_capital, said[1:])])


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
            days = _capital(days)
            if periods[start]:
                lines.append(f"• {days}: {_times(periods[start])}")
            else:
                lines.append(say.CLOSED_DAYS.format(days=days))
            start = day
    return lines


def _times(periods: list[tuple[time, time]]) -> str:
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in periods)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _day(day: date) -> str:
    return f"{say.WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"
