"""From a request to the ticket it names, to the filter of a queue, and back to addresses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web

from bot import limits
from bot.domain.staff import Permission
from bot.domain.tickets import Folder, QueueFilter, Ticket, TicketKind, TicketState
from bot.web.console.auth import signed
from bot.web.console.services import CONSOLE

QUEUE = "/console/tickets"
CODE = r"{code:PA-\d{6}-\d{4}[A-Z]}"
"""Of a route: the code of a ticket."""
_FIELDS = ("kind", "category", "state", "hamlet", "platform", "assignee", "q")
_Word = TypeVar("_Word", bound=StrEnum)


def path_of(ticket: Ticket) -> str:
    return f"{QUEUE}/{ticket.code}"


async def ticket_of(request: web.Request, permission: Permission = Permission.TICKETS_READ) -> Ticket:
    """The ticket of the address, if the person works for its unit just now and may see it. Raises HTTPNotFound."""
    who = signed(request)
    ticket = await request.app[CONSOLE].desk.tickets.find(who.staff, request.match_info["code"])
    if ticket is None or ticket.unit_id != who.unit_id or not who.may(permission):
        raise web.HTTPNotFound
    return ticket


def filter_of(query: Mapping[str, str]) -> QueueFilter:
    """What the address asks for; unknown values ask for nothing."""
    assignee = query.get("assignee", "")
    return QueueFilter(
        folder=_one_of(Folder, query.get("folder")) or Folder.ALL,
        kind=_one_of(TicketKind, query.get("kind")),
        category=query.get("category") or None,
        state=_one_of(TicketState, query.get("state")),
        hamlet=query.get("hamlet") or None,
        platform=query.get("platform") or None,
        assignee_id=int(assignee) if assignee.isascii() and assignee.isdigit() and len(assignee) < 10 else None,
        search=query.get("q", "")[: limits.SEARCH_CHARACTERS],
    )


def address(query: Mapping[str, str], **changes: str | None) -> str:
    """The queue's address with the same filter and other values of some fields; another place to begin is dropped."""
    kept = {name: query[name] for name in ("folder", *_FIELDS) if query.get(name)}
    chosen = {**kept, **changes}
    words = urlencode({name: value for name, value in chosen.items() if value})
    return f"{QUEUE}?{words}" if words else QUEUE


def is_filtered(query: Mapping[str, str]) -> bool:
    return any(query.get(name) for name in _FIELDS)


def _one_of(words: type[_Word], value: str | None) -> _Word | None:
    return words(value) if value in {one.value for one in words} else None
