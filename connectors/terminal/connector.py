"""A conversation in the terminal, for trying things out: answers are printed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.domain.channels import Outgoing
from bot.domain.messages import Reply

PLATFORM = "terminal"


class TerminalConnector:
    platform = PLATFORM

    def __init__(self, show: Callable[[Reply], None]) -> None:
        self._show = show

    async def send(self, outgoing: Outgoing, accepted: Callable[[str], Awaitable[None]]) -> None:
        self._show(outgoing.reply)
