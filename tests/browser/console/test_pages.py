"""Every page, at both widths: no grave fault for people with disabilities, nothing sticking out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import ViewportSize, expect
from sqlalchemy import insert, update

from bot.storage.tables import channels, citizens, conversations, messages, outbox
from bot.web.console.services import Console
from tests import cast
from tests.browser.console.conftest import OFFICE, PHONE, Open
from tests.browser.console.pages import assert_accessible
from tests.fakes import FakeClock

pytestmark = pytest.mark.browser
PAGES = (
    "", "accounts", "accounts/new", "accounts/1", "accounts/3", "audit", "channels", "outbox", "password",
    "second-factor", "sessions", "help", "help/dang-nhap", "help/lam-quen", "help/tai-khoan", "help/kenh",
    "help/tin-chua-gui", "help/nhat-ky", "nothing-here",
)  # fmt: skip


@pytest.fixture
async def trouble(console: Console, clock: FakeClock) -> None:
    """A channel with an alarm and a notice, one that is blocked, and messages that did not go out."""
    now = clock.now()
    directory = console.directory
    zalo = await directory.connect("zalo", "2468013579", cast.UNIT, "Xã Tân An", {"app_id": "1"})
    page = await directory.connect("facebook", "1357924680", cast.UNIT, "UBND xã Tân An", {"app_id": "1"})
    async with console.database.write() as connection:
        await connection.execute(
            update(channels).where(channels.c.id == zalo).values(
                alarm="send: zalo:-223", alarm_since=now - timedelta(hours=3), notice_at=now - timedelta(days=1),
                notice="Mẫu tin “hen_tra_ket_qua” bị từ chối", access_expires_at=now + timedelta(hours=20),
                refresh_expires_at=now + timedelta(days=61),
            )
        )  # fmt: skip
        await connection.execute(update(channels).where(channels.c.id == page).values(blocked_at=now))
        for number, (outcome, reason) in enumerate(
            (("unreachable", "window_closed"), ("rejected", "uncertain: timeout"))
        ):
            citizen = (await connection.execute(
                insert(citizens).values(channel_id=page, external_id=f"citizen {number}", created_at=now)
                .returning(citizens.c.id)
            )).scalar_one()  # fmt: skip
            conversation = (await connection.execute(
                insert(conversations).values(
                    citizen_id=citizen, channel_id=page, state={}, last_event_at=now, created_at=now
                ).returning(conversations.c.id)
            )).scalar_one()  # fmt: skip
            message = (await connection.execute(
                insert(messages).values(
                    conversation_id=conversation, seq=1, direction="out", content={}, meta={}, created_at=now
                ).returning(messages.c.id)
            )).scalar_one()  # fmt: skip
            await connection.execute(
                insert(outbox).values(
                    conversation_id=conversation, message_id=message, attempts=3, next_attempt_at=now,
                    outcome=outcome, reason=reason, created_at=now - timedelta(hours=1), closed_at=now,
                )
            )  # fmt: skip


@pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])
async def test_every_page_is_accessible_and_fits(enter: Open, trouble: None, viewport: ViewportSize) -> None:
    page = await enter(cast.QUAN, viewport)
    for path in PAGES:
        await page.goto(f"/console/{path}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await assert_accessible(page)


async def test_a_phone_has_everything_in_its_menu(enter: Open) -> None:
    page = await enter(cast.QUAN, PHONE)
    await expect(page.get_by_role("navigation", name="Các mục")).to_be_hidden()
    await page.get_by_role("button", name="Menu").click()
    await assert_accessible(page)
    await page.get_by_role("navigation", name="Các mục").get_by_role("link", name="Nhật ký").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nhật ký")


async def test_keys_lead_to_pages_and_show_themselves(enter: Open) -> None:
    page = await enter(cast.QUAN)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Phím tắt")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Tài khoản")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=2, name="Hỗ trợ đăng nhập")).to_be_visible()
