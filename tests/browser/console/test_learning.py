"""Dạy trợ lý, Mô hình, Câu hỏi theo thủ tục, Vì sao trả lời như vậy, in a real Chromium."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import ViewportSize, expect

from bot.domain.learning import Decision
from bot.domain.messages import Outcome
from bot.domain.models import KeptModel, RunState
from bot.learning import Harvester
from bot.services.gleaning import Gleaner
from bot.storage.harvest import SqlHarvest
from bot.storage.staff import Actor
from bot.web.console.live import announce
from bot.web.console.services import Console
from knowledge.emergencies import EmergencyRules
from tests import cast
from tests.browser.console.conftest import OFFICE, PHONE, Open
from tests.browser.console.pages import assert_accessible
from tests.fakes import FakeClock
from tests.servers.chat import Parts
from tests.talk import Talk
from tests.web.console.test_learning import REPORT

pytestmark = pytest.mark.browser
ACTOR = Actor(None, cast.UNIT)
OLD, NEW, BAD = "0123456789abcdef", "fedcba9876543210", "00ff00ff00ff00ff"


@pytest.fixture
async def learned(parts: Parts, console: Console, clock: FakeClock, emergency_rules: EmergencyRules) -> int:
    """Some days of questions, a text that was taught, models and runs; the number of a group that waits."""
    talk = Talk(parts.inbox, await parts.channels.ensure("web", cast.UNIT, cast.UNIT))
    known = console.knowledge.of(cast.UNIT)
    assert known is not None
    procedure = next(iter(known.view.procedures))
    harvester = Harvester(SqlHarvest(console.database, clock), Gleaner(emergency_rules))
    for day in range(6):
        clock.advance(timedelta(days=1))
        for number in range(day + 2):
            await talk.hears(
                "phí bao nhiêu", Outcome.ANSWER, f"a{day}{number}", procedure=procedure, path="sure",
                model=f"{OLD}.tar.gz",
            )  # fmt: skip
        await talk.hears(f"mần giấy cho đứa nhỏ mới đẻ lần {day}", citizen=f"b{day}")
        await talk.hears("wifi nhà tôi bị hư mà không ai sửa", citizen=f"c{day}", score=0.01, path="foreign")
    await talk.hears("giấy đất ông nội để lại giờ tính sao", Outcome.CHOOSE, "d", path="offered", score=0.4)
    await harvester.gather()
    await console.learning.teach(ACTOR, cast.UNIT, 0, Decision.PHRASE, procedure, ["sanh em bé xong lên xã mần gì"])
    await console.learning.teach(ACTOR, cast.UNIT, 0, Decision.INTENT, "thank", ["cám ơn hen"])
    await console.models.keep([
        KeptModel(OLD, "a", 0, clock.now(), True, None, {"answer": 0.85}),
        KeptModel(NEW, "a", 1, clock.now(), True, None, {"answer": 0.9}),
        KeptModel(BAD, "a", 2, clock.now(), True, ("procedure_fee: hiểu đúng 95.0% → 80.0% (mất 6/40 câu)",)),
    ])  # fmt: skip
    await console.models.note_current(OLD, cast.UNIT)
    for state in (RunState.REFUSED, RunState.PASSED):
        await console.models.request(ACTOR, cast.UNIT)
        run = await console.models.claim()
        assert run is not None
        reasons = ["procedure_fee: hiểu đúng 95.0% → 80.0%"] if state is RunState.REFUSED else []
        await console.models.finish(run.id, state, report={**REPORT, "reasons": reasons}, log="… Huấn luyện\n✓ xong")
    return (await console.learning.open_groups(cast.UNIT, None, 0, 1))[0].id


@pytest.mark.parametrize("viewport", [OFFICE, PHONE], ids=["office", "phone"])
async def test_the_pages_are_accessible_and_fit(enter: Open, learned: int, viewport: ViewportSize) -> None:
    page = await enter(cast.NGOC, viewport)
    for path in (
        "learning", f"learning/{learned}", "learning/learned", "models", "models/runs/1", "models/runs/2", "coverage",
        "coverage/questions?procedure=&figure=refused", "messages/2", "help/day-tro-ly",
    ):  # fmt: skip
        await page.goto(f"/console/{path}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await assert_accessible(page)


async def test_an_editor_teaches_a_group_with_the_keyboard_alone(enter: Open, learned: int, console: Console) -> None:
    page = await enter(cast.NGOC)
    await page.keyboard.press("g")
    await page.keyboard.press("d")
    await page.get_by_role("heading", level=1, name="Dạy trợ lý").wait_for()
    await page.wait_for_function("document.readyState === 'complete'")
    await page.keyboard.press("j")
    await expect(page.locator(f"a[href='/console/learning/{learned}']")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", level=1, name="câu giống nhau").wait_for()
    await page.get_by_label("Viết lại hoặc thêm câu").focus()
    await page.keyboard.type("mới sanh em bé lên xã mần giấy")
    await page.get_by_role("button", name="Lưu làm cách hỏi thủ tục").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("câu mới. Trợ lý nhận ra từ bây giờ.")
    phrases, _ = await console.learning.search_texts()
    assert any("mới sanh em bé lên xã mần giấy" in own for own in phrases.values())


async def test_progress_comes_by_itself_and_a_model_is_published_only_after_a_question(
    enter: Open, learned: int, console: Console
) -> None:
    page = await enter(cast.NGOC, PHONE)
    await page.goto("/console/models")
    await page.get_by_role("button", name="Huấn luyện và so sánh").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    run = await console.models.claim()
    assert run is not None
    await console.models.progress(run.id, "asking_new", 70)
    await announce(console.signals, cast.UNIT, "models")
    await expect(page.get_by_text("Hỏi mô hình mới các câu đối chứng")).to_be_visible()
    await assert_accessible(page)
    await console.models.finish(run.id, RunState.UNCHANGED)
    await announce(console.signals, cast.UNIT, "models")
    await expect(page.get_by_role("button", name="Huấn luyện và so sánh")).to_be_visible()
    await page.get_by_role("button", name="Dùng mô hình này").first.click()
    dialog = page.get_by_role("dialog", name=f"Dùng mô hình {NEW[:8]}?")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Thôi").click()
    assert await console.models.waiting_publication() is None
    await page.get_by_role("button", name="Dùng mô hình này").first.click()
    await dialog.get_by_role("button", name="Dùng mô hình này").click()
    await expect(page.get_by_text(f"Đang chuyển sang mô hình {NEW[:8]}")).to_be_visible()
