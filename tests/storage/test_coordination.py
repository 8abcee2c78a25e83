from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.ports import Cache, Signals, Subscription
from bot.storage.coordination import LocalCache, LocalSignals, RedisCache, RedisSignals
from tests.servers.redis import RedisServer

MINUTE = timedelta(minutes=1)
KINDS = ("local", "redis")


@asynccontextmanager
async def redis_parts(server: RedisServer) -> AsyncIterator[tuple[RedisSignals, RedisCache]]:
    redis = Redis.from_url(server.url)
    signals = RedisSignals(redis)
    yield signals, RedisCache(redis)
    await signals.close()
    await redis.aclose()


@pytest.fixture(params=KINDS)
async def parts(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Signals, Cache]]:
    if request.param == "local":
        yield LocalSignals(), LocalCache()
        return
    async with redis_parts(request.getfixturevalue("redis_server")) as both:
        yield both


@pytest.fixture
def signals(parts: tuple[Signals, Cache]) -> Signals:
    return parts[0]


@pytest.fixture
def cache(parts: tuple[Signals, Cache]) -> Cache:
    return parts[1]


async def woken_across(sender: Signals, subscription: Subscription, topic: str = "inbox") -> bool:
    """Whether a wake-up arrives; Redis takes a moment to begin listening, so it is sent more than once."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        await sender.notify(topic)
        if await subscription.wait(0.05):
            return True
    return False


class TestSignals:
    async def test_a_wake_up_sent_after_subscribing_is_not_missed(self, signals: Signals) -> None:
        subscription = signals.subscribe("inbox")
        await signals.notify("inbox")
        assert await subscription.wait(1)

    async def test_every_subscriber_of_the_topic_wakes_and_no_other(self, signals: Signals) -> None:
        first, second, other = signals.subscribe("inbox"), signals.subscribe("inbox"), signals.subscribe("outbox")
        await signals.notify("inbox")
        assert [await one.wait(0.3) for one in (first, second, other)] == [True, True, False]

    async def test_waiting_ends_by_itself(self, signals: Signals) -> None:
        assert not await signals.subscribe("inbox").wait(0.01)

    async def test_a_closed_subscription_hears_nothing(self, signals: Signals) -> None:
        subscription = signals.subscribe("inbox")
        await subscription.close()
        await signals.notify("inbox")
        assert not await subscription.wait(0.05)


class TestCache:
    async def test_what_was_set_is_found(self, cache: Cache) -> None:
        await cache.set("key", "giá trị", MINUTE)
        assert (await cache.get("key"), await cache.get("other")) == ("giá trị", None)

    async def test_an_entry_ends_with_its_lifetime(self, cache: Cache) -> None:
        await cache.set("key", "value", timedelta(milliseconds=20))
        await asyncio.sleep(0.05)
        assert await cache.get("key") is None


async def test_the_local_cache_drops_what_was_used_longest_ago() -> None:
    cache = LocalCache(entries=2)
    for key in "abac":
        await cache.set(key, key, MINUTE)
    assert [await cache.get(key) for key in "abc"] == ["a", None, "c"]


async def test_a_wake_up_reaches_another_process_through_redis(redis_server: RedisServer) -> None:
    async with redis_parts(redis_server) as (here, _), redis_parts(redis_server) as (there, _):
        assert await woken_across(here, there.subscribe("inbox"))


async def test_with_redis_stopped_everything_goes_on_and_recovers_when_it_is_back(redis_server: RedisServer) -> None:
    async with redis_parts(redis_server) as (here, cache), redis_parts(redis_server) as (there, _):
        local, remote = here.subscribe("inbox"), there.subscribe("inbox")
        await cache.set("key", "value", MINUTE)
        assert await woken_across(here, remote)
        while await local.wait(0.05):
            pass
        redis_server.stop()
        await here.notify("inbox")
        assert await local.wait(1)
        await cache.set("key", "value", MINUTE)
        assert await cache.get("key") is None
        redis_server.start()
        await cache.set("key", "again", MINUTE)
        assert await cache.get("key") == "again"
        assert await woken_across(here, remote)
