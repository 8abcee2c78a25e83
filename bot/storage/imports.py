"""Files that were handed in: how far they are read, what they would change, and the drafts made of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.records import ID_PATTERN
from bot.ports import Clock
from bot.storage import snapshots
from bot.storage.audit import Entry, append
from bot.storage.database import Database
from bot.storage.import_tables import import_items, imports
from bot.storage.revisions import digest_of, next_number
from bot.storage.staff import Actor
from bot.storage.staff_tables import staff
from bot.storage.tables import OPEN_STATES, revisions
from bot.storage.values import storable_json, storable_text

_ID = 80
Outcome = Literal["drafted", "same", "conflict", "stale", "foreign", "invalid"]


@dataclass(frozen=True, slots=True)
class Read:
    """One record of a file, as its reader gives it. `changes`: (label, before, after); `missing`: (label, what to do);
    `base`: the revision it was compared with; `source`: what was read, empty for our own files; `told`: the fields as
    it says them."""

    record_id: str
    title: str
    place: str
    is_new: bool
    base: int | None
    content: Mapping[str, Any]
    marks: Mapping[str, Any]
    changes: Sequence[Sequence[str | None]]
    missing: Sequence[Sequence[str]]
    source: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileRead:
    """`state`: reading, ready, refused or, when its reader fell silent, lost. `total` 0: not known yet."""

    id: int
    unit_id: str
    file_name: str
    state: str
    done: int
    total: int
    reason: str | None
    problems: tuple[tuple[str, str], ...]
    created_at: datetime
    staff: str | None


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """The draft somebody has of a record. `who`: the last author's name, None for the server's terminal."""

    revision_id: int
    digest: str
    who: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A record of a file as the page shows it. `draft`: the record's open draft, whoever wrote it."""

    position: int
    read: Read
    digest: str
    drafted_at: datetime | None
    draft: OpenDraft | None

    @property
    def is_drafted(self) -> bool:
        """Whether the open draft says what the file says."""
        return self.draft is not None and self.draft.digest == self.digest

    @property
    def state(self) -> str:
        """same, invalid (its id is none), drafted, conflict (another draft is open), new or changed."""
        if not self.read.changes:
            return "same"
        if not re.fullmatch(ID_PATTERN, self.read.record_id):
            return "invalid"
        if self.draft is not None:
            return "drafted" if self.is_drafted else "conflict"
        return "new" if self.read.is_new else "changed"


@dataclass(slots=True)
class Taken:
    """What became of the chosen records, by outcome. `sources_changed`: how many of them have a source that says
    something else than when it was read last."""

    outcomes: dict[Outcome, list[str]] = field(default_factory=dict)
    sources_changed: int = 0

    def add(self, outcome: Outcome, title: str) -> None:
        self.outcomes.setdefault(outcome, []).append(title)

    def count(self, outcome: Outcome) -> int:
        return len(self.outcomes.get(outcome, ()))


