"""Messages that did not reach the citizen, with the reason in words and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bot import limits
from bot.domain.messages import Stuck
from bot.domain.staff import Permission
from bot.storage.audit import Entry
from bot.web.console import reasons
from bot.web.console.auth import signed
from bot.web.console.live import announce
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE


@dataclass(frozen=True, slots=True)
class Line:
    message: Stuck
    why: str
    mend: str
    ticket: str
    phone: str


async def waiting(request: web.Request) -> int:
    return len(await request.app[CONSOLE].outbox.stuck(signed(request).unit_id))


NAV = Nav("Tin chưa gửi", "/console/outbox", Permission.OUTBOX, 120, "outbox", "u", waiting)
routes = web.RouteTableDef()


@routes.get("/outbox")
@requires(Permission.OUTBOX)
async def undelivered(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    stuck = await console.outbox.stuck(who.unit_id)
    shown = stuck[: limits.CONSOLE_ROWS]
    seen = await console.desk.tickets.phones(who.staff, who.unit_id, {one.ticket for one in shown if one.ticket})
    lines = [Line(one, *reasons.undelivered(one), *_about(one, seen)) for one in shown]
    return await render(request, "outbox.html", {"lines": lines, "more": len(stuck) - len(lines)})


def _about(one: Stuck, seen: Mapping[str, tuple[int | None, str | None]]) -> tuple[str, str]:
    """Code of the ticket and number of its citizen, as far as the person may see them; a follower's is not known."""
    if one.ticket is None or one.ticket not in seen:
        return "", ""
    conversation_id, phone = seen[one.ticket]
    return one.ticket, phone or "" if conversation_id == one.conversation_id else ""


@routes.post(r"/outbox/{message:\d{1,18}}/resend")
@requires(Permission.OUTBOX)
async def resend(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    message = int(request.match_info["message"])
    if message not in {one.id for one in await console.outbox.stuck(who.unit_id)}:
        raise web.HTTPNotFound
    entry = Entry(console.clock.now(), "outbox.resent", f"outbox:{message}", who.staff.id, who.unit_id)
    count = await console.outbox.resend(outbox_id=message, entry=entry)
    await console.signals.notify("outbox")
    await announce(console.signals, who.unit_id, "outbox")
    said = "Tin đã được xếp lại để gửi." if count else "Tin đang được gửi hoặc vừa gửi xong."
    return see(request, "/console/outbox", said)
