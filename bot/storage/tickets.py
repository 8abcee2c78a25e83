"""Reading tickets: the queue, one ticket's page, likely duplicates. Every query goes through `visible`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.errors import TicketNotFoundError
from bot.domain.staff import Permission, Role, Staff
from bot.domain.tickets import (
    Folder,
    QueueFilter,
    QueueLine,
    QueuePage,
    ReplyWindow,
    Ticket,
    TicketEvent,
    TicketFile,
    TicketPage,
    TicketState,
    TicketStep,
    Undelivered,
)
from bot.ports import Clock
from bot.storage.channels import insert_ignore
from bot.storage.database import Database
from bot.storage.outbox import SENT
from bot.storage.staff_tables import staff as staff_table
from bot.storage.staff_tables import staff_roles
from bot.storage.tables import channels, conversations, media, messages, outbox
from bot.storage.ticket_rows import matches, ticket_of, ticket_query, visible
from bot.storage.ticket_tables import OPEN, ticket_events, ticket_files, ticket_followers, ticket_viewers, tickets


def reply_window(platform: str, last_inbound_at: datetime | None, created_at: datetime) -> ReplyWindow:
    """By the citizen's last act on the platform; without one the window counts as closed since the beginning."""
    windows = limits.REPLY_WINDOWS.get(platform)
    if windows is None:
        return ReplyWindow(platform, None, None)
    since = last_inbound_at or created_at
    free, whole = windows if last_inbound_at is not None else (timedelta(), timedelta())
    return ReplyWindow(platform, since + free, since + whole)


def in_folder(folder: Folder, staff: Staff, now: datetime) -> ColumnElement[bool]:
    running = and_(OPEN, tickets.c.state != TicketState.WAITING.value)
    unaccepted = and_(tickets.c.state == TicketState.NEW.value, tickets.c.accept_due_at < now)
    not_over = or_(tickets.c.due_at.is_(None), tickets.c.due_at >= now)
    conditions: dict[Folder, ColumnElement[bool]] = {
        Folder.ALL: OPEN,
        Folder.MINE: and_(OPEN, tickets.c.assignee_id == staff.id),
        Folder.UNASSIGNED: and_(OPEN, tickets.c.assignee_id.is_(None)),
        Folder.DUE_SOON: and_(running, not_over, or_(tickets.c.soon_due_at <= now, unaccepted)),
        Folder.OVERDUE: and_(running, tickets.c.due_at < now),
        Folder.WAITING: and_(OPEN, tickets.c.state == TicketState.WAITING.value),
        Folder.DONE: ~OPEN,
    }
    return conditions[folder]


