"""What is published reaches the answers before the indexes that find them are made."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain.messages import Outcome
from bot.domain.records import Procedure
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage.coordination import LocalCache, LocalSignals
from bot.storage.database import Database
from bot.storage.editing import Editing, Key
from bot.storage.revisions import Revisions
from knowledge.emergencies import EmergencyRules
from knowledge.files import SearchTexts
from tests.conftest import UNIT
from tests.fakes import FakeClock, FakeNlu
from tests.servers.sample import few_procedures

RECORD = "dang-ky-ket-hon"
KEY = Key("procedure", "dong-nai", RECORD)


@pytest.fixture(scope="session")
def sample_procedures() -> dict[str, Procedure]:
    return few_procedures()


@pytest.fixture
async def base(published: Revisions, clock: FakeClock) -> KnowledgeBase:
    base = KnowledgeBase(published, clock, SearchTexts())
    await base.refresh()
    return base


async def publish(editing: Editing, **changes: Any) -> None:
    now = await editing.in_force(KEY)
    assert now is not None
    draft = await editing.start(KEY, now.content | changes)
    draft = await editing.send(draft.id, draft.version)
    await editing.publish(draft.id, draft.version, 2)


def result(base: KnowledgeBase) -> str:
    known = base.of(UNIT)
    assert known is not None
    return known.view.procedures[RECORD].record.result


def finds(base: KnowledgeBase, text: str) -> float:
    known = base.of(UNIT)
    assert known is not None
    return max((hit.score for hit in known.procedures.find(text).hits if hit.id == RECORD), default=0.0)


async def test_answers_change_before_the_index_does(base: KnowledgeBase, database: Database, clock: FakeClock) -> None:
    before = finds(base, "rước nàng về dinh")
    phrases = ["rước nàng về dinh", "đăng ký kết hôn"]
    await publish(Editing(database, clock), result="Giấy mới", citizen_phrases=phrases)
    assert await base.refresh(indexes=False)
    assert result(base) == "Giấy mới"
    assert finds(base, "rước nàng về dinh") == before
    assert not await base.refresh()
    assert finds(base, "rước nàng về dinh") > before


async def test_what_was_withdrawn_is_found_no_more_although_the_index_still_knows_it(
    base: KnowledgeBase, database: Database, clock: FakeClock, nlu: FakeNlu, emergency_rules: EmergencyRules
) -> None:
    assistant = Assistant(base, nlu, LocalCache(), emergency_rules)
    await Editing(database, clock).withdraw(KEY, 1, "bãi bỏ")
    await base.refresh(indexes=False)
    assert finds(base, "đăng ký kết hôn") > 0
    heard = await assistant.hear(UNIT, "đăng ký kết hôn")
    assert RECORD not in {hit.id for hit in heard.procedures.hits}
    turn = await assistant.turn(UNIT, {}, "đăng ký kết hôn", None, clock.now())
    assert turn.procedure != RECORD
    assert turn.outcome is not Outcome.FAILED


async def test_every_step_of_an_editor_wakes_whoever_follows(
    base: KnowledgeBase, database: Database, clock: FakeClock
) -> None:
    signals = LocalSignals()
    editing = Editing(database, clock, signals)
    woken = signals.subscribe("knowledge")
    await publish(editing, result="Giấy mới")
    assert await woken.wait(0)
    await editing.suspend(KEY, 1)
    assert await woken.wait(0)
    await editing.resume(KEY, 1)
    assert await woken.wait(0)
    await editing.withdraw(KEY, 1, "nhầm")
    assert await woken.wait(0)
    (first,) = [one for one in await editing.history(KEY) if one.number == 1]
    await editing.roll_back(first.id, 1)
    assert await woken.wait(0)
    following = asyncio.create_task(base.follow(signals))
    await publish(editing, result="Giấy mới nhất")
    async with asyncio.timeout(20):
        while result(base) != "Giấy mới nhất":  # noqa: ASYNC110  (the wake-up only begins the loading)
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
