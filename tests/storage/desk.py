"""A commune's ticket desk for the storage tests: staff, citizens who report, and everything that works on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update

from bot.domain.filing import CODE_MARK, DUE_MARK, Effect, FileTicket, Filing
from bot.domain.messages import Event, InboundMessage, Outcome, Reply, Turn
from bot.domain.records import Unit
from bot.domain.staff import Role, Staff
from bot.domain.tickets import Ticket, TicketKind
from bot.domain.views import UnitView
from bot.ports import Signals
from bot.storage.channels import Channel
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.filing import SqlFiling
from bot.storage.inbox import SqlInbox
from bot.storage.staff_tables import staff, staff_roles
from bot.storage.tables import messages
from bot.storage.ticket_actions import TicketActions
from bot.storage.ticket_facts import SqlTicketFacts
from bot.storage.ticket_rows import ticket_of, ticket_query
from bot.storage.ticket_tables import ticket_events, tickets
from bot.storage.tickets import SqlTickets
from tests.conftest import UNIT
from tests.fakes import FakeClock

NEIGHBOUR = "xa-phu-ly"


@dataclass
class Views:
    """What the units have published; `publish` puts another record in place of one."""

    known: dict[str, UnitView] = field(default_factory=dict)

    def __call__(self, unit_id: str) -> UnitView | None:
        return self.known.get(unit_id)

    def change(self, unit_id: str, **changes: Any) -> None:
        view = self.known[unit_id]
        self.known[unit_id] = UnitView((view.unit.model_copy(update=changes), *view.chain[1:]), view.procedures, 2)


def views_of(units: dict[str, Unit]) -> Views:
    """The sample commune and a neighbour of the same hours."""
    own, province, country = (units[name] for name in (UNIT, "dong-nai", "viet-nam"))
    neighbour = own.model_copy(update={"id": NEIGHBOUR, "name": "Xã Phú Lý", "short_name": "xã Phú Lý"})
    return Views({unit.id: UnitView((unit, province, country), {}, 1) for unit in (own, neighbour)})


class Desk:
    def __init__(
        self,
        database: Database,
        clock: FakeClock,
        signals: Signals,
        views: Views,
        channel: Channel,
        mask: Callable[[str], str],
    ) -> None:
        self.database, self.clock, self.views, self.channel = database, clock, views, channel
        self.seal = Seal("a key of the tests only")
        self.filing = SqlFiling(database, clock, self.seal, views, mask)
        self.inbox = SqlInbox(database, clock, self.filing)
        self.tickets = SqlTickets(database, clock)
        self.facts = SqlTicketFacts(database, clock)
        self.actions = TicketActions(database, clock, signals, views)
        self._said = 0

    async def hire(self, login: str, *roles: Role, unit: str = UNIT, title: str = "Công chức") -> Staff:
        async with self.database.write() as connection:
            values = {
                "login": login, "name": login.title(), "title": title, "password_hash": "x",
                "password_changed_at": self.clock.now(), "created_at": self.clock.now(),
            }  # fmt: skip
            staff_id = (await connection.execute(insert(staff).values(**values).returning(staff.c.id))).scalar_one()
            for role in roles:
                await connection.execute(insert(staff_roles).values(staff_id=staff_id, unit_id=unit, role=role.value))
        return Staff(staff_id, login, login.title(), title, {unit: frozenset(roles)})

    async def turn(
        self, citizen: str, *effects: Effect, text: str = "xin chào", replies: tuple[Reply, ...] = ()
    ) -> Event:
        """A message of a citizen and the turn that answers it."""
        self._said += 1
        await self.inbox.save(self.channel.id, [InboundMessage(f"e{self._said}", citizen, text)])
        event = await self.inbox.claim("w")
        assert event is not None
        await self.inbox.finish(event, "w", Turn(Outcome.FLOW, replies, {}, effects=effects))
        return event

    async def file(self, text: str = "Rác không ai thu ở đầu ấp 1", citizen: str = "an", **more: Any) -> Ticket:
        """A confirmed report."""
        filing = Filing(more.pop("kind", TicketKind.REPORT), text, **more)
        reply = Reply(f"Mã {CODE_MARK}, trả lời trước {DUE_MARK}")
        event = await self.turn(citizen, FileTicket(filing), replies=(reply,))
        async with self.database.read() as connection:
            row = (await connection.execute(ticket_query().where(tickets.c.event_id == event.id))).one()
        return ticket_of(row)

    async def now(self, ticket: Ticket) -> Ticket:
        """The ticket as it is in the database."""
        async with self.database.read() as connection:
            return ticket_of((await connection.execute(ticket_query().where(tickets.c.id == ticket.id))).one())

    async def plant(self, ticket: Ticket, **values: Any) -> Ticket:
        """Puts columns as if something had happened long ago."""
        async with self.database.write() as connection:
            await connection.execute(update(tickets).where(tickets.c.id == ticket.id).values(**values))
        return await self.now(ticket)

    async def told(self, conversation_id: int | None) -> list[str]:
        """What the commune wrote to a citizen, oldest first."""
        query = select(messages.c.content).where(
            messages.c.conversation_id == conversation_id, messages.c.direction == "out"
        )
        async with self.database.read() as connection:
            return [row[0]["text"] for row in await connection.execute(query.order_by(messages.c.seq))]

    async def last_reply(self, conversation_id: int | None) -> Reply:
        query = select(messages.c.content).where(
            messages.c.conversation_id == conversation_id, messages.c.direction == "out"
        )
        async with self.database.read() as connection:
            return Reply.from_json((await connection.execute(query.order_by(messages.c.seq.desc()))).scalars().first())

    async def happened(self, ticket: Ticket) -> list[str]:
        """The kinds of the timeline's lines."""
        query = select(ticket_events.c.kind).where(ticket_events.c.ticket_id == ticket.id).order_by(ticket_events.c.id)
        async with self.database.read() as connection:
            return list((await connection.execute(query)).scalars())
