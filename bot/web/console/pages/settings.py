"""How the unit works: whether what one person wrote must be published by another, and when records grow stale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot.domain.errors import WrongStateError
from bot.domain.records import FreshnessRules
from bot.domain.staff import Permission
from bot.domain.views import UnitView
from bot.storage.editing import Key
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.records.working import view_of
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE
from knowledge.files import mend

NAV = Nav("Cài đặt đơn vị", "/console/settings", Permission.SETTINGS, 650, "settings", "s")
routes = web.RouteTableDef()
DAYS = ("check_every_days", "warn_after_days", "refuse_after_days")


@routes.get("/settings")
@requires(Permission.SETTINGS)
async def settings(request: web.Request) -> web.StreamResponse:
    unit = view_of(request).unit
    own = unit.freshness.model_dump() if unit.freshness else {}
    typed = {name: str(own.get(name, "")) for name in DAYS}
    return await _page(request, {**typed, "four_eyes": {None: "", True: "yes", False: "no"}[unit.four_eyes]})


@routes.post("/settings")
@requires(Permission.SETTINGS)
async def save(request: web.Request) -> web.StreamResponse:
    """Holds at once; in the history of the unit as every other change of it."""
    console, who, form = request.app[CONSOLE], signed(request), await request.post()
    typed = {name: str(form.get(name, "")).strip() for name in (*DAYS, "four_eyes")}
    changes: dict[str, Any] = {"four_eyes": {"yes": True, "no": False}.get(typed["four_eyes"])}
    problems: dict[str, str] = {}
    if any(typed[name] for name in DAYS):
        try:
            rules = FreshnessRules.model_validate({name: typed[name] for name in DAYS})
            changes["freshness"] = rules.model_dump(mode="json")
        except ValidationError as error:
            for fault in error.errors():
                problems[str(fault["loc"][0]) if fault["loc"] else "refuse_after_days"] = _said(dict(fault))
    else:
        changes["freshness"] = None
    if problems:
        return await _page(request, typed, problems, 422)
    try:
        await console.editing.amend(Key("unit", who.unit_id, who.unit_id), changes, who.staff.id)
    except WrongStateError:
        raise web.HTTPNotFound from None
    await console.knowledge.refresh(indexes=False)
    return see(request, "/console/settings", "Đã lưu cài đặt. Có hiệu lực ngay.")


def _said(fault: dict[str, Any]) -> str:
    text = "Ghi số ngày." if fault["type"] == "int_parsing" else mend(fault)
    return text[:1].upper() + text[1:]


async def _page(
    request: web.Request, typed: Mapping[str, str], problems: Mapping[str, str] | None = None, status: int = 200
) -> web.StreamResponse:
    view = view_of(request)
    above = UnitView(view.chain[1:], {}, view.version) if len(view.chain) > 1 else None
    context = {
        "typed": typed,
        "problems": problems or {},
        "inherited_four_eyes": above.four_eyes if above else True,
        "inherited_rules": above.freshness_rules if above else None,
        "has_above": above is not None,
    }
    return await render(request, "settings.html", context, status=status)
