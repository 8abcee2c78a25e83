"""The console's models with real training and real Rasa: a spoiled one refused, a good one taken over while people
write, and the way back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.learning import Decision
from bot.domain.messages import InboundMessage
from bot.domain.models import PublicationState, RunState
from bot.models import ModelRunner
from bot.running import prepared, rasa_running, trained_model
from bot.storage.staff import Actor
from bot.storage.tables import messages
from bot.system import System, opened
from bot.training import Origin, archive, model_id, refusal, running_model, taught, train
from tests.conftest import UNIT
from tests.nlu.test_gate import gated_settings, small_project, swap_labels

pytestmark = pytest.mark.rasa
ACTOR = Actor(None, UNIT)
QUESTION = "lệ phí đăng ký kết hôn là bao nhiêu {number}"


async def performed(system: System, runner: ModelRunner) -> RunState:
    run_id = await system.models.request(ACTOR, UNIT)
    assert run_id is not None
    await runner.step()
    run = await system.models.run(run_id)
    assert run is not None
    assert run.state is not RunState.FAILED, (run.reason, run.log)
    return run.state


@asynccontextmanager
async def citizens_writing(system: System) -> AsyncIterator[list[int]]:
    """Messages arrive all the time and workers answer them; the events' conversations."""
    channel = await system.channels.ensure("web", UNIT, UNIT)
    written: list[int] = []

    async def write() -> None:
        while True:
            number = len(written)
            said = InboundMessage(f"w{number}", f"citizen-{number}", QUESTION.format(number=number))
            ((conversation_id, _),) = await system.inbox.save(channel.id, [said])
            written.append(conversation_id)
            await system.signals.notify("inbox")
            await asyncio.sleep(0.05)

    workers = [asyncio.create_task(system.worker(number).run()) for number in range(2)]
    writing = asyncio.create_task(write())
    try:
        yield written
    finally:
        writing.cancel()
        for _ in range(600):
            if not (await system.inbox.counts())["open"]:
                break
            await asyncio.sleep(0.1)
        for task in (writing, *workers):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_a_spoiled_model_is_refused_and_one_that_learned_nothing_harmful_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = small_project(tmp_path / "project")
    async with opened(gated_settings(tmp_path)) as system:
        await prepared(system)
        await trained_model(system, project)
        old = running_model(tmp_path / "data")
        runner = ModelRunner(system, project)

        swap_labels(project, "procedure_fee", "denounce")
        assert await performed(system, runner) is RunState.REFUSED
        (spoiled, _) = await system.models.kept()
        assert spoiled.refused
        assert refusal(archive(tmp_path / "data", spoiled.id)) == spoiled.refused
        assert await system.models.publish(ACTOR, UNIT, spoiled.id) is None

        swap_labels(project, "procedure_fee", "denounce")
        await system.learning.teach(ACTOR, UNIT, 0, Decision.INTENT, "greet", ["xin chào"])
        ended = await performed(system, runner)
        run = await system.models.run(2)
        assert ended is RunState.PASSED, run and run.report
        new = (await system.models.kept())[0]
        assert (new.learned, new.base_id, new.refused) == (1, old.parent.name, None)
        assert running_model(tmp_path / "data") == old, "nobody published the new one"


async def test_the_model_is_replaced_and_taken_back_while_citizens_write_and_no_message_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = small_project(tmp_path / "project")
    async with opened(gated_settings(tmp_path)) as system:
        await prepared(system)
        await trained_model(system, project)
        old = running_model(tmp_path / "data")
        made_of = Origin(model_id(project), 1)
        with taught([("greet", "xin chào")], project) as source:
            new = await train(tmp_path / "data", lambda progress: None, project=source, made_of=made_of)
        async with rasa_running(system):
            runner = ModelRunner(system, project)
            await runner.step()
            async with citizens_writing(system) as written:
                await asyncio.sleep(1)
                for model in (new, old):
                    assert await system.models.publish(ACTOR, UNIT, model.parent.name) is not None
                    await runner.step()
                    current = await system.models.current()
                    assert current is not None
                    assert current.model_id == model.parent.name
                    await asyncio.sleep(1)
        counts = await system.inbox.counts()
        assert len(written) > 20
        assert counts == {**dict.fromkeys(counts, 0), "answer": len(written)}, "one was lost or not answered"
        async with system.database.read() as connection:
            query = select(messages.c.meta).where(messages.c.direction == "out").order_by(messages.c.id)
            answered = [one["model"] for one in (await connection.execute(query)).scalars()]
        assert set(answered) == {old.name, new.name}, "an answer without a model, or of an unknown one"
        assert answered[-1] == old.name
        assert running_model(tmp_path / "data") == old
        assert [one.state for one in await system.models.publications(5)] == [PublicationState.ACTIVE] * 3
