"""Reading conversations back, and forgetting them in time."""

from __future__ import annotations

from sqlalchemy import and_, delete, exists, select

from bot import limits
from bot.domain.messages import Reply, StoredMessage
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.forgetting import keep_ticket_files, live_tickets
from bot.storage.tables import citizens, conversations, events, messages


class SqlTranscripts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def messages(self, conversation_id: int, after: int, limit: int) -> list[StoredMessage]:
        query = (
            select(
                messages.c.seq,
                messages.c.direction,
                messages.c.client_id,
                messages.c.content,
                messages.c.created_at,
            )
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
            .order_by(messages.c.seq)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [StoredMessage(row[0], row[1], row[2], Reply.from_json(row[3]), row[4]) for row in rows]

    async def is_typing(self, conversation_id: int) -> bool:
        waiting = exists().where(events.c.conversation_id == conversation_id, events.c.outcome.is_(None))
        async with self._database.read() as connection:
            return bool((await connection.execute(select(waiting))).scalar())

    async def forget_old(self) -> int:
        """Deletes conversations silent for longer than the retention time; returns how many. One whose ticket is not
        closed, or held by law, is kept with it."""
        horizon = self._clock.now() - limits.CONVERSATION_RETENTION
        is_old = and_(conversations.c.last_event_at < horizon, conversations.c.id.not_in(live_tickets()))
        old = select(conversations.c.citizen_id).where(is_old)
        async with self._database.write() as connection:
            await connection.execute(
                delete(events).where(events.c.conversation_id.is_(None), events.c.received_at < horizon)
            )
            await keep_ticket_files(connection, select(conversations.c.id).where(is_old))
            return (await connection.execute(delete(citizens).where(citizens.c.id.in_(old)))).rowcount
