"""Stand-ins for the stores behind the Zalo connector, shared by any number of "processes" of a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.domain.channels import Credentials, TokenPair
from bot.domain.errors import SecretsUnreadableError, StorageUnavailableError


class FakeCredentialStore:
    """Keeps one pair a channel. `away`: so many of the next commits fail."""

    def __init__(self, credentials: Credentials) -> None:
        self.pairs: dict[int, TokenPair] = {}
        self.alarms: list[tuple[int, str | None]] = []
        self.known: dict[int, Credentials] = {1: credentials}
        self.away = 0
        self.unreadable = False
        self.kept: list[TokenPair] = []

    @property
    def alarm(self) -> str | None:
        """What rings for channel 1 now."""
        return self.alarms[-1][1] if self.alarms else None

    async def credentials(self, channel_id: int) -> Credentials:
        self._check_key()
        return self.known[channel_id]

    async def tokens(self, channel_id: int) -> TokenPair | None:
        self._check_key()
        return self.pairs.get(channel_id)

    async def keep_tokens(self, channel_id: int, spent: str | None, pair: TokenPair) -> bool:
        await asyncio.sleep(0)
        if self.away > 0:
            self.away -= 1
            raise StorageUnavailableError("told to be away")
        stored = self.pairs.get(channel_id)
        if (stored.refresh if stored else None) != spent:
            return False
        self.pairs[channel_id] = pair
        self.kept.append(pair)
        return True

    async def raise_alarm(self, channel_id: int, reason: str | None) -> None:
        self.alarms.append((channel_id, reason))

    def _check_key(self) -> None:
        if self.unreadable:
            raise SecretsUnreadableError


class FakeLeases:
    """`taken`: names somebody else holds."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.asked: list[str] = []

    @asynccontextmanager
    async def hold(self, name: str, lifetime: timedelta) -> AsyncIterator[bool]:
        assert lifetime > timedelta(seconds=30)
        self.asked.append(name)
        if name in self.taken:
            yield False
            return
        self.taken.add(name)
        try:
            yield True
        finally:
            self.taken.discard(name)


class Naps:
    """Sleeps that take no time, recorded; other tasks get a turn."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0.001)
