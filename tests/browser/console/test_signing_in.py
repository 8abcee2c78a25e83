from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from playwright.async_api import Page, ViewportSize, expect

from bot import limits
from bot.domain.staff import Role
from bot.web.console.services import Console
from tests import cast
from tests.browser.console.conftest import OFFICE, PHONE, Open
from tests.browser.console.pages import assert_accessible, keep_picture
from tests.fakes import FakeClock

pytestmark = pytest.mark.browser
NEW_PASSWORD = "sông Đồng Nai nước trong"


async def try_password(page: Page, login: str, password: str) -> None:
    await page.get_by_label("Tên đăng nhập").fill(login)
    await page.get_by_label("Mật khẩu").fill(password)
    await page.get_by_role("button", name="Đăng nhập").click()


@pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])
async def test_a_new_leader_sets_password_and_second_factor_up_and_is_in(
    new_page: Open, console: Console, clock: FakeClock, people: dict[str, int], viewport: ViewportSize
) -> None:
    _, temporary = await console.accounts.create(
        cast.TERMINAL, "thanh", "Bùi Văn Thành", "Phó Chủ tịch", {cast.UNIT: frozenset({Role.LEADER})}
    )
    page = await new_page("/console/sign-in", viewport)
    await assert_accessible(page)
    await try_password(page, "thanh", temporary)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Đặt mật khẩu của riêng mình")
    await assert_accessible(page)
    await page.get_by_label("Mật khẩu tạm").fill(temporary)
    await page.get_by_label("Mật khẩu mới", exact=True).fill("12345678901")
    await page.get_by_label("Nhập lại mật khẩu mới").fill("12345678901")
    await page.get_by_role("button", name="Lưu mật khẩu").click()
    await expect(page.get_by_text("dãy phím liền nhau")).to_be_visible()
    await page.get_by_label("Mật khẩu tạm").fill(temporary)
    await page.get_by_label("Mật khẩu mới", exact=True).fill(NEW_PASSWORD)
    await page.get_by_label("Nhập lại mật khẩu mới").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Lưu mật khẩu").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bật mã xác thực hai lớp")
    await assert_accessible(page)
    await page.get_by_text("Không quét được?").click()
    secret = (await page.locator("code.key").inner_text()).replace(" ", "")
    await page.get_by_label("Mã sáu chữ số").fill("000000")
    await page.get_by_role("button", name="Xác nhận").click()
    await expect(page.get_by_text("Mã không đúng")).to_be_visible()
    await page.get_by_label("Mã sáu chữ số").fill(pyotp.TOTP(secret).at(int(clock.now().timestamp())))
    await page.get_by_role("button", name="Xác nhận").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Chào Bùi Văn Thành")
    await assert_accessible(page)


async def test_too_many_wrong_passwords_lock_the_account_with_a_clear_message(
    new_page: Open, people: dict[str, int], clock: FakeClock
) -> None:
    page = await new_page("/console/sign-in", PHONE)
    for _ in range(limits.FAILED_SIGN_INS):
        await try_password(page, "lan", "không phải mật khẩu")
        await expect(page.get_by_role("alert")).to_contain_text("không đúng")
    await try_password(page, "lan", cast.PASSWORD)
    await expect(page.get_by_role("alert")).to_contain_text("thử lại sau 15 phút")
    await keep_picture(page)
    clock.advance(limits.SIGN_IN_LOCK + timedelta(seconds=1))
    await try_password(page, "lan", cast.PASSWORD)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Chào Nguyễn Thị Lan")


@pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])
async def test_another_device_is_signed_out_from_the_list(enter: Open, viewport: ViewportSize) -> None:
    office, phone = await enter(cast.LAN), await enter(cast.LAN, viewport)
    await phone.goto("/console/sessions")
    await assert_accessible(phone)
    await phone.get_by_role("button", name="Đăng xuất Chrome").click()
    await expect(phone.get_by_text("Đã đăng xuất thiết bị đó.")).to_be_visible()
    await office.reload()
    await expect(office.get_by_role("heading", level=1)).to_have_text("Đăng nhập")


async def test_a_form_whose_session_ended_is_sent_after_signing_in_above_it(
    enter: Open, console: Console, clock: FakeClock, people: dict[str, int]
) -> None:
    page = await enter(cast.QUAN)
    await page.goto("/console/accounts/new")
    await page.get_by_label("Họ và tên").fill("Trịnh Công Danh")
    await page.get_by_label("Tên đăng nhập").first.fill("danh.trinh")
    await page.get_by_label("Cán bộ xử lý").check()
    clock.advance(limits.SESSION_IDLE + timedelta(minutes=1))
    await page.get_by_role("button", name="Tạo tài khoản").click()
    dialog = page.get_by_role("dialog", name="Đăng nhập lại để tiếp tục")
    await expect(dialog).to_be_visible()
    await keep_picture(page)
    await dialog.get_by_label("Mật khẩu").fill("sai mật khẩu rồi")
    await dialog.get_by_label("Mã xác thực").fill("000000")
    await dialog.get_by_role("button", name="Đăng nhập và gửi tiếp").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("không đúng")
    await dialog.get_by_label("Mật khẩu").fill(cast.PASSWORD)
    await dialog.get_by_label("Mã xác thực").fill(cast.code_at(clock.now().timestamp()))
    await dialog.get_by_role("button", name="Đăng nhập và gửi tiếp").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Mật khẩu tạm của Trịnh Công Danh")
    made = await console.staff.by_login("danh.trinh")
    assert made is not None
    assert made.roles == {cast.UNIT: {Role.HANDLER}}
