"""The trail of what staff and the system did: append-only, each row's hash covering the row before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.storage.database import Database
from bot.storage.staff_tables import audit, staff
from bot.storage.values import storable_json

GENESIS = "0" * 64
"""What the first row follows."""
PRUNED = "audit.pruned"
"""The action of the entry that says up to which hash older rows were removed."""
_TRIES = 20
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. `staff_id` None: the system, or somebody at the server's terminal. `subject`:
    kind:id. `details`: identifiers and names of fields, never a citizen's words."""

    at: datetime
    action: str
    subject: str = ""
    staff_id: int | None = None
    unit_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row of the trail as a page shows it."""

    id: int
    at: datetime
    action: str
    subject: str
    unit_id: str | None
    details: Mapping[str, Any]
    staff_id: int | None
    who: str | None
    """The name of who did it, where the account still exists."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken`: id of the first row that does not fit; None: the chain is whole. `last_hash`: of the last good row."""

    rows: int
    last_hash: str
    broken: int | None = None


async def append(connection: AsyncConnection, entry: Entry) -> None:
    """Adds a row within the caller's transaction, best as its last statement: from here until the commit no other
    transaction can append. Two rows can never follow the same one; the later of two tries follows the earlier."""
    details = storable_json(dict(entry.details))
    for _ in range(_TRIES):
        last = select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)
        previous = (await connection.execute(last)).scalar() or GENESIS
        values = {
            "at": entry.at,
            "staff_id": entry.staff_id,
            "unit_id": entry.unit_id,
            "action": entry.action,
            "subject": entry.subject,
            "details": details,
        }
        row_hash = chained(previous, values)
        try:
            async with connection.begin_nested():
                await connection.execute(insert(audit).values(**values, previous_hash=previous, hash=row_hash))
        except IntegrityError:
            continue
        return
    raise RuntimeError("the audit trail is contended without end")


def chained(previous: str, values: Mapping[str, Any]) -> str:
    """SHA-256 over the row's canonical JSON and the hash of the row before it, in hexadecimal."""
    at: datetime = values["at"]
    canonical = json.dumps(
        {**values, "at": at.astimezone(UTC).isoformat(timespec="microseconds")},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


class AuditTrail:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def verify(self) -> Verdict:
        """Recomputes the whole chain, from the beginning or from where an entry says that older rows were removed in
        time. What was cut off at the end shows only against a hash noted earlier."""
        rows, previous, last_id = 0, await self._beginning(), 0
        while True:
            query = select(audit).where(audit.c.id > last_id).order_by(audit.c.id).limit(_BATCH)
            async with self._database.read() as connection:
                batch = (await connection.execute(query)).all()
            for row in batch:
                if row.previous_hash != previous or row.hash != chained(previous, _values(row)):
                    return Verdict(rows, previous, row.id)
                rows, previous, last_id = rows + 1, row.hash, row.id
            if not batch:
                return Verdict(rows, previous)

    async def prune(self, now: datetime) -> int:
        """Removes the rows of months that ended longer ago than the retention time; how many. An entry in the trail
        itself says up to which hash, so that the rest can still be verified."""
        before = _months_back(now, limits.AUDIT_RETENTION_MONTHS)
        async with self._database.write() as connection:
            first_kept = select(func.min(audit.c.id)).where(audit.c.at >= before).scalar_subquery()
            is_old = audit.c.id < func.coalesce(first_kept, select(func.max(audit.c.id) + 1).scalar_subquery())
            last = select(audit.c.id, audit.c.hash).where(is_old).order_by(audit.c.id.desc()).limit(1)
            newest = (await connection.execute(last)).first()
            if newest is None:
                return 0
            rows = (await connection.execute(select(func.count()).where(is_old))).scalar_one()
            details = {"rows": rows, "hash": newest.hash}
            await append(connection, Entry(now, PRUNED, "audit", details=details))
            await connection.execute(delete(audit).where(audit.c.id <= newest.id))
        return int(rows)

    async def _beginning(self) -> str:
        """The hash the first row must follow; an entry that names another was not left by `prune`."""
        first = select(audit.c.previous_hash).order_by(audit.c.id).limit(1)
        pruned = select(audit.c.details).where(audit.c.action == PRUNED, audit.c.staff_id.is_(None))
        async with self._database.read() as connection:
            follows: str | None = (await connection.execute(first)).scalar()
            anchors = {one.get("hash") for one in (await connection.execute(pruned)).scalars()}
        return follows if follows is not None and follows in anchors else GENESIS

    async def holds(self, known_hash: str) -> bool:
        """Whether a hash noted earlier is still in the trail."""
        async with self._database.read() as connection:
            return (await connection.execute(select(audit.c.id).where(audit.c.hash == known_hash))).first() is not None

    async def page(
        self,
        unit_ids: list[str],
        *,
        action: str = "",
        staff_id: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int,
    ) -> list[Recorded]:
        """The newest rows of these units; `before`: the id of the last row already shown."""
        wanted: list[ColumnElement[bool]] = [audit.c.unit_id.in_(unit_ids)]
        if action:
            wanted.append(audit.c.action == action)
        if staff_id is not None:
            wanted.append(audit.c.staff_id == staff_id)
        if since is not None:
            wanted.append(audit.c.at >= since)
        if until is not None:
            wanted.append(audit.c.at < until)
        if before is not None:
            wanted.append(audit.c.id < before)
        query = (
            select(audit, staff.c.name.label("who"))
            .join(staff, staff.c.id == audit.c.staff_id, isouter=True)
            .where(and_(*wanted))
            .order_by(audit.c.id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Recorded(row.id, row.at, row.action, row.subject, row.unit_id, row.details, row.staff_id, row.who)
            for row in rows
        ]

    async def actions(self, unit_ids: list[str]) -> list[str]:
        """The kinds of things that were ever done in these units."""
        query = select(audit.c.action).where(audit.c.unit_id.in_(unit_ids)).distinct().order_by(audit.c.action)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())


def _values(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("at", "staff_id", "unit_id", "action", "subject", "details")}


def _months_back(now: datetime, months: int) -> datetime:
    """The beginning of the month so many before the present one, UTC."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
