"""What the dialogue is told about tickets: a citizen's own, the one whose code they typed, and likely duplicates. Of
other people's tickets never a word, of restricted ones nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.filing import Filing, TicketFact, TicketFacts
from bot.domain.staff import Staff
from bot.domain.tickets import Ticket, TicketEvent, TicketKind, TicketState
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.forgetting import kept_of
from bot.storage.ticket_rows import jaccard, shortened, ticket_of, ticket_query, visible, words_of
from bot.storage.ticket_tables import consents, ticket_events, ticket_followers, tickets
from knowledge.categories import categories

_EARTH_METRES = 6_371_000.0
_CANDIDATES = 400
"""The latest reports that are compared by their words."""
_SAME_PLACE = 0.3
"""What the same hamlet, or a pin nearby, adds to the likeness of the words."""
_SAME_CATEGORY = 0.2


class SqlTicketFacts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def facts(
        self, conversation_id: int, unit_id: str, codes: Sequence[str] = (), draft: Filing | None = None
    ) -> TicketFacts:
        """`codes`: of tickets named in the message, in canonical form; the first that is known counts. `draft`: a
        report about to be filed, to look for likely duplicates."""
        async with self._database.read() as connection:
            return TicketFacts(
                own=await self._own(connection, conversation_id),
                asked=await self._asked(connection, conversation_id, unit_id, codes),
                similar=await self._similar(connection, conversation_id, unit_id, draft) if draft else (),
                consents=await _consents(connection, conversation_id),
                data_kept=await kept_of(connection, conversation_id),
            )

    async def similar_to(self, staff: Staff, ticket: Ticket) -> list[Ticket]:
        """Tickets that may be about the same, for staff to join; likeliest first."""
        draft = _draft_of(ticket)
        async with self._database.read() as connection:
            rows = await self._likely(
                connection, ticket.unit_id, draft, and_(visible(staff), tickets.c.id != ticket.id)
            )
        return [ticket_of(row, text_characters=limits.SUMMARY_CHARACTERS) for row in rows]

    async def _own(self, connection: AsyncConnection, conversation_id: int) -> tuple[TicketFact, ...]:
        lately = self._clock.now() - limits.OWN_CLOSED
        query = (
            ticket_query(_last_reply())
            .where(_is_own(conversation_id), or_(tickets.c.closed_at.is_(None), tickets.c.closed_at > lately))
            .order_by(tickets.c.id.desc())
            .limit(limits.OWN_TICKETS)
        )
        return tuple(_own_fact(row, conversation_id) for row in await connection.execute(query))

    async def _asked(
        self, connection: AsyncConnection, conversation_id: int, unit_id: str, codes: Sequence[str]
    ) -> TicketFact | None:
        own = _is_own(conversation_id)
        foreign = and_(tickets.c.unit_id == unit_id, ~tickets.c.restricted)
        query = ticket_query(_last_reply(), case((own, True), else_=False).label("own")).where(or_(own, foreign))
        for code in codes:
            row = (await connection.execute(query.where(tickets.c.code == code))).first()
            if row is not None:
                return _own_fact(row, conversation_id) if row.own else _foreign_fact(row)
        return None

    async def _similar(
        self, connection: AsyncConnection, conversation_id: int, unit_id: str, draft: Filing
    ) -> tuple[TicketFact, ...]:
        own = case((_is_own(conversation_id), True), else_=False).label("own")
        rows = await self._likely(connection, unit_id, draft, true(), _last_reply(), own)
        return tuple(
            _own_fact(row, conversation_id) if row.own else _foreign_fact(row, summary=_where(row)) for row in rows
        )

    async def _likely(
        self, connection: AsyncConnection, unit_id: str, draft: Filing, among: ColumnElement[bool], *more: Any
    ) -> list[Row[Any]]:
        """Reports of the last days, not closed, that are near or in the same category and speak of the same."""
        if draft.kind is not TicketKind.REPORT:
            return []
        query = (
            ticket_query(*more)
            .where(tickets.c.unit_id == unit_id, ~tickets.c.restricted, tickets.c.kind == TicketKind.REPORT.value)
            .where(tickets.c.state != TicketState.CLOSED.value, among)
            .where(tickets.c.received_at > self._clock.now() - limits.DUPLICATE_DAYS)
            .order_by(tickets.c.received_at.desc())
            .limit(_CANDIDATES)
        )
        words = words_of(draft.text)
        scored = [(_likeness(row, draft, words), row) for row in await connection.execute(query)]
        likely = [one for one in scored if one[0] >= limits.DUPLICATE_LIKENESS]
        return [row for _, row in sorted(likely, key=lambda one: (-one[0], -one[1].id))[: limits.DUPLICATES]]


def _likeness(row: Row[Any], draft: Filing, words: Sequence[str]) -> float:
    """0 when the places are known and apart, or the categories differ; else common words, place and category."""
    same_category = draft.category is not None and row.category == draft.category
    if draft.category is not None and row.category is not None and not same_category:
        return 0.0
    near = _is_near(row, draft)
    if near is False:
        return 0.0
    common = jaccard(words, words_of(row.text))
    if near is None and common < limits.DUPLICATE_LIKENESS:
        return 0.0
    return common + (_SAME_PLACE if near else 0.0) + (_SAME_CATEGORY if same_category else 0.0)


def _is_near(row: Row[Any], draft: Filing) -> bool | None:
    """Whether both are at one place; None when it is not known of both."""
    if None not in (row.latitude, row.longitude, draft.latitude, draft.longitude):
        metres = distance(row.latitude, row.longitude, draft.latitude or 0.0, draft.longitude or 0.0)
        return metres <= limits.DUPLICATE_METRES
    if row.hamlet and draft.hamlet:
        return bool(row.hamlet == draft.hamlet)
    return None


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres between two points, in degrees (haversine)."""
    phi, other_phi = math.radians(latitude), math.radians(other_latitude)
    half_phi, half_lambda = (other_phi - phi) / 2, math.radians(other_longitude - longitude) / 2
    a = math.sin(half_phi) ** 2 + math.cos(phi) * math.cos(other_phi) * math.sin(half_lambda) ** 2
    return 2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, a)))


