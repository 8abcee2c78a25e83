"""What staff do with a ticket. Every action takes the version the person saw, writes the timeline, tells the citizen
in the same transaction, and returns the ticket as it is then. Errors: TicketNotFoundError, NotAllowedError,
VersionConflictError, InvalidMoveError (with a bot.domain.tickets.Refusal)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import insert

from bot.domain import notices
from bot.domain.deadlines import Course, Term
from bot.domain.errors import InvalidMoveError, TicketNotFoundError
from bot.domain.messages import Button, File
from bot.domain.notices import NoticeKind
from bot.domain.staff import Staff
from bot.domain.texts import APOLOGY_LETTER
from bot.domain.tickets import Refusal, Ticket, TicketEvent, TicketResult, TicketState
from bot.domain.views import LOCAL_ZONE
from bot.storage.ticket_changes import Change
from bot.storage.ticket_routing import TicketRouting
from bot.storage.ticket_rows import ticket_of, ticket_query, visible
from bot.storage.ticket_tables import ticket_files, tickets
from bot.storage.ticket_work import DONE, RUNNING, require_state, required

_NEEDS_ANSWER = frozenset({TicketResult.SOLVED, TicketResult.EXPLAINED, TicketResult.NOT_COMPETENT})


class TicketActions(TicketRouting):
    # What is said

    async def note(self, staff: Staff, ticket_id: int, version: int, text: str, files: Sequence[File] = ()) -> Ticket:
        """For staff only."""
        async with self.change(staff, ticket_id, version) as change:
            await self._attach(change, files)
            await change.event(TicketEvent.NOTE, required(text), internal=True)
        return change.ticket

    async def record_call(self, staff: Staff, ticket_id: int, version: int, reached: bool, text: str) -> Ticket:
        """What became of a telephone call; one that reached the citizen is a first answer."""
        async with self.change(staff, ticket_id, version) as change:
            if reached and change.ticket.first_answer_at is None:
                change.set(first_answer_at=change.now)
            await change.event(TicketEvent.NOTE, required(text), internal=True, call="reached" if reached else "missed")
        return change.ticket

    async def reply(
        self,
        staff: Staff,
        ticket_id: int,
        version: int,
        text: str,
        files: Sequence[File] = (),
        *,
        final: bool = True,
    ) -> Ticket:
        """To the citizen and the followers, signed with unit and title. `final`: it answers the ticket."""
        text = required(text)
        async with self.change(staff, ticket_id, version) as change:
            require_state(change.ticket, RUNNING | {TicketState.ANSWERED})
            await self._attach(change, files)
            await self._reply(change, text, notices.below_answer(change.ticket.code) if final else (), files)
            if final:
                change.move(TicketState.ANSWERED)
                await change.event(TicketEvent.ANSWERED)
            elif change.ticket.state in (TicketState.NEW, TicketState.RECEIVED):
                change.move(TicketState.IN_PROGRESS)
        return change.ticket

    async def _reply(
        self, change: Change, text: str, buttons: Sequence[Button] = (), files: Sequence[File] = ()
    ) -> None:
        words = notices.answered(change.ticket.code, text)
        message_id = await change.tell(words, signed=True, buttons=buttons, files=files, notice=NoticeKind.ANSWERED)
        if change.ticket.first_answer_at is None:
            change.set(first_answer_at=change.now)
        await change.event(TicketEvent.REPLY, text, message_id=message_id)

    async def ask(self, staff: Staff, ticket_id: int, version: int, question: str) -> Ticket:
        """A question to the citizen; the clock waits for the answer."""
        question = required(question)
        async with self.change(staff, ticket_id, version) as change:
            require_state(change.ticket, RUNNING)
            if change.ticket.conversation_id is None:
                raise InvalidMoveError(Refusal.STATE)
            code = change.ticket.code
            message_id = await change.tell(
                notices.asked(code, question),
                signed=True,
                buttons=notices.below_question(code),
                notice=NoticeKind.ASKED,
            )
            change.move(TicketState.WAITING)
            await change.event(TicketEvent.QUESTION, question, message_id=message_id)
        return change.ticket

    async def resume(self, staff: Staff, ticket_id: int, version: int) -> Ticket:
        """The citizen is no longer waited for."""
        async with self.change(staff, ticket_id, version) as change:
            require_state(change.ticket, {TicketState.WAITING})
            change.move(TicketState.IN_PROGRESS)
            await change.event(TicketEvent.DEADLINE, internal=True, due_at=_iso(change.ticket))
        return change.ticket

    async def _attach(self, change: Change, files: Sequence[File]) -> None:
        """Files that lie in the media store; the caller has checked what they are."""
        for file in files:
            await change.connection.execute(
                insert(ticket_files).values(
                    ticket_id=change.ticket.id,
                    staff_id=change.by.id if change.by else None,
                    name=file.name[:200],
                    content_type=file.content_type[:100],
                    size=file.size,
                    file_key=file.key,
                    created_at=change.now,
                )
            )
            await change.event(TicketEvent.FILE, internal=True, name=file.name[:200])

    # How it ends

    async def close(
        self, staff: Staff, ticket_id: int, version: int, result: TicketResult, reason: str, answer: str = ""
    ) -> Ticket:
        """`reason` is for the file; `answer`, where given, goes to the citizen first. Solved, explained or not
        competent cannot be told to nobody: without an earlier answer one must be given."""
        reason = required(reason, Refusal.REASON_MISSING)
        async with self.change(staff, ticket_id, version) as change:
            require_state(change.ticket, RUNNING | {TicketState.ANSWERED})
            if answer.strip():
                await self._reply(change, required(answer))
            elif result in _NEEDS_ANSWER and change.ticket.first_answer_at is None:
                raise InvalidMoveError(Refusal.NO_ANSWER_YET)
            if change.ticket.answered_at is None and result in _NEEDS_ANSWER:
                change.move(TicketState.ANSWERED)
            change.move(TicketState.CLOSED)
            change.set(result=result)
            message_id = await change.tell(notices.closed(change.ticket.code, result), notice=NoticeKind.CLOSED)
            await change.event(TicketEvent.CLOSED, reason, internal=True, message_id=message_id, result=result.value)
            change.audit("ticket.closed", result=result.value)
        return change.ticket

    async def reopen(self, staff: Staff, ticket_id: int, version: int, reason: str) -> Ticket:
        """What was done is taken up again, with a deadline from now."""
        reason = required(reason, Refusal.REASON_MISSING)
        async with self.change(staff, ticket_id, version) as change:
            require_state(change.ticket, DONE)
            begin_again(change)
            words = notices.reopened(change.ticket.code, change.unit_name, change.ticket.due_at)
            message_id = await change.tell(words, notice=NoticeKind.REOPENED)
            await change.event(TicketEvent.REOPENED, reason, message_id=message_id)
            change.audit("ticket.reopened")
        return change.ticket

    async def extend(self, staff: Staff, ticket_id: int, version: int, reason: str) -> Ticket:
        """The one extension the unit's rules give, before the deadline has passed; the citizen is told why."""
        reason = required(reason, Refusal.REASON_MISSING)
        async with self.change(staff, ticket_id, version) as change:
            ticket = change.ticket
            require_state(ticket, RUNNING - {TicketState.WAITING})
            if ticket.extensions:
                raise InvalidMoveError(Refusal.ONCE)
            if ticket.due_at is not None and ticket.due_at < change.now:
                raise InvalidMoveError(Refusal.OVERDUE)
            rule = change.view.deadline(ticket.kind, "extension", ticket.category) if change.view else None
            if rule is None or ticket.due_at is None:
                raise InvalidMoveError(Refusal.NO_RULE)
            change.follow_course(replace(change.course, extension=Term.of(rule)))
            change.set(extensions=1)
            change.audit("ticket.extended")
            due = change.ticket.due_at
            words = notices.extended(ticket.code, change.unit_name, reason, due) if due else ""
            await change.event(
                TicketEvent.EXTENDED,
                reason,
                message_id=await change.tell(words, once="extended", notice=NoticeKind.EXTENDED),
                before=_iso(ticket),
                due_at=_iso(change.ticket),
            )
        return change.ticket

    async def apology_draft(self, staff: Staff, ticket_id: int, reason: str, new_day: date) -> str:
        """The letter of a late ticket, for a person to mend. Raises TicketNotFoundError, InvalidMoveError."""
        async with self._database.read() as connection:
            row = (await connection.execute(ticket_query().where(tickets.c.id == ticket_id, visible(staff)))).first()
        if row is None:
            raise TicketNotFoundError
        ticket = ticket_of(row)
        change = Change(connection, ticket, self._views, self._clock.now(), staff)
        due = self._apologised_for(change, new_day)
        view = change.view
        letter = view.texts.get("APOLOGY_LETTER", APOLOGY_LETTER) if view else APOLOGY_LETTER
        phone = view.counter_phone if view else None
        return notices.apology(
            ticket.code, change.unit_name, ticket.received_at, due, reason, new_day, letter=letter, phone=phone
        )

    async def apologise(self, staff: Staff, ticket_id: int, version: int, letter: str, new_day: date) -> Ticket:
        """Sends the letter a person has read, once, and promises the new day. That the ticket was late stays."""
        letter = required(letter)
        async with self.change(staff, ticket_id, version) as change:
            self._apologised_for(change, new_day)
            change.note_lateness()
            change.follow_course(replace(change.course, promised=new_day))
            message_id = await change.tell(letter, once="apology", signed=True, notice=NoticeKind.APOLOGY)
            await change.event(TicketEvent.APOLOGY, letter, message_id=message_id, new_day=new_day.isoformat())
            change.audit("ticket.apologised", new_day=new_day.isoformat())
        return change.ticket

    def _apologised_for(self, change: Change, new_day: date) -> datetime:
        ticket = change.ticket
        require_state(ticket, RUNNING - {TicketState.WAITING})
        if "apology" in ticket.told:
            raise InvalidMoveError(Refusal.ONCE)
        missed = ticket.late_at or ticket.due_at
        if missed is None or missed > change.now:
            raise InvalidMoveError(Refusal.NOT_LATE)
        if new_day < change.now.astimezone(LOCAL_ZONE).date():
            raise InvalidMoveError(Refusal.DAY)
        return missed


def begin_again(change: Change) -> None:
    """Takes up what was answered or closed, by the unit's rules of now."""
    ticket = change.ticket
    if change.view is not None:
        change.set(extensions=0)
        change.follow_course(Course.agreed(change.view, ticket.kind, ticket.category, change.now))
    change.set(
        reopened=ticket.reopened + 1,
        rating=None,
        rating_comment=None,
        duplicate_of_id=None,
        told=tuple(one for one in ticket.told if one not in {"late", "extended"}),
    )
    change.move(TicketState.IN_PROGRESS)


def _iso(ticket: Ticket) -> str | None:
    return ticket.due_at.isoformat() if ticket.due_at else None
