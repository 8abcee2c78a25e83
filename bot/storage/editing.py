"""The life of a revision: draft, review, publication by a second person, schedule, withdrawal, roll-back, and the
switch that stops answers about a record at once. Every step is in the audit trail; every step that changes an answer
adds a publication and wakes the running processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import (
    DraftExistsError,
    EditingError,
    InvalidContentError,
    SameEditorError,
    StaleDraftError,
    WrongStateError,
)
from bot.domain.records import Procedure, Supplement, Unit
from bot.domain.texts import Texts
from bot.domain.topics import KNOWLEDGE
from bot.domain.views import LOCAL_ZONE
from bot.ports import Clock, Signals
from bot.storage.audit import Entry, append
from bot.storage.channels import insert_ignore
from bot.storage.database import Database
from bot.storage.revisions import begun, digest_of, next_number, refuse_inherited, supersede
from bot.storage.tables import OPEN_STATES, publications, record_switches, revisions

MODELS: dict[str, type[Procedure] | type[Supplement] | type[Unit] | type[Texts]] = {
    "procedure": Procedure,
    "supplement": Supplement,
    "unit": Unit,
    "texts": Texts,
}


@dataclass(frozen=True, slots=True)
class Key:
    """What a revision is of. `kind`: procedure, unit, texts, or supplement (what `unit_id` adds to a procedure it
    inherits); `unit_id`: who publishes it."""

    kind: str
    unit_id: str
    record_id: str


@dataclass(frozen=True, slots=True)
class Revision:
    """`state`: draft, in_review, published, superseded or withdrawn; the content of a draft may be incomplete.
    `version` rises with every change and is handed back with the next one. `authors`: everybody who wrote it, the
    last one last. `marks`: what an import guessed or left empty, by field."""

    id: int
    key: Key
    number: int
    state: str
    version: int
    content: dict[str, Any]
    marks: dict[str, Any]
    authors: tuple[int, ...]
    reviewer_id: int | None
    note: str | None
    effective_from: date | None
    effective_to: date | None
    created_at: datetime
    saved_at: datetime | None
    published_at: datetime | None


class Editing:
    """`author`, `by`, `reviewer`: ids of staff. Without `signals` the running processes notice a publication when they
    look by themselves, within a second."""

    def __init__(self, database: Database, clock: Clock, signals: Signals | None = None) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals

    async def get(self, revision_id: int) -> Revision:
        """Raises WrongStateError when there is none."""
        async with self._database.read() as connection:
            return _revision(await _row(connection, revision_id))

    async def open_drafts(self, unit_id: str, kind: str = "procedure") -> list[Revision]:
        """Drafts and what waits for review, the one saved last first."""
        query = select(revisions).where(
            revisions.c.unit_id == unit_id, revisions.c.kind == kind, revisions.c.state.in_(OPEN_STATES)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(revisions.c.saved_at.desc(), revisions.c.id))).all()
        return [_revision(row) for row in rows]

    async def history(self, key: Key) -> list[Revision]:
        """All revisions of a record, the newest first."""
        query = select(revisions).where(_is(key)).order_by(revisions.c.number.desc())
        async with self._database.read() as connection:
            return [_revision(row) for row in (await connection.execute(query)).all()]

    async def in_force(self, key: Key) -> Revision | None:
        """The revision answers are made of today."""
        async with self._database.read() as connection:
            row = await _in_force(connection, key, self._today())
        return _revision(row) if row is not None else None

    async def start(
        self, key: Key, content: Mapping[str, Any], author: int | None = None, marks: Mapping[str, Any] | None = None
    ) -> Revision:
        """A new draft. Raises DraftExistsError when the record has one already."""
        now = self._clock.now()
        try:
            async with self._database.write() as connection:
                values = _columns(key) | {
                    "number": await next_number(connection, key.kind, key.unit_id, key.record_id), "state": "draft",
                    "content": dict(content), "digest": digest_of(dict(content)), "marks": dict(marks or {}),
                    "authors": [] if author is None else [author], "created_at": now, "saved_at": now,
                }  # fmt: skip
                query = insert(revisions).values(values)
                draft = _revision((await connection.execute(query.returning(revisions))).one())
                await self._record(connection, key, "started", author, number=draft.number)
                return draft
        except IntegrityError as error:
            raise await self._conflict(key) from error

    async def save(
        self,
        revision_id: int,
        version: int,
        content: Mapping[str, Any],
        author: int | None,
        marks: Mapping[str, Any] | None = None,
    ) -> Revision:
        """Saves a draft over the version it was read in; marks None: as they were. What waits for review becomes a
        draft again. Raises StaleDraftError when somebody else saved it meanwhile."""
        async with self._database.write() as connection:
            row = await _open_row(connection, revision_id, version)
            authors = [one for one in row.authors or [] if one != author]
            values: dict[str, Any] = {
                "content": dict(content),
                "digest": digest_of(dict(content)),
                "authors": authors if author is None else [*authors, author],
                "saved_at": self._clock.now(),
                "state": "draft",
            }
            if marks is not None:
                values["marks"] = dict(marks)
            saved = await _changed(connection, row, values)
            if row.state != "draft" or tuple(row.authors or ())[-1:] != saved.authors[-1:]:  # once for all one types
                await self._record(connection, saved.key, "edited", author, number=saved.number)
            return saved

    async def send(self, revision_id: int, version: int, note: str | None = None, by: int | None = None) -> Revision:
        """Hands a draft to a second person. Raises InvalidContentError while it is incomplete."""
        async with self._database.write() as connection:
            row = await _open_row(connection, revision_id, version, "draft")
            content = _validated(row)
            sent = await _changed(connection, row, {"state": "in_review", "content": content, "note": note})
            await self._record(connection, sent.key, "sent", by, number=sent.number)
            return sent

    async def send_back(self, revision_id: int, version: int, reviewer: int, note: str) -> Revision:
        """The reviewer returns it to its authors with a reason."""
        async with self._database.write() as connection:
            row = await _open_row(connection, revision_id, version, "in_review")
            back = await _changed(connection, row, {"state": "draft", "reviewer_id": reviewer, "note": note})
            await self._record(connection, back.key, "sent_back", reviewer, number=back.number)
            return back

    async def discard(self, revision_id: int, version: int, by: int | None) -> Revision:
        """Gives a draft up; it stays in the history."""
        async with self._database.write() as connection:
            row = await _open_row(connection, revision_id, version)
            given_up = await _changed(connection, row, {"state": "withdrawn", "reviewer_id": by})
            await self._record(connection, given_up.key, "discarded", by, number=given_up.number)
            return given_up

    async def publish(
        self,
        revision_id: int,
        version: int,
        reviewer: int,
        *,
        four_eyes: bool = True,
        effective_from: date | None = None,
        effective_to: date | None = None,
    ) -> Revision:
        """Puts a revision in force, now or on a later day. With `effective_to` it is in force for a time, and what
        was in force before it returns afterwards. With four eyes it must have been sent, and nobody who wrote it may
        publish it. Raises SameEditorError, InvalidContentError, StaleDraftError, InheritedError, EditingError for
        impossible days."""
        async with self._database.write() as connection:
            row = await _open_row(connection, revision_id, version, *(("in_review",) if four_eyes else OPEN_STATES))
            if four_eyes and reviewer in (row.authors or []):
                raise SameEditorError(f"{reviewer} wrote revision {revision_id}")
            content = _validated(row)
            today = self._today()
            if row.kind == "procedure":
                await refuse_inherited(connection, row.unit_id, [row.record_id], today)
            starts = effective_from or _own_start(content)
            later = starts if starts is not None and starts > today else None
            if effective_to is not None and effective_to < (later or today):
                raise EditingError("effective_to lies before the first day")
            if later is None and effective_to is None:
                await supersede(connection, row.kind, row.unit_id, row.record_id, today)
            values = {
                "state": "published",
                "content": content,
                "digest": digest_of(content),
                "reviewer_id": reviewer,
                "effective_from": later or (today if effective_to else None),
                "effective_to": effective_to,
                "published_at": self._clock.now(),
            }
            published = await _changed(connection, row, values)
            days = {"from": str(later or today), **({"until": str(effective_to)} if effective_to else {})}
            await self._announce(connection, published.key, "publish", "published", reviewer, published.number, **days)
        await self._wake()
        return published

    async def withdraw(self, key: Key, by: int, note: str) -> int:
        """Takes a record out of force, its scheduled revisions too; how many revisions that ended."""
        async with self._database.write() as connection:
            query = update(revisions).where(_is(key), revisions.c.state == "published")
            ended = await connection.execute(query.values(state="withdrawn", reviewer_id=by, note=note))
            if ended.rowcount:
                await self._announce(connection, key, "withdraw", "withdrawn", by)
        await self._wake()
        return ended.rowcount

    async def roll_back(self, revision_id: int, by: int, note: str | None = None) -> Revision:
        """Publishes the content of an earlier published revision as a new one, at once and by one person: two people
        stood behind it before. Raises WrongStateError for what was never published, InheritedError."""
        now = self._clock.now()
        async with self._database.write() as connection:
            old = await _row(connection, revision_id)
            if old.published_at is None:
                raise WrongStateError(f"revision {revision_id} was never published")
            if old.kind == "procedure":
                await refuse_inherited(connection, old.unit_id, [old.record_id], self._today())
            await supersede(connection, old.kind, old.unit_id, old.record_id, self._today())
            new = await _added(connection, _revision(old).key, old.content, by, now, note=note)
            await self._announce(connection, new.key, "roll back", "rolled_back", by, new.number, back_to=old.number)
        await self._wake()
        return new

    async def suspend(self, key: Key, by: int | None = None, note: str | None = None) -> None:
        """Stops answers about a record in the unit of the key and all below it; again is harmless."""
        async with self._database.write() as connection:
            values = {"suspended_at": self._clock.now(), "suspended_by": by, "note": note}
            query = insert_ignore(connection, record_switches).values(_columns(key) | values)
            if (await connection.execute(query)).rowcount:
                await self._announce(connection, key, "suspend", "suspended", by)
        await self._wake()

    async def resume(self, key: Key, by: int | None = None) -> None:
        """Answers again; harmless where nothing was suspended."""
        async with self._database.write() as connection:
            if (await connection.execute(delete(record_switches).where(_switch(key)))).rowcount:
                await self._announce(connection, key, "resume", "resumed", by)
        await self._wake()

    async def amend(self, key: Key, changes: Mapping[str, Any], by: int) -> Revision:
        """Publishes what is in force with these fields changed, at once: settings of a unit, which need no second
        person. What is scheduled or in force for a time, and an open draft, get the same fields, so that none of them
        undoes the change."""
        now = self._clock.now()
        async with self._database.write() as connection:
            row = await _in_force(connection, key, self._today())
            if row is None:
                raise WrongStateError(f"{key.unit_id}/{key.record_id} has nothing in force")
            live = select(revisions).where(
                _is(key), revisions.c.state == "published",
                or_(revisions.c.effective_to.is_(None), revisions.c.effective_to >= self._today()),
            )  # fmt: skip
            new = _revision(row)
            for old in (await connection.execute(live.order_by(revisions.c.number))).all():
                content = MODELS[key.kind].model_validate({**old.content, **changes}).model_dump(mode="json")
                await _changed(connection, old, {"state": "superseded"})
                days = {"effective_from": old.effective_from, "effective_to": old.effective_to}
                made = await _added(connection, key, content, by, now, **days)
                new = made if old.id == row.id else new
            opened = select(revisions).where(_is(key), revisions.c.state.in_(OPEN_STATES))
            for draft in (await connection.execute(opened)).all():
                await _changed(connection, draft, {"content": {**draft.content, **changes}})
            await self._announce(connection, key, "amend", "amended", by, new.number, fields=sorted(changes))
        await self._wake()
        return new

    async def _announce(
        self, connection: AsyncConnection, key: Key, step: str, action: str, by: int | None, number: int | None = None,
        **details: Any,
    ) -> None:  # fmt: skip
        note = f"{step} {key.kind} {key.unit_id}/{key.record_id}"[:200]
        await connection.execute(insert(publications).values(at=self._clock.now(), note=note))
        await self._record(connection, key, action, by, **({"number": number} if number else {}), **details)

    async def _record(self, connection: AsyncConnection, key: Key, action: str, by: int | None, **details: Any) -> None:
        subject = f"{key.kind}:{key.record_id}"
        await append(connection, Entry(self._clock.now(), f"record.{action}", subject, by, key.unit_id, details))

    async def _wake(self) -> None:
        if self._signals is not None:
            await self._signals.notify(KNOWLEDGE)

    async def _conflict(self, key: Key) -> EditingError:
        async with self._database.read() as connection:
            query = select(revisions.c.id).where(_is(key), revisions.c.state.in_(OPEN_STATES))
            found = (await connection.execute(query)).scalar()
        return StaleDraftError("another revision came first") if found is None else DraftExistsError(found)

    def _today(self) -> date:
        return self._clock.now().astimezone(LOCAL_ZONE).date()


async def _row(connection: AsyncConnection, revision_id: int) -> Row[Any]:
    row = (await connection.execute(select(revisions).where(revisions.c.id == revision_id))).first()
    if row is None:
        raise WrongStateError(f"there is no revision {revision_id}")
    return row


async def _added(
    connection: AsyncConnection, key: Key, content: Mapping[str, Any], by: int, now: datetime, **values: Any
) -> Revision:
    """A new revision, published by the one person who made it."""
    own = _columns(key) | {
        "number": await next_number(connection, key.kind, key.unit_id, key.record_id),
        "state": "published", "content": dict(content), "digest": digest_of(dict(content)),
        "authors": [by], "reviewer_id": by, "created_at": now, "published_at": now,
    }  # fmt: skip
    return _revision((await connection.execute(insert(revisions).values(own | values).returning(revisions))).one())


async def _in_force(connection: AsyncConnection, key: Key, today: date) -> Row[Any] | None:
    query = (
        select(revisions)
        .where(_is(key), begun(today))
        .order_by(revisions.c.effective_from.is_(None), revisions.c.effective_from.desc(), revisions.c.number.desc())
    )
    return (await connection.execute(query.limit(1))).first()


async def _open_row(connection: AsyncConnection, revision_id: int, version: int, *states: str) -> Row[Any]:
    row = await _row(connection, revision_id)
    if row.version != version:
        raise StaleDraftError(f"revision {revision_id} is at version {row.version}, not {version}")
    if row.state not in (states or OPEN_STATES):
        raise WrongStateError(f"revision {revision_id} is {row.state}")
    return row


async def _changed(connection: AsyncConnection, row: Row[Any], values: Mapping[str, Any]) -> Revision:
    """Writes only over the version that was read; under PostgreSQL two writers may have read the same."""
    query = update(revisions).where(revisions.c.id == row.id, revisions.c.version == row.version)
    if not (await connection.execute(query.values(**values, version=row.version + 1))).rowcount:
        raise StaleDraftError(f"revision {row.id} was changed meanwhile")
    return _revision(await _row(connection, row.id))


def _validated(row: Row[Any]) -> dict[str, Any]:
    """The content in the record's own JSON form. Raises InvalidContentError naming the fields."""
    try:
        return MODELS[row.kind].model_validate(row.content).model_dump(mode="json")
    except ValidationError as error:
        fields = [".".join(str(part) for part in fault["loc"]) for fault in error.errors()]
        raise InvalidContentError([f"{field}: chưa đúng hoặc còn thiếu" for field in fields]) from error


def _own_start(content: Mapping[str, Any]) -> date | None:
    starts = content.get("effective_from")
    return date.fromisoformat(starts) if starts else None


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        row.id, Key(row.kind, row.unit_id, row.record_id), row.number, row.state, row.version, row.content,
        row.marks or {}, tuple(row.authors or ()), row.reviewer_id, row.note, row.effective_from, row.effective_to,
        row.created_at, row.saved_at, row.published_at,
    )  # fmt: skip


def _is(key: Key) -> Any:
    return (
        (revisions.c.kind == key.kind) & (revisions.c.unit_id == key.unit_id) & (revisions.c.record_id == key.record_id)
    )


def _switch(key: Key) -> Any:
    own = record_switches.c
    return (own.kind == key.kind) & (own.unit_id == key.unit_id) & (own.record_id == key.record_id)


def _columns(key: Key) -> dict[str, Any]:
    return {"kind": key.kind, "unit_id": key.unit_id, "record_id": key.record_id}