def _is_own(conversation_id: int) -> ColumnElement[bool]:
    follows = exists().where(
        ticket_followers.c.ticket_id == tickets.c.id, ticket_followers.c.conversation_id == conversation_id
    )
    return or_(tickets.c.conversation_id == conversation_id, follows)


def _last_reply() -> Any:
    return (
        select(ticket_events.c.text)
        .where(ticket_events.c.ticket_id == tickets.c.id, ticket_events.c.kind == TicketEvent.REPLY.value)
        .order_by(ticket_events.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("last_reply")
    )


def _where(row: Row[Any]) -> str:
    """`rác thải, vệ sinh, Ấp 2`: all of somebody else's report that is told."""
    known = categories().get(row.category) if row.category else None
    return ", ".join(filter(None, (known.name if known else None, row.hamlet)))


def _own_fact(row: Row[Any], conversation_id: int) -> TicketFact:
    """A follower reads the answer, not the words of the one who reported."""
    ticket = ticket_of(row)
    followed = ticket.conversation_id != conversation_id
    words = _where(row) if followed else ticket.text
    return TicketFact(
        code=ticket.code,
        kind=ticket.kind,
        state=ticket.state,
        received_at=ticket.received_at,
        due_at=ticket.due_at,
        own=True,
        summary=shortened(words, limits.SUMMARY_CHARACTERS),
        last_reply=row.last_reply or "",
        followed=followed,
        reopened=ticket.reopened,
        rating=ticket.rating,
        closed_at=ticket.closed_at,
    )


def _foreign_fact(row: Row[Any], summary: str = "") -> TicketFact:
    ticket = ticket_of(row)
    return TicketFact(
        code=ticket.code,
        kind=ticket.kind,
        state=ticket.state,
        received_at=ticket.received_at,
        due_at=ticket.due_at,
        own=False,
        summary=summary,
        closed_at=ticket.closed_at,
    )


def _draft_of(ticket: Ticket) -> Filing:
    return Filing(
        ticket.kind,
        ticket.text,
        category=ticket.category,
        hamlet=ticket.hamlet,
        latitude=ticket.latitude,
        longitude=ticket.longitude,
    )


async def _consents(connection: AsyncConnection, conversation_id: int) -> frozenset[str]:
    query = select(consents.c.purpose).where(
        consents.c.conversation_id == conversation_id, consents.c.withdrawn_at.is_(None)
    )
    return frozenset((await connection.execute(query)).scalars())
