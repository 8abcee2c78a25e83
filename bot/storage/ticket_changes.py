"""One change to one ticket within a transaction: its columns, its timeline, its clock, and what the citizen is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import notices
from bot.domain.calendar import WorkingCalendar
from bot.domain.deadlines import Course, DueMoments, moments
from bot.domain.errors import TicketNotFoundError
from bot.domain.messages import Button, File, Reply
from bot.domain.notices import NoticeKind
from bot.domain.staff import Staff
from bot.domain.tickets import Ticket, TicketEvent, TicketState
from bot.domain.views import UnitView
from bot.storage.audit import Entry
from bot.storage.staff_tables import staff as staff_table
from bot.storage.tables import conversations, messages, outbox
from bot.storage.ticket_rows import NEVER, ticket_of, ticket_query
from bot.storage.ticket_tables import ticket_events, ticket_followers, tickets

Views = Callable[[str], UnitView | None]
"""What a unit has published, by its id."""


def due_columns(view: UnitView | None, course: Course) -> dict[str, Any]:
    """The columns of a ticket that follow from its course."""
    calendar = WorkingCalendar.of(view) if view else None
    due: DueMoments = moments(calendar, course)
    return {
        "course": course.to_json(),
        "accept_due_at": due.accept,
        "due_at": due.answer,
        "half_due_at": due.half,
        "soon_due_at": due.soon,
        "sort_at": due.answer or NEVER,
    }


async def send(
    connection: AsyncConnection,
    conversation_id: int,
    reply: Reply,
    now: datetime,
    *,
    author: Staff | None = None,
    by_staff: bool = False,
    restricted: bool = False,
    meta: dict[str, Any] | None = None,
) -> int:
    """A message to the citizen and its outbox row; the message's id. `author`: who typed it. `by_staff`: a person
    caused it, so the longer window of people counts; the clock must not use that."""
    next_seq = (
        await connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(next_seq=conversations.c.next_seq + 1)
            .returning(conversations.c.next_seq)
        )
    ).scalar_one()
    message_id: int = (
        await connection.execute(
            insert(messages)
            .values(
                conversation_id=conversation_id,
                seq=next_seq - 1,
                direction="out",
                content=reply.to_json(),
                meta={"staff": True, **(meta or {})} if author else meta or {},
                staff_id=author.id if author else None,
                restricted=restricted,
                created_at=now,
            )
            .returning(messages.c.id)
        )
    ).scalar_one()
    await connection.execute(
        insert(outbox).values(
            conversation_id=conversation_id,
            message_id=message_id,
            by_staff=by_staff,
            next_attempt_at=now,
            created_at=now,
        )
    )
    return message_id


async def lock(connection: AsyncConnection, ticket_id: int, *, speaks: bool = True) -> Ticket:
    """The ticket, locked. `speaks`: after the conversations it speaks to, in the order every writer takes them; a turn
    of a citizen holds its own already and must take no other. Raises TicketNotFoundError."""
    if speaks:
        followers = select(ticket_followers.c.conversation_id).where(ticket_followers.c.ticket_id == ticket_id)
        audience = select(tickets.c.conversation_id).where(tickets.c.id == ticket_id).union(followers)
        await connection.execute(
            select(conversations.c.id)
            .where(conversations.c.id.in_(audience))
            .order_by(conversations.c.id)
            .with_for_update(key_share=True)
        )
    locked = ticket_query().where(tickets.c.id == ticket_id).with_for_update(of=tickets)
    row = (await connection.execute(locked)).first()
    if row is None:
        raise TicketNotFoundError
    return ticket_of(row)


async def hide(connection: AsyncConnection, conversation_id: int | None, since: datetime) -> None:
    """What was said since belongs to a restricted ticket: others who read the conversation do not see it."""
    await connection.execute(
        update(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.created_at >= since)
        .values(restricted=True)
    )


class Change:
    """Collects what changes and writes it with `save`. `by`: None for the citizen and the clock."""

    def __init__(
        self, connection: AsyncConnection, ticket: Ticket, views: Views, now: datetime, by: Staff | None = None
    ) -> None:
        self.connection = connection
        self.ticket = ticket
        self.now = now
        self.by = by
        self._views = views
        self._values: dict[str, Any] = {}
        self.spoken_to: list[int] = []
        """Conversations that were written to."""
        self.entries: list[Entry] = []
        """For the audit trail, at the end of the transaction."""

    @property
    def view(self) -> UnitView | None:
        return self._views(self.ticket.unit_id)

    @property
    def unit_name(self) -> str:
        return self.view.name if self.view else self.ticket.unit_id

    @property
    def course(self) -> Course:
        return Course.from_json(self.ticket.course)

    def set(self, **values: Any) -> None:
        """Columns, by name; what is read of `ticket` afterwards is the new value."""
        self._values |= values
        shown = {name: value for name, value in values.items() if name in Ticket.__slots__}
        self.ticket = replace(self.ticket, **shown)

    def follow_course(self, course: Course) -> None:
        """Another course: the due moments are computed anew, and warnings of those still ahead are given again."""
        self.set(**due_columns(self.view, course))
        for due, warned in (("half_due_at", "half_warned_at"), ("soon_due_at", "late_warned_at")):
            moment = self._values[due]
            if moment is not None and moment > self.now:
                self._values[warned] = None
        if self.ticket.due_at is not None and self.ticket.due_at > self.now:
            self.set(escalated_at=None)

    def resume(self) -> None:
        """The citizen has answered, or is no longer waited for: the remaining time runs on."""
        if self.ticket.paused_at is not None:
            self.set(paused_at=None)
            self.follow_course(self.course.resumed(self.now))

    def note_lateness(self) -> None:
        """Keeps the due moment that was missed, once."""
        late = self.ticket.due_at is not None and self.ticket.due_at < self.now and self.ticket.paused_at is None
        if late and self.ticket.late_at is None:
            self.set(late_at=self.ticket.due_at)

    async def event(
        self,
        kind: TicketEvent,
        text: str = "",
        *,
        internal: bool = False,
        by_citizen: bool = False,
        message_id: int | None = None,
        **details: Any,
    ) -> int:
        """One line of the timeline; its id."""
        return int(
            (
                await self.connection.execute(
                    insert(ticket_events)
                    .values(
                        ticket_id=self.ticket.id,
                        at=self.now,
                        kind=kind.value,
                        staff_id=self.by.id if self.by else None,
                        by_citizen=by_citizen,
                        internal=internal,
                        text=text,
                        details={name: value for name, value in details.items() if value is not None},
                        message_id=message_id,
                    )
                    .returning(ticket_events.c.id)
                )
            ).scalar_one()
        )

    async def tell(
        self,
        text: str,
        *,
        once: str | None = None,
        signed: bool = False,
        buttons: Iterable[Button] = (),
        files: Iterable[File] = (),
        notice: NoticeKind | None = None,
    ) -> int | None:
        """Writes to the citizen and the followers; the id of the message to the citizen, None without one. `once`:
        what it is about, told a single time. `signed`: a person's own words."""
        if once is not None:
            if once in self.ticket.told:
                return None
            self.set(told=(*self.ticket.told, once))
        if signed and self.by is not None:
            text = notices.signed(text, self.unit_name, self.by.title)
        phone = self.view.counter_phone if self.view else None
        about = notices.notice(notice, self.ticket.code, self.unit_name, phone) if notice else None
        first: int | None = None
        for conversation_id in await self._audience():
            message_id = await send(
                self.connection,
                conversation_id,
                Reply(text, tuple(buttons), files=tuple(files), elsewhere=self._elsewhere(), notice=about),
                self.now,
                author=self.by if signed else None,
                by_staff=self.by is not None,
                restricted=self.ticket.restricted,
                meta={"ticket": self.ticket.code},
            )
            self.spoken_to.append(conversation_id)
            if conversation_id == self.ticket.conversation_id:
                first = message_id
        return first

    def _elsewhere(self) -> str:
        place = self.view.receiving_place if self.view else None
        where = ", ".join(filter(None, (place.name, place.address))) if place else self.unit_name
        return notices.files_elsewhere(self.ticket.code, where, place.phone if place else None)

    async def _audience(self) -> list[int]:
        followers = select(ticket_followers.c.conversation_id).where(ticket_followers.c.ticket_id == self.ticket.id)
        found = set((await self.connection.execute(followers)).scalars())
        if self.ticket.conversation_id is not None:
            found.add(self.ticket.conversation_id)
        return sorted(found)

    async def save(self) -> Ticket:
        """Writes the columns and raises the version; the ticket as it is now."""
        values = {name: _plain(value) for name, value in self._values.items()}
        self.ticket = replace(self.ticket, version=self.ticket.version + 1, updated_at=self.now)
        await self.connection.execute(
            update(tickets)
            .where(tickets.c.id == self.ticket.id)
            .values(**values, version=self.ticket.version, updated_at=self.now)
        )
        if "assignee_id" in values:
            name = select(staff_table.c.name).where(staff_table.c.id == self.ticket.assignee_id)
            found = (await self.connection.execute(name)).scalar()
            self.ticket = replace(self.ticket, assignee=found or "")
        return self.ticket

    def audit(self, action: str, **details: Any) -> None:
        """Leaves a line in the audit trail, if the change is saved; never with a citizen's words."""
        by = self.by.id if self.by else None
        self.entries.append(Entry(self.now, action, f"ticket:{self.ticket.code}", by, self.ticket.unit_id, details))

    def move(self, state: TicketState) -> None:
        """To another state, with the moments that belong to it."""
        if state is not TicketState.WAITING:
            self.resume()
        if state is TicketState.ANSWERED:
            self.note_lateness()
            self.set(answered_at=self.ticket.answered_at or self.now)
        elif state is TicketState.CLOSED:
            self.note_lateness()
            self.set(closed_at=self.now)
        elif self.ticket.state in (TicketState.ANSWERED, TicketState.CLOSED):
            self.set(answered_at=None, closed_at=None, result=None)
        if state is TicketState.WAITING and self.ticket.paused_at is None:
            self.note_lateness()
            self.set(paused_at=self.now)
            self.follow_course(self.course.paused(self.now))
        self.set(state=state)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
