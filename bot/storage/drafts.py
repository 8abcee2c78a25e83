"""Words typed into a form of the console and not sent yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.staff_tables import staff_drafts
from bot.storage.values import storable_json


@dataclass(frozen=True, slots=True)
class Draft:
    """`content`: by name of the form's field."""

    content: Mapping[str, Any]
    updated_at: datetime


async def forget_draft(connection: AsyncConnection, staff_id: int, place: str) -> None:
    """Within the transaction that keeps what the draft was for."""
    await connection.execute(
        delete(staff_drafts).where(staff_drafts.c.staff_id == staff_id, staff_drafts.c.place == place)
    )


class SqlDrafts:
    """`place`: the form, for example ticket:17:reply."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, staff_id: int, place: str, content: Mapping[str, Any]) -> None:
        values = {"content": storable_json(dict(content)), "updated_at": self._clock.now()}
        async with self._database.write() as connection:
            insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
            statement = insert(staff_drafts).values(staff_id=staff_id, place=place, **values)
            await connection.execute(statement.on_conflict_do_update(index_elements=["staff_id", "place"], set_=values))

    async def read(self, staff_id: int, place: str) -> Draft | None:
        query = select(staff_drafts.c.content, staff_drafts.c.updated_at).where(
            staff_drafts.c.staff_id == staff_id, staff_drafts.c.place == place
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return Draft(*row) if row else None

    async def places(self, staff_id: int, prefix: str) -> list[str]:
        """Where the person has drafts, of the places that begin so."""
        begins = staff_drafts.c.place.startswith(prefix, autoescape=True)
        query = select(staff_drafts.c.place).where(staff_drafts.c.staff_id == staff_id, begins)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def forget(self, staff_id: int, place: str) -> None:
        async with self._database.write() as connection:
            await forget_draft(connection, staff_id, place)
