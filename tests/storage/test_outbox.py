from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import limits
from bot.domain.messages import Button, Delivery, Link, Outcome, Phone, Reply, Turn
from bot.storage.channels import Channel, Channels
from bot.storage.database import Database
from bot.storage.inbox import SqlInbox
from bot.storage.outbox import SqlOutbox
from bot.storage.tables import outbox as outbox_table
from tests.fakes import FakeClock
from tests.storage.conftest import say

WEB = ["web"]
FULL = Reply("Dạ", (Button("Lệ phí", "ask:fee:x"),), Link("Xem", "https://example.org"), (Phone("Xã", "1022"),))


@pytest.fixture
async def answered(inbox: SqlInbox, channel: Channel) -> None:
    """Two answers wait for An, one for Bình."""
    await inbox.save(channel.id, [say("a", citizen="an"), say("b", citizen="binh")])
    for replies in ((Reply("một"), Reply("hai")), (FULL,)):
        event = await inbox.claim("one")
        assert event is not None
        await inbox.finish(event, "one", Turn(Outcome.ANSWER, replies, {}))


async def due(outbox: SqlOutbox) -> Delivery:
    delivery = await outbox.claim(WEB)
    assert delivery is not None
    return delivery


@pytest.mark.usefixtures("answered")
async def test_a_later_message_waits_until_the_earlier_one_is_closed(outbox: SqlOutbox) -> None:
    first, other = await due(outbox), await due(outbox)
    assert (first.reply.text, other.citizen_id) == ("một", "binh")
    assert await outbox.claim(WEB) is None
    await outbox.close(first, "sent")
    assert (await due(outbox)).reply.text == "hai"


@pytest.mark.usefixtures("answered")
async def test_a_message_to_be_tried_again_holds_back_its_conversation_until_then(
    outbox: SqlOutbox, clock: FakeClock
) -> None:
    first = await due(outbox)
    await outbox.close(await due(outbox), "sent")
    await outbox.retry(first, timedelta(minutes=5), "busy")
    assert await outbox.claim(WEB) is None
    clock.advance(timedelta(minutes=5))
    again = await due(outbox)
    assert (again.id, again.attempts) == (first.id, 2)


@pytest.mark.usefixtures("answered")
async def test_a_sender_that_died_leaves_its_message_to_another(outbox: SqlOutbox, clock: FakeClock) -> None:
    first = await due(outbox)
    clock.advance(limits.OUTBOX_LEASE + timedelta(seconds=1))
    again = await due(outbox)
    assert (again.id, again.attempts) == (first.id, 2)


@pytest.mark.usefixtures("answered")
async def test_senders_at_once_never_take_the_same_message(outbox: SqlOutbox) -> None:
    taken = [one.id for one in await asyncio.gather(*(outbox.claim(WEB) for _ in range(8))) if one]
    assert len(taken) == len(set(taken))
    assert len(taken) <= 2


@pytest.mark.usefixtures("answered")
async def test_a_rejected_message_is_kept_with_its_reason_and_lets_the_next_pass(
    outbox: SqlOutbox, database: Database
) -> None:
    await outbox.close(await due(outbox), "rejected", "window closed")
    async with database.read() as connection:
        query = select(outbox_table.c.outcome, outbox_table.c.reason).where(outbox_table.c.outcome.is_not(None))
        assert (await connection.execute(query)).all() == [("rejected", "window closed")]
    assert {(await due(outbox)).reply.text for _ in range(2)} == {"hai", FULL.text}


@pytest.mark.usefixtures("answered")
async def test_a_sender_takes_only_its_own_platforms(outbox: SqlOutbox) -> None:
    assert await outbox.claim(["zalo", "facebook"]) is None


@pytest.mark.usefixtures("answered")
async def test_a_reply_comes_out_as_it_went_in(outbox: SqlOutbox, channels: Channels) -> None:
    deliveries = [await due(outbox), await due(outbox)]
    assert deliveries[1].reply == FULL
    assert await channels.conversation_of("web", "binh") == (deliveries[1].channel_id, deliveries[1].conversation_id)
