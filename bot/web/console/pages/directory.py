"""The directory of a unit: positions, absences, hours, holidays, places. Every page saves into one draft, which is
published after its differences were seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.domain.errors import InvalidContentError
from bot.domain.records import Position
from bot.domain.staff import Permission
from bot.domain.views import LOCAL_ZONE
from bot.storage.editing import Key
from bot.web.console import directory_forms as forms
from bot.web.console import unit_records as records
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE
from bot.web.console.unit_records import Content, PartChangedError, Working
from knowledge.exchange.differences import Difference
from knowledge.exchange.directory_differences import WEEKDAYS, directory_differences

BASE = "/console/directory"
BLANK_CONTACTS, BLANK_ABSENCES, BLANK_HOLIDAYS = 2, 1, 3
SAVED = "Đã lưu vào bản nháp. Xem lại thay đổi rồi công bố để trợ lý trả lời theo."
_BLANK: Mapping[str, Content] = {
    "position": dict.fromkeys(("title", "department", "holder", "aliases", "matters", "note")),
    "contact": dict.fromkeys(("kind", "value", "label", "hours", "note")),
    "absence": dict.fromkeys(("first", "last", "deputy", "note")),
    "holiday": dict.fromkeys(("date", "name", "kind", "confirmed", "source")),
    "receiving": dict.fromkeys(("name", "address", "phone", "note")),
}
"""What a form shows where nothing is known."""
_SPOKEN_OF = frozenset({"cong-an-xa", "tiep-cong-dan", "chu-tich-ubnd", "tram-y-te", "tong-dai-1022"})
"""Positions the assistant's own sentences name: emergencies, complaints, meetings."""
NAV = Nav("Danh bạ", BASE, Permission.RECORDS_EDIT, 230, "phone", "a")
routes = web.RouteTableDef()
_POSITION = r"/directory/positions/{position:[a-z0-9-]{1,80}}"


def key_of(request: web.Request) -> Key:
    return records.key_of(request, "unit")


def tabs(request: web.Request) -> dict[str, Any]:
    listed = (("", "Chức danh"), ("/hours", "Giờ làm việc"), ("/holidays", "Ngày nghỉ"), ("/place", "Địa chỉ, ấp"),
              ("/history", "Lịch sử"), ("/file", "Excel"))  # fmt: skip
    return {"tabs": [(BASE + path, title, None) for path, title in listed], "base": BASE, "noun": "Danh bạ"}


async def bar(request: web.Request, now: Working) -> dict[str, Any]:
    """The tabs, and what waits to be published."""
    waiting = len(_differences(now)) if now.draft else 0
    return {**tabs(request), "waiting": waiting, "draft": now.draft}


@routes.get("/directory")
@requires(Permission.RECORDS_EDIT)
async def positions(request: web.Request) -> web.StreamResponse:
    now = await records.working(request.app[CONSOLE], key_of(request))
    own = [Position.model_validate(one) for one in now.content.get("positions", ())]
    view = request.app[CONSOLE].view(signed(request).unit_id)
    inherited = [one for link in view.chain[1:] for one in link.positions] if view else []
    context = {
        "positions": own,
        "inherited": [one for one in inherited if one.id not in {mine.id for mine in own}],
        "titles": {one.id: one.title for one in (*inherited, *own)},
        "today": request.app[CONSOLE].clock.now().astimezone(LOCAL_ZONE).date(),
        "sample": bool(now.content.get("sample")),
        **await bar(request, now),
    }
    return await render(request, "directory.html", context)


@routes.get("/directory/positions/new")
@requires(Permission.RECORDS_EDIT)
async def new_position(request: web.Request) -> web.StreamResponse:
    return await _position_page(request, "", {})


@routes.post("/directory/positions/new")
@requires(Permission.RECORDS_EDIT)
async def add_position(request: web.Request) -> web.StreamResponse:
    return await _save_position(request, "")


@routes.get(_POSITION)
@requires(Permission.RECORDS_EDIT)
async def position(request: web.Request) -> web.StreamResponse:
    now = await records.working(request.app[CONSOLE], key_of(request))
    found = _found(now.content, request.match_info["position"])
    if found is None:
        raise web.HTTPNotFound
    return await _position_page(request, found["id"], found)


@routes.post(_POSITION)
@requires(Permission.RECORDS_EDIT)
async def save_position(request: web.Request) -> web.StreamResponse:
    now = await records.working(request.app[CONSOLE], key_of(request))
    if _found(now.content, request.match_info["position"]) is None:
        raise web.HTTPNotFound
    return await _save_position(request, request.match_info["position"])


