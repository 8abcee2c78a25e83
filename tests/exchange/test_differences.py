"""Comparing two contents of a record: by what items are, not by where they stand."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from knowledge.exchange.differences import differences

PAPERS = [
    {"name": name, "original_or_copy": "bản chính", "quantity": 1, "note": None, "when": None}
    for name in ("Tờ khai", "Giấy chứng sinh", "Thẻ căn cước")
]
CONTENT: dict[str, Any] = {
    "name": "Đăng ký khai sinh",
    "documents": PAPERS,
    "fees": [
        {"amount_vnd": 0, "text": "Miễn lệ phí", "when": "đúng hạn"},
        {"amount_vnd": 8000, "text": "8.000 đồng mỗi bản sao", "when": "xin thêm bản sao"},
    ],
    "steps": ["Nộp hồ sơ.", "Nhận kết quả."],
    "processing_time": {"text": "01 ngày", "working_days": 1},
    "as_of": "2026-11-20",
    "verified": True,
}


def changed(**changes: Any) -> list[tuple[str, str, str | None, str | None]]:
    found = differences(CONTENT, {**copy.deepcopy(CONTENT), **changes})
    return [(one.label, one.path, one.before, one.after) for one in found]


def test_a_changed_fee_is_one_difference_at_the_amount_and_one_at_the_words() -> None:
    fees = [CONTENT["fees"][0], {"amount_vnd": 9000, "text": "9.000 đồng mỗi bản sao", "when": "xin thêm bản sao"}]
    assert changed(fees=fees) == [
        (
            "Khoản thu “8.000 đồng mỗi bản sao”: nội dung",
            "fees.1.text",
            "8.000 đồng mỗi bản sao",
            "9.000 đồng mỗi bản sao",
        ),
        ("Khoản thu “8.000 đồng mỗi bản sao”: số tiền (đồng)", "fees.1.amount_vnd", "8.000", "9.000"),
    ]


def test_a_paper_put_in_front_is_one_added_paper() -> None:
    new = {**PAPERS[0], "name": "Văn bản ủy quyền"}
    [(label, path, before, after)] = changed(documents=[new, *PAPERS])
    assert (label, path, before) == ("Giấy tờ", "documents.0", None)
    assert after is not None
    assert after.startswith("Văn bản ủy quyền")


def test_a_paper_taken_away_is_one_removed_paper() -> None:
    [(_, path, before, after)] = changed(documents=PAPERS[1:])
    assert (path, after) == ("documents.0", None)
    assert before is not None
    assert before.startswith("Tờ khai")


def test_a_changed_part_of_a_paper_names_the_paper() -> None:
    papers = [PAPERS[0], {**PAPERS[1], "quantity": 2}, PAPERS[2]]
    assert changed(documents=papers) == [("Giấy tờ “Giấy chứng sinh”: số lượng", "documents.1.quantity", "1", "2")]


def test_a_reworded_name_is_the_same_paper() -> None:
    papers = [{**PAPERS[0], "name": "Tờ khai mới"}, *PAPERS[1:]]
    assert changed(documents=papers) == [
        ("Giấy tờ “Tờ khai”: tên giấy tờ", "documents.0.name", "Tờ khai", "Tờ khai mới")
    ]


def test_another_order_is_one_difference() -> None:
    assert changed(steps=["Nhận kết quả.", "Nộp hồ sơ."]) == [
        ("Các bước: thứ tự", "steps", "Nộp hồ sơ.\nNhận kết quả.", "Nhận kết quả.\nNộp hồ sơ.")
    ]


def test_dates_and_answers_are_shown_as_people_write_them() -> None:
    assert changed(as_of="2026-12-01", verified=False) == [
        ("Đã đối chiếu với nguồn", "verified", "có", "chưa"),
        ("Ngày kiểm tra gần nhất", "as_of", "20/11/2026", "01/12/2026"),
    ]


def test_a_new_record_differs_from_nothing_in_all_it_says() -> None:
    assert {one.before for one in differences(None, CONTENT)} == {None}


def test_an_empty_field_and_a_missing_one_are_the_same() -> None:
    assert differences(CONTENT, {**CONTENT, "forms": [], "changes": None, "code": ""}) == []


_texts = some.text("abcđ ", min_size=1, max_size=6)
_papers = some.lists(
    some.fixed_dictionaries(
        {"name": _texts, "quantity": some.none() | some.integers(0, 3), "when": some.none() | _texts}
    ),
    max_size=5,
)
_contents = some.fixed_dictionaries(
    {"name": _texts, "documents": _papers, "steps": some.lists(_texts, max_size=5), "verified": some.booleans()}
)


@settings(max_examples=100, deadline=None)
@given(_contents, _contents)
def test_there_is_a_difference_exactly_when_two_contents_differ(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert bool(differences(old, new)) == (old != new)
    assert differences(new, new) == []
