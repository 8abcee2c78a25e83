"""The words of a unit: greetings, refusals, the letter of apology, slogans, and the templates staff answer with. They
are changed in a draft and published like the directory; without own words the unit has those of its province."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot.dialogue import editable
from bot.domain import ticket_names
from bot.domain.errors import InvalidContentError
from bot.domain.records import REPLY_VARIABLES, ReplyTemplate
from bot.domain.staff import Permission
from bot.domain.texts import GROUPS, VARIABLES, WORDINGS, filled, problem, readable
from bot.domain.tickets import TicketKind
from bot.domain.views import LOCAL_ZONE, UnitView
from bot.storage.editing import Key
from bot.web.console import unit_records as records
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE
from bot.web.console.unit_records import Content, PartChangedError, Working
from knowledge.exchange.differences import Difference
from knowledge.exchange.drafts import slug

BASE = "/console/texts"
SAVED = "Đã lưu vào bản nháp. Xem lại thay đổi rồi công bố để trợ lý nói theo."
NAV = Nav("Lời mẫu", BASE, Permission.RECORDS_EDIT, 240, "pen", "l")
routes = web.RouteTableDef()


def key_of(request: web.Request) -> Key:
    return records.key_of(request, "texts")


@routes.get("/texts")
@requires(Permission.RECORDS_EDIT)
async def overview(request: web.Request) -> web.StreamResponse:
    now, view = await _now(request), _view(request)
    own = readable(now.content)
    shown = {name: own.texts.get(name) or _inherited(view, now, name)[0] for name in WORDINGS}
    origins = {
        name: ("Của đơn vị", "good") if name in own.texts else _origin(_inherited(view, now, name)[1])
        for name in WORDINGS
    }
    mine = {one.id for one in own.reply_templates}
    context = {
        "groups": GROUPS,
        "wordings": WORDINGS,
        "shown": shown,
        "origins": origins,
        "templates": own.reply_templates,
        "others": [one for one in view.reply_templates if one.id not in mine and one.id not in _published(now)],
        "kinds": ticket_names.KINDS,
        **_bar(now),
    }
    return await render(request, "texts.html", context)


@routes.get("/texts/wordings/{wording}")
@requires(Permission.RECORDS_EDIT)
async def wording(request: web.Request) -> web.StreamResponse:
    return await _wording_page(request, _name(request))


@routes.post("/texts/wordings/{wording}")
@requires(Permission.RECORDS_EDIT)
async def save_wording(request: web.Request) -> web.StreamResponse:
    """Without words, or with those it would have anyway, the unit goes back to the inherited ones."""
    name, form = _name(request), await request.post()
    text = "" if "default" in form else _typed(form.get("text"))
    found = problem(name, text) if text else ""
    if found:
        return await _wording_page(request, name, text, found, status=422)

    def change(content: Content) -> Content:
        texts = dict(content.get("texts") or {})
        if records.seen(texts.get(name)) != str(form.get("seen", "")):
            raise PartChangedError
        texts.pop(name, None)
        return {**content, "texts": {**texts, **({name: text} if text else {})}}

    try:
        await records.save(request, key_of(request), change)
    except PartChangedError:
        return await _wording_page(request, name, text, records.CHANGED, fresh=True, status=409)
    await _forget(request, f"text:{name}")
    return see(request, BASE, SAVED if text else "Đã trả về lời mặc định trong bản nháp; công bố để trợ lý nói theo.")


@routes.post("/texts/wordings/{wording}/preview")
@requires(Permission.RECORDS_EDIT)
async def preview(request: web.Request) -> web.StreamResponse:
    """What a citizen would read; a fragment below the field, while one types."""
    name, text = _name(request), _typed((await request.post()).get("text"))
    return await render(request, "_text_preview.html", _previewed(request, name, text))


@routes.get("/texts/templates/{template}")
@requires(Permission.RECORDS_EDIT)
async def template(request: web.Request) -> web.StreamResponse:
    return await _template_page(request, await _template(request))


@routes.post("/texts/templates/{template}")
@requires(Permission.RECORDS_EDIT)
async def save_template(request: web.Request) -> web.StreamResponse:
    known, form = await _template(request), await request.post()
    typed: Content = {
        "id": known["id"] or slug(_typed(form.get("title"))),
        "title": _typed(form.get("title")),
        "text": _typed(form.get("text")),
        "kinds": [str(one) for one in form.getall("kinds", [])],
    }
    problems = {}
    try:
        content = ReplyTemplate.model_validate(typed).model_dump(mode="json")
    except ValidationError as error:
        for fault in error.errors():
            field = str(fault["loc"][0]) if fault["loc"] else "text"
            own = str(fault.get("ctx", {}).get("error", "")) if fault["type"] == "value_error" else ""
            problems["title" if field == "id" else field] = _sentence(own) or "Điền phần này, không quá dài."
        return await _template_page(request, typed, problems, status=422)
    if not known["id"] and content["id"] in {one["id"] for one in await _templates(request)}:
        return await _template_page(request, typed, {"title": "Đã có mẫu tên này. Ghi tên khác."}, status=422)

    def change(now: Content) -> Content:
        listed = list(now.get("reply_templates") or ())
        before = next((one for one in listed if one["id"] == content["id"]), None)
        if records.seen(before) != str(form.get("seen", "")):
            raise PartChangedError
        kept = [content if one is before else one for one in listed]
        return {**now, "reply_templates": kept if before is not None else [*listed, content]}

    try:
        await records.save(request, key_of(request), change)
    except PartChangedError:
        return await _template_page(request, typed, {"text": records.CHANGED}, fresh=True, status=409)
    await _forget(request, f"text-template:{known['id'] or 'new'}")
    return see(request, BASE, "Đã lưu vào bản nháp. Xem lại thay đổi rồi công bố để cán bộ dùng.")


@routes.post("/texts/templates/{template}/remove")
@requires(Permission.RECORDS_EDIT)
async def remove_template(request: web.Request) -> web.StreamResponse:
    """The unit's own version goes; one it inherits of the same name is offered again."""
    known = await _template(request)

    def change(now: Content) -> Content:
        kept = [one for one in now.get("reply_templates") or () if one["id"] != known["id"]]
        return {**now, "reply_templates": kept}

    await records.save(request, key_of(request), change)
    return see(request, BASE, "Đã bỏ mẫu của đơn vị trong bản nháp.")


