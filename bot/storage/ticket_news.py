"""What came to a unit's queue since somebody looked at it, and the few counts that every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from bot.domain.staff import Staff
from bot.domain.tickets import Folder
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import channels, conversations
from bot.storage.ticket_rows import visible
from bot.storage.ticket_tables import OPEN, tickets
from bot.storage.tickets import in_folder


@dataclass(frozen=True, slots=True)
class News:
    new: int
    changed: int


class SqlTicketNews:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def since(self, staff: Staff, unit_id: str, moment: datetime) -> News:
        """Open tickets the person sees that were filed, or changed, after the moment."""
        is_new = case((tickets.c.created_at > moment, 1), else_=0)
        query = select(func.count(), func.sum(is_new)).where(
            tickets.c.unit_id == unit_id, visible(staff, unit_id), OPEN, tickets.c.updated_at > moment
        )
        async with self._database.read() as connection:
            touched, new = (await connection.execute(query)).one()
        return News(int(new or 0), int(touched) - int(new or 0))

    async def count(self, staff: Staff, unit_id: str, folder: Folder) -> int:
        """Tickets in one folder of the unit."""
        condition = in_folder(folder, staff, self._clock.now())
        seen = (tickets.c.unit_id == unit_id, visible(staff, unit_id))
        query = select(func.count()).select_from(tickets).where(*seen, OPEN, condition)
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def people_waiting(self, unit_id: str) -> int:
        """Citizens of the unit who asked for a person and have none yet."""
        query = (
            select(func.count())
            .select_from(conversations.join(channels, channels.c.id == conversations.c.channel_id))
            .where(channels.c.unit_id == unit_id, conversations.c.person_asked_at.is_not(None))
            .where(conversations.c.staff_id.is_(None))
        )
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())
