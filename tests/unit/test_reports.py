"""Every figure of the reports page on a handful of tickets counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bot.domain.periods import Period, between, half_year, month, nine_months, presets, quarter, whole_year
from bot.domain.report_definitions import DEFINITIONS
from bot.domain.reports import Counted, Report, Talk, percentile, report
from bot.domain.tickets import TicketKind, TicketResult, TicketState
from bot.domain.views import LOCAL_ZONE

PERIOD = quarter(2026, 4)
NOW = datetime(2026, 12, 20, 9, 0, tzinfo=LOCAL_ZONE)


def at(day: int, hour: int = 9, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=LOCAL_ZONE)


def ticket(
    received: datetime,
    *,
    answered: datetime | None = None,
    kind: TicketKind = TicketKind.REPORT,
    days: int = 7,
    hamlet: str | None = "ấp 1",
    platform: str = "zalo",
    **more: object,
) -> Counted:
    values = {
        "unit_id": "xa-tan-an", "state": TicketState.ANSWERED if answered else TicketState.NEW, "hamlet": hamlet,
        "due_at": received + timedelta(days=days), "first_answer_at": answered, "answered_at": answered,
        "platform": platform, **more,
    }  # fmt: skip
    return Counted(kind=kind, received_at=received, **values)  # type: ignore[arg-type]


TICKETS = (
    # 1: in time, after ten hours, five stars.
    ticket(at(2), answered=at(2, 19), rating=5, category="rubbish"),
    # 2: in time, after a day, two stars.
    ticket(at(3), answered=at(4), rating=2, hamlet="ấp 2", category="rubbish"),
    # 3: a day late, four stars.
    ticket(at(4), answered=at(12), rating=4, platform="facebook"),
    # 4: promised anew after it was late, then answered within the promise: late all the same.
    ticket(at(5), answered=at(20), days=20, late_at=at(12), kind=TicketKind.PROPOSAL),
    # 5: not ours, answered in time after two hours.
    ticket(at(6), answered=at(6, 11), result=TicketResult.NOT_COMPETENT, hamlet=None),
    # 6: open and not yet due.
    ticket(at(18, month=12)),
    # 7: open and overdue.
    ticket(at(1, month=12), hamlet="ấp 2", category="lights"),
    # 8: in time, reopened by the citizen.
    ticket(at(9), answered=at(10), reopened=1),
    # 9: waits for the citizen since before it was due: not late.
    ticket(at(10), paused_at=at(11), state=TicketState.WAITING),
)


def made(*more: Counted, talk: Talk | None = None) -> Report:
    return report(
        PERIOD,
        ["xa-tan-an"],
        [*TICKETS, *more],
        open_now=3,
        transferred=2,
        apologies=1,
        talk=talk or Talk(conversations=40, with_staff=10, messages=160),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("received", "9"),
        ("open", "3"),
        ("answered", "6"),  # 1 2 3 4 5 8
        ("on_time", "4"),  # 1 2 5 8
        ("late", "3"),  # 3 4 7
        ("reopened", "1"),
        # Ours and either done or overdue: 1 2 3 4 7 8. On time of them: 1 2 8.
        ("rule_766_a", "50,0% (3/6)"),
        # Unhappy or overdue: 2 (two stars), 3 4 7 (late), 8 (reopened); only 1 is left.
        ("rule_766_b", "16,7% (1/6)"),
        ("ratings", "3"),
        ("satisfied", "66,7% (2/3)"),
        ("stars", "3,7/5"),  # (5 + 2 + 4) / 3
        # Waits in hours: 2, 10, 24, 24, 192, 360: the third and the sixth.
        ("first_answer_median", "24,0 giờ"),
        ("first_answer_p90", "360,0 giờ"),
        ("transferred", "2"),
        ("apologies", "1"),
        ("messages", "160"),
        ("conversations", "40"),
        ("bot_only", "75,0% (30/40)"),
        ("with_staff", "25,0% (10/40)"),
        ("conduct", "0"),
    ],
)
def test_a_figure_is_what_was_counted_by_hand(key: str, shown: str) -> None:
    assert made().figure(key).shown == shown


def test_the_breakdowns_add_up_to_the_whole() -> None:
    found = {one.key: [(row.name, row.received, row.answered, row.on_time, row.late) for row in one.rows]
             for one in made().breakdowns}  # fmt: skip
    assert found == {
        "by_kind": [("Phản ánh", 8, 5, 4, 2), ("Kiến nghị", 1, 1, 0, 1)],
        "by_category": [("", 6, 4, 2, 2), ("rubbish", 2, 2, 2, 0), ("lights", 1, 0, 0, 1)],
        "by_area": [("ấp 1", 6, 4, 2, 2), ("ấp 2", 2, 1, 1, 1), ("Không rõ địa bàn", 1, 1, 1, 0)],
        "by_unit": [("xa-tan-an", 9, 6, 4, 3)],
        "by_channel": [("Zalo", 8, 5, 4, 2), ("Facebook", 1, 1, 0, 1)],
    }


def test_denunciations_are_in_no_figure() -> None:
    call = ticket(at(2), kind=TicketKind.CALL_BACK, answered=at(2))
    assert made(*[call] * 20) == made()


@pytest.mark.parametrize(
    ("count", "answered", "shown"),
    [
        (0, 0, ("0", "0")), (1, 0, ("<5", "<5")), (4, 4, ("<5", "<5")), (5, 0, ("5", "0")), (6, 4, ("6", "<5")),
        (6, 6, ("6", "6")),
    ],
)  # fmt: skip
def test_a_few_reports_about_conduct_are_not_told_apart(count: int, answered: int, shown: tuple[str, str]) -> None:
    conduct = [
        ticket(at(2), kind=TicketKind.CONDUCT, answered=at(3) if number < answered else None) for number in range(count)
    ]
    found = made(*conduct)
    assert (found.figure("conduct").shown, found.figure("conduct_answered").shown) == shown
    assert found.figure("received").shown == "9"
    assert found.breakdowns == made().breakdowns
    if shown[0] == "<5":
        assert found.figure("conduct").value is None


def test_the_two_figures_of_decision_766_are_about_all_opinions() -> None:
    conduct = ticket(at(2), kind=TicketKind.CONDUCT, answered=at(3))
    assert made(conduct).figure("rule_766_a").shown == "57,1% (4/7)"


def test_an_empty_period_shows_dashes_not_zeros_of_nothing() -> None:
    empty = report(PERIOD, ["u"], [], open_now=0, transferred=0, apologies=0, talk=Talk(), now=NOW)
    for key in ("rule_766_a", "rule_766_b", "satisfied", "stars", "first_answer_median", "bot_only"):
        assert (empty.figure(key).shown, empty.figure(key).value) == ("–", None)
    assert empty.figure("received").value == 0


def test_every_figure_says_in_words_what_it_is() -> None:
    shown = made()
    keys = {one.key for one in (*shown.figures, *shown.breakdowns)}
    assert keys == set(DEFINITIONS)
    for figure in shown.figures:
        assert (figure.label, figure.definition) == DEFINITIONS[figure.key]
        assert figure.definition.endswith(".")


def test_a_finished_period_is_judged_at_its_end() -> None:
    october = month(2026, 10)
    waiting = ticket(at(28, month=10), days=10)
    found = report(october, ["u"], [waiting], open_now=1, transferred=0, apologies=0, talk=Talk(), now=NOW)
    assert found.figure("late").value == 0


@pytest.mark.parametrize(
    ("period", "first", "last", "name"),
    [
        (quarter(2026, 1), date(2026, 1, 1), date(2026, 3, 31), "Quý I/2026"),
        (quarter(2026, 4), date(2026, 10, 1), date(2026, 12, 31), "Quý IV/2026"),
        (half_year(2026), date(2026, 1, 1), date(2026, 6, 30), "6 tháng đầu năm 2026"),
        (nine_months(2026), date(2026, 1, 1), date(2026, 9, 30), "9 tháng năm 2026"),
        (whole_year(2027), date(2027, 1, 1), date(2027, 12, 31), "Năm 2027"),
        (month(2028, 2), date(2028, 2, 1), date(2028, 2, 29), "Tháng 2/2028"),
        (month(2026, 12), date(2026, 12, 1), date(2026, 12, 31), "Tháng 12/2026"),
        (
            between(date(2026, 11, 2), date(2026, 11, 5)),
            date(2026, 11, 2), date(2026, 11, 5), "Từ 02/11/2026 đến 05/11/2026",
        ),
    ],
)  # fmt: skip
def test_the_periods_vietnamese_reports_are_about(period: Period, first: date, last: date, name: str) -> None:
    assert (period.first, period.last, period.name) == (first, last, name)
    assert period.start == datetime(first.year, first.month, first.day, tzinfo=LOCAL_ZONE)
    assert period.end - timedelta(days=1) == datetime(last.year, last.month, last.day, tzinfo=LOCAL_ZONE)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before the first"):
        between(date(2026, 11, 5), date(2026, 11, 2))


def test_the_presets_offer_no_quarter_that_has_not_begun() -> None:
    names = {key: one.name for key, one in presets(date(2026, 5, 31)).items()}
    assert names["quarter-2"] == "Quý II/2026"
    assert "quarter-3" not in names
    assert (names["last-month"], names["nine-months"]) == ("Tháng 4/2026", "9 tháng năm 2026")
    assert presets(date(2027, 1, 3))["last-month"].name == "Tháng 12/2026"


def test_percentiles_by_nearest_rank() -> None:
    assert [percentile([1, 2, 3, 4], share) for share in (0.25, 0.5, 0.9)] == [1, 2, 4]
    assert percentile([], 0.5) is None
