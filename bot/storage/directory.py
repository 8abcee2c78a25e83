"""The connected channels with their secrets: what a webhook needs at once, and what an administrator changes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from bot import limits
from bot.domain.channels import Credentials
from bot.domain.errors import SecretsUnreadableError
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.channels import insert_ignore
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.tables import channels, events


@dataclass(frozen=True, slots=True)
class Connected:
    """An active channel whose secrets can be read."""

    channel_id: int
    credentials: Credentials

    @property
    def account(self) -> str:
        return self.credentials.account


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    platform: str
    account: str
    unit_id: str
    name: str
    active: bool
    alarm: str | None
    alarm_since: datetime | None
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None
    notice: str | None
    notice_at: datetime | None
    blocked_at: datetime | None

    @property
    def alarms(self) -> list[tuple[str, datetime | None]]:
        """What an administrator must mend or read, and since when."""
        found = [(self.alarm, self.alarm_since)] if self.alarm else []
        if self.blocked_at:
            found.append(("blocked by the platform", self.blocked_at))
        return found + ([(self.notice, self.notice_at)] if self.notice else [])


class Directory:
    def __init__(self, database: Database, clock: Clock, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal
        self._kept: dict[str, tuple[float, list[Connected]]] = {}

    async def connected(self, platform: str) -> list[Connected]:
        """The active channels of a platform; a copy of a few seconds ago will do."""
        until, kept = self._kept.get(platform, (0.0, []))
        if time.monotonic() < until:
            return kept
        query = select(channels.c.id, channels.c.external_id, channels.c.secrets).where(
            channels.c.platform == platform, channels.c.active, channels.c.secrets.is_not(None)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        found = [Connected(row[0], Credentials(row[1], self._seal.open_secrets(row[2]))) for row in rows]
        self._kept[platform] = (time.monotonic() + limits.CHANNELS_CACHE.total_seconds(), found)
        return found

    async def connect(self, platform: str, account: str, unit_id: str, name: str, secrets: Mapping[str, str]) -> int:
        """Adds a channel, or gives a known one new secrets and switches it on; its id."""
        sealed = self._seal.close_secrets(secrets)
        async with self._database.write() as connection:
            values = {"unit_id": unit_id, "name": name, "secrets": sealed, "active": True}
            await connection.execute(
                insert_ignore(connection, channels).values(
                    platform=platform, external_id=account, created_at=self._clock.now(), **values
                )
            )
            changed = await connection.execute(
                update(channels)
                .where(channels.c.platform == platform, channels.c.external_id == account)
                .values(**values, alarm=None, alarm_since=None, paused_until=None)
                .returning(channels.c.id)
            )
            channel_id: int = changed.scalar_one()
        self._kept.pop(platform, None)
        return channel_id

    async def switch_off(self, platform: str, account: str) -> bool:
        """Nothing more is taken from or sent to the channel; what is stored stays."""
        async with self._database.write() as connection:
            off = await connection.execute(
                update(channels)
                .where(channels.c.platform == platform, channels.c.external_id == account)
                .values(active=False)
            )
        self._kept.pop(platform, None)
        return off.rowcount == 1

    async def read_notice(self, platform: str, account: str, *, unblock: bool, entry: Entry | None = None) -> bool:
        """An administrator has read what the platform said; `unblock`: and has seen that sending is allowed again.
        `entry`: for the audit trail."""
        values = {"notice": None, **({"blocked_at": None} if unblock else {})}
        async with self._database.write() as connection:
            seen = await connection.execute(
                update(channels)
                .where(channels.c.platform == platform, channels.c.external_id == account)
                .values(**values)
            )
            if entry is not None and seen.rowcount:
                await append(connection, entry)
        return seen.rowcount == 1

    async def last_event(self, channel_id: int) -> datetime | None:
        """When the platform last posted something about the channel."""
        query = (
            select(events.c.received_at).where(events.c.channel_id == channel_id).order_by(events.c.id.desc()).limit(1)
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar()

    async def listed(self) -> list[Listed]:
        query = select(
            channels.c.id,
            channels.c.platform,
            channels.c.external_id.label("account"),
            channels.c.unit_id,
            channels.c.name,
            channels.c.active,
            channels.c.alarm,
            channels.c.alarm_since,
            channels.c.access_expires_at,
            channels.c.refresh_expires_at,
            channels.c.notice,
            channels.c.notice_at,
            channels.c.blocked_at,
        ).order_by(channels.c.id)
        async with self._database.read() as connection:
            return [Listed(**row) for row in (await connection.execute(query)).mappings()]

    async def secrets_problem(self) -> str | None:
        """Why secrets cannot be read, for `check`."""
        query = select(channels.c.secrets).where(channels.c.secrets.is_not(None), channels.c.active)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        try:
            for (sealed,) in rows:
                self._seal.open(sealed)
        except SecretsUnreadableError:
            return "another SECRET_KEY"
        return None
