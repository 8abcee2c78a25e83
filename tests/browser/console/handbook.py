"""Takes the pictures of the console's handbook anew: `make handbook`. Not a test; pytest is its runner because the
pages need the same fixtures."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page

from tests import cast
from tests.browser.console.conftest import Open
from tests.web.console.desk_fixtures import Day

FOLDER = Path(__file__).parents[3] / "bot/web/console/static/help"
WIDTH = 1000
"""Of a picture, in pixels; a page of the handbook is narrower."""
pytestmark = pytest.mark.browser


async def keep(page: Page, name: str, height: int = 768) -> None:
    """A WebP in few colours: crisp letters, small file."""
    shot = await page.screenshot(clip={"x": 0, "y": 0, "width": 1366, "height": height})
    with Image.open(io.BytesIO(shot)) as picture:
        small = picture.convert("RGB").resize(
            (WIDTH, WIDTH * picture.height // picture.width), Image.Resampling.LANCZOS
        )
    FOLDER.mkdir(exist_ok=True)
    small.save(FOLDER / f"{name}.webp", "WEBP", quality=72, method=6)


async def test_take_the_pictures(enter: Open, day: Day) -> None:
    lan = await enter(cast.LAN)
    await keep(lan, "trang-chinh")
    await lan.goto("/console/tickets")
    await keep(lan, "phieu")
    await lan.goto(f"/console/tickets/{day.lights.code}")
    await lan.locator("img").last.evaluate("one => one.decode()")
    await keep(lan, "mot-phieu")
    await lan.goto(f"/console/conversations/{day.talk}")
    await keep(lan, "tro-chuyen")
    mai = await enter(cast.MAI)
    await mai.goto("/console/reports")
    await keep(mai, "bao-cao")
    tam = await enter(cast.TAM)
    await tam.goto("/console/sealed")
    await keep(tam, "niem-phong", 560)
