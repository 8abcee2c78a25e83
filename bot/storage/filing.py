"""What a turn does to tickets, in the transaction that closes its event: all of it, once, or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain import filing, notices
from bot.domain.codes import NUMBERS_A_DAY, ticket_code
from bot.domain.deadlines import Course
from bot.domain.errors import NotAllowedError
from bot.domain.messages import Button, Event, Reply
from bot.domain.staff import Permission, Role, Staff
from bot.domain.tickets import RESTRICTED_KINDS, Ticket, TicketEvent, TicketResult, TicketState
from bot.domain.views import LOCAL_ZONE
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.channels import insert_ignore
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.sealing import seal_words
from bot.storage.staff_tables import staff as staff_table
from bot.storage.staff_tables import staff_roles
from bot.storage.tables import channels, conversations, events, media
from bot.storage.ticket_actions import begin_again
from bot.storage.ticket_changes import Change, Views, due_columns, hide, lock
from bot.storage.ticket_rows import search_text
from bot.storage.ticket_tables import consents, ticket_files, ticket_followers, tickets
from bot.storage.ticket_work import DONE, RUNNING
from bot.storage.values import storable_text

NO_DUE = "khi có kết quả"
"""In place of a due moment where there is no deadline."""
COUNTER = "counter"
"""The platform of a ticket typed in by staff."""
_CODE_TRIES = 40


@dataclass
class Done:
    """`marks`: what replaces them in the turn's replies. `units`: whose consoles show something new. `erase`: the
    citizen's data go once the turn is closed. `restricted`: the turn belongs to a restricted ticket."""

    marks: dict[str, str] = field(default_factory=dict)
    units: set[str] = field(default_factory=set)
    erase: bool = False
    restricted: bool = False


def with_marks(reply: Reply, marks: Mapping[str, str]) -> Reply:
    """The reply with every mark replaced, in words and buttons."""

    def filled(text: str) -> str:
        for mark, value in marks.items():
            text = text.replace(mark, value)
        return text

    buttons = tuple(Button(filled(one.label), filled(one.payload)) for one in reply.buttons)
    return replace(reply, text=filled(reply.text), buttons=buttons)


