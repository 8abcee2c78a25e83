"""Rows for the figures of bot.domain.reports. What concerns a denunciation is not even read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.errors import NotAllowedError
from bot.domain.periods import Period
from bot.domain.reports import COUNTED, GENERAL, Counted, Report, Talk, report
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import TicketEvent, TicketKind, TicketResult, TicketState
from bot.domain.views import LOCAL_ZONE
from bot.ports import Clock
from bot.storage.channels import insert_ignore
from bot.storage.database import Database
from bot.storage.tables import channels, conversations, messages
from bot.storage.ticket_tables import OPEN, talk_days, ticket_events, tickets

_GENERAL = tickets.c.kind.in_(sorted(GENERAL))


class SqlTicketReports:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def report(self, staff: Staff, unit_ids: Sequence[str], period: Period) -> Report:
        """Of the units together. Raises NotAllowedError when the person may not read the reports of one."""
        if not unit_ids or not all(staff.may(Permission.REPORTS, unit_id) for unit_id in unit_ids):
            raise NotAllowedError
        within = and_(tickets.c.received_at >= period.start, tickets.c.received_at < period.end)
        async with self._database.read() as connection:
            received = await self._received(connection, and_(tickets.c.unit_id.in_(unit_ids), within))
            still_open = select(func.count()).select_from(tickets)
            open_now = await connection.execute(still_open.where(tickets.c.unit_id.in_(unit_ids), OPEN, _GENERAL))
            transferred = await self._events(connection, TicketEvent.TRANSFERRED, unit_ids, period)
            apologies = await self._events(connection, TicketEvent.APOLOGY, unit_ids, period)
            talk = await self._talk(connection, unit_ids, period)
            waiting = int(open_now.scalar_one())
        now = self._clock.now()
        # A year of a town is a second of counting: not in the loop.
        return await asyncio.to_thread(
            report,
            period,
            unit_ids,
            received,
            open_now=waiting,
            transferred=transferred,
            apologies=apologies,
            talk=talk,
            now=now,
        )

    async def _received(self, connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Counted]:
        columns = [tickets.c[name] for name in Counted.__slots__]
        query = select(*columns).where(condition, tickets.c.kind.in_(sorted(COUNTED)))
        return [
            Counted(
                unit_id=row.unit_id,
                kind=TicketKind(row.kind),
                state=TicketState(row.state),
                platform=row.platform,
                received_at=row.received_at,
                hamlet=row.hamlet,
                category=row.category,
                due_at=row.due_at,
                late_at=row.late_at,
                first_answer_at=row.first_answer_at,
                answered_at=row.answered_at,
                closed_at=row.closed_at,
                paused_at=row.paused_at,
                result=TicketResult(row.result) if row.result else None,
                rating=row.rating,
                reopened=row.reopened,
            )
            for row in await connection.execute(query)
        ]

    async def _events(
        self, connection: AsyncConnection, kind: TicketEvent, unit_ids: Sequence[str], period: Period
    ) -> int:
        """Of the general kinds; a transfer counts for the unit that had the ticket before."""
        before = ticket_events.c.details["before"].as_string()
        unit = before if kind is TicketEvent.TRANSFERRED else tickets.c.unit_id
        query = (
            select(func.count())
            .select_from(ticket_events)
            .join(tickets, tickets.c.id == ticket_events.c.ticket_id)
            .where(ticket_events.c.kind == kind.value, unit.in_(unit_ids), _GENERAL)
            .where(ticket_events.c.at >= period.start, ticket_events.c.at < period.end)
        )
        return int((await connection.execute(query)).scalar_one())

    async def keep_days(self) -> int:
        """Counts the conversations of past days that were not counted yet, before they are forgotten; how many days."""
        today = self._clock.now().astimezone(LOCAL_ZONE).date()
        oldest = today - limits.CONVERSATION_RETENTION
        days = [oldest + timedelta(days=number) for number in range((today - oldest).days)]
        known = select(talk_days.c.day).distinct().where(talk_days.c.day >= oldest)
        async with self._database.read() as connection:
            counted = set((await connection.execute(known)).scalars())
        missing = [day for day in days if day not in counted]
        for day in missing:
            async with self._database.write() as connection:
                rows = await _talk_of(connection, day)
                # A day without a word is counted too, so that it is not looked at again.
                for row in rows or [
                    {"unit_id": "", "platform": "", "conversations": 0, "with_staff": 0, "messages": 0}
                ]:
                    await connection.execute(insert_ignore(connection, talk_days).values(day=day, **row))
        return len(missing)

    async def _talk(self, connection: AsyncConnection, unit_ids: Sequence[str], period: Period) -> Talk:
        """Days that were counted, and those since, of which the conversations are still there."""
        counts = [func.coalesce(func.sum(talk_days.c[name]), 0) for name in ("conversations", "with_staff", "messages")]
        within = talk_days.c.day.between(period.first, period.last)
        row = (await connection.execute(select(*counts).where(within, talk_days.c.unit_id.in_(unit_ids)))).one()
        total = [int(count) for count in row]
        today = self._clock.now().astimezone(LOCAL_ZONE).date()
        last_counted = (await connection.execute(select(func.max(talk_days.c.day)))).scalar()
        oldest = today - limits.CONVERSATION_RETENTION
        day = max(period.first, oldest if last_counted is None else last_counted + timedelta(days=1))
        while day <= min(period.last, today):
            for one in await _talk_of(connection, day):
                if one["unit_id"] in unit_ids:
                    total = [total[0] + one["conversations"], total[1] + one["with_staff"], total[2] + one["messages"]]
            day += timedelta(days=1)
        return Talk(*total)


async def _talk_of(connection: AsyncConnection, day: date) -> list[dict[str, Any]]:
    """Counts of one day, local time, by unit and platform: conversations in which the citizen wrote, in how many of
    them staff did, and the citizens' messages."""
    period = Period(day, day, "")
    by_staff = or_(messages.c.staff_id.is_not(None), messages.c.meta["staff"].as_boolean().is_(True))
    wrote = func.sum(case((messages.c.direction == "in", 1), else_=0))
    each = (
        select(
            channels.c.unit_id,
            channels.c.platform,
            wrote.label("wrote"),
            func.max(case((and_(messages.c.direction == "out", by_staff), 1), else_=0)).label("with_staff"),
        )
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .join(channels, channels.c.id == conversations.c.channel_id)
        .where(messages.c.created_at >= period.start, messages.c.created_at < period.end)
        .group_by(messages.c.conversation_id, channels.c.unit_id, channels.c.platform)
        .having(wrote > 0)
        .subquery()
    )
    query = select(
        each.c.unit_id,
        each.c.platform,
        func.count().label("conversations"),
        func.sum(each.c.with_staff).label("with_staff"),
        func.sum(each.c.wrote).label("messages"),
    ).group_by(each.c.unit_id, each.c.platform)
    rows = (await connection.execute(query)).mappings()
    return [{name: value if isinstance(value, str) else int(value) for name, value in row.items()} for row in rows]