class SqlTickets:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def queue(
        self, staff: Staff, unit_id: str, chosen: QueueFilter, after: str | None = None, limit: int = limits.QUEUE_PAGE
    ) -> QueuePage:
        """One page of the unit's queue: by deadline, the most urgent first; what is done, newest first. `after`: the
        `next` of the page before (a broken one begins anew)."""
        now = self._clock.now()
        limit = min(limit, limits.QUEUE_PAGE_MAX)
        conditions = [tickets.c.unit_id == unit_id, visible(staff, unit_id), in_folder(chosen.folder, staff, now)]
        conditions += self._chosen(chosen)
        newest_first = chosen.folder is Folder.DONE
        start = _place(after)
        if newest_first:
            order: list[Any] = [tickets.c.id.desc()]
            conditions += [tickets.c.id < start[1]] if start else []
        else:
            order = [tickets.c.sort_at, tickets.c.id]
            conditions += [tuple_(tickets.c.sort_at, tickets.c.id) > tuple_(*start)] if start else []
        query = ticket_query().where(*conditions).order_by(*order).limit(limit + 1)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            found = [ticket_of(row, text_characters=limits.SUMMARY_CHARACTERS) for row in rows[:limit]]
            ids = [one.id for one in found]
            followers = await _counts(connection, ticket_followers.c.ticket_id, ids)
            files = await _counts(connection, ticket_files.c.ticket_id, ids)
        lines = tuple(QueueLine(one, one.urgency(now), followers.get(one.id, 0), files.get(one.id, 0)) for one in found)
        last = rows[limit - 1] if len(rows) > limit else None
        return QueuePage(lines, _name_of(last.sort_at, last.id) if last else None)

    def _chosen(self, chosen: QueueFilter) -> list[ColumnElement[bool]]:
        columns = {
            tickets.c.kind: chosen.kind,
            tickets.c.category: chosen.category,
            tickets.c.state: chosen.state,
            tickets.c.hamlet: chosen.hamlet,
            tickets.c.platform: chosen.platform,
            tickets.c.assignee_id: chosen.assignee_id,
        }
        conditions = [column == value for column, value in columns.items() if value is not None]
        found = matches(chosen.search, self._database.engine.dialect)
        return conditions if found is None else [*conditions, found]

    async def counts(self, staff: Staff, unit_id: str) -> dict[Folder, int]:
        """Tickets in every folder of the unit; what is done up to limits.COUNT_MAX, for it only grows."""
        now = self._clock.now()
        folders = [one for one in Folder if one is not Folder.DONE]
        seen = (tickets.c.unit_id == unit_id, visible(staff, unit_id))
        open_ones = select(*(func.sum(case((in_folder(one, staff, now), 1), else_=0)) for one in folders))
        some = select(tickets.c.id).where(*seen, ~OPEN).limit(limits.COUNT_MAX).subquery()
        done = select(func.count()).select_from(some)
        async with self._database.read() as connection:
            row = (await connection.execute(open_ones.where(*seen, OPEN))).one()
            counted: dict[Folder, int] = dict(zip(folders, (int(count or 0) for count in row), strict=True))
            counted[Folder.DONE] = int((await connection.execute(done)).scalar_one())
        return counted

    async def ticket(self, staff: Staff, ticket_id: int) -> Ticket:
        """Raises TicketNotFoundError."""
        async with self._database.read() as connection:
            row = (await connection.execute(ticket_query().where(tickets.c.id == ticket_id, visible(staff)))).first()
        if row is None:
            raise TicketNotFoundError
        return ticket_of(row)

    async def find(self, staff: Staff, code: str) -> Ticket | None:
        async with self._database.read() as connection:
            row = (await connection.execute(ticket_query().where(tickets.c.code == code, visible(staff)))).first()
        return ticket_of(row) if row else None

    async def phones(
        self, staff: Staff, unit_id: str, codes: Collection[str]
    ) -> dict[str, tuple[int | None, str | None]]:
        """Of those tickets the person may see, by code: the conversation of the citizen and the number they gave."""
        query = select(tickets.c.code, tickets.c.conversation_id, tickets.c.phone).where(
            tickets.c.code.in_(codes), visible(staff, unit_id)
        )
        async with self._database.read() as connection:
            return {row.code: (row.conversation_id, row.phone) for row in await connection.execute(query)}

    async def page(self, staff: Staff, ticket_id: int) -> TicketPage:
        """Everything of one ticket. Raises TicketNotFoundError."""
        now = self._clock.now()
        taken_by = staff_table.alias()
        query = (
            ticket_query(
                conversations.c.last_inbound_at,
                conversations.c.unreachable,
                conversations.c.created_at.label("conversation_since"),
                taken_by.c.name.label("taken_over_by"),
            )
            .outerjoin(conversations, conversations.c.id == tickets.c.conversation_id)
            .outerjoin(taken_by, taken_by.c.id == conversations.c.staff_id)
            .where(tickets.c.id == ticket_id, visible(staff))
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
            if row is None:
                raise TicketNotFoundError
            ticket = ticket_of(row)
            followers = await _counts(connection, ticket_followers.c.ticket_id, [ticket_id])
            window = (
                reply_window(ticket.platform, row.last_inbound_at, row.conversation_since)
                if ticket.conversation_id is not None
                else None
            )
            return TicketPage(
                ticket=ticket,
                urgency=ticket.urgency(now),
                steps=await _steps(connection, ticket_id),
                files=await _files(connection, ticket_id),
                followers=followers.get(ticket_id, 0),
                duplicate_of=await _code(connection, ticket.duplicate_of_id),
                duplicates=await _duplicates(connection, ticket_id),
                window=window,
                unreachable=row.unreachable,
                undelivered=await _undelivered(connection, ticket),
                present=await _present(connection, ticket_id, staff.id, now - limits.PRESENCE),
                taken_over_by=row.taken_over_by,
            )

    async def assignees(self, staff: Staff, unit_id: str, *, restricted: bool = False) -> list[tuple[int, str, str]]:
        """(id, name, title) of the unit's staff a ticket may be given to."""
        if not staff.may(Permission.TICKETS_READ, unit_id):
            return []
        roles = [Role.LEADER, Role.APPOINTED_OFFICER] if restricted else [Role.LEADER, Role.OPERATOR, Role.HANDLER]
        query = (
            select(staff_table.c.id, staff_table.c.name, staff_table.c.title)
            .join(staff_roles, staff_roles.c.staff_id == staff_table.c.id)
            .where(staff_roles.c.unit_id == unit_id, staff_roles.c.role.in_([one.value for one in roles]))
            .where(staff_table.c.active)
            .distinct()
            .order_by(staff_table.c.name, staff_table.c.id)
        )
        async with self._database.read() as connection:
            return [(row.id, row.name, row.title) for row in await connection.execute(query)]

    async def choices(self, staff: Staff, unit_id: str) -> dict[str, list[str]]:
        """The values the filters may take: categories, hamlets and platforms of the tickets the person sees."""
        found: dict[str, list[str]] = {}
        async with self._database.read() as connection:
            for name in ("category", "hamlet", "platform"):
                column = tickets.c[name]
                query = select(column).where(tickets.c.unit_id == unit_id, visible(staff, unit_id), OPEN)
                rows = await connection.execute(query.where(column.is_not(None)).distinct().order_by(column))
                found[name] = list(rows.scalars())
        return found

    async def look(self, staff: Staff, ticket_id: int) -> tuple[str, ...]:
        """Notes that the person has the ticket before them; the names of the others who do."""
        now = self._clock.now()
        await self.ticket(staff, ticket_id)
        async with self._database.write() as connection:
            await self._leave(connection, ticket_id, staff.id)
            await connection.execute(
                insert_ignore(connection, ticket_viewers).values(ticket_id=ticket_id, staff_id=staff.id, seen_at=now)
            )
            return await _present(connection, ticket_id, staff.id, now - limits.PRESENCE)

    async def leave(self, staff: Staff, ticket_id: int) -> None:
        async with self._database.write() as connection:
            await self._leave(connection, ticket_id, staff.id)

    async def _leave(self, connection: AsyncConnection, ticket_id: int, staff_id: int) -> None:
        stale = ticket_viewers.c.seen_at < self._clock.now() - limits.PRESENCE
        own = ticket_viewers.c.staff_id == staff_id
        await connection.execute(delete(ticket_viewers).where(ticket_viewers.c.ticket_id == ticket_id, or_(own, stale)))


async def _counts(connection: AsyncConnection, column: Any, ids: Sequence[int]) -> dict[int, int]:
    if not ids:
        return {}
    rows = await connection.execute(select(column, func.count()).where(column.in_(ids)).group_by(column))
    return {row[0]: int(row[1]) for row in rows}


async def _steps(connection: AsyncConnection, ticket_id: int) -> tuple[TicketStep, ...]:
    query = (
        select(
            ticket_events, staff_table.c.name.label("who"), outbox.c.outcome, outbox.c.reason, outbox.c.id.label("o")
        )
        .outerjoin(staff_table, staff_table.c.id == ticket_events.c.staff_id)
        .outerjoin(outbox, outbox.c.message_id == ticket_events.c.message_id)
        .where(ticket_events.c.ticket_id == ticket_id)
        .order_by(ticket_events.c.id)
    )
    return tuple(
        TicketStep(
            id=row.id,
            at=row.at,
            kind=TicketEvent(row.kind),
            who=row.who or "",
            by_citizen=row.by_citizen,
            internal=row.internal,
            text=row.text,
            details=row.details,
            sending=None if row.o is None else row.outcome or "waiting",
            sending_reason=row.reason,
        )
        for row in await connection.execute(query)
    )


async def _files(connection: AsyncConnection, ticket_id: int) -> tuple[TicketFile, ...]:
    of_media = (
        media.c.name.label("their_name"),
        media.c.content_type.label("their_type"),
        media.c.size.label("their_size"),
        media.c.file_key.label("their_key"),
        media.c.state,
    )
    query = (
        select(ticket_files, *of_media)
        .outerjoin(media, media.c.id == ticket_files.c.media_id)
        .where(ticket_files.c.ticket_id == ticket_id)
        .order_by(ticket_files.c.id)
    )
    return tuple(
        TicketFile(
            id=row.id,
            name=row.name or row.their_name,
            content_type=row.content_type or row.their_type,
            size=row.size or row.their_size,
            file_key=row.file_key or row.their_key,
            media_id=row.media_id,
            state=row.state or "kept",
            by_staff=row.staff_id is not None,
        )
        for row in await connection.execute(query)
    )


async def _code(connection: AsyncConnection, ticket_id: int | None) -> str | None:
    if ticket_id is None:
        return None
    return (await connection.execute(select(tickets.c.code).where(tickets.c.id == ticket_id))).scalar()


async def _duplicates(connection: AsyncConnection, ticket_id: int) -> tuple[str, ...]:
    joined = select(tickets.c.code).where(tickets.c.duplicate_of_id == ticket_id).order_by(tickets.c.id)
    return tuple((await connection.execute(joined)).scalars())


async def _undelivered(connection: AsyncConnection, ticket: Ticket) -> tuple[Undelivered, ...]:
    query = (
        select(outbox.c.id, channels.c.platform, outbox.c.outcome, outbox.c.reason, outbox.c.created_at)
        .join(messages, messages.c.id == outbox.c.message_id)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .join(channels, channels.c.id == conversations.c.channel_id)
        .join(ticket_events, ticket_events.c.message_id == messages.c.id)
        .where(ticket_events.c.ticket_id == ticket.id, outbox.c.outcome.is_not(None), outbox.c.outcome != SENT)
        .order_by(outbox.c.id)
    )
    return tuple(Undelivered(*row) for row in await connection.execute(query))


async def _present(connection: AsyncConnection, ticket_id: int, staff_id: int, since: datetime) -> tuple[str, ...]:
    query = (
        select(staff_table.c.name)
        .join(ticket_viewers, ticket_viewers.c.staff_id == staff_table.c.id)
        .where(ticket_viewers.c.ticket_id == ticket_id, ticket_viewers.c.staff_id != staff_id)
        .where(ticket_viewers.c.seen_at >= since)
        .order_by(staff_table.c.name)
    )
    return tuple((await connection.execute(query)).scalars())


def _name_of(sort_at: datetime, ticket_id: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort_at.isoformat(), ticket_id]).encode()).decode()


def _place(name: str | None) -> tuple[datetime, int] | None:
    try:
        at, ticket_id = json.loads(base64.urlsafe_b64decode(name or ""))
        return datetime.fromisoformat(at), int(ticket_id)
    except (ValueError, TypeError, binascii.Error):
        return None
