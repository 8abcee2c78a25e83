"""The workbook of procedures: the template, its faults named by cell, and what its cells mean."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from bot.domain.errors import RefusedFileError
from knowledge.exchange.drafts import Imported, problems
from knowledge.exchange.procedures_xlsx import MAIN, MAIN_COLUMNS, PARTS, read_xlsx, write_xlsx

ROW = {
    "Tên thủ tục": "Cấp phép nuôi chim",
    "Tên gọi ngắn": "Nuôi chim",
    "Lĩnh vực": "Chăn nuôi",
    "Đối tượng thực hiện": "Cá nhân\nTổ chức",
    "Cấp thực hiện": "Cấp xã",
    "Cơ quan thực hiện": "UBND xã",
    "Nơi tiếp nhận": "Bộ phận Một cửa",
    "Thời hạn giải quyết": "03 ngày làm việc",
    "Số ngày làm việc": 3,
    "Nộp trực tiếp": "Có",
    "Kết quả": "Giấy phép",
    "Nguồn": "Quyết định 1",
    "Ghi chú đối chiếu": "Đã đọc",
    "Ngày kiểm tra gần nhất": "20/11/2026",
}


def workbook(*rows: dict[str, Any], **sheets: list[list[Any]]) -> bytes:
    """The template filled by titles; other sheets by field, below their header."""
    book = load_workbook(io.BytesIO(write_xlsx({})))
    titles = {cell.value.rstrip(" *"): cell.column for cell in book[MAIN][1]}
    for number, row in enumerate(rows, 2):
        for title, value in row.items():
            book[MAIN].cell(number, titles[title], value)
    for field, lines in sheets.items():
        for line in lines:
            book[PARTS[field][0]].append(line)
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def faults(found: Imported) -> list[str]:
    return [problem.place for problem in found.problems]


def test_a_filled_template_is_a_draft_that_only_lacks_phrases() -> None:
    [draft] = read_xlsx(workbook(ROW)).drafts
    assert draft.id == "nuoi-chim"
    assert draft.content["audience"] == ["Cá nhân", "Tổ chức"]
    assert draft.content["channels"] == ["trực tiếp"]
    assert draft.content["processing_time"] == {"text": "03 ngày làm việc", "working_days": 3}
    assert draft.content["as_of"] == "2026-11-20"
    assert [problem.label for problem in problems(draft)] == ["Cách hỏi của người dân"]


def test_a_procedure_without_fee_rows_has_an_unknown_fee() -> None:
    [draft] = read_xlsx(workbook(ROW)).drafts
    assert draft.content["fees"][0]["amount_vnd"] is None
    assert draft.marks["fees"].state == "empty"


@pytest.mark.parametrize(
    ("cell", "amount", "state"),
    [(0, 0, "read"), ("50.000", 50000, "read"), (50000, 50000, "read"), (None, None, "read"), ("Không", 0, "guessed"),
     ("miễn phí", 0, "guessed"), ("5.000 - 10.000", None, "guessed")],
)  # fmt: skip
def test_amounts_are_numbers_and_words_in_their_place_are_guesses(cell: Any, amount: int | None, state: str) -> None:
    [draft] = read_xlsx(workbook(ROW, fees=[["nuoi-chim", "Lệ phí", cell, "lần đầu"]])).drafts
    assert draft.content["fees"] == [{"amount_vnd": amount, "text": "Lệ phí", "when": "lần đầu"}]
    assert draft.marks["fees"].state == state


def test_rows_of_the_other_sheets_find_their_procedure_by_id_code_name_or_the_row_above() -> None:
    row = {**ROW, "Mã thủ tục": "1.234567"}
    steps = [["nuoi-chim", "Một."], [None, "Hai."], ["1.234567", "Ba."], ["Cấp phép NUÔI CHIM", "Bốn."]]
    [draft] = read_xlsx(workbook(row, steps=steps)).drafts
    assert draft.content["steps"] == ["Một.", "Hai.", "Ba.", "Bốn."]


def test_every_bad_cell_is_named_by_sheet_and_cell_and_the_rest_is_read() -> None:
    bad = {
        **ROW,
        "Mã thủ tục": "12",
        "Số ngày làm việc": "ba",
        "Nộp trực tuyến": "có lẽ",
        "Ngày kiểm tra gần nhất": "hôm qua",
    }
    found = read_xlsx(workbook(
        bad, {"Lĩnh vực": "Chăn nuôi"},
        documents=[["nuoi-chim", None, "bản chính"], ["nuoi-chim", "Đơn", "bản chính", "một"], ["khac", "Đơn"]],
        fees=[["nuoi-chim", "Lệ phí", "tùy tâm"]],
    ))  # fmt: skip
    places = faults(found)
    letters = {column.key: number for number, column in enumerate(MAIN_COLUMNS)}
    expected = [
        f"{MAIN}!{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[letters[key]]}2" for key in ("code", "as_of", "working_days", "online")
    ]
    assert set(places) == {*expected, f"{MAIN}!C3", "Giấy tờ!B2", "Giấy tờ!D3", "Giấy tờ!A4", "Phí, lệ phí!C2"}
    assert all(problem.text for problem in found.problems)
    [draft] = found.drafts
    assert draft.content["documents"][0]["name"] == "Đơn"
    assert "as_of" not in draft.content


def test_columns_may_be_moved_and_unknown_ones_are_named() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = MAIN
    sheet.append(["Danh sách năm 2026"])
    sheet.append(["Lĩnh vực", "Tên thủ tục", "Màu sắc"])
    sheet.append(["Chăn nuôi", "Cấp phép nuôi chim", "xanh"])
    found = read_xlsx(saved(book))
    assert found.drafts[0].content["field"] == "Chăn nuôi"
    assert f"{MAIN}!C2" in faults(found)
    assert any("thiếu cột “Kết quả”" in problem.text for problem in found.problems)


def test_the_same_id_twice_is_a_named_fault() -> None:
    assert faults(read_xlsx(workbook(ROW, ROW))) == [f"{MAIN}!A3"]


def test_text_that_looks_like_a_formula_stays_text(records: dict[str, dict[str, Any]]) -> None:
    record = {**records["tach-ho"], "result": '=HYPERLINK("http://x")'}
    data = write_xlsx({"tach-ho": record})
    book = load_workbook(io.BytesIO(data))
    place = [column.key for column in MAIN_COLUMNS].index("result") + 1
    assert book[MAIN].cell(2, place).data_type == "s"
    assert read_xlsx(data).drafts[0].content["result"] == record["result"]


def test_the_template_explains_itself_and_offers_lists() -> None:
    book = load_workbook(io.BytesIO(write_xlsx({})))
    assert book.sheetnames[:2] == ["Hướng dẫn", MAIN]
    assert "bản nháp" in " ".join(str(cell.value) for cell in book["Hướng dẫn"]["A"])
    lists = [rule.formula1 for rule in book[MAIN].data_validations.dataValidation if rule.type == "list"]
    assert lists == ['"Có,Không"'] * 4
    assert read_xlsx(write_xlsx({})) == Imported(())


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    read_xlsx(workbook(ROW, {**ROW, "Tên gọi ngắn": "Khác"}), lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert {of for _, of in told} == {2}
    assert told[-1] == (2, 2)


def test_a_workbook_without_the_sheet_is_refused() -> None:
    with pytest.raises(RefusedFileError, match="Thủ tục"):
        read_xlsx(saved(Workbook()))
