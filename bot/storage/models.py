"""Models, the runs that make them, and the publications that say which one answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.models import (
    OPEN_STATES,
    KeptModel,
    ModelPublication,
    ModelRun,
    PublicationState,
    RunState,
)
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.channels import insert_ignore
from bot.storage.database import Database
from bot.storage.learning_tables import model_publications, model_runs, models
from bot.storage.staff import Actor
from bot.storage.staff_tables import staff

_OPEN = model_runs.c.state.in_([state.value for state in OPEN_STATES])


class SqlModels:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def request(self, actor: Actor, unit_id: str) -> int | None:
        """Asks for a run; None when one is open already."""
        now = self._clock.now()
        async with self._database.write() as connection:
            if (await connection.execute(select(model_runs.c.id).where(_OPEN).with_for_update())).first() is not None:
                return None
            made = await connection.execute(
                insert(model_runs)
                .values(state=RunState.WAITING.value, unit_id=unit_id, staff_id=actor.staff_id, requested_at=now)
                .returning(model_runs.c.id)
            )
            run_id = int(made.scalar_one())
            await append(connection, Entry(now, "model.requested", f"model_run:{run_id}", actor.staff_id, unit_id))
            return run_id

    async def claim(self) -> ModelRun | None:
        """The run that waits, now running; a run whose performer fell silent is closed as failed."""
        now = self._clock.now()
        silent = now - limits.MODEL_RUN_SILENCE
        async with self._database.write() as connection:
            await connection.execute(
                update(model_runs)
                .where(model_runs.c.state == RunState.RUNNING.value, model_runs.c.seen_at < silent)
                .values(state=RunState.FAILED.value, finished_at=now, reason="silent")
            )
            waiting = select(model_runs.c.id).where(model_runs.c.state == RunState.WAITING.value).limit(1)
            run_id = (await connection.execute(waiting)).scalar()
            if run_id is None:
                return None
            taken = await connection.execute(
                update(model_runs)
                .where(model_runs.c.id == run_id, model_runs.c.state == RunState.WAITING.value)
                .values(state=RunState.RUNNING.value, started_at=now, seen_at=now)
            )
            return await self._run(connection, run_id) if taken.rowcount == 1 else None

    async def progress(self, run_id: int, phase: str, percent: int) -> bool:
        """Notes a sign of life; False when somebody asked to cancel, or the run was given up."""
        async with self._database.write() as connection:
            noted = await connection.execute(
                update(model_runs)
                .where(model_runs.c.id == run_id, model_runs.c.state == RunState.RUNNING.value)
                .values(phase=phase, percent=percent, seen_at=self._clock.now())
                .returning(model_runs.c.cancel_asked)
            )
            asked = noted.scalar()
        return asked is False

    async def finish(
        self, run_id: int, state: RunState, *, report: Mapping[str, Any] | None = None, reason: str = "", log: str = ""
    ) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(model_runs)
                .where(model_runs.c.id == run_id, model_runs.c.state == RunState.RUNNING.value)
                .values(
                    state=state.value, finished_at=self._clock.now(), report=report, reason=reason[:300], log=log,
                    percent=100, model_id=(report or {}).get("model"), base_id=(report or {}).get("base"),
                )
            )  # fmt: skip

    async def cancel(self, actor: Actor, run_id: int) -> bool:
        """False when it had ended. One that nobody performs yet ends at once."""
        now = self._clock.now()
        async with self._database.write() as connection:
            ended = await connection.execute(
                update(model_runs)
                .where(model_runs.c.id == run_id, model_runs.c.state == RunState.WAITING.value)
                .values(state=RunState.CANCELLED.value, finished_at=now)
            )
            asked = await connection.execute(
                update(model_runs)
                .where(model_runs.c.id == run_id, model_runs.c.state == RunState.RUNNING.value)
                .values(cancel_asked=True)
            )
            done = ended.rowcount + asked.rowcount > 0
            if done:
                subject = f"model_run:{run_id}"
                await append(connection, Entry(now, "model.cancelled", subject, actor.staff_id, actor.unit_id))
            return done

    async def run(self, run_id: int) -> ModelRun | None:
        async with self._database.read() as connection:
            return await self._run(connection, run_id)

    async def runs(self, limit: int) -> list[ModelRun]:
        """Newest first."""
        query = _runs().order_by(model_runs.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            return [_as_run(row) for row in (await connection.execute(query)).all()]

    async def keep(self, found: Sequence[KeptModel]) -> None:
        """What lies in the models' folder; a model that is not among them is there no more."""
        async with self._database.write() as connection:
            ids = [one.id for one in found]
            await connection.execute(update(models).where(models.c.id.not_in(ids)).values(kept=False))
            for one in found:
                values = {
                    "base_id": one.base_id,
                    "learned": one.learned,
                    "trained_at": one.trained_at,
                    "kept": one.kept,
                    "refused": list(one.refused) if one.refused is not None else None,
                    "bands": dict(one.bands) if one.bands is not None else None,
                }
                await connection.execute(insert_ignore(connection, models).values(id=one.id, **values))
                await connection.execute(update(models).where(models.c.id == one.id).values(**values))

    async def kept(self) -> list[KeptModel]:
        """Every model known, newest first."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(models).order_by(models.c.trained_at.desc()))).all()
        return [_as_model(row) for row in rows]

    async def model(self, model_id: str) -> KeptModel | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(models).where(models.c.id == model_id))).first()
        return _as_model(row) if row else None

    async def publish(self, actor: Actor, unit_id: str, model_id: str) -> int | None:
        """Asks for a model to answer; None when it is not kept, was refused, answers already, or another change is
        under way."""
        now = self._clock.now()
        async with self._database.write() as connection:
            row = (await connection.execute(select(models).where(models.c.id == model_id))).first()
            newest = (await connection.execute(_publications().limit(1))).first()
            under_way = newest is not None and newest.state == PublicationState.WAITING.value
            current = await self._current(connection)
            if row is None or not row.kept or row.refused is not None or under_way or current == model_id:
                return None
            return await self._published(connection, actor, unit_id, model_id, current, PublicationState.WAITING, now)

    async def note_current(self, model_id: str, unit_id: str) -> None:
        """The model that answers was chosen at the server's terminal, or by its first start."""
        now = self._clock.now()
        async with self._database.write() as connection:
            current = await self._current(connection)
            if current != model_id:
                actor = Actor(None, unit_id)
                await self._published(connection, actor, unit_id, model_id, current, PublicationState.ACTIVE, now)

    async def waiting_publication(self) -> ModelPublication | None:
        query = _publications().where(model_publications.c.state == PublicationState.WAITING.value).limit(1)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return _as_publication(row) if row else None

    async def settle(self, publication_id: int, state: PublicationState, reason: str = "") -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(model_publications)
                .where(model_publications.c.id == publication_id)
                .where(model_publications.c.state == PublicationState.WAITING.value)
                .values(state=state.value, done_at=self._clock.now(), reason=reason[:300])
            )

    async def current(self) -> ModelPublication | None:
        """The newest publication that took effect."""
        async with self._database.read() as connection:
            query = _publications().where(model_publications.c.state == PublicationState.ACTIVE.value).limit(1)
            row = (await connection.execute(query)).first()
        return _as_publication(row) if row else None

    async def publications(self, limit: int) -> list[ModelPublication]:
        """Newest first."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_publications().limit(limit))).all()
        return [_as_publication(row) for row in rows]

    async def _run(self, connection: AsyncConnection, run_id: int) -> ModelRun | None:
        row = (await connection.execute(_runs().where(model_runs.c.id == run_id))).first()
        return _as_run(row) if row else None

    async def _current(self, connection: AsyncConnection) -> str:
        query = (
            select(model_publications.c.model_id)
            .where(model_publications.c.state == PublicationState.ACTIVE.value)
            .order_by(model_publications.c.id.desc())
            .limit(1)
        )
        return (await connection.execute(query)).scalar() or ""

    async def _published(
        self, connection: AsyncConnection, actor: Actor, unit_id: str, model_id: str, previous: str,
        state: PublicationState, now: datetime,
    ) -> int:  # fmt: skip
        made = await connection.execute(
            insert(model_publications)
            .values(
                model_id=model_id, previous_id=previous, unit_id=unit_id, staff_id=actor.staff_id, requested_at=now,
                state=state.value, done_at=now if state is PublicationState.ACTIVE else None,
            )
            .returning(model_publications.c.id)
        )  # fmt: skip
        details = {"previous": previous}
        await append(connection, Entry(now, "model.published", f"model:{model_id}", actor.staff_id, unit_id, details))
        return int(made.scalar_one())


def _runs() -> Any:
    return select(model_runs, staff.c.name.label("staff_name")).outerjoin(staff, staff.c.id == model_runs.c.staff_id)


def _publications() -> Any:
    return (
        select(model_publications, staff.c.name.label("staff_name"))
        .outerjoin(staff, staff.c.id == model_publications.c.staff_id)
        .order_by(model_publications.c.id.desc())
    )


def _as_run(row: Row[Any]) -> ModelRun:
    return ModelRun(
        row.id, RunState(row.state), row.unit_id, row.staff_name or "", row.requested_at, row.started_at, row.seen_at,
        row.finished_at, row.phase, row.percent, row.cancel_asked, row.model_id, row.base_id, row.report, row.reason,
        row.log,
    )  # fmt: skip


def _as_model(row: Row[Any]) -> KeptModel:
    refused = tuple(row.refused) if row.refused is not None else None
    return KeptModel(row.id, row.base_id, row.learned, row.trained_at, row.kept, refused, row.bands)


def _as_publication(row: Row[Any]) -> ModelPublication:
    return ModelPublication(
        row.id, row.model_id, row.previous_id, row.staff_name or "", row.requested_at, PublicationState(row.state),
        row.done_at, row.reason,
    )  # fmt: skip
