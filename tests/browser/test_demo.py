"""The page of `make demo` in a real Chromium: one question on each platform, over the product in its own process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from tests.browser.conftest import PHONE
from tests.servers.demo import Demo, running
from tests.servers.rasa import TOKEN, RasaServer

pytestmark = [pytest.mark.browser, pytest.mark.rasa]
PATIENCE = 15_000
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c636060f8ff1f0003030200ef"
    "a2a75b0000000049454e44ae426082"
)


@pytest.fixture
async def demo(tmp_path: Path, rasa: RasaServer) -> AsyncIterator[Demo]:
    token = SecretStr(TOKEN)
    async with running(tmp_path, few=True, nlu_urls=rasa.url, nlu_token=token, log_level="warning") as started:
        yield started


@pytest.fixture
async def page(browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN", base_url=demo.page)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto("/")
    yield page
    assert complaints == []
    await context.close()


async def ask(phone: Locator, text: str) -> Locator:
    await phone.get_by_label("Tin nhắn").fill(text)
    await phone.get_by_role("button", name="Gửi", exact=True).click()
    await expect(phone.locator(".bubble.citizen").last).to_contain_text(text)
    return phone.locator(".bubble.assistant").last


async def test_one_question_on_each_platform_and_what_the_platforms_may_answer(page: Page, demo: Demo) -> None:
    zalo, facebook = page.locator(".phone.zalo"), page.locator(".phone.facebook")
    await expect(facebook).to_be_hidden()
    await expect(await ask(zalo, "dang ky ket hon can giay to gi")).to_contain_text("Nguồn:", timeout=PATIENCE)
    await zalo.locator(".buttons").last.get_by_role("button", name="Lệ phí").click()
    await expect(zalo.locator(".bubble.assistant").last).to_contain_text("lệ phí", timeout=PATIENCE)

    await page.get_by_role("button", name="Facebook", exact=True).click()
    await expect(await ask(facebook, "đăng ký kết hôn cần giấy tờ gì")).to_contain_text("Nguồn:", timeout=PATIENCE)
    await facebook.locator(".quick").get_by_role("button", name="Lệ phí").click()
    await expect(facebook.locator(".bubble.assistant").last).to_contain_text("lệ phí", timeout=PATIENCE)
    picture = {"name": "anh.png", "mimeType": "image/png", "buffer": PIXEL}
    await facebook.locator("input[type=file]").set_input_files(picture)  # type: ignore[arg-type]
    await expect(facebook.locator(".bubble.citizen img")).to_be_visible()
    await facebook.get_by_role("button", name="Gửi vị trí").click()
    await expect(facebook.locator(".bubble.citizen").last).to_contain_text("Vị trí")

    await facebook.get_by_text("Hết cửa sổ trả lời", exact=True).click()
    before = await facebook.locator(".bubble.assistant").count()
    await ask(facebook, "cảm ơn")
    await expect(page.locator("#office")).to_contain_text("Tin bị kẹt", timeout=PATIENCE)
    await facebook.get_by_text("Bình thường", exact=True).click()
    await page.get_by_role("button", name="Gửi lại tin bị kẹt").click()
    await expect(facebook.locator(".bubble.assistant")).not_to_have_count(before, timeout=PATIENCE)
    await expect(page.locator("#traffic .status.bad").first).to_be_visible()
    assert {post.status for post in demo.stage.webhooks.posts} == {200} if demo.stage.webhooks else False


async def test_nothing_scrolls_sideways(page: Page) -> None:
    await ask(page.locator(".phone.zalo"), "a" * 300)
    for width in (320, 390, 760, 1200):
        await page.set_viewport_size({"width": width, "height": 800})
        sizes = await page.locator("html").evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert sizes[0] <= sizes[1], width
