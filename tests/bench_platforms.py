"""The platforms' part of `make bench`, with the product in processes of its own beside pretend platforms.

Webhook: a fixed rate of signed events, each the first of its conversation or the next, posted at its due time whether
or not the one before is answered. Saturation: as many as come back over kept connections, beside the same against a
bare aiohttp handler that only checks the signature. The load comes from this process and shares the
machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.terminal import configure_logging, console
from connectors.facebook import signature
from tests.bench import memory_mb, percentiles
from tests.servers import free_port, graph_events
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import APP_SECRET, PAGE_ID
from tests.servers.postgres import postgres_running
from tests.servers.product import Process, answering, installed, settings_for
from tests.servers.redis import redis_running
from tests.servers.watched import now
from tests.servers.zalo import PretendZalo

RATE = 50
CONNECTIONS = 32
CITIZENS = 400
TOKEN = "token-of-the-bench"


@dataclass(frozen=True)
class Spans:
    """Seconds of each measurement."""

    webhook: float
    saturation: float


class Connection:
    """HTTP by hand: the load must cost less than what it measures."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def post(self, request: bytes) -> int:
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        size = next((int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0)
        await self._reader.readexactly(size)
        return int(head[9:12])


def request(citizen: str, number: int, text: str) -> bytes:
    """A whole signed request with one message."""
    message = {"mid": f"m_{time.time_ns():x}_{number}", "text": text}
    event = graph_events.from_citizen(PAGE_ID, citizen, now(), message=message)
    raw = graph_events.body(graph_events.entry(event))
    headers = graph_events.headers(APP_SECRET, raw) | {"Host": "127.0.0.1", "Content-Length": str(len(raw))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /webhooks/facebook HTTP/1.1\r\n{lines}\r\n".encode() + raw


def requests() -> Iterator[tuple[str, bytes]]:
    """(citizen, request), each with an event of its own."""
    for number in itertools.count():
        citizen = str(7_000_000_000_000_000 + number % CITIZENS)
        yield citizen, request(citizen, number, f"câu hỏi {number}")


async def at_a_rate(
    port: int, rate: float, seconds: float, made: Iterator[tuple[str, bytes]]
) -> tuple[list[float], dict[str, list[float]], int]:
    """Milliseconds to the answer, from the time each was due; when each citizen's were due; how many were not 200."""
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    samples: list[float] = []
    due_of: dict[str, list[float]] = {}
    failed = 0

    async def one(request: bytes, due: float) -> None:
        nonlocal failed
        connection = await free.get()
        status = await connection.post(request)
        failed += status != 200
        samples.append((time.perf_counter() - due) * 1000)
        free.put_nowait(connection)

    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            free.put_nowait(await stack.enter_async_context(Connection(port)))
        started, tasks = time.perf_counter(), []
        for number in range(int(rate * seconds)):
            due = started + number / rate
            citizen, request = next(made)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due_of.setdefault(citizen, []).append(due)
            tasks.append(asyncio.create_task(one(request, due)))
        await asyncio.gather(*tasks)
    return samples, due_of, failed


async def saturated(port: int, seconds: float) -> float:
    """Events a second over all connections at once. The requests are made before, so that only posting is timed."""
    made = [request for _, request in itertools.islice(requests(), int(seconds * 2_500))]
    waiting = iter(made)
    done = 0
    ends = time.perf_counter() + seconds

    async def keep_posting() -> None:
        nonlocal done
        async with Connection(port) as connection:
            for request in waiting:
                if time.perf_counter() > ends:
                    return
                status = await connection.post(request)
                done += status == 200

    started = time.perf_counter()
    await asyncio.gather(*(keep_posting() for _ in range(CONNECTIONS)))
    return done / (time.perf_counter() - started)


def bare(port: int) -> None:
    """A process with nothing but a handler that checks the signature."""

    async def receive(request: web.Request) -> web.Response:
        raw = await request.read()
        if not signature.verify(request.headers.get(signature.HEADER), raw, APP_SECRET):
            raise web.HTTPForbidden
        json.loads(raw)
        return web.Response(text="EVENT_RECEIVED")

    app = web.Application()
    app.router.add_post("/webhooks/facebook", receive)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


async def bare_rate(seconds: float) -> float:
    port = free_port()
    process = get_context("spawn").Process(target=bare, args=(port,), daemon=True)
    process.start()
    try:
        while True:
            with contextlib.suppress(OSError):
                async with Connection(port):
                    break
            await asyncio.sleep(0.1)
        return await saturated(port, seconds)
    finally:
        process.kill()
        process.join()


@asynccontextmanager
async def serving(
    parts: tuple[str, ...], database: str | None, redis: str | None, graph: PretendGraph, **more: Any
) -> AsyncIterator[tuple[int, list[Process]]]:
    """The port of the web, and the processes."""
    with tempfile.TemporaryDirectory(prefix="thanthien-bench-", ignore_cleanup_errors=True) as name:
        async with AsyncExitStack() as stack:
            zalo = await stack.enter_async_context(PretendZalo(now))
            settings = settings_for(
                Path(name), zalo, graph, database_url=database, redis_url=redis, log_level="error", **more
            )
            await stack.enter_async_context(installed(settings, zalo, graph, few=False))
            processes = [Process(part, settings) for part in parts]
            for process in processes:
                process.start()
                stack.callback(process.stop)
            await answering(processes[0], settings.public_url)
            yield settings.port, processes


async def bench_webhooks(name: str, database: str | None, redis: str | None, spans: Spans) -> None:
    async with PretendGraph(now) as graph, serving(("web",), database, redis, graph) as (port, processes):
        await saturated(port, 1.0)  # warm
        samples, _, failed = await at_a_rate(port, RATE, spans.webhook, requests())
        console.print(f"webhook to 200, {RATE} events/s, {name}: {percentiles(samples)}, {failed} not 200")
        ours, plain = await saturated(port, spans.saturation), await bare_rate(spans.saturation)
        memory = memory_mb(processes[0].pid)
    console.print(
        f"saturation, {name}: {ours:.0f} events/s, bare handler {plain:.0f}, ratio {ours / plain:.2f}; "
        f"web {memory:.0f} MB"
    )


async def run(spans: Spans) -> None:
    await bench_webhooks("SQLite", None, None, spans)
    with (
        tempfile.TemporaryDirectory(prefix="thanthien-redis-") as name,
        postgres_running() as server,
        redis_running(Path(name)) as redis,
    ):
        await bench_webhooks("PostgreSQL", await server.fresh(migrated=True), redis.url, spans)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    configure_logging("error")
    asyncio.run(run(Spans(6, 4) if parser.parse_args().quick else Spans(20, 10)))


if __name__ == "__main__":
    main()
