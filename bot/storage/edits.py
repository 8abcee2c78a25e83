"""What a citizen makes of a message afterwards: other words, or none. Either may be told before the message itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.channels import Inbound, Kind
from bot.domain.messages import Reply
from bot.storage import taken_back
from bot.storage.entries import close
from bot.storage.tables import conversations, events, messages
from bot.storage.values import storable_text

EDITED = "edited"
"""Reason of an edit whose words now stand in the message, and the mark in that message."""
EDITED_LATE = "edited_after_answer"
"""Of one whose message had been closed before: staff see the new words, no second answer is given."""
OUTDATED = "older_edit"


async def apply(
    connection: AsyncConnection, channel_id: int, event: Inbound, event_id: int, about: str, now: datetime
) -> None:
    """The latest words replace the message's, for whoever reads it. While it waits for its answer, that is about them:
    a worker that already has the old ones must begin again."""
    told = (await _told(connection, channel_id, [about]))[about]
    if any(row.reason == taken_back.TAKEN_BACK for row in told):
        await taken_back.erase(connection, channel_id, about, 0, now)
        return
    if _last(told).id != event_id:
        await close(connection, event_id, OUTDATED, now)
        return
    original = (
        await connection.execute(
            select(events.c.id, events.c.conversation_id, events.c.outcome).where(
                events.c.channel_id == channel_id, events.c.external_id == about, events.c.kind == Kind.MESSAGE.value
            )
        )
    ).first()
    if original is None:
        return
    # The conversation first, as everywhere: the worker's own transaction takes it before the events.
    if original.outcome is None:
        await connection.execute(
            update(conversations)
            .where(conversations.c.id == original.conversation_id, conversations.c.lease_owner.is_not(None))
            .values(lease_owner=None, lease_until=None)
        )
    text = storable_text(event.text, limits.INBOUND_CHARACTERS)
    waited = await connection.execute(
        update(events).where(events.c.id == original.id, events.c.outcome.is_(None)).values(text=text)
    )
    await connection.execute(
        update(messages)
        .where(messages.c.event_id == original.id, messages.c.direction == "in")
        .values(content=Reply(text).to_json(), meta={EDITED: True})
    )
    await close(connection, event_id, EDITED if waited.rowcount else EDITED_LATE, now)


async def words_before(
    connection: AsyncConnection, channel_id: int, message_ids: Sequence[str]
) -> dict[str, str | None]:
    """Of messages that arrive now, those that were changed before: the latest words, None for one that was unsent."""
    told = await _told(connection, channel_id, message_ids)
    return {
        about: None if any(row.reason == taken_back.TAKEN_BACK for row in rows) else _last(rows).text
        for about, rows in told.items()
    }


async def _told(connection: AsyncConnection, channel_id: int, about: Sequence[str]) -> dict[str, list[Any]]:
    """The edits of each message that has any."""
    found: dict[str, list[Any]] = {}
    query = select(
        events.c.id, events.c.about, events.c.text, events.c.details, events.c.sent_at, events.c.received_at,
        events.c.reason,
    ).where(events.c.channel_id == channel_id, events.c.about.in_(about), events.c.kind == Kind.EDIT.value)  # fmt: skip
    for row in (await connection.execute(query)).all() if about else ():
        found.setdefault(row.about, []).append(row)
    return found


def _last(rows: Sequence[Any]) -> Any:
    """By the platform's count, or by its clock where it counts nothing."""
    return max(rows, key=lambda row: (_count(row.details), row.sent_at or row.received_at, row.id))


def _count(details: object) -> int:
    count = details.get("count") if isinstance(details, dict) else None
    return count if isinstance(count, int) else 0
