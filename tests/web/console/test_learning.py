"""Dạy trợ lý, Mô hình, Câu hỏi theo thủ tục, Vì sao trả lời như vậy."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.learning import Decision
from bot.domain.messages import Outcome
from bot.domain.models import KeptModel, PublicationState, RunState
from bot.learning import Harvester
from bot.services.gleaning import Gleaner
from bot.storage.database import Database
from bot.storage.harvest import SqlHarvest
from bot.storage.staff import Actor
from bot.storage.tables import messages
from bot.web.console.services import Console
from knowledge.emergencies import EmergencyRules
from tests import cast
from tests.fakes import FakeClock
from tests.servers.chat import Parts
from tests.talk import Talk
from tests.web.console.fixtures import SignIn

ACTOR = Actor(None, cast.UNIT)


@pytest.fixture
async def talk(parts: Parts) -> Talk:
    return Talk(parts.inbox, await parts.channels.ensure("web", cast.UNIT, cast.UNIT))


@pytest.fixture
def harvester(database: Database, clock: FakeClock, emergency_rules: EmergencyRules) -> Harvester:
    return Harvester(SqlHarvest(database, clock), Gleaner(emergency_rules))


def published(console: Console) -> str:
    known = console.knowledge.of(cast.UNIT)
    assert known is not None
    return next(iter(known.view.procedures))


async def reply_to(database: Database, event_id: int) -> int:
    query = select(func.min(messages.c.id)).where(messages.c.event_id == event_id, messages.c.direction == "out")
    async with database.read() as connection:
        return int((await connection.execute(query)).scalar_one())


async def the_group(console: Console) -> int:
    (group,) = await console.learning.open_groups(cast.UNIT, None, 0, 5)
    return group.id


async def test_an_empty_inbox_says_what_will_come(sign_in: SignIn) -> None:
    ngoc = await sign_in(cast.NGOC)
    assert "Không có câu nào chờ xem" in (await ngoc.get("/console/learning")).words
    assert "Chưa dạy câu nào" in (await ngoc.get("/console/learning/learned")).words
    assert "Chưa có câu hỏi nào" in (await ngoc.get("/console/coverage")).words
    assert "Chưa huấn luyện lần nào" in (await ngoc.get("/console/models")).words


async def test_an_editor_teaches_a_wording_and_the_note_says_what_was_not_new(
    sign_in: SignIn, talk: Talk, harvester: Harvester, console: Console
) -> None:
    procedure = published(console)
    await talk.hears("mần giấy cho đứa nhỏ mới đẻ, gọi 0912345678")
    await talk.hears("man giay cho dua nho moi de", citizen="binh")
    await harvester.gather()
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get("/console/learning")
    assert "2 lần" in page.words
    assert "Không trả lời được" in page.words
    assert "0912345678" not in page.text
    group = await the_group(console)
    page = await ngoc.get(f"/console/learning/{group}")
    assert page.root is not None
    ticked = page.root.xpath("//input[@name='text' and @checked]/@value")
    assert ticked == ["man giay cho dua nho moi de", "mần giấy cho đứa nhỏ mới đẻ, gọi [số]"]
    page = await ngoc.post(
        f"/console/learning/{group}/teach",
        {"text": ticked, "more": "sanh em bé xong lên xã mần gì\n", "kind": "phrase", "procedure": procedure},
    )
    assert page.location == "/console/learning"
    said = (await ngoc.get("/console/learning")).words
    assert "Đã nhận 2 câu mới. Trợ lý nhận ra từ bây giờ." in said
    assert "vì gần giống một câu khác trong cùng lần này" in said
    phrases, _ = await console.learning.search_texts()
    assert phrases[procedure] == ("man giay cho dua nho moi de", "sanh em bé xong lên xã mần gì")
    page = await ngoc.get("/console/learning/learned")
    assert "“sanh em bé xong lên xã mần gì”" in page.words
    assert "Đỗ Bảo Ngọc" in page.words
    (newest, _) = await console.learning.learned()
    await ngoc.post(f"/console/learning/learned/{newest.id}/take-back")
    assert len(await console.learning.learned()) == 1
    assert (await ngoc.post(f"/console/learning/learned/{newest.id}/take-back")).status == 404


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": "phrase", "procedure": ""}, "Chọn ít nhất một câu"),
        ({"kind": "phrase", "procedure": "khong-co", "more": "câu mới"}, "Chọn thủ tục mà các câu này hỏi"),
        ({"kind": "intent", "intent": "denounce", "more": "câu mới"}, "Chọn ý của các câu này"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_stays(
    sign_in: SignIn, talk: Talk, harvester: Harvester, console: Console, fields: dict[str, Any], problem: str
) -> None:
    await talk.hears("câu lạ lùng")
    await harvester.gather()
    ngoc = await sign_in(cast.NGOC)
    await ngoc.get("/console/learning")
    page = await ngoc.post(f"/console/learning/{await the_group(console)}/teach", fields)
    assert page.status == 422
    assert problem in page.words
    assert page.root is not None
    assert page.root.xpath("//textarea[@name='more']")[0].text_content().strip() == fields.get("more", "")


async def test_an_unknown_kind_of_teaching_is_refused(
    sign_in: SignIn, talk: Talk, harvester: Harvester, console: Console
) -> None:
    await talk.hears("câu lạ lùng")
    await harvester.gather()
    ngoc = await sign_in(cast.NGOC)
    await ngoc.get("/console/learning")
    group = await the_group(console)
    assert (await ngoc.post(f"/console/learning/{group}/teach", {"kind": "ignored", "text": "x"})).status == 400


async def test_a_group_is_put_aside_or_deleted_and_is_then_gone(
    sign_in: SignIn, talk: Talk, harvester: Harvester, console: Console
) -> None:
    ngoc = await sign_in(cast.NGOC)
    for action, text in (("ignore", "wifi nhà tôi bị hư"), ("seal", "chuyện riêng nhà bên")):
        await talk.hears(text, citizen=action)
        await harvester.gather()
        group = await the_group(console)
        await ngoc.get(f"/console/learning/{group}")
        assert (await ngoc.post(f"/console/learning/{group}/{action}")).status == 303
        assert (await ngoc.get(f"/console/learning/{group}")).status == 404


async def test_another_unit_sees_nothing_of_it(
    sign_in: SignIn, talk: Talk, harvester: Harvester, console: Console, database: Database
) -> None:
    event = await talk.hears("câu lạ lùng")
    await harvester.gather()
    binh = await sign_in(cast.BINH)
    assert (await binh.get(f"/console/messages/{await reply_to(database, event)}")).status == 404
    assert "câu lạ lùng" not in (await binh.get("/console/coverage/questions?procedure=&figure=refused")).text


async def test_why_an_answer_came_about_is_told_with_scores_thresholds_and_what_changed(
    sign_in: SignIn, talk: Talk, console: Console, database: Database, clock: FakeClock
) -> None:
    event = await talk.hears(
        "toi ten nguyen van an, hoi phi khai sinh", Outcome.ANSWER, procedure="dang-ky-khai-sinh", path="sure",
        score=0.93, model="0123456789abcdef.tar.gz",
    )  # fmt: skip
    kept = [
        KeptModel(name, name, 0, clock.now(), True, None, {"answer": answer, "scope": [1, 1, 1, 1]})
        for name, answer in (("0123456789abcdef", 0.85), ("fedcba9876543210", 0.9))
    ]
    await console.models.keep(kept)
    await console.models.note_current("fedcba9876543210", cast.UNIT)
    path = f"/console/messages/{await reply_to(database, event)}"
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get(path)
    assert page.heading == "Vì sao trả lời như vậy"
    assert "Điểm tìm kiếm của thủ tục đạt ngưỡng trả lời ngay." in page.words
    assert "toi ten [tên], hoi phi khai sinh" in page.words
    assert "nguyen van an" not in page.text
    for shown in ("Thủ tục: lệ phí0,70", "0,93", "quyết định ở đây0,85", "01234567"):
        assert shown in page.words, shown
    assert "Mô hình đã đổi: nay là fedcba98." in page.words
    assert "điểm để trả lời ngay 0,85 → 0,90" in page.words
    lan = await sign_in(cast.LAN)
    assert "nguyen van an" in (await lan.get(path)).text


async def test_a_sealed_message_is_not_explained_to_anybody(sign_in: SignIn, talk: Talk, database: Database) -> None:
    event = await talk.hears("ông ấy lấy đất", Outcome.DOOR, intent="denounce")
    for person in (cast.LAN, cast.NGOC, cast.MAI):
        page = await (await sign_in(person)).get(f"/console/messages/{await reply_to(database, event)}")
        assert "Tin này được giữ kín" in page.words
        assert "lấy đất" not in page.text


async def test_a_run_is_asked_for_once_shows_its_progress_and_can_be_cancelled(
    sign_in: SignIn, console: Console
) -> None:
    ngoc = await sign_in(cast.NGOC)
    await ngoc.get("/console/models")
    await ngoc.post("/console/models/runs")
    assert "Đang có một lần huấn luyện khác" in (await _after(ngoc, "/console/models/runs")).words
    run = await console.models.claim()
    assert run is not None
    await console.models.progress(run.id, "training", 42)
    page = await ngoc.get("/console/models")
    assert "Huấn luyện mô hình mới" in page.words
    assert "42 %" in page.words
    await ngoc.post(f"/console/models/runs/{run.id}/cancel")
    assert not await console.models.progress(run.id, "training", 43)


async def _after(visitor: Any, path: str) -> Any:
    await visitor.post(path)
    return await visitor.get("/console/models")


REPORT = {
    "model": "fedcba9876543210", "base": "0123456789abcdef", "before": 0.95, "after": 0.96, "learned": 4,
    "intents": [{"intent": "procedure_fee", "messages": 40, "before": 38, "after": 39},
                {"intent": "greet", "messages": 10, "before": 10, "after": 9}],
    "confusions": [{"wanted": "procedure_fee", "given": "procedure_place", "before": 2, "after": 1}],
    "must_not": [{"text": "xin vay tiền", "intent": "out_of_scope", "before": False, "after": True}],
    "must_not_messages": 120, "reasons": [], "seconds": {"train": 60.0, "all": 95.0},
}  # fmt: skip


async def test_the_report_says_before_and_after_and_lets_the_model_be_published_and_taken_back(
    sign_in: SignIn, console: Console, clock: FakeClock
) -> None:
    await console.models.keep([
        KeptModel("0123456789abcdef", "a", 0, clock.now(), True),
        KeptModel("fedcba9876543210", "a", 4, clock.now(), True),
    ])  # fmt: skip
    await console.models.note_current("0123456789abcdef", cast.UNIT)
    await console.models.request(ACTOR, cast.UNIT)
    run = await console.models.claim()
    assert run is not None
    await console.models.finish(run.id, RunState.PASSED, report=REPORT, log="xong")
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get(f"/console/models/runs/{run.id}")
    for shown in (
        "95,0 % → 96,0 %", "thêm 1 câu", "mất 1 câu", "xin vay tiền", "Thủ tục: lệ phíThủ tục: nộp ở đâu21",
        "huấn luyện 60 giây, tất cả 95 giây",
    ):  # fmt: skip
        assert shown in page.words, shown
    await ngoc.post("/console/models/fedcba9876543210/publish")
    assert "Đang chuyển sang mô hình fedcba98" in (await ngoc.get("/console/models")).words
    waiting = await console.models.waiting_publication()
    assert waiting is not None
    await console.models.settle(waiting.id, PublicationState.ACTIVE)
    page = await ngoc.get("/console/models")
    assert "Đỗ Bảo Ngọc công bố" in page.words
    assert page.root is not None
    assert page.root.xpath("//dialog//form/@action")[0] == "/console/models/0123456789abcdef/publish"
    await ngoc.post("/console/models/0123456789abcdef/publish")
    waiting = await console.models.waiting_publication()
    assert waiting is not None
    assert waiting.model_id == "0123456789abcdef"
    await console.models.settle(waiting.id, PublicationState.FAILED, "Rasa không lên.")
    assert "Rasa không lên. Mô hình cũ vẫn trả lời." in (await ngoc.get("/console/models")).words


async def test_a_refused_model_has_its_reasons_and_no_button(
    sign_in: SignIn, console: Console, clock: FakeClock
) -> None:
    reasons = ["procedure_fee: hiểu đúng 95.0% → 80.0% (mất 6/40 câu)"]
    await console.models.keep([KeptModel("fedcba9876543210", "a", 4, clock.now(), True, tuple(reasons))])
    await console.models.request(ACTOR, cast.UNIT)
    run = await console.models.claim()
    assert run is not None
    await console.models.finish(run.id, RunState.REFUSED, report={**REPORT, "reasons": reasons})
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get(f"/console/models/runs/{run.id}")
    said = "Thủ tục: lệ phí: hiểu đúng 95,0% → 80,0% (mất 6/40 câu)"
    assert said in page.words
    assert "/publish" not in page.text
    page = await ngoc.get("/console/models")
    assert said in page.words
    assert "/publish" not in page.text
    await ngoc.post("/console/models/fedcba9876543210/publish")
    assert "Chưa đổi được" in (await ngoc.get("/console/models")).words


async def test_figures_add_up_and_lead_to_the_masked_questions_behind_them(
    sign_in: SignIn, talk: Talk, harvester: Harvester, console: Console, emergency_rules: EmergencyRules
) -> None:
    procedure = published(console)
    await talk.hears("phí bao nhiêu", Outcome.ANSWER, procedure=procedure, path="sure")
    await talk.hears("tôi là Nguyễn Văn An hỏi chuyện lạ", citizen="binh", score=0.01)
    await talk.hears("chuyện lạ nữa", citizen="chi", score=0.01)
    await harvester.gather()
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get("/console/coverage?days=7")
    assert page.root is not None
    totals = {
        one.xpath("dt")[0].text_content(): one.xpath("dd")[0].text_content()
        for one in page.root.xpath("//dl[@class='totals']/div")
    }
    assert totals == {
        "Được hỏi": "3", "Trả lời ngay": "1", "Trả lời sau khi chọn": "0", "Phải hỏi lại": "0", "Không trả lời": "2",
        "Không hài lòng": "0",
    }  # fmt: skip
    assert len(page.root.xpath("//svg//rect[@class='bar-refused' and @x]")) == 1
    links = page.root.xpath("//table//a/@href")
    assert sorted(links) == sorted([
        f"/console/coverage/questions?procedure={procedure}&figure=answered&days=7",
        "/console/coverage/questions?procedure=&figure=refused&days=7",
    ])  # fmt: skip
    page = await ngoc.get("/console/coverage/questions?procedure=&figure=refused&days=7")
    assert "“tôi là [tên] hỏi chuyện lạ”" in page.words
    assert "Nguyễn Văn An" not in page.text
    assert (await ngoc.get("/console/coverage/questions?procedure=giai-quyet-to-cao&figure=refused")).status == 404
    assert (await ngoc.get("/console/coverage/questions?procedure=x&figure=nothing")).status == 404


async def test_a_learned_text_counts_as_not_trained_until_a_model_has_it(
    sign_in: SignIn, console: Console, clock: FakeClock
) -> None:
    await console.models.keep([KeptModel("0123456789abcdef", "a", 0, clock.now(), True)])
    await console.models.note_current("0123456789abcdef", cast.UNIT)
    await console.learning.teach(ACTOR, cast.UNIT, 0, Decision.INTENT, "thank", ["cám ơn hen"])
    ngoc = await sign_in(cast.NGOC)
    assert "Có 1 câu đã dạy chưa có trong mô hình đang dùng." in (await ngoc.get("/console/models")).words
