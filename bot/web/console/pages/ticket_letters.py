"""Papers of a ticket: its printed sheet, and the letter of apology when it is late (domain paper 6.5)."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from bot import limits
from bot.domain.errors import InvalidMoveError
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import Ticket, TicketEvent, TicketPage
from bot.domain.views import LOCAL_ZONE
from bot.web.console.auth import signed
from bot.web.console.desk import recording, timeline, words
from bot.web.console.desk.doing import Form, FormProblemError, do, text
from bot.web.console.desk.finding import CODE, ticket_of
from bot.web.console.permissions import requires
from bot.web.console.rendering import render
from bot.web.console.services import CONSOLE

routes = web.RouteTableDef()


@routes.get(f"/tickets/{CODE}/print")
@requires(Permission.TICKETS_READ)
async def sheet(request: web.Request) -> web.StreamResponse:
    ticket, console = await ticket_of(request), request.app[CONSOLE]
    page = await console.desk.tickets.page(signed(request).staff, ticket.id)
    if ticket.restricted:
        await recording.record(request, "ticket.printed", ticket)
    people = {ticket.assignee_id: ticket.assignee} if ticket.assignee_id else {}
    names = timeline.Names(people, console.unit_name, console.desk.category)
    context = {
        "page": page,
        "ticket": ticket,
        "lines": timeline.lines(page.steps[-limits.PRINT_STEPS :], names),
        "category": console.desk.category(ticket.category),
        **_head(request, ticket),
    }
    return await render(request, "ticket_sheet.html", context)


@routes.get(f"/tickets/{CODE}/apology")
@requires(Permission.TICKETS_WORK)
async def apology(request: web.Request) -> web.StreamResponse:
    return await _letter_page(request, await ticket_of(request))


@routes.post(f"/tickets/{CODE}/apology-draft")
@requires(Permission.TICKETS_WORK)
async def draft(request: web.Request) -> web.StreamResponse:
    """The letter from the reason and the new day, to be read and mended."""
    ticket, form = await ticket_of(request), await request.post()
    reason, day = text(form, "reason"), _day(form)
    if not reason or day is None:
        problem = "Xin ghi lý do chậm." if not reason else "Xin chọn ngày hẹn mới."
        return await _letter_page(request, ticket, form, problem=problem, status=422)
    try:
        letter = await request.app[CONSOLE].desk.actions.apology_draft(signed(request).staff, ticket.id, reason, day)
    except InvalidMoveError as error:
        return await _letter_page(request, ticket, form, problem=words.refusal(error.reason), status=422)
    return await _letter_page(request, ticket, form, letter=letter)


@routes.post(f"/tickets/{CODE}/apology-print")
@requires(Permission.TICKETS_WORK)
async def print_draft(request: web.Request) -> web.StreamResponse:
    """The letter as it is typed, laid out for the head's signature."""
    ticket, form = await ticket_of(request), await request.post()
    return await _paper(request, ticket, text(form, "letter")[: limits.REPLY_CHARACTERS])


@routes.get(f"/tickets/{CODE}/apology-print")
@requires(Permission.TICKETS_READ)
async def print_sent(request: web.Request) -> web.StreamResponse:
    """The letter that was sent."""
    ticket = await ticket_of(request)
    letter = _sent(await request.app[CONSOLE].desk.tickets.page(signed(request).staff, ticket.id))
    if not letter:
        raise web.HTTPNotFound
    return await _paper(request, ticket, letter)


@routes.post(f"/tickets/{CODE}/apology")
@requires(Permission.TICKETS_WORK)
async def send(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        day = _day(form)
        if day is None:
            raise FormProblemError("Xin chọn ngày hẹn mới.")
        return await request.app[CONSOLE].desk.actions.apologise(staff, ticket.id, version, text(form, "letter"), day)

    said = "Đã gửi thư xin lỗi và hẹn ngày mới."
    return await do(request, "apology", step, said)


async def _letter_page(
    request: web.Request, ticket: Ticket, form: Form | None = None, *, letter: str = "", problem: str = "",
    status: int = 200,
) -> web.StreamResponse:  # fmt: skip
    context = {
        "ticket": ticket,
        "letter": letter,
        "problem": problem,
        "reason": text(form, "reason") if form is not None else "",
        "new_day": text(form, "new_day") if form is not None else "",
        "today": request.app[CONSOLE].clock.now().astimezone(LOCAL_ZONE).date().isoformat(),
        "done": "apology" in ticket.told,
    }
    return await render(request, "apology.html", context, status=status)


async def _paper(request: web.Request, ticket: Ticket, letter: str) -> web.StreamResponse:
    return await render(request, "apology_paper.html", {"ticket": ticket, "letter": letter, **_head(request, ticket)})


def _head(request: web.Request, ticket: Ticket) -> dict[str, object]:
    """What a paper of the unit begins with."""
    console = request.app[CONSOLE]
    today = console.clock.now().astimezone(LOCAL_ZONE).date()
    return {
        "authority": console.unit_name(ticket.unit_id),
        "place_of_day": f"{today:Ngày %d tháng %m năm %Y}",
    }


def _sent(page: TicketPage) -> str:
    return next((step.text for step in reversed(page.steps) if step.kind is TicketEvent.APOLOGY), "")


def _day(form: Form) -> date | None:
    try:
        return date.fromisoformat(text(form, "new_day"))
    except ValueError:
        return None
