"""Procedures: the list, a new one, one of them with its history, the switch that stops answers."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from bot import limits
from bot.domain.errors import DraftExistsError, EditingError
from bot.domain.freshness import due_on, freshness
from bot.domain.records import ID_PATTERN
from bot.domain.staff import Permission
from bot.services.previewing import says
from bot.storage.editing import Revision
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.records import listing, words
from bot.web.console.records.fields import LOCKED
from bot.web.console.records.form import neutral
from bot.web.console.records.working import (
    LIST,
    Subject,
    actor,
    changed,
    in_review,
    named,
    people,
    seen_in,
    subject,
    today,
    view_of,
)
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE
from knowledge.exchange.differences import differences
from knowledge.exchange.drafts import slug

RESERVED = frozenset({"new"})
_RECORD = "/procedures/{record:[a-z0-9-]{1,80}}"


NAV = Nav("Thủ tục", LIST, Permission.RECORDS_PUBLISH, 200, "book", "r", in_review)
routes = web.RouteTableDef()


@routes.get("/procedures")
@requires(Permission.RECORDS_PUBLISH)
async def procedures(request: web.Request) -> web.StreamResponse:
    who, query = signed(request), request.query
    state, question = query.get("state", ""), query.get("q", "")[: limits.SEARCH_CHARACTERS]
    state = state if state in set(listing.State) else ""
    found = await listing.lines(request)
    shown = listing.chosen(found, state, question)
    page = int(query["page"]) if query.get("page", "").isdecimal() and len(query["page"]) < 6 else 0
    begin = page * limits.CONSOLE_ROWS
    kept = "&".join(f"{name}={value}" for name, value in (("state", state), ("q", question)) if value)
    counts = listing.counts(found)
    tabs: list[tuple[str, str, int | None]] = [(LIST, "Tất cả", len(found))]
    tabs += [(f"{LIST}?state={one}", words.STATES[one], counts[one]) for one in listing.State if counts[one]]
    context = {
        "lines": shown[begin : begin + limits.CONSOLE_ROWS],
        "count": len(shown),
        "total": len(found),
        "state": state,
        "question": question,
        "tabs": tabs,
        "here": f"{LIST}?state={state}" if state else LIST,
        "newer": f"{LIST}?{kept}&page={page - 1}" if page else "",
        "older": f"{LIST}?{kept}&page={page + 1}" if len(shown) > begin + limits.CONSOLE_ROWS else "",
        "may_edit": who.may(Permission.RECORDS_EDIT),
        "authors": await people(request),
        "words": words,
        "State": listing.State,
    }
    return await render(request, "procedures.html", context)


@routes.get("/procedures/new")
@requires(Permission.RECORDS_EDIT)
async def new(request: web.Request) -> web.StreamResponse:
    return await render(request, "procedure_new.html", {"typed": {}, "problems": {}, "existing": ""})


@routes.post("/procedures/new")
@requires(Permission.RECORDS_EDIT)
async def create(request: web.Request) -> web.StreamResponse:
    """Only the names are asked for; everything else is written in the draft."""
    console, who, form = request.app[CONSOLE], signed(request), await request.post()
    typed = {name: str(form.get(name, "")).strip()[:500] for name in ("short_name", "name", "id")}
    problems: dict[str, str] = {}
    if not typed["short_name"]:
        problems["short_name"] = "Ghi tên gọi ngắn, ví dụ: Đăng ký khai sinh."
    record_id = typed["id"] or slug(typed["short_name"])
    if typed["short_name"] and (
        not re.fullmatch(ID_PATTERN, record_id) or len(record_id) > 80 or record_id in RESERVED
    ):
        problems["id"] = "Ghi mã bằng chữ thường không dấu, chữ số và dấu gạch nối, ví dụ: dang-ky-khai-sinh."
    known = subject(request, record_id)
    existing = ""
    if not problems and (known.published or record_id in await console.shelf.standings(who.unit_id)):
        existing = record_id
        problems["id"] = "Đã có thủ tục với mã này. Mở thủ tục đó để sửa, hoặc chọn mã khác."
    if problems:
        context = {"typed": typed | {"id": record_id}, "problems": problems, "existing": existing}
        return await render(request, "procedure_new.html", context, status=422)
    content = neutral(typed["short_name"], typed["name"] or typed["short_name"], today(request))
    try:
        draft = await console.editing.start(known.key, content, who.staff.id)
    except DraftExistsError as error:
        return see(request, f"{LIST}/revisions/{error.revision_id}/edit", "Thủ tục này đã có bản nháp.")
    await changed(request, record_id, answers=False)
    return see(request, f"{LIST}/revisions/{draft.id}/edit")


@routes.get(_RECORD)
@requires(Permission.RECORDS_PUBLISH)
async def procedure(request: web.Request) -> web.StreamResponse:
    return await _shown(request, await _found(request))


@routes.post(_RECORD + "/edit")
@requires(Permission.RECORDS_EDIT)
async def edit(request: web.Request) -> web.StreamResponse:
    """Goes on with the open draft, or begins one: of the procedure, or of what the unit adds to an inherited one."""
    console, who, found = request.app[CONSOLE], signed(request), await _found(request)
    in_force = await console.editing.in_force(found.key)
    history = await console.editing.history(found.key)
    newest = in_force or next((one for one in history if one.published_at), None)
    begin = newest.content if newest else {"contacts": [], "as_of": today(request).isoformat()}
    try:
        draft = await console.editing.start(found.key, begin, who.staff.id)
    except DraftExistsError as error:
        return see(request, f"{LIST}/revisions/{error.revision_id}/edit")
    except EditingError:
        return see(request, f"{LIST}/{found.record_id}", "Có người vừa mở bản nháp khác. Xin bấm sửa lần nữa.")
    await changed(request, found.record_id, answers=False)
    return see(request, f"{LIST}/revisions/{draft.id}/edit")


@routes.post(_RECORD + "/suspend")
@requires(Permission.RECORDS_PUBLISH)
async def suspend(request: web.Request) -> web.StreamResponse:
    console, who, found, form = request.app[CONSOLE], signed(request), await _found(request), await request.post()
    note = str(form.get("note", "")).strip()[:500]
    await console.editing.suspend(found.key_of_switch, who.staff.id, note or None)
    await changed(request, found.record_id)
    return see(request, f"{LIST}/{found.record_id}", "Đã tạm ngừng. Trợ lý không trả lời về thủ tục này từ bây giờ.")


@routes.post(_RECORD + "/resume")
@requires(Permission.RECORDS_PUBLISH)
async def resume(request: web.Request) -> web.StreamResponse:
    console, who, found = request.app[CONSOLE], signed(request), await _found(request)
    await console.editing.resume(found.key_of_switch, who.staff.id)
    await changed(request, found.record_id)
    return see(request, f"{LIST}/{found.record_id}", "Trợ lý trả lời lại về thủ tục này.")


@routes.post(_RECORD + "/withdraw")
@requires(Permission.RECORDS_PUBLISH)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Of an inherited procedure the unit's supplement."""
    console, who, found, form = request.app[CONSOLE], signed(request), await _found(request), await request.post()
    note = str(form.get("note", "")).strip()[:500]
    if not note:
        problem = {"withdraw": "Ghi lý do, ví dụ số quyết định bãi bỏ."}
        return await _shown(request, found, problem, status=422)
    ended = await console.editing.withdraw(found.key, who.staff.id, note)
    await changed(request, found.record_id)
    return see(
        request, f"{LIST}/{found.record_id}", "Đã rút khỏi công bố." if ended else "Không có bản nào đang công bố."
    )


