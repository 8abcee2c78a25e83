"""Thủ tục in a real Chromium: an editor changes a fee, sees it in the preview, another person publishes it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

from bot.storage.editing import Key
from bot.storage.staff import Actor
from bot.web.console.services import Console
from tests import cast
from tests.browser.console.conftest import OFFICE, PHONE, Open
from tests.browser.console.pages import assert_accessible
from tests.web.console.record_fixtures import *  # noqa: F403
from tests.web.console.record_fixtures import PROVINCE, RECORD, THU, VINH, Ask

pytestmark = pytest.mark.browser


async def saved(page: Page) -> None:
    await expect(page.locator("#save-note")).to_contain_text("Đã tự lưu")


@pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])
async def test_a_fee_is_changed_seen_reviewed_and_published(
    enter: Open, editors: dict[str, int], console: Console, ask: Ask, viewport: ViewportSize
) -> None:
    before: dict[str, Any] = {"fees": [{"amount_vnd": 0, "text": "Miễn phí", "when": None}]}
    actor = Actor(editors["thu"], PROVINCE)
    await console.snapshots.take(actor, RECORD, "https://dichvucong.gov.vn/ket-hon", before)
    after = {"fees": [{"amount_vnd": 70_000, "text": "70.000 đồng", "when": None}]}
    await console.snapshots.take(actor, RECORD, "https://dichvucong.gov.vn/ket-hon", after)

    thu = await enter(THU, viewport)
    await thu.goto("/console/procedures?q=ket+hon")
    await assert_accessible(thu)
    await thu.get_by_role("link", name="Đăng ký kết hôn").first.click()
    await thu.get_by_role("heading", level=1, name="Đăng ký kết hôn").wait_for()
    await assert_accessible(thu)
    await thu.get_by_role("button", name="Sửa thủ tục").click()
    fee = thu.locator("[name='fees.0.text']")
    await fee.fill("70.000 đồng một lần")
    await thu.locator("[name='fees.0.amount_vnd']").fill("bảy mươi")
    await expect(thu.get_by_text("Ghi số tiền bằng đồng, ví dụ 50.000.")).to_be_visible()
    await thu.locator("[name='fees.0.amount_vnd']").fill("7.000")
    await expect(thu.get_by_text("Câu ghi 70.000 đồng nhưng số tiền là 7.000 đồng.")).to_be_visible()
    await thu.locator("[name='fees.0.amount_vnd']").fill("70.000")
    await expect(thu.locator("#said-fee")).to_contain_text("70.000 đồng một lần")
    await thu.get_by_role("button", name="+ Thêm khoản thu").click()
    await expect(thu.locator("[name='fees.1.text'], [name='fees.2.text'], [name='fees.3.text']").last).to_be_focused()
    await thu.keyboard.type("8.000 đồng mỗi bản sao")
    await saved(thu)
    await expect(thu.locator("#said-fee")).to_contain_text("8.000 đồng mỗi bản sao")
    await thu.get_by_role("button", name="Hôm nay").click()
    await expect(thu.locator("[name='as_of']")).to_have_value("23/11/2026")
    await expect(thu.locator("#said-fee")).to_contain_text("23/11/2026")
    await assert_accessible(thu)
    await thu.get_by_role("button", name="Gửi duyệt").click()
    await assert_accessible(thu)
    await thu.get_by_role("dialog").get_by_role("button", name="Gửi duyệt").click()
    await expect(thu.get_by_role("status").first).to_contain_text("Đã gửi duyệt")

    vinh = await enter(VINH, viewport)
    await vinh.goto("/console/procedures?state=in_review")
    await vinh.get_by_role("link", name="Đăng ký kết hôn").first.click()
    await vinh.get_by_role("link", name="Xem và duyệt").click()
    await vinh.get_by_role("heading", level=1, name="Duyệt").wait_for()
    await assert_accessible(vinh)
    await vinh.get_by_role("button", name="Công bố").click()
    await expect(vinh.get_by_role("status").first).to_contain_text("Đã công bố")
    assert "70.000 đồng một lần" in await ask()
    await vinh.goto(f"/console/procedures/{RECORD}")
    await vinh.get_by_role("button", name="So sánh").click()
    await vinh.get_by_role("heading", level=1, name="bản 1 và bản 2").wait_for()
    await assert_accessible(vinh)
    await vinh.go_back()
    await vinh.get_by_role("link", name="Bản 1", exact=True).click()
    await vinh.get_by_role("heading", level=1, name="bản 1").wait_for()
    await assert_accessible(vinh)


async def test_two_editors_at_once_lose_nothing(enter: Open, editors: dict[str, int], console: Console) -> None:
    thu, vinh = await enter(THU), await enter(VINH)
    await thu.goto(f"/console/procedures/{RECORD}")
    await thu.get_by_role("button", name="Sửa thủ tục").click()
    await thu.locator("[name='result']").wait_for()
    await vinh.goto(thu.url)
    await thu.locator("[name='result']").fill("Kết quả của Thu")
    await saved(thu)
    await vinh.locator("[name='receiving_place']").fill("Nơi nộp của Vinh")
    conflict = vinh.get_by_role("alert")
    await expect(conflict).to_contain_text("Trịnh Thị Thu vừa lưu bản này")
    await expect(conflict).to_contain_text("Kết quả của Thu")
    await expect(vinh.locator("[name='receiving_place']")).to_have_value("Nơi nộp của Vinh")
    await assert_accessible(vinh)
    await vinh.locator("[name='result']").fill("Kết quả của Thu")
    await vinh.get_by_role("button", name="Lưu bản nháp", exact=True).last.click()
    await expect(vinh.get_by_role("status").first).to_contain_text("Đã lưu bản nháp")
    (draft,) = await console.editing.open_drafts(PROVINCE)
    assert (draft.content["result"], draft.content["receiving_place"]) == ("Kết quả của Thu", "Nơi nộp của Vinh")
    assert set(draft.authors) == {editors["thu"], editors["vinh"]}


@pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])
async def test_a_communes_pages_are_accessible_and_fit(
    enter: Open, editors: dict[str, int], console: Console, viewport: ViewportSize
) -> None:
    key = Key("supplement", cast.UNIT, RECORD)
    content = {
        "place": "Bộ phận một cửa, số 12 đường Lê Lợi", "hours": "Thứ Hai đến Thứ Sáu, 7 giờ 30 đến 11 giờ",
        "contacts": [{"kind": "phone", "value": "0251 000 0099", "label": "Trực một cửa", "hours": None, "note": None}],
        "note": "Chiều thứ Sáu nghỉ", "as_of": "2026-11-23",
    }  # fmt: skip
    draft = await console.editing.start(key, content, editors["hoa"])
    await console.editing.suspend(Key("procedure", cast.UNIT, RECORD), editors["hoa"], "đang xác minh")
    await console.knowledge.refresh()
    page = await enter(cast.NGOC, viewport)
    for path in (
        "procedures", f"procedures/{RECORD}", f"procedures/revisions/{draft.id}/edit", "procedures/new",
        f"procedures/revisions/{draft.id}/review", "help/soan-thu-tuc",
    ):  # fmt: skip
        await page.goto(f"/console/{path}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await assert_accessible(page)
    page = await enter(cast.MAI, viewport)
    await page.goto("/console/settings")
    await assert_accessible(page)
