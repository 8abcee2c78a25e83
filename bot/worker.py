"""The loops behind the web: answering events, keeping time. bot/sender.py is the one that sends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from prometheus_client import Counter, Histogram

from bot import limits
from bot.domain import topics
from bot.domain.channels import Kind
from bot.domain.errors import LeaseLostError, StorageUnavailableError
from bot.domain.messages import Event, Outcome, Turn
from bot.ports import Clock, Inbox, Leases, Signals
from bot.sender import OUTBOX_TOPIC
from bot.services.assistant import Assistant
from bot.storage.transcripts import SqlTranscripts

log = structlog.get_logger("worker")

INBOX_TOPIC = "inbox"
MEDIA_TOPIC = "media"
GREETING = "start"
"""The payload that opens a conversation, whatever the platform called its own."""
RETENTION_INTERVAL = timedelta(hours=1)

ANSWERED = Counter("thanthien_events_total", "Inbound events by outcome", ["outcome"])
ANSWER_SECONDS = Histogram("thanthien_answer_seconds", "From claim to committed answer")


chat_topic = topics.chat


class Worker:
    """Takes events one by one, in order within each conversation, and answers each in one transaction."""

    def __init__(self, owner: str, inbox: Inbox, assistant: Assistant, signals: Signals, clock: Clock) -> None:
        self._owner = owner
        self._inbox = inbox
        self._assistant = assistant
        self._signals = signals
        self._clock = clock

    async def run(self) -> None:
        """Works until cancelled. A database that is away is waited for; nothing is lost meanwhile."""
        subscription = self._signals.subscribe(INBOX_TOPIC)
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except StorageUnavailableError as error:
                    log.warning("worker.storage_unavailable", error=str(error))
                    await asyncio.sleep(limits.POLL_INTERVAL)
                await subscription.wait(await self._until_the_next_burst())
        finally:
            await subscription.close()

    async def _until_the_next_burst(self) -> float:
        """Seconds to the next look: sooner when a burst is complete before."""
        try:
            left = await self._inbox.burst_ends_in()
        except StorageUnavailableError:
            left = None
        return limits.POLL_INTERVAL if left is None else min(max(left.total_seconds(), 0.001), limits.POLL_INTERVAL)

    async def step(self) -> bool:
        """Handles one event if there is one."""
        event = await self._inbox.claim(self._owner)
        if event is None:
            return False
        with ANSWER_SECONDS.time():
            await self._handle(event)
        return True

    async def _handle(self, event: Event) -> None:
        try:
            if event.attempts > limits.EVENT_ATTEMPTS:
                turn = self._assistant.apology(event.unit_id, event.state)
            else:
                turn = await self._turn(event)
            await self._inbox.finish(event, self._owner, turn)
        except LeaseLostError:
            log.warning("event.lease_lost", event_id=event.id)
            return
        except StorageUnavailableError:
            raise
        except Exception as error:
            # Whatever went wrong, the event stays in the ledger and is tried again, then answered with an apology.
            log.error("event.failed", event_id=event.id, attempt=event.attempts, error=type(error).__name__)
            await self._inbox.postpone(event, self._owner)
            return
        ANSWERED.labels(turn.outcome.value).inc(1 + len(event.with_ids))
        log.info("event.closed", event_id=event.id, outcome=turn.outcome.value, intent=turn.intent)
        await self._signals.notify(OUTBOX_TOPIC)
        await self._signals.notify(chat_topic(event.conversation_id))
        if turn.effects:
            await self._signals.notify(topics.console(event.unit_id))

    async def _turn(self, event: Event) -> Turn:
        if event.kind == Kind.SHARED_INFO:
            # No form asks for it yet; it is kept with the event for staff.
            return Turn(Outcome.IGNORED, (), event.state, reason="shared_info_kept")
        payload = GREETING if event.kind == Kind.OPENED else event.payload
        kinds = tuple(str(one.get("kind")) for one in event.attachments)
        return await self._assistant.turn(event.unit_id, event.state, event.text, payload, self._clock.now(), kinds)


class Timekeeper:
    """The clock process: one of them acts at a time. `minutely` and `hourly`: what else there is to do."""

    def __init__(
        self,
        transcripts: SqlTranscripts,
        leases: Leases,
        minutely: Sequence[Callable[[], Awaitable[None]]] = (),
        hourly: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._transcripts = transcripts
        self._leases = leases
        self._minutely = tuple(minutely)
        self._hourly = (*hourly, self._forget)
        self._since_the_hour = RETENTION_INTERVAL

    async def run(self) -> None:
        while True:
            await self._guarded(self.tick)
            await asyncio.sleep(limits.CLOCK_INTERVAL.total_seconds())

    async def tick(self) -> None:
        """What is due this minute, unless another clock is at it."""
        self._since_the_hour += limits.CLOCK_INTERVAL
        async with self._leases.hold("clock", limits.CLOCK_LEASE) as held:
            if not held:
                return
            for job in self._minutely:
                await self._guarded(job)
            if self._since_the_hour >= RETENTION_INTERVAL:
                self._since_the_hour = timedelta()
                for job in self._hourly:
                    await self._guarded(job)

    async def _forget(self) -> None:
        forgotten = await self._transcripts.forget_old()
        if forgotten:
            log.info("retention.done", conversations=forgotten)

    async def _guarded(self, job: Callable[[], Awaitable[None]]) -> None:
        """One job that fails leaves the others their turn."""
        try:
            await job()
        except StorageUnavailableError as error:
            log.warning("clock.storage_unavailable", job=job.__name__, error=str(error))
        except Exception as error:
            log.exception("clock.failed", job=job.__name__, error=type(error).__name__)
