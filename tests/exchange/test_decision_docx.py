"""Tables of a published decision, as they are usually laid out."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.errors import RefusedFileError
from knowledge.exchange.decision_docx import read_decision_docx
from knowledge.exchange.drafts import problems
from knowledge.exchange.reading import read_any
from tests.exchange import word_files as word

HEADER = ("STT", "Mã số TTHC", "Tên thủ tục hành chính", "Thời hạn giải quyết", "Địa điểm thực hiện",
          "Trực tiếp", "Trực tuyến", "Phí, lệ phí (nếu có)", "Căn cứ pháp lý")  # fmt: skip
ROWS = (
    (
        "1",
        "1.000001",
        "Cấp phép nuôi chim",
        "03 ngày làm việc",
        "Bộ phận Một cửa",
        "x",
        "x",
        "Không",
        "Luật số 1/2020/QH14",
    ),
    ("2", "1.000002", "Cấp lại giấy phép", "", "Bộ phận Một cửa", "x", "", "", "- 1/2020/QH14;\n- 2/2021/NĐ-CP"),
)


def decision(document: Any) -> None:
    word.table(
        ("ỦY BAN NHÂN DÂN\nSố: 12/QĐ-UBND", "Độc lập - Tự do\nĐồng Nai, ngày 05 tháng 8 năm 2026"),
    )(document)
    document.add_paragraph("Danh mục thủ tục hành chính cấp xã")
    made = document.add_table(rows=2, cols=len(HEADER))
    for place, text in enumerate(HEADER):
        made.cell(1, place).text = text
    made.cell(0, 5).merge(made.cell(0, 6)).text = "Cách thức thực hiện"
    group = made.add_row().cells
    group[0].merge(group[-1]).text = "I. LĨNH VỰC CHĂN NUÔI"
    for row in ROWS:
        for cell, text in zip(made.add_row().cells, row, strict=True):
            cell.text = text


def test_rows_of_a_decision_become_drafts_with_what_the_cells_say() -> None:
    first, second = read_any(word.word_file(decision)).drafts
    assert (first.content["code"], first.content["name"]) == ("1.000001", "Cấp phép nuôi chim")
    assert first.content["processing_time"] == {"text": "03 ngày làm việc", "working_days": 3}
    assert first.content["channels"] == ["trực tiếp", "trực tuyến"]
    assert first.content["receiving_place"] == "Bộ phận Một cửa"
    assert first.content["sources"] == ["Quyết định số 12/QĐ-UBND"]
    assert [law["number"] for law in second.content["legal_basis"]] == ["1/2020/QH14", "2/2021/NĐ-CP"]
    assert second.content["channels"] == ["trực tiếp"]


def test_the_heading_of_a_group_and_the_day_of_the_decision_are_guesses() -> None:
    first, _ = read_decision_docx(word.word_file(decision)).drafts
    guessed = {"field": "Chăn nuôi", "level": "Cấp xã", "as_of": "2026-08-05"}
    assert {name: first.content[name] for name in guessed} == guessed
    assert {first.marks[name].state for name in guessed} == {"guessed"}


def test_a_no_is_to_be_confirmed_and_an_empty_fee_is_unknown() -> None:
    first, second = read_decision_docx(word.word_file(decision)).drafts
    assert first.marks["fees"].state == "guessed"
    assert second.marks["fees"].state == "empty"
    assert second.content["fees"][0]["amount_vnd"] is None


def test_what_a_decision_does_not_say_is_asked_for() -> None:
    first, _ = read_decision_docx(word.word_file(decision)).drafts
    assert {"Cơ quan thực hiện", "Kết quả", "Đối tượng thực hiện"} == {one.label for one in problems(first)}


def test_a_file_without_a_list_of_procedures_is_refused() -> None:
    with pytest.raises(RefusedFileError, match="Tên thủ tục hành chính"):
        read_any(word.word_file(word.table(("Họ tên", "Ký tên"), ("A", "B"))))
