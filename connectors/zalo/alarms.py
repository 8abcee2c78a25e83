"""What an administrator must mend, and when it is mended."""

from __future__ import annotations

from enum import StrEnum

import structlog

from bot.domain.errors import StorageUnavailableError
from bot.ports import CredentialStore

log = structlog.get_logger("zalo")


class About(StrEnum):
    """What an alarm is about, and so what proves that it is mended."""

    SENDING = "sending"
    """Ends with any message Zalo takes."""
    MONEY = "money"
    """Ends with a message that was paid for."""
    TOKENS = "tokens"
    """Ends with a new pair. A message that still goes out with the last hours of the old token proves nothing."""


class Alarms:
    """Raises alarms through the store. Takes back what this process raised, when it works again."""

    def __init__(self, store: CredentialStore) -> None:
        self._store = store
        self._rung: dict[int, About] = {}

    async def ring(self, channel_id: int, reason: str, about: About) -> None:
        """`reason`: English, for an administrator."""
        self._rung[channel_id] = about
        log.error("zalo.alarm", channel_id=channel_id, reason=reason)
        await self._tell(channel_id, reason)

    async def sent(self, channel_id: int, *, paid: bool) -> None:
        """Zalo took a message."""
        proven = (About.SENDING, About.MONEY) if paid else (About.SENDING,)
        if self._rung.get(channel_id) in proven:
            await self._quiet(channel_id)

    async def renewed(self, channel_id: int) -> None:
        """There is a new pair of tokens. An alarm of an earlier run, whose matter nobody knows, ends as well."""
        if self._rung.get(channel_id, About.TOKENS) is About.TOKENS:
            await self._quiet(channel_id)

    async def _quiet(self, channel_id: int) -> None:
        self._rung.pop(channel_id, None)
        await self._tell(channel_id, None)

    async def _tell(self, channel_id: int, reason: str | None) -> None:
        try:
            await self._store.raise_alarm(channel_id, reason)
        except StorageUnavailableError:
            # What went wrong with the message is worth more to the caller than this.
            log.warning("zalo.alarm_not_saved", channel_id=channel_id)
