"""One revision of a procedure: written in a form that saves itself, read, reviewed, published, rolled back to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from bot import limits
from bot.domain import forms
from bot.domain.errors import (
    EditingError,
    InheritedError,
    InvalidContentError,
    SameEditorError,
    StaleDraftError,
    WrongStateError,
)
from bot.domain.staff import Permission
from bot.storage.editing import Revision
from bot.web.console.auth import signed, wants_json
from bot.web.console.pages.procedures import supplements_below
from bot.web.console.permissions import requires
from bot.web.console.records import editing, form, form_files, words
from bot.web.console.records.working import (
    LIST,
    changed,
    people,
    preview,
    revision_of,
    seen_in,
    subject,
    today,
    view_of,
)
from bot.web.console.rendering import render, see
from bot.web.console.services import CONSOLE
from knowledge.exchange.differences import differences
from knowledge.exchange.words import date_of

_REVISION = r"/procedures/revisions/{revision:\d{1,18}}"
Form = MultiDictProxy[Any]
routes = web.RouteTableDef()


@routes.get(_REVISION)
@requires(Permission.RECORDS_PUBLISH)
async def look(request: web.Request) -> web.StreamResponse:
    return await _look(request, await revision_of(request, own=False))


@routes.get(_REVISION + "/edit")
@requires(Permission.RECORDS_EDIT)
async def edit(request: web.Request) -> web.StreamResponse:
    found = await revision_of(request)
    if found.state not in {"draft", "in_review"}:
        return see(
            request, f"{LIST}/revisions/{found.id}", "Bản này đã xong nên không sửa được. Mở thủ tục để sửa tiếp."
        )
    return await editing.page(request, found)


@routes.post(_REVISION + "/edit")
@requires(Permission.RECORDS_EDIT, body=limits.RECORD_BYTES)
async def save(request: web.Request) -> web.StreamResponse:
    """Keeps what was typed, whatever it is. `then`: send, or review where nobody else must; `op`: a row is added, moved
    or removed without script. A page that saves by itself is answered in JSON."""
    console, who, found = request.app[CONSOLE], signed(request), await revision_of(request)
    sent = await request.post()
    typed = editing.read(request, found, sent)
    version = _number(sent, "version")
    try:
        saved = await editing.keep(request, found, version, typed)
    except StaleDraftError:
        return await editing.conflict(request, await revision_of(request), typed)
    except WrongStateError:
        return await editing.closed(request, found, typed)
    if wants_json(request):
        return await editing.answer(request, saved, typed, str(sent.get("seen_in", "")))
    if operation := str(sent.get("op", "")):
        return await editing.page(request, saved, editing.after(typed, operation, found.key.kind))
    then = str(sent.get("then", ""))
    problems = editing.problems(request, saved.key.kind, typed) if then else {}
    if problems:
        return await editing.page(request, saved, typed, problems, status=422)
    if then == "review":
        return see(request, f"{LIST}/revisions/{saved.id}/review")
    if then == "send":
        note = str(sent.get("note_to_reviewer", "")).strip()[:500]
        try:
            await console.editing.send(saved.id, saved.version, note or None, who.staff.id)
        except StaleDraftError:
            return await editing.conflict(request, await revision_of(request), typed)
        except WrongStateError:  # sent already, and nothing was changed since
            return see(request, f"{LIST}/{saved.key.record_id}", "Bản này đã được gửi duyệt.")
        await changed(request, saved.key.record_id, answers=False)
        return see(
            request, f"{LIST}/{saved.key.record_id}", "Đã gửi duyệt. Người khác trong đơn vị xem lại rồi công bố."
        )
    return see(request, f"{LIST}/revisions/{saved.id}/edit", "Đã lưu bản nháp.")


@routes.post(_REVISION + "/forms")
@requires(Permission.RECORDS_EDIT, body=form_files.BODY)
async def take_forms(request: web.Request) -> web.StreamResponse:
    """Keeps what was typed, with the files chosen for its forms."""
    found, sent = await revision_of(request), await request.post()
    if found.key.kind != "procedure":
        raise web.HTTPNotFound
    before = editing.read(request, found, sent)
    typed, refused = await form_files.taken(sent, before, request.app[CONSOLE].desk.media)
    try:
        saved = await editing.keep(request, found, _number(sent, "version"), typed)
    except StaleDraftError:
        return await editing.conflict(request, await revision_of(request), typed)
    except WrongStateError:
        return await editing.closed(request, found, typed)
    if refused:
        return await editing.page(request, saved, typed, refused, status=422)
    if typed.rows["forms"] == before.rows["forms"]:
        nothing = {"forms": "Chọn một tệp trước khi bấm “Tải tệp lên”."}
        return await editing.page(request, saved, typed, nothing, status=422)
    return see(request, f"{LIST}/revisions/{saved.id}/edit#mau-don", "Đã tải tệp lên và lưu bản nháp.")


@routes.get(r"/procedures/forms/{sha256:[0-9a-f]{64}}/{name}")
@requires(Permission.RECORDS_PUBLISH)
async def form_file(request: web.Request) -> web.StreamResponse:
    """A form of a draft, before citizens may have it."""
    address = request.path.removeprefix("/console")
    if not forms.is_kept(address):
        raise web.HTTPNotFound
    try:
        content = await request.app[CONSOLE].desk.media.open(forms.key_of(address))
    except LookupError:
        raise web.HTTPNotFound from None
    return web.Response(
        body=content,
        content_type=forms.MEDIA_TYPES[forms.ending_of(address)],
        headers=forms.download_headers(address),
    )


@routes.post(_REVISION + "/rows")
@requires(Permission.RECORDS_EDIT, body=limits.RECORD_BYTES, passive=True)
async def rows(request: web.Request) -> web.StreamResponse:
    """One list of the form after a row was added, moved or removed; nothing is kept yet."""
    found, sent = await revision_of(request), await request.post()
    typed = editing.read(request, found, sent)
    return await editing.rows(request, found, typed, str(sent.get("op", "")))


@routes.post(_REVISION + "/discard")
@requires(Permission.RECORDS_EDIT)
async def discard(request: web.Request) -> web.StreamResponse:
    console, who, found, sent = request.app[CONSOLE], signed(request), await revision_of(request), await request.post()
    try:
        await console.editing.discard(found.id, _number(sent, "version"), who.staff.id)
    except StaleDraftError:
        return await _look(
            request, await revision_of(request), "Có người vừa lưu bản này nên chưa bỏ. Xem lại rồi bỏ.", 409
        )
    except WrongStateError:
        return await editing.closed(request, found)
    await changed(request, found.key.record_id, answers=False)
    there = subject(request, found.key.record_id).published is not None
    return see(
        request, f"{LIST}/{found.key.record_id}" if there else LIST, "Đã bỏ bản nháp; bản cũ vẫn còn trong lịch sử."
    )


@routes.get(_REVISION + "/review")
@requires(Permission.RECORDS_PUBLISH)
async def review(request: web.Request) -> web.StreamResponse:
    found = await revision_of(request)
    if found.state not in {"draft", "in_review"}:
        return see(request, f"{LIST}/revisions/{found.id}")
    return await _review(request, found)


@routes.post(_REVISION + "/publish")
@requires(Permission.RECORDS_PUBLISH)
async def publish(request: web.Request) -> web.StreamResponse:
    console, who, found, sent = request.app[CONSOLE], signed(request), await revision_of(request), await request.post()
    typed = {name: str(sent.get(name, "")).strip() for name in ("effective_from", "effective_to")}
    days = {name: date_of(text) for name, text in typed.items() if text}
    problems = {name: "Ghi ngày dạng 20/11/2026." for name, day in days.items() if day is None}
    if (why := _barred(request, found)) and not problems:
        problems["publish"] = why
    if problems:
        return await _review(request, found, problems, typed, 422)
    try:
        published = await console.editing.publish(
            found.id, _number(sent, "version"), who.staff.id, four_eyes=view_of(request).four_eyes,
            **{name: editing.day(text) for name, text in days.items() if text},
        )  # fmt: skip
    except InheritedError as error:
        problems["publish"] = _owned(request, error.owner)
    except SameEditorError:
        problems["publish"] = "Anh/chị đã sửa bản này nên cần một người khác công bố."
    except InvalidContentError:
        problems["publish"] = "Bản này còn chỗ chưa đúng. Trả lại để sửa cho xong rồi duyệt lại."
    except StaleDraftError:
        fresh = await revision_of(request)
        return await _review(
            request, fresh, {"publish": "Có người vừa sửa bản này. Xin xem lại trước khi công bố."}, typed, 409
        )
    except WrongStateError:
        problems["publish"] = "Bản này chưa được gửi duyệt, hoặc đã xử lý xong."
    except EditingError:
        problems["effective_to"] = "Ngày cuối phải từ ngày đầu trở đi."
    if problems:
        return await _review(request, await revision_of(request), problems, typed, 422)
    await changed(request, found.key.record_id)
    starts = published.effective_from
    later = starts is not None and starts > today(request)
    said = f"Đã hẹn công bố từ {starts:%d/%m/%Y}." if later else "Đã công bố. Trợ lý trả lời theo bản này từ bây giờ."
    return see(request, f"{LIST}/{found.key.record_id}", said)


@routes.post(_REVISION + "/send-back")
@requires(Permission.RECORDS_PUBLISH)
async def send_back(request: web.Request) -> web.StreamResponse:
    console, who, found, sent = request.app[CONSOLE], signed(request), await revision_of(request), await request.post()
    note = str(sent.get("note", "")).strip()[:500]
    if not note:
        return await _review(request, found, {"note": "Ghi điều cần sửa để người soạn biết."}, status=422)
    try:
        await console.editing.send_back(found.id, _number(sent, "version"), who.staff.id, note)
    except EditingError:
        problem = {"note": "Bản này vừa được sửa hoặc đã xử lý xong. Xin xem lại."}
        return await _review(request, await revision_of(request), problem, {"note": note}, 409)
    await changed(request, found.key.record_id, answers=False)
    return see(request, f"{LIST}/{found.key.record_id}", "Đã trả lại cho người soạn.")


@routes.post(_REVISION + "/roll-back")
@requires(Permission.RECORDS_PUBLISH)
async def roll_back(request: web.Request) -> web.StreamResponse:
    console, who, found, sent = request.app[CONSOLE], signed(request), await revision_of(request), await request.post()
    note = str(sent.get("note", "")).strip()[:500]
    if why := _barred(request, found):
        return await _look(request, found, why, 422)
    try:
        new = await console.editing.roll_back(found.id, who.staff.id, note or None)
    except InheritedError as error:
        return await _look(request, found, _owned(request, error.owner), 422)
    except WrongStateError:
        return await _look(request, found, "Bản này chưa từng công bố nên không quay về được.", 422)
    await changed(request, found.key.record_id)
    said = f"Đã quay về nội dung bản {found.number}, nay là bản {new.number}. Trợ lý trả lời theo bản này từ bây giờ."
    return see(request, f"{LIST}/{found.key.record_id}", said)


def _barred(request: web.Request, found: Revision) -> str:
    """Why the unit may not publish it at all."""
    known = subject(request, found.key.record_id)
    if found.key.kind == "procedure" and known.inherited:
        return _owned(request, known.owner)
    if found.key.kind == "supplement" and not known.inherited:
        return "Thủ tục chung đã bị rút nên không công bố phần bổ sung."
    return ""


def _owned(request: web.Request, owner: str) -> str:
    name = request.app[CONSOLE].unit_name(owner)
    return f"Thủ tục này do {name} công bố nên đơn vị không công bố bản riêng; xin dùng phần bổ sung."


async def _review(
    request: web.Request, found: Revision, problems: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None, status: int = 200,
) -> web.StreamResponse:  # fmt: skip
    console, who = request.app[CONSOLE], signed(request)
    view, current = view_of(request), await console.editing.in_force(found.key)
    seen, units = seen_in(request, request.query.get("seen_in", ""))
    faults = form.problems(found.key.kind, found.content)
    context = {
        "revision": found,
        "subject": subject(request, found.key.record_id),
        "title": editing.title(request, found),
        "current": current,
        "differences": differences(current.content if current else None, found.content),
        "files": editing.files(found),
        "faults": form.titles(found.key.kind, faults),
        "affected": supplements_below(request, found.key.record_id) if found.key.kind == "procedure" else [],
        "below": len(console.knowledge.below(view.unit.id)),
        "four_eyes": view.four_eyes,
        "wrote": who.staff.id in found.authors,
        "barred": _barred(request, found),
        "spoken": preview(request, found, seen.unit.id),
        "seen_in": seen.unit.id,
        "seen_units": units,
        "names": await people(request),
        "problems": problems or {},
        "typed": typed or {},
        "may_edit": who.may(Permission.RECORDS_EDIT),
        "words": words,
    }
    return await render(request, "revision_review.html", context, status=status)


async def _look(request: web.Request, found: Revision, problem: str = "", status: int = 200) -> web.StreamResponse:
    console = request.app[CONSOLE]
    current = await console.editing.in_force(found.key)
    context = {
        "revision": found,
        "title": editing.title(request, found),
        "own": found.key.unit_id == signed(request).unit_id,
        "unit": console.unit_name(found.key.unit_id),
        "current": current,
        "values": editing.values(found.key.kind, found.content),
        "files": editing.files(found),
        "differences": differences(found.content, current.content) if current and current.id != found.id else [],
        "barred": _barred(request, found),
        "names": await people(request),
        "problem": problem,
        "words": words,
    }
    return await render(request, "revision.html", context, status=status)


def _number(sent: Form, name: str) -> int:
    value = str(sent.get(name, ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else -1
