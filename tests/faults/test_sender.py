from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import limits, sender
from bot.domain.channels import Inbound, Kind, Outgoing
from bot.domain.errors import SendFailedError, StorageUnavailableError
from bot.domain.messages import InboundMessage, Outcome, Reply, Turn
from bot.storage.tables import outbox
from tests.fakes import FakeClock
from tests.servers.chat import Parts

PLATFORM = "postcard"
REPLIES = ("một", "hai")
Accepted = Callable[[str], Awaitable[None]]


class UnreliableConnector:
    """A real connector of a platform that fails as the test says, and keeps what it delivered."""

    platform = PLATFORM

    def __init__(self, *failures: SendFailedError) -> None:
        self._failures = list(failures)
        self.delivered: list[str] = []

    async def send(self, outgoing: Outgoing, accepted: Accepted) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.delivered.append(outgoing.reply.text)


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
        async def send(self, outgoing: Outgoing, accepted: Accepted) -> None:
            if not self.delivered:
                self.delivered.append("broken")
                raise ZeroDivisionError
            await super().send(outgoing, accepted)

    connector = BrokenConnector()
    await send_all(parts, connector)
    clock.advance(limits.OUTBOX_BACKOFF_MAX)
    await send_all(parts, connector)
    assert connector.delivered == ["broken", *REPLIES]


class PostOffice:
    """A platform that takes messages in parts. `script`: what happens to each part in turn: None is accepted, "lost"
    is accepted without us hearing of it, an error is raised instead."""

    platform = PLATFORM

    def __init__(self, *script: SendFailedError | str | None, parts: int = 2) -> None:
        self._script = list(script)
        self._parts = parts
        self.took: list[str] = []
        self.keys: list[str] = []

    async def send(self, outgoing: Outgoing, accepted: Accepted) -> None:
        self.keys.append(outgoing.key)
        for part in range(outgoing.parts_sent, self._parts):
            happens = self._script.pop(0) if self._script else None
            if isinstance(happens, SendFailedError):
                raise happens
            self.took.append(f"{outgoing.reply.text}{part + 1}")
            if happens == "lost":
                raise SendFailedError("timeout", uncertain=True, retry_after=5)
            await accepted(f"id-{len(self.took)}")


ALL = [f"{text}{part}" for text in REPLIES for part in (1, 2)]
UNSURE = SendFailedError("timeout", uncertain=True, retry_after=5)


async def run_out(parts: Parts, office: PostOffice) -> None:
    while await parts.sender(office).step():
        pass


async def test_a_send_that_outlasts_its_lease_is_not_begun_again_by_its_own_sender(
    parts: Parts, clock: FakeClock
) -> None:
    begun, let_go = asyncio.Event(), asyncio.Event()

    class SlowConnector(UnreliableConnector):
        async def send(self, outgoing: Outgoing, accepted: Accepted) -> None:
            self.delivered.append(outgoing.reply.text)
            begun.set()
            await let_go.wait()

    connector = SlowConnector()
    sender_of_both = parts.sender(connector)
    sending = asyncio.create_task(sender_of_both.step())
    await begun.wait()
    for _ in range(2):
        clock.advance(limits.OUTBOX_LEASE + timedelta(seconds=1))
        assert not await sender_of_both.step()
    let_go.set()
    assert await sending
    assert await sender_of_both.step()
    assert connector.delivered == list(REPLIES)


