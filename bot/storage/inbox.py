"""The ledger of inbound events. Duplicates are stopped by a unique constraint; work is claimed by a conditional
update that must change exactly one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from bot import limits
from bot.domain.channels import Inbound, Kind, Saved
from bot.domain.errors import LeaseLostError
from bot.domain.messages import Event, InboundMessage, Outcome, Reply, Turn
from bot.ports import Clock
from bot.storage.arrivals import Arrivals, is_part_of_burst
from bot.storage.channels import ensure_conversation, insert_ignore
from bot.storage.database import Database
from bot.storage.entries import HAND_BACK, STAFF_CONVERSATION, close
from bot.storage.filing import Done, SqlFiling, with_marks
from bot.storage.forgetting import erase_on_request
from bot.storage.gathering import Gathered
from bot.storage.tables import channels, conversations, events, messages, outbox

_CLAIM_TRIES = 5


def burst_of(waiting: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The oldest waiting event and what belongs to it: neighbours that came shortly after one another and of which at
    least one is a picture, a file or a place. Words after words are turns of their own, and so is a tap."""
    burst: list[Row[Any]] = []
    for event in sorted(waiting, key=lambda one: (one.sent_at or one.received_at, one.id)):
        if burst and not _belong_together(burst[-1], event):
            break
        burst.append(event)
    return burst


def _belong_together(one: Row[Any], other: Row[Any]) -> bool:
    messages_only = one.kind == other.kind == Kind.MESSAGE and one.payload is None and other.payload is None
    near = abs(other.received_at - one.received_at) <= limits.BURST_WINDOW
    return messages_only and near and any(is_part_of_burst(each.attachments or ()) for each in (one, other))


