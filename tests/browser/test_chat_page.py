from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Locator, Page, Request, expect

from bot.domain.messages import Outcome
from bot.worker import chat_topic
from nlu.client import RasaClient
from tests.connectors.staff_files import PDF
from tests.fakes import FakeClock, FakeNlu
from tests.servers.chat import Parts
from tests.servers.rasa import RasaServer
from tests.web.test_chat_files import NAME, sent_file

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=alert(1)><b>đậm</b>"


def answers(page: Page) -> Locator:
    return page.locator(".message.bot")


def questions(page: Page) -> Locator:
    return page.locator(".message.own")


async def ask(page: Page, text: str) -> Locator:
    """The answer to a question typed and sent with the button."""
    before = await answers(page).count()
    await page.get_by_label("Câu hỏi của bà con").fill(text)
    await page.get_by_role("button", name="Gửi", exact=True).click()
    await expect(answers(page)).to_have_count(before + 1)
    return answers(page).last


async def greeted(page: Page) -> None:
    await expect(answers(page)).to_have_count(1)


async def test_the_greeting_appears_by_itself(page: Page) -> None:
    await expect(answers(page).first).to_contain_text("trợ lý ảo trả lời tự động")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Trợ lý ảo Thân Thiện")


async def test_a_question_is_answered_with_its_source_and_a_tap_asks_on(page: Page, nlu: FakeNlu) -> None:
    await greeted(page)
    nlu.says("procedure_documents")
    answer = await ask(page, "đăng ký kết hôn cần giấy tờ gì")
    await expect(answer).to_contain_text("Nguồn:")
    await expect(questions(page)).to_have_count(1)
    await page.get_by_role("button", name="Lệ phí").click()
    await expect(answers(page)).to_have_count(3)
    await expect(answers(page).last).to_contain_text("lệ phí")
    await expect(questions(page).last).to_contain_text("Lệ phí")


@pytest.mark.rasa
async def test_the_real_rasa_answers_in_the_page(page: Page, parts: Parts, rasa: RasaServer) -> None:
    client: RasaClient = rasa.client()
    parts.assistant._nlu = client
    try:
        await greeted(page)
        await expect(await ask(page, "dang ky ket hon can nhung giay to gi")).to_contain_text("cần giấy tờ sau")
        await expect(await ask(page, "còn lệ phí thì sao?")).to_contain_text("lệ phí")
    finally:
        await client.close()


async def test_a_file_of_staff_is_saved_with_a_tap(page: Page, parts: Parts, clock: FakeClock) -> None:
    await greeted(page)
    await sent_file(parts, clock)
    await parts.signals.notify(chat_topic(1))
    button = page.get_by_role("button", name=NAME)
    async with page.expect_download() as saving:
        await button.click()
    saved = await saving.value
    assert saved.suggested_filename == NAME
    assert Path(await saved.path()).read_bytes() == PDF
    await expect(button).to_contain_text("Đã tải về")


async def test_everything_can_be_done_with_the_keyboard(page: Page, nlu: FakeNlu) -> None:
    await greeted(page)
    nlu.says("procedure_fee")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Đi tới ô nhập câu hỏi")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Câu hỏi của bà con")).to_be_focused()
    await page.keyboard.type("lệ phí đăng ký kết hôn")
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_have_count(2)
    quick = page.locator("#quick button").first
    for _ in range(10):
        await page.keyboard.press("Shift+Tab")
        if await quick.evaluate("node => node === document.activeElement"):
            break
    await expect(quick).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_have_count(3)


async def test_a_reload_keeps_the_conversation(page: Page, nlu: FakeNlu) -> None:
    await greeted(page)
    nlu.says("procedure_fee")
    await ask(page, "lệ phí đăng ký kết hôn")
    shown = await page.locator(".message .text").all_text_contents()
    await page.reload()
    await expect(page.locator(".message .text")).to_have_text(shown)