class TestParts:
    async def test_a_failure_between_two_parts_sends_only_the_rest_again(self, parts: Parts, clock: FakeClock) -> None:
        office = PostOffice(None, SendFailedError("busy", retry_after=1))
        await run_out(parts, office)
        clock.advance(limits.OUTBOX_BACKOFF_MAX)
        await run_out(parts, office)
        assert office.took == ALL
        assert len(set(office.keys)) == 2  # the same key in every attempt of a message

    async def test_a_message_in_doubt_waits_for_its_echo_and_is_sent_once_more_only(
        self, parts: Parts, clock: FakeClock
    ) -> None:
        office = PostOffice(UNSURE, UNSURE)
        await run_out(parts, office)
        clock.advance(limits.ECHO_WAIT - timedelta(seconds=1))
        await run_out(parts, office)
        assert office.keys == [office.keys[0]]
        clock.advance(timedelta(seconds=1))
        await run_out(parts, office)
        assert (await outcomes(parts))[0] == ("rejected", "uncertain: timeout")
        assert office.took == [f"{REPLIES[1]}1", f"{REPLIES[1]}2"]

    async def test_an_echo_proves_what_was_lost_and_nothing_is_doubled(self, parts: Parts, clock: FakeClock) -> None:
        office = PostOffice("lost")
        await run_out(parts, office)
        [channel] = [one for one in await parts.directory.listed() if one.platform == PLATFORM]
        details = {"metadata": office.keys[0], "message_ids": ["id-1"], "application": "ours"}
        await parts.inbox.save_events(channel.id, [Inbound("echo:1", "an", Kind.ECHO, details=details)])
        await run_out(parts, office)
        assert office.took == ALL
        assert [outcome for outcome, _ in await outcomes(parts)] == ["sent", "sent"]

    async def test_a_late_echo_takes_up_a_message_given_up_in_doubt(self, parts: Parts, clock: FakeClock) -> None:
        office = PostOffice(UNSURE, "lost")
        await run_out(parts, office)
        clock.advance(limits.ECHO_WAIT)
        await run_out(parts, office)
        assert (await outcomes(parts))[0][0] == "rejected"
        [channel] = [one for one in await parts.directory.listed() if one.platform == PLATFORM]
        details = {"metadata": office.keys[0], "message_ids": ["late"], "application": "ours"}
        await parts.inbox.save_events(channel.id, [Inbound("echo:1", "an", Kind.ECHO, details=details)])
        await run_out(parts, office)
        assert sorted(office.took) == sorted(ALL)
        assert [outcome for outcome, _ in await outcomes(parts)] == ["sent", "sent"]

    async def test_a_database_that_is_away_for_a_moment_does_not_double_an_accepted_part(
        self, parts: Parts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        honest, calls = parts.outbox.accepted, []

        async def moody(*args: Any) -> None:
            calls.append(args)
            if len(calls) < 3:
                raise StorageUnavailableError("away")
            await honest(*args)

        monkeypatch.setattr(parts.outbox, "accepted", moody)
        monkeypatch.setattr(sender, "RECORD_PAUSE", 0.001)
        office = PostOffice()
        await run_out(parts, office)
        assert office.took == ALL


class TestChannels:
    async def test_a_rate_limit_pauses_the_whole_channel_without_counting_the_try(
        self, parts: Parts, clock: FakeClock
    ) -> None:
        office = PostOffice(*(SendFailedError("rate_limited", retry_after=60) for _ in range(12)))
        for _ in range(12):
            await run_out(parts, office)
            clock.advance(timedelta(seconds=73))
        await run_out(parts, office)
        assert office.took == ALL

    async def test_dead_credentials_lose_nothing_and_ring_until_a_message_goes_through(
        self, parts: Parts, clock: FakeClock
    ) -> None:
        office = PostOffice(*(SendFailedError("token_expired", "token") for _ in range(3)))
        for _ in range(3):
            await run_out(parts, office)
            [channel] = await parts.directory.listed()
            assert channel.alarm == "send:token_expired"
            assert len(await parts.outbox.stuck()) == len(REPLIES)
            clock.advance(limits.TOKEN_RETRY)
        await run_out(parts, office)
        assert office.took == ALL
        [channel] = await parts.directory.listed()
        assert (channel.alarm, await parts.outbox.stuck()) == (None, [])

    async def test_what_is_stuck_is_listed_with_its_reason_and_sent_again_on_demand(self, parts: Parts) -> None:
        office = PostOffice(None, SendFailedError("window_closed", "unreachable"))
        await run_out(parts, office)
        [stuck] = await parts.outbox.stuck()
        assert (stuck.outcome, stuck.reason, stuck.parts_sent) == ("unreachable", "window_closed", 1)
        assert await parts.outbox.resend(outbox_id=stuck.id + 1) == 0
        assert await parts.outbox.resend(outbox_id=stuck.id) == 1
        await run_out(parts, office)
        assert office.took == [ALL[0], *ALL[2:], ALL[1]]
        assert await parts.outbox.stuck() == []

    async def test_a_channel_is_never_faster_than_its_rate(
        self, parts: Parts, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(limits.SENDS_PER_SECOND, PLATFORM, 5.0)
        channel = await parts.channels.ensure(PLATFORM, "p", "xa-tan-an")
        batch = [InboundMessage(f"n{number}", f"c{number}", "hỏi") for number in range(20)]
        await parts.inbox.save(channel.id, batch)
        while event := await parts.inbox.claim("one"):
            await parts.inbox.finish(event, "one", Turn(Outcome.ANSWER, (Reply("đáp"),), {}))
        office, counts = PostOffice(parts=1), []
        for _ in range(4):
            before = len(office.took)
            await asyncio.gather(*(run_out(parts, office) for _ in range(3)))
            counts.append(len(office.took) - before)
            clock.advance(timedelta(seconds=1))
        assert counts[0] <= 6
        assert all(count <= 5 for count in counts[1:])
        assert sum(counts) >= 15
