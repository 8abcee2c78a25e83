from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Table, func, select

from bot import limits
from bot.domain.errors import LeaseLostError
from bot.domain.messages import Event, Outcome, Reply, Turn
from bot.storage.channels import Channel, Channels
from bot.storage.database import Database
from bot.storage.inbox import SqlInbox
from bot.storage.outbox import SqlOutbox
from bot.storage.tables import events, messages, outbox
from bot.storage.transcripts import SqlTranscripts
from tests.fakes import FakeClock
from tests.storage.conftest import say

LATER = timedelta(seconds=1)


def turn(text: str = "Dạ", outcome: Outcome = Outcome.ANSWER, **state: str) -> Turn:
    return Turn(outcome, (Reply(text),), dict(state))


async def rows(database: Database, table: Table) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def claimed(inbox: SqlInbox, owner: str = "one") -> Event:
    event = await inbox.claim(owner)
    assert event is not None
    return event


async def test_the_same_event_twice_has_one_effect(inbox: SqlInbox, channel: Channel, database: Database) -> None:
    first = await inbox.save(channel.id, [say("e1")])
    again = await inbox.save(channel.id, [say("e1"), say("e1")])
    assert again == first * 2
    assert (await rows(database, events), await rows(database, messages)) == (1, 1)


async def test_one_event_sent_many_times_at_once_is_saved_once(
    inbox: SqlInbox, channel: Channel, database: Database
) -> None:
    saved = await asyncio.gather(*(inbox.save(channel.id, [say("e1")]) for _ in range(20)))
    assert len({tuple(one) for one in saved}) == 1
    assert await rows(database, events) == 1


async def test_messages_of_one_citizen_at_once_get_numbers_without_a_gap(inbox: SqlInbox, channel: Channel) -> None:
    saved = await asyncio.gather(*(inbox.save(channel.id, [say(f"e{number}")]) for number in range(20)))
    assert sorted(seq for [(_, seq)] in saved) == list(range(1, 21))
    assert len({conversation for [(conversation, _)] in saved}) == 1


async def test_batches_in_opposite_order_at_once_are_all_saved(
    inbox: SqlInbox, channel: Channel, database: Database
) -> None:
    batch = [say(f"e{number}", citizen=f"c{number}") for number in range(8)]
    await asyncio.gather(*(inbox.save(channel.id, batch[:: 1 if turn % 2 else -1]) for turn in range(10)))
    assert await rows(database, events) == len(batch)


async def test_the_same_id_on_two_channels_is_two_events(
    inbox: SqlInbox, channel: Channel, channels: Channels, database: Database
) -> None:
    other = await channels.ensure("zalo", "oa-1", "xa-khac")
    await inbox.save(channel.id, [say("e1")])
    await inbox.save(other.id, [say("e1")])
    assert await rows(database, events) == 2


async def test_a_conversation_is_answered_in_the_order_it_was_written(inbox: SqlInbox, channel: Channel) -> None:
    await inbox.save(channel.id, [say("e1", "một"), say("e2", "hai"), say("e3", "ba")])
    heard = []
    while event := await inbox.claim("one"):
        heard.append(event.text)
        await inbox.finish(event, "one", turn())
    assert heard == ["một", "hai", "ba"]


async def test_two_workers_never_hold_one_conversation(inbox: SqlInbox, channel: Channel) -> None:
    await inbox.save(channel.id, [say("e1"), say("e2"), say("f1", citizen="binh")])
    held = [event for number in range(5) if (event := await inbox.claim(f"worker {number}"))]
    assert len({event.conversation_id for event in held}) == len(held) == 2


