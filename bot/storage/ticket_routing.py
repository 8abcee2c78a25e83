"""Who has a ticket and what it counts as: receiving, assigning, transferring, re-classifying, joining, holding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from bot import limits
from bot.domain import notices
from bot.domain.deadlines import Course
from bot.domain.errors import InvalidMoveError, NotAllowedError, ThanThienError
from bot.domain.notices import NoticeKind
from bot.domain.staff import Permission, Role, Staff
from bot.domain.tickets import RESTRICTED_KINDS, Refusal, Ticket, TicketEvent, TicketKind, TicketResult, TicketState
from bot.storage.channels import insert_ignore
from bot.storage.staff_tables import staff as staff_table
from bot.storage.staff_tables import staff_roles
from bot.storage.ticket_changes import Change, hide
from bot.storage.ticket_tables import ticket_followers
from bot.storage.ticket_work import RUNNING, TicketWork, require_state, required


class TicketRouting(TicketWork):
    # Who has it

    async def receive(self, staff: Staff, ticket_id: int, version: int) -> Ticket:
        """Somebody has read it and the commune takes it on."""
        async with self.change(staff, ticket_id, version) as change:
            require_state(change.ticket, {TicketState.NEW})
            change.move(TicketState.RECEIVED)
            words = notices.received(change.ticket.code, change.unit_name, change.ticket.due_at)
            told = await change.tell(words, once="received_by_staff", notice=NoticeKind.RECEIVED)
            await change.event(TicketEvent.RECEIVED, message_id=told)
        return change.ticket

    async def assign(
        self, staff: Staff, ticket_id: int, version: int, assignee_id: int, position_id: str | None = None
    ) -> Ticket:
        """To a person of the unit. Taking what nobody has needs no right to assign."""
        async with self.change(staff, ticket_id, version) as change:
            takes_free = assignee_id == staff.id and change.ticket.assignee_id is None
            if not takes_free and not staff.may(Permission.TICKETS_ASSIGN, change.ticket.unit_id):
                raise NotAllowedError
            await self._assign(change, assignee_id, position_id)
        return change.ticket

    async def assign_many(
        self, staff: Staff, versions: Mapping[int, int], assignee_id: int
    ) -> tuple[list[Ticket], dict[int, ThanThienError]]:
        """Several at once, ids with the versions seen. What fails is told by id; the others are assigned."""
        done: list[Ticket] = []
        failed: dict[int, ThanThienError] = {}
        for ticket_id, version in list(versions.items())[: limits.ASSIGN_AT_ONCE]:
            try:
                done.append(await self.assign(staff, ticket_id, version, assignee_id))
            except ThanThienError as error:
                failed[ticket_id] = error
        return done, failed

    async def _assign(self, change: Change, assignee_id: int, position_id: str | None) -> None:
        ticket = change.ticket
        require_state(ticket, RUNNING)
        if ticket.assignee_id == assignee_id and ticket.position_id == position_id:
            raise InvalidMoveError(Refusal.SAME)
        if assignee_id == ticket.about_staff_id or not await self._may_have(change, assignee_id):
            raise InvalidMoveError(Refusal.ASSIGNEE)
        change.set(assignee_id=assignee_id, position_id=position_id)
        change.audit("ticket.assigned", assignee_id=assignee_id)
        if ticket.state in (TicketState.NEW, TicketState.RECEIVED):
            change.move(TicketState.IN_PROGRESS)
        title = (
            await change.connection.execute(select(staff_table.c.title).where(staff_table.c.id == assignee_id))
        ).scalar()
        position = change.view.positions.get(position_id) if change.view and position_id else None
        who = position.title if position else title or "cán bộ phụ trách"
        words = notices.assigned(ticket.code, change.unit_name, who)
        await change.event(
            TicketEvent.ASSIGNED,
            message_id=await change.tell(words, once="assigned", notice=NoticeKind.ASSIGNED),
            assignee_id=assignee_id,
            position_id=position_id,
            before=ticket.assignee_id,
        )

    async def _may_have(self, change: Change, assignee_id: int) -> bool:
        wanted = [Role.LEADER, Role.APPOINTED_OFFICER] if change.ticket.restricted else [Role.LEADER, Role.OPERATOR]
        wanted += [] if change.ticket.restricted else [Role.HANDLER]
        query = (
            select(staff_roles.c.role)
            .join(staff_table, staff_table.c.id == staff_roles.c.staff_id)
            .where(staff_roles.c.staff_id == assignee_id, staff_roles.c.unit_id == change.ticket.unit_id)
            .where(staff_roles.c.role.in_([one.value for one in wanted]), staff_table.c.active)
        )
        return (await change.connection.execute(query)).first() is not None

    async def transfer(self, staff: Staff, ticket_id: int, version: int, unit_id: str, reason: str) -> Ticket:
        """To another unit, whose deadline begins now; the citizen is told who answers."""
        reason = required(reason, Refusal.REASON_MISSING)
        async with self.change(staff, ticket_id, version, Permission.TICKETS_ASSIGN) as change:
            before = change.ticket
            require_state(before, RUNNING)
            view = self._views(unit_id)
            if view is None or unit_id == before.unit_id:
                raise InvalidMoveError(Refusal.UNIT)
            old_name = change.unit_name
            change.audit("ticket.transferred", to=unit_id)
            change.note_lateness()
            change.set(unit_id=unit_id, assignee_id=None, position_id=None)
            change.move(TicketState.NEW)
            change.follow_course(Course.agreed(view, before.kind, before.category, self._clock.now()))
            change.set(extensions=0)
            words = notices.transferred(
                before.code, old_name, change.unit_name, view.counter_phone, change.ticket.due_at
            )
            await change.event(
                TicketEvent.TRANSFERRED,
                reason,
                message_id=await change.tell(words, once=f"transferred:{unit_id}", notice=NoticeKind.TRANSFERRED),
                before=before.unit_id,
                unit_id=unit_id,
            )
        return change.ticket

    async def reclassify(
        self,
        staff: Staff,
        ticket_id: int,
        version: int,
        kind: TicketKind,
        category: str | None,
        reason: str,
    ) -> Ticket:
        """Another kind or category, with the reason kept. Who sees it and its deadline follow the kind."""
        reason = required(reason, Refusal.REASON_MISSING)
        async with self.change(staff, ticket_id, version, Permission.TICKETS_ASSIGN) as change:
            before = change.ticket
            require_state(before, RUNNING)
            if (kind, category) == (before.kind, before.category):
                raise InvalidMoveError(Refusal.SAME)
            restricted = kind in RESTRICTED_KINDS
            change.audit("ticket.reclassified", kind=kind.value, category=category)
            change.set(kind=kind, category=category, restricted=restricted)
            if restricted:
                await hide(change.connection, before.conversation_id, before.created_at - limits.RESTRICTED_BEFORE)
            if restricted and before.assignee_id is not None and not await self._may_have(change, before.assignee_id):
                change.set(assignee_id=None, position_id=None)
            if change.view is not None:
                agreed = Course.agreed(change.view, kind, category, before.received_at)
                course = change.course
                change.follow_course(replace(course, accept=agreed.accept, answer=agreed.answer))
            await change.event(
                TicketEvent.RECLASSIFIED,
                reason,
                internal=True,
                new=[kind.value, category],
                before=[before.kind.value, before.category],
            )
        return change.ticket

    async def name_person(self, staff: Staff, ticket_id: int, version: int, about_staff_id: int | None) -> Ticket:
        """Who a report about conduct is about: that person never sees it."""
        async with self.change(staff, ticket_id, version, Permission.TICKETS_RESTRICTED) as change:
            if not change.ticket.restricted or about_staff_id == staff.id:
                raise InvalidMoveError(Refusal.KIND)
            change.set(about_staff_id=about_staff_id)
            change.audit("ticket.person_named", named=about_staff_id is not None)
            if about_staff_id is not None and change.ticket.assignee_id == about_staff_id:
                change.set(assignee_id=None)
            await change.event(TicketEvent.NOTE, internal=True, about_staff_named=about_staff_id is not None)
        return change.ticket

    # What belongs together

    async def link(self, staff: Staff, ticket_id: int, version: int, other_id: int) -> Ticket:
        """Joins this ticket to another that a person found to be about the same: it is closed, its citizen and
        followers follow the other and get its answer."""
        async with self.change(staff, ticket_id, version, Permission.TICKETS_ASSIGN) as change:
            ticket = change.ticket
            require_state(ticket, RUNNING)
            other = await self._seen(change.connection, staff, other_id)
            strange = (other.unit_id, other.restricted) != (ticket.unit_id, ticket.restricted)
            if strange or other.id == ticket.id or other.duplicate_of_id is not None or other.state not in RUNNING:
                raise InvalidMoveError(Refusal.DUPLICATE)
            if ticket.restricted:
                raise InvalidMoveError(Refusal.KIND)
            message_id = await change.tell(notices.joined(ticket.code, other.code))
            await self._carry_followers(change, ticket, other)
            change.move(TicketState.CLOSED)
            change.set(result=TicketResult.DUPLICATE, duplicate_of_id=other.id)
            await change.event(TicketEvent.LINKED, message_id=message_id, code=other.code)
            change.audit("ticket.linked", other=other.code)
            joined = Change(change.connection, other, self._views, change.now, staff)
            await joined.event(TicketEvent.LINKED, internal=True, code=ticket.code)
            await joined.save()
        return change.ticket

    async def _carry_followers(self, change: Change, ticket: Ticket, other: Ticket) -> None:
        followed = select(ticket_followers.c.conversation_id).where(ticket_followers.c.ticket_id == ticket.id)
        carried = set((await change.connection.execute(followed)).scalars())
        carried |= {ticket.conversation_id} if ticket.conversation_id is not None else set()
        for conversation_id in sorted(carried - {other.conversation_id}):
            await change.connection.execute(
                insert_ignore(change.connection, ticket_followers).values(
                    ticket_id=other.id, conversation_id=conversation_id, created_at=change.now
                )
            )

    async def hold(self, staff: Staff, ticket_id: int, version: int, held: bool, reason: str) -> Ticket:
        """Legal hold: while it lasts nothing of the ticket is erased or anonymised."""
        reason = required(reason, Refusal.REASON_MISSING)
        async with self.change(staff, ticket_id, version, Permission.TICKETS_ASSIGN) as change:
            if change.ticket.legal_hold == held:
                raise InvalidMoveError(Refusal.SAME)
            change.set(legal_hold=held)
            change.audit("ticket.held", held=held)
            await change.event(TicketEvent.HOLD, reason, internal=True, held=held)
        return change.ticket
