"""The catalogue in a real Chromium: on a phone, on a desk, with the keyboard, by axe's rules, and into the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from axe_core_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, ViewportSize, expect

pytestmark = pytest.mark.browser

DESK: ViewportSize = {"width": 1280, "height": 900}
SMALL: ViewportSize = {"width": 320, "height": 640}
PAGES = (
    "/procedures",
    "/procedures?q=khai%20sinh",
    "/procedures/dang-ky-khai-sinh",
    "/procedures/chung-thuc-ban-sao-tu-ban-chinh",
)


@pytest.fixture
async def catalogue(context: BrowserContext) -> AsyncIterator[Page]:
    page = await context.new_page()
    page.set_default_timeout(20_000)
    yield page
    await page.close()


async def test_no_page_breaks_a_rule_of_axe_or_scrolls_sideways(catalogue: Page) -> None:
    for path in PAGES:
        await catalogue.goto(path)
        for size in (SMALL, DESK):
            await catalogue.set_viewport_size(size)
            wide = await catalogue.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, (path, size, wide)
        found = await Axe().run(catalogue)
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == [], path


async def test_a_procedure_is_found_opened_and_asked_about(catalogue: Page) -> None:
    await catalogue.goto("/procedures")
    await catalogue.get_by_label("Tìm thủ tục").fill("khai tu")
    await catalogue.keyboard.press("Enter")
    await catalogue.get_by_role("link", name="Đăng ký khai tử").first.click()
    await expect(catalogue.get_by_role("heading", level=1)).to_contain_text("khai tử")
    await expect(catalogue.get_by_role("img", name="Mã QR")).to_have_js_property("complete", True)
    await catalogue.get_by_role("link", name="Hỏi trợ lý về thủ tục này").click()
    answers = catalogue.locator(".message.bot")
    await expect(answers).to_have_count(2)
    await expect(answers.last).to_contain_text("thủ tục đăng ký khai tử")
    assert "ask=" not in catalogue.url
    await catalogue.reload()
    await expect(catalogue.locator(".message.own")).to_have_count(1)


async def test_paper_shows_the_content_and_no_buttons(catalogue: Page) -> None:
    await catalogue.goto("/procedures/dang-ky-khai-sinh")
    await catalogue.emulate_media(media="print")
    await expect(catalogue.get_by_role("heading", name="Giấy tờ")).to_be_visible()
    await expect(catalogue.get_by_role("img", name="Mã QR")).to_be_visible()
    for name in ("Hỏi trợ lý", "Tải bản Word"):
        await expect(catalogue.get_by_role("link", name=name, exact=True)).to_be_hidden()
