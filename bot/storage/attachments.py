"""The table of citizens' media: what is to be fetched, what is kept and what was refused, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from bot import limits
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import media
from bot.storage.ticket_tables import ticket_files

WAITING, KEPT, REFUSED = "waiting", "kept", "refused"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file to fetch, claimed for a while."""

    id: int
    platform: str
    kind: str
    url: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Kept:
    content_type: str
    size: int
    sha256: str
    file_key: str


class SqlMedia:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self) -> Waiting | None:
        """The next file due; `next_attempt_at` is its lease as well."""
        now = self._clock.now()
        due = (
            select(media)
            .where(media.c.state == WAITING, media.c.next_attempt_at <= now)
            .order_by(media.c.next_attempt_at, media.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self._database.write() as connection:
            row = (await connection.execute(due)).first()
            if row is None:
                return None
            await connection.execute(
                update(media)
                .where(media.c.id == row.id)
                .values(attempts=media.c.attempts + 1, next_attempt_at=now + limits.MEDIA_LEASE)
            )
        return Waiting(row.id, row.platform, row.kind, row.url, row.attempts + 1)

    async def keep(self, waiting: Waiting, kept: Kept) -> None:
        await self._close(
            waiting,
            state=KEPT,
            reason=None,
            content_type=kept.content_type,
            size=kept.size,
            sha256=kept.sha256,
            file_key=kept.file_key,
        )

    async def refuse(self, waiting: Waiting, reason: str) -> None:
        await self._close(waiting, state=REFUSED, reason=reason[:100])

    async def retry(self, waiting: Waiting, after: timedelta, reason: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(media)
                .where(media.c.id == waiting.id, media.c.state == WAITING)
                .values(next_attempt_at=self._clock.now() + after, reason=reason[:100])
            )

    async def unknown(self, keys: Sequence[str]) -> list[str]:
        """Those of the keys no row names: their conversations and tickets are forgotten."""
        found: set[str] = set()
        async with self._database.read() as connection:
            for start in range(0, len(keys), 500):
                for column in (media.c.file_key, ticket_files.c.file_key):
                    query = select(column).where(column.in_(keys[start : start + 500]))
                    found |= {row[0] for row in await connection.execute(query)}
        return [key for key in keys if key not in found]

    async def _close(self, waiting: Waiting, **values: object) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(media)
                .where(media.c.id == waiting.id, media.c.state == WAITING)
                .values(closed_at=self._clock.now(), **values)
            )
