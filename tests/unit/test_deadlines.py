"""The legal clock against a golden table reasoned by hand, and against laws that hold for every day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import NoWorkingDayError, WorkingCalendar
from bot.domain.deadlines import Course, Pause, Term, TermUnit, due, moments
from bot.domain.records import DeadlineRule, Holiday, OpeningHours, Unit
from bot.domain.tickets import TicketKind
from bot.domain.views import LOCAL_ZONE, UnitView
from knowledge import files

TABLE = Path(__file__).with_name("deadlines.tsv")
UNITS = {"wd": TermUnit.WORKING_DAYS, "d": TermUnit.CALENDAR_DAYS, "h": TermUnit.WORKING_HOURS}


def commune(**changes: object) -> UnitView:
    units = files.read_units(files.UNITS)
    chain = tuple(units[name] for name in ("xa-tan-an", "dong-nai", "viet-nam"))
    return UnitView((chain[0].model_copy(update=changes), *chain[1:]), {}, 1)


def calendars() -> dict[str, WorkingCalendar]:
    own = commune().unit
    saturday = (*(own.hours or ()), OpeningHours(weekday=5, opens=time(7, 30), closes=time(11, 30)))
    confirmed = tuple(
        one.model_copy(update={"confirmed": True}) if one.name.startswith("Tết Nguyên đán Đinh Mùi") else one
        for one in own.holidays
    )
    views = {"tan-an": commune(), "saturday": commune(hours=saturday), "tet-2027": commune(holidays=confirmed)}
    return {name: found for name, view in views.items() if (found := WorkingCalendar.of(view))}


CALENDARS = calendars()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE)


def term(text: str) -> Term:
    amount = text.rstrip("wdh")
    return Term(int(amount), UNITS[text[len(amount) :]])


def golden() -> Iterator[tuple[str, str, str, str, str]]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            calendar, how_long, received, expected, _, changes = (line + "\t\t").split("\t")[:6]
            yield calendar, how_long, received, expected, changes


def test_the_golden_table_is_large_and_has_no_case_twice() -> None:
    cases = list(golden())
    assert len(cases) >= 150
    assert len({(one[0], one[1], one[2], one[4]) for one in cases}) == len(cases)


@pytest.mark.parametrize(("calendar", "how_long", "received", "expected", "changes"), list(golden()))
def test_a_due_moment_is_what_was_reasoned_by_hand(
    calendar: str, how_long: str, received: str, expected: str, changes: str
) -> None:
    pauses, extension = [], None
    for change in filter(None, changes.split("; ")):
        verb, *rest = change.split(" ")
        if verb == "extend":
            extension = term(rest[0])
        else:
            end = None if rest[2] == "-" else moment(" ".join(rest[2:]))
            pauses.append(Pause(moment(" ".join(rest[:2])), end))
    found = due(CALENDARS[calendar], term(how_long), moment(received), pauses, extension)
    assert f"{found:%Y-%m-%d %H:%M}" == expected


MINUTES = st.integers(0, 2 * 365 * 24 * 60)
RECEIVED = MINUTES.map(lambda minutes: datetime(2025, 12, 1, tzinfo=LOCAL_ZONE) + timedelta(minutes=minutes))
TERMS = st.builds(Term, st.integers(1, 30), st.sampled_from(TermUnit))
CALENDAR = st.sampled_from(sorted(CALENDARS)).map(CALENDARS.__getitem__)
LENGTHS = st.integers(0, 20_000).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def pauses_after(draw: Callable[..., object], received: datetime) -> tuple[Pause, ...]:
    made = []
    for _ in range(draw(st.integers(0, 3))):  # type: ignore[call-overload]
        start = received + draw(LENGTHS)  # type: ignore[operator]
        made.append(Pause(start, start + draw(LENGTHS)))  # type: ignore[operator]
    return tuple(made)


@given(CALENDAR, TERMS, RECEIVED)
def test_nothing_is_due_on_a_closed_day_or_before_it_came(calendar: WorkingCalendar, how: Term, at: datetime) -> None:
    found = due(calendar, how, at)
    assert calendar.is_working_day(found.date())
    assert found > at


@given(CALENDAR, TERMS, RECEIVED)
def test_working_days_end_at_the_closing(calendar: WorkingCalendar, how: Term, at: datetime) -> None:
    found = due(calendar, replace(how, unit=TermUnit.WORKING_DAYS), at)
    assert found == calendar.closing(found.date())


@given(CALENDAR, TERMS, RECEIVED, LENGTHS)
def test_what_came_later_is_not_due_earlier(
    calendar: WorkingCalendar, how: Term, at: datetime, later: timedelta
) -> None:
    assert due(calendar, how, at) <= due(calendar, how, at + later)


@given(CALENDAR, TERMS, RECEIVED)
def test_a_longer_term_ends_no_earlier(calendar: WorkingCalendar, how: Term, at: datetime) -> None:
    assert due(calendar, how, at) <= due(calendar, replace(how, amount=how.amount + 1), at)


@given(CALENDAR, TERMS, RECEIVED, st.data())
def test_a_pause_never_shortens(calendar: WorkingCalendar, how: Term, at: datetime, data: st.DataObject) -> None:
    pauses = data.draw(pauses_after(at))
    paused = due(calendar, how, at, pauses)
    assert paused >= due(calendar, how, at)
    assert calendar.is_working_day(paused.date())


@given(CALENDAR, TERMS, RECEIVED, st.data())
def test_the_order_of_pauses_and_their_halves_do_not_matter(
    calendar: WorkingCalendar, how: Term, at: datetime, data: st.DataObject
) -> None:
    pauses = data.draw(pauses_after(at))
    halves = []
    for one in pauses:
        assert one.end is not None
        middle = one.start + (one.end - one.start) / 2
        halves += [Pause(middle, one.end), Pause(one.start, middle)]
    assert due(calendar, how, at, pauses) == due(calendar, how, at, pauses[::-1]) == due(calendar, how, at, halves)


@given(CALENDAR, st.integers(1, 12), st.integers(1, 12), RECEIVED)
def test_working_days_add_up(calendar: WorkingCalendar, first: int, second: int, at: datetime) -> None:
    days = TermUnit.WORKING_DAYS
    middle = due(calendar, Term(first, days), at)
    whole = due(calendar, Term(first + second, days), at)
    assert whole == due(calendar, Term(first, days), at, extension=Term(second, days))
    assert whole.date() == calendar.working_day_after(middle.date(), second)


@given(CALENDAR, RECEIVED, LENGTHS, LENGTHS)
def test_open_time_adds_up_and_is_counted_back(
    calendar: WorkingCalendar, at: datetime, one: timedelta, two: timedelta
) -> None:
    assert calendar.after(calendar.after(at, one), two) == calendar.after(at, one + two)
    assert calendar.open_between(at, calendar.after(at, one)) == one


@given(CALENDAR, TERMS, RECEIVED, st.data())
def test_warnings_come_in_order_and_while_the_office_is_open(
    calendar: WorkingCalendar, how: Term, at: datetime, data: st.DataObject
) -> None:
    found = moments(calendar, Course(at, answer=how, pauses=data.draw(pauses_after(at))))
    assert found.half is not None
    assert found.soon is not None
    assert found.answer is not None
    assert calendar.counted_from(at) <= found.half <= found.soon <= found.answer
    for warned in (found.half, found.soon):
        assert any(opens <= warned <= closes for opens, closes in calendar.periods(warned.date()))


@given(RECEIVED, TERMS, st.booleans(), st.data())
def test_a_course_survives_being_stored(at: datetime, how: Term, promised: bool, data: st.DataObject) -> None:
    course = Course(at, how, how, how, data.draw(pauses_after(at)), date(2027, 1, 1) if promised else None)
    assert Course.from_json(course.to_json()) == course


def test_half_and_four_fifths_of_the_working_time() -> None:
    course = Course(moment("2026-11-23 07:30"), answer=Term(4, TermUnit.WORKING_DAYS))
    found = moments(CALENDARS["tan-an"], course)
    # From Monday's opening to Friday's closing there are five days: half is Wednesday after 3.75 hours.
    assert found.half == moment("2026-11-25 11:15")
    assert found.soon == moment("2026-11-26 16:30")
    assert found.answer == moment("2026-11-27 16:30")


def test_a_letter_of_apology_names_the_new_day() -> None:
    course = Course(moment("2026-11-23 09:00"), answer=Term(5, TermUnit.WORKING_DAYS), promised=date(2026, 12, 5))
    assert moments(CALENDARS["tan-an"], course).answer == moment("2026-12-07 16:30")


def test_without_a_rule_or_without_hours_nothing_is_due() -> None:
    course = Course(moment("2026-11-23 09:00"))
    assert moments(CALENDARS["tan-an"], course).answer is None
    assert moments(None, replace(course, answer=Term(1, TermUnit.WORKING_DAYS))).answer is None
    assert WorkingCalendar.of(commune(hours=())) is None


def test_an_office_that_never_opens_is_an_error_not_an_endless_search() -> None:
    closed = WorkingCalendar(lambda day: (), timedelta(hours=8))
    with pytest.raises(NoWorkingDayError):
        due(closed, Term(1, TermUnit.WORKING_DAYS), moment("2026-11-23 09:00"))
    with pytest.raises(NoWorkingDayError):
        closed.after(moment("2026-11-23 09:00"), timedelta(hours=1))


def test_a_calendar_changed_later_gives_another_moment() -> None:
    own = commune().unit
    confirmed = Holiday(date=date(2026, 11, 24), name="Ngày Văn hóa Việt Nam")
    changed = commune(holidays=(confirmed, *(one for one in own.holidays if one.date != confirmed.date)))
    calendar = WorkingCalendar.of(changed)
    assert calendar is not None
    course = Course(moment("2026-11-23 09:00"), answer=Term(5, TermUnit.WORKING_DAYS))
    assert moments(calendar, course).answer == moment("2026-12-01 16:30")


def test_the_default_rules_are_those_of_the_country_until_the_unit_has_its_own() -> None:
    view = commune()
    assert Course.agreed(view, TicketKind.REPORT, "rubbish", moment("2026-11-23 09:00")).answer == term("5wd")
    assert view.deadline(TicketKind.FEEDBACK, "answer") is None
    urgent = {"kind": TicketKind.REPORT, "stage": "answer", "unit": "working_hours", "source": "Quy chế của xã"}
    own = commune(
        deadlines=(
            DeadlineRule(amount=4, category="health", **urgent),  # type: ignore[arg-type]
            DeadlineRule(amount=24, **urgent),  # type: ignore[arg-type]
        )
    )
    for category, expected in (("health", term("4h")), ("roads", term("24h")), (None, term("24h"))):
        assert Course.agreed(own, TicketKind.REPORT, category, moment("2026-11-23 09:00")).answer == expected


@pytest.mark.parametrize("kind", [one for one in TicketKind if one not in (TicketKind.FEEDBACK, TicketKind.PRAISE)])
def test_every_kind_that_needs_an_answer_has_a_rule_with_its_source(kind: TicketKind) -> None:
    rule = commune().deadline(kind, "answer")
    assert rule is not None
    assert rule.source


def test_every_kind_closes_by_itself_some_time_after_the_answer() -> None:
    assert [kind for kind in TicketKind if commune().deadline(kind, "close") is None] == []


def test_the_sample_units_are_units() -> None:
    assert all(isinstance(unit, Unit) for unit in files.read_units(files.UNITS).values())
