"""Commands that take procedures from files into drafts, and write the published ones into files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from rich.markup import escape

from bot.domain.errors import DraftExistsError, RefusedFileError
from bot.domain.views import LOCAL_ZONE
from bot.storage.editing import Editing, Key
from bot.storage.snapshots import SqlSnapshots
from bot.storage.staff import Actor
from bot.system import System
from bot.terminal import console, fail, working
from knowledge.exchange.drafts import Imported
from knowledge.exchange.guard import read_file
from knowledge.exchange.labels import label
from knowledge.exchange.reading import Format, Preview, previews, read_any, write

DRAFT_SUFFIXES = (".xlsx", ".docx", ".json")
"""Files whose content becomes drafts; whole folders of our own YAML are published as they are."""
_STATES = {"guessed": "[yellow]đoán[/]", "empty": "[yellow]trống[/]"}


async def import_drafts(system: System, path: Path, unit: str, dry_run: bool) -> None:
    """Shows what the file would change, field by field, and keeps it as drafts; nothing is published."""
    records = await _records(system, unit)
    with working(f"Đọc {path.name}") as told:
        try:
            imported = await asyncio.to_thread(_read, path, lambda done, of: told(f"{done}/{of}"))
        except RefusedFileError as error:
            fail(f"{path.name}: {error}")
        found = await asyncio.to_thread(previews, imported, records)
    editing, snapshots = Editing(system.database, system.clock), SqlSnapshots(system.database, system.clock)
    kept = 0
    for preview in found:
        _show(preview)
        if not dry_run:
            await _compare_source(snapshots, unit, path.name, preview)
        if preview.changes and not dry_run:
            kept += await _keep(editing, Key("procedure", unit, preview.record_id), preview)
    for problem in imported.problems:
        console.print(f"[red]✗[/] {escape(str(problem))}")
    unchanged = sum(not preview.changes for preview in found)
    tail = " (chưa ghi: --dry-run)" if dry_run else ""
    console.print(
        f"{len(found)} thủ tục trong tệp, {unchanged} không đổi, {kept} bản nháp mới{tail}. Chưa công bố gì; "
        "người khác duyệt rồi mới công bố."
    )


async def export(system: System, path: Path, unit: str, format: Format, template: bool) -> None:  # noqa: A002
    """Writes the procedures a unit answers from. YAML goes into a folder, a file a procedure, unless `path` ends in
    .yaml."""
    records = {} if template else await _records(system, unit)
    if not records and not template:
        fail(f"Đơn vị “{unit}” chưa công bố thủ tục nào.")
    with working(f"Ghi {path.name}"):
        await asyncio.to_thread(_write, path, format, records)
    console.print("Đã ghi tệp mẫu." if template else f"Đã ghi {len(records)} thủ tục vào {escape(str(path))}.")


def _write(path: Path, format: Format, records: dict[str, dict[str, Any]]) -> None:  # noqa: A002
    if format == "yaml" and path.suffix not in {".yaml", ".yml"}:
        path.mkdir(parents=True, exist_ok=True)
        for name, record in records.items():
            (path / f"{name}.yaml").write_bytes(write("yaml", {name: record}))
    else:
        path.write_bytes(write(format, records))


def _read(path: Path, progress: Any) -> Imported:
    return read_any(read_file(path), path.stem, progress)


async def _records(system: System, unit: str) -> dict[str, dict[str, Any]]:
    """The procedures in force in a unit, by id: its own and those it inherits."""
    today = system.clock.now().astimezone(LOCAL_ZONE).date()
    published = await system.revisions.published(today)
    parents = {one.record_id: one.content.get("parent") for one in published if one.kind == "unit"}
    if unit not in parents:
        fail(f"Chưa có đơn vị “{unit}”. Nhập đơn vị trước bằng `than-thien import units`, hoặc chọn --unit khác.")
    chain: list[str | None] = [unit]
    while parents.get(chain[-1] or "") and len(chain) < len(parents):
        chain.append(parents[chain[-1] or ""])
    return {
        one.record_id: one.content
        for link in reversed(chain)
        for one in published
        if one.kind == "procedure" and one.unit_id == link
    }


async def _compare_source(snapshots: SqlSnapshots, unit: str, file: str, preview: Preview) -> None:
    source = preview.draft.source(file)
    if source and (changed := await snapshots.take(Actor(None, unit), preview.record_id, source, preview.draft.told)):
        names = ", ".join(label(name) for name in changed)
        console.print(f"  [yellow]nguồn đã đổi so với lần đọc trước:[/] {escape(names)}")


async def _keep(editing: Editing, key: Key, preview: Preview) -> bool:
    try:
        await editing.start(key, preview.content, marks=preview.draft.marks_json())
    except DraftExistsError as error:
        console.print(f"  [yellow]đã có bản nháp số {error.revision_id}: giữ bản cũ, không ghi đè[/]")
        return False
    return True


def _show(preview: Preview) -> None:
    head = "[green]thêm[/]" if preview.is_new else "[yellow]sửa[/]" if preview.changes else "không đổi"
    console.print(f"{head} {preview.record_id}")
    if not preview.changes:
        return
    if not preview.is_new:
        for change in preview.changes:
            before, after = (_short(value) for value in (change.before, change.after))
            console.print(f"  {escape(change.label)}: {before} → {after}")
    for path, mark in preview.draft.marks.items():
        if mark.state in _STATES and (mark.state == "guessed" or "." not in path):
            why = f" ({escape(mark.note)})" if mark.note else ""
            source = f": {_short(mark.source)}" if mark.source else ""
            console.print(f"  {_STATES[mark.state]} {escape(label(path))}{why}{source}")
    for problem in preview.missing:
        console.print(f"  [red]thiếu[/] {escape(str(problem))}")


def _short(text: str | None) -> str:
    if text is None:
        return "[dim]chưa có[/]"
    line = " ".join(text.split())
    return escape(f"“{line[:77]}…”" if len(line) > 80 else f"“{line}”")
