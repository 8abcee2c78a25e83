"""Thủ tục: from the list to a changed answer and back, by people of two units."""

from __future__ import annotations

from tests.web.console.fixtures import SignIn
from tests.web.console.record_fixtures import *  # noqa: F403
from tests.web.console.record_fixtures import PROVINCE, RECORD, THU, VINH, Ask, Typing
from tests.web.console.visitor import Page

PATH = f"/console/procedures/{RECORD}"


def address(page: Page) -> str:
    assert page.location, page.words
    return page.location


async def test_a_changed_fee_is_reviewed_published_answered_and_rolled_back(
    sign_in: SignIn, editors: dict[str, int], ask: Ask
) -> None:
    before = await ask()
    assert "60.000" not in before
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    page = await thu.get("/console/procedures?q=ket+hon")
    assert "Đăng ký kết hôn" in page.words
    await thu.get(PATH)
    draft = address(await thu.post(f"{PATH}/edit"))
    page = await thu.get(draft)
    typing = Typing.of(page)
    changed = typing.having(fees__0__text="60.000 đồng", fees__0__amount_vnd="60.000", as_of="23/11/2026", then="send")
    page = await thu.post(typing.path, changed)
    assert page.location == PATH
    assert await ask() == before

    page = await vinh.get(PATH)
    assert "Chờ duyệt" in page.words
    review = draft.replace("/edit", "/review")
    page = await vinh.get(review)
    assert "60.000 đồng" in page.words
    assert "Xã Tân An" in page.words or "xã Tân An" in page.words
    page = await thu.post(review.replace("/review", "/publish"), {"version": "2"})
    assert page.status == 422
    version = (await vinh.get(review)).root.xpath("//input[@name='version']/@value")[0]  # type: ignore[union-attr]
    page = await vinh.post(review.replace("/review", "/publish"), {"version": version})
    assert page.location == PATH, page.words
    answer = await ask()
    assert "60.000 đồng" in answer
    assert "23/11/2026" in answer

    page = await vinh.get(PATH)
    revisions = page.root.xpath("//a[contains(@href, '/procedures/revisions/')]/@href")  # type: ignore[union-attr]
    first = min(set(revisions), key=lambda one: int(one.rpartition("/")[2]))
    await vinh.get(first)
    page = await vinh.post(f"{first}/roll-back", {"note": "nhầm"})
    assert page.location == PATH, page.words
    assert await ask() == before
    assert "quay về nội dung bản 1" in (await vinh.get(PATH)).words
