"""A ticket typed in by staff, for somebody at the counter or on the telephone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import web

from bot import limits
from bot.domain import topics
from bot.domain.errors import NotAllowedError
from bot.domain.filing import Filing
from bot.domain.staff import Permission
from bot.domain.tickets import TicketKind
from bot.web.console.auth import signed
from bot.web.console.desk.doing import text
from bot.web.console.desk.finding import path_of
from bot.web.console.desk.ticket_view import kinds_for
from bot.web.console.permissions import requires
from bot.web.console.rendering import render, see
from bot.web.console.services import CONSOLE

routes = web.RouteTableDef()
DRAFT = "ticket:new"
_PHONE = re.compile(r"(?:\+?84|0)(\d{9,10})")


@routes.get("/tickets/new")
@requires(Permission.TICKETS_WORK)
async def new_ticket(request: web.Request) -> web.StreamResponse:
    return await _form(request, {}, {})


@routes.post("/tickets/new")
@requires(Permission.TICKETS_WORK)
async def file_ticket(request: web.Request) -> web.StreamResponse:
    who, console, form = signed(request), request.app[CONSOLE], await request.post()
    typed = {name: text(form, name) for name in ("kind", "category", "text", "place", "hamlet", "phone", "anonymous")}
    phone, problems = _phone(typed["phone"]), {}
    if typed["kind"] not in {one.value for one in TicketKind}:
        problems["kind"] = "Xin chọn loại phiếu."
    if not typed["text"]:
        problems["text"] = "Xin ghi điều công dân nêu."
    elif len(typed["text"]) > limits.TICKET_TEXT_CHARACTERS:
        problems["text"] = f"Nội dung quá {limits.TICKET_TEXT_CHARACTERS} ký tự. Xin rút ngắn."
    if typed["phone"] and phone is None:
        problems["phone"] = "Số điện thoại không đúng. Ví dụ: 0912 345 678."
    if problems:
        return await _form(request, typed, problems, status=422)
    try:
        ticket = await console.desk.filing.file_by_hand(
            who.staff, who.unit_id, _filing(typed, phone, console.desk.categories)
        )
    except NotAllowedError:
        problems["kind"] = "Vai trò của anh/chị không lập được loại phiếu hạn chế này. Xin mời công dân gặp lãnh đạo."
        return await _form(request, typed, problems, status=422)
    await console.drafts.forget(who.staff.id, DRAFT)
    await console.signals.notify(topics.console(who.unit_id))
    return see(request, path_of(ticket), f"Đã lập phiếu {ticket.code}. Đọc hoặc ghi mã phiếu cho công dân.")


def _filing(typed: Mapping[str, str], phone: str | None, categories: Mapping[str, str]) -> Filing:
    return Filing(
        kind=TicketKind(typed["kind"]),
        text=typed["text"],
        category=typed["category"] if typed["category"] in categories else None,
        place=typed["place"][:300],
        hamlet=typed["hamlet"][:120] or None,
        phone=phone,
        anonymous=bool(typed["anonymous"]),
    )


async def _form(
    request: web.Request, typed: dict[str, str], problems: dict[str, str], *, status: int = 200
) -> web.StreamResponse:
    who, console = signed(request), request.app[CONSOLE]
    view = console.view(who.unit_id)
    context = {
        "typed": typed,
        "problems": problems,
        "kinds": kinds_for(who.may(Permission.TICKETS_RESTRICTED)),
        "categories": [("", "Không xếp việc"), *console.desk.categories.items()],
        "hamlets": [(one.name, one.name) for one in view.unit.hamlets] if view else [],
        "draft": DRAFT,
    }
    return await render(request, "ticket_new.html", context, status=status)


def _phone(typed: str) -> str | None:
    """A Vietnamese number as E.164; None when it is none."""
    found = _PHONE.fullmatch(re.sub(r"[\s.()-]", "", typed))
    return f"+84{found[1]}" if found else None
