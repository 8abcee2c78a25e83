from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from bot.domain.tickets import TicketKind
from bot.web.console.desk.exports import safe
from knowledge.categories import categories
from tests import cast
from tests.web.console.desk_fixtures import Town
from tests.web.console.fixtures import SignIn

FORMULA = '=HYPERLINK("http://evil.example","bấm")'


async def test_the_page_has_figures_with_definitions_charts_and_tables(sign_in: SignIn, town: Town) -> None:
    await town.file("Rác", hamlet="Ấp 1", category="rubbish")
    await town.file("Đèn", citizen="ba", hamlet="Ấp 2")
    page = await (await sign_in(cast.MAI)).get("/console/reports")
    assert page.root is not None
    assert "Phiếu nhận trong kỳ" in page.words
    assert "chia cho tổng số phiếu" in page.words
    charts = page.root.xpath("//svg[@class='bars']")
    tables = page.root.xpath("//div[contains(@class, 'table-box')]//table")
    assert len(charts) == len(tables) == 5
    for chart in charts:
        assert chart.xpath("./title")
        assert "nhận" in chart.xpath("./desc")[0].text
    for name in ("xã Tân An", categories()["rubbish"].name, "Chưa xếp việc"):
        assert page.root.xpath(f"//th[text()='{name}']")


async def test_nothing_of_a_denunciation_or_a_call_back_is_counted(sign_in: SignIn, town: Town) -> None:
    await town.file("Xin gọi lại", kind=TicketKind.CALL_BACK)
    page = await (await sign_in(cast.MAI)).get("/console/reports")
    assert "Chưa có phiếu nào trong kỳ" in page.words


async def test_files_hold_the_same_figures_and_no_formula(sign_in: SignIn, town: Town) -> None:
    await town.file("Rác", hamlet=FORMULA)
    mai = await sign_in(cast.MAI)
    page = await mai.get("/console/reports/export.csv?period=this-month")
    assert page.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(page.text.removeprefix("\ufeff"))))
    cells = [cell for row in rows for cell in row]
    assert "Phiếu nhận trong kỳ" in cells
    assert f"'{FORMULA}" in cells
    assert not any(cell.startswith("=") for cell in cells)
    async with mai._client.get("/console/reports/export.xlsx", cookies=mai._cookies) as response:
        book = openpyxl.load_workbook(io.BytesIO(await response.read()))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds <= {"s", "n"}
    assert "Chỉ tiêu" in book.sheetnames


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("period=days&first=2026-12-01&last=2026-01-01", "Ngày chưa đúng"),
        ("period=days&first=x&last=y", "Ngày chưa đúng"),
        ("period=days&first=1800-01-01&last=2026-01-01", "dài quá ba năm"),
        ("period=khac", ""),
    ],
)
async def test_a_wrong_period_is_explained(sign_in: SignIn, query: str, told: str) -> None:
    page = await (await sign_in(cast.MAI)).get(f"/console/reports?{query}")
    assert page.status == 200
    assert told in page.words


async def test_reports_of_another_unit_are_refused(sign_in: SignIn) -> None:
    mai = await sign_in(cast.MAI)
    assert (await mai.get(f"/console/reports?unit={cast.OTHER_UNIT}")).status == 403
    assert (await mai.get(f"/console/reports/export.csv?unit={cast.OTHER_UNIT}")).status == 403
    assert (await (await sign_in(cast.LAN)).get("/console/reports")).status == 403


@pytest.mark.parametrize("cell", ["=1+1", "+84912", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_would_be_calculated_is_marked_as_text(cell: str) -> None:
    assert safe(cell) == f"'{cell}"
    assert safe("Ấp 1 = 2") == "Ấp 1 = 2"