async def test_many_workers_at_once_take_every_event_once(
    inbox: SqlInbox, channel: Channel, database: Database
) -> None:
    await inbox.save(channel.id, [say(f"{c}{n}", citizen=f"c{c}") for n in range(3) for c in range(6)])
    taken: list[int] = []

    async def work(owner: str) -> None:
        idle = 0
        while idle < 20:
            event = await inbox.claim(owner)
            if event is None:
                idle += 1
                await asyncio.sleep(0.005)
                continue
            idle = 0
            await inbox.finish(event, owner, turn())
            taken.append(event.id)

    await asyncio.gather(*(work(f"worker {number}") for number in range(4)))
    assert len(taken) == len(set(taken)) == 18
    assert await rows(database, outbox) == 18


async def test_a_lease_that_ran_out_is_taken_over_and_the_late_finisher_writes_nothing(
    inbox: SqlInbox, channel: Channel, clock: FakeClock, database: Database
) -> None:
    await inbox.save(channel.id, [say("e1")])
    slow = await claimed(inbox, "slow")
    assert await inbox.claim("quick") is None
    clock.advance(limits.EVENT_LEASE + LATER)
    quick = await claimed(inbox, "quick")
    assert (quick.id, quick.attempts) == (slow.id, 2)
    with pytest.raises(LeaseLostError):
        await inbox.finish(slow, "slow", turn("from the slow one"))
    assert await rows(database, outbox) == 0
    await inbox.finish(quick, "quick", turn("from the quick one"))
    with pytest.raises(LeaseLostError):
        await inbox.finish(slow, "slow", turn("from the slow one"))
    assert await rows(database, outbox) == 1


async def test_finishing_writes_the_answer_the_state_and_the_outcome_together(
    inbox: SqlInbox, channel: Channel, outbox: SqlOutbox, transcripts: SqlTranscripts
) -> None:
    [(conversation, _)] = await inbox.save(channel.id, [say("e1", "hỏi")])
    await inbox.finish(await claimed(inbox), "one", turn("đáp", procedure="khai-sinh"))
    shown = await transcripts.messages(conversation, 0, 10)
    assert [(one.seq, one.direction, one.reply.text) for one in shown] == [(1, "in", "hỏi"), (2, "out", "đáp")]
    delivery = await outbox.claim(["web"])
    assert delivery is not None
    assert delivery.reply.text == "đáp"
    await inbox.save(channel.id, [say("e2")])
    assert (await claimed(inbox)).state == {"procedure": "khai-sinh"}


async def test_the_state_is_forgotten_after_its_lifetime(inbox: SqlInbox, channel: Channel, clock: FakeClock) -> None:
    await inbox.save(channel.id, [say("e1")])
    await inbox.finish(await claimed(inbox), "one", turn(procedure="khai-sinh"))
    clock.advance(limits.STATE_LIFETIME + LATER)
    await inbox.save(channel.id, [say("e2")])
    assert (await claimed(inbox)).state == {}


async def test_a_postponed_event_keeps_its_place_before_later_ones(
    inbox: SqlInbox, channel: Channel, clock: FakeClock
) -> None:
    await inbox.save(channel.id, [say("e1", "một"), say("e2", "hai")])
    await inbox.postpone(await claimed(inbox), "one")
    assert await inbox.claim("two") is None
    clock.advance(limits.EVENT_RETRY + LATER)
    again = await claimed(inbox, "two")
    assert (again.text, again.attempts) == ("một", 2)


async def test_the_counts_sum_to_all_events(
    inbox: SqlInbox, channel: Channel, clock: FakeClock, database: Database
) -> None:
    for number, outcome in enumerate([*Outcome, Outcome.ANSWER]):
        await inbox.save(channel.id, [say(f"e{number}")])
        await inbox.finish(await claimed(inbox), "one", turn(outcome=outcome))
    clock.advance(timedelta(days=2))
    await inbox.save(channel.id, [say("open")])
    counts = await inbox.counts()
    assert counts == {**dict.fromkeys((outcome.value for outcome in Outcome), 1), "answer": 2, "open": 1}
    assert sum(counts.values()) == await rows(database, events)
    assert sum((await inbox.counts(since=timedelta(days=1))).values()) == 1
