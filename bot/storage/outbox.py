"""Messages on their way out, in order per conversation, each part recorded as soon as the platform accepted it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.messages import Delivery, Reply, Stuck
from bot.domain.notices import MAY_NOTIFY
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.channels import insert_ignore
from bot.storage.database import Database
from bot.storage.tables import channels, citizens, conversations, messages, outbox, outbox_parts
from bot.storage.ticket_tables import consents, tickets

SENT, UNREACHABLE = "sent", "unreachable"
UNCERTAIN_REASONS = "uncertain"
"""How the reason of a message begins that was given up in doubt whether it arrived."""
SENDING_ALARM = "send:"
"""Alarms raised by a failed send; only these end with the next message that goes through."""
_KEY = re.compile(r"tt-(\d{1,18})(?:\D.*)?", re.DOTALL)
_CLAIM_TRIES = 5


def key_of(outbox_id: int) -> str:
    """What the platform is given to hand back with the echo."""
    return f"tt-{outbox_id}"


def id_of(key: object) -> int | None:
    found = _KEY.fullmatch(key) if isinstance(key, str) else None
    return int(found[1]) if found else None


class SqlOutbox:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, platforms: Sequence[str]) -> Delivery | None:
        return next(iter(await self.claim_many(platforms, 1)), None)

    async def claim_many(self, platforms: Sequence[str], at_most: int) -> list[Delivery]:
        for _ in range(_CLAIM_TRIES):
            known, deliveries = await self._try_claim(platforms, at_most)
            if known:
                return deliveries
        return []

    async def _try_claim(self, platforms: Sequence[str], at_most: int) -> tuple[bool, list[Delivery]]:
        """Whether it is known what is due, and what it is; not known when another sender was quicker."""
        async with self._database.write() as connection:
            return await self._claimed(connection, platforms, at_most, self._clock.now())

    async def _claimed(
        self, connection: AsyncConnection, platforms: Sequence[str], at_most: int, now: datetime
    ) -> tuple[bool, list[Delivery]]:
        earlier = outbox.alias()
        oldest = (
            select(func.min(earlier.c.id))
            .where(earlier.c.conversation_id == outbox.c.conversation_id, earlier.c.outcome.is_(None))
            .scalar_subquery()
        )
        free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now)
        may_send = (
            channels.c.active,
            channels.c.blocked_at.is_(None),
            or_(channels.c.paused_until.is_(None), channels.c.paused_until <= now),
            or_(channels.c.next_send_at.is_(None), channels.c.next_send_at <= now + limits.SEND_BURST),
        )
        due = (
            select(
                outbox.c.id,
                outbox.c.conversation_id,
                outbox.c.attempts,
                outbox.c.parts_sent,
                outbox.c.by_staff,
                outbox.c.uncertain_until,
                outbox.c.created_at,
                outbox.c.reason,
                conversations.c.channel_id,
                conversations.c.last_inbound_at,
                channels.c.platform,
                channels.c.external_id.label("account"),
                channels.c.alarm,
                channels.c.next_send_at,
                citizens.c.external_id.label("citizen"),
                messages.c.content,
            )
            .join(conversations, conversations.c.id == outbox.c.conversation_id)
            .join(citizens, citizens.c.id == conversations.c.citizen_id)
            .join(channels, channels.c.id == conversations.c.channel_id)
            .join(messages, messages.c.id == outbox.c.message_id)
            .where(outbox.c.outcome.is_(None), outbox.c.next_attempt_at <= now, free, outbox.c.id == oldest, *may_send)
            .where(channels.c.platform.in_(platforms))
            .order_by(outbox.c.next_attempt_at, outbox.c.id)
            .limit(at_most)
            .with_for_update(of=outbox, skip_locked=True)
        )
        rows = (await connection.execute(due)).all()
        if not rows:
            return True, []
        if not await self._take_slots(connection, rows, now):
            return False, []
        claimed = await connection.execute(
            update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]), outbox.c.outcome.is_(None), free)
            .values(lease_until=now + limits.OUTBOX_LEASE, attempts=outbox.c.attempts + 1)
            .returning(outbox.c.id)
        )
        ours = set(claimed.scalars())
        phones = await _phones(connection, [row for row in rows if row.id in ours])
        return bool(ours), [_delivery(row, now, phones.get(row.id)) for row in rows if row.id in ours]

    async def _take_slots(self, connection: AsyncConnection, rows: Sequence[Any], now: datetime) -> bool:
        """Moves each channel's next sending time on by its messages; False when another sender just did: then at worst
        a channel among several has paused for nothing."""
        for channel_id in sorted({row.channel_id for row in rows}):
            own = [row for row in rows if row.channel_id == channel_id]
            rate, slot = limits.SENDS_PER_SECOND.get(own[0].platform), own[0].next_send_at
            if rate is None:
                continue
            taken = await connection.execute(
                update(channels)
                .where(channels.c.id == channel_id, channels.c.next_send_at.is_not_distinct_from(slot))
                .values(next_send_at=max(slot or now, now) + timedelta(seconds=len(own) / rate))
            )
            if taken.rowcount != 1:
                return False
        return True

    async def accepted(self, delivery: Delivery, message_id: str) -> None:
        async with self._database.write() as connection:
            now = self._clock.now()
            lease = {"lease_until": now + limits.OUTBOX_LEASE}
            if not await record_part(connection, delivery.id, delivery.channel_id, message_id, now, **lease):
                await connection.execute(update(outbox).where(outbox.c.id == delivery.id).values(**lease))

    async def close(self, delivery: Delivery, outcome: str, reason: str | None = None) -> None:
        now = self._clock.now()
        async with self._database.write() as connection:
            if outcome == UNREACHABLE:
                await connection.execute(
                    update(conversations)
                    .where(conversations.c.id == delivery.conversation_id)
                    .values(unreachable=(reason or UNREACHABLE)[:100])
                )
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == delivery.id)
                .values(outcome=outcome, reason=_short(reason), lease_until=None, closed_at=now)
            )
            if outcome == SENT and delivery.alarm is not None and delivery.alarm.startswith(SENDING_ALARM):
                await connection.execute(
                    update(channels)
                    .where(channels.c.id == delivery.channel_id, channels.c.alarm == delivery.alarm)
                    .values(alarm=None, alarm_since=None)
                )

    async def retry(self, delivery: Delivery, after: timedelta, reason: str, *, counted: bool = True) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == delivery.id)
                .values(
                    attempts=outbox.c.attempts - (0 if counted else 1),
                    next_attempt_at=self._clock.now() + after,
                    lease_until=None,
                    reason=_short(reason),
                )
            )

    async def await_echo(self, delivery: Delivery, wait: timedelta, reason: str, known_parts: int) -> None:
        now = self._clock.now()
        echoed = outbox.c.parts_sent > known_parts
        async with self._database.write() as connection:
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == delivery.id)
                .values(
                    next_attempt_at=case((echoed, now), else_=now + wait),
                    uncertain_until=case((echoed, null()), else_=now + wait),
                    lease_until=None,
                    reason=_short(reason),
                )
            )

    async def pause(self, delivery: Delivery, wait: timedelta, reason: str, *, alarm: bool) -> None:
        now = self._clock.now()
        async with self._database.write() as connection:
            await connection.execute(
                update(outbox)
                .where(outbox.c.id == delivery.id)
                .values(
                    attempts=outbox.c.attempts - 1,
                    next_attempt_at=now + wait,
                    lease_until=None,
                    reason=_short(reason),
                )
            )
            values: dict[str, Any] = {"paused_until": now + wait}
            if alarm:
                ours = _short(SENDING_ALARM + reason)
                # A more telling alarm stays; the connector's of the same reason becomes one a sent message ends.
                values["alarm"] = case(
                    (or_(channels.c.alarm.is_(None), channels.c.alarm == reason), ours), else_=channels.c.alarm
                )
                values["alarm_since"] = func.coalesce(channels.c.alarm_since, now)
            await connection.execute(update(channels).where(channels.c.id == delivery.channel_id).values(**values))

    async def stuck(self, unit_id: str | None = None) -> list[Stuck]:
        """What a person must look at, of one unit or all: closed unsent, or waiting for too long."""
        late = and_(outbox.c.outcome.is_(None), outbox.c.created_at < self._clock.now() - limits.OUTBOX_OVERDUE)
        out_of_order = or_(channels.c.alarm.is_not(None), channels.c.blocked_at.is_not(None))
        waiting_for_channel = and_(outbox.c.outcome.is_(None), out_of_order)
        why = func.coalesce(channels.c.alarm, channels.c.notice, "blocked")
        query = (
            select(
                outbox.c.id,
                channels.c.platform,
                channels.c.external_id.label("account"),
                outbox.c.outcome,
                case((waiting_for_channel, why), else_=outbox.c.reason).label("reason"),
                outbox.c.attempts,
                outbox.c.parts_sent,
                outbox.c.created_at,
                outbox.c.conversation_id,
                messages.c.meta["ticket"].as_string().label("ticket"),
            )
            .join(conversations, conversations.c.id == outbox.c.conversation_id)
            .join(channels, channels.c.id == conversations.c.channel_id)
            .join(messages, messages.c.id == outbox.c.message_id)
            .where(or_(_closed_unsent(), late, waiting_for_channel))
            .order_by(outbox.c.id)
        )
        if unit_id is not None:
            query = query.where(channels.c.unit_id == unit_id)
        async with self._database.read() as connection:
            return [Stuck(**row) for row in (await connection.execute(query)).mappings()]

    async def resend(
        self, *, outbox_id: int | None = None, channel_id: int | None = None, entry: Entry | None = None
    ) -> int:
        """Puts one stuck message, or all of a channel, back in line; parts that were accepted are not sent again.
        `entry`: for the audit trail."""
        now = self._clock.now()
        chosen: ColumnElement[bool] = outbox.c.id == outbox_id
        if channel_id is not None:
            of_channel = select(conversations.c.id).where(conversations.c.channel_id == channel_id)
            chosen = outbox.c.conversation_id.in_(of_channel)
        async with self._database.write() as connection:
            again = await connection.execute(
                update(outbox)
                .where(chosen, or_(_closed_unsent(), outbox.c.outcome.is_(None)))
                .where(or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now))
                .values(
                    outcome=None,
                    reason=None,
                    closed_at=None,
                    attempts=0,
                    next_attempt_at=now,
                    uncertain_until=None,
                )
            )
            if channel_id is not None:
                await connection.execute(update(channels).where(channels.c.id == channel_id).values(paused_until=None))
            if entry is not None and again.rowcount:
                await append(connection, entry)
        return again.rowcount


async def _phones(connection: AsyncConnection, rows: Sequence[Any]) -> dict[int, str]:
    """By outbox id: the number of the ticket a message is about, where its citizen agreed to be told by it."""
    about = {row.id: row.content["notice"]["values"].get("ma_phieu") for row in rows if row.content.get("notice")}
    if not about:
        return {}
    agreed = exists().where(
        consents.c.conversation_id == tickets.c.conversation_id,
        consents.c.withdrawn_at.is_(None),
        consents.c.wording.in_(MAY_NOTIFY),
    )
    query = select(tickets.c.code, tickets.c.conversation_id, tickets.c.phone).where(
        tickets.c.code.in_(set(about.values())), tickets.c.phone.is_not(None), agreed
    )
    known = {(row.code, row.conversation_id): row.phone for row in await connection.execute(query)}
    found = {row.id: known.get((about.get(row.id), row.conversation_id)) for row in rows}
    return {outbox_id: phone for outbox_id, phone in found.items() if phone}


def _delivery(row: Any, now: datetime, phone: str | None) -> Delivery:
    return Delivery(
        id=row.id,
        conversation_id=row.conversation_id,
        channel_id=row.channel_id,
        platform=row.platform,
        citizen_id=row.citizen,
        attempts=row.attempts + 1,
        reply=Reply.from_json(row.content),
        account=row.account,
        parts_sent=row.parts_sent,
        by_staff=row.by_staff,
        last_inbound_at=row.last_inbound_at,
        uncertain=row.uncertain_until is not None,
        alarm=row.alarm,
        phone=phone,
        expired=_held_up(row.reason, max(row.created_at, row.last_inbound_at or row.created_at), now),
    )


def _held_up(reason: str | None, since: datetime, now: datetime) -> str | None:
    """The connectors know their windows; this ends what never gets as far as them, or waits again and again."""
    return (reason or "not sent") if now - since > limits.OUTBOX_LIFETIME else None


def _closed_unsent() -> ColumnElement[bool]:
    return and_(outbox.c.outcome.is_not(None), outbox.c.outcome != SENT)


def _short(reason: str | None) -> str | None:
    return reason[:200] if reason else None


async def record_part(
    connection: AsyncConnection, outbox_id: int, channel_id: int, message_id: str, now: datetime, **more: datetime
) -> bool:
    """Records the platform's id of the next accepted part, once however often it is reported (by the answer to the
    send and by the echo, in either order). Ends any doubt about it. `more`: what else its row is to say."""
    locked = select(outbox.c.parts_sent).where(outbox.c.id == outbox_id).with_for_update()
    parts = (await connection.execute(locked)).scalar()
    if parts is None:
        return False
    made = await connection.execute(
        insert_ignore(connection, outbox_parts)
        .values(
            outbox_id=outbox_id,
            part=parts + 1,
            channel_id=channel_id,
            external_id=message_id[:300],
            accepted_at=now,
        )
        .returning(outbox_parts.c.part)
    )
    if made.scalar() is None:
        return False
    await connection.execute(
        update(outbox)
        .where(outbox.c.id == outbox_id)
        .values(
            parts_sent=parts + 1,
            uncertain_until=None,
            next_attempt_at=case((outbox.c.uncertain_until.is_not(None), now), else_=outbox.c.next_attempt_at),
            **more,
        )
    )
    return True
