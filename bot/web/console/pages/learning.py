"""The learning inbox: what the assistant did not do well, in groups, and what an editor teaches from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiohttp import web

from bot import limits
from bot.domain.learning import Decision, Reason, SampleGroup, Taught
from bot.domain.staff import Permission
from bot.learning import TEACHABLE
from bot.storage.staff import Actor
from bot.web.console import learning_words as words
from bot.web.console.auth import signed
from bot.web.console.live import announce
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE

PAGE = 20
NOTES_SHOWN = 3
_GROUP = r"/learning/{group:\d{1,18}}"


async def waiting(request: web.Request) -> int:
    return await request.app[CONSOLE].learning.open_count(signed(request).unit_id)


NAV = Nav("Dạy trợ lý", "/console/learning", Permission.LEARNING, 300, "learn", "d", waiting)
routes = web.RouteTableDef()


def procedure_names(request: web.Request) -> dict[str, str]:
    """What the unit publishes, by id, in the order of the names."""
    known = request.app[CONSOLE].knowledge.of(signed(request).unit_id)
    names = {name: one.record.short_name for name, one in known.view.procedures.items()} if known else {}
    return dict(sorted(names.items(), key=lambda one: one[1]))


@routes.get("/learning")
@requires(Permission.LEARNING)
async def inbox(request: web.Request) -> web.StreamResponse:
    console, unit_id = request.app[CONSOLE], signed(request).unit_id
    asked = request.query.get("reason", "")
    reason = Reason(asked) if asked in set(Reason) else None
    page = _page(request)
    groups = await console.learning.open_groups(unit_id, reason, page * PAGE, PAGE + 1)
    query = f"reason={reason.value}&" if reason else ""
    context = {
        "groups": groups[:PAGE],
        "reason": reason.value if reason else "",
        "reasons": [("", "Mọi lý do"), *((one.value, text) for one, text in words.REASONS.items())],
        "newer": f"/console/learning?{query}page={page - 1}" if page else "",
        "older": f"/console/learning?{query}page={page + 1}" if len(groups) > PAGE else "",
        "tabs": await _tabs(request),
        "names": procedure_names(request),
        "words": words,
    }
    return await render(request, "learning.html", context)


@routes.get("/learning/learned")
@requires(Permission.LEARNING)
async def learned(request: web.Request) -> web.StreamResponse:
    page = _page(request)
    found = await request.app[CONSOLE].learning.learned(page * limits.CONSOLE_ROWS, limits.CONSOLE_ROWS + 1)
    context = {
        "learned": found[: limits.CONSOLE_ROWS],
        "newer": f"/console/learning/learned?page={page - 1}" if page else "",
        "older": f"/console/learning/learned?page={page + 1}" if len(found) > limits.CONSOLE_ROWS else "",
        "tabs": await _tabs(request),
        "names": procedure_names(request),
        "words": words,
    }
    return await render(request, "learned.html", context)


@routes.post(r"/learning/learned/{learned:\d{1,18}}/take-back")
@requires(Permission.LEARNING)
async def take_back(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    actor = Actor(who.staff.id, who.unit_id)
    if not await console.teacher.take_back(actor, int(request.match_info["learned"])):
        raise web.HTTPNotFound
    await announce(console.signals, who.unit_id, "learning")
    return see(request, "/console/learning/learned", "Đã bỏ câu khỏi những gì trợ lý được dạy.")


@routes.get(_GROUP)
@requires(Permission.LEARNING)
async def group(request: web.Request) -> web.StreamResponse:
    found = await _found(request)
    return await _shown(request, found)


@routes.post(_GROUP + "/teach")
@requires(Permission.LEARNING)
async def teach(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    found = await _found(request)
    form = await request.post()
    kind, texts = str(form.get("kind", "")), _texts(form.getall("text", []), str(form.get("more", "")))
    names = procedure_names(request)
    chosen = {
        Decision.PHRASE: str(form.get("procedure", "")),
        Decision.INTENT: str(form.get("intent", "")),
        Decision.FOREIGN: "out_of_scope",
    }
    decision = Decision(kind) if kind in {one.value for one in chosen} else None
    target = chosen.get(decision, "") if decision else ""
    problems = {}
    if not texts:
        problems["text"] = "Chọn ít nhất một câu, hoặc viết lại một câu."
    if decision is Decision.PHRASE and target not in names:
        problems["procedure"] = "Chọn thủ tục mà các câu này hỏi."
    if decision is Decision.INTENT and target not in TEACHABLE:
        problems["intent"] = "Chọn ý của các câu này."
    if decision is None:
        raise web.HTTPBadRequest
    if problems:
        return await _shown(request, found, problems, dict(_first(form)), status=422)
    taught = await console.teacher.teach(
        Actor(who.staff.id, who.unit_id), who.unit_id, found.id, decision, target, texts
    )
    await announce(console.signals, who.unit_id, "learning")
    return see(request, "/console/learning", _said(decision, taught, names))


@routes.post(_GROUP + "/ignore")
@requires(Permission.LEARNING)
async def ignore(request: web.Request) -> web.StreamResponse:
    console, who, found = request.app[CONSOLE], signed(request), await _found(request)
    count = await console.learning.ignore(Actor(who.staff.id, who.unit_id), who.unit_id, found.id)
    await announce(console.signals, who.unit_id, "learning")
    return see(request, "/console/learning", f"Đã bỏ qua {count} câu; câu giống vậy sau này cũng được bỏ qua.")


@routes.post(_GROUP + "/seal")
@requires(Permission.LEARNING)
async def seal(request: web.Request) -> web.StreamResponse:
    console, who, found = request.app[CONSOLE], signed(request), await _found(request)
    count = await console.learning.seal(Actor(who.staff.id, who.unit_id), who.unit_id, found.id)
    await announce(console.signals, who.unit_id, "learning")
    return see(request, "/console/learning", f"Đã xóa {count} câu khỏi mục này.")


async def _found(request: web.Request) -> SampleGroup:
    unit_id = signed(request).unit_id
    found = await request.app[CONSOLE].learning.group(unit_id, int(request.match_info["group"]))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _shown(
    request: web.Request,
    found: SampleGroup,
    problems: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.StreamResponse:
    texts = await request.app[CONSOLE].learning.texts(signed(request).unit_id, found.id)
    names = procedure_names(request)
    suggested = found.procedure_id if found.procedure_id in names else ""
    context = {
        "group": found,
        "texts": texts[: limits.CONSOLE_ROWS],
        "options": [(one, one, "") for one in texts[: limits.CONSOLE_ROWS]],
        "problems": problems or {},
        "typed": {"procedure": suggested, "intent": found.intent or "", "more": "", **(typed or {})},
        "procedures": [("", "– Chọn thủ tục –"), *names.items()],
        "intents": [("", "– Chọn ý –"), *((one, words.INTENTS[one]) for one in TEACHABLE)],
        "names": names,
        "words": words,
    }
    return await render(request, "learning_group.html", context, status=status)


async def _tabs(request: web.Request) -> list[tuple[str, str, int | None]]:
    return [
        ("/console/learning", "Chờ xem", await waiting(request)),
        ("/console/learning/learned", "Đã dạy", None),
    ]


def _said(decision: Decision, taught: Taught, names: Mapping[str, str]) -> str:
    when = "Trợ lý nhận ra từ bây giờ." if decision is not Decision.INTENT else "Có hiệu lực từ mô hình huấn luyện sau."
    said = [f"Đã nhận {len(taught.taken)} câu mới. {when}" if taught.taken else "Không có câu nào mới để dạy."]
    for text, where in taught.dropped[:NOTES_SHOWN]:
        said.append(f"Bỏ “{text[:60]}” vì gần giống {words.place(where, names)}.")
    more = len(taught.dropped) - NOTES_SHOWN
    if more > 0:
        said.append(f"Và {more} câu nữa cũng không mới.")
    return " ".join(said)


def _texts(ticked: Iterable[object], more: str) -> list[str]:
    lines = [line.strip() for line in more.splitlines()]
    return [one for one in [*(str(text) for text in ticked), *lines] if one][: limits.CONSOLE_ROWS]


def _first(form: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(name, str(form[name])) for name in ("procedure", "intent", "more") if name in form]


def _page(request: web.Request) -> int:
    given = request.query.get("page", "0")
    return min(int(given), 10_000) if given.isascii() and given.isdigit() else 0
