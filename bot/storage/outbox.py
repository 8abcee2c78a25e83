"""Messages on their way out, in order per conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, or_, select, update

from bot import limits
from bot.domain.messages import Delivery, Reply
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import channels, citizens, conversations, messages, outbox


class SqlOutbox:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, platforms: Sequence[str]) -> Delivery | None:
        now = self._clock.now()
        earlier = outbox.alias()
        nothing_older = ~exists().where(
            earlier.c.conversation_id == outbox.c.conversation_id,
            earlier.c.id < outbox.c.id,
            earlier.c.outcome.is_(None),
        )
        free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now)
        due = (
            select(
                outbox.c.id,
                outbox.c.conversation_id,
                conversations.c.channel_id,
                channels.c.platform,
                citizens.c.external_id,
                outbox.c.attempts,
                messages.c.content,
            )
            .join(conversations, conversations.c.id == outbox.c.conversation_id)
            .join(citizens, citizens.c.id == conversations.c.citizen_id)
            .join(channels, channels.c.id == conversations.c.channel_id)
            .join(messages, messages.c.id == outbox.c.message_id)
            .where(outbox.c.outcome.is_(None), outbox.c.next_attempt_at <= now, free, nothing_older)
            .where(channels.c.platform.in_(platforms))
            .order_by(outbox.c.next_attempt_at, outbox.c.id)
            .limit(1)
            .with_for_update(of=outbox, skip_locked=True)
        )
        async with self._database.write() as connection:
            row = (await connection.execute(due)).first()
            if row is None:
                return None
            claimed = await connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id, free)
                .values(lease_until=now + limits.OUTBOX_LEASE, attempts=outbox.c.attempts + 1)
            )
            if claimed.rowcount != 1:
                return None
        return Delivery(
            row.id, row.conversation_id, row.channel_id, row.platform, row.external_id, row.attempts + 1,
            Reply.from_json(row.content),
        )  # fmt: skip

    async def close(self, delivery: Delivery, outcome: str, reason: str | None = None) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == delivery.id)
                .values(outcome=outcome, reason=reason, lease_until=None, closed_at=self._clock.now())
            )

    async def retry(self, delivery: Delivery, after: timedelta, reason: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == delivery.id)
                .values(next_attempt_at=self._clock.now() + after, lease_until=None, reason=reason)
            )
