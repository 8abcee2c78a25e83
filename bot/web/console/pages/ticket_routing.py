"""Who has a ticket and what it counts as: receive, take, assign, transfer, classify anew, join, hold, extend."""

from __future__ import annotations

from aiohttp import web

from bot.domain.errors import InvalidMoveError, NotAllowedError, VersionConflictError
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import Ticket, TicketKind
from bot.web.console.auth import safe_next, signed
from bot.web.console.desk import words
from bot.web.console.desk.doing import Form, FormProblemError, do, number, text
from bot.web.console.desk.finding import CODE, QUEUE
from bot.web.console.permissions import requires
from bot.web.console.rendering import see
from bot.web.console.services import CONSOLE

routes = web.RouteTableDef()


@routes.post(f"/tickets/{CODE}/receive")
@requires(Permission.TICKETS_WORK)
async def receive(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await request.app[CONSOLE].desk.actions.receive(staff, ticket.id, version)

    return await do(request, "receive", step, "Đã tiếp nhận phiếu và báo công dân.")


@routes.post(f"/tickets/{CODE}/take")
@requires(Permission.TICKETS_WORK)
async def take(request: web.Request) -> web.StreamResponse:
    """To oneself."""

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await request.app[CONSOLE].desk.actions.assign(staff, ticket.id, version, staff.id)

    return await do(request, "take", step, "Anh/chị đã nhận phiếu này.")


@routes.post("/tickets/take")
@requires(Permission.TICKETS_WORK)
async def take_from_queue(request: web.Request) -> web.StreamResponse:
    """The line of the queue under the cursor, to oneself, without leaving the queue."""
    who, desk, form = signed(request), request.app[CONSOLE].desk, await request.post()
    back = safe_next(text(form, "back") or QUEUE)
    ticket = await desk.tickets.find(who.staff, text(form, "code"))
    if ticket is None or ticket.unit_id != who.unit_id:
        raise web.HTTPNotFound
    try:
        ticket = await desk.actions.assign(who.staff, ticket.id, number(form, "version"), who.staff.id)
    except VersionConflictError:
        return see(request, back, f"Phiếu {ticket.code} vừa được người khác thay đổi. Xin xem lại rồi nhận.")
    except InvalidMoveError as error:
        return see(request, back, words.refusal(error.reason))
    except NotAllowedError:
        return see(request, back, f"Phiếu {ticket.code} đã có người nhận; chỉ người phân công mới đổi được.")
    return see(request, back, f"Anh/chị đã nhận phiếu {ticket.code}.")


@routes.post(f"/tickets/{CODE}/assign")
@requires(Permission.TICKETS_ASSIGN)
async def assign(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        if not number(form, "assignee"):
            raise FormProblemError("Xin chọn người xử lý.")
        position = text(form, "position") or None
        return await request.app[CONSOLE].desk.actions.assign(
            staff, ticket.id, version, number(form, "assignee"), position
        )

    return await do(request, "assign", step, "Đã phân công.")


@routes.post(f"/tickets/{CODE}/transfer")
@requires(Permission.TICKETS_ASSIGN)
async def transfer(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await request.app[CONSOLE].desk.actions.transfer(
            staff, ticket.id, version, text(form, "unit"), text(form, "reason")
        )

    return await do(request, "transfer", step, "Đã chuyển phiếu và báo công dân.")


@routes.post(f"/tickets/{CODE}/reclassify")
@requires(Permission.TICKETS_ASSIGN)
async def reclassify(request: web.Request) -> web.StreamResponse:
    desk = request.app[CONSOLE].desk

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        kind, category = text(form, "kind"), text(form, "category") or None
        if kind not in {one.value for one in TicketKind} or (category and category not in desk.categories):
            raise FormProblemError("Xin chọn loại phiếu.")
        return await desk.actions.reclassify(
            staff, ticket.id, version, TicketKind(kind), category, text(form, "reason")
        )

    return await do(request, "reclassify", step, "Đã phân loại lại.")


@routes.post(f"/tickets/{CODE}/link")
@requires(Permission.TICKETS_ASSIGN)
async def link(request: web.Request) -> web.StreamResponse:
    desk = request.app[CONSOLE].desk

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        other = await desk.tickets.find(staff, text(form, "other").upper())
        if other is None:
            raise FormProblemError("Không có phiếu mang mã này trong phần việc của anh/chị. Xin kiểm tra lại mã.")
        return await desk.actions.link(staff, ticket.id, version, other.id)

    said = "Đã gộp phiếu. Người gửi phiếu này sẽ nhận câu trả lời của phiếu kia."
    return await do(request, "link", step, said)


@routes.post(f"/tickets/{CODE}/hold")
@requires(Permission.TICKETS_ASSIGN)
async def hold(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await request.app[CONSOLE].desk.actions.hold(
            staff, ticket.id, version, not ticket.legal_hold, text(form, "reason")
        )

    return await do(request, "hold", step, "Đã lưu việc giữ hồ sơ.")


@routes.post(f"/tickets/{CODE}/extend")
@requires(Permission.TICKETS_WORK)
async def extend(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await request.app[CONSOLE].desk.actions.extend(staff, ticket.id, version, text(form, "reason"))

    return await do(request, "extend", step, "Đã lùi hạn và báo công dân lý do.")


@routes.post(f"/tickets/{CODE}/about")
@requires(Permission.TICKETS_RESTRICTED)
async def about(request: web.Request) -> web.StreamResponse:
    """Whom a report about conduct is about: that person never sees it."""

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        chosen = number(form, "person") or None
        return await request.app[CONSOLE].desk.actions.name_person(staff, ticket.id, version, chosen)

    return await do(request, "about", step, "Đã lưu. Người này không xem được phiếu.")
