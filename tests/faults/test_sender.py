from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import limits
from bot.domain.errors import SendFailedError
from bot.domain.messages import Delivery, InboundMessage, Outcome, Reply, Turn
from bot.storage.tables import outbox
from tests.fakes import FakeClock
from tests.servers.chat import Parts

PLATFORM = "postcard"
REPLIES = ("một", "hai")


class UnreliableConnector:
    """A real connector of a platform that fails as the test says, and keeps what it delivered."""

    platform = PLATFORM

    def __init__(self, *failures: SendFailedError) -> None:
        self._failures = list(failures)
        self.delivered: list[str] = []

    async def send(self, delivery: Delivery) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.delivered.append(delivery.reply.text)


@pytest.fixture(autouse=True)
async def waiting(parts: Parts) -> None:
    """Two answers wait for one citizen."""
    channel = await parts.channels.ensure(PLATFORM, "p", "xa-tan-an")
    await parts.inbox.save(channel.id, [InboundMessage("e1", "an", "hỏi")])
    event = await parts.inbox.claim("one")
    assert event is not None
    await parts.inbox.finish(event, "one", Turn(Outcome.ANSWER, tuple(map(Reply, REPLIES)), {}))


async def outcomes(parts: Parts) -> list[tuple[str | None, str | None]]:
    async with parts.database.read() as connection:
        rows = await connection.execute(select(outbox.c.outcome, outbox.c.reason).order_by(outbox.c.id))
        return [(row[0], row[1]) for row in rows]


async def send_all(parts: Parts, connector: UnreliableConnector) -> int:
    sent = 0
    while await parts.sender(connector).step():
        sent += 1
    return sent


async def test_a_passing_failure_is_tried_again_later_in_order(parts: Parts, clock: FakeClock) -> None:
    connector = UnreliableConnector(SendFailedError("busy", retry_after=30))
    assert await send_all(parts, connector) == 1
    assert connector.delivered == []
    clock.advance(timedelta(seconds=31))
    await send_all(parts, connector)
    assert connector.delivered == list(REPLIES)
    assert [outcome for outcome, _ in await outcomes(parts)] == ["sent", "sent"]


async def test_a_lasting_failure_is_kept_for_a_person_and_the_next_message_goes_out(parts: Parts) -> None:
    connector = UnreliableConnector(SendFailedError("blocked by the citizen", outcome="unreachable"))
    await send_all(parts, connector)
    assert connector.delivered == ["hai"]
    assert await outcomes(parts) == [("unreachable", "blocked by the citizen"), ("sent", None)]


async def test_a_failure_that_never_passes_is_given_up_after_all_attempts(parts: Parts, clock: FakeClock) -> None:
    connector = UnreliableConnector(*(SendFailedError("busy", retry_after=1) for _ in range(limits.OUTBOX_ATTEMPTS)))
    tries = 0
    while (await outcomes(parts))[0][0] is None:
        assert await parts.sender(connector).step()
        clock.advance(limits.OUTBOX_BACKOFF_MAX)
        tries += 1
    assert tries == limits.OUTBOX_ATTEMPTS
    assert (await outcomes(parts))[0] == ("rejected", "busy")


async def test_the_wait_asked_for_by_the_platform_has_an_upper_bound(parts: Parts, clock: FakeClock) -> None:
    connector = UnreliableConnector(SendFailedError("busy", retry_after=10**9))
    await send_all(parts, connector)
    clock.advance(limits.OUTBOX_BACKOFF_MAX)
    await send_all(parts, connector)
    assert connector.delivered == list(REPLIES)


async def test_a_fault_of_the_connector_itself_does_not_stop_the_sender(parts: Parts, clock: FakeClock) -> None:
    class BrokenConnector(UnreliableConnector):
        async def send(self, delivery: Delivery) -> None:
            if not self.delivered:
                self.delivered.append("broken")
                raise ZeroDivisionError
            await super().send(delivery)

    connector = BrokenConnector()
    await send_all(parts, connector)
    clock.advance(limits.OUTBOX_BACKOFF_MAX)
    await send_all(parts, connector)
    assert connector.delivered == ["broken", *REPLIES]