async def test_a_message_written_offline_is_kept_and_sent_once_when_the_network_is_back(
    page: Page, context: BrowserContext, parts: Parts, nlu: FakeNlu
) -> None:
    nlu.says("greet")
    await greeted(page)
    await context.set_offline(True)
    await page.get_by_label("Câu hỏi của bà con").fill("xin chào lúc mất mạng")
    await page.keyboard.press("Enter")
    await expect(page.locator("#banner-text")).to_be_visible()
    await expect(questions(page)).to_have_class("message own unsent")
    await page.wait_for_timeout(1_500)
    await expect(answers(page)).to_have_count(1)
    await context.set_offline(False)
    await expect(answers(page)).to_have_count(2)
    await expect(page.locator("#banner-text")).to_be_hidden()
    await expect(questions(page)).to_have_count(1)
    counts = await parts.inbox.counts()
    assert (counts[Outcome.TALK.value], counts["open"]) == (2, 0)


async def test_a_message_whose_receipt_was_lost_is_not_sent_twice(page: Page, parts: Parts, nlu: FakeNlu) -> None:
    nlu.says("greet")
    await greeted(page)
    lost: list[Request] = []

    async def lose_the_first_answer(route, request: Request) -> None:  # type: ignore[no-untyped-def]
        if request.method == "POST" and not lost:
            lost.append(request)
            await route.fetch()
            await route.abort("internetdisconnected")
        else:
            await route.continue_()

    await page.route("**/chat/api/messages", lose_the_first_answer)
    await ask(page, "xin chào")
    await expect(questions(page)).to_have_count(1)
    await expect(questions(page).locator(".meta time")).to_be_visible()
    assert len(lost) == 1
    assert sum((await parts.inbox.counts()).values()) == 2


async def test_the_conversation_is_deleted_only_after_a_question(page: Page, parts: Parts, nlu: FakeNlu) -> None:
    await greeted(page)
    await ask(page, "chuyện riêng của tôi")
    for answer in ("Giữ lại", "Xóa"):
        await page.get_by_role("button", name="Menu").click()
        await page.get_by_role("button", name="Xóa cuộc trò chuyện").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.get_by_role("button", name=answer, exact=True).click()
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(questions(page)).to_have_count(1 if answer == "Giữ lại" else 0)
    await expect(page.locator(".notice")).to_contain_text("Đã xóa")
    await greeted(page)
    assert sum((await parts.inbox.counts()).values()) == 1


async def test_the_widget_opens_on_another_page_and_escape_closes_it(context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto("/trang-cua-xa")
    await page.get_by_role("button", name="Mở trợ lý ảo Thân Thiện").click()
    frame = page.frame_locator("iframe")
    await expect(frame.locator(".message.bot")).to_have_count(1)
    await frame.get_by_label("Câu hỏi của bà con").focus()
    await page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("button", name="Mở trợ lý ảo Thân Thiện")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(frame.locator(".message.bot")).to_have_count(1)


async def test_markup_is_shown_as_text(page: Page) -> None:
    await greeted(page)
    await ask(page, MARKUP)
    await expect(questions(page).locator(".text")).to_have_text(MARKUP)
    assert await page.locator(".message img, .message b").count() == 0


async def test_a_message_that_is_too_long_cannot_be_sent(page: Page) -> None:
    await greeted(page)
    await page.get_by_label("Câu hỏi của bà con").fill("a" * 2_001)
    await expect(page.locator("#counter")).to_contain_text("Dài quá 1 ký tự")
    await page.keyboard.press("Enter")
    await expect(questions(page)).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280])
async def test_nothing_scrolls_sideways(page: Page, nlu: FakeNlu, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 640})
    await greeted(page)
    nlu.says("procedure_documents")
    await ask(page, "đăng ký kết hôn cần giấy tờ gì")
    await ask(page, "a" * 300)
    for place in ("html", "#scroller"):
        sizes = await page.locator(place).evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert sizes[0] <= sizes[1], place
