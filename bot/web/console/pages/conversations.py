"""Talking to citizens live: those who asked for a person first; take over, write, hand back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot import limits
from bot.domain.conversations import ConversationLine, ConversationPage, SaidFile
from bot.domain.errors import ConversationTakenError, InvalidMoveError, NotAllowedError, TicketNotFoundError
from bot.domain.staff import Permission
from bot.web.console.auth import is_htmx, signed
from bot.web.console.desk import files, words
from bot.web.console.desk.doing import text
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE
from bot.web.console.words import PLATFORMS, local_time

routes = web.RouteTableDef()
LIST = "/console/conversations"
_ONE = r"/conversations/{conversation:\d{1,15}}"


async def _waiting(request: web.Request) -> int:
    return await request.app[CONSOLE].desk.news.people_waiting(signed(request).unit_id)


NAV = Nav("Trò chuyện", LIST, Permission.CONVERSATIONS, 110, "chat", "c", _waiting)


@routes.get("/conversations")
@requires(Permission.CONVERSATIONS)
async def conversations(request: web.Request) -> web.StreamResponse:
    who, console = signed(request), request.app[CONSOLE]
    lines = await console.desk.conversations.waiting(who.staff, who.unit_id)
    context = {
        "waiting": [one for one in lines if one.staff_id is None],
        "taken": [one for one in lines if one.staff_id is not None],
        "closed_until": _closed_until(request),
        "window": _window(request),
    }
    return await render(request, "_conversation_list.html" if is_htmx(request) else "conversations.html", context)


@routes.get(_ONE)
@requires(Permission.CONVERSATIONS)
async def conversation(request: web.Request) -> web.StreamResponse:
    return await _show(request)


@routes.get(f"{_ONE}/said")
@requires(Permission.CONVERSATIONS, passive=True)
async def said(request: web.Request) -> web.StreamResponse:
    """What was said, as a fragment; `before`: older than this message."""
    page = await _page(request)
    return await render(request, "_transcript.html", {"page": page, **_links(page)})


@routes.post(f"{_ONE}/take")
@requires(Permission.CONVERSATIONS)
async def take(request: web.Request) -> web.StreamResponse:
    page = await _page(request)
    try:
        await request.app[CONSOLE].desk.conversations.take_over(signed(request).staff, page.line.id)
    except ConversationTakenError as error:
        return see(request, _path(page), f"{error.who} đã nhận cuộc trò chuyện này trước.")
    return see(request, _path(page), "Anh/chị đang trả lời. Trợ lý ảo im lặng, công dân đã được báo.")


@routes.post(f"{_ONE}/write")
@requires(Permission.CONVERSATIONS)
async def write(request: web.Request) -> web.StreamResponse:
    page, form = await _page(request), await request.post()
    who, console = signed(request), request.app[CONSOLE]
    try:
        await console.desk.conversations.write(who.staff, page.line.id, text(form, "text"))
    except InvalidMoveError as error:
        return await _show(request, words.refusal(error.reason), text(form, "text"), status=422)
    except NotAllowedError:
        problem = (
            "Anh/chị không còn giữ cuộc trò chuyện này (đã trả lại trợ lý hoặc người khác nhận). Nhận lại rồi gửi."
        )
        return await _show(request, problem, text(form, "text"), status=409)
    await console.drafts.forget(who.staff.id, f"conversation:{page.line.id}")
    return see(request, f"{_path(page)}#write")


@routes.post(f"{_ONE}/back")
@requires(Permission.CONVERSATIONS)
async def back(request: web.Request) -> web.StreamResponse:
    page = await _page(request)
    try:
        await request.app[CONSOLE].desk.conversations.hand_back(signed(request).staff, page.line.id)
    except NotAllowedError:
        raise web.HTTPForbidden from None
    return see(request, LIST, "Đã trả cuộc trò chuyện lại cho trợ lý ảo.")


@routes.get(f"{_ONE}/files/{{file:\\d{{1,15}}}}")
@requires(Permission.CONVERSATIONS)
async def file(request: web.Request) -> web.StreamResponse:
    found = await _file(request)
    name = found.name or f"tep-{found.media_id}"
    return files.response(await files.read(request, found.file_key), found.content_type, name)


@routes.get(f"{_ONE}/files/{{file:\\d{{1,15}}}}/thumbnail")
@requires(Permission.CONVERSATIONS)
async def small_picture(request: web.Request) -> web.StreamResponse:
    found = await _file(request)
    return await files.small(await files.read(request, found.file_key), found.content_type)


async def _show(request: web.Request, problem: str = "", typed: str = "", *, status: int = 200) -> web.StreamResponse:
    page, who = await _page(request), signed(request)
    context = {
        "page": page,
        "line": page.line,
        "mine": page.line.staff_id == who.staff.id,
        "may_hand_back": page.line.staff_id == who.staff.id or who.may(Permission.TICKETS_ASSIGN),
        "problem": problem,
        "typed": typed,
        "closed_until": _closed_until(request),
        "window": _window(request)(page.line),
        "idle": limits.TAKEOVER_IDLE,
        **_links(page),
    }
    return await render(request, "conversation.html", context, status=status)


async def _page(request: web.Request) -> ConversationPage:
    """The conversation of the address, of the unit worked for just now. Raises HTTPNotFound."""
    who = signed(request)
    before = request.query.get("before", "")
    try:
        page = await request.app[CONSOLE].desk.conversations.page(
            who.staff, int(request.match_info["conversation"]), int(before[:15]) if before.isdecimal() else None
        )
    except TicketNotFoundError:
        raise web.HTTPNotFound from None
    if page.line.unit_id != who.unit_id:
        raise web.HTTPNotFound
    return page


async def _file(request: web.Request) -> SaidFile:
    """A file of a message the person may see; the link says near which message it is."""
    page, wanted = await _page(request), int(request.match_info["file"])
    found = next((file for one in page.said for file in one.files if file.media_id == wanted), None)
    if found is None or found.state != "kept":
        raise web.HTTPNotFound
    return found


def _path(page: ConversationPage) -> str:
    return f"{LIST}/{page.line.id}"


def _links(page: ConversationPage) -> dict[str, Any]:
    return {"more": f"{_path(page)}/said", "media": f"{_path(page)}/files"}


def _window(request: web.Request) -> Callable[[ConversationLine], words.Haste]:
    now = request.app[CONSOLE].clock.now()
    return lambda line: words.window(PLATFORMS.get(line.platform, line.platform), line.window.left(now))


def _closed_until(request: web.Request) -> str:
    """When the office opens again; empty while it is open or publishes no hours."""
    console = request.app[CONSOLE]
    view, now = console.view(signed(request).unit_id), console.clock.now()
    if view is None or not view.hours or view.is_open(now):
        return ""
    opening = view.next_opening(now)
    return local_time(opening) if opening else ""
