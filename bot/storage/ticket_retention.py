"""Tickets and sealed texts whose time is over (domain paper 4.6)."""

from __future__ import annotations

from sqlalchemy import and_, or_, select, update

from bot import limits
from bot.domain.calendar import WorkingCalendar
from bot.domain.deadlines import Term, TermUnit, due
from bot.domain.tickets import TicketKind
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.forgetting import anonymise
from bot.storage.ticket_changes import Views
from bot.storage.ticket_tables import sealed_texts, tickets

ERASED = ""
"""What is left of a sealed text: the row counts it."""


class SqlTicketRetention:
    def __init__(self, database: Database, clock: Clock, views: Views) -> None:
        self._database = database
        self._clock = clock
        self._views = views

    async def anonymise_old(self) -> int:
        """Closed tickets without a legal hold, after the time of their kind; how many."""
        now = self._clock.now()
        old = or_(
            tickets.c.closed_at < now - limits.TICKET_RETENTION,
            and_(
                tickets.c.kind == TicketKind.CALL_BACK.value,
                tickets.c.closed_at < now - limits.SHORT_TICKET_RETENTION,
            ),
        )
        query = (
            select(tickets.c.id)
            .where(old, tickets.c.anonymised_at.is_(None), ~tickets.c.legal_hold)
            .order_by(tickets.c.id)
            .limit(limits.CLOCK_BATCH)
            .with_for_update(skip_locked=True)
        )
        done = 0
        while True:
            async with self._database.write() as connection:
                ids = list((await connection.execute(query)).scalars())
                if not ids:
                    return done
                await anonymise(connection, ids, now)
            done += len(ids)

    async def erase_sealed(self) -> int:
        """Sealed texts that were handed over, some working days later; how many."""
        query = select(sealed_texts).where(sealed_texts.c.handed_over_at.is_not(None), sealed_texts.c.content != ERASED)
        term, now = Term(limits.SEALED_WORKING_DAYS, TermUnit.WORKING_DAYS), self._clock.now()
        async with self._database.write() as connection:
            over = []
            for row in await connection.execute(query):
                view = self._views(row.unit_id)
                calendar = WorkingCalendar.of(view) if view else None
                if calendar is None or due(calendar, term, row.handed_over_at) < now:
                    over.append(row.id)
            await connection.execute(update(sealed_texts).where(sealed_texts.c.id.in_(over)).values(content=ERASED))
        return len(over)
