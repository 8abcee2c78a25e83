"""The main path of each role through the ticket desk, at both widths."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, ViewportSize, expect

from bot import limits
from bot.domain.tickets import TicketState
from tests import cast
from tests.browser.console.conftest import OFFICE, PHONE, Open
from tests.browser.console.pages import assert_accessible, keep_picture
from tests.fakes import FakeClock
from tests.web.console.desk_fixtures import Day, Town

pytestmark = pytest.mark.browser
both_widths = pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])


async def go(page: Page, path: str) -> None:
    await page.goto(f"/console/{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def open_action(page: Page, name: str) -> None:
    await page.locator("summary", has_text=name).first.click()


@both_widths
async def test_the_operator_finds_a_new_ticket_receives_and_assigns_it_and_answers_a_waiting_citizen(
    enter: Open, town: Town, day: Day, viewport: ViewportSize
) -> None:
    page = await enter(cast.LAN, viewport)
    await assert_accessible(page)
    await go(page, "tickets")
    await assert_accessible(page)
    await page.get_by_label("Tìm phiếu").fill("den duong")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name=day.lights.code).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Phiếu {day.lights.code}")
    await assert_accessible(page)
    await page.get_by_role("button", name="Tiếp nhận, báo công dân").click()
    await expect(page.get_by_text("Đã tiếp nhận phiếu và báo công dân.")).to_be_visible()
    await page.get_by_label("Người xử lý").select_option(label="Trần Văn Hùng – Công chức Địa chính – Xây dựng")
    await page.get_by_role("button", name="Giao việc").click()
    await expect(page.get_by_text("Đã phân công.")).to_be_visible()
    assert (await town.now(day.lights)).assignee == cast.HUNG.name
    await go(page, "tickets/new")
    await assert_accessible(page)
    await go(page, "conversations")
    await assert_accessible(page)
    await page.get_by_role("link", name="Trang web").click()
    await page.get_by_role("button", name="Nhận cuộc trò chuyện").click()
    await page.get_by_label("Tin nhắn cho công dân").fill("Dạ, tôi nghe đây ạ.")
    await page.get_by_role("button", name="Gửi", exact=True).click()
    await expect(page.get_by_text("Dạ, tôi nghe đây ạ.").first).to_be_visible()
    await assert_accessible(page)


@both_widths
async def test_the_handler_answers_with_a_template_asks_and_closes(
    enter: Open, town: Town, day: Day, viewport: ViewportSize
) -> None:
    page = await enter(cast.HUNG, viewport)
    await go(page, f"tickets/{day.rubbish.code}")
    await page.get_by_label("Câu trả lời mẫu").select_option(label="Đã xử lý xong")
    await expect(page.get_by_label("Nội dung trả lời")).to_have_value(
        "Việc ông/bà phản ánh đã được xử lý xong. Ông/bà xem lại tại đầu chợ; nếu chưa ổn, xin nhắn lại kèm mã "
        f"{day.rubbish.code}. Xã Tân An cảm ơn ông/bà đã báo tin."
    )
    await open_action(page, "Hỏi thêm công dân")
    await page.get_by_label("Câu hỏi").fill("Đoạn nào còn rác ạ?")
    await assert_accessible(page)
    await page.get_by_role("button", name="Gửi câu hỏi").click()
    await expect(page.get_by_text("Đã gửi câu hỏi.")).to_be_visible()
    assert (await town.now(day.rubbish)).state is TicketState.WAITING
    await page.get_by_label("Nội dung trả lời").fill("Đã thu gom xong.")
    await page.get_by_role("button", name="Gửi câu trả lời").click()
    await expect(page.get_by_text("Đã gửi câu trả lời cho công dân.")).to_be_visible()
    await open_action(page, "Đóng phiếu")
    await page.get_by_label("Kết quả", exact=True).select_option("solved")
    await page.get_by_label("Lý do, căn cứ").fill("Đã thu gom, có ảnh")
    await page.get_by_role("button", name="Đóng phiếu").click()
    await expect(page.get_by_text("Đã đóng phiếu và báo công dân.")).to_be_visible()
    await assert_accessible(page)


@both_widths
async def test_the_leader_reads_a_restricted_ticket_apologises_for_a_late_one_and_reads_the_reports(
    enter: Open, town: Town, day: Day, viewport: ViewportSize
) -> None:
    page = await enter(cast.MAI, viewport)
    await go(page, f"tickets/{day.conduct.code}")
    await expect(page.get_by_text("Hạn chế: chỉ lãnh đạo").first).to_be_visible()
    await assert_accessible(page)
    await go(page, "tickets?folder=overdue")
    await page.get_by_role("link", name=day.late.code).click()
    await page.get_by_role("link", name="Soạn thư xin lỗi").click()
    await page.get_by_label("Lý do chậm").fill("Chờ đơn vị duy tu bố trí xe")
    await page.get_by_label("Ngày hẹn mới").fill("2026-12-31")
    await page.get_by_role("button", name="Soạn thư").click()
    await expect(page.get_by_label("Thư (sửa được trước khi gửi)")).to_contain_text("Chờ đơn vị duy tu")
    await assert_accessible(page)
    await page.get_by_role("button", name="Gửi thư cho công dân").click()
    await expect(page.get_by_text("Đã gửi thư xin lỗi và hẹn ngày mới.")).to_be_visible()
    for path in (f"tickets/{day.late.code}/apology-print", f"tickets/{day.late.code}/print", "reports"):
        await go(page, path)
        await assert_accessible(page)


@both_widths
async def test_the_appointed_officer_opens_a_sealed_text_and_hands_it_over(
    enter: Open, day: Day, viewport: ViewportSize
) -> None:
    page = await enter(cast.TAM, viewport)
    await go(page, "sealed")
    await assert_accessible(page)
    await page.get_by_role("button", name="Mở").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Mở", exact=True).click()
    await expect(page.get_by_text("lời được niêm phong")).to_be_visible()
    await keep_picture(page)
    await go(page, "sealed")
    await page.get_by_role("button", name="Ghi bàn giao").click()
    await page.get_by_role("dialog").get_by_role("button", name="Đã bàn giao").click()
    await expect(page.get_by_text("Đã ghi bàn giao.")).to_be_visible()


async def test_the_queue_is_worked_by_keyboard_and_told_of_news_without_jumping(
    enter: Open, town: Town, day: Day
) -> None:
    page = await enter(cast.LAN)
    await go(page, "tickets?folder=unassigned")
    rows = page.locator("tr[data-row]")
    before = await rows.count()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator("[data-chosen-count]")).to_have_text("1")
    boxes = page.locator('input[name="chosen"]')
    await boxes.last.click(modifiers=["Shift"])
    await expect(page.locator("[data-chosen-count]")).to_have_text(str(before))
    await page.get_by_label("Chọn cả trang").uncheck()
    await expect(page.locator("[data-chosen-count]")).to_have_text("0")
    town.clock.advance(limits.SESSION_TOUCH)
    filed = await town.file("Cây đổ chắn đường", "ông Tám")
    await town.parts.signals.notify(f"console:{cast.UNIT}")
    await expect(page.get_by_text("1 phiếu mới")).to_be_visible()
    assert await rows.count() == before
    await page.get_by_text("Cập nhật").click()
    await expect(page.get_by_role("link", name=filed.code)).to_be_visible()
    await page.get_by_role("link", name=filed.code).focus()
    await page.keyboard.press("a")
    await expect(page.get_by_text(f"Anh/chị đã nhận phiếu {filed.code}.")).to_be_visible()
    assert (await town.now(filed)).assignee == cast.LAN.name


async def test_two_people_on_one_ticket_see_each_other_and_nothing_typed_is_lost(
    enter: Open, town: Town, day: Day
) -> None:
    lan, hung = await enter(cast.LAN), await enter(cast.HUNG)
    for page in (lan, hung):
        await go(page, f"tickets/{day.rubbish.code}")
    await expect(hung.get_by_text("Nguyễn Thị Lan cũng đang xem phiếu này.")).to_be_visible()
    await hung.get_by_label("Nội dung trả lời").fill("Câu trả lời tôi viết lâu")
    await open_action(lan, "Ghi chú nội bộ")
    await lan.get_by_label("Ghi chú", exact=True).fill("Dân gọi hỏi lại")
    await lan.get_by_role("button", name="Lưu ghi chú").click()
    await expect(lan.get_by_text("Đã lưu ghi chú nội bộ.")).to_be_visible()
    await hung.get_by_role("button", name="Gửi câu trả lời").click()
    await expect(hung.get_by_role("heading", name="Chưa lưu: Nguyễn Thị Lan đã thay đổi")).to_be_visible()
    await expect(hung.get_by_label("Nội dung trả lời")).to_have_value("Câu trả lời tôi viết lâu")
    await assert_accessible(hung)
    await hung.get_by_role("button", name="Vẫn gửi sau khi đã xem").click()
    await expect(hung.get_by_text("Đã gửi câu trả lời cho công dân.")).to_be_visible()


async def test_what_was_typed_survives_a_closed_tab_and_two_tabs_of_one_person_do_not_overwrite_each_other(
    enter: Open, day: Day
) -> None:
    first = await enter(cast.HUNG)
    await go(first, f"tickets/{day.rubbish.code}")
    await first.get_by_label("Nội dung trả lời").fill("Bản nháp đang viết dở")
    await expect(first.get_by_text("Đã tự lưu nháp")).to_be_visible()
    second = await first.context.new_page()
    await go(second, f"tickets/{day.rubbish.code}")
    await expect(second.get_by_label("Nội dung trả lời")).to_have_value("Bản nháp đang viết dở")
    await second.get_by_label("Nội dung trả lời").fill("Viết tiếp ở thẻ thứ hai")
    await second.get_by_role("button", name="Gửi câu trả lời").click()
    await expect(second.get_by_text("Đã gửi câu trả lời cho công dân.")).to_be_visible()
    await first.get_by_role("button", name="Gửi câu trả lời").click()
    await expect(first.get_by_role("heading", name="Chưa lưu")).to_be_visible()
    await expect(first.get_by_label("Nội dung trả lời")).to_have_value("Bản nháp đang viết dở")
    await second.close()
    await first.close()


async def test_a_reply_whose_session_ended_is_sent_after_signing_in_above_it(
    enter: Open, town: Town, day: Day, clock: FakeClock
) -> None:
    page = await enter(cast.HUNG)
    await go(page, f"tickets/{day.rubbish.code}")
    await page.get_by_label("Nội dung trả lời").fill("Câu trả lời dài, viết hơn hai giờ")
    clock.advance(limits.SESSION_IDLE * 1.1)
    await page.get_by_role("button", name="Gửi câu trả lời").click()
    dialog = page.get_by_role("dialog", name="Đăng nhập lại để tiếp tục")
    await dialog.get_by_label("Mật khẩu").fill(cast.PASSWORD)
    await dialog.get_by_role("button", name="Đăng nhập và gửi tiếp").click()
    await expect(page.get_by_text("Đã gửi câu trả lời cho công dân.")).to_be_visible()
    told = await town.told((await town.now(day.rubbish)).conversation_id)
    assert "viết hơn hai giờ" in "\n".join(told)


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(enter: Open, day: Day) -> None:
    page = await enter(cast.HUNG)
    await go(page, f"tickets/{day.rubbish.code}")
    field = page.get_by_label("Tệp đính kèm")
    await field.set_input_files({"name": "lon.pdf", "mimeType": "application/pdf", "buffer": b"0" * 10_000_001})
    await expect(page.get_by_text("lớn hơn 10 MB")).to_be_visible()
    await expect(field).to_have_value("")
