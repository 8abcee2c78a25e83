"""The chat page in a real Chromium, against the real web application with worker and sender behind it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from tests.servers.chat import Parts
from tests.servers.chat_fixtures import *  # noqa: F403
from tests.servers.rasa import rasa  # noqa: F401

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
PHONE: ViewportSize = {"width": 390, "height": 844}
OTHER_SITE = """<!doctype html><html lang="vi"><title>Trang của xã</title>
<link rel="icon" href="data:,"><h1>Trang của xã</h1>
<script src="/widget.js" data-unit="xa-tan-an" async></script></html>"""


@pytest.fixture
async def site(parts: Parts) -> AsyncIterator[str]:
    """Address of the running assistant."""

    async def other_site(request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": "script-src 'self'; frame-src 'self'"}
        return web.Response(text=OTHER_SITE, content_type="text/html", headers=headers)

    parts.app.router.add_get("/trang-cua-xa", other_site)
    async with parts.served() as client, parts.working():
        yield str(client.make_url("")).rstrip("/")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser, site: str) -> AsyncIterator[BrowserContext]:
    """A phone. Whatever its pages do, they stay on our host and write no error to the console."""
    context = await browser.new_context(viewport=PHONE, locale="vi-VN", base_url=site)
    strangers: list[str] = []
    complaints: list[str] = []
    context.on(
        "request",
        lambda request: (
            None if urlsplit(request.url).netloc in {urlsplit(site).netloc, ""} else strangers.append(request.url)
        ),
    )
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    await context.close()
    assert strangers == []
    # A browser reports a request that failed while offline as an error; that is the browser's doing, not the page's.
    assert [one for one in complaints if "ERR_INTERNET_DISCONNECTED" not in one] == []


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto("/chat")
    return page