# ---- what waits, and what was ----------------------------------------------------------------


@routes.get("/texts/review")
@requires(Permission.RECORDS_EDIT)
async def review(request: web.Request) -> web.StreamResponse:
    return await _review(request)


@routes.post("/texts/publish")
@requires(Permission.RECORDS_PUBLISH)
async def publish(request: web.Request) -> web.StreamResponse:
    try:
        said = await records.publish(request, key_of(request))
    except InvalidContentError as error:
        return await _review(request, "; ".join(error.problems), status=422)
    return see(request, BASE, said)


@routes.post("/texts/discard")
@requires(Permission.RECORDS_EDIT)
async def discard(request: web.Request) -> web.StreamResponse:
    return see(request, BASE, await records.discard(request, key_of(request)))


@routes.get("/texts/history")
@requires(Permission.RECORDS_EDIT)
async def history(request: web.Request) -> web.StreamResponse:
    context = {**await records.history(request, key_of(request)), **_bar(await _now(request))}
    return await render(request, "record_history.html", context)


@routes.get("/texts/compare")
@requires(Permission.RECORDS_EDIT)
async def compare(request: web.Request) -> web.StreamResponse:
    old, new = [
        await records.revision(request, key_of(request), request.query.get(name, "")) for name in ("old", "new")
    ]
    context = {"old": old, "new": new, "changes": differences(old.content, new.content), "base": BASE, "noun": _NOUN}
    return await render(request, "record_compare.html", context)


@routes.post(r"/texts/revisions/{revision:\d{1,18}}/restore")
@requires(Permission.RECORDS_PUBLISH)
async def restore(request: web.Request) -> web.StreamResponse:
    return see(request, f"{BASE}/history", await records.restore(request, key_of(request)))


_NOUN = "Lời mẫu"


def differences(old: Content, new: Content) -> list[Difference]:
    before, after = _said(old), _said(new)
    labels = [*after, *(label for label in before if label not in after)]
    return [
        Difference(label, label, before.get(label), after.get(label))
        for label in labels
        if before.get(label) != after.get(label)
    ]


def _said(content: Content) -> dict[str, str]:
    texts = content.get("texts") or {}
    said = {wording.title: texts[name] for name, wording in WORDINGS.items() if name in texts}
    for one in content.get("reply_templates") or ():
        kinds = ", ".join(ticket_names.KINDS[TicketKind(kind)] for kind in one.get("kinds") or ()) or "mọi loại phiếu"
        said[f"Mẫu trả lời “{one['title']}”"] = f"{one['text']}\n({kinds})"
    return said


async def _review(request: web.Request, trouble: str = "", status: int = 200) -> web.StreamResponse:
    now = await _now(request)
    context = {
        "changes": _waiting(now),
        "published": now.published,
        "today": request.app[CONSOLE].clock.now().astimezone(LOCAL_ZONE).date().isoformat(),
        "problem": trouble,
        "may_publish": signed(request).may(Permission.RECORDS_PUBLISH),
        **_bar(now),
    }
    return await render(request, "record_review.html", context, status=status)