class SqlFiling:
    """`mask`: takes numbers of identity cards and accounts out of what is kept."""

    def __init__(self, database: Database, clock: Clock, seal: Seal, views: Views, mask: Callable[[str], str]) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal
        self._views = views
        self._mask = mask

    async def perform(self, connection: AsyncConnection, event: Event, effects: Iterable[filing.Effect]) -> Done:
        """Within the transaction that closes the event, whose conversation is locked. What cannot be done (a ticket of
        somebody else, one that is closed) is left out."""
        done = Done()
        for effect in effects:
            await self._perform(connection, event, effect, done)
        return done

    async def _perform(self, connection: AsyncConnection, event: Event, effect: filing.Effect, done: Done) -> None:
        match effect:
            case filing.FileTicket():
                ticket = await self._file(connection, event, effect.filing)
                done.marks[filing.CODE_MARK] = ticket.code
                done.marks[filing.DUE_MARK] = notices.when(ticket.due_at) if ticket.due_at else NO_DUE
                done.units.add(ticket.unit_id)
                done.restricted = done.restricted or ticket.restricted
            case filing.FollowTicket():
                await self._follow(connection, event, effect.code)
            case filing.AddToTicket() | filing.WithdrawTicket() | filing.RateTicket() | filing.ReopenTicket():
                followed = isinstance(effect, filing.AddToTicket)
                change = await self._own(connection, event, effect.code, followed=followed)
                if change is not None:
                    await self._move(change, event, effect)
                    if change.ticket.restricted:
                        done.restricted = True
                        await hide(connection, event.conversation_id, event.received_at)
                    done.units.add(change.ticket.unit_id)
            case filing.AskPerson():
                await self._conversation(connection, event, person_asked_at=self._clock.now())
                done.units.add(event.unit_id)
            case filing.HandBack():
                await self._conversation(
                    connection, event, person_asked_at=None, staff_id=None, staff_since=None, staff_active_at=None,
                    quiet_until=None,
                )  # fmt: skip
                done.units.add(event.unit_id)
            case filing.GiveConsent():
                await connection.execute(
                    insert(consents).values(
                        conversation_id=event.conversation_id,
                        purpose=effect.purpose[:40],
                        wording=effect.wording[:40],
                        event_id=event.id,
                        given_at=self._clock.now(),
                    )
                )
            case filing.WithdrawConsent():
                await self._withdraw_consent(connection, event)
            case filing.SealWords():
                await seal_words(connection, self._seal, event, self._clock.now())
            case filing.EraseData():
                done.erase = True

    async def _withdraw_consent(self, connection: AsyncConnection, event: Event) -> None:
        given = (consents.c.conversation_id == event.conversation_id, consents.c.withdrawn_at.is_(None))
        await connection.execute(update(consents).where(*given).values(withdrawn_at=self._clock.now()))
        kept = (tickets.c.conversation_id == event.conversation_id, tickets.c.phone.is_not(None))
        await connection.execute(update(tickets).where(*kept).values(phone=None, version=tickets.c.version + 1))

    async def file_by_hand(self, staff: Staff, unit_id: str, report: filing.Filing) -> Ticket:
        """A ticket of a citizen who came to the counter or called. Raises NotAllowedError."""
        permission = Permission.TICKETS_RESTRICTED if report.kind in RESTRICTED_KINDS else Permission.TICKETS_WORK
        if not staff.may(permission, unit_id):
            raise NotAllowedError
        async with self._database.write() as connection:
            ticket = await self._insert(connection, unit_id, report, platform=COUNTER, by=staff)
            entry = Entry(self._clock.now(), "ticket.filed", f"ticket:{ticket.code}", staff.id, unit_id)
            await append(connection, entry)
        return ticket

    async def _file(self, connection: AsyncConnection, event: Event, report: filing.Filing) -> Ticket:
        platform = (
            await connection.execute(
                select(channels.c.platform)
                .join(conversations, conversations.c.channel_id == channels.c.id)
                .where(conversations.c.id == event.conversation_id)
            )
        ).scalar_one()
        ticket = await self._insert(connection, event.unit_id, report, platform=platform, event=event)
        await self._attach(connection, ticket.id, event.conversation_id, report.photos)
        if ticket.restricted:
            await hide(connection, event.conversation_id, _told_since(event) - limits.RESTRICTED_BEFORE)
        return ticket

    async def _insert(
        self,
        connection: AsyncConnection,
        unit_id: str,
        report: filing.Filing,
        *,
        platform: str,
        event: Event | None = None,
        by: Staff | None = None,
    ) -> Ticket:
        now = self._clock.now()
        # The moment the citizen confirmed, not the one a worker came to it.
        received_at = event.received_at if event else now
        view = self._views(unit_id)
        course = Course.agreed(view, report.kind, report.category, received_at) if view else Course(received_at)
        text = self._mask(storable_text(report.text, limits.TICKET_TEXT_CHARACTERS))
        place = self._mask(storable_text(report.place, 300))
        values: dict[str, Any] = {
            "unit_id": unit_id,
            "kind": report.kind.value,
            "category": report.category,
            "state": TicketState.NEW.value,
            "restricted": report.kind in RESTRICTED_KINDS,
            "text": text,
            "place": place,
            "hamlet": report.hamlet,
            "latitude": report.latitude,
            "longitude": report.longitude,
            "phone": report.phone,
            "anonymous": report.anonymous,
            "conversation_id": event.conversation_id if event else None,
            "platform": platform,
            "event_id": event.id if event else None,
            "received_at": received_at,
            "told": ["received"],
            "created_at": now,
            "updated_at": now,
            **due_columns(view, course),
        }
        day = received_at.astimezone(LOCAL_ZONE).date()
        for _ in range(_CODE_TRIES):
            code = ticket_code(day, secrets.randbelow(NUMBERS_A_DAY) + 1)
            words = search_text(code, text, place, report.hamlet, report.category, report.phone)
            inserted = await connection.execute(
                insert_ignore(connection, tickets)
                .values(**values, code=code, search_text=words)
                .returning(tickets.c.id)
            )
            ticket_id = inserted.scalar()
            if ticket_id is not None:
                break
        else:
            raise RuntimeError("no free ticket code was found")
        ticket = await lock(connection, ticket_id, speaks=False)
        change = Change(connection, ticket, self._views, now, by)
        await change.event(TicketEvent.FILED, by_citizen=by is None, due_at=_iso(ticket.due_at))
        return ticket

    async def _attach(
        self, connection: AsyncConnection, ticket_id: int, conversation_id: int, photos: Sequence[tuple[int, int]]
    ) -> int:
        """Files the citizen sent in this conversation; how many."""
        attached = 0
        for event_id, part in photos[: limits.TICKET_FILES]:
            found = (
                select(media.c.id)
                .join(events, events.c.id == media.c.event_id)
                .where(media.c.event_id == event_id, media.c.part == part)
                .where(events.c.conversation_id == conversation_id)
            )
            media_id = (await connection.execute(found)).scalar()
            if media_id is not None:
                await connection.execute(
                    insert_ignore(connection, ticket_files).values(
                        ticket_id=ticket_id, media_id=media_id, created_at=self._clock.now()
                    )
                )
                attached += 1
        return attached

    async def _own(self, connection: AsyncConnection, event: Event, code: str, *, followed: bool) -> Change | None:
        """A change to a ticket this conversation filed, or follows."""
        mine = tickets.c.conversation_id == event.conversation_id
        if followed:
            follows = exists().where(
                ticket_followers.c.ticket_id == tickets.c.id,
                ticket_followers.c.conversation_id == event.conversation_id,
            )
            mine = or_(mine, follows)
        query = select(tickets.c.id).where(tickets.c.code == code, mine)
        ticket_id = (await connection.execute(query)).scalar()
        if ticket_id is None:
            return None
        return Change(connection, await lock(connection, ticket_id, speaks=False), self._views, self._clock.now())

    async def _follow(self, connection: AsyncConnection, event: Event, code: str) -> None:
        query = select(tickets.c.id, tickets.c.conversation_id).where(
            tickets.c.code == code, tickets.c.unit_id == event.unit_id, ~tickets.c.restricted
        )
        row = (await connection.execute(query)).first()
        if row is None or row.conversation_id == event.conversation_id:
            return
        now = self._clock.now()
        followed = await connection.execute(
            insert_ignore(connection, ticket_followers)
            .values(ticket_id=row.id, conversation_id=event.conversation_id, created_at=now)
            .returning(ticket_followers.c.ticket_id)
        )
        if followed.first() is not None:
            change = Change(connection, await lock(connection, row.id, speaks=False), self._views, now)
            await change.event(TicketEvent.FOLLOWED, by_citizen=True)

    async def _move(self, change: Change, event: Event, effect: filing.Effect) -> None:
        ticket = change.ticket
        match effect:
            case filing.AddToTicket(text=text, photos=photos):
                await self._add(change, event, text, photos)
            case filing.WithdrawTicket() if ticket.state in RUNNING | {TicketState.ANSWERED}:
                change.move(TicketState.CLOSED)
                change.set(result=TicketResult.WITHDRAWN)
                await change.event(TicketEvent.WITHDRAWN, by_citizen=True)
            case filing.RateTicket(stars=stars, comment=comment) if ticket.state in DONE and 1 <= stars <= 5:
                comment = self._mask(storable_text(comment, limits.REPLY_CHARACTERS))
                change.set(rating=stars, rating_comment=comment or None)
                await change.event(TicketEvent.RATED, comment, by_citizen=True, stars=stars)
            case filing.ReopenTicket(reason=reason) if ticket.state in DONE and not ticket.reopened:
                begin_again(change)
                leader = await leader_of(change.connection, ticket)
                change.set(assignee_id=leader, position_id=None, escalated_at=change.now)
                reason = self._mask(storable_text(reason, limits.REPLY_CHARACTERS))
                await change.event(TicketEvent.REOPENED, reason, by_citizen=True, assignee_id=leader)
            case _:
                return
        await change.save()

    async def _add(self, change: Change, event: Event, text: str, photos: Sequence[tuple[int, int]]) -> None:
        """A waiting ticket goes on; a closed one only keeps what was added."""
        text = self._mask(storable_text(text, limits.TICKET_TEXT_CHARACTERS))
        files = await self._attach(change.connection, change.ticket.id, event.conversation_id, photos)
        if text:
            change.set(search_text=tickets.c.search_text + search_text(text))
        if change.ticket.state is TicketState.WAITING:
            change.move(TicketState.IN_PROGRESS)
        await change.event(TicketEvent.CITIZEN_WROTE, text, by_citizen=True, files=files or None)

    async def _conversation(self, connection: AsyncConnection, event: Event, **values: Any) -> None:
        await connection.execute(
            update(conversations).where(conversations.c.id == event.conversation_id).values(**values)
        )


def _told_since(event: Event) -> datetime:
    """When the citizen began to tell what was filed now: the draft in the state says so."""
    begun = (event.state.get("draft") or {}).get("started_at")
    try:
        return min(datetime.fromisoformat(begun), event.received_at) if begun else event.received_at
    except (TypeError, ValueError):
        return event.received_at


async def leader_of(connection: AsyncConnection, ticket: Ticket) -> int | None:
    """A leader of the unit who may have the ticket; the one of longest standing."""
    query = (
        select(staff_table.c.id)
        .join(staff_roles, staff_roles.c.staff_id == staff_table.c.id)
        .where(staff_roles.c.unit_id == ticket.unit_id, staff_roles.c.role == Role.LEADER.value, staff_table.c.active)
        .order_by(staff_table.c.id)
    )
    found = (await connection.execute(query)).scalars()
    return next((one for one in found if one != ticket.about_staff_id), None)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
