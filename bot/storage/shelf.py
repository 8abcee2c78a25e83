"""Where every record of a unit stands: drafted, in review, published, scheduled, withdrawn, suspended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from bot.domain.views import LOCAL_ZONE
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import OPEN_STATES, record_switches, revisions


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one record of one unit. `open_id`: its draft or what waits for review; `starts`: the day a scheduled revision
    begins; `withdrawn`: it was published once and is no more; `title`: of the newest revision."""

    record_id: str
    title: str
    field: str
    in_force: bool
    open_id: int | None = None
    open_state: str = ""
    open_author: int | None = None
    open_saved_at: datetime | None = None
    starts: date | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Suspension:
    unit_id: str
    record_id: str
    since: datetime
    by: int | None
    note: str | None


class Shelf:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def standings(self, unit_id: str, kind: str = "procedure") -> dict[str, Standing]:
        """Of all records the unit has ever written, by id."""
        today = self._clock.now().astimezone(LOCAL_ZONE).date()
        own = revisions.c
        query = select(
            own.id, own.record_id, own.state, own.effective_from, own.effective_to, own.published_at, own.authors,
            own.saved_at, own.content["short_name"].as_string().label("title"),
            own.content["field"].as_string().label("field"),
        ).where(own.unit_id == unit_id, own.kind == kind)  # fmt: skip
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(own.record_id, own.number))).all()
        by_record: dict[str, list[Any]] = {}
        for row in rows:
            by_record.setdefault(row.record_id, []).append(row)
        return {record_id: _standing(record_id, found, today) for record_id, found in by_record.items()}

    async def in_review(self, unit_id: str) -> int:
        """How many procedures and supplements wait for a second person."""
        own = revisions.c
        query = select(func.count()).where(
            own.unit_id == unit_id, own.state == "in_review", own.kind.in_(("procedure", "supplement"))
        )
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def suspensions(self, unit_ids: Sequence[str], kind: str = "procedure") -> dict[str, Suspension]:
        """What these units do not answer about for now, by record; the first unit's own switch before another's."""
        query = select(record_switches).where(record_switches.c.kind == kind, record_switches.c.unit_id.in_(unit_ids))
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        rows = sorted(rows, key=lambda row: -unit_ids.index(row.unit_id))
        return {
            row.record_id: Suspension(row.unit_id, row.record_id, row.suspended_at, row.suspended_by, row.note)
            for row in rows
        }


def _standing(record_id: str, rows: Sequence[Any], today: date) -> Standing:
    """`rows`: all revisions of the record, the oldest first."""
    opened = next((row for row in rows if row.state in OPEN_STATES), None)
    published = [row for row in rows if row.state == "published"]
    in_force = any(
        (row.effective_from is None or row.effective_from <= today)
        and (row.effective_to is None or row.effective_to >= today)
        for row in published
    )
    starts = [row.effective_from for row in published if row.effective_from and row.effective_from > today]
    newest = rows[-1]
    return Standing(
        record_id,
        newest.title or record_id,
        newest.field or "",
        in_force,
        opened.id if opened else None,
        opened.state if opened else "",
        (opened.authors or [None])[-1] if opened else None,
        opened.saved_at if opened else None,
        min(starts, default=None),
        not in_force and not starts and any(row.published_at for row in rows),
    )
