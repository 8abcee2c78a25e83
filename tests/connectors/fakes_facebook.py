"""Stand-ins for what the core gives a connector."""

from __future__ import annotations

from bot.domain.channels import Credentials, TokenPair
from bot.domain.errors import StorageUnavailableError
from tests.servers.graph_state import APP_ID, APP_SECRET, PAGE_ID, PAGE_TOKEN, VERIFY_TOKEN

CHANNEL = 7


class MemoryCredentials:
    """One Facebook channel. `alarms`: what was raised and lowered, in order."""

    def __init__(self) -> None:
        self.secrets = {
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "verify_token": VERIFY_TOKEN,
            "page_token": PAGE_TOKEN,
        }
        self.alarms: list[str | None] = []
        self.away = False

    async def credentials(self, channel_id: int) -> Credentials:
        if channel_id != CHANNEL:
            raise LookupError(channel_id)
        return Credentials(PAGE_ID, self.secrets)

    async def tokens(self, channel_id: int) -> TokenPair | None:
        return None

    async def keep_tokens(self, channel_id: int, spent: str | None, pair: TokenPair) -> bool:
        return False

    async def raise_alarm(self, channel_id: int, reason: str | None) -> None:
        if self.away:
            raise StorageUnavailableError("told to fail")
        self.alarms.append(reason)
