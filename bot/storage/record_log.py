"""The revisions of one record without their contents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select

from bot.storage.database import Database
from bot.storage.editing import Key
from bot.storage.staff_tables import staff
from bot.storage.tables import revisions


@dataclass(frozen=True, slots=True)
class Logged:
    """`who`: names of those who wrote and published it, each once; none: the server's terminal."""

    id: int
    number: int
    state: str
    who: tuple[str, ...]
    note: str | None
    effective_from: date | None
    effective_to: date | None
    created_at: datetime
    published_at: datetime | None


class RecordLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, key: Key, limit: int) -> list[Logged]:
        """The newest first."""
        own = revisions.c
        columns = (own.id, own.number, own.state, own.authors, own.reviewer_id, own.note, own.effective_from,
                   own.effective_to, own.created_at, own.published_at)  # fmt: skip
        query = select(*columns).where(_is(key)).order_by(own.number.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            ids = {one for row in rows for one in (*(row.authors or ()), row.reviewer_id) if one is not None}
            found = await connection.execute(select(staff.c.id, staff.c.name).where(staff.c.id.in_(ids)))
            names: dict[int, str] = {row.id: row.name for row in found.all()}
        return [
            Logged(
                row.id, row.number, row.state,
                tuple(dict.fromkeys(names[one] for one in (*(row.authors or ()), row.reviewer_id) if one in names)),
                row.note, row.effective_from, row.effective_to, row.created_at, row.published_at,
            )
            for row in rows
        ]  # fmt: skip


def _is(key: Key) -> ColumnElement[bool]:
    own = revisions.c
    return (own.kind == key.kind) & (own.unit_id == key.unit_id) & (own.record_id == key.record_id)
