"""Channels and the conversations of citizens on them."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import channels, citizens, conversations, events


@dataclass(frozen=True, slots=True)
class Channel:
    id: int
    platform: str
    external_id: str
    unit_id: str


def insert_ignore(connection: AsyncConnection, table: Any) -> Any:
    """INSERT … ON CONFLICT DO NOTHING in the connection's dialect."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing()


class Channels:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def ensure(self, platform: str, external_id: str, unit_id: str) -> Channel:
        """The channel, made when it does not exist."""
        found = await self.find(platform, external_id)
        if found:
            return found
        async with self._database.write() as connection:
            await connection.execute(
                insert_ignore(connection, channels).values(
                    platform=platform, external_id=external_id, unit_id=unit_id, created_at=self._clock.now()
                )
            )
        found = await self.find(platform, external_id)
        assert found is not None  # noqa: S101  (inserted above)
        return found

    async def find(self, platform: str, external_id: str) -> Channel | None:
        query = select(channels.c.id, channels.c.platform, channels.c.external_id, channels.c.unit_id).where(
            channels.c.platform == platform, channels.c.external_id == external_id, channels.c.active
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return Channel(*row) if row else None

    async def conversation_of(self, platform: str, citizen_id: str) -> tuple[int, int] | None:
        """(channel id, conversation id) of a citizen's identity on a platform."""
        query = (
            select(conversations.c.channel_id, conversations.c.id)
            .join(citizens, citizens.c.id == conversations.c.citizen_id)
            .join(channels, channels.c.id == conversations.c.channel_id)
            .where(channels.c.platform == platform, citizens.c.external_id == citizen_id)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return (row[0], row[1]) if row else None

    async def open_conversation(self, channel_id: int, citizen_id: str) -> int:
        async with self._database.write() as connection:
            return await ensure_conversation(connection, channel_id, citizen_id, self._clock)

    async def is_saved(self, platform: str, external_id: str) -> bool:
        """Whether a channel of the platform has such an event."""
        query = (
            select(events.c.id)
            .join(channels, channels.c.id == events.c.channel_id)
            .where(channels.c.platform == platform, events.c.external_id == external_id)
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def forget(self, conversation_id: int) -> None:
        """Deletes a conversation with all its events, messages and outbox rows, and the citizen's identity."""
        async with self._database.write() as connection:
            citizen = select(conversations.c.citizen_id).where(conversations.c.id == conversation_id)
            citizen_id = (await connection.execute(citizen)).scalar()
            await connection.execute(delete(citizens).where(citizens.c.id == citizen_id))


@dataclass(slots=True)
class Talk:
    """What is to be known of a conversation when something arrives in it; its row is locked."""

    id: int
    next_seq: int
    quiet_until: datetime | None
    burst_until: datetime | None
    last_inbound_at: datetime | None
    staff_id: int | None


async def ensure_conversation(connection: AsyncConnection, channel_id: int, citizen_id: str, clock: Clock) -> int:
    """The id of the citizen's conversation on a channel, made when it does not exist; its row is locked."""
    return (await talks_of(connection, channel_id, {citizen_id}, {citizen_id}, clock))[citizen_id].id


async def find_conversation(connection: AsyncConnection, channel_id: int, citizen_id: str) -> int | None:
    """The id of the citizen's conversation on a channel; its row is locked."""
    found = await _locked(connection, channel_id, {citizen_id})
    return found[citizen_id].id if found else None


async def talks_of(
    connection: AsyncConnection, channel_id: int, citizen_ids: Set[str], opening: Set[str], clock: Clock
) -> dict[str, Talk]:
    """The conversations of citizens on a channel; those of `opening` are made when they do not exist. Every
    transaction takes them in the same order, so that no two wait for each other."""
    found = await _locked(connection, channel_id, citizen_ids)
    missing = sorted(opening - found.keys())
    if not missing:
        return found
    now = clock.now()
    await connection.execute(
        insert_ignore(connection, citizens),
        [{"channel_id": channel_id, "external_id": one, "created_at": now} for one in missing],
    )
    ids = select(citizens.c.id).where(citizens.c.channel_id == channel_id, citizens.c.external_id.in_(missing))
    made = {"channel_id": channel_id, "state": {}, "last_event_at": now, "created_at": now}
    await connection.execute(
        insert_ignore(connection, conversations),
        [{"citizen_id": one, **made} for one in (await connection.execute(ids.order_by(citizens.c.id))).scalars()],
    )
    return found | await _locked(connection, channel_id, set(missing))


async def _locked(connection: AsyncConnection, channel_id: int, citizen_ids: Set[str]) -> dict[str, Talk]:
    """Locked, though not against those who only refer to them: a sender that records a part holds its message and then
    checks the reference, an echo does the opposite."""
    if not citizen_ids:
        return {}
    query = (
        select(
            citizens.c.external_id,
            conversations.c.id,
            conversations.c.next_seq,
            conversations.c.quiet_until,
            conversations.c.burst_until,
            conversations.c.last_inbound_at,
            conversations.c.staff_id,
        )
        .join(citizens, citizens.c.id == conversations.c.citizen_id)
        .where(citizens.c.channel_id == channel_id, citizens.c.external_id.in_(citizen_ids))
        .order_by(conversations.c.id)
        .with_for_update(of=conversations, key_share=True)
    )
    return {row[0]: Talk(*row[1:]) for row in await connection.execute(query)}
