"""How a person of staff changes a ticket: seen, permitted, of the version they saw, then told to whoever waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain import topics
from bot.domain.errors import InvalidMoveError, NotAllowedError, TicketNotFoundError, VersionConflictError
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import Refusal, Ticket, TicketState
from bot.ports import Clock, Signals
from bot.storage.audit import append
from bot.storage.database import Database
from bot.storage.staff_tables import staff as staff_table
from bot.storage.ticket_changes import Change, Views, lock
from bot.storage.ticket_rows import visible
from bot.storage.ticket_tables import ticket_events, tickets

RUNNING = frozenset({TicketState.NEW, TicketState.RECEIVED, TicketState.IN_PROGRESS, TicketState.WAITING})
DONE = frozenset({TicketState.ANSWERED, TicketState.CLOSED})


class TicketWork:
    """`signals`: wakes the sender, open chats and consoles after the commit."""

    def __init__(self, database: Database, clock: Clock, signals: Signals, views: Views) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals
        self._views = views

    @asynccontextmanager
    async def change(
        self, staff: Staff, ticket_id: int, version: int, permission: Permission = Permission.TICKETS_WORK
    ) -> AsyncIterator[Change]:
        """A change that is saved at the end, with its lines of the audit trail. Raises TicketNotFoundError,
        NotAllowedError, VersionConflictError; and InvalidMoveError from the body. On any of them nothing is written."""
        async with self._database.write() as connection:
            ticket = await self._seen(connection, staff, ticket_id)
            if not staff.may(permission, ticket.unit_id):
                raise NotAllowedError
            if ticket.version != version:
                raise await self._conflict(connection, ticket)
            change = Change(connection, ticket, self._views, self._clock.now(), staff)
            yield change
            await change.save()
            for entry in change.entries:
                await append(connection, entry)
        await self.announce(change, ticket.unit_id)

    async def announce(self, change: Change, *units: str) -> None:
        """Wakes whoever shows or sends something of it."""
        for unit_id in {change.ticket.unit_id, *units}:
            await self._signals.notify(topics.console(unit_id))
        if change.spoken_to:
            await self._signals.notify(topics.OUTBOX)
        for conversation_id in change.spoken_to:
            await self._signals.notify(topics.chat(conversation_id))

    async def _seen(self, connection: AsyncConnection, staff: Staff, ticket_id: int) -> Ticket:
        ticket = await lock(connection, ticket_id)
        seen = select(tickets.c.id).where(tickets.c.id == ticket_id, visible(staff))
        if (await connection.execute(seen)).first() is None:
            raise TicketNotFoundError
        return ticket

    async def _conflict(self, connection: AsyncConnection, ticket: Ticket) -> VersionConflictError:
        last = (
            select(staff_table.c.name)
            .select_from(ticket_events)
            .outerjoin(staff_table, staff_table.c.id == ticket_events.c.staff_id)
            .where(ticket_events.c.ticket_id == ticket.id)
            .order_by(ticket_events.c.id.desc())
            .limit(1)
        )
        who = (await connection.execute(last)).scalar()
        return VersionConflictError(who or "", ticket.updated_at, ticket.version)


def require_state(ticket: Ticket, allowed: Collection[TicketState]) -> None:
    """Raises InvalidMoveError."""
    if ticket.state not in allowed:
        raise InvalidMoveError(Refusal.STATE)


def required(text: str, missing: Refusal = Refusal.TEXT_MISSING) -> str:
    """The words, trimmed and cut to what is kept. Raises InvalidMoveError when there are none."""
    text = text.strip()[: limits.REPLY_CHARACTERS]
    if not text:
        raise InvalidMoveError(missing)
    return text
