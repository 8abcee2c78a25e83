from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.storage.database import Database
from bot.storage.leases import SharedLeases
from tests.fakes import FakeClock
from tests.servers.redis import RedisServer

LIFE = timedelta(seconds=30)


@pytest.fixture(params=["database", "redis"])
async def leases(
    request: pytest.FixtureRequest, database: Database, clock: FakeClock
) -> AsyncIterator[tuple[SharedLeases, SharedLeases]]:
    """Two processes."""
    if request.param == "database":
        yield SharedLeases(database, clock), SharedLeases(database, clock)
        return
    redis = Redis.from_url(request.getfixturevalue("redis_server").url)
    yield SharedLeases(database, clock, redis), SharedLeases(database, clock, redis)
    await redis.aclose()


async def test_one_holds_it_the_others_do_not_and_it_is_given_back(leases: tuple[SharedLeases, SharedLeases]) -> None:
    here, there = leases
    async with here.hold("zalo:1", LIFE) as mine:
        async with there.hold("zalo:1", LIFE) as theirs, there.hold("zalo:2", LIFE) as other:
            assert (mine, theirs, other) == (True, False, True)
        async with there.hold("zalo:1", LIFE) as still:
            assert not still
    async with there.hold("zalo:1", LIFE) as again:
        assert again


async def test_of_many_at_once_one_holds_it(leases: tuple[SharedLeases, SharedLeases]) -> None:
    waiting = asyncio.Event()

    async def try_it(number: int) -> bool:
        async with leases[number % 2].hold("x", LIFE) as held:
            if held:
                await waiting.wait()
            return held

    tasks = [asyncio.create_task(try_it(number)) for number in range(10)]
    await asyncio.wait(tasks, timeout=1)
    waiting.set()
    assert sum(await asyncio.gather(*tasks)) == 1


async def test_a_lease_given_back_after_an_error_is_free(leases: tuple[SharedLeases, SharedLeases]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with leases[0].hold("x", LIFE):
            raise ZeroDivisionError
    async with leases[1].hold("x", LIFE) as held:
        assert held


async def test_a_lease_of_a_process_that_died_ends_with_its_lifetime(database: Database, clock: FakeClock) -> None:
    dead = SharedLeases(database, clock).hold("x", LIFE)
    assert await dead.__aenter__()
    clock.advance(LIFE)
    async with SharedLeases(database, clock).hold("x", LIFE) as held:
        assert held
        await dead.__aexit__(None, None, None)  # late: must not free what is another's now
        async with SharedLeases(database, clock).hold("x", LIFE) as third:
            assert not third


async def test_a_lease_in_redis_ends_with_its_lifetime(
    database: Database, clock: FakeClock, redis_server: RedisServer
) -> None:
    redis = Redis.from_url(redis_server.url)
    dead = SharedLeases(database, clock, redis).hold("x", timedelta(milliseconds=30))
    assert await dead.__aenter__()
    await asyncio.sleep(0.06)
    async with SharedLeases(database, clock, redis).hold("x", LIFE) as held:
        assert held
    await redis.aclose()


async def test_with_redis_stopped_the_database_keeps_the_lease(
    database: Database, clock: FakeClock, redis_server: RedisServer
) -> None:
    redis = Redis.from_url(redis_server.url)
    here, there = (SharedLeases(database, clock, redis) for _ in range(2))
    redis_server.stop()
    async with here.hold("x", LIFE) as mine, there.hold("x", LIFE) as theirs:
        assert (mine, theirs) == (True, False)
    redis_server.start()
    async with there.hold("x", LIFE) as held:
        assert held
    await redis.aclose()
