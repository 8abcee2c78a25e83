"""What staff say about a ticket: to the citizen, to one another, and how it ends."""

from __future__ import annotations

from aiohttp import web

from bot import limits
from bot.domain import topics
from bot.domain.errors import InvalidMoveError
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import Refusal, Ticket, TicketResult
from bot.storage.audit import Entry
from bot.web.console.auth import signed
from bot.web.console.desk import reply_templates, uploads
from bot.web.console.desk.doing import Form, FormProblemError, do, number, text
from bot.web.console.desk.finding import CODE, path_of, ticket_of
from bot.web.console.permissions import requires
from bot.web.console.rendering import see
from bot.web.console.services import CONSOLE, Console

routes = web.RouteTableDef()


@routes.post(f"/tickets/{CODE}/reply")
@requires(Permission.TICKETS_WORK, body=limits.STAFF_UPLOAD_BYTES)
async def reply(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        words = _words(console, ticket, form, "text")
        files = await uploads.keep(form.getall("files", []), console.desk.media)
        return await console.desk.actions.reply(staff, ticket.id, version, words, files, final="interim" not in form)

    return await do(request, "reply", step, "Đã gửi câu trả lời cho công dân.")


@routes.post(f"/tickets/{CODE}/ask")
@requires(Permission.TICKETS_WORK)
async def ask(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await console.desk.actions.ask(staff, ticket.id, version, _words(console, ticket, form, "question"))

    return await do(request, "ask", step, "Đã gửi câu hỏi. Thời hạn tạm dừng cho đến khi công dân trả lời.")


@routes.post(f"/tickets/{CODE}/resume")
@requires(Permission.TICKETS_WORK)
async def resume(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await request.app[CONSOLE].desk.actions.resume(staff, ticket.id, version)

    return await do(request, "resume", step, "Thôi chờ công dân; thời hạn chạy tiếp.")


@routes.post(f"/tickets/{CODE}/note")
@requires(Permission.TICKETS_WORK, body=limits.STAFF_UPLOAD_BYTES)
async def note(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        if not text(form, "text"):
            raise InvalidMoveError(Refusal.TEXT_MISSING)
        files = await uploads.keep(form.getall("files", []), console.desk.media)
        return await console.desk.actions.note(staff, ticket.id, version, text(form, "text"), files)

    return await do(request, "note", step, "Đã lưu ghi chú nội bộ.")


@routes.post(f"/tickets/{CODE}/call")
@requires(Permission.TICKETS_WORK)
async def call(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        reached = text(form, "reached")
        if reached not in {"yes", "no"}:
            raise FormProblemError("Xin chọn đã gặp được công dân hay chưa.")
        return await request.app[CONSOLE].desk.actions.record_call(
            staff, ticket.id, version, reached == "yes", text(form, "text")
        )

    return await do(request, "call", step, "Đã ghi kết quả gọi điện.")


@routes.post(f"/tickets/{CODE}/close")
@requires(Permission.TICKETS_WORK)
async def close(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]

    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        result = text(form, "result")
        if result not in {one.value for one in TicketResult}:
            raise FormProblemError("Xin chọn kết quả.")
        answer = _words(console, ticket, form, "answer")
        return await console.desk.actions.close(
            staff, ticket.id, version, TicketResult(result), text(form, "reason"), answer
        )

    return await do(request, "close", step, "Đã đóng phiếu và báo công dân.")


@routes.post(f"/tickets/{CODE}/reopen")
@requires(Permission.TICKETS_WORK)
async def reopen(request: web.Request) -> web.StreamResponse:
    async def step(staff: Staff, ticket: Ticket, version: int, form: Form) -> Ticket:
        return await request.app[CONSOLE].desk.actions.reopen(staff, ticket.id, version, text(form, "reason"))

    return await do(request, "reopen", step, "Đã mở lại phiếu, tính hạn mới.")


@routes.post(f"/tickets/{CODE}/resend")
@requires(Permission.TICKETS_WORK)
async def resend(request: web.Request) -> web.StreamResponse:
    """A message of this ticket that did not arrive is put in line again."""
    ticket, console = await ticket_of(request), request.app[CONSOLE]
    page = await console.desk.tickets.page(signed(request).staff, ticket.id)
    outbox_id = number(await request.post(), "outbox_id")
    if outbox_id not in {one.outbox_id for one in page.undelivered}:
        raise web.HTTPNotFound
    who = signed(request)
    entry = Entry(console.clock.now(), "outbox.resent", f"outbox:{outbox_id}", who.staff.id, who.unit_id)
    await console.outbox.resend(outbox_id=outbox_id, entry=entry)
    await console.signals.notify(topics.OUTBOX)
    return see(request, path_of(ticket), "Đã xếp tin vào hàng gửi lại.")


def _words(console: Console, ticket: Ticket, form: Form, name: str) -> str:
    """The text with its variables filled. Raises UnfilledError, FormProblemError."""
    words = reply_templates.filled(text(form, name), ticket, console.view(ticket.unit_id))
    if len(words) > limits.REPLY_CHARACTERS:
        raise FormProblemError(
            f"Nội dung dài {len(words)} ký tự, quá {limits.REPLY_CHARACTERS}. Xin rút ngắn hoặc gửi làm hai lần."
        )
    return words
