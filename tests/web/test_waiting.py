"""Long waits the platforms ask for, answers that come too late, photos over a platform, the end of a burst."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import limits
from bot.domain.channels import Attachment, Inbound, Kind, Outgoing
from bot.domain.errors import SendFailedError
from bot.domain.messages import Event, Outcome, Reply, Turn
from bot.sender import EXPIRED
from bot.storage.tables import outbox
from bot.worker import Worker
from tests.fakes import FakeClock
from tests.servers.chat import UNIT, Parts

PLATFORM = "postcard"
NIGHT = timedelta(hours=8)


class Night:
    """A platform that says when to come back, for as long as it is told to."""

    platform = PLATFORM

    def __init__(self, times: int, wait: timedelta = NIGHT, reason: str = "night") -> None:
        self._left = times
        self._failure = SendFailedError(reason, "unreachable", wait.total_seconds(), told=True)
        self.delivered: list[str] = []
        self.asked = 0

    async def send(self, outgoing: Outgoing, accepted: Callable[[str], Awaitable[None]]) -> None:
        self.asked += 1
        if self._left:
            self._left -= 1
            raise self._failure
        self.delivered.append(outgoing.reply.text)


@pytest.fixture
async def channel_id(parts: Parts) -> int:
    channel = await parts.channels.ensure(PLATFORM, "p", UNIT)
    await parts.inbox.save_events(channel.id, [Inbound("e1", "an", Kind.MESSAGE, text="hỏi")])
    event = await parts.inbox.claim("one")
    assert event is not None
    await parts.inbox.finish(event, "one", Turn(Outcome.ANSWER, (Reply("đáp"),), {}))
    return channel.id


async def run_out(parts: Parts, office: Night) -> None:
    while await parts.sender(office).step():
        pass


async def state(parts: Parts) -> tuple[Any, ...]:
    async with parts.database.read() as connection:
        row = (await connection.execute(select(outbox.c.outcome, outbox.c.reason, outbox.c.attempts))).one()
        return tuple(row)


@pytest.mark.usefixtures("channel_id")
async def test_more_nights_than_tries_lose_nothing(parts: Parts, clock: FakeClock) -> None:
    office = Night(limits.OUTBOX_ATTEMPTS * 2)
    for _ in range(limits.OUTBOX_ATTEMPTS * 2):
        await run_out(parts, office)
        clock.advance(NIGHT)
    await run_out(parts, office)
    assert office.delivered == ["đáp"]
    assert (await state(parts))[0] == "sent"


@pytest.mark.usefixtures("channel_id")
@pytest.mark.parametrize("reason", ["night", "rate_limited"])
async def test_a_wait_is_kept_up_to_a_day_and_not_beyond(parts: Parts, clock: FakeClock, reason: str) -> None:
    office = Night(1, timedelta(days=400), reason)
    await run_out(parts, office)
    clock.advance(limits.TOLD_WAIT_MAX - timedelta(seconds=1))
    await run_out(parts, office)
    assert office.asked == 1
    clock.advance(timedelta(seconds=1))
    await run_out(parts, office)
    assert office.delivered == ["đáp"]


@pytest.mark.usefixtures("channel_id")
async def test_what_waited_until_the_window_had_passed_ends_unreachable_with_what_held_it_up(
    parts: Parts, clock: FakeClock
) -> None:
    office = Night(100, timedelta(hours=20))
    for _ in range(12):
        await run_out(parts, office)
        clock.advance(timedelta(hours=20))
    assert (await state(parts))[:2] == ("unreachable", f"{EXPIRED}: night")
    assert office.asked < 10


async def test_a_photo_alone_is_acknowledged_and_asked_about(parts: Parts, clock: FakeClock) -> None:
    channel = await parts.channels.ensure("zalo", "oa", UNIT)
    photo = Attachment("image", "https://f1.zdn.vn/a.jpg")
    await parts.inbox.save_events(channel.id, [Inbound("e1", "an", Kind.MESSAGE, attachments=(photo,))])
    clock.advance(limits.BURST_WINDOW)
    assert await parts.worker().step()
    delivery = await parts.outbox.claim(["zalo"])
    assert delivery is not None
    assert "đã nhận được ảnh" in delivery.reply.text


async def test_a_worker_looks_again_when_a_burst_is_complete(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    again = asyncio.Event()

    async def nothing(owner: str, at_most: int) -> list[Event]:
        looks.append(owner)
        if len(looks) == 2:
            again.set()
        return []

    async def soon() -> timedelta | None:
        return timedelta(seconds=0.05) if len(looks) == 1 else None

    monkeypatch.setattr(limits, "POLL_INTERVAL", 30.0)
    monkeypatch.setattr(parts.inbox, "claim_many", nothing)
    monkeypatch.setattr(parts.inbox, "burst_ends_in", soon)
    working = asyncio.create_task(Worker("w", parts.inbox, parts.assistant, parts.signals, parts.clock).run())
    await asyncio.wait_for(again.wait(), 10)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert len(looks) == 2
