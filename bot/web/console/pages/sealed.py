"""The sealed box: words of denunciations, for the appointed officer alone."""

from __future__ import annotations

from aiohttp import web

from bot import limits
from bot.domain.errors import InvalidMoveError, TicketNotFoundError
from bot.domain.staff import Permission
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE

routes = web.RouteTableDef()
BOX = "/console/sealed"
_ONE = r"/sealed/{sealed:\d{1,15}}"


async def _waiting(request: web.Request) -> int:
    return (await request.app[CONSOLE].desk.sealed.counts(signed(request).unit_id)).waiting


NAV = Nav("Nội dung niêm phong", BOX, Permission.SEALED_READ, 130, "lock", "m", _waiting)


@routes.get("/sealed")
@requires(Permission.SEALED_READ)
async def box(request: web.Request) -> web.StreamResponse:
    who, desk = signed(request), request.app[CONSOLE].desk
    before = request.query.get("before", "")[:15]
    lines, more = await desk.sealed.lines(who.staff, who.unit_id, int(before) if before.isdecimal() else None)
    context = {
        "lines": lines,
        "counts": await desk.sealed.counts(who.unit_id),
        "older": f"{BOX}?before={lines[-1].id}" if more else "",
        "newer": BOX if before else "",
        "days": limits.SEALED_WORKING_DAYS,
    }
    return await render(request, "sealed.html", context)


@routes.post(f"{_ONE}/open")
@requires(Permission.SEALED_READ)
async def open_sealed(request: web.Request) -> web.StreamResponse:
    who, desk = signed(request), request.app[CONSOLE].desk
    sealed_id = int(request.match_info["sealed"])
    try:
        words = await desk.sealed.open(who.staff, who.unit_id, sealed_id)
    except TicketNotFoundError:
        raise web.HTTPNotFound from None
    except InvalidMoveError:
        return see(request, BOX, "Nội dung này đã được xóa sau khi bàn giao.")
    context = {"words": words, "sealed_id": sealed_id, "days": limits.SEALED_WORKING_DAYS}
    return await render(request, "sealed_open.html", context)


@routes.post(f"{_ONE}/hand-over")
@requires(Permission.SEALED_READ)
async def hand_over(request: web.Request) -> web.StreamResponse:
    who, desk = signed(request), request.app[CONSOLE].desk
    try:
        await desk.sealed.hand_over(who.staff, who.unit_id, int(request.match_info["sealed"]))
    except TicketNotFoundError:
        raise web.HTTPNotFound from None
    except InvalidMoveError:
        return see(request, BOX, "Chưa ghi bàn giao: nội dung chưa mở, hoặc đã bàn giao rồi.")
    days = limits.SEALED_WORKING_DAYS
    return see(request, BOX, f"Đã ghi bàn giao. Nội dung sẽ bị xóa khỏi hệ thống sau {days} ngày làm việc.")
