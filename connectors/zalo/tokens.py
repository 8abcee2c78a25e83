"""The life of an OA's tokens (§4).

The access token lives a day. The refresh token is good for one use and brings a new pair; who loses that pair needs
an administrator's consent again. So: one process at a time refreshes, the new pair is committed before any of it is
used, and a lost answer is met with the same refresh token once more before an alarm is raised.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.domain.channels import Credentials, TokenPair
from bot.domain.errors import SecretsUnreadableError, SendFailedError, StorageUnavailableError
from bot.ports import Clock, CredentialStore, Leases
from connectors.zalo import limits
from connectors.zalo.alarms import About, Alarms
from connectors.zalo.oauth import OAuth, TokensRefusedError

log = structlog.get_logger("zalo")


@dataclass(frozen=True, slots=True)
class _Rest:
    """Zalo is not asked with this refresh token before `until`; the same failure is told instead."""

    refresh: str
    until: datetime
    reason: str
    tries_again: bool

    def failure(self, now: datetime) -> SendFailedError:
        left = max((self.until - now).total_seconds(), limits.RETRY)
        return SendFailedError(self.reason, "token", left if self.tries_again else None)


@dataclass(frozen=True, slots=True)
class _Found:
    pair: TokenPair
    newer_in_store: bool = False
    """Another process was faster; nothing is to be saved."""


class TokenKeeper:
    """Gives access tokens that can be used. All methods raise SendFailedError when there is none, with outcome
    `token` once an administrator must act, and StorageUnavailableError."""

    def __init__(
        self,
        store: CredentialStore,
        leases: Leases,
        oauth: OAuth,
        clock: Clock,
        alarms: Alarms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._leases = leases
        self._oauth = oauth
        self._clock = clock
        self._alarms = alarms
        self._sleep = sleep
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._unsaved: dict[int, tuple[str, TokenPair]] = {}
        self._rests: dict[int, _Rest] = {}

    async def access(self, channel_id: int) -> str:
        """A token with at least ten minutes to live; one with less when no new one is to be had."""
        pair = await self._stored(channel_id)
        if self._life(pair) > limits.REFRESH_BEFORE:
            return pair.access
        try:
            return (await self._refreshed(channel_id, pair)).access
        except SendFailedError:
            if self._life(pair) > timedelta(0):
                return pair.access
            raise

    async def replaced(self, channel_id: int, failing: str) -> str:
        """Another token than the one Zalo just refused."""
        pair = await self._stored(channel_id)
        return pair.access if pair.access != failing else (await self._refreshed(channel_id, pair)).access

    async def renew(self, channel_id: int) -> None:
        """For a scheduled task, hourly or so: refreshes well before a message needs it."""
        pair = await self._stored(channel_id)
        if self._life(pair) <= limits.RENEW_BEFORE:
            await self._refreshed(channel_id, pair)

    def _life(self, pair: TokenPair) -> timedelta:
        return pair.access_expires_at - self._clock.now()

    async def _stored(self, channel_id: int) -> TokenPair:
        try:
            pair = await self._store.tokens(channel_id)
        except SecretsUnreadableError:
            raise await self._unreadable(channel_id) from None
        if pair is None:
            alarm = "no tokens: an administrator of the OA must consent"
            await self._alarms.ring(channel_id, alarm, About.TOKENS)
            raise SendFailedError("token_missing", "token")
        return pair

    async def _refreshed(self, channel_id: int, old: TokenPair) -> TokenPair:
        """A newer pair than `old`, from here or from whoever is refreshing it."""
        async with self._locks[channel_id]:
            waited = 0.0
            while True:
                async with self._leases.hold(f"zalo-tokens:{channel_id}", limits.TOKEN_LEASE) as mine:
                    if mine:
                        return await _to_its_end(self._under_lease(channel_id, old))
                pair = await self._stored(channel_id)
                if pair.access != old.access:
                    return pair
                if waited >= limits.TOKEN_WAIT:
                    raise SendFailedError("token_refreshing", retry_after=limits.RETRY)
                await self._sleep(limits.TOKEN_POLL)
                waited += limits.TOKEN_POLL

    async def _under_lease(self, channel_id: int, old: TokenPair) -> TokenPair:
        if channel_id in self._unsaved:
            return await self._commit(channel_id, *self._unsaved[channel_id])
        pair = await self._stored(channel_id)
        if pair.access != old.access:
            return pair
        self._respect_rest(channel_id, pair)
        found = await self._asked(channel_id, await self._credentials(channel_id), pair)
        if found.newer_in_store:
            return found.pair
        return await self._commit(channel_id, pair.refresh, found.pair)

    async def _credentials(self, channel_id: int) -> Credentials:
        try:
            return await self._store.credentials(channel_id)
        except SecretsUnreadableError:
            raise await self._unreadable(channel_id) from None
        except LookupError:
            alarm = "no credentials: app id and App Secret are not configured"
            await self._alarms.ring(channel_id, alarm, About.TOKENS)
            raise SendFailedError("credentials_missing", "token") from None

    async def _unreadable(self, channel_id: int) -> SendFailedError:
        alarm = "the channel's secrets were encrypted with another key"
        await self._alarms.ring(channel_id, alarm, About.SENDING)
        return SendFailedError("secrets_unreadable", "token")

    async def _asked(self, channel_id: int, credentials: Credentials, pair: TokenPair) -> _Found:
        """Zalo's new pair. A lost answer may mean a spent token, but nothing else than the same token can tell."""
        refusal: TokensRefusedError | None = None
        for _ in range(2):
            try:
                return _Found(await self._oauth.refresh(credentials, pair.refresh))
            except TokensRefusedError as error:
                refusal = error
            except SendFailedError as error:
                if not error.uncertain:
                    raise
                log.warning("zalo.refresh_unanswered", channel_id=channel_id, reason=error.reason)
            stored = await self._stored(channel_id)
            if stored.refresh != pair.refresh:
                return _Found(stored, newer_in_store=True)
            if refusal:
                break
        raise await self._given_up(channel_id, pair, refusal)

    async def _given_up(self, channel_id: int, pair: TokenPair, refusal: TokensRefusedError | None) -> SendFailedError:
        """Alarm, and a rest for Zalo. Without an answer the token may still be good, so tries go on later."""
        if refusal:
            rest = _Rest(pair.refresh, limits.TOKEN_DEAD_REST + self._clock.now(), f"zalo_oauth:{refusal.code}", False)
            alarm = f"zalo oauth {refusal.code}: {refusal.meaning}"
        else:
            rest = _Rest(pair.refresh, limits.TOKEN_REST + self._clock.now(), "token_unanswered", True)
            alarm = "zalo oauth: two refreshes without an answer; consent may be needed"
        self._rests[channel_id] = rest
        await self._alarms.ring(channel_id, alarm, About.TOKENS)
        return rest.failure(self._clock.now())

    def _respect_rest(self, channel_id: int, pair: TokenPair) -> None:
        rest = self._rests.get(channel_id)
        if rest and rest.refresh == pair.refresh and self._clock.now() < rest.until:
            raise rest.failure(self._clock.now())

    async def _commit(self, channel_id: int, spent: str, pair: TokenPair) -> TokenPair:
        """The pair as it stands in the store afterwards. Until then it is remembered here."""
        self._unsaved[channel_id] = (spent, pair)
        is_first = await self._kept(channel_id, spent, pair)
        del self._unsaved[channel_id]
        self._rests.pop(channel_id, None)
        log.info("zalo.tokens_renewed", channel_id=channel_id, kept=is_first)
        await self._alarms.renewed(channel_id)
        return pair if is_first else await self._stored(channel_id)

    async def _kept(self, channel_id: int, spent: str, pair: TokenPair) -> bool:
        for pause in limits.COMMIT_PAUSES:
            try:
                return await self._store.keep_tokens(channel_id, spent, pair)
            except StorageUnavailableError:
                log.error("zalo.tokens_not_saved", channel_id=channel_id)
                await self._sleep(pause)
        return await self._store.keep_tokens(channel_id, spent, pair)


async def _to_its_end(work: Coroutine[Any, Any, TokenPair]) -> TokenPair:
    """Finished even when the caller is cancelled: between Zalo's answer and the commit the pair exists only here."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise
