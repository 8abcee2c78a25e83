"""A report as files: CSV that spreadsheets open rightly, and XLSX. No cell is ever read as a formula."""

from __future__ import annotations

import asyncio
import csv as csv_format
import io
from collections.abc import Callable
from dataclasses import replace

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from bot.domain.reports import Breakdown, Report

TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
COLUMNS = ("Tên", "Nhận", "Đã trả lời", "Đúng hạn", "Quá hạn")
NO_CATEGORY = "Chưa xếp việc"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
Cell = str | int


def with_names(report: Report, unit_name: Callable[[str], str], category: Callable[[str], str]) -> Report:
    """The report with names in place of the ids of units and categories."""
    names: dict[str, Callable[[str], str]] = {
        "by_unit": unit_name,
        "by_category": lambda one: category(one) or NO_CATEGORY,
    }

    def named(breakdown: Breakdown) -> Breakdown:
        name = names.get(breakdown.key, str)
        return replace(breakdown, rows=tuple(replace(row, name=name(row.name)) for row in breakdown.rows))

    breakdowns = tuple(map(named, report.breakdowns))
    return replace(report, units=tuple(map(unit_name, report.units)), breakdowns=breakdowns)


def csv(report: Report) -> bytes:
    """UTF-8 with a mark, so that Vietnamese spreadsheets show the diacritics."""
    output = io.StringIO()
    writer = csv_format.writer(output)
    for title, rows in _sheets(report):
        writer.writerow([safe(title)])
        writer.writerows([safe(cell) for cell in row] for row in rows)
        writer.writerow([])
    return output.getvalue().encode("utf-8-sig")


async def xlsx(report: Report) -> bytes:
    return await asyncio.to_thread(_workbook, report)


def safe(cell: Cell) -> Cell:
    """A text that a spreadsheet would calculate is marked as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _workbook(report: Report) -> bytes:
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    for title, rows in _sheets(report):
        _fill(book.create_sheet(title[:31]), title, rows)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _fill(sheet: Worksheet, title: str, rows: list[list[Cell]]) -> None:
    sheet.append([title])
    sheet["A1"].font = Font(bold=True, size=13)
    for row in rows:
        sheet.append([safe(cell) for cell in row])
    for cell in sheet[2]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDE", (44, 22, 70, 14, 14), strict=True):
        sheet.column_dimensions[letter].width = width
    for line in sheet.iter_rows(min_row=3):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula


def _sheets(report: Report) -> list[tuple[str, list[list[Cell]]]]:
    """Titles with rows, the first of which names the columns."""
    figures: list[list[Cell]] = [["Chỉ tiêu", "Giá trị", "Cách tính"]]
    figures += [[one.label, one.shown, one.definition] for one in report.figures]
    about: list[list[Cell]] = [["Kỳ báo cáo", report.period.name], ["Đơn vị", ", ".join(report.units)]]
    sheets = [("Kỳ báo cáo", about), ("Chỉ tiêu", figures)]
    for one in report.breakdowns:
        rows: list[list[Cell]] = [list(COLUMNS)]
        rows += [[row.name, row.received, row.answered, row.on_time, row.late] for row in one.rows]
        sheets.append((one.label, rows))
    return sheets
