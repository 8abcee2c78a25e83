"""The portal's JSON details as drafts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.errors import RefusedFileError
from knowledge.exchange.drafts import Draft, problems
from knowledge.exchange.portal_json import read_portal_json
from tests.exchange.word_files import portal_object


def only(**changes: Any) -> Draft:
    [draft] = read_portal_json(json.dumps(portal_object(**changes)).encode()).drafts
    return draft


def way(
    method: str = "DIRECT", value: Any = 0, text: str = "", unit: str = "WORKING_DAY", note: str = ""
) -> dict[str, Any]:
    fees = [{"type": "FEE", "value_vnd": value, "text": text}]
    return {"method": method, "fees": fees, "processing": {"qty": 5, "unit": unit}, "note": note}


def test_the_details_are_read_into_a_draft_that_lacks_nothing() -> None:
    draft = only()
    assert problems(draft) == []
    assert draft.content["steps"] == ["Nộp đơn.", "Nhận kết quả."]
    assert draft.content["processing_time"] == {"text": "05 ngày làm việc", "working_days": 5}
    assert draft.content["fees"][0]["amount_vnd"] == 30000
    assert draft.content["legal_basis"][0]["date"] == "2020-02-05"
    assert draft.marks["legal_basis.0.date"].state == "guessed"
    assert draft.content["level"] == "Cấp xã"
    assert draft.marks["level"].state == "guessed"
    assert draft.content["as_of"] == "2026-07-18"
    assert draft.content["forms"] == [{"name": "a.doc", "url": None}]


def test_a_value_of_zero_without_words_is_unknown_because_the_portal_stores_it_for_empty_cells() -> None:
    draft = only(channels=[way(), way("ONLINE")])
    assert draft.content["fees"] == [{"amount_vnd": None, "text": "Chưa có thông tin về phí, lệ phí", "when": None}]
    assert draft.marks["fees"].state == "empty"


@pytest.mark.parametrize(
    ("text", "amount", "state"),
    [
        ("Theo quy định của Hội đồng nhân dân cấp tỉnh", None, "read"),
        ("(Miễn lệ phí)", 0, "guessed"),
        (" Miễn phí Đồng - Người có công", 0, "guessed"),
        ("Không", 0, "guessed"),
    ],
)
def test_a_value_of_zero_means_what_its_words_say(text: str, amount: int | None, state: str) -> None:
    draft = only(channels=[way(text=text)])
    assert draft.content["fees"][0]["amount_vnd"] == amount
    assert draft.marks["fees"].state == state


def test_times_of_cases_stand_in_where_the_ways_name_none() -> None:
    cases = [{"qty": 1, "unit": "WORKING_DAY"}, {"qty": 15, "unit": "DAY"}, {"qty": 1, "unit": "WORKING_DAY"}]
    draft = only(channels=[way(unit="OTHER")], processing_cases=cases)
    assert draft.content["processing_time"]["text"] == "01 ngày làm việc hoặc 15 ngày, tùy trường hợp"
    assert draft.marks["processing_time"].state == "guessed"


@pytest.mark.parametrize(
    "wrapped",
    [lambda one: [one], lambda one: {"data": [one]}, lambda one: {"data": one}, lambda one: {"data": {"items": [one]}}],
)
def test_lists_and_wrappers_are_opened(wrapped: Any) -> None:
    assert len(read_portal_json(json.dumps(wrapped(portal_object())).encode()).drafts) == 1


def test_missing_and_odd_parts_leave_their_fields_empty() -> None:
    nothing = {"category": None, "channels": None, "steps_raw": "x", "checklist_raw": [None, {"items": None}],
               "legal_basis": [7], "subject_types": None, "results": [{"name": "Giấy phép"}], "source": []}  # fmt: skip
    draft = only(**nothing)
    assert draft.content["result"] == "Giấy phép"
    assert {"Lĩnh vực", "Cách nộp", "Thời hạn", "Đối tượng thực hiện"} <= {one.label for one in problems(draft)}


def test_an_object_that_is_no_procedure_is_named_by_its_place() -> None:
    found = read_portal_json(json.dumps([portal_object(), {"id": 1}]).encode())
    assert len(found.drafts) == 1
    assert [problem.place for problem in found.problems] == ["mục 2"]


def test_broken_json_is_refused() -> None:
    with pytest.raises(RefusedFileError, match="JSON"):
        read_portal_json(b'{"name": "Th')
