"""The directory as a workbook: back and forth, and every fault named by its cell."""

from __future__ import annotations

import io
from datetime import time
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.domain.errors import RefusedFileError
from bot.domain.records import Unit
from knowledge.exchange.directory_xlsx import checked_phone, read_directory_xlsx, write_directory_xlsx
from knowledge.exchange.procedures_xlsx import write_xlsx


@pytest.fixture
def empty(sample_units: dict[str, Unit]) -> Unit:
    return sample_units["xa-tan-an"].model_copy(update={"positions": (), "hours": None, "holidays": ()})


def filled(unit: Unit, **sheets: list[list[Any]]) -> bytes:
    titles = {"positions": "Chức danh", "contacts": "Liên hệ", "hours": "Giờ làm việc", "holidays": "Ngày nghỉ"}
    book = load_workbook(io.BytesIO(write_directory_xlsx(unit)))
    for name, rows in sheets.items():
        for row in rows:
            book[titles[name]].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("name", ["xa-tan-an", "dong-nai", "viet-nam"])
def test_every_shipped_directory_comes_back_unchanged(sample_units: dict[str, Unit], name: str) -> None:
    unit = sample_units[name]
    content, problems = read_directory_xlsx(write_directory_xlsx(unit), unit)
    assert problems == ()
    assert content == unit.model_dump(mode="json")


def test_new_rows_become_positions_hours_and_holidays(empty: Unit) -> None:
    data = filled(
        empty,
        positions=[[None, "Tư pháp – hộ tịch", "Văn phòng", "hộ tịch\ntư pháp", "khai sinh", None]],
        contacts=[["Tư pháp – hộ tịch", "Điện thoại", "0251 382 2222", None, None, None], [None, "Email", "a@b.vn"]],
        hours=[["Thứ Hai", "7h30", time(11, 30)], ["thứ 3", "13:00", "17 giờ"]],
        holidays=[["02/09/2027", "Quốc khánh", "Nghỉ", "Có", None], ["2027-09-04", "Làm bù", "Làm bù", "Không"]],
    )
    content, problems = read_directory_xlsx(data, empty)
    assert problems == ()
    [position] = content["positions"]
    assert (position["id"], position["aliases"]) == ("tu-phap-ho-tich", ["hộ tịch", "tư pháp"])
    assert [one["value"] for one in position["contacts"]] == ["0251 382 2222", "a@b.vn"]
    assert [(one["weekday"], one["opens"], one["closes"]) for one in content["hours"]] == [
        (0, "07:30:00", "11:30:00"),
        (1, "13:00:00", "17:00:00"),
    ]
    assert [(one["date"], one["kind"], one["confirmed"]) for one in content["holidays"]] == [
        ("2027-09-02", "day_off", True),
        ("2027-09-04", "working", False),
    ]


def test_a_sheet_without_rows_leaves_its_part_alone(sample_units: dict[str, Unit], empty: Unit) -> None:
    unit = sample_units["xa-tan-an"]
    content, _ = read_directory_xlsx(write_directory_xlsx(empty), unit)
    assert content == unit.model_dump(mode="json")


def test_every_fault_is_named_by_its_cell_and_the_other_rows_are_read(empty: Unit) -> None:
    data = filled(
        empty,
        positions=[["a", "Chức danh A"], ["a", "Chức danh B"], ["c", None, "Bộ phận"], ["KHÔNG HỢP LỆ", "D"]],
        contacts=[
            ["a", "Điện thoại", "0251 000 0011"],
            ["a", "Điện thoại", "12"],
            ["a", "Điện thoại", 2513822222],
            ["a", "Fax", "0251 000 0011"],
            ["x", "Điện thoại", "113"],
            ["a", "Email", "không phải"],
        ],
        hours=[["Thứ Chín", "7:00", "8:00"], ["Thứ Hai", "8:00", "7:00"], ["Thứ Hai", "bảy", "8:00"]],
        holidays=[["hôm nay", "Nghỉ"], ["02/09/2027", None, "Nghỉ"]],
    )
    content, problems = read_directory_xlsx(data, empty)
    assert [problem.place for problem in problems] == [
        "Chức danh!A3", "Chức danh!B4", "Chức danh!A5",
        "Liên hệ!C3", "Liên hệ!C4", "Liên hệ!B5", "Liên hệ!A6", "Liên hệ!C7",
        "Giờ làm việc!A2", "Giờ làm việc!C3", "Giờ làm việc!B4", "Ngày nghỉ!A2", "Ngày nghỉ!B3",
    ]  # fmt: skip
    assert all("bỏ qua" in problem.text for problem in problems)
    assert [one["value"] for one in content["positions"][0]["contacts"]] == ["0251 000 0011"]


@pytest.mark.parametrize(
    "number", ["113", "1022", "1800 1096", "19001234", "0251 382 2222", "0912345678", "+84 912 345 678"]
)
def test_numbers_that_can_be_called_are_kept_as_written(number: str) -> None:
    assert checked_phone(number) == number


@pytest.mark.parametrize("number", ["12", "abc", "912345678", "0912", "09123456789012345"])
def test_numbers_that_cannot_be_called_are_refused(number: str) -> None:
    with pytest.raises(ValueError, match=number):
        checked_phone(number)


def test_a_workbook_of_something_else_is_refused(empty: Unit) -> None:
    with pytest.raises(RefusedFileError, match="Chức danh"):
        read_directory_xlsx(write_xlsx({}), empty)
