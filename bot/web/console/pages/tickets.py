"""The queue: folders, filters, search, many assigned at once, and the quiet word that something is new."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from bot import limits
from bot.domain.errors import ThanThienError, VersionConflictError
from bot.domain.staff import Permission
from bot.domain.ticket_names import KINDS, STATES
from bot.domain.tickets import Folder, TicketKind, TicketState
from bot.web.console.auth import safe_next, signed
from bot.web.console.desk import words
from bot.web.console.desk.finding import QUEUE, address, filter_of, is_filtered
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE

routes = web.RouteTableDef()
FOLDERS = (
    Folder.ALL, Folder.MINE, Folder.UNASSIGNED, Folder.DUE_SOON, Folder.OVERDUE, Folder.WAITING, Folder.DONE,
)  # fmt: skip


async def _overdue(request: web.Request) -> int:
    who = signed(request)
    return await request.app[CONSOLE].desk.news.count(who.staff, who.unit_id, Folder.OVERDUE)


NAV = Nav("Phiếu", QUEUE, Permission.TICKETS_READ, 100, "queue", "p", _overdue)


@routes.get("/tickets")
@requires(Permission.TICKETS_READ)
async def queue(request: web.Request) -> web.StreamResponse:
    who, desk, query = signed(request), request.app[CONSOLE].desk, request.query
    chosen = filter_of(query)
    page = await desk.tickets.queue(who.staff, who.unit_id, chosen, query.get("after"))
    counts = await desk.tickets.counts(who.staff, who.unit_id)
    choices = await desk.tickets.choices(who.staff, who.unit_id)
    context = {
        "chosen": chosen,
        "page": page,
        "folders": [(address({}, folder=one.value), words.TABS[one], counts[one]) for one in FOLDERS],
        "here": address({}, folder=chosen.folder.value),
        "older": address(query, after=page.next) if page.next else "",
        "is_first": not query.get("after"),
        "first": address(query),
        "filtered": is_filtered(query),
        "all_in_folder": address({}, folder=chosen.folder.value),
        "empty": words.EMPTY[chosen.folder],
        "kinds": [(one.value, KINDS[one]) for one in TicketKind],
        "states": [(one.value, STATES[one]) for one in TicketState],
        "categories": [(one, desk.category(one)) for one in choices["category"]],
        "hamlets": [(one, one) for one in choices["hamlet"]],
        "platforms": choices["platform"],
        "assignees": await desk.tickets.assignees(who.staff, who.unit_id),
        "may_assign": who.may(Permission.TICKETS_ASSIGN),
        "may_work": who.may(Permission.TICKETS_WORK),
        "category": desk.category,
    }
    return await render(request, "queue.html", context)


@routes.get("/tickets/news")
@requires(Permission.TICKETS_READ, passive=True)
async def news(request: web.Request) -> web.StreamResponse:
    """The bar above the queue; empty while nothing came after the moment the page was made."""
    who, console = signed(request), request.app[CONSOLE]
    try:
        since = datetime.fromisoformat(request.query.get("since", ""))
        if since.tzinfo is None:
            raise ValueError
    except ValueError:
        raise web.HTTPBadRequest from None
    found = await console.desk.news.since(who.staff, who.unit_id, since)
    context = {"news": found, "since": since, "back": safe_next(request.query.get("back", ""))}
    return await render(request, "_queue_news.html", context)


@routes.post("/tickets/assign")
@requires(Permission.TICKETS_ASSIGN)
async def assign_many(request: web.Request) -> web.StreamResponse:
    who, desk, form = signed(request), request.app[CONSOLE].desk, await request.post()
    back = safe_next(str(form.get("back", QUEUE)))
    versions: dict[int, int] = {}
    for chosen in form.getall("chosen", []):
        ticket_id, _, version = str(chosen).partition(":")
        if ticket_id.isdecimal() and version.isdecimal():
            versions[int(ticket_id)] = int(version)
    assignee = str(form.get("assignee", ""))
    if not versions or not assignee.isdecimal():
        return see(request, back, "Chưa giao phiếu nào: xin chọn phiếu và chọn người nhận.")
    done, failed = await desk.actions.assign_many(who.staff, versions, int(assignee))
    left_out = max(0, len(versions) - limits.ASSIGN_AT_ONCE)
    return see(request, back, _outcome(len(done), list(failed.values()), left_out, done[0].assignee if done else ""))


def _outcome(done: int, failed: list[ThanThienError], left_out: int, name: str) -> str:
    said = f"Đã giao {done} phiếu cho {name}." if done else "Chưa giao được phiếu nào."
    changed = sum(isinstance(one, VersionConflictError) for one in failed)
    if changed:
        said += f" {changed} phiếu vừa được người khác thay đổi, xin xem lại rồi giao."
    if len(failed) > changed:
        said += f" {len(failed) - changed} phiếu không giao được cho người này."
    return said + (f" {left_out} phiếu vượt quá số giao một lần." if left_out else "")