@routes.post(_POSITION + "/remove")
@requires(Permission.RECORDS_EDIT)
async def remove_position(request: web.Request) -> web.StreamResponse:
    own = request.match_info["position"]

    def change(content: Content) -> Content:
        if _found(content, own) is None:
            raise web.HTTPNotFound
        kept = forms.without(content["positions"], own)
        for one in kept:
            one["absences"] = [
                {**gone, "deputy": None} if gone["deputy"] == own else gone for gone in one.get("absences", ())
            ]
        return {**content, "positions": kept}

    await records.save(request, key_of(request), change)
    return see(request, BASE, "Đã bỏ chức danh trong bản nháp; công bố thì người dân mới không thấy nữa.")


@routes.get("/directory/hours")
@requires(Permission.RECORDS_EDIT)
async def hours(request: web.Request) -> web.StreamResponse:
    return await _part_page(request, "hours")


@routes.post("/directory/hours")
@requires(Permission.RECORDS_EDIT)
async def save_hours(request: web.Request) -> web.StreamResponse:
    found, problems = forms.hours(await request.post())
    return await _save_part(request, "hours", {"hours": found}, problems)


@routes.get("/directory/holidays")
@requires(Permission.RECORDS_EDIT)
async def holidays(request: web.Request) -> web.StreamResponse:
    return await _part_page(request, "holidays")


@routes.post("/directory/holidays")
@requires(Permission.RECORDS_EDIT)
async def save_holidays(request: web.Request) -> web.StreamResponse:
    found, problems = forms.holidays(await request.post())
    return await _save_part(request, "holidays", {"holidays": found}, problems)


@routes.get("/directory/place")
@requires(Permission.RECORDS_EDIT)
async def place(request: web.Request) -> web.StreamResponse:
    return await _part_page(request, "place")


@routes.post("/directory/place")
@requires(Permission.RECORDS_EDIT)
async def save_place(request: web.Request) -> web.StreamResponse:
    found, problems = forms.place(await request.post())
    return await _save_part(request, "place", found, problems)


_PARTS: Mapping[str, tuple[str, ...]] = {
    "hours": ("hours",),
    "holidays": ("holidays",),
    "place": ("address", "map_url", "receiving_place", "hamlets", "former_units"),
}


async def _part_page(
    request: web.Request,
    name: str,
    part: Content | None = None,
    problems: Mapping[str, str] | None = None,
    differing: list[Difference] | None = None,
    status: int = 200,
) -> web.StreamResponse:
    now = await records.working(request.app[CONSOLE], key_of(request))
    stored = _part(now.content, name)
    form = await request.post() if request.method == "POST" else {}
    context = {
        "part": stored if part is None else part,
        "seen": records.seen(stored) if part is None or differing is not None else str(form.get("seen", "")),
        "typed": form,
        "problems": problems or {},
        "differing": differing,
        "changed": records.CHANGED,
        "weekdays": WEEKDAYS,
        "periods": forms.PERIODS,
        "rows": [*(stored.get("holidays") or ()), *[_BLANK["holiday"]] * BLANK_HOLIDAYS],
        "receiving": {**_BLANK["receiving"], **(stored.get("receiving_place") or {})},
        "named_lines": forms.named_lines,
        **await bar(request, now),
    }
    return await render(request, f"directory_{name}.html", context, status=status)


async def _save_part(request: web.Request, name: str, part: Content, problems: Mapping[str, str]) -> web.StreamResponse:
    if problems:
        return await _part_page(request, name, part, problems, status=422)
    given = str((await request.post()).get("seen", ""))

    def change(content: Content) -> Content:
        if records.seen(_part(content, name)) != given:
            raise PartChangedError
        return {**content, **part, "as_of": _today(request)}

    try:
        await records.save(request, key_of(request), change)
    except PartChangedError:
        stored = (await records.working(request.app[CONSOLE], key_of(request))).content
        differing = directory_differences(stored, {**stored, **part})
        return await _part_page(request, name, part, {}, differing, status=409)
    return see(request, f"{BASE}/{name}", SAVED)


async def _position_page(
    request: web.Request,
    own: str,
    shown: Content,
    problems: Mapping[str, str] | None = None,
    differing: list[Difference] | None = None,
    status: int = 200,
) -> web.StreamResponse:
    now = await records.working(request.app[CONSOLE], key_of(request))
    stored = _found(now.content, own)
    form = await request.post() if request.method == "POST" else None
    fresh = form is None or differing is not None
    known = {one["id"]: one["title"] for one in _deputies(request, now.content) if one["id"] != own}
    context = {
        "own": own,
        "position": {**_BLANK["position"], **shown},
        "contacts": [*shown.get("contacts", ()), *[_BLANK["contact"]] * BLANK_CONTACTS],
        "absences": [*shown.get("absences", ()), *[_BLANK["absence"]] * BLANK_ABSENCES],
        "deputies": [("", "Chưa có người thay"), *known.items()],
        "seen": records.seen(stored) if fresh or form is None else str(form.get("seen", "")),
        "problems": problems or {},
        "differing": differing,
        "changed": records.CHANGED,
        "spoken_of": own in _SPOKEN_OF,
        **await bar(request, now),
    }
    return await render(request, "directory_position.html", context, status=status)