class SqlImports:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, actor: Actor, file_name: str) -> int:
        """A file that is about to be read; the unit's old ones are forgotten."""
        now = self._clock.now()
        async with self._database.write() as connection:
            old = imports.c.created_at < now - limits.IMPORT_RETENTION
            await connection.execute(delete(imports).where(imports.c.unit_id == actor.unit_id, old))
            values = {
                "unit_id": actor.unit_id,
                "staff_id": actor.staff_id,
                "file_name": storable_text(file_name, 200),
                "state": "reading",
                "created_at": now,
                "seen_at": now,
            }
            made = await connection.execute(insert(imports).values(values).returning(imports.c.id))
            return int(made.scalar_one())

    async def progress(self, import_id: int, done: int, total: int) -> None:
        async with self._database.write() as connection:
            values = {"done": done, "total": total, "seen_at": self._clock.now()}
            await connection.execute(_of(import_id, "reading").values(values))

    async def refuse(self, import_id: int, reason: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(_of(import_id, "reading").values(state="refused", reason=reason))

    async def ready(self, import_id: int, read: Sequence[Read], problems: Sequence[Sequence[str]]) -> None:
        rows = [
            {
                "import_id": import_id,
                "position": position,
                "record_id": one.record_id if len(one.record_id) <= _ID else one.record_id[: _ID - 1] + "…",
                "title": one.title,
                "place": one.place[:200],
                "is_new": one.is_new,
                "base": one.base,
                "content": storable_json(dict(one.content)),
                "digest": digest_of(storable_json(dict(one.content))),
                "marks": storable_json(dict(one.marks)),
                "changes": storable_json(list(one.changes)),
                "missing": storable_json(list(one.missing)),
                "source": storable_text(one.source, 500),
                "told": storable_json(dict(one.told)),
            }
            for position, one in enumerate(read)
        ]
        async with self._database.write() as connection:
            if rows:
                await connection.execute(insert(import_items), rows)
            values = {
                "state": "ready",
                "done": len(rows),
                "total": len(rows),
                "problems": storable_json(list(problems)),
            }
            await connection.execute(_of(import_id, "reading").values(values))

    async def latest(self, unit_id: str, limit: int) -> list[FileRead]:
        query = _files().where(imports.c.unit_id == unit_id).order_by(imports.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            return [self._file(row) for row in (await connection.execute(query)).all()]

    async def file(self, unit_id: str, import_id: int) -> FileRead | None:
        query = _files().where(imports.c.unit_id == unit_id, imports.c.id == import_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return self._file(row) if row else None

    async def items(self, file: FileRead) -> list[Item]:
        """In the order of the file."""
        query = select(import_items).where(import_items.c.import_id == file.id).order_by(import_items.c.position)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            drafts = await _open_drafts(connection, file)
        return [_item(row, drafts.get(row.record_id)) for row in rows]

    async def own(self, unit_id: str, kind: str = "procedure") -> set[str]:
        """Ids of the records the unit itself has published."""
        query = select(revisions.c.record_id).where(
            revisions.c.kind == kind, revisions.c.unit_id == unit_id, revisions.c.state == "published"
        )
        async with self._database.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def take(
        self,
        actor: Actor,
        file: FileRead,
        positions: Collection[int] | None,
        in_force: Mapping[str, int],
        foreign: Collection[str] = (),
    ) -> Taken:
        """Makes drafts of the chosen records (None: of all that change something), in one transaction with its audit
        row, and keeps what their sources say. A record with another open draft, or one that was published anew since
        the file was read, is left alone.
        `in_force`: the revision that answers, by record; `foreign`: records of somebody else."""
        now, taken = self._clock.now(), Taken()
        drafted: list[str] = []
        async with self._database.write() as connection:
            rows = (
                await connection.execute(
                    select(import_items).where(import_items.c.import_id == file.id).order_by(import_items.c.position)
                )
            ).all()
            drafts = await _open_drafts(connection, file)
            for row in rows:
                item = _item(row, drafts.get(row.record_id))
                if positions is not None and item.position not in positions:
                    continue
                outcome = _before_taking(item, in_force, foreign)
                if outcome == "drafted":
                    try:
                        async with connection.begin_nested():
                            await _start(connection, file, item, actor, now)
                        drafted.append(row.record_id)
                    except IntegrityError:
                        outcome = "conflict"
                taken.add(outcome, row.title)
                if row.source and outcome in {"drafted", "same", "conflict"}:
                    told = await snapshots.take(connection, actor, row.record_id, row.source, row.told, now)
                    taken.sources_changed += bool(told)
            if drafted:
                done = import_items.c.record_id.in_(drafted) & (import_items.c.import_id == file.id)
                await connection.execute(update(import_items).where(done).values(drafted_at=now))
                details = {"file": file.file_name, "records": drafted[:50], "count": len(drafted)}
                entry = Entry(now, "record.imported", f"import:{file.id}", actor.staff_id, actor.unit_id, details)
                await append(connection, entry)
        return taken

    def _file(self, row: Row[Any]) -> FileRead:
        silent = self._clock.now() - row.seen_at > limits.IMPORT_SILENCE
        problems = tuple((str(place), str(text)) for place, text in row.problems or ())
        state = "lost" if row.state == "reading" and silent else row.state
        return FileRead(
            row.id, row.unit_id, row.file_name, state, row.done, row.total, row.reason, problems,
            row.created_at, row.who,
        )  # fmt: skip


def _before_taking(item: Item, in_force: Mapping[str, int], foreign: Collection[str]) -> Outcome:
    state = item.state
    if state == "same" or item.is_drafted:
        return "same"
    if state in {"conflict", "invalid"}:
        return "conflict" if state == "conflict" else "invalid"
    if item.read.record_id in foreign:
        return "foreign"
    return "drafted" if in_force.get(item.read.record_id) == item.read.base else "stale"


async def _start(connection: AsyncConnection, file: FileRead, item: Item, actor: Actor, now: datetime) -> None:
    number = await next_number(connection, "procedure", file.unit_id, item.read.record_id)
    await connection.execute(
        insert(revisions).values(
            kind="procedure",
            unit_id=file.unit_id,
            record_id=item.read.record_id,
            number=number,
            state="draft",
            content=dict(item.read.content),
            digest=item.digest,
            marks=dict(item.read.marks),
            authors=[] if actor.staff_id is None else [actor.staff_id],
            created_at=now,
            saved_at=now,
        )
    )


async def _open_drafts(connection: AsyncConnection, file: FileRead) -> dict[str, OpenDraft]:
    """By record, of all records of a file."""
    named = select(import_items.c.record_id).where(import_items.c.import_id == file.id)
    query = select(revisions.c.id, revisions.c.record_id, revisions.c.digest, revisions.c.authors).where(
        revisions.c.kind == "procedure",
        revisions.c.unit_id == file.unit_id,
        revisions.c.state.in_(OPEN_STATES),
        revisions.c.record_id.in_(named),
    )
    rows = (await connection.execute(query)).all()
    authors = {row.authors[-1] for row in rows if row.authors}
    found = await connection.execute(select(staff.c.id, staff.c.name).where(staff.c.id.in_(authors)))
    names: dict[int, str] = {row.id: row.name for row in found.all()}
    return {
        row.record_id: OpenDraft(row.id, row.digest, names.get(row.authors[-1]) if row.authors else None)
        for row in rows
    }


def _item(row: Row[Any], draft: OpenDraft | None) -> Item:
    read = Read(
        row.record_id, row.title, row.place, row.is_new, row.base, row.content, row.marks, row.changes, row.missing,
        row.source, row.told,
    )  # fmt: skip
    return Item(row.position, read, row.digest, row.drafted_at, draft)


def _files() -> Any:
    return select(imports, staff.c.name.label("who")).join(staff, staff.c.id == imports.c.staff_id, isouter=True)


def _of(import_id: int, state: str) -> Any:
    return update(imports).where(imports.c.id == import_id, imports.c.state == state)
