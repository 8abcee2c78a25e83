"""Circumstances named in free text."""

from __future__ import annotations

import pytest

from bot.domain.records import Procedure
from knowledge import files
from knowledge.conditions import conditions_in, meets

PROCEDURES = files.read_procedures(files.PROCEDURES)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("con tui 8 tháng rồi chưa làm khai sinh", "qua-han"),
        ("khai sanh tre han co bi phat hong", "qua-han"),
        ("quá 60 ngày mới đi khai sinh", "qua-han"),
        ("bé hai tuổi mà chưa có giấy", "qua-han"),
        ("con ngoai gia thu", "ngoai-gia-thu"),
        ("tụi em chưa đăng ký kết hôn", "ngoai-gia-thu"),
        ("mẹ đơn thân làm giấy cho con", "ngoai-gia-thu"),
        ("nhờ bà nội đi làm giùm được không", "lam-thay"),
        ("uy quyen cho em toi nop", "lam-thay"),
        ("đẻ rớt ở nhà không có giấy chứng sinh", "khong-chung-sinh"),
        ("nhà thuộc hộ nghèo", "ho-uu-tien"),
    ],
)
def test_a_circumstance_is_recognised_in_everyday_words(text: str, condition: str) -> None:
    assert condition in conditions_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "đăng ký khai sinh cần giấy tờ gì",
        "làm thay đổi nội dung hộ kinh doanh",
        "đăng ký kết hôn bao nhiêu tiền",
        "con tôi mới sinh 3 ngày",
        "",
    ],
)
def test_a_plain_question_names_none(text: str) -> None:
    assert conditions_in(text) == frozenset()


def test_a_condition_nobody_listed_is_met_by_two_telling_words_in_a_row() -> None:
    assert meets("đất đang thế chấp", "đất đang thế chấp ngân hàng thì sao", frozenset(), "Tách thửa đất")
    assert not meets("đất đang thế chấp", "tách thửa đất cần gì", frozenset(), "Tách thửa đất")


@pytest.mark.parametrize("record", PROCEDURES.values(), ids=list(PROCEDURES))
def test_what_a_case_leads_to_is_published_and_leads_back(record: Procedure) -> None:
    for case in record.cases:
        assert conditions_in(case.when), f"“{case.when}” has no phrase in conditions.yaml"
        for related in case.related:
            assert PROCEDURES[related].cases, f"{related} does not tell the two procedures apart"
