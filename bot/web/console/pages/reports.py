"""The reports page: figures of a period, each defined in words, with charts, tables and files to take away."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from bot import limits
from bot.domain.periods import Period, between, presets
from bot.domain.reports import Report
from bot.domain.staff import Permission
from bot.domain.views import LOCAL_ZONE
from bot.web.console.auth import signed
from bot.web.console.desk import charts, exports, recording
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render
from bot.web.console.services import CONSOLE

NAV = Nav("Báo cáo", "/console/reports", Permission.REPORTS, 140, "report", "b")
routes = web.RouteTableDef()
DEFAULT, CHOSEN_DAYS = "this-month", "days"
ALL_UNITS = "all"


@routes.get("/reports")
@requires(Permission.REPORTS)
async def reports(request: web.Request) -> web.StreamResponse:
    made, key, problem = await _report(request)
    who, console = signed(request), request.app[CONSOLE]
    units = who.staff.units(Permission.REPORTS)
    query = request.query
    context = {
        "report": made,
        "charts": [(one, charts.bars(one)) for one in made.breakdowns],
        "figures": made.figures,
        "shares": [charts.share(made.figure(name)) for name in ("rule_766_a", "rule_766_b", "satisfied", "bot_only")],
        "presets": [(name, one.name) for name, one in _presets(request).items()] + [(CHOSEN_DAYS, "Chọn ngày…")],
        "period": key,
        "first": made.period.first.isoformat(),
        "last": made.period.last.isoformat(),
        "problem": problem,
        "report_units": [(one, console.unit_name(one)) for one in units],
        "unit": query.get("unit", who.unit_id),
        "exports": request.query_string,
    }
    return await render(request, "reports.html", context)


@routes.get("/reports/export.{ending:csv|xlsx}")
@requires(Permission.REPORTS)
async def export(request: web.Request) -> web.StreamResponse:
    made, _, _ = await _report(request)
    ending = request.match_info["ending"]
    content = exports.csv(made) if ending == "csv" else await exports.xlsx(made)
    name = f"bao-cao-{made.period.first:%Y%m%d}-{made.period.last:%Y%m%d}.{ending}"
    await recording.record_subject(request, "report.exported", f"report:{name}")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type=exports.TYPES[ending], headers=headers)


async def _report(request: web.Request) -> tuple[Report, str, str]:
    """The report asked for, the key of its period, and what was wrong with the form."""
    who, console = signed(request), request.app[CONSOLE]
    allowed = who.staff.units(Permission.REPORTS)
    asked = request.query.get("unit", who.unit_id)
    units = allowed if asked == ALL_UNITS else [asked]
    if not set(units) <= set(allowed):
        raise web.HTTPForbidden
    period, key, problem = _period(request)
    made = await console.desk.reports.report(who.staff, units, period)
    return exports.with_names(made, console.unit_name, console.desk.category), key, problem


def _period(request: web.Request) -> tuple[Period, str, str]:
    known = _presets(request)
    key = request.query.get("period", DEFAULT)
    if key != CHOSEN_DAYS:
        return known.get(key, known[DEFAULT]), key if key in known else DEFAULT, ""
    try:
        period = between(*(date.fromisoformat(request.query.get(name, "")) for name in ("first", "last")))
    except ValueError:
        return known[DEFAULT], DEFAULT, "Ngày chưa đúng: ngày đầu phải trước ngày cuối. Đang hiện tháng này."
    if (period.last - period.first).days > limits.REPORT_DAYS_MAX or period.first.year < 2000:
        return known[DEFAULT], DEFAULT, "Khoảng thời gian dài quá ba năm. Đang hiện tháng này."
    return period, CHOSEN_DAYS, ""


def _presets(request: web.Request) -> dict[str, Period]:
    return presets(request.app[CONSOLE].clock.now().astimezone(LOCAL_ZONE).date())
