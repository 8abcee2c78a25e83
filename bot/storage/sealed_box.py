"""The sealed box as the appointed officer works with it: what lies in it, opening, handing over. Every act leaves a
line in the audit trail, in the same transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.errors import InvalidMoveError, NotAllowedError, TicketNotFoundError
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import Refusal
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.staff_tables import staff as staff_table
from bot.storage.ticket_retention import ERASED
from bot.storage.ticket_tables import sealed_texts


@dataclass(frozen=True, slots=True)
class SealedLine:
    """One text, without its words."""

    id: int
    at: datetime
    opened_at: datetime | None
    opened_by: str
    handed_over_at: datetime | None
    erased: bool


@dataclass(frozen=True, slots=True)
class SealedCounts:
    waiting: int
    opened: int
    handed_over: int


class SqlSealedBox:
    def __init__(self, database: Database, clock: Clock, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    async def lines(self, staff: Staff, unit_id: str, before: int | None = None) -> tuple[list[SealedLine], bool]:
        """The unit's newest texts, or those before an id; whether there are more. Raises NotAllowedError."""
        _require(staff, unit_id)
        query = (
            select(sealed_texts, staff_table.c.name)
            .outerjoin(staff_table, staff_table.c.id == sealed_texts.c.opened_by)
            .where(sealed_texts.c.unit_id == unit_id)
            .order_by(sealed_texts.c.id.desc())
            .limit(limits.CONSOLE_ROWS + 1)
        )
        if before is not None:
            query = query.where(sealed_texts.c.id < before)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        lines = [
            SealedLine(row.id, row.created_at, row.opened_at, row.name or "", row.handed_over_at, row.content == ERASED)
            for row in rows[: limits.CONSOLE_ROWS]
        ]
        return lines, len(rows) > limits.CONSOLE_ROWS

    async def counts(self, unit_id: str) -> SealedCounts:
        """Counts only: they say nothing about anybody."""
        done = sealed_texts.c.handed_over_at.is_not(None)
        query = select(
            func.count(),
            func.count(sealed_texts.c.opened_at).filter(~done),
            func.count(sealed_texts.c.handed_over_at),
        ).where(sealed_texts.c.unit_id == unit_id)
        async with self._database.read() as connection:
            total, opened, handed_over = (await connection.execute(query)).one()
        return SealedCounts(total - opened - handed_over, opened, handed_over)

    async def open(self, staff: Staff, unit_id: str, sealed_id: int) -> str:
        """The words. Raises NotAllowedError, TicketNotFoundError, InvalidMoveError when they are erased."""
        _require(staff, unit_id)
        now = self._clock.now()
        async with self._database.write() as connection:
            row = await self._locked(connection, unit_id, sealed_id)
            if row.content == ERASED:
                raise InvalidMoveError(Refusal.STATE)
            if row.opened_at is None:
                await connection.execute(
                    update(sealed_texts).where(sealed_texts.c.id == sealed_id).values(opened_at=now, opened_by=staff.id)
                )
            await append(connection, Entry(now, "sealed.opened", f"sealed:{sealed_id}", staff.id, unit_id))
        content: dict[str, Any] = json.loads(self._seal.open(row.content))
        return str(content.get("text", ""))

    async def hand_over(self, staff: Staff, unit_id: str, sealed_id: int) -> None:
        """It has gone to the body that decides; after some working days its words are erased here. Raises as `open`,
        InvalidMoveError also for one that nobody has opened or that was handed over before."""
        _require(staff, unit_id)
        now = self._clock.now()
        async with self._database.write() as connection:
            row = await self._locked(connection, unit_id, sealed_id)
            if row.opened_at is None or row.handed_over_at is not None:
                raise InvalidMoveError(Refusal.STATE)
            await connection.execute(
                update(sealed_texts).where(sealed_texts.c.id == sealed_id).values(handed_over_at=now)
            )
            await append(connection, Entry(now, "sealed.handed_over", f"sealed:{sealed_id}", staff.id, unit_id))

    async def _locked(self, connection: AsyncConnection, unit_id: str, sealed_id: int) -> Row[Any]:
        query = select(sealed_texts).where(sealed_texts.c.id == sealed_id, sealed_texts.c.unit_id == unit_id)
        row = (await connection.execute(query.with_for_update())).first()
        if row is None:
            raise TicketNotFoundError
        return row


def _require(staff: Staff, unit_id: str) -> None:
    if not staff.may(Permission.SEALED_READ, unit_id):
        raise NotAllowedError
