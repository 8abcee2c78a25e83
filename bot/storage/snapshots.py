"""What was read from a procedure's sources, kept to notice when a source says something else than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.database import Database
from bot.storage.revisions import digest_of
from bot.storage.staff import Actor
from bot.storage.tables import source_snapshots


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A source that differs from what was read of it before. `fields`: names; `before`, `after`: what it said."""

    id: int
    record_id: str
    source: str
    fields: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    at: datetime


async def take(
    connection: AsyncConnection, actor: Actor, record_id: str, source: str, fields: Mapping[str, Any], now: datetime
) -> tuple[str, ...]:
    """Keeps what a source says about a record of the actor's unit; the names of the fields it says differently than
    the last time. The first one, and one like the last, mark nothing. `fields`: only what the source says."""
    kept, own = dict(fields), source_snapshots.c
    digest = digest_of(kept)
    query = select(source_snapshots).where(
        own.unit_id == actor.unit_id, own.record_id == record_id, own.source == source[:500]
    )
    last = (await connection.execute(query.order_by(own.id.desc()).limit(1))).first()
    if last is not None and last.digest == digest:
        return ()
    before = last.fields if last is not None else kept
    changed = sorted(name for name in {*before, *kept} if before.get(name) != kept.get(name))
    values = {
        "unit_id": actor.unit_id, "record_id": record_id, "source": source[:500], "digest": digest,
        "fields": kept, "changed": changed, "taken_at": now, "taken_by": actor.staff_id,
    }  # fmt: skip
    await connection.execute(insert(source_snapshots).values(values))
    if changed:
        entry = Entry(now, "source.changed", f"procedure:{record_id}", actor.staff_id, actor.unit_id,
                      {"fields": changed})  # fmt: skip
        await append(connection, entry)
    return tuple(changed)


class SqlSnapshots:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, actor: Actor, record_id: str, source: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
        """`take`, in a transaction of its own."""
        async with self._database.write() as connection:
            return await take(connection, actor, record_id, source, fields, self._clock.now())

    async def open_changes(self, unit_id: str, record_id: str | None = None) -> list[SourceChange]:
        """Changes no editor has settled yet, the newest first."""
        own, earlier = source_snapshots.c, source_snapshots.alias()
        before = (
            select(earlier.c.fields)
            .where(
                earlier.c.unit_id == own.unit_id, earlier.c.record_id == own.record_id, earlier.c.source == own.source,
                earlier.c.id < own.id,
            )
            .order_by(earlier.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )  # fmt: skip
        query = select(source_snapshots, before.label("before")).where(own.unit_id == unit_id, own.settled_at.is_(None))
        if record_id is not None:
            query = query.where(own.record_id == record_id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(own.id.desc()))).all()
        return [
            SourceChange(
                row.id, row.record_id, row.source, tuple(row.changed), row.before or {}, row.fields, row.taken_at
            )
            for row in rows
            if row.changed
        ]

    async def settle(self, actor: Actor, change_id: int) -> bool:
        """An editor has looked at a change and, where needed, corrected the record. False: there is no such change."""
        own, now = source_snapshots.c, self._clock.now()
        async with self._database.write() as connection:
            query = update(source_snapshots).where(
                own.id == change_id, own.unit_id == actor.unit_id, own.settled_at.is_(None)
            )
            query = query.values(settled_at=now, settled_by=actor.staff_id).returning(own.record_id, own.changed)
            row = (await connection.execute(query)).first()
            if row is not None:
                entry = Entry(now, "source.settled", f"procedure:{row.record_id}", actor.staff_id, actor.unit_id,
                              {"fields": row.changed})  # fmt: skip
                await append(connection, entry)
        return row is not None
