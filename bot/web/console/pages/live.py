"""What open pages ask for by themselves: changes, who else is there, and keeping what is being typed."""

from __future__ import annotations

import json

from aiohttp import web

from bot import limits
from bot.domain.staff import Permission
from bot.web.console import live
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import render
from bot.web.console.services import CONSOLE

_PLACE = "{place:[a-z][A-Za-z0-9:_.-]{0,119}}"
routes = web.RouteTableDef()
setup = live.setup


@routes.get("/live")
@requires(Permission.ANY, passive=True)
async def changes(request: web.Request) -> web.StreamResponse:
    """`?topic=` once for each topic; all must be open to whoever asks."""
    topics = sorted(set(request.query.getall("topic", [])))
    if not topics or len(topics) > limits.LIVE_TOPICS:
        raise web.HTTPBadRequest
    for topic in topics:
        permission = live.permission_of(topic)
        if permission is None:
            raise web.HTTPBadRequest
        if not signed(request).may(permission):
            raise web.HTTPForbidden
    return await live.stream(request, topics)


@routes.post("/presence/" + _PLACE)
@requires(Permission.ANY, passive=True)
async def presence(request: web.Request) -> web.StreamResponse:
    """The page of a topic is open; the others who have it open, as a fragment."""
    console, who, place = request.app[CONSOLE], signed(request), request.match_info["place"]
    permission = live.permission_of(place)
    if permission is None:
        raise web.HTTPNotFound
    if not who.may(permission):
        raise web.HTTPForbidden
    here = live.Presence(console.cache, console.clock)
    await here.seen(who.unit_id, place, who.staff)
    return await render(request, "_presence.html", {"others": await here.others(who.unit_id, place, who.staff.id)})


@routes.get("/drafts/" + _PLACE)
@requires(Permission.ANY)
async def read_draft(request: web.Request) -> web.StreamResponse:
    draft = await request.app[CONSOLE].drafts.read(signed(request).staff.id, request.match_info["place"])
    if draft is None:
        return web.Response(status=204)
    return web.json_response({"content": dict(draft.content), "updated_at": draft.updated_at.isoformat()})


@routes.put("/drafts/" + _PLACE)
@requires(Permission.ANY, body=limits.DRAFT_BYTES)
async def keep_draft(request: web.Request) -> web.StreamResponse:
    try:
        content = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(content, dict):
        raise web.HTTPBadRequest
    await request.app[CONSOLE].drafts.keep(signed(request).staff.id, request.match_info["place"], content)
    return web.Response(status=204)


@routes.delete("/drafts/" + _PLACE)
@requires(Permission.ANY)
async def forget_draft(request: web.Request) -> web.StreamResponse:
    await request.app[CONSOLE].drafts.forget(signed(request).staff.id, request.match_info["place"])
    return web.Response(status=204)
