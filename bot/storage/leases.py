"""Work that one process at a time may do: a lease in Redis, or a row of the database when there is no Redis or it
is away. A lease makes double work rare; what must not happen twice is guarded where it is written as well."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete, update

from bot.domain.errors import StorageUnavailableError
from bot.ports import Clock
from bot.storage.channels import insert_ignore
from bot.storage.database import Database
from bot.storage.tables import leases

log = structlog.get_logger("leases")

PREFIX = "than-thien:lease:"
_GIVE_BACK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class SharedLeases:
    """Implements bot.ports.Leases. A lease not given back ends with its lifetime: by the clock here in the
    database, by Redis's own clock there."""

    def __init__(self, database: Database, clock: Clock, redis: Redis | None = None) -> None:
        self._database = database
        self._clock = clock
        self._redis = redis

    @asynccontextmanager
    async def hold(self, name: str, lifetime: timedelta) -> AsyncIterator[bool]:
        owner = secrets.token_hex(16)
        in_redis = await self._take_in_redis(name, owner, lifetime)
        held = await self._take_in_database(name, owner, lifetime) if in_redis is None else in_redis
        try:
            yield held
        finally:
            if held:
                await self._give_back(name, owner, in_redis=in_redis is not None)

    async def _take_in_redis(self, name: str, owner: str, lifetime: timedelta) -> bool | None:
        """None when there is no Redis to ask."""
        if self._redis is None:
            return None
        try:
            return bool(await self._redis.set(PREFIX + name, owner, nx=True, px=lifetime))
        except (RedisError, OSError) as error:
            log.warning("redis.lease_failed", error=type(error).__name__)
            return None

    async def _take_in_database(self, name: str, owner: str, lifetime: timedelta) -> bool:
        now = self._clock.now()
        until = now + lifetime
        async with self._database.write() as connection:
            made = await connection.execute(
                insert_ignore(connection, leases).values(name=name, owner=owner, until=until).returning(leases.c.name)
            )
            if made.scalar() is not None:
                return True
            taken = await connection.execute(
                update(leases).where(leases.c.name == name, leases.c.until <= now).values(owner=owner, until=until)
            )
            return taken.rowcount == 1

    async def _give_back(self, name: str, owner: str, *, in_redis: bool) -> None:
        """What cannot be given back ends with its lifetime."""
        try:
            if in_redis and self._redis is not None:
                await self._redis.eval(_GIVE_BACK, 1, PREFIX + name, owner)
                return
            async with self._database.write() as connection:
                await connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))
        except (RedisError, OSError, StorageUnavailableError) as error:
            log.warning("lease.not_given_back", name=name, error=type(error).__name__)
