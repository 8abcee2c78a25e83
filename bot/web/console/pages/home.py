"""The first page: what needs a person now, and where to go."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.domain.staff import Permission
from bot.web.console.attention import SOURCES
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Attention, Nav, render

NAV = Nav("Trang chính", "/console/", Permission.ANY, 0, "home", "h")
routes = web.RouteTableDef()


@routes.get("/")
@requires(Permission.ANY)
async def home(request: web.Request) -> web.StreamResponse:
    who = signed(request)
    found: list[Attention] = []
    for permission, source in SOURCES:
        if who.may(permission):
            found += await source(request)
    return await render(request, "home.html", {"attention": found, "roles": _roles(request)})


def _roles(request: web.Request) -> Sequence[str]:
    who = signed(request)
    return sorted(who.staff.roles.get(who.unit_id, ()))
