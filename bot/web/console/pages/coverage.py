"""How the procedures of the unit are asked for, with the questions behind each figure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from aiohttp import web

from bot import limits
from bot.dialogue.masking import without_personal_data
from bot.domain.learning import ASKED, SEALED_PROCEDURES, Figure
from bot.domain.staff import Permission
from bot.domain.views import LOCAL_ZONE
from bot.storage.coverage import Figures
from bot.web.console import learning_words as words
from bot.web.console.auth import signed
from bot.web.console.chart import HEIGHT, WIDTH, stacked
from bot.web.console.pages.learning import procedure_names
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render
from bot.web.console.services import CONSOLE

PERIODS = (("7", "7 ngày qua"), ("30", "30 ngày qua"), ("90", "90 ngày qua"), ("365", "Một năm qua"))

NAV = Nav("Thủ tục được hỏi", "/console/coverage", Permission.COVERAGE, 320, "report", "q")
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Line:
    """A procedure's figures; `id` is empty for questions that name none that is published."""

    id: str
    name: str
    figures: Figures

    @property
    def asked(self) -> int:
        return sum(self.figures.get(one, 0) for one in ASKED)


@routes.get("/coverage")
@requires(Permission.COVERAGE)
async def coverage(request: web.Request) -> web.StreamResponse:
    console, unit_id = request.app[CONSOLE], signed(request).unit_id
    period, first, last = _period(request)
    found = await console.coverage.by_procedure(unit_id, first, last)
    by_day = await console.coverage.by_day(unit_id, first, last)
    names = procedure_names(request)
    lines = [Line(name, names.get(name, name), figures) for name, figures in found.items() if name]
    totals: Counter[Figure] = Counter()
    for figures in found.values():
        totals.update(figures)
    context = {
        "period": period,
        "periods": PERIODS,
        "first": first,
        "last": last,
        "lines": sorted(lines, key=lambda one: (-one.asked, one.name)),
        "unknown": found.get("", {}),
        "never": sorted(names[name] for name in names.keys() - found.keys()),
        "totals": totals,
        "asked": sum(totals[one] for one in ASKED),
        "figures": list(Figure),
        "chart": stacked(first, last, [one.value for one in ASKED], by_day),  # type: ignore[arg-type]
        "stacked_figures": ASKED,
        "size": (WIDTH, HEIGHT),
        "sealed": SEALED_PROCEDURES,
        "words": words,
    }
    return await render(request, "coverage.html", context)


@routes.get("/coverage/questions")
@requires(Permission.COVERAGE)
async def questions(request: web.Request) -> web.StreamResponse:
    console, unit_id = request.app[CONSOLE], signed(request).unit_id
    period, first, last = _period(request)
    procedure, figure = request.query.get("procedure", ""), request.query.get("figure", "")
    if figure not in set(Figure) or len(procedure) > 80 or procedure in SEALED_PROCEDURES:
        raise web.HTTPNotFound
    found = await console.coverage.questions(unit_id, procedure, Figure(figure), first, last, limits.COVERAGE_QUESTIONS)
    context = {
        "period": period,
        "first": first,
        "last": last,
        "name": procedure_names(request).get(procedure, procedure) if procedure else "Không rõ thủ tục",
        "figure": words.FIGURES[Figure(figure)],
        "questions": [(at, without_personal_data(text), message_id) for at, text, message_id in found],
    }
    return await render(request, "coverage_questions.html", context)


def _period(request: web.Request) -> tuple[str, date, date]:
    asked = request.query.get("days", "30")
    period = asked if asked in dict(PERIODS) else "30"
    last = request.app[CONSOLE].clock.now().astimezone(LOCAL_ZONE).date()
    return period, last - timedelta(days=int(period) - 1), last
