"""Published records: what counts as verified, what a unit inherits, when its office is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from bot.domain.records import Contact, Holiday, OpeningHours, Position, Procedure, ReceivingPlace, Unit
from bot.domain.views import LOCAL_ZONE, UnitView
from tests.conftest import MONDAY_MORNING

WEEKDAYS = tuple(
    OpeningHours(weekday=day, opens=opens, closes=closes)
    for day in range(5)
    for opens, closes in ((time(13), time(16, 30)), (time(7, 30), time(11, 30)))
)
AS_OF = date(2026, 11, 20)


def unit(name: str, parent: str | None = None, **fields: Any) -> Unit:
    return Unit(id=name, kind="xã", name=f"Xã {name}", parent=parent, as_of=AS_OF, **fields)


def office(*holidays: Holiday, **fields: Any) -> UnitView:
    return UnitView((unit("a", hours=WEEKDAYS, holidays=holidays, **fields),), {}, 1)


def at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=LOCAL_ZONE)


def post(title: str, number: str | None = None) -> Position:
    contacts = (Contact(kind="phone", value=number),) if number else ()
    return Position(id="cong-an", title=title, contacts=contacts)


@pytest.fixture
def procedure(sample_procedures: dict[str, Procedure]) -> Callable[..., Procedure]:
    """The sample procedure with another verification."""

    def build(verified: bool, *unverified: str) -> Procedure:
        changes = {"verified": verified, "unverified_fields": unverified}
        return sample_procedures["tach-ho"].model_copy(update=changes)

    return build


def test_a_verified_record_is_verified_in_every_field(procedure: Callable[..., Procedure]) -> None:
    assert procedure(True).is_verified("fees", "documents")


def test_a_verified_record_may_still_doubt_a_field(procedure: Callable[..., Procedure]) -> None:
    assert not procedure(True, "fees").is_verified("documents", "fees")
    assert procedure(True, "fees").is_verified("documents")


def test_an_unverified_record_that_names_its_doubts_is_sure_of_the_rest(procedure: Callable[..., Procedure]) -> None:
    assert procedure(False, "fees").is_verified("documents")
    assert not procedure(False, "fees").is_verified("fees")


@pytest.mark.parametrize("doubts", [(), ("*",), ("*", "fees")])
def test_an_unverified_record_without_named_doubts_is_doubtful_as_a_whole(
    procedure: Callable[..., Procedure], doubts: tuple[str, ...]
) -> None:
    assert not procedure(False, *doubts).is_verified("documents")


def test_records_cannot_be_changed_once_published(procedure: Callable[..., Procedure]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(procedure(True), "name", "khác")  # noqa: B010


def test_a_position_is_reached_by_its_first_phone() -> None:
    contacts = (
        Contact(kind="email", value="a@b.vn"),
        Contact(kind="phone", value="1"),
        Contact(kind="phone", value="2"),
    )
    phone = Position(id="p", title="P", contacts=contacts).phone
    assert phone is not None
    assert phone.value == "1"
    assert Position(id="p", title="P", contacts=contacts[:1]).phone is None


def test_a_unit_inherits_what_it_leaves_out() -> None:
    place = ReceivingPlace(name="Bộ phận Một cửa tỉnh", phone="1022")
    view = UnitView((unit("xa", "tinh"), unit("tinh", hours=WEEKDAYS, receiving_place=place)), {}, 1)
    assert view.receiving_place == place
    assert view.counter_phone == "1022"
    assert view.hours == WEEKDAYS


def test_a_units_own_data_hides_what_it_would_inherit() -> None:
    own = ReceivingPlace(name="Một cửa xã")
    parent = unit("tinh", hours=WEEKDAYS, receiving_place=ReceivingPlace(name="tỉnh", phone="1022"))
    view = UnitView((unit("xa", "tinh", receiving_place=own, hours=()), parent), {}, 1)
    assert view.receiving_place == own
    assert view.counter_phone is None
    assert view.hours == ()


def test_a_units_own_position_hides_the_inherited_one_of_the_same_name() -> None:
    other = Position(id="1022", title="Tổng đài", contacts=(Contact(kind="phone", value="1022"),))
    chain = (unit("xa", "tinh", positions=(post("xã", "11"),)), unit("tinh", positions=(post("tỉnh", "22"), other)))
    view = UnitView(chain, {}, 1)
    assert view.positions["cong-an"].title == "xã"
    assert (view.phone("cong-an"), view.phone("1022"), view.phone("khong-co")) == ("11", "1022", None)
    assert {contact.value for _, contact in view.contacts()} == {"11", "1022"}


def test_the_sample_commune_inherits_from_province_and_country(view: UnitView) -> None:
    assert view.name == "xã Tân An"
    assert view.province_name == "Đồng Nai (dữ liệu mẫu)"
    assert view.phone("canh-sat-113") == "113"
    assert view.phone("tong-dai-1022") == "(0251) 1022"
    assert view.phone("cong-an-xa") is not None


def test_a_unit_without_a_province_has_no_province_name() -> None:
    assert office().province_name == ""


@pytest.mark.parametrize(
    ("clock", "opened"),
    [("07:29", False), ("07:30", True), ("11:29", True), ("11:30", False), ("13:00", True), ("16:30", False)],
)
def test_the_office_is_open_from_the_first_to_before_the_last_minute(clock: str, opened: bool) -> None:
    assert office().is_open(at("2026-11-23", clock)) is opened


def test_opening_hours_are_local_time(view: UnitView) -> None:
    assert view.is_open(MONDAY_MORNING)
    assert not view.is_open(MONDAY_MORNING - timedelta(hours=2))


def test_the_office_is_closed_at_weekends() -> None:
    assert not office().is_open(at("2026-11-28", "09:00"))
    assert office().opening_periods(date(2026, 11, 29)) == []


def test_opening_periods_of_a_day_are_in_order() -> None:
    assert office().opening_periods(date(2026, 11, 23)) == [(time(7, 30), time(11, 30)), (time(13), time(16, 30))]


def test_a_confirmed_holiday_closes_the_office() -> None:
    view = office(Holiday(date=date(2026, 11, 24), name="Lễ"))
    assert not view.is_open(at("2026-11-24", "09:00"))
    assert view.is_open(at("2026-11-25", "09:00"))


def test_an_unconfirmed_holiday_is_mentioned_but_not_counted() -> None:
    maybe = Holiday(date=date(2026, 11, 24), name="Lễ", confirmed=False)
    view = office(maybe)
    assert view.is_open(at("2026-11-24", "09:00"))
    assert view.holiday(maybe.date) is None
    assert view.upcoming_holidays(date(2026, 11, 23), 7) == [maybe]


def test_a_swapped_working_saturday_keeps_the_hours_of_a_monday() -> None:
    view = office(Holiday(date=date(2026, 8, 22), name="Làm bù", kind="working"))
    assert view.is_open(at("2026-08-22", "15:00"))
    assert not view.is_open(at("2026-08-22", "12:00"))


def test_a_holiday_of_the_province_counts_for_the_commune() -> None:
    tet = Holiday(date=date(2026, 2, 17), name="Tết")
    view = UnitView((unit("xa", "tinh", hours=WEEKDAYS), unit("tinh", holidays=(tet,))), {}, 1)
    assert not view.is_open(at("2026-02-17", "09:00"))


def test_upcoming_holidays_are_in_order_and_within_the_days_asked_for() -> None:
    days = [date(2026, 12, 1), date(2026, 11, 23), date(2026, 11, 22), date(2026, 11, 30)]
    view = office(*(Holiday(date=day, name="Lễ") for day in days))
    assert [one.date for one in view.upcoming_holidays(date(2026, 11, 23), 7)] == [days[1], days[3]]


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (("2026-11-23", "06:00"), ("2026-11-23", "07:30")),
        (("2026-11-23", "07:30"), ("2026-11-23", "13:00")),
        (("2026-11-23", "12:00"), ("2026-11-23", "13:00")),
        (("2026-11-27", "17:00"), ("2026-11-30", "07:30")),
        (("2026-11-28", "09:00"), ("2026-11-30", "07:30")),
    ],
)
def test_the_next_opening_skips_nights_and_weekends(now: tuple[str, str], opens: tuple[str, str]) -> None:
    assert office().next_opening(at(*now)) == at(*opens)


def test_the_next_opening_skips_the_whole_of_tet(view: UnitView) -> None:
    assert view.next_opening(at("2026-02-13", "17:00")) == at("2026-02-23", "07:30")


def test_an_office_without_hours_never_opens() -> None:
    view = UnitView((unit("a"),), {}, 1)
    assert not view.is_open(MONDAY_MORNING)
    assert view.next_opening(MONDAY_MORNING) is None
