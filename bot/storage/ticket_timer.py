"""What time does to tickets. Each step looks for a few rows, then changes each in its own transaction, where it is
looked at again: two clocks at once do nothing twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from bot import limits
from bot.domain import notices
from bot.domain.calendar import WorkingCalendar
from bot.domain.deadlines import Course, Term, due, moments
from bot.domain.errors import TicketNotFoundError
from bot.domain.messages import Reply
from bot.domain.notices import NoticeKind
from bot.domain.tickets import Ticket, TicketEvent, TicketResult, TicketState
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.filing import leader_of
from bot.storage.tables import channels, conversations
from bot.storage.ticket_changes import Change, Views, lock, send
from bot.storage.ticket_rows import ticket_of, ticket_query
from bot.storage.ticket_tables import OPEN, tickets
from bot.storage.tickets import reply_window

_RUNNING = and_(OPEN, tickets.c.state != TicketState.WAITING.value)


class SqlTicketTimer:
    """Every step returns the changes it made, for the wake-ups after their commits."""

    def __init__(self, database: Database, clock: Clock, views: Views) -> None:
        self._database = database
        self._clock = clock
        self._views = views

    async def warn(self) -> list[Change]:
        """Half and four fifths of the working time have passed, or nobody accepted it in time."""
        now = self._clock.now()
        made: list[Change] = []
        for share, moment, warned in (
            (80, tickets.c.soon_due_at, tickets.c.late_warned_at),
            (50, tickets.c.half_due_at, tickets.c.half_warned_at),
        ):
            async for change in self._each(and_(_RUNNING, moment <= now, warned.is_(None), tickets.c.due_at >= now)):
                # Whoever was not warned at the half is not warned of it after the four fifths.
                change.set(**{warned.name: now, "half_warned_at": now})
                await change.event(TicketEvent.WARNED, internal=True, share=share)
                made.append(change)
        unaccepted = and_(
            _RUNNING,
            tickets.c.state == TicketState.NEW.value,
            tickets.c.accept_due_at < now,
            tickets.c.accept_warned_at.is_(None),
        )
        async for change in self._each(unaccepted):
            change.set(accept_warned_at=now)
            await change.event(TicketEvent.WARNED, internal=True, stage="accept")
            made.append(change)
        return made

    async def escalate(self) -> list[Change]:
        """Late ones come before the leader, and the citizen is told, once."""
        now = self._clock.now()
        made: list[Change] = []
        async for change in self._each(and_(_RUNNING, tickets.c.due_at < now, tickets.c.escalated_at.is_(None))):
            change.note_lateness()
            change.set(escalated_at=now)
            words = notices.late(change.ticket.code, change.unit_name)
            await change.event(
                TicketEvent.ESCALATED,
                message_id=await change.tell(words, once="late", notice=NoticeKind.LATE),
                leader_id=await leader_of(change.connection, change.ticket),
            )
            made.append(change)
        return made

    async def close_answered(self) -> list[Change]:
        """Answered ones the citizen did not object to, after the time the unit's rules give."""
        now = self._clock.now()
        made: list[Change] = []
        answered = tickets.c.state == TicketState.ANSWERED.value
        async for change in self._each(answered, lambda ticket: self._may_close(ticket, now)):
            change.move(TicketState.CLOSED)
            change.set(result=change.ticket.result or TicketResult.SOLVED)
            await change.event(TicketEvent.CLOSED, internal=True, result=change.ticket.result, by_clock=True)
            made.append(change)
        return made

    def _may_close(self, ticket: Ticket, now: datetime) -> bool:
        view = self._views(ticket.unit_id)
        calendar = WorkingCalendar.of(view) if view else None
        term = Term.of(view.deadline(ticket.kind, "close", ticket.category)) if view else None
        if calendar is None or term is None or ticket.answered_at is None:
            return False
        return due(calendar, term, ticket.answered_at) < now

    async def recompute(self, unit_id: str) -> list[Change]:
        """Due moments of the unit's open tickets by the calendar of now."""
        view = self._views(unit_id)
        calendar = WorkingCalendar.of(view) if view else None

        def differs(ticket: Ticket) -> bool:
            now_due = moments(calendar, Course.from_json(ticket.course))
            return (now_due.accept, now_due.answer) != (ticket.accept_due_at, ticket.due_at)

        made: list[Change] = []
        async for change in self._each(and_(OPEN, tickets.c.unit_id == unit_id), differs):
            before = change.ticket.due_at
            change.follow_course(change.course)
            after = change.ticket.due_at
            await change.event(
                TicketEvent.DEADLINE,
                internal=True,
                before=before.isoformat() if before else None,
                due_at=after.isoformat() if after else None,
            )
            made.append(change)
        return made

    async def remind_drafts(self) -> list[tuple[str, int]]:
        """One polite reminder of a report half told, while the platform lets us write for free: (unit, conversation)
        of each."""
        now = self._clock.now()
        silent = and_(
            conversations.c.last_event_at < now - limits.DRAFT_REMINDER,
            conversations.c.last_event_at > now - limits.DRAFT_LIFETIME,
            conversations.c.state_expires_at > now,
            conversations.c.staff_id.is_(None),
            conversations.c.unreachable.is_(None),
        )
        query = (
            select(conversations, channels.c.unit_id, channels.c.platform)
            .join(channels, channels.c.id == conversations.c.channel_id)
            .where(silent, _has_draft())
            .limit(limits.CLOCK_BATCH)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        reminded = []
        for row in rows:
            left = reply_window(row.platform, row.last_inbound_at, row.created_at).free_left(now)
            view = self._views(row.unit_id)
            if (
                (left is None or left > limits.REMINDER_MARGIN)
                and view is not None
                and await self._remind(row, view.name)
            ):
                reminded.append((row.unit_id, row.id))
        return reminded

    async def _remind(self, row: Any, unit: str) -> bool:
        async with self._database.write() as connection:
            state = {**row.state, "draft": {**row.state["draft"], "reminded": True}}
            # Only if no turn was taken meanwhile: its state must not be overwritten.
            marked = await connection.execute(
                update(conversations)
                .where(
                    conversations.c.id == row.id,
                    conversations.c.state_version == row.state_version,
                    conversations.c.lease_until.is_(None) | (conversations.c.lease_until < self._clock.now()),
                )
                .values(state=state, state_version=row.state_version + 1, draft_reminded_at=self._clock.now())
            )
            if marked.rowcount != 1:
                return False
            await send(connection, row.id, Reply(notices.unfinished(unit)), self._clock.now())
        return True

    async def _each(
        self, condition: ColumnElement[bool], wanted: Callable[[Ticket], bool] = lambda _: True
    ) -> AsyncIterator[Change]:
        """Tickets that fit, one after the other, each within its own transaction and saved at its end."""
        last = 0
        while True:
            query = ticket_query().where(condition, tickets.c.id > last).order_by(tickets.c.id)
            async with self._database.read() as connection:
                found = [ticket_of(row) for row in await connection.execute(query.limit(limits.CLOCK_BATCH))]
            if not found:
                return
            last = found[-1].id
            for seen in filter(wanted, found):
                async with self._database.write() as connection:
                    again = select(tickets.c.id).where(tickets.c.id == seen.id, condition)
                    try:
                        ticket = await lock(connection, seen.id)
                    except TicketNotFoundError:
                        continue
                    if (await connection.execute(again)).first() is None or not wanted(ticket):
                        continue
                    change = Change(connection, ticket, self._views, self._clock.now())
                    yield change
                    await change.save()


def _has_draft() -> ColumnElement[bool]:
    """A draft in the state that was not reminded of yet."""
    draft = conversations.c.state["draft"]
    reminded = draft["reminded"].as_boolean()
    return and_(draft["started_at"].as_string().is_not(None), reminded.is_not(True))
