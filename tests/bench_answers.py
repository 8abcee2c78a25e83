"""The answers' part of `make bench`: from the webhook to the acceptance at the platform, with real Rasa, over
PostgreSQL and Redis, in databases of different sizes; beside it the plain alternative (tests/servers/plain_rasa.py),
asked in the same way: so many citizens at once, each waiting for its answer before the next question.

The load and the pretend platform run in this process and share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.supervisor import RasaProcess
from bot.terminal import configure_logging, console
from bot.training import ROOT, train
from nlu.client import RasaClient
from tests.bench import QUESTIONS, memory_mb, percentiles
from tests.bench_platforms import CONNECTIONS, TOKEN, Connection, at_a_rate, request, serving
from tests.servers import free_port
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import PAGE_ID, Page
from tests.servers.plain_rasa import PlainRasa, plain_rasa
from tests.servers.postgres import PostgresServer, postgres_running
from tests.servers.product import installed, settings_for
from tests.servers.redis import redis_running
from tests.servers.stored import fill
from tests.servers.watched import now
from tests.servers.zalo import PretendZalo

RATE = 20
CITIZENS = 400
TALKERS = 16
TURNS = 99
"""Of a conversation before the one that is measured."""
LONG_TALKS = 60
DRAIN_SECONDS = 20.0
ANSWER_SECONDS = 60.0
FRESH, LONG, STORED = 7_000_000_000_000_000, 8_000_000_000_000_000, 9_000_000_000_000_000
"""First platform ids of the citizens who never wrote, of those at turn 100, and of those who only fill the tables."""


@dataclass(frozen=True)
class Spans:
    """Seconds of each measurement, and how many conversations are stored."""

    rate: float
    saturation: float
    stored: tuple[int, ...]


class Graph(PretendGraph):
    """Remembers when it accepted messages for each citizen, and lets one wait for them."""

    def __init__(self) -> None:
        super().__init__(now)
        self.echo = "off"
        self.quotas[PAGE_ID].per_person = 1_000_000
        self.heard: dict[str, list[float]] = {}
        self.waiting: dict[str, asyncio.Future[None]] = {}

    def _accept(self, body: dict[str, Any], recipient: str, page: Page) -> str:
        self.heard.setdefault(recipient, []).append(time.perf_counter())
        waiting = self.waiting.pop(recipient, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        return super()._accept(body, recipient, page)


def text_of(number: int) -> str:
    """Every one new, so that nothing is answered from the cache of parses."""
    return f"{QUESTIONS[number % len(QUESTIONS)]} {number}"


@asynccontextmanager
async def rasa_running() -> AsyncIterator[RasaProcess]:
    model = await train(ROOT / "data", lambda progress: None)
    with tempfile.TemporaryDirectory(prefix="thanthien-rasa-") as logs:
        rasa = RasaProcess(model, free_port(), TOKEN, Path(logs))
        client = RasaClient([rasa.url], TOKEN, timeout=5.0, retry_dead_after=0.2)
        await rasa.start()
        try:
            await rasa.ready(client)
            yield rasa
        finally:
            await client.close()
            await rasa.stop()


async def saturated(ask: Callable[[int], Awaitable[None]], seconds: float) -> float:
    """Answers a second, asked by so many at once. `ask`: of the number of the question."""
    numbers = itertools.count()
    done = 0
    ends = time.perf_counter() + seconds

    async def talk() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            await ask(next(numbers))
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(talk() for _ in range(TALKERS)))
    return done / (time.perf_counter() - started)


async def ours(server: PostgresServer, redis: str, rasa: RasaProcess, stored: int, spans: Spans) -> tuple[float, float]:
    """Saturation with fresh senders and at turn 100."""
    database = await server.fresh(migrated=True)
    given = {"nlu_urls": rasa.url, "nlu_token": SecretStr(TOKEN)}
    parts = ("web", "worker-1", "worker-2")
    async with Graph() as graph:
        async with _installed_once(database, redis, graph):
            await fill(database, "facebook", STORED, stored, 2)
            await fill(database, "facebook", LONG, LONG_TALKS, TURNS)
        async with serving(parts, database, redis, graph, **given) as (port, started):
            console.print(f"[bold]{stored:,} stored conversations[/]")
            await _at_the_rate(port, graph, spans)
            fresh = await _saturation(port, graph, spans, (str(FRESH + 10_000 + n) for n in itertools.count()))
            talks = itertools.cycle([str(LONG + n) for n in range(LONG_TALKS)])
            long = await _saturation(port, graph, spans, talks)
            console.print(f"saturation: {fresh:.0f} answers/s from fresh senders, {long:.0f} at turn 100")
            memory = {one.name: memory_mb(one.pid) for one in started} | {"Rasa": memory_mb(rasa.pid or 0)}
            console.print("memory: " + ", ".join(f"{name} {size:.0f} MB" for name, size in memory.items()))
    return fresh, long


@asynccontextmanager
async def _installed_once(database: str, redis: str, graph: Graph) -> AsyncIterator[None]:
    """The channels are there before the conversations are filled in."""
    with tempfile.TemporaryDirectory(prefix="thanthien-bench-") as name:
        async with PretendZalo(now) as zalo:
            settings = settings_for(Path(name), zalo, graph, database_url=database, redis_url=redis, log_level="error")
            async with installed(settings, zalo, graph, few=False):
                yield


async def _at_the_rate(port: int, graph: Graph, spans: Spans) -> None:
    made = _requests()
    for number in range(CITIZENS):
        graph.add_person(str(FRESH + number))
    await at_a_rate(port, 5, 5, made)  # the workers are there
    await _quiet(graph)
    graph.heard.clear()
    _, due_of, failed = await at_a_rate(port, RATE, spans.rate, made)
    await _quiet(graph)
    # The answers of a citizen come in the order of the questions, one message or more each.
    samples = [
        (heard - due) * 1000
        for citizen, dues in due_of.items()
        for due, heard in zip(dues, _firsts(dues, graph.heard.get(citizen, [])), strict=False)
    ]
    asked = sum(map(len, due_of.values()))
    console.print(
        f"webhook to the send API, {RATE} messages/s for {spans.rate:.0f} s, real Rasa, PostgreSQL: "
        f"{percentiles(samples)}, lost {asked - len(samples)} of {asked}, {failed} not 200"
    )


def _requests() -> Iterator[tuple[str, bytes]]:
    for number in itertools.count():
        citizen = str(FRESH + number % CITIZENS)
        yield citizen, request(citizen, number, text_of(number))


def _firsts(dues: list[float], heard: list[float]) -> Iterator[float]:
    """For each question the first message after it that answers no earlier one."""
    taken = 0
    for due in dues:
        while taken < len(heard) and heard[taken] < due:
            taken += 1
        if taken < len(heard):
            yield heard[taken]
            taken += 1


async def _quiet(graph: Graph) -> None:
    """Nothing new was sent for two seconds."""
    ends = time.monotonic() + DRAIN_SECONDS
    count = -1
    while count != len(graph.sent) and time.monotonic() < ends:
        count = len(graph.sent)
        await asyncio.sleep(2.0)


async def _saturation(port: int, graph: Graph, spans: Spans, citizens: Iterator[str]) -> float:
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()

    async def ask(number: int) -> None:
        citizen = next(citizens)
        if citizen not in graph.pages[PAGE_ID].people:
            graph.add_person(citizen)
        graph.waiting[citizen] = answered = asyncio.get_running_loop().create_future()
        connection = await free.get()
        await connection.post(request(citizen, 1_000_000 + number, text_of(number)))
        free.put_nowait(connection)
        await asyncio.wait_for(answered, ANSWER_SECONDS)

    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            free.put_nowait(await stack.enter_async_context(Connection(port)))
        return await saturated(ask, spans.saturation)


async def plain(spans: Spans) -> tuple[float, float]:
    """The same of the plain alternative."""
    with tempfile.TemporaryDirectory(prefix="thanthien-plain-") as name:
        async with plain_rasa(Path(name)) as (server, texts):
            fresh = await saturated(lambda number: server.say(f"fresh-{number}", text_of(number)), spans.saturation)
            await _long_talks(server, texts)
            long = await saturated(
                lambda number: server.say(f"long-{number % LONG_TALKS}", text_of(number)), spans.saturation
            )
            memory = memory_mb(server.pid)
    console.print(
        f"[bold]plain Rasa[/], REST channel, in-memory tracker: {fresh:.0f} answers/s from fresh senders, "
        f"{long:.0f} at turn 100, memory {memory:.0f} MB"
    )
    return fresh, long


async def _long_talks(server: PlainRasa, texts: list[str]) -> None:
    for number in range(TURNS):
        await server.say("talker", texts[number % len(texts)])
    events = await server.events_of("talker")
    for number in range(LONG_TALKS):
        await server.remember(f"long-{number}", events)


async def run(spans: Spans) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="thanthien-redis-") as name,
        postgres_running() as server,
        redis_running(Path(name)) as redis,
    ):
        async with rasa_running() as rasa:
            reached = {stored: await ours(server, redis.url, rasa, stored, spans) for stored in spans.stored}
    fresh, long = await plain(spans)
    for stored, (own_fresh, own_long) in reached.items():
        console.print(
            f"against plain Rasa, {stored:,} stored conversations: {own_fresh / fresh:.2f} with fresh senders, "
            f"{own_long / long:.2f} at turn 100"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes, and no 100,000 conversations")
    configure_logging("error")
    quick = Spans(20, 10, (10, 1_000))
    asyncio.run(run(quick if parser.parse_args().quick else Spans(120, 20, (10, 1_000, 100_000))))


if __name__ == "__main__":
    main()
