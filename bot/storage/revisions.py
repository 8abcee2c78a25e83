"""Published records as revisions with effective dates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import InheritedError
from bot.domain.views import LOCAL_ZONE
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import publications, record_switches, revisions


@dataclass(frozen=True, slots=True)
class Published:
    id: int
    kind: str
    record_id: str
    unit_id: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does to one record: `added`, `changed` (with the fields) or `unchanged`."""

    record_id: str
    action: str
    fields: tuple[str, ...] = ()


class Revisions:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def version(self) -> int:
        """Rises with every publication, by whatever process."""
        async with self._database.read() as connection:
            return (await connection.execute(select(func.max(publications.c.id)))).scalar() or 0

    async def published(self, today: date) -> list[Published]:
        """The revision in force of every record: the newest published one whose time has come."""
        query = (
            select(revisions)
            .where(begun(today))
            .order_by(revisions.c.effective_from.is_not(None), revisions.c.effective_from, revisions.c.number)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        newest = {(row.kind, row.unit_id, row.record_id): row for row in rows}
        return [Published(row.id, row.kind, row.record_id, row.unit_id, row.content) for row in newest.values()]

    async def suspended(self, kind: str) -> set[tuple[str, str]]:
        """(unit, record) of everything a unit does not answer about for now."""
        query = select(record_switches.c.unit_id, record_switches.c.record_id).where(record_switches.c.kind == kind)
        async with self._database.read() as connection:
            return {(row.unit_id, row.record_id) for row in (await connection.execute(query)).all()}

    async def publish(
        self, kind: str, unit_id: str | None, records: Mapping[str, dict[str, Any]], *, dry_run: bool = False
    ) -> list[Change]:
        """Publishes records as new revisions, all in one transaction; equal content changes nothing.

        `unit_id` None: each record is its own unit (kind `unit`). An older revision stays in force until the new
        one's `effective_from`. Raises InheritedError for a copy of what a unit above publishes.
        """
        now = self._clock.now()
        today = now.astimezone(LOCAL_ZONE).date()
        changes: list[Change] = []
        async with self._database.write() as connection:
            if kind == "procedure" and unit_id:
                await refuse_inherited(connection, unit_id, list(records), today)
            for record_id, content in records.items():
                owner = unit_id or record_id
                newest = await newest_published(connection, kind, owner, record_id)
                digest = digest_of(content)
                if newest is not None and newest.digest == digest and newest.state == "published":
                    changes.append(Change(record_id, "unchanged"))
                    continue
                before = newest.content if newest is not None else {}
                fields = tuple(name for name in content if content[name] != before.get(name))
                changes.append(
                    Change(record_id, "changed" if newest is not None else "added", fields if before else ())
                )
                if dry_run:
                    continue
                starts = date.fromisoformat(content["effective_from"]) if content.get("effective_from") else None
                future = starts is not None and starts > today
                if newest is not None and not future:
                    await supersede(connection, kind, owner, record_id, today)
                await connection.execute(
                    insert(revisions).values(
                        kind=kind,
                        record_id=record_id,
                        unit_id=owner,
                        number=await next_number(connection, kind, owner, record_id),
                        state="published",
                        effective_from=starts if future else None,
                        content=content,
                        digest=digest,
                        created_at=now,
                        published_at=now,
                    )
                )
            if not dry_run and any(change.action != "unchanged" for change in changes):
                count = sum(change.action != "unchanged" for change in changes)
                await connection.execute(insert(publications).values(at=now, note=f"import {kind}: {count}"))
        return changes


def begun(today: date) -> ColumnElement[bool]:
    """Published, and its days include this one; of several the one that began last is in force, then the newest."""
    return and_(
        revisions.c.state == "published",
        or_(revisions.c.effective_from.is_(None), revisions.c.effective_from <= today),
        or_(revisions.c.effective_to.is_(None), revisions.c.effective_to >= today),
    )


async def refuse_inherited(connection: AsyncConnection, unit_id: str, record_ids: Collection[str], today: date) -> None:
    """Raises InheritedError when a unit above publishes one of these procedures."""
    query = select(revisions.c.record_id, revisions.c.content).where(revisions.c.kind == "unit", begun(today))
    units = (await connection.execute(query.order_by(revisions.c.number))).all()
    parents = {row.record_id: row.content.get("parent") for row in units}
    above: list[str] = []
    while (unit_id := parents.get(unit_id) or "") and unit_id not in above:
        above.append(unit_id)
    own = revisions.c
    named = select(own.record_id, own.unit_id).where(
        own.kind == "procedure", own.unit_id.in_(above), own.record_id.in_(record_ids), begun(today)
    )
    found = (await connection.execute(named.limit(1))).first()
    if found is not None:
        raise InheritedError(found.record_id, found.unit_id)


async def newest_published(connection: AsyncConnection, kind: str, unit_id: str, record_id: str) -> Row[Any] | None:
    """The revision that was published last, whatever became of it."""
    query = select(revisions).where(_is(kind, unit_id, record_id), revisions.c.published_at.is_not(None))
    return (await connection.execute(query.order_by(revisions.c.number.desc()).limit(1))).first()


async def next_number(connection: AsyncConnection, kind: str, unit_id: str, record_id: str) -> int:
    query = select(func.max(revisions.c.number)).where(_is(kind, unit_id, record_id))
    return ((await connection.execute(query)).scalar() or 0) + 1


async def supersede(connection: AsyncConnection, kind: str, unit_id: str, record_id: str, today: date) -> None:
    """Ends the published revisions whose time has come; scheduled ones stay."""
    begun = or_(revisions.c.effective_from.is_(None), revisions.c.effective_from <= today)
    query = update(revisions).where(_is(kind, unit_id, record_id), revisions.c.state == "published", begun)
    await connection.execute(query.values(state="superseded"))


def _is(kind: str, unit_id: str, record_id: str) -> ColumnElement[bool]:
    return and_(revisions.c.kind == kind, revisions.c.unit_id == unit_id, revisions.c.record_id == record_id)


def digest_of(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
