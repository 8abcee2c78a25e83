"""The loops behind the web: answering events, keeping time. bot/sender.py is the one that sends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter, Histogram

from bot import limits
from bot.domain import topics
from bot.domain.channels import FETCHED, Kind
from bot.domain.errors import LeaseLostError, StorageUnavailableError
from bot.domain.messages import Attached, Event, Turn
from bot.lanes import work_through
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
    """Takes events of several conversations at once, in order within each, and answers each in one transaction."""

    def __init__(self, owner: str, inbox: Inbox, assistant: Assistant, signals: Signals, clock: Clock) -> None:
        self._owner = owner
        self._inbox = inbox
        self._assistant = assistant
        self._signals = signals
        self._clock = clock

    async def run(self) -> None:
        async def claim(at_most: int) -> list[Event]:
            return await self._inbox.claim_many(self._owner, at_most)

        await work_through(
            "worker", self._signals, INBOX_TOPIC, claim, self._answer,
            lanes=limits.ANSWERS_AT_ONCE, pause=self._until_the_next_burst,
        )  # fmt: skip

    async def _until_the_next_burst(self) -> float:
        """Seconds to the next look: sooner when a burst is complete before."""
        left = await self._inbox.burst_ends_in()
        return limits.POLL_INTERVAL if left is None else min(max(left.total_seconds(), 0.001), limits.POLL_INTERVAL)

    async def step(self) -> bool:
        """Handles one event if there is one."""
        claimed = await self._inbox.claim_many(self._owner, 1)
        for event in claimed:
            await self._answer(event)
        return bool(claimed)

    async def _answer(self, event: Event) -> None:
        with ANSWER_SECONDS.time():
            await self._handle(event)

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
            return await self._assistant.shared_phone(
                event.unit_id, event.state, event.shared_phone, self._clock.now(), event.conversation_id
            )
        payload = GREETING if event.kind == Kind.OPENED else event.payload
        return await self._assistant.turn(
            event.unit_id,
            event.state,
            event.text,
            payload,
            self._clock.now(),
            tuple(map(_attached, event.attachments)),
            event.conversation_id,
        )


def _attached(one: Mapping[str, Any]) -> Attached:
    """An attachment of an event as the dialogue sees it."""
    kind, event_id, part = str(one.get("kind")), one.get("event_id"), one.get("part")
    latitude, longitude = one.get("latitude"), one.get("longitude")
    kept = kind in FETCHED and bool(one.get("url"))
    return Attached(
        kind,
        (int(event_id), int(part)) if kept and event_id is not None and part is not None else None,
        (float(latitude), float(longitude)) if latitude is not None and longitude is not None else None,
    )


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