class SqlInbox:
    """`filing`: performs what turns do to tickets; without one no turn may have effects."""

    def __init__(self, database: Database, clock: Clock, filing: SqlFiling | None = None) -> None:
        self._database = database
        self._clock = clock
        self._filing = filing
        self._arriving = Gathered(self._save_together)

    async def save(self, channel_id: int, batch: Sequence[InboundMessage]) -> list[tuple[int, int]]:
        saved: list[tuple[int, int]] = [(0, 0)] * len(batch)
        now = self._clock.now()
        # Every transaction takes the conversations in the same order, so that no two wait for each other.
        in_order = sorted(enumerate(batch), key=lambda one: one[1].citizen_id)
        async with self._database.write() as connection:
            for place, message in in_order:
                conversation_id = await ensure_conversation(connection, channel_id, message.citizen_id, self._clock)
                inserted = await connection.execute(
                    insert_ignore(connection, events)
                    .values(
                        channel_id=channel_id,
                        external_id=message.external_id,
                        conversation_id=conversation_id,
                        kind=message.kind,
                        text=message.text,
                        payload=message.payload,
                        received_at=now,
                    )
                    .returning(events.c.id)
                )
                event_id = inserted.scalar()
                if event_id is None:
                    await connection.execute(
                        update(events)
                        .where(events.c.channel_id == channel_id, events.c.external_id == message.external_id)
                        .values(duplicates=events.c.duplicates + 1)
                    )
                    known = (
                        select(events.c.conversation_id, messages.c.seq)
                        .join(messages, messages.c.event_id == events.c.id)
                        .where(events.c.channel_id == channel_id, events.c.external_id == message.external_id)
                        .where(messages.c.direction == "in")
                    )
                    row = (await connection.execute(known)).one()
                    saved[place] = (row[0], row[1])
                    continue
                row = (
                    await connection.execute(
                        update(conversations)
                        .where(conversations.c.id == conversation_id)
                        .values(next_seq=conversations.c.next_seq + 1, last_event_at=now, last_inbound_at=now)
                        .returning(conversations.c.next_seq, conversations.c.staff_id)
                    )
                ).one()
                await connection.execute(
                    insert(messages).values(
                        conversation_id=conversation_id,
                        seq=row.next_seq - 1,
                        direction="in",
                        event_id=event_id,
                        client_id=message.external_id,
                        content=Reply(message.text).to_json(),
                        meta={},
                        created_at=now,
                    )
                )
                if row.staff_id is not None and message.payload != HAND_BACK:
                    await close(connection, event_id, STAFF_CONVERSATION, now)
                saved[place] = (conversation_id, row.next_seq - 1)
        return saved

    async def save_events(self, channel_id: int, batch: Sequence[Inbound]) -> Saved:
        return await self._arriving.save(channel_id, batch)

    async def _save_together(self, channel_id: int, batches: Sequence[Sequence[Inbound]]) -> list[Saved]:
        async with self._database.write() as connection:
            return await Arrivals(connection, channel_id, self._clock).save(batches)

    async def claim(self, owner: str) -> Event | None:
        return next(iter(await self.claim_many(owner, 1)), None)

    async def claim_many(self, owner: str, at_most: int) -> list[Event]:
        for _ in range(_CLAIM_TRIES):
            found, claimed = await self._try_claim(owner, at_most)
            if found:
                return claimed
        return []

    async def _try_claim(self, owner: str, at_most: int) -> tuple[bool, list[Event]]:
        """Whether it is known what is next, and what it is; not known when another worker was quicker."""
        now = self._clock.now()
        free = or_(conversations.c.lease_until.is_(None), conversations.c.lease_until < now)
        complete = or_(conversations.c.burst_until.is_(None), conversations.c.burst_until <= now)
        next_up = (
            select(conversations.c.id, conversations.c.state, conversations.c.state_expires_at, channels.c.unit_id)
            .select_from(events)
            .join(conversations, conversations.c.id == events.c.conversation_id)
            .join(channels, channels.c.id == events.c.channel_id)
            .where(events.c.outcome.is_(None), free, complete)
            .order_by(events.c.id)
            .limit(at_most)
            .with_for_update(of=conversations, skip_locked=True, key_share=True)
        )
        async with self._database.write() as connection:
            found = {row.id: row for row in await connection.execute(next_up)}
            if not found:
                return True, []
            # Asked again under the lock: the last worker may have answered between the look and the lock.
            waiting = (
                select(events)
                .where(events.c.conversation_id.in_(found), events.c.outcome.is_(None))
                .order_by(events.c.id)
                .limit(at_most * limits.BURST_EVENTS)
            )
            of_conversation: dict[int, list[Row[Any]]] = {}
            for row in await connection.execute(waiting):
                of_conversation.setdefault(row.conversation_id, []).append(row)
            held = await connection.execute(
                update(conversations)
                .where(conversations.c.id.in_(of_conversation), free, complete)
                .values(lease_owner=owner, lease_until=now + limits.EVENT_LEASE)
                .returning(conversations.c.id)
            )
            bursts = {one: burst_of(of_conversation[one][: limits.BURST_EVENTS]) for one in held.scalars()}
            ids = [one.id for burst in bursts.values() for one in burst]
            if not ids:
                return False, []
            await connection.execute(update(events).where(events.c.id.in_(ids)).values(attempts=events.c.attempts + 1))
        oldest_first = sorted(bursts, key=lambda one: bursts[one][0].id)
        return True, [_claimed(found[one], bursts[one], now) for one in oldest_first]

    async def finish(self, event: Event, owner: str, turn: Turn) -> None:
        now = self._clock.now()
        ids = [event.id, *event.with_ids]
        async with self._database.write() as connection:
            released = await connection.execute(
                update(conversations)
                .where(conversations.c.id == event.conversation_id, conversations.c.lease_owner == owner)
                .values(
                    state=turn.state,
                    state_version=conversations.c.state_version + 1,
                    state_expires_at=now
                    + (limits.DRAFT_LIFETIME if turn.state.get("draft") else limits.STATE_LIFETIME),
                    next_seq=conversations.c.next_seq + len(turn.replies),
                    lease_owner=None,
                    lease_until=None,
                )
                .returning(conversations.c.next_seq)
            )
            next_seq = released.scalar()
            closed = await connection.execute(
                update(events)
                .where(events.c.id.in_(ids), events.c.outcome.is_(None))
                .values(
                    outcome=turn.outcome.value,
                    reason=turn.reason,
                    closed_at=now,
                    turn_id=event.id,
                    # Name and address came with the number unasked: what is needed is in the turn.
                    **({"details": None} if event.kind == Kind.SHARED_INFO else {}),
                )
            )
            if next_seq is None or closed.rowcount != len(ids):
                raise LeaseLostError
            done = Done()
            if turn.effects:
                if self._filing is None:
                    raise RuntimeError("nobody performs the turn's effects")
                done = await self._filing.perform(connection, event, turn.effects)
            meta = {
                "outcome": turn.outcome.value,
                "intent": turn.intent,
                "confidence": round(turn.confidence, 4),
                "procedure": turn.procedure,
                "revision": turn.revision,
                "position": turn.position,
                "model": turn.model,
            }
            why = {"why": turn.why} if turn.why else {}
            for place, reply in enumerate(turn.replies):
                message_id = (
                    await connection.execute(
                        insert(messages)
                        .values(
                            conversation_id=event.conversation_id,
                            seq=next_seq - len(turn.replies) + place,
                            direction="out",
                            event_id=event.id,
                            content=with_marks(reply, done.marks).to_json(),
                            meta=meta if place else {**meta, **why},
                            restricted=done.restricted,
                            created_at=now,
                        )
                        .returning(messages.c.id)
                    )
                ).scalar_one()
                await connection.execute(
                    insert(outbox).values(
                        conversation_id=event.conversation_id,
                        message_id=message_id,
                        next_attempt_at=now,
                        created_at=now,
                    )
                )

            if done.erase:
                await erase_on_request(connection, event, now)

    async def postpone(self, event: Event, owner: str) -> None:
        """The conversation stays closed to others until the retry is due: order is kept."""
        retry_at = self._clock.now() + limits.EVENT_RETRY * event.attempts
        async with self._database.write() as connection:
            await connection.execute(
                update(conversations)
                .where(conversations.c.id == event.conversation_id, conversations.c.lease_owner == owner)
                .values(lease_owner=None, lease_until=retry_at)
            )

    async def burst_ends_in(self) -> timedelta | None:
        now = self._clock.now()
        query = (
            select(conversations.c.burst_until)
            .join(events, events.c.conversation_id == conversations.c.id)
            .where(events.c.outcome.is_(None), conversations.c.burst_until > now)
            .order_by(conversations.c.burst_until)
            .limit(1)
        )
        async with self._database.read() as connection:
            until = (await connection.execute(query)).scalar()
        return until - now if until is not None else None

    async def counts(self, since: timedelta | None = None) -> dict[str, int]:
        """Events by outcome; the unhandled ones under `open`. They sum to all events: the ledger's check."""
        query = select(events.c.outcome)
        if since is not None:
            query = query.where(events.c.received_at >= self._clock.now() - since)
        result = dict.fromkeys([*(outcome.value for outcome in Outcome), "open"], 0)
        async with self._database.read() as connection:
            async for (outcome,) in await connection.stream(query):
                result[outcome or "open"] += 1
        return result


def _claimed(conversation: Any, burst: Sequence[Row[Any]], now: datetime) -> Event:
    first = burst[0]
    fresh = conversation.state_expires_at is not None and conversation.state_expires_at > now
    return Event(
        id=first.id,
        conversation_id=conversation.id,
        unit_id=conversation.unit_id,
        text="\n".join(one.text for one in burst if one.text),
        payload=first.payload,
        attempts=max(one.attempts for one in burst) + 1,
        received_at=first.received_at,
        state=dict(conversation.state) if fresh else {},
        kind=first.kind,
        with_ids=tuple(one.id for one in burst[1:]),
        attachments=tuple(
            {**attachment, "event_id": one.id, "part": part}
            for one in burst
            for part, attachment in enumerate(one.attachments or ())
        ),
        shared_phone=((first.details or {}).get("shared") or {}).get("phone"),
    )
