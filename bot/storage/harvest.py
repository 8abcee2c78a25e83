"""Reads closed events, each once, for what can be learned and counted from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.channels import Kind
from bot.domain.learning import Counted, Gleaned, HeardTurn, Sample, SealedTurn
from bot.domain.tickets import RESTRICTED_KINDS, TicketKind
from bot.ports import Clock
from bot.storage.channels import insert_ignore
from bot.storage.database import Database
from bot.storage.learning_tables import bookmarks, coverage_days, coverage_questions, learning_samples
from bot.storage.tables import channels, events, messages, outbox, outbox_parts
from bot.storage.ticket_tables import sealed_texts, tickets

BOOKMARK = "learning"
SEALED = "sealed"
"""Decision of the marks that stand for sealed messages."""
_READ = (Kind.MESSAGE.value, Kind.REACTION.value)
_SEALED_KINDS = (*(kind.value for kind in RESTRICTED_KINDS), TicketKind.PRIVACY.value)


class SqlHarvest:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def next_turns(self) -> tuple[int, int, list[HeardTurn]]:
        """(where the last reading ended, where this one ends, the turns between). It stops before the first event
        that still waits for its answer."""
        async with self._database.read() as connection:
            at = (
                await connection.execute(select(bookmarks.c.position).where(bookmarks.c.name == BOOKMARK))
            ).scalar() or 0
            waiting = select(func.min(events.c.id)).where(events.c.outcome.is_(None))
            first_open = (await connection.execute(waiting)).scalar()
            ids = select(events.c.id).where(events.c.id > at).order_by(events.c.id).limit(limits.LEARNING_BATCH)
            if first_open is not None:
                ids = ids.where(events.c.id < first_open)
            found = list((await connection.execute(ids)).scalars())
            if not found:
                return at, at, []
            turns = await self._turns(connection, events.c.id.between(found[0], found[-1]))
            befores = await self._befores(connection, [one.event_id for one in turns])
            reacted = await self._reacted(connection, [one.event_id for one in turns if one.kind == Kind.REACTION])
            others = {
                one.event_id: one
                for one in await self._turns(connection, events.c.id.in_({*befores.values(), *reacted.values()}))
            }
        complete = [
            replace(
                one,
                previous=others.get(befores.get(one.event_id, 0)),
                reacted=others.get(reacted.get(one.event_id, 0)),
            )
            for one in turns
        ]
        return at, found[-1], complete

    async def leaders(self, unit_id: str) -> list[tuple[int, str]]:
        """(group, the text of its newest sample) of the newest groups."""
        newest = (
            select(func.max(learning_samples.c.id))
            .where(learning_samples.c.unit_id == unit_id, learning_samples.c.group_id > 0)
            .group_by(learning_samples.c.group_id)
            .order_by(func.max(learning_samples.c.id).desc())
            .limit(limits.LEARNING_GROUPS)
        )
        query = select(learning_samples.c.group_id, learning_samples.c.text).where(learning_samples.c.id.in_(newest))
        async with self._database.read() as connection:
            return [(row.group_id, row.text) for row in (await connection.execute(query)).all()]

    async def save(self, start: int, end: int, gleaned: Gleaned, groups: Mapping[int, int]) -> bool:
        """Commits what was gleaned and where the reading ended, or nothing when another process was first. `groups`:
        by event id the group of each new sample; a negative one is the event that begins it."""
        async with self._database.write() as connection:
            await connection.execute(insert_ignore(connection, bookmarks).values(name=BOOKMARK, position=0))
            moved = await connection.execute(
                update(bookmarks)
                .where(bookmarks.c.name == BOOKMARK, bookmarks.c.position == start)
                .values(position=end)
            )
            if moved.rowcount != 1:
                return False
            await self._add_samples(connection, gleaned.samples, groups)
            await self._count(connection, gleaned.counted)
            for conversation_id, at in [
                *((one.conversation_id, one.at) for one in gleaned.sealed),
                *await self._restricted(connection),
                *await self._sealed_before(connection, gleaned),
            ]:
                await self._drop_near(connection, conversation_id, at)
            await self._mark_sealed(connection, gleaned.sealed)
        return True

    async def _turns(self, connection: AsyncConnection, chosen: Any) -> list[HeardTurn]:
        query = (
            select(
                events.c.id, events.c.conversation_id, channels.c.unit_id, events.c.received_at, events.c.kind,
                events.c.text, events.c.payload, events.c.outcome, events.c.details, messages.c.meta,
                exists().where(sealed_texts.c.event_id == events.c.id).label("sealed"),
            )
            .join(channels, channels.c.id == events.c.channel_id)
            .outerjoin(messages, and_(messages.c.event_id == events.c.id, messages.c.direction == "out"))
            .where(chosen, events.c.kind.in_(_READ), events.c.conversation_id.is_not(None))
            .where(or_(events.c.turn_id.is_(None), events.c.turn_id == events.c.id))
            .order_by(events.c.id, messages.c.seq)
        )  # fmt: skip
        found: dict[int, HeardTurn] = {}
        for row in (await connection.execute(query)).all():
            details = row.details or {}
            found.setdefault(
                row.id,
                HeardTurn(
                    row.id, row.conversation_id, row.unit_id, row.received_at, row.kind, row.text, row.payload,
                    row.outcome or "", {**(row.meta or {}), **({"sealed": True} if row.sealed else {})},
                    reaction=str(details.get("reaction") or details.get("emoji") or ""),
                ),
            )  # fmt: skip
        return list(found.values())

    async def _befores(self, connection: AsyncConnection, ids: Sequence[int]) -> dict[int, int]:
        """By event the message before it in its conversation."""
        before = events.alias()
        query = (
            select(events.c.id, func.max(before.c.id))
            .join(before, and_(before.c.conversation_id == events.c.conversation_id, before.c.id < events.c.id))
            .where(events.c.id.in_(ids), events.c.kind == Kind.MESSAGE.value, before.c.kind == Kind.MESSAGE.value)
            .where(or_(before.c.turn_id.is_(None), before.c.turn_id == before.c.id))
            .group_by(events.c.id)
        )
        return {row[0]: row[1] for row in (await connection.execute(query)).all()}

    async def _reacted(self, connection: AsyncConnection, ids: Sequence[int]) -> dict[int, int]:
        """By reaction the event whose answer it is about."""
        if not ids:
            return {}
        rows = (
            await connection.execute(
                select(events.c.id, events.c.channel_id, events.c.details).where(events.c.id.in_(ids))
            )
        ).all()
        found = {}
        for row in rows:
            named = [str(one) for one in (row.details or {}).get("message_ids") or ()]
            query = (
                select(messages.c.event_id)
                .join(outbox, outbox.c.message_id == messages.c.id)
                .join(outbox_parts, outbox_parts.c.outbox_id == outbox.c.id)
                .where(outbox_parts.c.channel_id == row.channel_id, outbox_parts.c.external_id.in_(named))
                .where(messages.c.event_id.is_not(None))
                .limit(1)
            )
            event_id = (await connection.execute(query)).scalar() if named else None
            if event_id is not None:
                found[row.id] = int(event_id)
        return found

    async def _add_samples(
        self, connection: AsyncConnection, samples: Sequence[Sample], groups: Mapping[int, int]
    ) -> None:
        known = select(learning_samples.c.event_id, learning_samples.c.reasons, learning_samples.c.id).where(
            learning_samples.c.event_id.in_([one.event_id for one in samples])
        )
        before = {row.event_id: row for row in (await connection.execute(known)).all()} if samples else {}
        begun: dict[int, int] = {}
        for sample in samples:
            if sample.event_id in before:
                row = before[sample.event_id]
                reasons = list(dict.fromkeys([*row.reasons, *sample.reasons]))
                await connection.execute(
                    update(learning_samples)
                    .where(learning_samples.c.id == row.id)
                    .values(reasons=reasons, procedure_id=sample.procedure_id)
                )
                continue
            group = groups[sample.event_id]
            group = begun.get(-group, 0) if group < 0 else group
            decision = await self._standing_decision(connection, group)
            made = await connection.execute(
                insert(learning_samples)
                .values(
                    event_id=sample.event_id, unit_id=sample.unit_id, at=sample.at, text=sample.text,
                    reasons=list(sample.reasons), intent=sample.intent, procedure_id=sample.procedure_id,
                    group_id=group, decision=decision,
                )
                .returning(learning_samples.c.id)
            )  # fmt: skip
            sample_id = made.scalar_one()
            if not group:
                begun[sample.event_id] = sample_id
                await connection.execute(
                    update(learning_samples).where(learning_samples.c.id == sample_id).values(group_id=sample_id)
                )

    async def _standing_decision(self, connection: AsyncConnection, group: int) -> str | None:
        """A group an editor ignored stays ignored; what was taught comes up again when it still goes wrong."""
        ignored = select(learning_samples.c.decision).where(
            learning_samples.c.group_id == group, learning_samples.c.decision == "ignored"
        )
        return (await connection.execute(ignored.limit(1))).scalar() if group else None

    async def _count(self, connection: AsyncConnection, counted: Sequence[Counted]) -> None:
        if not counted:
            return
        rows = [
            {
                "event_id": one.event_id,
                "figure": one.figure.value,
                "unit_id": one.unit_id,
                "day": one.day,
                "procedure_id": one.procedure_id,
            }
            for one in counted
        ]
        made = await connection.execute(
            insert_ignore(connection, coverage_questions)
            .values(rows)
            .returning(coverage_questions.c.unit_id, coverage_questions.c.day, coverage_questions.c.procedure_id,
                       coverage_questions.c.figure)
        )  # fmt: skip
        for key, count in sorted(Counter(tuple(row) for row in made.all()).items()):
            names = ("unit_id", "day", "procedure_id", "figure")
            values = dict(zip(names, key, strict=True))
            await connection.execute(insert_ignore(connection, coverage_days).values(**values, count=0))
            where = [coverage_days.c[name] == value for name, value in values.items()]
            await connection.execute(update(coverage_days).where(*where).values(count=coverage_days.c.count + count))

    async def _restricted(self, connection: AsyncConnection) -> list[tuple[int, datetime]]:
        """Conversations in which a restricted ticket was filed lately."""
        since = self._clock.now() - 2 * limits.SEALED_WINDOW
        query = select(tickets.c.conversation_id, tickets.c.received_at).where(
            tickets.c.received_at > since,
            tickets.c.conversation_id.is_not(None),
            or_(tickets.c.restricted, tickets.c.kind.in_(_SEALED_KINDS)),
        )
        return [(row[0], row[1]) for row in (await connection.execute(query)).all()]

    async def _sealed_before(self, connection: AsyncConnection, gleaned: Gleaned) -> list[tuple[int, datetime]]:
        """Sealed moments of earlier batches, of the conversations of this one."""
        ids = {*(one.event_id for one in gleaned.samples), *(one.event_id for one in gleaned.counted)}
        if not ids:
            return []
        own = select(events.c.conversation_id).where(events.c.id.in_(ids))
        query = (
            select(events.c.conversation_id, learning_samples.c.at)
            .join(events, events.c.id == learning_samples.c.event_id)
            .where(events.c.conversation_id.in_(own), learning_samples.c.decision == SEALED)
        )
        return [(row[0], row[1]) for row in (await connection.execute(query)).all()]

    async def _mark_sealed(self, connection: AsyncConnection, sealed: Sequence[SealedTurn]) -> None:
        """A mark without words, so that what follows in the conversation is kept out as well."""
        for one in sealed:
            await connection.execute(
                insert_ignore(connection, learning_samples).values(
                    event_id=one.event_id, unit_id=one.unit_id, at=one.at, text="", reasons=[], group_id=0,
                    decision=SEALED,
                )
            )  # fmt: skip

    async def _drop_near(self, connection: AsyncConnection, conversation_id: int, at: datetime) -> None:
        near = select(events.c.id).where(
            events.c.conversation_id == conversation_id,
            events.c.received_at.between(at - limits.SEALED_WINDOW, at + limits.SEALED_WINDOW),
        )
        words = learning_samples.c.text != ""
        await connection.execute(delete(learning_samples).where(learning_samples.c.event_id.in_(near), words))
        await connection.execute(delete(coverage_questions).where(coverage_questions.c.event_id.in_(near)))
