"""The editor's page: the form, what it keeps by itself, what another person changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from bot import limits
from bot.domain import forms
from bot.storage.editing import Revision
from bot.web.console.auth import signed, wants_json
from bot.web.console.records import form, words
from bot.web.console.records.fields import CHANNELS, LOCKED, SECTIONS, WAYS, Rows, items
from bot.web.console.records.form import DOUBT_OPTIONS, Typed
from bot.web.console.records.working import (
    LIST,
    changed,
    named,
    names_of,
    people,
    preview,
    seen_in,
    subject,
    today,
    view_of,
)
from bot.web.console.rendering import render
from bot.web.console.services import CONSOLE
from bot.web.console.words import local_time
from knowledge.exchange.differences import differences, shown


def read(request: web.Request, found: Revision, sent: MultiDictProxy[Any]) -> Typed:
    fields = [(name, value) for name, value in sent.items() if isinstance(value, str)]
    return form.read(found.key.kind, fields, found.content, names_of(view_of(request)))


def problems(request: web.Request, kind: str, typed: Typed) -> dict[str, str]:
    found = form.problems(kind, typed.content, typed.places)
    known = names_of(view_of(request))
    for place, case in enumerate(typed.rows.get("cases", [])):
        strangers = [one for one in case.get("related") or [] if one not in known]
        if strangers:
            text = f"Không có thủ tục “{strangers[0]}”. Ghi đúng tên gọi ngắn của thủ tục."
            found[f"cases.{place}.related"] = text
    return found


async def keep(request: web.Request, found: Revision, version: int, typed: Typed) -> Revision:
    """Saves what differs from what is kept. Raises StaleDraftError, WrongStateError."""
    console, who = request.app[CONSOLE], signed(request)
    if found.version == version and found.content == typed.content and found.state in {"draft", "in_review"}:
        return found
    marks = {
        path: mark for path, mark in found.marks.items()
        if found.content.get(path.partition(".")[0]) == typed.content.get(path.partition(".")[0])
    }  # fmt: skip
    saved = await console.editing.save(found.id, version, typed.content, who.staff.id, marks)
    if found.state == "in_review" or who.staff.id not in found.authors:
        await changed(request, found.key.record_id, answers=False)
    return saved


async def answer(request: web.Request, saved: Revision, typed: Typed, seen: str) -> web.StreamResponse:
    """For the page's script: {version, saved, problems, warnings, phone}."""
    console = request.app[CONSOLE]
    phone = await render(request, "_phone.html", {"spoken": preview(request, saved, seen)})
    return web.json_response({
        "version": saved.version,
        "saved": f"Đã tự lưu lúc {local_time(saved.saved_at or console.clock.now())}.",
        "problems": problems(request, saved.key.kind, typed),
        "warnings": form.warnings(saved.key.kind, typed, today(request)),
        "phone": phone.text,
    })  # fmt: skip


async def rows(request: web.Request, found: Revision, typed: Typed, operation: str) -> web.StreamResponse:
    done = form.changed_rows(typed, operation, found.key.kind)
    if done is None:
        raise web.HTTPBadRequest
    spec, listed = done
    added = operation.startswith("add:")
    context = {
        **_choices(request), "spec": spec, "rows": listed, "revision": found, "problems": {}, "warnings": {},
        "marks": found.marks, "focus": len(listed) - 1 if added else -1,
        "alone": any(section.items == (spec,) for section in SECTIONS[found.key.kind]),
    }  # fmt: skip
    return await render(request, "_record_rows.html", context)


def after(typed: Typed, operation: str, kind: str) -> Typed:
    """What was typed with one of its lists changed; as it was when that is impossible."""
    done = form.changed_rows(typed, operation, kind)
    return Typed(typed.content, {**typed.rows, done[0].name: done[1]}, typed.places) if done else typed


