"""From closed events to what an editor sees and teaches, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select

from bot import limits
from bot.domain.learning import Decision, Figure, Reason
from bot.domain.messages import Outcome
from bot.learning import Harvester, Teacher
from bot.services.gleaning import Gleaner
from bot.services.knowledge import KNOWLEDGE_TOPIC
from bot.storage.channels import Channel
from bot.storage.coordination import LocalSignals
from bot.storage.coverage import SqlCoverage
from bot.storage.database import Database
from bot.storage.harvest import SqlHarvest
from bot.storage.inbox import SqlInbox
from bot.storage.learning import SqlLearning
from bot.storage.learning_tables import coverage_questions, learning_samples
from bot.storage.staff import Actor
from bot.storage.tables import citizens, messages, publications
from bot.storage.ticket_tables import tickets
from bot.storage.transcripts import SqlTranscripts
from knowledge.emergencies import EmergencyRules
from tests.conftest import UNIT
from tests.fakes import FakeClock
from tests.storage.conftest import say
from tests.talk import Talk

ACTOR = Actor(None, UNIT)


@pytest.fixture
def learning(database: Database, clock: FakeClock) -> SqlLearning:
    return SqlLearning(database, clock)


@pytest.fixture
def harvester(database: Database, clock: FakeClock, emergency_rules: EmergencyRules) -> Harvester:
    return Harvester(SqlHarvest(database, clock), Gleaner(emergency_rules))


@pytest.fixture
def talk(inbox: SqlInbox, channel: Channel) -> Talk:
    return Talk(inbox, channel)


async def rows(database: Database, column: object) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count(column)))).scalar_one())  # type: ignore[arg-type]


async def test_similar_refused_questions_are_one_group_with_its_count_and_days(
    talk: Talk, harvester: Harvester, learning: SqlLearning, clock: FakeClock
) -> None:
    first = clock.now()
    await talk.hears("lam giay khai sinh cho be can gi, sdt 0912345678")
    await talk.hears("wifi nhà tôi bị hư", citizen="binh", score=0.01)
    clock.advance(timedelta(days=1))
    await talk.hears("làm giấy khai sinh cho bé cần giấy tờ gì", citizen="chi")
    assert await harvester.gather() == 3
    groups = await learning.open_groups(UNIT, None, 0, 10)
    assert [(one.count, one.procedure_id) for one in groups] == [(2, "dang-ky-khai-sinh"), (1, None)]
    assert groups[0].texts == (
        "làm giấy khai sinh cho bé cần giấy tờ gì", "lam giay khai sinh cho be can gi, sdt [số]",
    )  # fmt: skip
    assert (groups[0].first_at, groups[0].last_at) == (first, clock.now())
    assert groups[0].reasons == {Reason.REFUSED: 2}
    assert await learning.open_count(UNIT) == 2
    assert await learning.open_groups(UNIT, Reason.CORRECTED, 0, 10) == []
    assert await learning.open_count("xa-khac") == 0


async def test_a_later_harvest_joins_the_groups_of_the_one_before_and_reads_nothing_twice(
    talk: Talk, harvester: Harvester, learning: SqlLearning
) -> None:
    await talk.hears("khai sinh cho bé cần gì")
    await harvester.gather()
    await talk.hears("khai sinh cho be can gi a", citizen="binh")
    assert await harvester.gather() == 1
    assert await harvester.gather() == 0
    assert [one.count for one in await learning.open_groups(UNIT, None, 0, 10)] == [2]


async def test_the_harvest_waits_for_what_is_not_answered_yet(
    talk: Talk, harvester: Harvester, inbox: SqlInbox, channel: Channel
) -> None:
    await inbox.save(channel.id, [say("open", "chưa trả lời", "dung")])
    assert await harvester.gather() == 0
    await talk.hears("khai sinh cho bé cần gì", citizen="dung")  # claims the older one
    assert await harvester.gather() == 1, "the older one; the newer one waits now"


async def test_two_processes_take_a_batch_once(
    talk: Talk, database: Database, clock: FakeClock, emergency_rules: EmergencyRules
) -> None:
    await talk.hears("khai sinh cho bé cần gì")
    harvest = SqlHarvest(database, clock)
    start, end, turns = await harvest.next_turns()
    gleaned = Gleaner(emergency_rules).glean(turns)
    groups = {one.event_id: 0 for one in gleaned.samples}
    assert await harvest.save(start, end, gleaned, groups)
    assert not await harvest.save(start, end, gleaned, groups)
    assert await rows(database, learning_samples.c.id) == 1


async def test_what_was_said_around_a_denunciation_never_appears(
    talk: Talk, harvester: Harvester, learning: SqlLearning, database: Database
) -> None:
    await talk.hears("ông ấy làm vậy mà coi được")
    await harvester.gather()
    assert await learning.open_count(UNIT) == 1
    await talk.hears("tôi muốn kể chuyện này", Outcome.DOOR, intent="denounce")
    await harvester.gather()
    assert await learning.open_count(UNIT) == 0
    await talk.hears("còn chuyện ổng lấy đất nữa")
    await talk.hears("khai sinh cho bé cần gì", citizen="binh")
    await harvester.gather()
    assert [one.texts for one in await learning.open_groups(UNIT, None, 0, 10)] == [("khai sinh cho bé cần gì",)]
    async with database.read() as connection:
        kept = (await connection.execute(select(learning_samples.c.text))).scalars().all()
    assert sorted(kept) == ["", "khai sinh cho bé cần gì"]


async def test_what_was_said_around_a_restricted_ticket_never_appears(
    talk: Talk, harvester: Harvester, learning: SqlLearning, database: Database, clock: FakeClock
) -> None:
    await talk.hears("cô ở quầy hay la tui")
    async with database.write() as connection:
        await connection.execute(
            insert(tickets).values(
                code="PA-261123-0001K", unit_id=UNIT, kind="conduct", state="new", restricted=True, text="x",
                conversation_id=1, platform="web", received_at=clock.now(), created_at=clock.now(),
                updated_at=clock.now(), course={}, told=[], sort_at=clock.now(),
            )
        )  # fmt: skip
    await harvester.gather()
    assert await learning.open_count(UNIT) == 0


async def test_samples_go_with_their_conversation_and_figures_stay(
    talk: Talk, harvester: Harvester, learning: SqlLearning, database: Database, clock: FakeClock
) -> None:
    await talk.hears("khai sinh cho bé cần gì")
    await harvester.gather()
    day = clock.now().date()
    clock.advance(limits.CONVERSATION_RETENTION + timedelta(hours=1))
    assert await SqlTranscripts(database, clock).forget_old() == 1
    assert await learning.open_count(UNIT) == 0
    assert await rows(database, coverage_questions.c.event_id) == 0
    figures = await SqlCoverage(database).by_procedure(UNIT, day, day)
    assert figures == {"dang-ky-khai-sinh": {Figure.REFUSED: 1}}


async def test_an_ignored_group_stays_ignored_and_a_taught_one_comes_up_again_when_it_still_goes_wrong(
    talk: Talk, harvester: Harvester, learning: SqlLearning
) -> None:
    await talk.hears("wifi nhà tôi bị hư")
    await talk.hears("khai sinh cho bé cần gì", citizen="binh")
    await harvester.gather()
    groups = {one.texts[0]: one.id for one in await learning.open_groups(UNIT, None, 0, 10)}
    assert await learning.ignore(ACTOR, UNIT, groups["wifi nhà tôi bị hư"]) == 1
    await learning.teach(
        ACTOR, UNIT, groups["khai sinh cho bé cần gì"], Decision.PHRASE, "dang-ky-khai-sinh", ["khai sinh cho bé"]
    )
    assert await learning.open_count(UNIT) == 0
    await talk.hears("wifi nha toi bi hu", citizen="chi")
    await talk.hears("khai sinh cho be can gi", citizen="dung")
    await harvester.gather()
    (again,) = await learning.open_groups(UNIT, None, 0, 10)
    assert (again.texts, again.taught_before) == (("khai sinh cho be can gi",), True)


def teacher(learning: SqlLearning, signals: LocalSignals) -> Teacher:
    return Teacher(
        learning,
        signals,
        lambda: [("phrase:dang-ky-ket-hon", "đăng ký kết hôn ở đâu")],
        lambda: [("intent:procedure_fee", "lệ phí kết hôn bao nhiêu")],
        lambda: [("gate:", "khai sinh trễ hạn thì sao")],
    )


async def test_only_what_is_new_is_taught_and_a_note_says_what_the_rest_is_like(
    learning: SqlLearning, signals: LocalSignals, database: Database
) -> None:
    heard = signals.subscribe(KNOWLEDGE_TOPIC)
    texts = [
        "dang ky ket hon o dau vay", "khai sinh tre han thi sao", "làm giấy cho bé mới sanh",
        "lam giay cho be moi sanh a", "tố cáo ông A", "[tên] [số]", "le phi ket hon bao nhieu",
    ]  # fmt: skip
    done = await teacher(learning, signals).teach(ACTOR, UNIT, 1, Decision.PHRASE, "dang-ky-khai-sinh", texts)
    assert done.taken == ("làm giấy cho bé mới sanh", "le phi ket hon bao nhieu")
    assert dict(done.dropped) == {
        "dang ky ket hon o dau vay": "phrase:dang-ky-ket-hon",
        "khai sinh tre han thi sao": "gate:",
        "lam giay cho be moi sanh a": "same:",
        "tố cáo ông": "sealed:",
    }
    assert await heard.wait(0.1)
    assert await rows(database, publications.c.id) == 1
    phrases, foreign = await learning.search_texts()
    assert phrases == {"dang-ky-khai-sinh": ("le phi ket hon bao nhieu", "làm giấy cho bé mới sanh")}
    assert foreign == ()
    assert await learning.training_texts() == []


async def test_an_intent_is_taught_to_the_next_model_and_not_to_the_search(
    learning: SqlLearning, signals: LocalSignals, database: Database
) -> None:
    own = teacher(learning, signals)
    texts = ["le phi ket hon bao nhieu vay", "dang ky ket hon o dau vay"]
    done = await own.teach(ACTOR, UNIT, 1, Decision.INTENT, "procedure_place", texts)
    assert done.taken == ("dang ky ket hon o dau vay",)
    assert await rows(database, publications.c.id) == 0
    await own.teach(ACTOR, UNIT, 2, Decision.FOREIGN, "out_of_scope", ["wifi nhà tôi bị hư"])
    assert await learning.training_texts() == [
        ("out_of_scope", "wifi nhà tôi bị hư"), ("procedure_place", "dang ky ket hon o dau vay"),
    ]  # fmt: skip
    assert (await learning.search_texts())[1] == ("wifi nhà tôi bị hư",)
    again = await own.teach(ACTOR, UNIT, 3, Decision.INTENT, "procedure_fee", ["dang ky ket hon o dau vay a"])
    assert dict(again.dropped) == {"dang ky ket hon o dau vay a": "intent:procedure_place"}


async def test_what_was_taught_can_be_taken_back_once(
    learning: SqlLearning, signals: LocalSignals, database: Database
) -> None:
    own = teacher(learning, signals)
    await own.teach(ACTOR, UNIT, 1, Decision.PHRASE, "dang-ky-khai-sinh", ["làm giấy cho bé mới sanh"])
    (one,) = await learning.learned()
    assert await own.take_back(ACTOR, one.id)
    assert not await own.take_back(ACTOR, one.id)
    assert await learning.search_texts() == ({}, ())
    assert await rows(database, publications.c.id) == 2


async def test_erasing_a_citizen_takes_the_samples_along(
    talk: Talk, harvester: Harvester, learning: SqlLearning, database: Database
) -> None:
    await talk.hears("khai sinh cho bé cần gì")
    await harvester.gather()
    async with database.write() as connection:
        await connection.execute(delete(citizens))
    assert await rows(database, learning_samples.c.id) == 0


async def test_why_an_answer_came_about_is_kept_once_with_its_first_part(talk: Talk, database: Database) -> None:
    await talk.hears("khai sinh cho bé cần gì")
    async with database.read() as connection:
        query = select(messages.c.meta).where(messages.c.direction == "out").order_by(messages.c.seq)
        first, second = (await connection.execute(query)).scalars().all()
    assert first["why"]["path"] == "nothing_found"
    assert second == {name: value for name, value in first.items() if name != "why"}
