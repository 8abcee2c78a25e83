"""The way the loops work through a queue: claim what is there, handle several at the same time, look again when one is
done or somebody calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from bot import limits
from bot.domain.errors import StorageUnavailableError
from bot.ports import Signals

log = structlog.get_logger("lanes")
Work = TypeVar("Work")
CALL_SECONDS = 600.0
"""How long a call is awaited before it is awaited anew; looks in between are not bound to it."""


async def work_through(
    name: str,
    signals: Signals,
    topic: str,
    claim: Callable[[int], Awaitable[Sequence[Work]]],
    handle: Callable[[Work], Awaitable[None]],
    *,
    lanes: int,
    pause: Callable[[], Awaitable[float]],
) -> None:
    """Works until cancelled, with at most `lanes` pieces of work at once. `claim`: up to so many pieces; `pause`:
    seconds until the next look when nobody calls. A database that is away is waited for; nothing is lost meanwhile.
    Any other failure of `handle` ends the loop, to be seen."""
    subscription = signals.subscribe(topic)
    busy: set[asyncio.Task[None]] = set()

    async def guarded(work: Work) -> None:
        try:
            await handle(work)
        except StorageUnavailableError as error:
            log.warning(f"{name}.storage_unavailable", error=str(error))
            await asyncio.sleep(limits.POLL_INTERVAL)

    calling: asyncio.Task[bool] | None = None
    try:
        while True:
            try:
                found = await claim(lanes - len(busy)) if len(busy) < lanes else ()
                wait = limits.POLL_INTERVAL if found or len(busy) == lanes else await pause()
            except StorageUnavailableError as error:
                log.warning(f"{name}.storage_unavailable", error=str(error))
                found, wait = (), limits.POLL_INTERVAL
            busy |= {asyncio.create_task(guarded(work), name=name) for work in found}
            if found and len(busy) < lanes:
                continue  # there may be more
            calling = calling or asyncio.create_task(subscription.wait(CALL_SECONDS), name=f"{name}-calling")
            done, _ = await asyncio.wait({calling, *busy}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {calling}:
                task.result()
            busy -= done
            if calling in done:
                calling = None
    finally:
        left = [*busy, *([calling] if calling else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await subscription.close()
