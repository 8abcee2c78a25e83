"""What rules alone read in a message: choices, aspects, corrections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.understanding import aspects_in, ordinal_in, read
from knowledge.normalise import normalise_folded


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    heard = read(text)
    assert heard.text == text
    assert all(number.lstrip("+").isdigit() for number in heard.phones)


def test_a_tickets_code_is_no_dossiers_code() -> None:
    heard = read("phiếu pa 261120 0001a tới đâu rồi")
    assert heard.ticket_code == "PA-261120-0001A"
    assert heard.dossier_code is None
    assert read("hồ sơ H61.99-251120-0012").dossier_code == "H61.99-251120-0012"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 0),
        ("dạ 1", 0),
        ("số 1 ạ", 0),
        ("cái đầu", 0),
        ("cái đầu tiên nha", 0),
        ("thứ nhất", 0),
        ("số một", 0),
        ("2", 1),
        ("2.", 1),
        ("số 2", 1),
        ("số hai nha", 1),
        ("cái hai đi", 1),
        ("cái thứ hai đi em", 1),
        ("mục 2", 1),
        ("o giua", 1),
        ("thứ ba", 2),
        ("lấy cái 3", 2),
        ("cái cuối ạ", 2),
        ("cuoi cung", 2),
    ],
)
def test_a_short_answer_names_one_of_three(text: str, place: int) -> None:
    assert ordinal_in(normalise_folded(text), 3) == place


@pytest.mark.parametrize("text", ["", "cái khác", "1 2", "4", "tôi có 2 đứa con", "không phải", "hai cái"])
def test_other_answers_name_none_of_them(text: str) -> None:
    assert ordinal_in(normalise_folded(text), 3) is None


@pytest.mark.parametrize(("text", "count"), [("3", 2), ("thứ hai", 1), ("1", 0), ("cuối", 0)])
def test_a_place_beyond_the_choices_names_none(text: str, count: int) -> None:
    assert ordinal_in(normalise_folded(text), count) is None


def test_the_last_is_the_last_of_however_many() -> None:
    assert [ordinal_in("cai cuoi", count) for count in (1, 2, 3)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "aspects"),
    [
        ("còn lệ phí?", ("fee",)),
        ("hết bn tiền", ("fee",)),
        ("ton phi khong", ("fee",)),
        ("cần giấy tờ gì", ("documents",)),
        ("mang theo gì", ("documents",)),
        ("mấy ngày có", ("duration",)),
        ("bao lâu xong", ("duration",)),
        ("nộp ở đâu", ("place",)),
        ("nộp online được không", ("online",)),
        ("gửi bưu điện được hông", ("online",)),
        ("xin mẫu đơn", ("form",)),
        ("các bước làm", ("steps",)),
        ("theo nghị định nào", ("legal_basis",)),
        ("điều kiện ra sao", ("eligibility",)),
        ("can giay to gi, nop o dau", ("documents", "place")),
        ("trời mưa quá", ()),
        ("", ()),
    ],
)
def test_plain_key_words_name_aspects(text: str, aspects: tuple[str, ...]) -> None:
    assert aspects_in(normalise_folded(text)) == aspects


@pytest.mark.parametrize(
    "text",
    [
        "còn lệ phí?",
        "vậy nộp online được không",
        "bao lau thi xong",
        "cần giấy tờ gì ạ",
        "nộp ở đâu vậy em",
        "hồ sơ đó gồm gì",
        "căn cứ pháp lý là gì",
        "tờ khai từ đâu ra",
        "có được giảm hồ sơ không",
    ],
)
def test_a_follow_up_names_nothing_new(text: str) -> None:
    assert read(text).names_nothing


@pytest.mark.parametrize(
    "text",
    [
        "lệ phí khai sinh",
        "tách hộ nộp ở đâu",
        "kết hôn online được không",
        "bóng đá",
        "sổ đỏ ở đâu",
        "khai tử nộp ở đâu",
        "giấy chứng tử mấy ngày có",
        "đăng ký giám hộ có tốn tiền không",
        "nhận cha cho con cần giấy gì",
    ],
)
def test_a_message_that_names_something_is_no_follow_up(text: str) -> None:
    assert not read(text).names_nothing


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("cho em xin số điện thoại công an xã", "cong an xa"),
        ("ai phụ trách đất đai vậy ạ", "dat dai"),
        ("số điện lực", "dien luc"),
        ("sđt hội phụ nữ", "hoi phu nu"),
        ("số bảo hiểm xã hội là bao nhiêu", "bao hiem xa hoi"),
        ("chủ tịch hội nông dân", "chu tich hoi nong dan"),
        ("số điện thoại", "so dien thoai"),
    ],
)
def test_the_office_asked_for_remains_whole(text: str, subject: str) -> None:
    assert read(text).contact_subject == subject


def test_a_blank_message_is_blank_unless_a_button_was_tapped() -> None:
    assert read("😀 …").is_blank
    assert not read("", "start").is_blank
    assert not read("alo").is_blank


@pytest.mark.parametrize(
    "text",
    ["không, ý tui là kết hôn", "nhầm, tui hỏi tạm trú", "ko phải cái đó", "a nham, cham dut chu khong phai tam ngung"],
)
def test_a_correction_is_recognised(text: str) -> None:
    assert read(text).corrects


@pytest.mark.parametrize("text", ["không có giấy chứng sinh", "không phải đóng tiền hả", "còn lệ phí?", "ý dân"])
def test_a_plain_negation_corrects_nothing(text: str) -> None:
    assert not read(text).corrects


def test_what_is_said_not_to_be_meant_is_not_searched() -> None:
    asserted = read("tui đóng cửa luôn chứ không phải tạm ngừng, nộp ở đâu").asserted
    assert "tam ngung" not in asserted
    assert "dong cua luon" in asserted
    assert "nop o dau" in asserted
    assert read("giấy chứng sinh có cần không").asserted == "giấy chứng sinh có cần không"
