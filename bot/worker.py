"""The loops behind the web: answering events, sending the outbox, keeping time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import timedelta

import structlog
from prometheus_client import Counter, Histogram

from bot import limits
from bot.domain.errors import LeaseLostError, SendFailedError, StorageUnavailableError
from bot.domain.messages import Delivery, Event
from bot.ports import Clock, Connector, Inbox, Outbox, Signals
from bot.services.assistant import Assistant
from bot.storage.transcripts import SqlTranscripts

log = structlog.get_logger("worker")

INBOX_TOPIC = "inbox"
OUTBOX_TOPIC = "outbox"
RETENTION_INTERVAL = timedelta(hours=1)

ANSWERED = Counter("thanthien_events_total", "Inbound events by outcome", ["outcome"])
ANSWER_SECONDS = Histogram("thanthien_answer_seconds", "From claim to committed answer")
SENT = Counter("thanthien_outbox_total", "Outbox rows by outcome", ["platform", "outcome"])


def chat_topic(conversation_id: int) -> str:
    return f"chat:{conversation_id}"


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
                await subscription.wait(limits.POLL_INTERVAL)
        finally:
            await subscription.close()

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
                turn = await self._assistant.turn(
                    event.unit_id, event.state, event.text, event.payload, self._clock.now()
                )
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
        ANSWERED.labels(turn.outcome.value).inc()
        log.info("event.closed", event_id=event.id, outcome=turn.outcome.value, intent=turn.intent)
        await self._signals.notify(OUTBOX_TOPIC)
        await self._signals.notify(chat_topic(event.conversation_id))


class Sender:
    """Sends outbox rows, in order within each conversation, until they are sent or a person must look."""

    def __init__(self, outbox: Outbox, connectors: Mapping[str, Connector], signals: Signals) -> None:
        self._outbox = outbox
        self._connectors = connectors
        self._signals = signals

    async def run(self) -> None:
        subscription = self._signals.subscribe(OUTBOX_TOPIC)
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except StorageUnavailableError as error:
                    log.warning("sender.storage_unavailable", error=str(error))
                    await asyncio.sleep(limits.POLL_INTERVAL)
                await subscription.wait(limits.POLL_INTERVAL)
        finally:
            await subscription.close()

    async def step(self) -> bool:
        """Sends one message if one is due."""
        delivery = await self._outbox.claim(sorted(self._connectors))
        if delivery is None:
            return False
        failure = await self._failure_of(delivery)
        if failure is not None:
            if failure.retry_after is not None and delivery.attempts < limits.OUTBOX_ATTEMPTS:
                after = timedelta(seconds=max(failure.retry_after, 2**delivery.attempts * random.uniform(0.5, 1)))  # noqa: S311
                await self._outbox.retry(delivery, min(after, limits.OUTBOX_BACKOFF_MAX), failure.reason)
                SENT.labels(delivery.platform, "retry").inc()
                return True
            await self._outbox.close(delivery, failure.outcome, failure.reason)
            SENT.labels(delivery.platform, failure.outcome).inc()
            log.error("outbox.stuck", outbox_id=delivery.id, outcome=failure.outcome, reason=failure.reason)
            return True
        await self._outbox.close(delivery, "sent")
        SENT.labels(delivery.platform, "sent").inc()
        return True

    async def _failure_of(self, delivery: Delivery) -> SendFailedError | None:
        try:
            await self._connectors[delivery.platform].send(delivery)
        except SendFailedError as error:
            return error
        except Exception as error:
            # A fault of the connector must not stop the messages of the others.
            log.error("outbox.failed", outbox_id=delivery.id, attempt=delivery.attempts, error=type(error).__name__)
            return SendFailedError(type(error).__name__, retry_after=0)
        return None


class Timekeeper:
    """The clock process: forgets old conversations."""

    def __init__(self, transcripts: SqlTranscripts) -> None:
        self._transcripts = transcripts

    async def run(self) -> None:
        while True:
            try:
                forgotten = await self._transcripts.forget_old()
                if forgotten:
                    log.info("retention.done", conversations=forgotten)
            except StorageUnavailableError as error:
                log.warning("retention.failed", error=str(error))
            await asyncio.sleep(RETENTION_INTERVAL.total_seconds())
