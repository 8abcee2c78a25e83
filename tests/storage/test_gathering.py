from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot import limits
from bot.domain.channels import Inbound, Kind, Saved
from bot.domain.errors import StorageUnavailableError
from bot.storage.channels import Channel
from bot.storage.database import Database
from bot.storage.gathering import Gathered
from bot.storage.inbox import SqlInbox
from bot.storage.tables import conversations, events, messages
from tests.fakes import FakeClock


def said(key: str, citizen: str = "an", kind: Kind = Kind.MESSAGE) -> Inbound:
    return Inbound(key, citizen, kind, text=f"tin {key}")


class Store:
    """Remembers which batches came together; fails as it is told."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.together: list[list[str]] = []
        self._failure = failure

    async def save(self, channel_id: int, batches: Sequence[Sequence[Inbound]]) -> list[Saved]:
        ids = [one.external_id for batch in batches for one in batch]
        self.together.append(ids)
        await asyncio.sleep(0)
        if self._failure is not None and "bad" in ids:
            raise self._failure
        return [Saved(len(batch)) for batch in batches]


async def test_what_comes_during_a_transaction_shares_the_next_one_and_nobody_waits_for_company() -> None:
    store = Store()
    gathered = Gathered(store.save)
    await gathered.save(1, [said("alone")])
    first = asyncio.create_task(gathered.save(1, [said("first")]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(gathered.save(1, [said(str(number))])) for number in range(3)]
    assert [one.new for one in await asyncio.gather(first, *rest)] == [1, 1, 1, 1]
    assert store.together == [["alone"], ["first"], ["0", "1", "2"]]


async def test_channels_do_not_share_and_a_crowd_is_taken_in_portions() -> None:
    store = Store()
    gathered = Gathered(store.save)
    crowd = [gathered.save(1 + number % 2, [said(str(number))]) for number in range(2 * limits.GATHERED_EVENTS + 2)]
    await asyncio.gather(*crowd)
    assert [len(one) for one in store.together] == [limits.GATHERED_EVENTS, limits.GATHERED_EVENTS, 1, 1]


async def test_a_single_call_is_never_parted() -> None:
    store = Store()
    many = [said(str(number)) for number in range(limits.GATHERED_EVENTS + 1)]
    gathered = Gathered(store.save)
    await asyncio.gather(gathered.save(1, many), gathered.save(1, [said("next")]))
    assert [len(one) for one in store.together] == [limits.GATHERED_EVENTS + 1, 1]


async def test_a_batch_that_cannot_be_stored_fails_alone() -> None:
    store = Store(ZeroDivisionError())
    gathered = Gathered(store.save)
    calls = [gathered.save(1, [said(key)]) for key in ("good", "bad", "fine")]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert results[0] == results[2] == Saved(1)
    assert isinstance(results[1], ZeroDivisionError)


async def test_with_the_database_away_everybody_is_told_at_once() -> None:
    store = Store(StorageUnavailableError("away"))
    gathered = Gathered(store.save)
    results = await asyncio.gather(*(gathered.save(1, [said(k)]) for k in ("a", "bad")), return_exceptions=True)
    assert [type(one) for one in results] == [StorageUnavailableError] * 2
    assert len(store.together) == 1
    assert await gathered.save(1, [said("later")]) == Saved(1)


async def test_a_caller_that_went_away_leaves_the_others_their_answer() -> None:
    store = Store()
    gathered = Gathered(store.save)
    gone, stays = (asyncio.create_task(gathered.save(1, [said(key)])) for key in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == Saved(1)
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_crowd_of_webhooks_loses_and_doubles_nothing(
    inbox: SqlInbox, channel: Channel, database: Database
) -> None:
    batches = [[said(f"m{n % 40}", f"c{n % 7}") for n in range(start, start + 3)] for start in range(60)]
    results = await asyncio.gather(*(inbox.save_events(channel.id, batch) for batch in batches))
    assert (sum(one.new for one in results), sum(one.duplicates for one in results)) == (40, 180 - 40)
    async with database.read() as connection:
        repeated = (await connection.execute(select(func.sum(events.c.duplicates)))).scalar()
        numbers = (
            select(conversations.c.next_seq, func.count(messages.c.id)).join(messages).group_by(conversations.c.id)
        )
        assert all(next_seq == count + 1 for next_seq, count in await connection.execute(numbers))
    assert repeated == 180 - 40


async def test_the_same_event_twice_in_one_batch_is_one_event(inbox: SqlInbox, channel: Channel) -> None:
    assert await inbox.save_events(channel.id, [said("m1"), said("m1")]) == Saved(1, 1, 1)


async def test_who_left_and_came_back_is_reachable_though_the_leaving_is_told_late(
    inbox: SqlInbox, channel: Channel, clock: FakeClock, database: Database
) -> None:
    async def unreachable() -> str | None:
        async with database.read() as connection:
            found: str | None = (await connection.execute(select(conversations.c.unreachable))).scalar()
            return found

    left_at = clock.now()
    await inbox.save_events(channel.id, [said("m1")])
    clock.advance(timedelta(minutes=5))
    await inbox.save_events(channel.id, [said("m2")])
    await inbox.save_events(channel.id, [Inbound("left:1", "an", Kind.LEFT, sent_at=left_at)])
    assert await unreachable() is None
    clock.advance(timedelta(minutes=5))
    await inbox.save_events(channel.id, [Inbound("left:2", "an", Kind.LEFT, sent_at=clock.now())])
    assert await unreachable() == "left"
