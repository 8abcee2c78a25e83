"""Rows of tickets as domain objects, who may see which, and the words they are found by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Row, Select, and_, false, func, literal_column, or_, select, text

from bot import limits
from bot.domain.staff import Permission, Role, Staff
from bot.domain.tickets import Ticket, TicketKind, TicketResult, TicketState
from bot.storage.staff_tables import staff as staff_table
from bot.storage.ticket_tables import tickets
from knowledge.normalise import fold

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Where a ticket without a deadline stands in the queue."""
_SEES_ALL = frozenset({Role.OPERATOR, Role.LEADER})
_WORD = re.compile(r"[a-z0-9]+")
_CODE = re.compile(r"\bpa[\s.\-–]*(\d{6})[\s.\-–]*(\d{1,4}[a-z]?)\b")


def visible(staff: Staff, unit_id: str | None = None) -> ColumnElement[bool]:
    """Which tickets the person may see, of one unit or of all theirs. Restricted ones only with the right to them, and
    never the person complained about; a handler sees their own and those nobody has."""
    units = [unit_id] if unit_id is not None else staff.units(Permission.TICKETS_READ)
    return and_(
        or_(false(), *(_visible_in(staff, unit) for unit in units)),
        or_(tickets.c.about_staff_id.is_(None), tickets.c.about_staff_id != staff.id),
    )


def _visible_in(staff: Staff, unit_id: str) -> ColumnElement[bool]:
    if not staff.may(Permission.TICKETS_READ, unit_id):
        return false()
    roles = staff.roles.get(unit_id, frozenset())
    kinds: list[ColumnElement[bool]] = []
    if staff.may(Permission.TICKETS_RESTRICTED, unit_id):
        kinds.append(tickets.c.restricted)
    if roles & _SEES_ALL:
        kinds.append(~tickets.c.restricted)
    elif Role.HANDLER in roles:
        own = or_(tickets.c.assignee_id.is_(None), tickets.c.assignee_id == staff.id)
        kinds.append(and_(~tickets.c.restricted, own))
    return and_(tickets.c.unit_id == unit_id, or_(false(), *kinds))


def ticket_query(*more: Any) -> Select[Any]:
    """Tickets with the name of who has them."""
    return select(tickets, staff_table.c.name.label("assignee"), *more).outerjoin(
        staff_table, staff_table.c.id == tickets.c.assignee_id
    )


def ticket_of(row: Row[Any], *, text_characters: int | None = None) -> Ticket:
    """A row of `ticket_query`."""
    return Ticket(
        id=row.id,
        code=row.code,
        unit_id=row.unit_id,
        kind=TicketKind(row.kind),
        category=row.category,
        state=TicketState(row.state),
        restricted=row.restricted,
        text=row.text if text_characters is None else shortened(row.text, text_characters),
        place=row.place,
        hamlet=row.hamlet,
        latitude=row.latitude,
        longitude=row.longitude,
        phone=row.phone,
        anonymous=row.anonymous,
        conversation_id=row.conversation_id,
        platform=row.platform,
        assignee_id=row.assignee_id,
        assignee=row.assignee or "",
        about_staff_id=row.about_staff_id,
        position_id=row.position_id,
        received_at=row.received_at,
        course=row.course,
        accept_due_at=row.accept_due_at,
        due_at=row.due_at,
        half_due_at=row.half_due_at,
        soon_due_at=row.soon_due_at,
        late_at=row.late_at,
        paused_at=row.paused_at,
        extensions=row.extensions,
        escalated_at=row.escalated_at,
        first_answer_at=row.first_answer_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        result=TicketResult(row.result) if row.result else None,
        reopened=row.reopened,
        rating=row.rating,
        rating_comment=row.rating_comment,
        duplicate_of_id=row.duplicate_of_id,
        legal_hold=row.legal_hold,
        anonymised_at=row.anonymised_at,
        told=tuple(row.told),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def shortened(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


def words_of(text: str) -> list[str]:
    """Folded words; a ticket code is one word."""
    return _WORD.findall(_CODE.sub(r"pa\1\2", fold(text)))


def search_text(*parts: str | None) -> str:
    """What the words of a search are compared with: each begins one of these after a space."""
    return "".join(f" {word}" for part in parts if part for word in words_of(part))


def matches(search: str, dialect: Dialect) -> ColumnElement[bool] | None:
    """Every word of the search begins a word of the ticket; None: nothing is searched for."""
    words = list(dict.fromkeys(words_of(search)))[: limits.SEARCH_WORDS]
    if not words:
        return None if not search.strip() else false()
    if dialect.name == "postgresql":
        query = func.to_tsquery(literal_column("'simple'"), " & ".join(f"{word}:*" for word in words))
        return func.to_tsvector(literal_column("'simple'"), tickets.c.search_text).op("@@")(query)
    found = text("SELECT rowid FROM ticket_words WHERE ticket_words MATCH :words")
    return tickets.c.id.in_(found.bindparams(words=" ".join(f'"{word}"*' for word in words)).columns(tickets.c.id))


def jaccard(one: Iterable[str], other: Iterable[str]) -> float:
    """Share of common words."""
    left, right = set(one), set(other)
    return len(left & right) / len(left | right) if left and right else 0.0


def by_ids(ids: Sequence[int]) -> ColumnElement[bool]:
    return tickets.c.id.in_(ids)
