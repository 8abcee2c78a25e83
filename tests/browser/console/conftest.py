"""The console in a real Chromium, at the width of an old office screen and of a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from tests import cast
from tests.fakes import FakeClock
from tests.servers.chat import Parts
from tests.web.console.fixtures import *  # noqa: F403

OFFICE: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 360, "height": 740}
Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def site(parts: Parts) -> AsyncIterator[str]:
    async with parts.served() as client:
        yield str(client.make_url("")).rstrip("/")


@pytest.fixture
async def new_page(browser: Browser, site: str) -> AsyncIterator[Open]:
    """Opens a page in a browser of its own. Whatever happens there, it stays on our host, and no script fails."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def opened(path: str = "/console/", viewport: ViewportSize = OFFICE) -> Page:
        context = await browser.new_context(viewport=viewport, locale="vi-VN", base_url=site)
        contexts.append(context)
        context.on(
            "request",
            lambda one: (
                None
                if urlsplit(one.url).netloc in {urlsplit(site).netloc, ""}
                else complaints.append(f"stranger: {one.url}")
            ),
        )
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page = await context.new_page()
        page.set_default_timeout(20_000)
        await page.goto(path)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest.fixture
def enter(new_page: Open, clock: FakeClock, people: dict[str, int]) -> Open:
    """A page with somebody of the cast signed in."""

    async def entered(person: cast.Person, viewport: ViewportSize = OFFICE) -> Page:
        page = await new_page("/console/sign-in", viewport)
        await page.get_by_label("Tên đăng nhập").fill(person.login)
        await page.get_by_label("Mật khẩu").fill(cast.PASSWORD)
        await page.get_by_role("button", name="Đăng nhập").click()
        if person.second_factor:
            clock.advance(timedelta(seconds=30))
            await page.get_by_label("Mã sáu chữ số").fill(cast.code_at(clock.now().timestamp()))
            await page.get_by_role("button", name="Tiếp tục").click()
        await page.get_by_role("heading", level=1, name="Chào").wait_for()
        return page

    return entered
