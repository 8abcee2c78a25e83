from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot import limits
from bot.dialogue import texts_vi as say
from bot.domain.errors import StorageUnavailableError
from bot.domain.messages import Turn
from bot.services.assistant import Assistant
from bot.storage.database import Database
from tests.fakes import FakeClock, FakeNlu
from tests.servers.chat import UNIT, Citizen, Client, Parts

SECOND = timedelta(seconds=1)


async def outs(citizen: Citizen) -> list[str]:
    return [one["text"] for one in (await citizen.read())["messages"] if one["direction"] == "out"]


@asynccontextmanager
async def read_only(database: Database) -> AsyncIterator[None]:
    """SQLite refuses every write as it does for a file without write permission (which does not bind root)."""
    pool = database.engine.sync_engine.pool

    def refuse(connection: Any, *_: object) -> None:
        set_pragma(connection, "ON")

    def allow(connection: Any, *_: object) -> None:
        set_pragma(connection, "OFF")

    def set_pragma(connection: Any, value: str) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA query_only={value}")
        cursor.close()

    event.listen(pool, "checkout", refuse)
    yield
    event.remove(pool, "checkout", refuse)
    event.listen(pool, "checkout", allow)


async def test_a_worker_that_died_in_the_middle_leaves_the_message_to_another_which_answers_once(
    citizen: Citizen, parts: Parts, clock: FakeClock, nlu: FakeNlu
) -> None:
    nlu.says("greet")
    await citizen.say("chào")
    assert await parts.inbox.claim("the one that dies") is not None
    assert not await parts.worker().step()
    clock.advance(limits.EVENT_LEASE + SECOND)
    assert await parts.worker().step()
    assert not await parts.worker().step()
    assert len(await outs(citizen)) == 1


async def test_a_worker_that_was_only_slow_does_not_answer_a_second_time(
    citizen: Citizen, parts: Parts, clock: FakeClock, nlu: FakeNlu, monkeypatch: pytest.MonkeyPatch
) -> None:
    nlu.says("greet")
    await citizen.say("chào")
    honest = parts.assistant.turn

    async def slow(*args: Any) -> Turn:
        monkeypatch.setattr(parts.assistant, "turn", honest)
        clock.advance(limits.EVENT_LEASE + SECOND)
        assert await parts.worker("the quick one").step()
        return await honest(*args)

    monkeypatch.setattr(parts.assistant, "turn", slow)
    assert await parts.worker("the slow one").step()
    assert len(await outs(citizen)) == 1


async def test_an_error_of_the_assistant_is_tried_again_and_then_apologised_for_and_listed(
    citizen: Citizen, parts: Parts, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    async def broken(*args: Any) -> Turn:
        attempts.append(args)
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(parts.assistant, "turn", broken)
        await citizen.say("một câu làm hỏng trợ lý")
        await citizen.say("câu sau")
        for _ in range(limits.EVENT_ATTEMPTS):
            assert await parts.worker().step()
            assert await outs(citizen) == []
            assert not await parts.worker().step()
            clock.advance(limits.EVENT_RETRY * limits.EVENT_ATTEMPTS + SECOND)
        assert await parts.worker().step()
    assert len(attempts) == limits.EVENT_ATTEMPTS
    counts = await parts.inbox.counts()
    assert (counts["failed"], counts["open"]) == (1, 1)
    known = parts.knowledge.of(UNIT)
    assert known is not None
    view = known.view
    assert await outs(citizen) == [say.FAILED.format(counter_phone=view.counter_phone)]
    assert await parts.worker().step()
    assert (await parts.inbox.counts())["open"] == 0


async def test_an_error_once_is_answered_in_the_next_attempt(
    citizen: Citizen, parts: Parts, clock: FakeClock, nlu: FakeNlu, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Turn:
        raise ZeroDivisionError

    nlu.says("greet")
    await citizen.say("chào")
    with monkeypatch.context() as patch:
        patch.setattr(Assistant, "turn", broken)
        assert await parts.worker().step()
    clock.advance(limits.EVENT_RETRY + SECOND)
    assert await parts.worker().step()
    assert (await parts.inbox.counts())["failed"] == 0
    assert len(await outs(citizen)) == 1


async def test_with_rasa_away_the_citizen_gets_the_procedure_and_is_told_so(
    citizen: Citizen, parts: Parts, nlu: FakeNlu
) -> None:
    nlu.away = True
    await citizen.say("lệ phí đăng ký kết hôn")
    assert await parts.worker().step()
    [reply] = await outs(citizen)
    assert "kết hôn" in reply.lower()
    assert say.DEGRADED.partition(",")[0] in reply


async def test_an_emergency_needs_no_rasa(citizen: Citizen, parts: Parts, nlu: FakeNlu) -> None:
    nlu.away = True
    await citizen.say("cháy nhà rồi cứu với")
    assert await parts.worker().step()
    assert "114" in str((await citizen.read())["messages"][-1])
    assert nlu.asked == []


async def test_a_database_that_cannot_be_written_refuses_the_citizen_and_the_worker_goes_on_afterwards(
    client: Client, citizen: Citizen, parts: Parts, nlu: FakeNlu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "POLL_INTERVAL", 0.05)
    nlu.says("greet")
    await citizen.say("trước")
    async with read_only(parts.database), parts.working():
        status, answer, headers = await citizen.post({"client_id": "lost?", "text": "trong lúc hỏng"})
        assert (status, int(headers["Retry-After"]) > 0, "error" in answer) == (503, True, True)
        async with client.post("/chat/api/session", json={"unit": UNIT}) as response:
            assert response.status == 503
        await asyncio.sleep(0.2)
        assert [one["text"] for one in (await citizen.read())["messages"]] == ["trước"]
    async with parts.working():
        await citizen.say("trong lúc hỏng", client_id="lost?")
        await citizen.answers(2)
    assert len(await outs(citizen)) == 2
    assert (await parts.inbox.counts())["open"] == 0


async def test_a_running_worker_waits_for_the_database_and_then_answers_by_itself(
    citizen: Citizen, parts: Parts, nlu: FakeNlu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "POLL_INTERVAL", 0.05)
    nlu.says("greet")
    await citizen.say("chào")
    async with parts.working():
        async with read_only(parts.database):
            await asyncio.sleep(0.2)
        assert len(await citizen.answers(1)) == 1


async def test_an_answer_that_could_not_be_written_is_written_after_the_lease(
    citizen: Citizen, parts: Parts, clock: FakeClock, nlu: FakeNlu, monkeypatch: pytest.MonkeyPatch
) -> None:
    nlu.says("greet")
    await citizen.say("chào")

    async def full(*_: object) -> None:
        raise StorageUnavailableError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(parts.inbox, "finish", full)
        with pytest.raises(StorageUnavailableError):
            await parts.worker().step()
    clock.advance(limits.EVENT_LEASE + SECOND)
    assert await parts.worker().step()
    assert len(await outs(citizen)) == 1