@routes.post(_RECORD + r"/sources/{change:\d{1,18}}/settle")
@requires(Permission.RECORDS_EDIT)
async def settle(request: web.Request) -> web.StreamResponse:
    console, found = request.app[CONSOLE], await _found(request)
    if not await console.snapshots.settle(actor(request), int(request.match_info["change"])):
        raise web.HTTPNotFound
    await changed(request, found.record_id, answers=False)
    return see(request, f"{LIST}/{found.record_id}", "Đã ghi nhận là đã đối chiếu với nguồn.")


@routes.get(_RECORD + "/compare")
@requires(Permission.RECORDS_PUBLISH)
async def compare(request: web.Request) -> web.StreamResponse:
    """`?old=` and `?new=`: ids of two revisions of the record."""
    found = await _found(request)
    history = await _history(request, found)
    old, new = (_chosen(history, request.query.get(name, "")) for name in ("old", "new"))
    if old is None or new is None or old.key != new.key:
        raise web.HTTPNotFound
    context = {
        "subject": found,
        "old": old,
        "new": new,
        "history": [one for one in history if one.key == old.key],
        "differences": differences(old.content, new.content),
        "names": await people(request),
        "words": words,
    }
    return await render(request, "procedure_compare.html", context)


def _chosen(history: list[Revision], given: str) -> Revision | None:
    return next((one for one in history if str(one.id) == given), None)


