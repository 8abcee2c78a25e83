from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from bot import limits
from bot.domain.messages import Outcome, Reply, Turn
from bot.storage.channels import Channel, Channels
from bot.storage.database import Database
from bot.storage.inbox import SqlInbox
from bot.storage.tables import citizens, conversations, events, messages, outbox
from bot.storage.transcripts import SqlTranscripts
from tests.fakes import FakeClock
from tests.storage.conftest import say

PERSONAL = (citizens, conversations, events, messages, outbox)


async def left(database: Database) -> list[int]:
    async with database.read() as connection:
        counts = [select(func.count()).select_from(table) for table in PERSONAL]
        return [(await connection.execute(count)).scalar_one() for count in counts]


async def converse(inbox: SqlInbox, channel: Channel, citizen: str) -> int:
    """One question of a citizen, answered."""
    [(conversation, _)] = await inbox.save(channel.id, [say(f"{citizen}-1", "hỏi", citizen)])
    event = await inbox.claim("one")
    assert event is not None
    await inbox.finish(event, "one", Turn(Outcome.ANSWER, (Reply("đáp"),), {}))
    return conversation


async def test_a_conversation_is_read_after_a_number_and_up_to_a_limit(
    inbox: SqlInbox, channel: Channel, transcripts: SqlTranscripts
) -> None:
    [(conversation, _), *_] = await inbox.save(channel.id, [say(f"e{number}", str(number)) for number in range(1, 6)])
    shown = await transcripts.messages(conversation, 1, 3)
    assert [(one.seq, one.reply.text, one.client_id) for one in shown] == [
        (2, "2", "e2"),
        (3, "3", "e3"),
        (4, "4", "e4"),
    ]


async def test_it_is_typing_while_an_event_waits(
    inbox: SqlInbox, channel: Channel, transcripts: SqlTranscripts
) -> None:
    answered = await converse(inbox, channel, "an")
    assert not await transcripts.is_typing(answered)
    await inbox.save(channel.id, [say("e2", citizen="an")])
    assert await transcripts.is_typing(answered)


async def test_times_come_back_aware_and_unchanged(
    inbox: SqlInbox, channel: Channel, transcripts: SqlTranscripts, clock: FakeClock
) -> None:
    conversation = await converse(inbox, channel, "an")
    assert {one.at for one in await transcripts.messages(conversation, 0, 9)} == {clock.now()}
    assert clock.now().tzinfo is not None


async def test_retention_removes_silent_conversations_with_all_they_held_and_keeps_fresh_ones(
    inbox: SqlInbox, channel: Channel, transcripts: SqlTranscripts, clock: FakeClock, database: Database
) -> None:
    old = await converse(inbox, channel, "an")
    clock.advance(limits.CONVERSATION_RETENTION - timedelta(days=1))
    fresh = await converse(inbox, channel, "binh")
    assert await transcripts.forget_old() == 0
    clock.advance(timedelta(days=1, seconds=1))
    assert await transcripts.forget_old() == 1
    assert await left(database) == [1, 1, 1, 2, 1]
    assert await transcripts.messages(old, 0, 9) == []
    assert len(await transcripts.messages(fresh, 0, 9)) == 2


async def test_forgetting_a_citizen_deletes_every_trace_and_nobody_elses(
    inbox: SqlInbox, channel: Channel, channels: Channels, database: Database
) -> None:
    await channels.forget(await converse(inbox, channel, "an"))
    assert await left(database) == [0, 0, 0, 0, 0]
    await converse(inbox, channel, "binh")
    await channels.forget(await converse(inbox, channel, "an"))
    assert await left(database) == [1, 1, 1, 2, 1]
    assert await channels.conversation_of("web", "an") is None
