"""The audit trail: who did what, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web

from bot import limits
from bot.domain.staff import Permission
from bot.domain.views import LOCAL_ZONE
from bot.web.console import words
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render
from bot.web.console.services import CONSOLE

NAV = Nav("Nhật ký", "/console/audit", Permission.AUDIT, 800, "audit", "n")
routes = web.RouteTableDef()


@routes.get("/audit")
@requires(Permission.AUDIT)
async def trail(request: web.Request) -> web.StreamResponse:
    console, who, query = request.app[CONSOLE], signed(request), request.query
    chosen = {name: query.get(name, "") for name in ("action", "staff", "since", "until")}
    since, until = _day(chosen["since"]), _day(chosen["until"])
    rows = await console.audit.page(
        [who.unit_id],
        action=chosen["action"],
        staff_id=_number(chosen["staff"]),
        since=since,
        until=until + timedelta(days=1) if until else None,
        before=_number(query.get("before", "")),
        limit=limits.CONSOLE_ROWS + 1,
    )
    shown = rows[: limits.CONSOLE_ROWS]
    kept = {name: value for name, value in chosen.items() if value}
    people = [(one.id, one.name) for one in await console.staff.of_unit(who.unit_id)]
    context = {
        "rows": shown,
        "names": dict(people),
        "chosen": chosen,
        "filtered": bool(kept),
        "actions": [(one, words.action(one)) for one in await console.audit.actions([who.unit_id])],
        "people": people,
        "older": f"/console/audit?{urlencode({**kept, 'before': shown[-1].id})}" if len(rows) > len(shown) else "",
        "newest": f"/console/audit?{urlencode(kept)}" if query.get("before") else "",
    }
    return await render(request, "audit.html", context)


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=LOCAL_ZONE)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
