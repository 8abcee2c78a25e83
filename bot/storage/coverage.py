"""How the procedures of a unit were asked for, by day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from bot.domain.learning import Figure
from bot.storage.database import Database
from bot.storage.learning_tables import coverage_days, coverage_questions
from bot.storage.tables import events, messages

Figures = dict[Figure, int]


class SqlCoverage:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_procedure(self, unit_id: str, first: date, last: date) -> dict[str, Figures]:
        """Figures by procedure; under the empty id what named none that is published."""
        return await self._sums(coverage_days.c.procedure_id, unit_id, first, last)

    async def by_day(self, unit_id: str, first: date, last: date) -> dict[date, Figures]:
        return await self._sums(coverage_days.c.day, unit_id, first, last)

    async def questions(
        self, unit_id: str, procedure_id: str, figure: Figure, first: date, last: date, limit: int
    ) -> list[tuple[datetime, str, int | None]]:
        """The newest (moment, the citizen's own words, id of the reply) behind a figure, while they are kept. Taps
        have no words."""
        replied = (
            select(func.min(messages.c.id))
            .where(messages.c.event_id == events.c.id, messages.c.direction == "out")
            .scalar_subquery()
        )
        query = (
            select(events.c.received_at, events.c.text, replied)
            .join(coverage_questions, coverage_questions.c.event_id == events.c.id)
            .where(
                coverage_questions.c.unit_id == unit_id,
                coverage_questions.c.procedure_id == procedure_id,
                coverage_questions.c.figure == figure.value,
                coverage_questions.c.day.between(first, last),
            )
            .order_by(events.c.id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [(row[0], row[1], row[2]) for row in (await connection.execute(query)).all()]

    async def _sums(self, key: Any, unit_id: str, first: date, last: date) -> dict[Any, Figures]:
        query = (
            select(key, coverage_days.c.figure, func.sum(coverage_days.c.count))
            .where(coverage_days.c.unit_id == unit_id, coverage_days.c.day.between(first, last))
            .group_by(key, coverage_days.c.figure)
        )
        found: dict[Any, Figures] = defaultdict(dict)
        async with self._database.read() as connection:
            for one, figure, count in (await connection.execute(query)).all():
                found[one][Figure(figure)] = int(count)
        return dict(found)
