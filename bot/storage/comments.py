"""Comments below posts whose authors are to be invited to the chat, once each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from bot import limits
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import channels, comments

SENT = "sent"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without its words, claimed for a while."""

    id: int
    channel_id: int
    comment_id: str
    unit_id: str
    commented_at: datetime
    attempts: int


class SqlComments:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, platform: str) -> Comment | None:
        """The next one due; `next_attempt_at` is its lease as well."""
        now = self._clock.now()
        due = (
            select(
                comments.c.id, comments.c.channel_id, comments.c.comment_id, channels.c.unit_id,
                comments.c.commented_at, comments.c.attempts,
            )
            .join(channels, channels.c.id == comments.c.channel_id)
            .where(comments.c.outcome.is_(None), comments.c.next_attempt_at <= now, channels.c.platform == platform)
            .where(channels.c.active, channels.c.blocked_at.is_(None))
            .where(or_(channels.c.paused_until.is_(None), channels.c.paused_until <= now))
            .order_by(comments.c.next_attempt_at, comments.c.id)
            .limit(1)
            .with_for_update(of=comments, skip_locked=True)
        )  # fmt: skip
        async with self._database.write() as connection:
            row = (await connection.execute(due)).first()
            if row is None:
                return None
            await connection.execute(
                update(comments)
                .where(comments.c.id == row.id)
                .values(attempts=row.attempts + 1, next_attempt_at=now + limits.OUTBOX_LEASE)
            )
        return Comment(row.id, row.channel_id, row.comment_id, row.unit_id, row.commented_at, row.attempts + 1)

    async def close(self, comment: Comment, outcome: str, reason: str | None = None) -> None:
        await self._change(comment, outcome=outcome, reason=reason, closed_at=self._clock.now())

    async def retry(self, comment: Comment, after: timedelta, reason: str, *, counted: bool) -> None:
        attempts = comment.attempts - (0 if counted else 1)
        await self._change(comment, attempts=attempts, next_attempt_at=self._clock.now() + after, reason=reason)

    async def _change(self, comment: Comment, **values: object) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(comments).where(comments.c.id == comment.id, comments.c.outcome.is_(None)).values(**values)
            )
