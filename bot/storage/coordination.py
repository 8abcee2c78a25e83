"""Wake-ups and the parse cache: inside the process, or through Redis for many processes. Neither is ever the
only copy of anything; with Redis away everything goes on, slower."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from datetime import timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import limits

log = structlog.get_logger("coordination")


class LocalSubscription:
    def __init__(self, signals: LocalSignals, topic: str) -> None:
        self._signals = signals
        self._topic = topic
        self.event = asyncio.Event()

    async def wait(self, timeout: float) -> bool:
        try:
            async with asyncio.timeout(timeout):
                await self.event.wait()
        except TimeoutError:
            return False
        self.event.clear()
        return True

    async def close(self) -> None:
        self._signals.forget(self._topic, self)


class LocalSignals:
    """Wake-ups within one process."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[LocalSubscription]] = {}

    async def notify(self, topic: str) -> None:
        for subscription in tuple(self._waiting.get(topic, ())):
            subscription.event.set()

    def subscribe(self, topic: str) -> LocalSubscription:
        subscription = LocalSubscription(self, topic)
        self._waiting.setdefault(topic, set()).add(subscription)
        return subscription

    def forget(self, topic: str, subscription: LocalSubscription) -> None:
        self._waiting.get(topic, set()).discard(subscription)
        if not self._waiting.get(topic):
            self._waiting.pop(topic, None)

    async def close(self) -> None:
        self._waiting.clear()


class RedisSignals:
    """Wake-ups between processes: published through Redis, received by one listener a process and handed on
    locally. Nobody waits for a publication; one that fails has woken at least this process. What is notified while one
    is on its way shares the next, so that a thousand webhooks a second are not a thousand round trips."""

    CHANNEL = "than-thien:wake"
    RECONNECT_SECONDS = 1.0
    CLOSE_SECONDS = 0.5

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._local = LocalSignals()
        self._listener: asyncio.Task[None] | None = None
        self._closed = False
        self._name = secrets.token_hex(4)
        self._due: set[str] = set()
        self._publishing: asyncio.Task[None] | None = None

    async def notify(self, topic: str) -> None:
        await self._local.notify(topic)
        self._due.add(topic)
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish(), name="redis-publication")

    async def _publish(self) -> None:
        while self._due:
            topics, self._due = self._due, set()
            try:
                pipeline = self._redis.pipeline(transaction=False)
                for topic in topics:
                    pipeline.publish(self.CHANNEL, f"{self._name} {topic}")
                await pipeline.execute()
            except (RedisError, OSError) as error:
                log.warning("redis.publish_failed", error=type(error).__name__)

    def subscribe(self, topic: str) -> LocalSubscription:
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="redis-signals")
        return self._local.subscribe(topic)

    async def close(self) -> None:
        self._closed = True
        while self._listener is not None and not self._listener.done():
            # More than once: a cancellation that meets the client while it connects may end only the connection.
            self._listener.cancel()
            await asyncio.wait([self._listener], timeout=self.CLOSE_SECONDS)
        self._listener = None
        if self._publishing is not None:
            await asyncio.wait([self._publishing], timeout=self.CLOSE_SECONDS)
            self._publishing.cancel()
        await self._local.close()

    async def _listen(self) -> None:
        while not self._closed:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(self.CHANNEL)
                    async for message in pubsub.listen():
                        name, _, topic = _text(message["data"]).partition(" ")
                        if name != self._name:  # our own have been woken
                            await self._local.notify(topic)
            except (RedisError, OSError) as error:
                log.warning("redis.listen_failed", error=type(error).__name__)
            await asyncio.sleep(self.RECONNECT_SECONDS)


def _text(data: Any) -> str:
    return data.decode() if isinstance(data, bytes) else str(data)


class LocalCache:
    """The most recently used entries of this process."""

    def __init__(self, entries: int = limits.PARSE_CACHE_ENTRIES) -> None:
        self._entries = entries
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def get(self, key: str) -> str | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept[0] < time.monotonic():
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept[1]

    async def set(self, key: str, value: str, lifetime: timedelta) -> None:
        self._kept[key] = (time.monotonic() + lifetime.total_seconds(), value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._entries:
            self._kept.popitem(last=False)


class RedisCache:
    PREFIX = "than-thien:cache:"

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self, key: str) -> str | None:
        try:
            value = await self._redis.get(self.PREFIX + key)
        except (RedisError, OSError) as error:
            log.warning("redis.get_failed", error=type(error).__name__)
            return None
        return None if value is None else _text(value)

    async def set(self, key: str, value: str, lifetime: timedelta) -> None:
        try:
            await self._redis.set(self.PREFIX + key, value, ex=lifetime)
        except (RedisError, OSError) as error:
            log.warning("redis.set_failed", error=type(error).__name__)
