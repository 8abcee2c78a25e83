"""The web chat page: messages wait in the database and the page fetches them, so sending is a wake-up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.domain.channels import Outgoing
from bot.ports import Signals

PLATFORM = "web"


class WebChatConnector:
    platform = PLATFORM

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    async def send(self, outgoing: Outgoing, accepted: Callable[[str], Awaitable[None]]) -> None:
        await self._signals.notify(f"chat:{outgoing.conversation_id}")
