"""Channels of the unit: what must be mended, how long their keys last, what the platforms say."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.domain.staff import Permission
from bot.storage.audit import Entry
from bot.storage.directory import Listed
from bot.web.console import reasons
from bot.web.console.auth import signed
from bot.web.console.live import announce
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE

NAV = Nav("Kênh", "/console/channels", Permission.CHANNELS, 700, "channel", "k")
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Line:
    """A channel as the page shows it. `alarm`: what to mend, in words."""

    channel: Listed
    alarm: str
    mend: str


@routes.get("/channels")
@requires(Permission.CHANNELS)
async def channels(request: web.Request) -> web.StreamResponse:
    lines = []
    for one in await _of_unit(request):
        alarm, mend = reasons.alarm(one.alarm) if one.alarm else ("", "")
        lines.append(Line(one, alarm, mend))
    return await render(request, "channels.html", {"lines": lines})


@routes.post(r"/channels/{channel:\d{1,18}}/seen")
@requires(Permission.CHANNELS)
async def notice_seen(request: web.Request) -> web.StreamResponse:
    """The notice was read; with `unblock`, the platform also lets us send again."""
    console, who = request.app[CONSOLE], signed(request)
    channel_id = int(request.match_info["channel"])
    found = next((one for one in await _of_unit(request) if one.id == channel_id), None)
    if found is None:
        raise web.HTTPNotFound
    unblock = (await request.post()).get("unblock") == "1"
    action = "channel.unblocked" if unblock else "channel.notice_read"
    entry = Entry(console.clock.now(), action, f"channel:{channel_id}", who.staff.id, who.unit_id)
    await console.directory.read_notice(found.platform, found.account, unblock=unblock, entry=entry)
    await console.signals.notify("outbox")
    await announce(console.signals, who.unit_id, "channels", "outbox")
    said = "Kênh được gửi lại từ bây giờ." if unblock else "Đã ghi là đã đọc thông báo."
    return see(request, "/console/channels", said)


async def _of_unit(request: web.Request) -> list[Listed]:
    unit_id = signed(request).unit_id
    return [one for one in await request.app[CONSOLE].directory.listed() if one.unit_id == unit_id]
