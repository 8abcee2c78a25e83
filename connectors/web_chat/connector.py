"""The web chat page: messages wait in the database and the page fetches them, so sending is a wake-up."""

from __future__ import annotations

from bot.domain.messages import Delivery
from bot.ports import Signals

PLATFORM = "web"


class WebChatConnector:
    platform = PLATFORM

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    async def send(self, delivery: Delivery) -> None:
        await self._signals.notify(f"chat:{delivery.conversation_id}")