async def _found(request: web.Request) -> Subject:
    found = subject(request, request.match_info["record"])
    if found.published is None and not await request.app[CONSOLE].editing.history(found.key):
        raise web.HTTPNotFound
    return found


async def _history(request: web.Request, found: Subject) -> list[Revision]:
    """Of the unit's own record, or of the inherited one and of the supplement."""
    editing = request.app[CONSOLE].editing
    own = await editing.history(found.key)
    if not found.inherited:
        return own
    inherited = await editing.history(found.key_of_record)
    return [*own, *(one for one in inherited if one.published_at)]


async def _shown(
    request: web.Request, found: Subject, problems: dict[str, str] | None = None, status: int = 200
) -> web.StreamResponse:
    console, who, names = request.app[CONSOLE], signed(request), await people(request)
    own = await console.editing.history(found.key)
    inherited = (await _history(request, found))[len(own) :]
    in_force = await console.editing.in_force(found.key)
    opened = next((one for one in own if one.state in {"draft", "in_review"}), None)
    suspensions = await console.shelf.suspensions([one.id for one in found.view.chain])
    seen, units = seen_in(request, request.query.get("seen_in", ""))
    published = seen.procedures.get(found.record_id)
    record, rules = found.published.record if found.published else None, found.view.freshness_rules
    written = own[0].content.get("short_name") if own else None
    context: dict[str, Any] = {
        "subject": found,
        "published": found.published,
        "record": record,
        "freshness": freshness(record, rules, today(request)) if record else None,
        "due": due_on(record, rules) if record else None,
        "locked": LOCKED.format(owner=console.unit_name(found.owner)) if found.inherited else "",
        "owner_name": console.unit_name(found.owner),
        "open": opened,
        "in_force": in_force,
        "used": {one for one in (in_force and in_force.id, found.published and found.published.revision) if one},
        "comparable": next((many for many in (own, inherited) if len(many) > 1), []),
        "title": found.name if record else str(written or found.record_id),
        "suspension": suspensions.get(found.record_id),
        "history": [*own, *inherited],
        "names": names,
        "named": named,
        "supplements": supplements_below(request, found.record_id),
        "sources": await console.snapshots.open_changes(who.unit_id, found.record_id),
        "source_differences": lambda change: differences(dict(change.before), dict(change.after)),
        "spoken": (
            says(seen, found.record_id, published.record, console.clock.now(), suspended=published.suspended)
            if published else []
        ),
        "seen_in": seen.unit.id,
        "seen_units": units,
        "may_edit": who.may(Permission.RECORDS_EDIT),
        "problems": problems or {},
        "words": words,
    }  # fmt: skip
    return await render(request, "procedure.html", context, status=status)


def supplements_below(request: web.Request, record_id: str) -> list[tuple[str, str, list[str]]]:
    """(unit, its name, what it overrides) of every unit below that answers from the record."""
    console = request.app[CONSOLE]
    found = []
    for unit_id in console.knowledge.below(view_of(request).unit.id):
        view = console.view(unit_id)
        published = view.procedures.get(record_id) if view else None
        if published is None:
            continue
        given = published.supplement
        parts = [
            text for text, value in (
                ("nơi nộp", given.place), ("giờ nhận hồ sơ", given.hours), ("liên hệ", given.contacts),
                ("ghi chú", given.note),
            ) if value
        ] if given else []  # fmt: skip
        found.append((unit_id, console.unit_name(unit_id), parts))
    return found