async def page(
    request: web.Request, found: Revision, typed: Typed | None = None, faults: Mapping[str, str] | None = None,
    *, other: Revision | None = None, status: int = 200,
) -> web.StreamResponse:  # fmt: skip
    """`typed`: instead of what is kept; `faults`: named above the form; `other`: what somebody else saved meanwhile."""
    console, view = request.app[CONSOLE], view_of(request)
    known = subject(request, found.key.record_id)
    content = typed.content if typed else found.content
    listed = typed.rows if typed else {
        item.name: list(content.get(item.name) or []) for item in items(found.key.kind) if isinstance(item, Rows)
    }  # fmt: skip
    shape = typed or Typed(content, listed)
    names = await people(request)
    seen, units = seen_in(request, str(request.query.get("seen_in", "")))
    context = {
        **_choices(request),
        "revision": found,
        "subject": known,
        "title": title(request, found),
        "sections": SECTIONS[found.key.kind],
        "content": content,
        "rows_of": listed,
        "problems": faults if faults is not None else _without_missing(problems(request, found.key.kind, shape)),
        "listed": form.titles(found.key.kind, faults or {}),
        "warnings": form.warnings(found.key.kind, shape, today(request)),
        "marks": found.marks,
        "locked": LOCKED.format(owner=console.unit_name(known.owner)) if known.inherited else "",
        "owner_name": console.unit_name(known.owner),
        "base_record": (
            values("procedure", known.published.record.model_dump(mode="json"))
            if known.published and known.inherited
            else []
        ),
        "sources": await console.snapshots.open_changes(view.unit.id, found.key.record_id),
        "four_eyes": view.four_eyes,
        "author": named(found.authors[-1:], names),
        "reviewer": named([found.reviewer_id], names),
        "spoken": preview(request, found, seen.unit.id),
        "seen_in": seen.unit.id,
        "seen_units": units,
        "other": other,
        "other_who": named(other.authors[-1:], names) if other else "",
        "differences": differences(other.content, content) if other else [],
        "words": words,
    }
    return await render(request, "revision_edit.html", context, status=status)


async def conflict(request: web.Request, current: Revision, typed: Typed) -> web.StreamResponse:
    """Somebody saved in between: who, when, what differs; what was typed stays in the form."""
    if current.state not in {"draft", "in_review"}:
        return await closed(request, current, typed)
    if not wants_json(request):
        return await page(request, current, typed, other=current, status=409)
    context = {
        "other": current, "other_who": named(current.authors[-1:], await people(request)),
        "differences": differences(current.content, typed.content), "revision": current,
    }  # fmt: skip
    shown_ = await render(request, "_conflict.html", context)
    return web.json_response({"conflict": shown_.text, "version": current.version}, status=409)


async def closed(request: web.Request, found: Revision, typed: Typed | None = None) -> web.StreamResponse:
    """The revision was published or given up while somebody wrote in it; what they wrote is shown to be copied."""
    text = (
        "Bản này vừa được công bố hoặc bỏ nên không lưu thêm được. Nội dung anh/chị gõ vẫn còn trên trang: "
        "chép lại phần cần giữ rồi mở bản nháp mới."
    )
    if wants_json(request):
        return web.json_response({"closed": text}, status=410)
    kept = values(found.key.kind, typed.content) if typed else []
    context = {"text": text, "record_id": found.key.record_id, "values": kept}
    return await render(request, "revision_closed.html", context, status=409)


def title(request: web.Request, found: Revision) -> str:
    known = subject(request, found.key.record_id)
    own = found.content.get("short_name") if found.key.kind == "procedure" else None
    return str(own or known.name)


def values(kind: str, content: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """(field, its items) of a record, as somebody reads it."""
    read_as = []
    for item in items(kind):
        value = form.pick(content, item.name)
        texts = [shown(one) or "" for one in value] if isinstance(value, list) else [shown(value) or ""]
        read_as.append((item.label, [text for text in texts if text]))
    return read_as


def files(found: Revision) -> list[tuple[str, str]]:
    """(name, address on the console) of the forms whose files are kept."""
    listed = [one for one in found.content.get("forms") or () if forms.is_kept(one.get("url"))]
    return [(str(one.get("name") or forms.name_of(one["url"])), f"/console{one['url']}") for one in listed]


def day(text: str) -> date:
    return date.fromisoformat(text)


def _choices(request: web.Request) -> dict[str, Any]:
    view = view_of(request)
    records = [one.record for one in view.procedures.values()]
    return {
        "shown": form.shown,
        "pick": form.pick,
        "kept": forms.is_kept,
        "file_name": forms.name_of,
        "form_endings": ",".join(f".{one}" for one in forms.MEDIA_TYPES),
        "form_bytes": limits.FORM_FILE_BYTES,
        "procedure_names": names_of(view),
        "known_fields": sorted({one.field for one in records}),
        "known_levels": sorted({one.level for one in records}),
        "known_copies": sorted({one.original_or_copy for record in records for one in record.documents} - {None}),
        "channels": [(one, one[:1].upper() + one[1:]) for one in CHANNELS],
        "ways": WAYS,
        "doubts": DOUBT_OPTIONS,
        "list": LIST,
    }  # fmt: skip


def _without_missing(found: Mapping[str, str]) -> dict[str, str]:
    """What is only not written yet is named when the draft is sent, not while it is being begun."""
    return {path: text for path, text in found.items() if not text.startswith("Chưa có")}