async def _save_position(request: web.Request, own: str) -> web.StreamResponse:
    form = await request.post()
    now = await records.working(request.app[CONSOLE], key_of(request))
    known = {one["id"]: one for one in _deputies(request, now.content)}
    found, problems = forms.position(form, known, own)
    if problems:
        return await _position_page(request, own, found, problems, status=422)

    def change(content: Content) -> Content:
        if records.seen(_found(content, own)) != str(form.get("seen", "")):
            raise PartChangedError
        return _with(content, found, own, _today(request))

    try:
        await records.save(request, key_of(request), change)
    except PartChangedError:
        stored = (await records.working(request.app[CONSOLE], key_of(request))).content
        differing = directory_differences(stored, _with(stored, found, own, _today(request)))
        return await _position_page(request, own, found, {}, differing, status=409)
    return see(request, BASE, SAVED)


def _with(content: Content, found: Content, own: str, today: str) -> Content:
    listed = list(content.get("positions", ()))
    if own and _found(content, own) is not None:
        listed = [found if one["id"] == own else one for one in listed]
    else:
        listed.append(found)
    return {**content, "positions": listed, "as_of": today}


def _deputies(request: web.Request, content: Content) -> list[Content]:
    """The unit's positions as they are being worked on, and those it inherits."""
    view = request.app[CONSOLE].view(signed(request).unit_id)
    above = [one.model_dump(mode="json") for link in view.chain[1:] for one in link.positions] if view else []
    return [*content.get("positions", ()), *above]


def _found(content: Content, record_id: str) -> Content | None:
    return next((one for one in content.get("positions", ()) if one["id"] == record_id), None)


def _part(content: Content, name: str) -> Content:
    return {field: content.get(field) for field in _PARTS[name]}


def _today(request: web.Request) -> str:
    return request.app[CONSOLE].clock.now().astimezone(LOCAL_ZONE).date().isoformat()


def _differences(now: Working) -> list[Difference]:
    return directory_differences(now.published.content if now.published else None, now.content)


# ---- what waits, and what was ----------------------------------------------------------------


@routes.get("/directory/review")
@requires(Permission.RECORDS_EDIT)
async def review(request: web.Request) -> web.StreamResponse:
    return await _review(request)


@routes.post("/directory/publish")
@requires(Permission.RECORDS_PUBLISH)
async def publish(request: web.Request) -> web.StreamResponse:
    try:
        said = await records.publish(request, key_of(request))
    except InvalidContentError as error:
        return await _review(request, "; ".join(error.problems), status=422)
    return see(request, BASE, said)


@routes.post("/directory/discard")
@requires(Permission.RECORDS_EDIT)
async def discard(request: web.Request) -> web.StreamResponse:
    return see(request, BASE, await records.discard(request, key_of(request)))


@routes.get("/directory/history")
@requires(Permission.RECORDS_EDIT)
async def history(request: web.Request) -> web.StreamResponse:
    key = key_of(request)
    now = await records.working(request.app[CONSOLE], key)
    return await render(
        request, "record_history.html", {**await records.history(request, key), **await bar(request, now)}
    )


@routes.get("/directory/compare")
@requires(Permission.RECORDS_EDIT)
async def compare(request: web.Request) -> web.StreamResponse:
    old, new = [
        await records.revision(request, key_of(request), request.query.get(name, "")) for name in ("old", "new")
    ]
    context = {"old": old, "new": new, "changes": directory_differences(old.content, new.content), **tabs(request)}
    return await render(request, "record_compare.html", context)


@routes.post(r"/directory/revisions/{revision:\d{1,18}}/restore")
@requires(Permission.RECORDS_PUBLISH)
async def restore(request: web.Request) -> web.StreamResponse:
    return see(request, f"{BASE}/history", await records.restore(request, key_of(request)))


async def _review(request: web.Request, problem: str = "", status: int = 200) -> web.StreamResponse:
    now = await records.working(request.app[CONSOLE], key_of(request))
    context = {
        "changes": _differences(now) if now.draft else [],
        "published": now.published,
        "today": _today(request),
        "problem": problem,
        "may_publish": signed(request).may(Permission.RECORDS_PUBLISH),
        **await bar(request, now),
    }
    return await render(request, "record_review.html", context, status=status)
