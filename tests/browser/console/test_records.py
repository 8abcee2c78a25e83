"""Nhập, xuất tệp; Danh bạ; Lời mẫu, in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, ViewportSize, expect

from bot.domain.records import Unit
from bot.storage.revisions import Revisions
from bot.web.console.services import Console
from tests import cast
from tests.browser.console.conftest import OFFICE, PHONE, Open
from tests.browser.console.pages import assert_accessible, keep_picture
from tests.exchange.test_procedures_xlsx import ROW, workbook
from tests.fakes import FakeClock

pytestmark = pytest.mark.browser
both_widths = pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])


@pytest.fixture
async def published(console: Console, clock: FakeClock, sample_units: dict[str, Unit]) -> None:
    units = {name: one.model_dump(mode="json") for name, one in sample_units.items()}
    await Revisions(console.database, clock).publish("unit", None, units)


async def go(page: Page, path: str) -> None:
    await page.goto(f"/console/{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await assert_accessible(page)


@both_widths
async def test_the_editor_hands_a_file_in_sees_what_it_would_change_and_makes_a_draft(
    enter: Open, viewport: ViewportSize
) -> None:
    page = await enter(cast.NGOC, viewport)
    await go(page, "imports")
    row = {**ROW, "Mã thủ tục": "sai mã"}
    data = workbook(row, {**ROW, "Tên gọi ngắn": "Nuôi ong"}, fees=[["nuoi-chim", None, "Không", None]])
    await page.get_by_label("Tệp", exact=True).set_input_files(
        {"name": "thu-tuc.xlsx", "mimeType": "application/octet-stream", "buffer": data}
    )
    await page.get_by_role("button", name="Đọc tệp").click()
    await expect(page.get_by_text("2 thủ tục trong tệp")).to_be_visible(timeout=60_000)
    await expect(page.get_by_text("hiểu là miễn phí: xác nhận")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("checkbox", name="Nuôi chim").check()
    await page.get_by_role("button", name="Tạo bản nháp cho mục đã chọn").click()
    await expect(page.get_by_text("Đã tạo 1 bản nháp; chưa công bố gì.")).to_be_visible()
    await expect(page.get_by_role("link", name="Mở bản nháp")).to_have_attribute(
        "href", "/console/procedures/nuoi-chim"
    )


@both_widths
async def test_the_editor_changes_a_phone_and_an_absence_publishes_and_finds_the_old_revision(
    enter: Open, published: None, viewport: ViewportSize
) -> None:
    page = await enter(cast.NGOC, viewport)
    await go(page, "directory")
    for path in ("hours", "holidays", "place", "file"):
        await go(page, f"directory/{path}")
    await go(page, "directory/positions/cong-an-xa")
    await page.get_by_label("Số hoặc địa chỉ, dòng 1").fill("gọi đi")
    await page.get_by_role("button", name="Lưu vào bản nháp").click()
    await expect(page.get_by_text("“gọi đi” không phải số điện thoại.")).to_be_visible()
    await keep_picture(page)
    await page.get_by_label("Số hoặc địa chỉ, dòng 1").fill("0251 382 1111")
    await page.get_by_label("Từ ngày, dòng 1").fill("2026-11-23")
    await page.get_by_label("Người thay", exact=True).select_option(label="Trạm Y tế xã")
    await page.get_by_role("button", name="Lưu vào bản nháp").click()
    await expect(page.get_by_text("thay đổi chưa công bố")).to_be_visible()
    await page.get_by_role("link", name="Xem và công bố").click()
    await expect(page.get_by_role("button", name="Công bố các thay đổi này")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Công bố các thay đổi này").click()
    await expect(page.get_by_text("Đã công bố.")).to_be_visible()
    await keep_picture(page)
    await go(page, "directory/history")
    await page.get_by_role("button", name="So sánh").click()
    await expect(page.get_by_text("0251 382 1111").first).to_be_visible()
    await assert_accessible(page)


@both_widths
async def test_the_editor_words_the_greeting_and_sees_it_while_typing(enter: Open, viewport: ViewportSize) -> None:
    page = await enter(cast.NGOC, viewport)
    await go(page, "texts")
    await go(page, "texts/templates/new")
    await go(page, "texts/wordings/GREETING")
    await page.get_by_label("Lời", exact=True).fill("Chào từ {ten_xa}")
    await expect(page.get_by_text("Không dùng được biến {ten_xa} ở đây.")).to_be_visible()
    await page.get_by_label("Lời", exact=True).fill("Dạ, {ten_don_vi} xin nghe.")
    await expect(page.get_by_text("Dạ, xã Tân An xin nghe.")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Lưu vào bản nháp").click()
    await page.get_by_role("link", name="Xem và công bố").click()
    await page.get_by_role("button", name="Công bố các thay đổi này").click()
    await expect(page.get_by_text("Đã công bố.")).to_be_visible()
    await keep_picture(page)
