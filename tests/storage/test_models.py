"""Runs, models and publications on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot import limits
from bot.domain.models import KeptModel, PublicationState, RunState
from bot.storage.database import Database
from bot.storage.models import SqlModels
from bot.storage.staff import Actor
from tests.conftest import UNIT
from tests.fakes import FakeClock

ACTOR = Actor(None, UNIT)


@pytest.fixture
def models(database: Database, clock: FakeClock) -> SqlModels:
    return SqlModels(database, clock)


def kept(clock: FakeClock, name: str, refused: tuple[str, ...] | None = None) -> KeptModel:
    return KeptModel(name, "base", 3, clock.now(), True, refused, {"answer": 0.8, "scope": [1, 2, 3, 4]})


async def test_one_run_is_open_at_a_time(models: SqlModels) -> None:
    assert await models.request(ACTOR, UNIT) is not None
    assert await models.request(ACTOR, UNIT) is None


async def test_of_several_processes_one_claims_the_run(models: SqlModels) -> None:
    await models.request(ACTOR, UNIT)
    claimed = await asyncio.gather(*(models.claim() for _ in range(5)))
    assert len([one for one in claimed if one is not None]) == 1


async def test_progress_is_noted_until_somebody_cancels(models: SqlModels) -> None:
    await models.request(ACTOR, UNIT)
    run = await models.claim()
    assert run is not None
    assert await models.progress(run.id, "training", 30)
    noted = await models.run(run.id)
    assert noted is not None
    assert (noted.phase, noted.percent, noted.is_open) == ("training", 30, True)
    assert await models.cancel(ACTOR, run.id)
    assert not await models.progress(run.id, "training", 31)
    await models.finish(run.id, RunState.CANCELLED)
    assert not await models.cancel(ACTOR, run.id)
    assert await models.request(ACTOR, UNIT) is not None


async def test_a_run_nobody_began_is_cancelled_at_once(models: SqlModels) -> None:
    run_id = await models.request(ACTOR, UNIT)
    assert run_id is not None
    assert await models.cancel(ACTOR, run_id)
    assert await models.claim() is None


async def test_a_run_whose_performer_fell_silent_has_failed(models: SqlModels, clock: FakeClock) -> None:
    await models.request(ACTOR, UNIT)
    run = await models.claim()
    assert run is not None
    clock.advance(limits.MODEL_RUN_SILENCE + timedelta(seconds=1))
    assert await models.claim() is None
    ended = await models.run(run.id)
    assert ended is not None
    assert (ended.state, ended.reason) == (RunState.FAILED, "silent")
    assert not await models.progress(run.id, "training", 99), "the silent performer learns that it lost the run"


async def test_the_report_is_kept_with_the_run(models: SqlModels) -> None:
    await models.request(ACTOR, UNIT)
    run = await models.claim()
    assert run is not None
    await models.finish(run.id, RunState.PASSED, report={"model": "new", "base": "old"}, log="một\nhai")
    (ended,) = await models.runs(5)
    assert (ended.state, ended.model_id, ended.base_id, ended.log) == (RunState.PASSED, "new", "old", "một\nhai")


async def test_a_model_is_published_once_and_rolled_back(models: SqlModels, clock: FakeClock) -> None:
    await models.keep([kept(clock, "old"), kept(clock, "new")])
    await models.note_current("old", UNIT)
    first = await models.publish(ACTOR, UNIT, "new")
    assert first is not None
    assert await models.publish(ACTOR, UNIT, "new") is None, "a change is under way"
    waiting = await models.waiting_publication()
    assert waiting is not None
    assert (waiting.model_id, waiting.previous_id) == ("new", "old")
    await models.settle(waiting.id, PublicationState.ACTIVE)
    current = await models.current()
    assert current is not None
    assert current.model_id == "new"
    assert await models.publish(ACTOR, UNIT, "new") is None, "it answers already"
    assert await models.publish(ACTOR, UNIT, "old") is not None


async def test_a_failed_publication_changes_nothing(models: SqlModels, clock: FakeClock) -> None:
    await models.keep([kept(clock, "old"), kept(clock, "new")])
    await models.note_current("old", UNIT)
    number = await models.publish(ACTOR, UNIT, "new")
    assert number is not None
    await models.settle(number, PublicationState.FAILED, "Rasa không lên")
    current = await models.current()
    assert current is not None
    assert current.model_id == "old"
    assert (await models.publications(1))[0].reason == "Rasa không lên"


async def test_a_refused_or_removed_model_cannot_be_published(models: SqlModels, clock: FakeClock) -> None:
    await models.keep([kept(clock, "bad", ("greet: kém",)), kept(clock, "gone")])
    await models.keep([kept(clock, "bad", ("greet: kém",))])
    assert await models.publish(ACTOR, UNIT, "bad") is None
    assert await models.publish(ACTOR, UNIT, "gone") is None
    assert await models.publish(ACTOR, UNIT, "never") is None
    assert {one.id: one.kept for one in await models.kept()} == {"bad": True, "gone": False}
