"""The ticket's page: everything it shows, also again with what was typed when something could not be done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bot.domain.errors import VersionConflictError
from bot.domain.staff import Permission
from bot.domain.ticket_names import KINDS, RESULTS
from bot.domain.tickets import RESTRICTED_KINDS, Group, Ticket, TicketKind, TicketPage, TicketState
from bot.web.console.auth import CSRF_FIELD, Signed, csrf_token, signed
from bot.web.console.desk import recording, reply_templates, timeline, uploads, words
from bot.web.console.rendering import render
from bot.web.console.services import CONSOLE, Console
from bot.web.console.words import PLATFORMS

STARTABLE = frozenset({TicketState.NEW, TicketState.RECEIVED, TicketState.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the page is shown again: `problems` and `typed` by action, and who saved in between."""

    problems: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    conflict: VersionConflictError | None = None
    seen: int = 0
    """The last step the page had when it was opened."""


@dataclass(frozen=True, slots=True)
class State:
    """What the forms of the page need."""

    code: str
    version: int
    seen: int
    csrf: Markup
    problems: Mapping[str, str]
    typed: Mapping[str, Mapping[str, str]]
    drafted: Collection[str]
    """Actions with words that were kept and not sent."""
    conflict: bool

    def was(self, action: str, name: str, otherwise: str = "") -> str:
        """What was typed into a field."""
        return self.typed.get(action, {}).get(name, otherwise)


async def show(
    request: web.Request, ticket: Ticket, trouble: Trouble | None = None, *, status: int = 200
) -> web.Response:
    """The page of a ticket the person may see. One that is restricted leaves a line in the audit trail."""
    if ticket.restricted:
        await recording.record(request, "ticket.read", ticket)
    trouble = trouble or Trouble()
    console, who = request.app[CONSOLE], signed(request)
    page = await console.desk.tickets.page(who.staff, ticket.id)
    context = await _context(request, console, page, trouble)
    return await render(request, "ticket.html", context, status=status)


async def _context(request: web.Request, console: Console, page: TicketPage, trouble: Trouble) -> dict[str, Any]:
    who, desk, ticket = signed(request), console.desk, page.ticket
    now, view = console.clock.now(), console.view(ticket.unit_id)
    assignees = await desk.tickets.assignees(who.staff, ticket.unit_id, restricted=ticket.restricted)
    names = _names(console, ticket, assignees, who)
    seen = page.steps[-1].id if page.steps else 0
    open_ = ticket.group is not Group.DONE
    may_work, may_assign = who.may(Permission.TICKETS_WORK), who.may(Permission.TICKETS_ASSIGN)
    lines = timeline.lines(page.steps, names)
    token = Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token(request))
    return {
        "page": page,
        "ticket": ticket,
        "category": desk.category(ticket.category),
        "haste": words.haste(ticket, now),
        "window": words.window(PLATFORMS.get(page.window.platform, page.window.platform), page.window.left(now))
        if page.window
        else None,
        "lines": lines,
        "news": [one for one in lines if one.id > trouble.seen] if trouble.conflict else [],
        "conflict": trouble.conflict,
        "state": State(
            ticket.code,
            ticket.version,
            seen,
            token,
            trouble.problems,
            trouble.typed,
            await _drafted(console, who.staff.id, ticket),
            trouble.conflict is not None,
        ),
        "open": open_,
        "may_work": may_work,
        "may_assign": may_assign,
        "may_take": may_work
        and open_
        and ticket.assignee_id != who.staff.id
        and (ticket.assignee_id is None or may_assign),
        "may_see_restricted": who.may(Permission.TICKETS_RESTRICTED),
        "may_resend": may_work,
        "startable": ticket.state in STARTABLE,
        "assignees": assignees,
        "positions": sorted(
            ((one.id, one.title) for one in view.unit.positions) if view else (), key=lambda one: one[1]
        ),
        "other_units": [(one, console.unit_name(one)) for one in console.knowledge.units if one != ticket.unit_id],
        "similar": await desk.facts.similar_to(who.staff, ticket) if open_ and may_assign else [],
        "offers": reply_templates.offers(ticket, view),
        "kinds": kinds_for(who.may(Permission.TICKETS_RESTRICTED) or may_assign),
        "categories": [("", "Không xếp việc"), *desk.categories.items()],
        "results": [(one.value, RESULTS[one]) for one in words.CLOSING],
        "accept": uploads.ACCEPTED,
        "apologised": "apology" in ticket.told,
        "late": open_ and ticket.state is not TicketState.WAITING and late_since(ticket, now) is not None,
    }


def kinds_for(restricted: bool) -> list[tuple[str, str]]:
    """What a ticket may be classified as."""
    return [
        (one.value, KINDS[one] + (" (hạn chế)" if one in RESTRICTED_KINDS else ""))
        for one in TicketKind
        if restricted or one not in RESTRICTED_KINDS
    ]


def late_since(ticket: Ticket, now: datetime) -> datetime | None:
    """The due moment that was missed, if any."""
    missed = ticket.late_at or ticket.due_at
    return missed if missed is not None and missed < now else None


async def _drafted(console: Console, staff_id: int, ticket: Ticket) -> Collection[str]:
    prefix = f"ticket:{ticket.code}:"
    return {place.removeprefix(prefix) for place in await console.drafts.places(staff_id, prefix)}


def _names(console: Console, ticket: Ticket, assignees: Sequence[tuple[int, str, str]], who: Signed) -> timeline.Names:
    people = {one: name for one, name, _ in assignees} | {who.staff.id: who.staff.name}
    if ticket.assignee_id is not None:
        people[ticket.assignee_id] = ticket.assignee
    return timeline.Names(people, console.unit_name, console.desk.category)
