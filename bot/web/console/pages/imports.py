"""Files of procedures: hand one in, see what it would change, make drafts of it; templates and exports."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal

from aiohttp import web

from bot import limits
from bot.domain.errors import RefusedFileError
from bot.domain.staff import Permission
from bot.storage.imports import FileRead, Item, Taken
from bot.storage.staff import Actor
from bot.web.console import importing
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE
from knowledge.exchange import guard
from knowledge.exchange.labels import label
from knowledge.exchange.reading import MEDIA_TYPES

LIST = "/console/imports"
LATEST = 20
BODY = limits.UPLOAD_BYTES + 500_000
"""The file and the fields around it."""
STATES: Mapping[str, tuple[str, str]] = {
    "reading": ("Đang đọc", "info"),
    "ready": ("Đã đọc", "good"),
    "refused": ("Không nhận", "bad"),
    "lost": ("Bị ngắt, tải lên lại", "warn"),
}
ITEM_STATES: Mapping[str, tuple[str, str]] = {
    "new": ("Thủ tục mới", "info"),
    "changed": ("Có thay đổi", "warn"),
    "drafted": ("Đã có bản nháp này", "good"),
    "conflict": ("Đang có bản nháp khác", "bad"),
    "foreign": ("Do cấp trên công bố", "plain"),
    "invalid": ("Mã không hợp lệ", "bad"),
    "same": ("Không có gì thay đổi", "plain"),
}
NAV = Nav("Nhập, xuất tệp", LIST, Permission.RECORDS_EDIT, 220, "file", "f")
routes = web.RouteTableDef()
setup = importing.setup
_ONE = r"/imports/{import:\d{1,18}}"


@routes.get("/imports")
@requires(Permission.RECORDS_EDIT)
async def overview(request: web.Request) -> web.StreamResponse:
    return await _overview(request)


@routes.post("/imports")
@requires(Permission.RECORDS_EDIT, body=BODY)
async def hand_in(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    chosen = (await request.post()).get("file")
    if not isinstance(chosen, web.FileField) or not chosen.filename:
        return await _overview(request, "Chọn một tệp trước khi bấm “Đọc tệp”.")
    name = PurePath(chosen.filename.replace("\\", "/")).name
    data = await asyncio.to_thread(chosen.file.read)
    try:
        await asyncio.to_thread(guard.kind_of, data)
    except RefusedFileError as error:
        return await _overview(request, f"Không nhận tệp “{name}”. {error}")
    actor = Actor(who.staff.id, who.unit_id)
    records, in_force = await _records(request), _in_force(request)
    try:
        found = await importing.begin(request.app, console.imports, actor, name, data, records, in_force)
    except importing.BusyError:
        return await _overview(request, "Hệ thống đang đọc tệp khác. Chờ tệp đó xong rồi tải lên lại.")
    return see(request, f"{LIST}/{found}")


@routes.get("/imports/template.xlsx")
@requires(Permission.RECORDS_EDIT)
async def template(request: web.Request) -> web.StreamResponse:
    return await _download("xlsx", {}, "mau-nhap-thu-tuc.xlsx")


@routes.get("/imports/export.{format:yaml|xlsx|docx|json}")
@requires(Permission.RECORDS_EDIT)
async def export(request: web.Request) -> web.StreamResponse:
    """What the unit answers from: one record with `?record=`, or all."""
    records, ending = await _records(request), request.match_info["format"]
    only = request.query.get("record")
    if only is not None:
        if only not in records:
            raise web.HTTPNotFound
        return await _download(ending, {only: records[only]}, f"{only}.{ending}")
    if not records:
        return see(request, LIST, "Đơn vị chưa công bố thủ tục nào nên chưa có gì để tải.")
    return await _download(ending, records, f"thu-tuc-{signed(request).unit_id}.{ending}")


@routes.get(_ONE)
@requires(Permission.RECORDS_EDIT)
async def preview(request: web.Request) -> web.StreamResponse:
    return await _preview(request, await _file(request))


@routes.post(_ONE + "/drafts")
@requires(Permission.RECORDS_EDIT)
async def make_drafts(request: web.Request) -> web.StreamResponse:
    console, who, file = request.app[CONSOLE], signed(request), await _file(request)
    form = await request.post()
    chosen = {int(one) for one in form.getall("chosen", []) if isinstance(one, str) and one.isdecimal()}
    if not chosen and "all" not in form:
        return await _preview(request, file, "Chọn ít nhất một thủ tục, hoặc bấm tạo cho tất cả.", status=422)
    taken = await console.imports.take(
        Actor(who.staff.id, who.unit_id), file, None if "all" in form else chosen, _in_force(request),
        await _foreign(request),
    )  # fmt: skip
    return see(request, f"{LIST}/{file.id}", _said(taken))


async def _overview(request: web.Request, problem: str = "") -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    known = console.knowledge.of(who.unit_id)
    names = {name: one.record.short_name for name, one in known.view.procedures.items()} if known else {}
    context = {
        "files": await console.imports.latest(who.unit_id, LATEST),
        "problem": problem,
        "states": STATES,
        "records": sorted(names.items(), key=lambda one: one[1]),
        "max_bytes": limits.UPLOAD_BYTES,
    }
    return await render(request, "imports.html", context, status=422 if problem else 200)


async def _preview(request: web.Request, file: FileRead, problem: str = "", status: int = 200) -> web.StreamResponse:
    console = request.app[CONSOLE]
    items = await console.imports.items(file) if file.state == "ready" else []
    foreign = await _foreign(request)
    states = {one.position: _state(one, foreign) for one in items}
    unchanged = [one for one in items if states[one.position] == "same"]
    changing = [one for one in items if states[one.position] != "same"]
    shown, show = (unchanged, "same") if request.query.get("show") == "same" else (changing, "")
    given = request.query.get("page", "0")
    page = min(int(given), 10_000) if given.isascii() and given.isdigit() else 0
    first = page * limits.IMPORT_ROWS
    address = f"{LIST}/{file.id}"
    query = f"{address}?{'show=same&' if show else ''}page="
    context = {
        "file": file,
        "address": address,
        "percent": file.done * 100 // file.total if file.total else 0,
        "shown": shown[first : first + limits.IMPORT_ROWS],
        "states": states,
        "state_words": ITEM_STATES,
        "file_states": STATES,
        "drafts": sum(state in {"new", "changed"} for state in states.values()),
        "count": len(items),
        "unchanged": len(unchanged),
        "tabs": [(address, "Có thay đổi", len(changing)), (f"{address}?show=same", "Không đổi", len(unchanged))],
        "current": f"{address}?show=same" if show else address,
        "newer": f"{query}{page - 1}" if page else "",
        "older": f"{query}{page + 1}" if first + limits.IMPORT_ROWS < len(shown) else "",
        "problem": problem,
        "guesses": _guesses,
        "empties": _empties,
    }
    return await render(request, "import.html", context, status=status)


def _state(item: Item, foreign: set[str]) -> str:
    return "foreign" if item.state == "changed" and item.read.record_id in foreign else item.state


def _guesses(item: Item) -> list[tuple[str, str, str]]:
    """(label, the file's words, what to confirm) of everything that was guessed."""
    marks = item.read.marks
    inside = {path.partition(".")[0] for path in marks if "." in path}
    return [
        (label(path), mark["source"], mark["note"])
        for path, mark in marks.items()
        if mark["state"] == "guessed" and path not in inside
    ]


def _empties(item: Item) -> list[str]:
    return [label(path) for path, mark in item.read.marks.items() if mark["state"] == "empty" and "." not in path]


def _said(taken: Taken) -> str:
    made = taken.count("drafted")
    said = [f"Đã tạo {made} bản nháp; chưa công bố gì." if made else "Không tạo bản nháp nào."]
    told: tuple[tuple[Literal["conflict", "stale", "foreign", "invalid", "same"], str], ...] = (
        ("conflict", "đang có bản nháp khác nên giữ nguyên bản đó"),
        ("stale", "vừa được công bố bản mới: tải tệp lên lại để so với bản đó"),
        ("foreign", "do cấp trên công bố nên không sửa ở đây"),
        ("invalid", "có mã trong hệ thống viết sai: sửa trong tệp"),
        ("same", "không có gì thay đổi"),
    )
    said += [f"{taken.count(one)} thủ tục {text}." for one, text in told if taken.count(one)]
    if taken.sources_changed:
        said.append(f"Nguồn của {taken.sources_changed} thủ tục đã đổi so với lần đọc trước; phần đổi được đánh dấu.")
    return " ".join(said)


async def _file(request: web.Request) -> FileRead:
    file = await request.app[CONSOLE].imports.file(signed(request).unit_id, int(request.match_info["import"]))
    if file is None:
        raise web.HTTPNotFound
    return file


async def _records(request: web.Request) -> dict[str, dict[str, Any]]:
    """What the unit answers from, its own and what it inherits, by id."""
    view = request.app[CONSOLE].view(signed(request).unit_id)
    if view is None:
        return {}
    published = dict(view.procedures)
    return await asyncio.to_thread(
        lambda: {name: one.record.model_dump(mode="json") for name, one in published.items()}
    )


def _in_force(request: web.Request) -> dict[str, int]:
    """The revision that answers, by record."""
    view = request.app[CONSOLE].view(signed(request).unit_id)
    return {name: one.revision for name, one in view.procedures.items()} if view else {}


async def _foreign(request: web.Request) -> set[str]:
    """What the unit answers from but somebody above it publishes."""
    unit_id = signed(request).unit_id
    view = request.app[CONSOLE].view(unit_id)
    return set(view.procedures) - await request.app[CONSOLE].imports.own(unit_id) if view else set()


async def _download(ending: str, records: Mapping[str, Any], name: str) -> web.Response:
    content = await importing.written(ending, records)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type=MEDIA_TYPES[ending], headers=headers)
