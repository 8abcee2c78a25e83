"""Looking at a page as somebody who sees badly would."""

from __future__ import annotations

import os
from pathlib import Path

from axe_core_python.async_playwright import Axe
from playwright.async_api import Page

GRAVE = {"serious", "critical"}


async def assert_accessible(page: Page) -> None:
    """No serious violation known to axe-core, and nothing sticks out sideways."""
    await keep_picture(page)
    found = await Axe().run(page)
    grave = [
        (one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"] if one["impact"] in GRAVE
    ]
    assert grave == [], f"{page.url}: {grave}"
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} scrolls sideways by {wide} px"


async def keep_picture(page: Page) -> None:
    """For people to look at: with SCREENSHOTS=folder every page checked is kept as a picture."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        name = page.url.split("/console", 1)[-1].strip("/").replace("/", "-").partition("?")[0] or "home"
        width = (page.viewport_size or {"width": 0})["width"]
        await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
