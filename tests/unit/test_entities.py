"""Codes, numbers, days and places are read however they are typed; what identifies a person is masked."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.dates import dates_in
from bot.dialogue.entities import (
    STARS,
    canonical_phone,
    dossier_code_in,
    is_ticket_code,
    masked,
    phones_in,
    places_in,
    ticket_code_in,
)
from bot.domain.codes import CHECK_LETTERS, ticket_code
from bot.domain.records import Place
from bot.domain.views import LOCAL_ZONE, UnitView
from tests.conftest import MONDAY_MORNING

DAYS = st.dates(date(2025, 1, 1), date(2099, 12, 31))
NUMBERS = st.integers(1, 9999)
GAPS = st.sampled_from(["", " ", ".", "-", "–", ". ", " - "])


@pytest.mark.parametrize(
    "written",
    [
        "0251 000 0005",
        "02510000005",
        "0251.000.0005",
        "0251-000-0005",
        "(0251) 000 0005",
        "0251 000 00 05",
        "+84 251 000 0005",
        "+842510000005",
        "+84 (0)251 000 0005",
        "84 251 000 0005",
        "0084 251 000 0005",
        "0251–000–0005",
    ],
)
def test_a_landline_is_one_number_in_every_writing(written: str) -> None:
    assert phones_in(f"cho hỏi số {written} có phải của xã không?") == ("+842510000005",)
    assert canonical_phone(written) == "+842510000005"


@pytest.mark.parametrize(
    "written",
    [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "091.234.5678",
        "0912-345-678",
        "09 12 34 56 78",
        "+84912345678",
        "+84 (0)912 345 678",
        "84 912 345 678",
        "84912345678",
        "84 0912345678",
        "0084 912 345 678",
        "không chín một hai ba bốn năm sáu bảy tám",
        "Không chín, một hai, ba tư, lăm sáu, bảy tám",
        "khong chin mot hai ba bon nam sau bay tam",
        "không chín một hai ba bốn năm sáu bảy tám không",
    ],
)
def test_a_mobile_is_one_number_in_every_writing(written: str) -> None:
    assert phones_in(f"{written} là số ai") == ("+84912345678",)


@pytest.mark.parametrize("number", ["111", "112", "113", "114", "115", "1022"])
def test_short_numbers_of_the_state_are_phones(number: str) -> None:
    assert phones_in(f"số {number} là của ai vậy") == (number,)
    assert canonical_phone(number) == number


@pytest.mark.parametrize(
    "text",
    [
        "sinh năm 1990",
        "căn cước 079090001234",
        "căn cước 079 090 001 234",
        "chứng minh 025123456",
        "ngày 01 10 2026",
        "ba năm tám tháng không một hai ai lo",
        "ngày 15/9/2025",
        "hết 50.000 đồng",
        "tốn 1.000.000 đồng",
        "mã 1.001193",
        "nghị định 123/2015",
        "từ 7h30 đến 16h30",
        "mã OTP 123456",
        "tôi có 2 con 3 tuổi",
        "số 7",
        "",
    ],
)
def test_years_dates_amounts_and_codes_are_no_phones(text: str) -> None:
    assert phones_in(text) == ()


def test_several_phones_are_read_in_order_each_once() -> None:
    text = "0912345678 với 0987 654 321, à số 0912.345.678 nữa"
    assert phones_in(text) == ("+84912345678", "+84987654321")


def test_text_without_digits_is_no_phone() -> None:
    assert canonical_phone("không có") is None


CODE = "PA-261120-0001A"


@pytest.mark.parametrize(
    "written",
    [
        CODE,
        "pa-261120-0001a",
        "PA 261120 0001A",
        "pa 26 11 20 0001 a",
        "PA2611200001A",
        "PA–261120–0001–A",
        "PÁ-261120-0001Â",
        "p.a.261120.0001a",
        "PA-26112O-OOOlA",
        "#PA-261120-0001A.",
    ],
)
def test_a_ticket_code_is_one_in_every_writing(written: str) -> None:
    assert ticket_code_in(f"phiếu {written} tới đâu rồi") == CODE
    assert dossier_code_in(CODE) is None


@pytest.mark.parametrize("text", ["", "SPA-261120-0001A", "pa 0912345678 ạ", "PA-261120-00012A", "ba 261120 0001a"])
def test_other_writings_are_no_ticket_codes(text: str) -> None:
    assert ticket_code_in(text) is None


@given(DAYS, NUMBERS)
def test_a_given_code_is_read_back_and_is_right(day: date, number: int) -> None:
    code = ticket_code(day, number)
    assert re.fullmatch(r"PA-\d{6}-\d{4}[A-Z]", code)
    assert ticket_code_in(code.lower().replace("-", " ")) == code
    assert is_ticket_code(code)


@given(DAYS, NUMBERS, st.data())
def test_one_wrong_sign_or_two_exchanged_digits_are_noticed(day: date, number: int, data: st.DataObject) -> None:
    code = ticket_code(day, number)
    digits = [place for place, sign in enumerate(code) if sign.isdigit()]
    place = data.draw(st.sampled_from(digits))
    wrong = data.draw(st.sampled_from([sign for sign in "0123456789" if sign != code[place]]))
    assert not is_ticket_code(code[:place] + wrong + code[place + 1 :])
    letter = data.draw(st.sampled_from([sign for sign in CHECK_LETTERS if sign != code[-1]]))
    assert not is_ticket_code(code[:-1] + letter)
    one, other = data.draw(st.sampled_from(list(pairwise(digits))))
    signs = list(code)
    signs[one], signs[other] = signs[other], signs[one]
    assert code[one] == code[other] or not is_ticket_code("".join(signs))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("H61.99-251120-0012", "H61.99-251120-0012"),
        ("h61.99 - 251120 - 0012", "H61.99-251120-0012"),
        ("h61 99 251120 0012", "H61.99-251120-0012"),
        ("h6199–251120–0012", "H61.99-251120-0012"),
        ("H55242-251120-0012", "H55.242-251120-0012"),
        ("H19.27.31-251120-0012", "H19.27.31-251120-0012"),
        ("000.00.12.H19-260101-00045", "000.00.12.H19-260101-00045"),
        ("000 00 12 h19 260101 00045", "000.00.12.H19-260101-00045"),
        ("0000012h19-260101-00045", "000.00.12.H19-260101-00045"),
        ("BN.01-260101-00045", "BN.01-260101-00045"),
    ],
)
def test_a_dossier_code_is_one_in_every_writing(written: str, code: str) -> None:
    assert dossier_code_in(f"hồ sơ {written} xong chưa") == code
    assert ticket_code_in(written) is None


@pytest.mark.parametrize(
    "text", ["0251-000-0005", "ngày 20-11-2026", "1.001193", "CT01", "khai sinh", "H61 261320 001"]
)
def test_other_writings_are_no_dossier_codes(text: str) -> None:
    assert dossier_code_in(text) is None
    assert ticket_code_in(text) is None


@pytest.mark.parametrize(
    "number",
    [
        "079090001234",
        "079 090 001 234",
        "0790.9000.1234",
        "079-090-001234",
        "025123434",
        "025 123 434",
        "025.123.434",
        "DN4790123456734",
        "dn 4 79 01 234 56734",
        "GD-4-79-7512345634",
        "7512345634",
        "không bảy chín không chín không không không một hai ba bốn",
    ],
)
def test_the_number_of_a_card_is_masked_but_for_its_end(number: str) -> None:
    for text in (masked(f"tôi số {number}, khai sinh"), masked(f"tôi số {number}, khai sinh", phones=False)):
        assert text == f"tôi số {STARS}34, khai sinh"


@pytest.mark.parametrize("phone", ["0912345678", "0912.345.678", "+84 (0)912 345 678", "84912345678", "02513 822 578"])
def test_a_telephone_number_is_masked_unless_it_may_be_seen(phone: str) -> None:
    assert masked(f"gọi {phone} nha") == f"gọi {STARS}78 nha"
    assert masked(f"gọi {phone} nha", phones=False) == f"gọi {phone} nha"


def test_numbers_side_by_side_are_masked_each() -> None:
    assert masked("0912 345 678 079 090 001 234") == f"{STARS}78 {STARS}34"
    assert masked("0912345678, 025123456 và 113") == f"{STARS}78, {STARS}56 và 113"


@pytest.mark.parametrize(
    "text",
    [
        "gọi 113, 1022",
        "ngày 20.11.2026 3 đứa",
        "25.000.000 đồng",
        "125.000.000 đ",
        "mã 2.000815.000.00.00.H55",
        "hồ sơ H61.99-251120-0012",
        CODE,
        "nghị định 123/2015/NĐ-CP",
        "từ 7h30 đến 16h30",
        "không có ai không",
        "",
    ],
)
def test_what_identifies_nobody_stays(text: str) -> None:
    assert masked(text) == text


@given(st.text())
def test_any_text_can_be_read_and_masked(text: str) -> None:
    dates_in(text, MONDAY_MORNING)
    places_in(text, [Place(name="ấp 3")])
    dossier_code_in(text)
    ticket_code_in(text)
    phones_in(text)
    masked(text)


@given(st.lists(st.tuples(st.from_regex(r"\A\d{1,13}\Z"), st.text(max_size=4)), max_size=6))
def test_masked_text_holds_no_number_as_long_as_an_identity_cards(parts: list[tuple[str, str]]) -> None:
    text = "".join(number + other for number, other in parts)
    assert [run for run in re.findall(r"\d+", masked(text, phones=False)) if len(run) in {9, 12}] == []


@given(st.from_regex(r"\A0\d{11}\Z", fullmatch=True), st.lists(GAPS, min_size=3, max_size=3))
def test_an_identity_cards_number_is_masked_however_it_is_parted(number: str, gaps: list[str]) -> None:
    written = "".join(part + gap for part, gap in zip(re.findall("...", number), [*gaps, ""], strict=True))
    assert number[:3] not in masked(f"căn cước {written} của tôi", phones=False)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        # on Monday 23 November 2026
        ("hôm nay", "23/11/2026"),
        ("bua nay", "23/11/2026"),
        ("hnay có làm ko", "23/11/2026"),
        ("nay xã có làm không", "23/11/2026"),
        ("mai", "24/11/2026"),
        ("ngay mai", "24/11/2026"),
        ("sáng mai lên được không", "24/11/2026"),
        ("mốt", "25/11/2026"),
        ("ngày mốt", "25/11/2026"),
        ("ngay mot", "25/11/2026"),
        ("ngày kia", "25/11/2026"),
        ("ngày kìa", "26/11/2026"),
        ("hôm qua", "22/11/2026"),
        ("hom qua", "22/11/2026"),
        ("hôm kia", "21/11/2026"),
        ("thứ hai", "23/11/2026"),
        ("thứ hai tới", "30/11/2026"),
        ("thứ 3", "24/11/2026"),
        ("thu ba", "24/11/2026"),
        ("thứ3 này", "24/11/2026"),
        ("thứ ba tuần sau", "01/12/2026"),
        ("thu 3 tuan toi", "01/12/2026"),
        ("thứ tư tuần sau nữa", "09/12/2026"),
        ("thứ sáu tuần trước", "20/11/2026"),
        ("thứ sáu vừa rồi", "20/11/2026"),
        ("chủ nhật này", "29/11/2026"),
        ("chu nhat", "29/11/2026"),
        ("t7 có làm ko", "28/11/2026"),
        ("cn nghỉ hả", "29/11/2026"),
        ("thứ bảy chủ nhật", "28/11/2026 29/11/2026"),
        ("cuối tuần", "28/11/2026 29/11/2026"),
        ("cuoi tuan sau", "05/12/2026 06/12/2026"),
        ("cuối tuần rồi", "21/11/2026 22/11/2026"),
        ("20/11", "20/11/2027"),
        ("20/11 vừa rồi", "20/11/2026"),
        ("20/11 năm nay", "20/11/2026"),
        ("24/11", "24/11/2026"),
        ("2/9", "02/09/2027"),
        ("2/9 năm sau", "02/09/2027"),
        ("20-11-2026", "20/11/2026"),
        ("20.11.26", "20/11/2026"),
        ("01/01/85", "01/01/1985"),
        ("ngày 20 tháng 11", "20/11/2027"),
        ("ngay 20 thang 12", "20/12/2026"),
        ("20 tháng 11 năm 2026", "20/11/2026"),
        ("ngày 5 tháng sau", "05/12/2026"),
        ("ngày 25", "25/11/2026"),
        ("ngày 5", "05/12/2026"),
        ("ngày 29/2/2028", "29/02/2028"),
        ("thứ ba, 24/11", "24/11/2026"),
        ("mai thứ 3 có làm không", "24/11/2026"),
        ("mai với mốt có làm không", "24/11/2026 25/11/2026"),
    ],
)
def test_a_day_is_read_as_it_is_said(text: str, days: str) -> None:
    assert [f"{day:%d/%m/%Y}" for day in dates_in(text, MONDAY_MORNING)] == days.split()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31/2",
        "29/2/2027",
        "32/12/2026",
        "10/13",
        "ngày 31 tháng này",
        "thứ ba 25/11",
        "thứ 8",
        "từ thứ hai đến thứ sáu",
        "thứ 2 tới thứ 6",
        "20/11 đến 25/11",
        "mỗi thứ bảy",
        "con thứ ba",
        "cái thứ hai",
        "thứ tự làm sao",
        "thư từ gửi đâu",
        "thủ tục thu hai bản",
        "thu 5 triệu",
        "t7",
        "cn quyền sử dụng đất",
        "mai mốt rảnh",
        "mai táng phí",
        "chị Mai có đó không",
        "bao giờ có khuyến mãi",
        "mot co lam khong",
        "ngày một nhiều",
        "tôi nay 60 tuổi",
        "24/7",
        "1/2 ngày",
        "3-5 người",
        "ngày 2 lần",
        "mùng 5",
        "rằm tháng 7",
        "15/8 âm lịch",
        "nhà 12/3",
        "nghị định 12/3",
        "tháng 11/2026",
        "0912345678",
    ],
)
def test_what_names_no_day_for_sure_names_none(text: str) -> None:
    assert dates_in(text, MONDAY_MORNING) == ()


def test_days_turn_at_midnight_in_viet_nam() -> None:
    before = datetime(2026, 11, 23, 16, 59, tzinfo=UTC)
    assert dates_in("mai", before) == (date(2026, 11, 24),)
    assert dates_in("mai", before + timedelta(minutes=1)) == (date(2026, 11, 25),)


@given(st.sampled_from(["hai", "ba", "tư", "năm", "sáu", "bảy"]), st.dates(date(2025, 1, 1), date(2030, 1, 1)))
def test_a_weekday_is_the_next_of_its_name_and_of_next_week_the_one_in_it(name: str, today: date) -> None:
    now = datetime.combine(today, time(9), LOCAL_ZONE)
    (day,), (later,) = dates_in(f"thứ {name}", now), dates_in(f"thứ {name} tuần sau", now)
    assert 0 <= (day - today).days < 7
    assert later.weekday() == day.weekday()
    assert (later - timedelta(days=later.weekday())) - (today - timedelta(days=today.weekday())) == timedelta(days=7)


PLACES = (
    Place(name="ấp 1"),
    Place(name="ấp 3"),
    Place(name="ấp 3 Bến Gỗ"),
    Place(name="ấp Bến Gỗ", aliases=("Bến Gỗ",)),
    Place(name="xã Mẫu cũ", aliases=("Mẫu cũ",)),
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("tui ở ấp 3", ["ấp 3"]),
        ("ap ba", ["ấp 3"]),
        ("ấp số 3 á", ["ấp 3"]),
        ("nhà ở ấp3, đường đất", ["ấp 3"]),
        ("AP BEN GO", ["ấp Bến Gỗ"]),
        ("khu bến gỗ", ["ấp Bến Gỗ"]),
        ("ấp 3 Bến Gỗ", ["ấp 3 Bến Gỗ"]),
        ("từ Bến Gỗ qua ấp 1", ["ấp Bến Gỗ", "ấp 1"]),
        ("xã mẫu cũ", ["xã Mẫu cũ"]),
        ("xã Mẫu", []),
        ("ấp 10", []),
        ("ấp 31", []),
        ("bến", []),
    ],
)
def test_a_place_is_found_by_its_longest_name(text: str, names: list[str]) -> None:
    assert [place.name for place in places_in(text, PLACES)] == names


def test_no_place_of_the_sample_commune_is_called_like_the_commune(view: UnitView) -> None:
    places = (*view.unit.hamlets, *view.unit.former_units)
    assert len(places) > 2
    assert places_in(f"{view.name} {view.unit.name}", places) == ()
