"""Excel workbooks as sheets of rows with named columns: reading them with the place of every cell, and writing them
with instructions, widths and lists to choose from."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from bot import limits
from bot.domain.errors import RefusedFileError
from knowledge.exchange import guard
from knowledge.exchange.drafts import Problem
from knowledge.exchange.words import folded

LINE_BREAK = "↵"
"""A line break inside one item of a cell that holds an item a line."""
_BLANK_ROWS = 500
"""After so many rows without a word a sheet is taken for ended: some programs claim a million."""
_COLUMNS = 60
_TEMPLATE_ROWS = 1_000
_HEADER = PatternFill("solid", fgColor="0B4A5A")


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str
    help: str = ""
    width: int = 24
    choices: tuple[str, ...] = ()
    is_date: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by the column's key, empty ones left out."""

    sheet: str
    number: int
    cells: Mapping[str, Any]
    letters: Mapping[str, str]

    def place(self, key: str) -> str:
        """A cell as people name it: Thủ tục!C7."""
        return f"{self.sheet}!{self.letters.get(key, 'A')}{self.number}"

    def text(self, key: str) -> str:
        return text_of(self.cells.get(key))

    def lines(self, key: str) -> list[str]:
        found = (line.strip().replace(LINE_BREAK, "\n") for line in self.text(key).split("\n"))
        return [line for line in found if line]


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]] = ()


class Workbooks:
    """An opened workbook. Raises RefusedFileError for what is none."""

    def __init__(self, data: bytes) -> None:
        guard.expect(data, "xlsx")
        try:
            self._book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        except _DAMAGES as error:
            raise RefusedFileError(_DAMAGED) from error
        self._titles = {folded(title): title for title in self._book.sheetnames}

    def __contains__(self, title: str) -> bool:
        return folded(title) in self._titles

    def rows(self, title: str, columns: Sequence[Column], problems: list[Problem]) -> Iterator[Row]:
        """The rows below the header, which is the first row with a known title among the first ten. Unknown and
        missing columns are named in `problems`."""
        own = self._titles.get(folded(title))
        if own is None:
            return
        try:
            yield from self._rows(own, columns, problems)
        except _DAMAGES as error:
            raise RefusedFileError(_DAMAGED) from error

    def _rows(self, title: str, columns: Sequence[Column], problems: list[Problem]) -> Iterator[Row]:
        known = {folded(column.title): column.key for column in columns}
        places: dict[int, str] = {}
        letters: dict[str, str] = {}
        blank = 0
        sheet = self._book[title]
        sheet.reset_dimensions()
        for number, values in enumerate(sheet.iter_rows(max_col=_COLUMNS, values_only=True), 1):
            if number > limits.SHEET_ROWS:
                problems.append(Problem(f"{title}!A{number}", f"chỉ đọc {limits.SHEET_ROWS} dòng: chia nhỏ tệp"))
                return
            filled = {place: value for place, value in enumerate(values) if text_of(value) != ""}
            blank = 0 if filled else blank + 1
            if blank > _BLANK_ROWS:
                return
            if not places:
                if number > 10:
                    break
                places = {place: known[name] for place, value in filled.items() if (name := _name(value)) in known}
                letters = {key: get_column_letter(place + 1) for place, key in places.items()}
                if places:
                    problems += _odd_columns(title, number, filled, places, columns)
                continue
            cells = {key: filled[place] for place, key in places.items() if place in filled}
            if cells:
                yield Row(title, number, cells, letters)
        if not places:
            titles = ", ".join(column.title for column in columns if column.required)
            problems.append(Problem(f"{title}!A1", f"không thấy dòng tiêu đề: cần có các cột {titles}"))


def text_of(value: Any) -> str:
    """A cell as text: numbers without a needless decimal, dates in ISO form, NFC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = unicodedata.normalize("NFC", str(value)).replace("\r\n", "\n").replace("\u00a0", " ").replace("_x000D_", "")
    return text.strip()


def joined(items: Sequence[str]) -> str:
    """Items for one cell, one a line."""
    return "\n".join(item.replace("\n", LINE_BREAK) for item in items)


def write_workbook(instructions: Sequence[str], sheets: Sequence[Sheet]) -> bytes:
    book = Workbook()
    guide = book.worksheets[0]
    guide.title = "Hướng dẫn"
    guide.column_dimensions["A"].width = 110
    for number, line in enumerate(instructions, 1):
        cell = guide.cell(number, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if number == 1:
            cell.font = Font(bold=True, size=15)
    for sheet in sheets:
        _write_sheet(book.create_sheet(sheet.title), sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write_sheet(target: Any, sheet: Sheet) -> None:
    wrapped = Alignment(wrap_text=True, vertical="top")
    for place, column in enumerate(sheet.columns, 1):
        cell = target.cell(1, place, column.title + (" *" if column.required else ""))
        cell.font, cell.fill, cell.alignment = Font(bold=True, color="FFFFFF"), _HEADER, wrapped
        letter = get_column_letter(place)
        target.column_dimensions[letter].width = column.width
        if column.choices or column.is_date or column.help:
            target.add_data_validation(rule := _rule(column))
            rule.add(f"{letter}2:{letter}{max(_TEMPLATE_ROWS, len(sheet.rows) + 100)}")
    for number, row in enumerate(sheet.rows, 2):
        for place, value in enumerate(row, 1):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                cell = target.cell(number, place, ILLEGAL_CHARACTERS_RE.sub(" ", value))
                cell.data_type = "s"  # also what begins with "=": text is never a formula
            else:
                cell = target.cell(number, place, value)
                if isinstance(value, date):
                    cell.number_format = "dd/mm/yyyy"
            cell.alignment = wrapped
    target.freeze_panes = "C2" if len(sheet.columns) > 4 else "A2"


def _rule(column: Column) -> DataValidation:
    if column.choices:
        rule = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
        rule.showErrorMessage = True
        rule.error, rule.errorTitle = "Chọn một mục trong danh sách.", column.title[:32]
    elif column.is_date:
        rule = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
        rule.showErrorMessage = True
        rule.error, rule.errorTitle = "Ghi ngày dạng 20/11/2026.", column.title[:32]
    else:
        rule = DataValidation(allow_blank=True)
    if column.help:
        rule.showInputMessage = True
        rule.prompt, rule.promptTitle = column.help[:255], column.title[:32]
    return rule


def _name(value: Any) -> str:
    return folded(text_of(value).rstrip("* "))


def _odd_columns(
    title: str, number: int, filled: Mapping[int, Any], places: Mapping[int, str], columns: Sequence[Column]
) -> list[Problem]:
    problems = [
        Problem(
            f"{title}!{get_column_letter(place + 1)}{number}", f"không biết cột “{text_of(value)}”: cột này bị bỏ qua"
        )
        for place, value in filled.items()
        if place not in places
    ]
    missing = [column.title for column in columns if column.required and column.key not in places.values()]
    return problems + [Problem(f"{title}!A{number}", f"thiếu cột “{name}”") for name in missing]


_DAMAGED = "Tệp Excel bị hỏng, không đọc được nội dung: mở bằng Excel rồi lưu lại."
_DAMAGES = (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError, ParseError, SyntaxError,
            zipfile.BadZipFile, EOFError, OSError)  # fmt: skip
"""All that openpyxl was seen to raise for damaged workbooks."""
