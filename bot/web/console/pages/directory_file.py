"""The directory as an Excel workbook: taken away, handed in, and put into the draft after a look at its differences."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot import limits
from bot.domain.errors import RefusedFileError
from bot.domain.records import Unit
from bot.domain.staff import Permission
from bot.web.console import unit_records as records
from bot.web.console.pages import directory
from bot.web.console.permissions import requires
from bot.web.console.rendering import render, see
from bot.web.console.services import CONSOLE
from bot.web.console.unit_records import Content, PartChangedError
from knowledge.exchange.differences import Difference
from knowledge.exchange.directory_differences import directory_differences
from knowledge.exchange.directory_xlsx import read_directory_xlsx, write_directory_xlsx
from knowledge.exchange.drafts import Problem
from knowledge.exchange.reading import MEDIA_TYPES

FILE = f"{directory.BASE}/file"
FIELDS = ("positions", "hours", "holidays")
"""What a workbook says of a unit."""
routes = web.RouteTableDef()


@routes.get("/directory/file")
@requires(Permission.RECORDS_EDIT)
async def page(request: web.Request) -> web.StreamResponse:
    return await _page(request)


@routes.get("/directory/export.xlsx")
@requires(Permission.RECORDS_EDIT)
async def export(request: web.Request) -> web.StreamResponse:
    """As it is being worked on; the template where there is nothing yet."""
    unit = await _unit(request)
    if unit is None:
        raise web.HTTPNotFound
    content = await asyncio.to_thread(write_directory_xlsx, unit)
    headers = {"Content-Disposition": f'attachment; filename="danh-ba-{unit.id}.xlsx"'}
    return web.Response(body=content, content_type=MEDIA_TYPES["xlsx"], headers=headers)


@routes.post("/directory/file")
@requires(Permission.RECORDS_EDIT, body=limits.DIRECTORY_BYTES)
async def hand_in(request: web.Request) -> web.StreamResponse:
    """What the workbook would change; nothing is kept yet."""
    chosen, unit = (await request.post()).get("file"), await _unit(request)
    if not isinstance(chosen, web.FileField) or not chosen.filename:
        return await _page(request, "Chọn một tệp Excel trước khi bấm “Đọc tệp”.")
    if unit is None:
        raise web.HTTPNotFound
    before = unit.model_dump(mode="json")
    try:
        content, problems = await asyncio.to_thread(lambda: read_directory_xlsx(chosen.file.read(), unit))
    except RefusedFileError as error:
        return await _page(request, f"Không nhận tệp “{chosen.filename}”. {error}")
    except ValidationError:
        return await _page(request, f"Không nhận tệp “{chosen.filename}”. Nội dung sai dạng; dùng tệp mẫu.")
    return await _preview(request, before, content, problems)


@routes.post("/directory/file/draft")
@requires(Permission.RECORDS_EDIT, body=2 * limits.DIRECTORY_BYTES)
async def take(request: web.Request) -> web.StreamResponse:
    """Puts what was previewed into the draft."""
    form = await request.post()
    try:
        given = json.loads(str(form.get("content", "")))
        read = {name: given[name] for name in FIELDS}
    except (ValueError, KeyError, TypeError):
        raise web.HTTPBadRequest from None

    def change(content: Content) -> Content:
        if records.seen(_said(content)) != str(form.get("seen", "")):
            raise PartChangedError
        try:
            Unit.model_validate({**content, **read})
        except ValidationError:
            raise web.HTTPBadRequest from None
        return {**content, **read}

    try:
        await records.save(request, directory.key_of(request), change)
    except PartChangedError:
        return await _page(request, "Chưa lưu: danh bạ vừa được người khác sửa. Tải tệp lên lại để so với bản mới.")
    return see(request, f"{directory.BASE}/review", "Đã đưa tệp vào bản nháp. Xem lại rồi công bố.")


async def _unit(request: web.Request) -> Unit | None:
    now = await records.working(request.app[CONSOLE], directory.key_of(request))
    return Unit.model_validate(now.content) if now.content else None


def _said(content: Content) -> dict[str, Any]:
    """The workbook's part in the record's own JSON form."""
    known = Unit.model_validate(content).model_dump(mode="json")
    return {name: known[name] for name in FIELDS}


async def _page(request: web.Request, problem: str = "") -> web.StreamResponse:
    now = await records.working(request.app[CONSOLE], directory.key_of(request))
    context = {
        "problem": problem,
        "preview": False,
        "max_bytes": limits.DIRECTORY_BYTES,
        **await directory.bar(request, now),
    }
    return await render(request, "directory_file.html", context, status=422 if problem else 200)


async def _preview(
    request: web.Request, before: Content, content: Content, problems: Sequence[Problem]
) -> web.StreamResponse:
    changes: list[Difference] = directory_differences(before, content)
    now = await records.working(request.app[CONSOLE], directory.key_of(request))
    context = {
        "problem": "",
        "preview": True,
        "changes": changes,
        "problems": problems,
        "seen": records.seen({name: before[name] for name in FIELDS}),
        "content": json.dumps({name: content[name] for name in FIELDS}, ensure_ascii=False),
        "max_bytes": limits.DIRECTORY_BYTES,
        **await directory.bar(request, now),
    }
    return await render(request, "directory_file.html", context)
