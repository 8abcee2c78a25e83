from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facebook.splitting import shortened, split, units

WORDS = (
    *"Nộp hồ sơ tại bộ phận một cửa. Ủy TP. ạ. 🙂".split(),
    "ban\n",
    "xã\n\n",
    "có không?",
)
WHOLES = (
    "8.000 đồng",
    "5 triệu đồng",
    "50.000 – 100.000 đồng",
    "0251 3822 501",
    "(0251) 1022",
    "+84 912 345 678",
    "15 ngày",
    "123/2015/NĐ-CP",
    "https://dichvucong.gov.vn/p/home/dvc-tra-cuu.html?ma=1.001193&x=1,2",
)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Sentences of words with numbers between them, and those numbers."""
    wholes: list[str] = []
    pieces: list[str] = []
    for _ in range(draw(st.integers(5, 60))):
        pieces += draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=9))
        wholes.append(draw(st.sampled_from(WHOLES)))
        pieces += [wholes[-1], draw(st.sampled_from(["cho", "rồi", "để"])), "nộp"]
    return " ".join(pieces), wholes


@given(texts(), st.integers(120, 400), st.integers(90, 120))
def test_parts_fit_lose_nothing_and_keep_numbers_and_addresses_whole(
    made: tuple[str, list[str]], most: int, last: int
) -> None:
    text, wholes = made
    parts = split(text, most, last)
    assert squeezed("".join(parts)) == squeezed(text)
    assert all(part.strip() == part != "" for part in parts)
    assert all(units(part) <= most for part in parts)
    assert units(parts[-1]) <= last
    for whole in wholes:
        assert sum(part.count(whole) for part in parts) == text.count(whole)


@given(st.text(), st.integers(2, 30))
def test_any_text_is_split_within_the_limit(text: str, most: int) -> None:
    parts = split(text, most)
    assert all(part.strip() and units(part) <= most for part in parts)
    assert squeezed("".join(parts)) == squeezed(text)


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("", 10, []),
        (" \n ", 10, []),
        ("Chào bà con.", 12, ["Chào bà con."]),
        ("Đoạn một dài.\nDòng hai.\n\nĐoạn hai.", 30, ["Đoạn một dài.\nDòng hai.", "Đoạn hai."]),
        ("Dòng một ngắn.\nDòng hai dài hơn", 24, ["Dòng một ngắn.", "Dòng hai dài hơn"]),
        ("Câu một đây. Câu hai cũng đây", 24, ["Câu một đây.", "Câu hai cũng đây"]),
        ("Nộp tại trụ sở TP. Biên Hòa mới", 22, ["Nộp tại trụ sở TP.", "Biên Hòa mới"]),
        ("Lệ phí một bản là 8.000 đồng", 21, ["Lệ phí một bản là", "8.000 đồng"]),
        ("Xin gọi ngay số 0251 3822 501 nhé", 26, ["Xin gọi ngay số", "0251 3822 501 nhé"]),
        ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
        ("🙂" * 6, 5, ["🙂🙂", "🙂🙂", "🙂🙂"]),
    ],
)
def test_a_text_is_split_at_the_best_place(text: str, most: int, parts: list[str]) -> None:
    assert split(text, most) == parts


@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("Giờ làm việc", "Giờ làm việc"),
        ("  Giờ \n làm  việc ", "Giờ làm việc"),
        ("Khai sinh kết hợp nhận cha mẹ con", "Khai sinh kết hợp…"),
        ("Phòng Văn hóa – Xã hội xã", "Phòng Văn hóa – Xã…"),
        ("Công chức tư pháp – hộ tịch", "Công chức tư pháp…"),
        ("Xin gọi 0251 3822 501 nhé", "Xin gọi…"),
        ("Lệ phí cho một: 8.000 đồng", "Lệ phí cho một…"),
        ("a" * 30, "a" * 19 + "…"),
        (unicodedata.normalize("NFD", "Trường hợp đặc biệt"), "Trường hợp đặc biệt"),
    ],
)
def test_a_label_is_shortened_at_a_word(label: str, title: str) -> None:
    assert shortened(label, 20) == title


@given(st.text(), st.integers(3, 40))
def test_any_label_is_shortened_within_the_limit(label: str, most: int) -> None:
    assert units(shortened(label, most)) <= most
