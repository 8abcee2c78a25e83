"""Words their author took back: a message unsent, a comment removed. The event stays, its words do not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.messages import Outcome, Reply
from bot.storage.tables import comments, events, media, messages

TAKEN_BACK = "taken_back"
"""Reason of the events that take something back, and of what was still waiting for its answer."""


async def erase(connection: AsyncConnection, channel_id: int, about: str, by: int, now: datetime) -> int:
    """Erases the words of a message or comment, of its edits, and its files; `by`: the event that asks for it.
    How many events had to be touched."""
    named = or_(events.c.external_id == about, events.c.about == about)
    chosen = select(events.c.id).where(events.c.channel_id == channel_id, events.c.id != by, named)
    ids = list((await connection.execute(chosen)).scalars())
    if not ids:
        return 0
    waits = events.c.outcome.is_(None)
    await connection.execute(
        update(events)
        .where(events.c.id.in_(ids))
        .values(
            text="",
            payload=None,
            attachments=None,
            details={TAKEN_BACK: True},
            outcome=case((waits, Outcome.IGNORED.value), else_=events.c.outcome),
            reason=case((waits, TAKEN_BACK), else_=events.c.reason),
            closed_at=case((waits, now), else_=events.c.closed_at),
        )
    )
    await connection.execute(
        update(messages)
        .where(messages.c.event_id.in_(ids), messages.c.direction == "in")
        .values(content=Reply("").to_json(), meta={TAKEN_BACK: True})
    )
    await connection.execute(delete(media).where(media.c.event_id.in_(ids)))
    await connection.execute(
        update(comments)
        .where(comments.c.event_id.in_(ids), comments.c.outcome.is_(None))
        .values(outcome=TAKEN_BACK, closed_at=now)
    )
    return len(ids)


async def is_taken_back(connection: AsyncConnection, channel_id: int, about: str) -> bool:
    """Whether its removal arrived before it did."""
    query = select(events.c.id).where(
        events.c.channel_id == channel_id, events.c.about == about, events.c.reason == TAKEN_BACK
    )
    return (await connection.execute(query)).first() is not None
