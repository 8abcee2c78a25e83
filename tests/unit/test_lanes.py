from __future__ import annotations

import asyncio
import contextlib
from collections import deque

import pytest

from bot import limits
from bot.domain.errors import StorageUnavailableError
from bot.lanes import work_through
from bot.storage.coordination import LocalSignals

TOPIC = "work"
LANES = 3


class Queue:
    """Work by name: each takes until it is let go. One name at a time of those that begin with the same letter."""

    def __init__(self, *names: str) -> None:
        self.waiting = deque(names)
        self.busy: dict[str, asyncio.Event] = {}
        self.done: list[str] = []
        self.away = False

    async def claim(self, at_most: int) -> list[str]:
        if self.away:
            raise StorageUnavailableError("away")
        held = {name[0] for name in self.busy}
        found = []
        for name in tuple(self.waiting):
            if len(found) < at_most and name[0] not in held:
                held.add(name[0])
                self.waiting.remove(name)
                self.busy[name] = asyncio.Event()
                found.append(name)
        return found

    async def handle(self, name: str) -> None:
        try:
            await self.busy[name].wait()
            if name.endswith("!"):
                raise ZeroDivisionError
        finally:
            del self.busy[name]
        self.done.append(name)


@contextlib.asynccontextmanager
async def at_work(queue: Queue, signals: LocalSignals):  # type: ignore[no-untyped-def]
    async def pause() -> float:
        return 60.0

    task = asyncio.create_task(
        work_through("test", signals, TOPIC, queue.claim, queue.handle, lanes=LANES, pause=pause)
    )
    await settle()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_several_are_handled_at_once_and_no_more_than_there_are_lanes(signals: LocalSignals) -> None:
    queue = Queue("a", "b", "c", "d")
    async with at_work(queue, signals):
        assert sorted(queue.busy) == ["a", "b", "c"]
        queue.busy["b"].set()
        await settle()
        assert sorted(queue.busy) == ["a", "c", "d"]


async def test_what_had_to_wait_for_its_neighbour_follows_when_that_is_done_without_a_call(
    signals: LocalSignals,
) -> None:
    queue = Queue("a1", "a2")
    async with at_work(queue, signals):
        assert list(queue.busy) == ["a1"]
        queue.busy["a1"].set()
        await settle()
        assert list(queue.busy) == ["a2"]


async def test_a_call_is_heard_while_others_are_handled(signals: LocalSignals) -> None:
    queue = Queue("a")
    async with at_work(queue, signals):
        queue.waiting.append("b")
        await signals.notify(TOPIC)
        await settle()
        assert sorted(queue.busy) == ["a", "b"]


async def test_a_database_that_is_away_is_waited_for(signals: LocalSignals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "POLL_INTERVAL", 0.01)
    queue = Queue("a")
    queue.away = True
    async with at_work(queue, signals) as task:
        assert (task.done(), queue.busy) == (False, {})
        queue.away = False
        while not queue.busy:  # noqa: ASYNC110  (what is awaited has no event)
            await asyncio.sleep(0.01)
        assert list(queue.busy) == ["a"]


async def test_a_failure_of_the_work_itself_ends_the_loop_and_stops_its_neighbours(signals: LocalSignals) -> None:
    queue = Queue("a!", "b")
    async with at_work(queue, signals) as task:
        queue.busy["a!"].set()
        with pytest.raises(ZeroDivisionError):
            await task
        assert queue.busy == {}
        assert queue.done == []