def _waiting(now: Working) -> list[Difference]:
    return differences(now.published.content if now.published else {}, now.content) if now.draft else []


def _bar(now: Working) -> dict[str, Any]:
    listed = [(BASE, "Các lời mẫu", None), (f"{BASE}/history", "Lịch sử", None)]
    return {"tabs": listed, "base": BASE, "noun": _NOUN, "waiting": len(_waiting(now)), "draft": now.draft}


async def _wording_page(
    request: web.Request, name: str, typed: str | None = None, trouble: str = "", *, fresh: bool = False,
    status: int = 200,
) -> web.StreamResponse:  # fmt: skip
    now, view = await _now(request), _view(request)
    own = (now.content.get("texts") or {}).get(name)
    usual, above = _inherited(view, now, name)
    text = typed if typed is not None else own or usual
    given = str((await request.post()).get("seen", "")) if request.method == "POST" else ""
    context = {
        "name": name,
        "wording": WORDINGS[name],
        "text": text,
        "stored": own or usual,
        "usual": usual,
        "above": above,
        "is_own": own is not None,
        "seen": given if given and not fresh else records.seen(own),
        "trouble": trouble,
        "conflict": fresh,
        "variables": [(f"{{{one}}}", VARIABLES[one][1], one in WORDINGS[name].required)
                      for one in WORDINGS[name].allowed],
        **_previewed(request, name, text),
        **_bar(now),
    }  # fmt: skip
    return await render(request, "text.html", context, status=status)


async def _template_page(
    request: web.Request, shown: Content, problems: Mapping[str, str] | None = None, *, fresh: bool = False,
    status: int = 200,
) -> web.StreamResponse:  # fmt: skip
    now = await _now(request)
    own = next((one for one in now.content.get("reply_templates") or () if one["id"] == shown["id"]), None)
    given = str((await request.post()).get("seen", "")) if request.method == "POST" else ""
    context = {
        "template": shown,
        "problems": problems or {},
        "address": f"{BASE}/templates/{request.match_info['template']}",
        "is_own": own is not None,
        "seen": given if given and not fresh else records.seen(own),
        "kinds": [(kind.value, text, "") for kind, text in ticket_names.KINDS.items()],
        "variables": ", ".join(f"{{{one}}}" for one in REPLY_VARIABLES),
        **_bar(now),
    }
    return await render(request, "text_template.html", context, status=status)


def _previewed(request: web.Request, name: str, text: str) -> dict[str, str]:
    values = editable.samples(_view(request), request.app[CONSOLE].clock.now())
    return {"trouble_now": problem(name, text) if text else "", "reads": filled(text, values)}


async def _now(request: web.Request) -> Working:
    return await records.working(request.app[CONSOLE], key_of(request))


def _view(request: web.Request) -> UnitView:
    view = request.app[CONSOLE].view(signed(request).unit_id)
    if view is None:
        raise web.HTTPNotFound
    return view


def _inherited(view: UnitView, now: Working, name: str) -> tuple[str, bool]:
    """What the unit says without words of its own, and whether they are those of a unit above it."""
    return editable.inherited(view, name, (now.published.content.get("texts") or {}) if now.published else {})


def _published(now: Working) -> set[str]:
    return {one["id"] for one in now.published.content.get("reply_templates") or ()} if now.published else set()


def _origin(above: bool) -> tuple[str, str]:
    return ("Theo cấp trên", "info") if above else ("Mặc định", "plain")


def _name(request: web.Request) -> str:
    name = request.match_info["wording"]
    if name not in WORDINGS:
        raise web.HTTPNotFound
    return name


async def _templates(request: web.Request) -> list[Content]:
    """Those being worked on, then those the unit has besides."""
    own = list((await _now(request)).content.get("reply_templates") or ())
    ids = {one["id"] for one in own}
    return [*own, *(one.model_dump(mode="json") for one in _view(request).reply_templates if one.id not in ids)]


async def _template(request: web.Request) -> Content:
    """The template of the address; an empty one for `new`."""
    asked = request.match_info["template"]
    if asked == "new":
        return {"id": "", "title": "", "text": "", "kinds": []}
    found = next((one for one in await _templates(request) if one["id"] == asked), None)
    if found is None:
        raise web.HTTPNotFound
    return found


async def _forget(request: web.Request, place: str) -> None:
    """What was typed is saved now."""
    await request.app[CONSOLE].drafts.forget(signed(request).staff.id, place)


def _typed(value: object) -> str:
    return str(value or "").replace("\r\n", "\n").strip()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
