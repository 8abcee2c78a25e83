from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import LeaseLostError
from bot.domain.messages import Outcome, Turn
from bot.storage.channels import Channel, Channels
from bot.storage.inbox import SqlInbox
from tests.storage.conftest import say


async def test_a_channel_is_made_once_however_many_ask_at_once(channels: Channels) -> None:
    made = await asyncio.gather(*(channels.ensure("web", "xa-a", "xa-a") for _ in range(8)))
    assert len({one.id for one in made}) == 1
    assert await channels.find("web", "xa-a") == made[0]


async def test_a_channel_that_does_not_exist_is_not_found(channels: Channels) -> None:
    assert await channels.find("web", "xa-a") is None
    assert await channels.conversation_of("web", "an") is None


async def test_a_citizen_has_one_conversation_however_many_open_it_at_once(
    channels: Channels, channel: Channel
) -> None:
    opened = await asyncio.gather(*(channels.open_conversation(channel.id, "an") for _ in range(8)))
    assert len(set(opened)) == 1
    assert await channels.conversation_of("web", "an") == (channel.id, opened[0])


async def test_an_answer_to_a_conversation_deleted_meanwhile_is_dropped(
    channels: Channels, channel: Channel, inbox: SqlInbox
) -> None:
    [(conversation, _)] = await inbox.save(channel.id, [say("e1")])
    event = await inbox.claim("one")
    assert event is not None
    await channels.forget(conversation)
    with pytest.raises(LeaseLostError):
        await inbox.finish(event, "one", Turn(Outcome.ANSWER, (), {}))
    assert await inbox.claim("one") is None
