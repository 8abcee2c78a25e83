"""What many callers save at the same time goes into one transaction: the next one takes all that came during the last.
Nobody waits for company, and a hundred webhooks at once cost little more than one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot import limits
from bot.domain.channels import Inbound, Saved
from bot.domain.errors import StorageUnavailableError

SaveTogether = Callable[[int, Sequence[Sequence[Inbound]]], Awaitable[list[Saved]]]
"""(channel id, batches) → what became of each; all in one transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    channel_id: int
    batch: Sequence[Inbound]
    saved: asyncio.Future[Saved]


class Gathered:
    def __init__(self, save_together: SaveTogether) -> None:
        self._save_together = save_together
        self._waiting: list[_Waiting] = []
        self._working: asyncio.Task[None] | None = None

    async def save(self, channel_id: int, batch: Sequence[Inbound]) -> Saved:
        """Returns when the batch is committed. Its own failure is raised here, not that of its company."""
        mine = _Waiting(channel_id, batch, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="gathered-saves")
        return await mine.saved

    async def _work(self) -> None:
        while self._waiting:
            together = self._next()
            self._waiting = [one for one in self._waiting if one not in together]
            await self._settle(together[0].channel_id, together)

    def _next(self) -> list[_Waiting]:
        """The oldest, with what else came for its channel, up to a number of events."""
        channel_id, events = self._waiting[0].channel_id, 0
        together: list[_Waiting] = []
        for one in self._waiting:
            if one.channel_id == channel_id:
                events += len(one.batch)
                if together and events > limits.GATHERED_EVENTS:
                    break
                together.append(one)
        return together

    async def _settle(self, channel_id: int, together: Sequence[_Waiting]) -> None:
        try:
            saved = await self._save_together(channel_id, [one.batch for one in together])
        except Exception as error:
            if len(together) == 1 or isinstance(error, StorageUnavailableError):
                for one in together:
                    if not one.saved.done():
                        one.saved.set_exception(error)
            else:  # one of them cannot be stored: each for itself
                for one in together:
                    await self._settle(channel_id, [one])
        else:
            for one, result in zip(together, saved, strict=True):
                if not one.saved.done():  # its caller may have gone meanwhile
                    one.saved.set_result(result)
