"""One ticket's page, its files, who else has it before them, and its printed sheet."""

from __future__ import annotations

from aiohttp import web

from bot.domain.staff import Permission
from bot.domain.tickets import Ticket, TicketFile
from bot.web.console.auth import signed
from bot.web.console.desk import files
from bot.web.console.desk.finding import CODE, ticket_of
from bot.web.console.desk.ticket_view import show
from bot.web.console.permissions import requires
from bot.web.console.rendering import render
from bot.web.console.services import CONSOLE

routes = web.RouteTableDef()


@routes.get(f"/tickets/{CODE}")
@requires(Permission.TICKETS_READ)
async def ticket_page(request: web.Request) -> web.StreamResponse:
    return await show(request, await ticket_of(request))


@routes.post(f"/tickets/{CODE}/presence")
@requires(Permission.TICKETS_READ, passive=True)
async def presence(request: web.Request) -> web.StreamResponse:
    """Says that the person has the page before them; who else has, and whether it changed since `version`."""
    ticket = await ticket_of(request)
    who, desk, form = signed(request), request.app[CONSOLE].desk, await request.post()
    present = await desk.tickets.look(who.staff, ticket.id)
    version = str(form.get("version", ""))
    changed = version.isdecimal() and int(version) < ticket.version
    return await render(request, "_ticket_presence.html", {"present": present, "changed": changed, "ticket": ticket})


@routes.post(f"/tickets/{CODE}/leave")
@requires(Permission.TICKETS_READ, passive=True)
async def leave(request: web.Request) -> web.StreamResponse:
    ticket = await ticket_of(request)
    await request.app[CONSOLE].desk.tickets.leave(signed(request).staff, ticket.id)
    return web.Response(status=204)


@routes.get(f"/tickets/{CODE}/conversation")
@requires(Permission.TICKETS_READ)
async def conversation(request: web.Request) -> web.StreamResponse:
    """What was said in the citizen's conversation, as a fragment; `before`: older than this message."""
    ticket = await ticket_of(request)
    if ticket.conversation_id is None:
        raise web.HTTPNotFound
    before = request.query.get("before", "")
    page = await request.app[CONSOLE].desk.conversations.page(
        signed(request).staff, ticket.conversation_id, int(before) if before.isdecimal() else None
    )
    context = {"page": page, "more": f"/console/tickets/{ticket.code}/conversation", "media": ""}
    return await render(request, "_transcript.html", context)


@routes.get(f"/tickets/{CODE}/files/{{file:\\d+}}")
@requires(Permission.TICKETS_READ)
async def file(request: web.Request) -> web.StreamResponse:
    ticket = await ticket_of(request)
    found = await _file(request, ticket)
    content = await files.read(request, found.file_key)
    return files.response(content, found.content_type, found.name or f"{ticket.code}-{found.id}")


@routes.get(f"/tickets/{CODE}/files/{{file:\\d+}}/thumbnail")
@requires(Permission.TICKETS_READ)
async def small_picture(request: web.Request) -> web.StreamResponse:
    found = await _file(request, await ticket_of(request))
    return await files.small(await files.read(request, found.file_key), found.content_type)


async def _file(request: web.Request, ticket: Ticket) -> TicketFile:
    page = await request.app[CONSOLE].desk.tickets.page(signed(request).staff, ticket.id)
    found = next((one for one in page.files if one.id == int(request.match_info["file"])), None)
    if found is None or not found.file_key or found.state != "kept":
        raise web.HTTPNotFound
    return found
