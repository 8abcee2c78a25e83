"""`make bench`: from a publication to the changed answer, in one process and in another one woken through Redis.

All procedures that are shipped are published. Of many processes a second one, started here, asks itself every ten
milliseconds and notes when its answer has changed, by the machine's own clock.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.config import Settings
from bot.storage.editing import Editing, Key
from bot.system import System, opened
from bot.terminal import configure_logging
from tests.servers.redis import redis_running

KEY = Key("procedure", "dong-nai", "dang-ky-ket-hon")
UNIT = "xa-tan-an"
ROUNDS = 8
AT_MOST = {"one process": 1.0, "another process, by Redis": 2.0}
PAUSE = 0.01


async def answer(system: System) -> str:
    turn = await system.assistant.turn(UNIT, {}, "", f"ask:result:{KEY.record_id}", system.clock.now())
    return turn.replies[0].text


@asynccontextmanager
async def following(system: System) -> AsyncIterator[None]:
    task = asyncio.create_task(system.knowledge.follow(system.signals))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def changed_at(system: System, before: str) -> float:
    while await answer(system) == before:  # noqa: ASYNC110  (what is timed is the answer, not the wake-up)
        await asyncio.sleep(PAUSE)
    return time.monotonic()


async def watch(settings: Settings) -> None:
    """The other process: writes the moment of each changed answer."""
    async with opened(settings) as system:
        await system.knowledge.refresh()
        async with following(system):
            before = await answer(system)
            print("ready", flush=True)
            while True:
                at = await changed_at(system, before)
                before = await answer(system)
                await system.knowledge.refresh()
                print(at, flush=True)


async def measure(system: System, name: str, seen: Callable[[str], Awaitable[float]]) -> None:
    """Steps: a changed answer; a changed wording, for which the index is built anew; the switch; it lifted again."""
    editing = Editing(system.database, system.clock, system.signals)
    samples: dict[str, list[float]] = {"answer": [], "answer and phrases": [], "suspended": [], "resumed": []}

    async def step(kind: str, act: Callable[[], Awaitable[Any]]) -> None:
        before = await answer(system)
        waiting = asyncio.ensure_future(seen(before))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await act()
        samples[kind].append(await waiting - began)
        await system.knowledge.refresh()  # with the indexes, so that the next step is measured alone

    async def publish(kind: str, **changes: Any) -> None:
        now = await editing.in_force(KEY)
        assert now is not None
        draft = await editing.start(KEY, now.content | changes, 1)
        sent = await editing.send(draft.id, draft.version)
        await step(kind, lambda: editing.publish(sent.id, sent.version, 2))

    for number in range(ROUNDS):
        await publish("answer", result=f"Giấy chứng nhận {name} {number}")
        phrases = [f"cách hỏi mới {name} {number}", "kết hôn"]
        await publish("answer and phrases", result=f"Giấy {name} {number}", citizen_phrases=phrases)
        await step("suspended", lambda: editing.suspend(KEY, 1))
        await step("resumed", lambda: editing.resume(KEY, 1))
    for kind, times in samples.items():
        times.sort()
        half = times[len(times) // 2] * 1000
        print(
            f"publication to changed answer, {name}, {kind}: p50 {half:.0f} ms, longest {times[-1] * 1000:.0f} ms "
            f"(at most {AT_MOST[name] * 1000:.0f} ms)",
            flush=True,
        )


async def one_process(folder: Path) -> None:
    async with opened(Settings(data_dir=folder, log_level="error")) as system:
        await system.prepare()
        async with following(system):
            await measure(system, "one process", lambda before: changed_at(system, before))


async def many_processes(folder: Path) -> None:
    with redis_running(folder) as redis:
        settings = Settings(data_dir=folder, redis_url=redis.url, log_level="error")
        async with opened(settings) as system:
            await system.prepare()
            other = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench_publication", str(folder), redis.url, stdout=subprocess.PIPE
            )
            assert other.stdout is not None
            lines = other.stdout
            try:
                await lines.readline()

                async def seen(before: str) -> float:
                    return float(await lines.readline())

                await measure(system, "another process, by Redis", seen)
            finally:
                other.kill()
                await other.wait()


def main() -> None:
    configure_logging("error")
    if len(sys.argv) > 2:
        asyncio.run(watch(Settings(data_dir=Path(sys.argv[1]), redis_url=sys.argv[2], log_level="error")))
        return
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(one_process(Path(scratch)))
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(many_processes(Path(scratch)))


if __name__ == "__main__":
    main()
