"""The loop that sends the outbox, in order within each conversation, until a message is sent or a person must look."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from prometheus_client import Counter

from bot import limits
from bot.domain import topics
from bot.domain.channels import Outgoing
from bot.domain.errors import SendFailedError, StorageUnavailableError
from bot.domain.messages import Delivery
from bot.lanes import work_through
from bot.ports import Outbox, PlatformConnector, Signals

log = structlog.get_logger("sender")

OUTBOX_TOPIC = topics.OUTBOX
RATE_LIMITED = "rate_limited"
"""Reasons that begin so are about the whole channel."""
EXPIRED = "window_passed"
"""How the reason begins of an answer that was held up until it was too late."""
RECORD_TRIES = 20
RECORD_PAUSE = 0.5
"""Seconds between attempts to record what the platform accepted: losing it would send it twice."""

SENT = Counter("thanthien_outbox_total", "Outbox rows by outcome", ["platform", "outcome"])


class Sender:
    """`key_of`: the id a message carries to the platform and back with its echo."""

    def __init__(
        self,
        outbox: Outbox,
        connectors: Mapping[str, PlatformConnector],
        signals: Signals,
        key_of: Callable[[int], str] = str,
    ) -> None:
        self._outbox = outbox
        self._connectors = connectors
        self._signals = signals
        self._key_of = key_of
        self._in_hand: set[int] = set()
        """Outbox ids being sent. A send that outlasts its lease, on a machine short of breath, is claimed again; here
        that only renews the lease."""

    async def run(self) -> None:
        async def pause() -> float:
            return limits.POLL_INTERVAL

        await work_through(
            "sender", self._signals, OUTBOX_TOPIC, self._claim, self._deliver, lanes=limits.SENDS_AT_ONCE, pause=pause
        )

    async def step(self) -> bool:
        """Sends one message if one is due."""
        claimed = await self._claim(1)
        for delivery in claimed:
            await self._deliver(delivery)
        return bool(claimed)

    async def _claim(self, at_most: int) -> list[Delivery]:
        claimed = await self._outbox.claim_many(sorted(self._connectors), at_most)
        fresh = [delivery for delivery in claimed if delivery.id not in self._in_hand]
        self._in_hand.update(delivery.id for delivery in fresh)
        return fresh

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._send(delivery)
        finally:
            self._in_hand.discard(delivery.id)

    async def _send(self, delivery: Delivery) -> None:
        if delivery.expired:
            outcome = await self._given_up(delivery, "unreachable", f"{EXPIRED}: {delivery.expired}")
            SENT.labels(delivery.platform, outcome).inc()
            return
        attempt = _Attempt(self._outbox, delivery)
        failure = await self._failure_of(delivery, attempt)
        outcome = "sent" if failure is None else await self._failed(delivery, failure, attempt.parts)
        if failure is None:
            await self._outbox.close(delivery, outcome, attempt.otherwise)
        SENT.labels(delivery.platform, outcome).inc()

    async def _failed(self, delivery: Delivery, failure: SendFailedError, known_parts: int) -> str:
        """Decides what becomes of a message that did not go out; the outcome for the counter."""
        reason = failure.reason
        if failure.outcome == "token":
            await self._outbox.pause(delivery, limits.TOKEN_RETRY, reason, alarm=True)
            log.error("channel.alarm", channel_id=delivery.channel_id, reason=reason)
            return "token"
        if failure.uncertain and not delivery.uncertain:
            await self._outbox.await_echo(delivery, limits.ECHO_WAIT, reason, known_parts)
            log.warning("outbox.uncertain", outbox_id=delivery.id, reason=reason)
            return "uncertain"
        if failure.retry_after is not None and reason.startswith(RATE_LIMITED):
            wait = _told(failure.retry_after * random.uniform(1, 1.2))  # noqa: S311
            await self._outbox.pause(delivery, wait, reason, alarm=False)
            log.warning("channel.paused", channel_id=delivery.channel_id, seconds=wait.total_seconds())
            return "paused"
        if failure.retry_after is not None and failure.told:
            await self._outbox.retry(delivery, _told(failure.retry_after), reason, counted=False)
            log.warning("outbox.waits", outbox_id=delivery.id, reason=reason, seconds=round(failure.retry_after))
            return "waits"
        if failure.retry_after is not None and not failure.uncertain and delivery.attempts < limits.OUTBOX_ATTEMPTS:
            after = timedelta(seconds=max(failure.retry_after, 2**delivery.attempts * random.uniform(0.5, 1)))  # noqa: S311
            await self._outbox.retry(delivery, min(after, limits.OUTBOX_BACKOFF_MAX), reason)
            return "retry"
        if failure.uncertain:
            reason = f"uncertain: {reason}"
        return await self._given_up(delivery, failure.outcome, reason)

    async def _given_up(self, delivery: Delivery, outcome: str, reason: str) -> str:
        await self._outbox.close(delivery, outcome, reason)
        log.error("outbox.stuck", outbox_id=delivery.id, outcome=outcome, reason=reason)
        return outcome

    async def _failure_of(self, delivery: Delivery, attempt: _Attempt) -> SendFailedError | None:
        try:
            connector = self._connectors[delivery.platform]
            attempt.otherwise = await connector.send(self._outgoing(delivery), attempt.accepted)
        except SendFailedError as error:
            return error
        except StorageUnavailableError:
            raise
        except Exception as error:
            # A fault of the connector must not stop the messages of the others.
            log.error("outbox.failed", outbox_id=delivery.id, attempt=delivery.attempts, error=type(error).__name__)
            return SendFailedError(type(error).__name__, retry_after=0)
        return None

    def _outgoing(self, delivery: Delivery) -> Outgoing:
        return Outgoing(
            key=self._key_of(delivery.id),
            channel_id=delivery.channel_id,
            account=delivery.account,
            citizen_id=delivery.citizen_id,
            reply=delivery.reply,
            parts_sent=delivery.parts_sent,
            by_staff=delivery.by_staff,
            last_inbound_at=delivery.last_inbound_at,
            conversation_id=delivery.conversation_id,
            phone=delivery.phone,
        )


def _told(seconds: float) -> timedelta:
    """A wait the platform asked for."""
    return timedelta(seconds=min(seconds, limits.TOLD_WAIT_MAX.total_seconds()))


class _Attempt:
    """Records every part the platform accepts at once, and does not give up while the database is away shortly."""

    def __init__(self, outbox: Outbox, delivery: Delivery) -> None:
        self._outbox = outbox
        self._delivery = delivery
        self.parts = delivery.parts_sent
        self.otherwise: str | None = None
        """How it went out when not as a message of the conversation."""

    async def accepted(self, message_id: str) -> None:
        for tries in range(1, RECORD_TRIES + 1):
            try:
                await self._outbox.accepted(self._delivery, message_id)
                break
            except StorageUnavailableError:
                if tries == RECORD_TRIES:
                    log.error("outbox.part_not_recorded", outbox_id=self._delivery.id, message_id=message_id)
                    raise
                await asyncio.sleep(RECORD_PAUSE)
        self.parts += 1
