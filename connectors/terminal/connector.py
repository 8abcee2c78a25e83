"""A conversation in the terminal, for trying things out: answers are printed."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.messages import Delivery, Reply

PLATFORM = "terminal"


class TerminalConnector:
    platform = PLATFORM

    def __init__(self, show: Callable[[Reply], None]) -> None:
        self._show = show

    async def send(self, delivery: Delivery) -> None:
        self._show(delivery.reply)
