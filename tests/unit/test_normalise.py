"""What citizens type is brought to one spelling, without guessing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.normalise import MAX_CHARACTERS, WORDS_FILE, fold, normalise, normalise_folded

TABLE = [line.split("\t") for line in WORDS_FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
TYPED = sorted({row[0] for row in TABLE})
SPOKEN = "làm giấy con xã được không tiền hồ sơ 50 1.001193 cần ở đâu ạ".split()


def test_composed_and_decomposed_letters_are_the_same_word() -> None:
    composed = "Đăng ký kết hôn ở đâu"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert normalise(decomposed) == normalise(composed) == "đăng ký kết hôn ở đâu"


def test_diacritics_are_kept_where_they_were_typed() -> None:
    assert normalise("Khai sinh") == "khai sinh"
    assert normalise("mất THẺ") == "mất thẻ"
    assert normalise("mat the") == "mat the"


def test_folding_meets_text_typed_without_diacritics() -> None:
    assert normalise_folded("Đăng ký thường trú") == normalise_folded("dang ky thuong tru") == "dang ky thuong tru"


def test_both_letters_that_look_like_d_with_a_stroke_are_one() -> None:
    assert normalise("ðăng ký") == "đăng ký"
    assert fold("Ðăng ký") == fold("Đăng ký") == "dang ky"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ddawng kys keets hoon", "dang ky ket hon"),
        ("khai sinhf", "khai sinh"),
        ("nguowif", "nguoi"),
        ("thuwowngf truws", "thuong tru"),
        ("chuwngs thuwcj", "chung thuc"),
        ("teem giaays towf", "tem giay to"),
        ("d9a8ng ky1 ke61t ho6n", "dang ky ket hon"),
        ("tam5 vang1", "tam vang"),
        ("gia61y to72", "giay to"),
    ],
)
def test_telex_and_vni_slips_are_undone(typed: str, meant: str) -> None:
    assert normalise_folded(typed) == meant


@pytest.mark.parametrize(
    "word", ["the", "tinh", "hang", "giang", "moi", "so", "email", "boong", "vneid", "facebook", "gi", "qua"]
)
def test_a_word_that_is_no_slip_is_left_alone(word: str) -> None:
    assert normalise(word) == word


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("lam gks ntn", "lam giấy khai sinh như thế nào"),
        ("k bít", "không biết"),
        ("HỌP BÀN ĐC K", "họp bàn được không"),
        ("tks ad", "cảm ơn quản trị"),
        ("e mún lm cccd", "em muốn làm căn cước công dân"),
        ("dki hkd", "đăng ký hộ kinh doanh"),
        ("gcnqsdđ", "giấy chứng nhận quyền sử dụng đất"),
        ("đóng bhyt", "đóng bảo hiểm y tế"),
        ("nộp qua dvc", "nộp qua dịch vụ công"),
        ("xin sdt cax", "xin số điện thoại công an xã"),
        ("sanh ở đây", "sinh ở đây"),
    ],
)
def test_chat_spellings_and_abbreviations_are_written_out(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("nhập hk cho con", "nhập hộ khẩu cho con"),
        ("làm được hk", "làm được không"),
        ("hk", "hk"),
        ("giấy đăng ký kh", "giấy đăng ký kết hôn"),
        ("kh được", "không được"),
        ("kh", "kh"),
        ("làm ks cho con", "làm khai sinh cho con"),
        ("ngủ ks", "ngủ ks"),
        ("bn tiền", "bao nhiêu tiền"),
        ("cảm ơn bn", "cảm ơn bn"),
        ("đi với ck", "đi với chồng"),
        ("sđt ct", "số điện thoại chủ tịch"),
        ("mở ct", "mở ct"),
    ],
)
def test_an_ambiguous_token_is_expanded_only_beside_a_telling_word(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [("kh k dc", "không không được"), ("kh dc", "không được"), ("dki kh", "đăng ký kết hôn")],
)
def test_an_abbreviation_written_out_tells_what_its_neighbour_means(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    ("typed", "standard"),
    [("50k", "50 nghìn"), ("tốn 2tr", "tốn 2 triệu"), ("50 k", "50 nghìn"), ("2 tr", "2 triệu")],
)
def test_short_amounts_of_money_are_written_out(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


@pytest.mark.parametrize(
    "code",
    [
        "1.001193",
        "h61.99-251120-0012",
        "pa-261120-0001a",
        "0251.000.0011",
        "15/9/2025",
        "7h30",
        "ct01",
        "50.000",
        "1022",
        "123/2015",
    ],
)
def test_codes_dates_and_numbers_stay_as_one_word(code: str) -> None:
    assert normalise(code.upper()) == code
    assert normalise(f"mã {code} ạ") == f"mã {code} ạ"


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("sinhhhhh", "sinh"),
        ("alôôôô", "alô"),
        ("giúpppp", "giúp"),
        ("đóóóng", "đóng"),
        ("boong", "boong"),
        ("1000000", "1000000"),
    ],
)
def test_lengthened_letters_are_shortened_but_not_numbers(typed: str, standard: str) -> None:
    assert normalise(typed) == standard


def test_signs_emoji_and_spaces_leave_only_words() -> None:
    assert normalise("  Khai\t sinh!!! 😀 (gấp)\n") == "khai sinh gấp"
    assert normalise("😀😀 ...!?") == ""


def test_a_very_long_text_is_cut_for_understanding() -> None:
    assert normalise("đất " * 5_000) == normalise(("đất " * 5_000)[:MAX_CHARACTERS])


def test_every_row_of_the_word_table_has_its_three_columns() -> None:
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in TABLE)


@pytest.mark.parametrize("row", [row for row in TABLE if row[2] == "always"], ids=lambda row: row[0])
def test_every_unconditional_row_of_the_table_takes_effect(row: list[str]) -> None:
    assert normalise(row[0]) == normalise(row[1])


@given(st.text(max_size=300))
def test_any_text_is_normalised_without_an_error_and_only_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.lists(st.sampled_from([*TYPED, *SPOKEN]), max_size=12))
def test_chat_spellings_in_any_order_are_normalised_only_once(words: list[str]) -> None:
    once = normalise(" ".join(words))
    assert normalise(once) == once


@given(st.lists(st.integers(min_value=0, max_value=10**11).map(str), max_size=12))
def test_numbers_are_kept(numbers: list[str]) -> None:
    assert normalise("mã " + " và ".join(numbers)).split() == ("mã " + " và ".join(numbers)).split()


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạ 0123456789.,-/", max_size=80))
def test_folded_text_has_neither_diacritics_nor_capitals(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9 .,:/-]*", normalise_folded(text.upper()))
