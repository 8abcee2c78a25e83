"""Replays traffic into the product's own processes, kills them meanwhile, and makes the platforms fail now and then."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.storage.tables import media, outbox
from bot.system import System
from tests.faults import traffic
from tests.faults.launch import forked
from tests.servers import graph_errors
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import PAGE_TOKEN, Page
from tests.servers.graph_state import Sent as FacebookSent
from tests.servers.graph_webhooks import GraphWebhooks
from tests.servers.nlu import TableNlu
from tests.servers.product import STOP_SECONDS, Process, answering, consent, environment, installed, settings_for
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_faults import Kind
from tests.servers.zalo_state import Sent as ZaloSent

SENDS, EDGE = "/v3.0/oa/message/", "messages"
POSTERS = 12
LADDER = (0.3, 0.7, 1.5, *(3.0,) * 60)
"""Seconds between the attempts of a webhook; slower and slower, else the attempts themselves keep a busy web down."""
ECHO_LOST = 0.5
"""Of the messages whose acceptance the sender did not live to record."""
AIM_SECONDS = 4.0
"""So long a message is waited for before the kill meant for its acceptance falls anywhere."""
ONE_PROCESS, MANY = "SQLite, one process", "PostgreSQL and Redis, web and two workers"


@dataclass(frozen=True)
class Plan:
    events: int
    citizens: int
    seed: int
    kills: int
    posts_a_second: float
    fault_every: float
    """Seconds, on average, between two faults of a platform."""
    patience: float
    """Seconds after the last post until everything must be settled."""


@dataclass(frozen=True)
class Down:
    """A killed process until it was there again. `aimed`: just as a platform had accepted a message."""

    name: str
    since: float
    until: float
    aimed: bool


@dataclass
class Record:
    """What happened. Times by the monotonic clock."""

    traffic: traffic.Traffic
    accepted: list[tuple[float, str, str, dict[str, Any]]] = field(default_factory=list)
    """(time, platform, citizen, message)"""
    downs: list[Down] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    lost_echoes: int = 0
    consents: int = 0
    resent: set[int] = field(default_factory=set)
    """Outbox ids a person put back in line: what came after them went before them."""
    seconds: float = 0.0


class Forked(Process):
    """Started by the fork server, with short limits."""

    _child: BaseProcess | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        assert self._child.pid is not None
        return self._child.pid

    @property
    def code(self) -> int | None:
        return self._child.exitcode if self._child else None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        name = self.name.partition("-")[0]
        self._child = forked(name, str(self._settings.data_dir), environment(self._settings), str(self.log))

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join()

    def stop(self) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.join(STOP_SECONDS)
            self.kill()


class _Zalo(PretendZalo):
    hook: Callable[[str, str, str, dict[str, Any]], None]
    silent: set[str]

    def _accept(self, recipient: str, kind: str, body: dict[str, Any], text: str, paid: int) -> ZaloSent:
        sent = super()._accept(recipient, kind, body, text, paid)
        self.hook("zalo", recipient, sent.message_id, body["message"])
        return sent

    async def _echo(self, sent: ZaloSent) -> None:
        if sent.message_id not in self.silent:
            await super()._echo(sent)


class _Graph(PretendGraph):
    """With echoes of its own: they come although the caller died before the answer."""

    hook: Callable[[str, str, str, dict[str, Any]], None]

    def _accept(self, body: dict[str, Any], recipient: str, page: Page) -> str:
        mid = super()._accept(body, recipient, page)
        self.hook("facebook", recipient, mid, body["message"])
        task = asyncio.create_task(self._echo(self.sent[-1:]))
        self._echoes.add(task)
        task.add_done_callback(self._echoes.discard)
        return mid


class _GraphWebhooks(GraphWebhooks):
    silent: set[str]

    async def deliver_echo(self, sent: FacebookSent) -> None:
        if sent.mid not in self.silent:
            await super().deliver_echo(sent)


class Replay:
    """One run over one database. `places`: addresses of the database and of Redis, none for one process."""

    def __init__(self, plan: Plan, folder: Path, places: tuple[str, str] | None, say: Callable[[str], None]) -> None:
        self.plan = plan
        self._folder, self._places, self._say = folder, places, say
        self._dice = random.Random(plan.seed + 1)
        self._ticks = traffic.Ticking()
        self._armed = False
        self._silent: set[str] = set()
        self._lock = asyncio.Lock()
        self._posted = self._killed = 0

    async def run(self) -> tuple[Record, System, AsyncExitStack]:
        """What happened, and the administrator's view of the database; close the stack when done with it."""
        stack = AsyncExitStack()
        try:
            return await self._run(stack), self.office, stack
        except BaseException:
            await stack.aclose()
            raise

    async def _run(self, stack: AsyncExitStack) -> Record:
        self.zalo, self.graph = _Zalo(self._ticks), _Graph(self._ticks)
        self.zalo.hook = self.graph.hook = self._accepted
        self.zalo.silent = self._silent
        for pretend in (self.zalo, self.graph):
            await stack.enter_async_context(pretend)
        self.graph.echo = "off"
        self.graph.quotas[self.graph.page.page_id].per_person = 100_000
        nlu = await stack.enter_async_context(TableNlu(traffic.intent_of))
        database, redis = self._places or (None, None)
        settings = settings_for(
            self._folder, self.zalo, self.graph, nlu_urls=nlu.url, database_url=database, redis_url=redis,
            log_level="warning",
        )  # fmt: skip
        self.office = await stack.enter_async_context(installed(settings, self.zalo, self.graph, few=True))
        self.url = settings.public_url
        self.zalo.webhooks.url = f"{self.url}/webhooks/zalo"
        self.zalo.webhooks.retrying, self.zalo.webhooks.ladder = True, LADDER
        self.zalo.webhooks.wait = asyncio.sleep
        self.webhooks = _GraphWebhooks(self.graph, f"{self.url}/webhooks/facebook", delays=LADDER)
        self.webhooks.silent = self._silent
        await stack.enter_async_context(self.webhooks)
        made = traffic.Maker(self.plan.seed, self.zalo, self.graph, self.webhooks)
        self.record = Record(made.make(self.plan.events, self.plan.citizens))
        names = ("web", "worker-1", "worker-2") if self._places else ("run",)
        self.processes = [Forked(name, settings) for name in names]
        for process in self.processes:
            process.start()
            stack.callback(process.kill)
        await answering(self.processes[0], self.url)
        await self._play()
        for process in self.processes:
            process.stop()
        await self.zalo.settled()
        await self.graph.settled()
        return self.record

    # Playing

    async def _play(self) -> None:
        started = time.monotonic()
        jobs: tuple[Coroutine[Any, Any, None], ...] = (self._kill_now_and_then(), self._fail_now_and_then())
        caretaker = asyncio.create_task(self._office_hours())
        mischief = [asyncio.create_task(job) for job in jobs]
        try:
            await self._post_everything()
            self._say(f"  posted after {time.monotonic() - started:.0f} s")
            await self._within(self.plan.patience, mischief[0])
            self._say(f"  mischief over after {time.monotonic() - started:.0f} s")
            mischief[1].cancel()
            self.zalo.faults.clear()
            self.zalo.faults.release()
            self.graph._faults.clear()
            self.graph.renew_token()
            await self._settled()
        finally:
            for task in (*mischief, caretaker):
                task.cancel()
            done = await asyncio.gather(*mischief, caretaker, return_exceptions=True)
        for one in done:
            if isinstance(one, Exception):
                raise one
        self.record.seconds = time.monotonic() - started

    async def _within(self, seconds: float, work: Awaitable[None]) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(work)), seconds)

    async def _post_everything(self) -> None:
        waiting = iter(self.record.traffic.posts)
        started = time.monotonic()

        async def poster() -> None:
            for post in waiting:
                self._posted += 1
                due = started + self._posted / self.plan.posts_a_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if post.platform == "zalo":
                    await self.zalo.webhooks.deliver(post.raw)
                else:
                    await self.webhooks.post(post.raw)

        await asyncio.gather(*(poster() for _ in range(POSTERS)))

    async def _settled(self) -> None:
        """Nothing waits for an answer, for being sent or for being fetched; what is stuck goes again, as by hand."""
        deadline = time.monotonic() + self.plan.patience
        while True:
            counts = await self._open()
            if not any(counts.values()):
                stuck = await self.office.outbox.stuck()
                if not stuck:
                    return
                for one in stuck:
                    self.record.resent.add(one.id)
                    await self.office.outbox.resend(outbox_id=one.id)
            if time.monotonic() > deadline:
                self._say(f"  not settled in time: {counts}")
                return
            await asyncio.sleep(0.25)

    async def _open(self) -> dict[str, int]:
        async with self.office.database.read() as connection:
            sends = select(func.count()).select_from(outbox).where(outbox.c.outcome.is_(None))
            fetches = select(func.count()).select_from(media).where(media.c.state == "waiting")
            return {
                "events": (await self.office.inbox.counts())["open"],
                "sends": (await connection.execute(sends)).scalar_one(),
                "files": (await connection.execute(fetches)).scalar_one(),
            }

    # Mischief

    def _accepted(self, platform: str, citizen: str, message_id: str, message: dict[str, Any]) -> None:
        self.record.accepted.append((time.monotonic(), platform, citizen, message))
        if self._armed:
            self._armed = False
            if self._dice.random() < ECHO_LOST:
                self._silent.add(message_id)
                self.record.lost_echoes += 1
            # Before the sender hears of it: the moment that may double a message.
            victims = [one for one in self.processes if one.name != "web"]
            since = time.monotonic()
            for one in victims:
                one.kill()
            for one in victims:
                self._restarting.append(asyncio.create_task(self._restart(one, since, aimed=True)))

    async def _kill_now_and_then(self) -> None:
        self._restarting: list[asyncio.Task[None]] = []
        share = len(self.record.traffic.posts) / (self.plan.kills + 1)
        while self._killed < self.plan.kills:
            await _until(lambda: self._posted >= share * (self._killed + 0.5), 3_600)
            await asyncio.sleep(self._dice.uniform(0, 1.0))
            self._killed += 1
            self._armed = self._dice.random() < 0.5
            aimed = self._armed
            await _until(lambda: not self._armed, AIM_SECONDS)
            if self._armed or not aimed:
                self._armed = False
                victim = self._dice.choice(self.processes)
                since = time.monotonic()
                victim.kill()
                self._restarting.append(asyncio.create_task(self._restart(victim, since, aimed=False)))
            await asyncio.gather(*self._restarting)
            self._restarting.clear()

    async def _restart(self, process: Process, since: float, *, aimed: bool) -> None:
        await asyncio.sleep(self._dice.uniform(0, 0.5))
        process.start()
        if process is self.processes[0]:
            await answering(process, self.url)
        self.record.downs.append(Down(process.name, since, time.monotonic(), aimed))

    async def _fail_now_and_then(self) -> None:
        faults = self.zalo.faults
        garbage = (Kind.HTML, Kind.TRUNCATED, Kind.EMPTY)
        graph = self.graph

        async def dead_page_token() -> None:
            graph.kill_token(graph_errors.TOKEN_EXPIRED, PAGE_TOKEN)
            await asyncio.sleep(1.0)
            graph.renew_token()

        acts: dict[str, Callable[[bool], object]] = {
            "zalo 429": lambda done: faults.too_many_requests(1, path=SENDS),
            "zalo rate limit in 200": lambda done: faults.error(-32, path=SENDS),
            "zalo 500": lambda done: faults.status(500, path=SENDS, performed=done),
            "zalo time-out": lambda done: faults.hang(path=SENDS, performed=done),
            "zalo broken connection": lambda done: faults.drop(path=SENDS, performed=done),
            "zalo garbage": lambda done: faults.garbage(self._dice.choice(garbage), path=SENDS, performed=done),
            "zalo expired token": lambda done: self.zalo.oauth.expire_access(),
            "facebook 429": lambda done: graph.next_too_many(1, edge=EDGE),
            "facebook 500": lambda done: graph.next_status(500, done=done, edge=EDGE),
            "facebook temporary": lambda done: graph.next_error(graph_errors.TEMPORARY, done=done, edge=EDGE),
            "facebook time-out": lambda done: graph.next_hang(done=done, edge=EDGE),
            "facebook broken connection": lambda done: graph.next_reset(done=done, edge=EDGE),
            "facebook garbage": lambda done: graph.next_html(200, done=done, edge=EDGE),
            "facebook truncated": lambda done: graph.next_truncated(done=done, edge=EDGE),
            "facebook expired token": lambda done: dead_page_token(),
        }
        while True:
            await asyncio.sleep(self._dice.expovariate(1 / self.plan.fault_every))
            name = self._dice.choice(list(acts))
            done = self._dice.random() < 0.4
            self.record.faults[
                name + (", carried out" if done and not name.endswith(("token", "429", "200")) else "")
            ] += 1
            result = acts[name](done)
            if asyncio.iscoroutine(result):
                await result

    async def _office_hours(self) -> None:
        """A refresh whose pair died with its process needs the administrator's consent again."""
        while True:
            await asyncio.sleep(1.0)
            for one in await self.office.directory.listed():
                if one.platform == "zalo" and one.alarm and "oauth" in one.alarm:
                    await consent(self.office, self.zalo)
                    self.record.consents += 1


async def _until(true: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:  # noqa: ASYNC110  (what is awaited has no event)
        await asyncio.sleep(0.02)
