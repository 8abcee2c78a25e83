"""One answer with what it rested on, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from bot.domain.messages import Reply
from bot.storage.database import Database
from bot.storage.learning_tables import learned_texts
from bot.storage.tables import channels, conversations, events, messages, revisions
from bot.storage.ticket_tables import sealed_texts


@dataclass(frozen=True, slots=True)
class Explained:
    """`text`: the citizen's own words; `replies`: all parts of the answer; `meta`: as bot.storage.inbox wrote it."""

    event_id: int
    conversation_id: int
    platform: str
    received_at: datetime
    answered_at: datetime | None
    text: str
    payload: str | None
    outcome: str
    reason: str | None
    replies: tuple[Reply, ...]
    meta: Mapping[str, Any]
    sealed: bool


@dataclass(frozen=True, slots=True)
class RevisionFact:
    """`newer`: the revision of the same record that is in force now instead; `changed`: fields it changed."""

    id: int
    record_id: str
    number: int
    published_at: datetime | None
    state: str
    newer: int | None = None
    newer_at: datetime | None = None
    changed: tuple[str, ...] = ()


class SqlExplained:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def message(self, unit_id: str, message_id: int) -> Explained | None:
        """By the id of a citizen's message or of any part of its answer; None when the unit has no such message."""
        asked = (
            select(
                events.c.id, events.c.turn_id, events.c.conversation_id, channels.c.platform, events.c.received_at,
                events.c.text, events.c.payload, events.c.outcome, events.c.reason,
            )
            .join(messages, messages.c.event_id == events.c.id)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .join(channels, channels.c.id == conversations.c.channel_id)
            .where(messages.c.id == message_id, channels.c.unit_id == unit_id)
        )  # fmt: skip
        async with self._database.read() as connection:
            row = (await connection.execute(asked)).first()
            if row is None:
                return None
            answered = (
                select(messages.c.content, messages.c.meta, messages.c.created_at)
                .where(messages.c.event_id == (row.turn_id or row.id), messages.c.direction == "out")
                .order_by(messages.c.seq)
            )
            parts = (await connection.execute(answered)).all()
            box = select(sealed_texts.c.id).where(sealed_texts.c.event_id == row.id)
            sealed = (await connection.execute(box)).first() is not None
        return Explained(
            row.id, row.conversation_id, row.platform, row.received_at, parts[0].created_at if parts else None,
            row.text, row.payload, row.outcome or "", row.reason,
            tuple(Reply.from_json(one.content) for one in parts),
            parts[0].meta if parts else {}, sealed,
        )  # fmt: skip

    async def revision(self, revision_id: int) -> RevisionFact | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(revisions).where(revisions.c.id == revision_id))).first()
            if row is None:
                return None
            later = (
                select(revisions)
                .where(
                    revisions.c.kind == row.kind,
                    revisions.c.unit_id == row.unit_id,
                    revisions.c.record_id == row.record_id,
                    revisions.c.number > row.number,
                    revisions.c.published_at.is_not(None),
                )
                .order_by(revisions.c.number.desc())
                .limit(1)
            )
            newer = (await connection.execute(later)).first()
        changed: tuple[str, ...] = ()
        if newer is not None:
            names = {*row.content, *newer.content}
            changed = tuple(sorted(name for name in names if row.content.get(name) != newer.content.get(name)))
        return RevisionFact(
            row.id, row.record_id, row.number, row.published_at, row.state, newer.number if newer else None,
            newer.published_at if newer else None, changed,
        )  # fmt: skip

    async def learned_since(self, procedure_id: str, since: datetime) -> int:
        """Phrases taught for a procedure after a moment."""
        query = select(func.count()).where(
            learned_texts.c.kind == "phrase",
            learned_texts.c.target == procedure_id,
            learned_texts.c.created_at > since,
            learned_texts.c.removed_at.is_(None),
        )
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())
