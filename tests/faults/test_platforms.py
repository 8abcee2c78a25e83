"""The whole way, wired as `than-thien run` wires it: a citizen writes on a pretend platform and reads the answer there.
Over SQLite within one process, and over PostgreSQL with Redis."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from sqlalchemy import select

from bot import limits, sender, system
from bot.config import Settings
from bot.domain.channels import TokenPair
from bot.domain.errors import StorageUnavailableError
from bot.storage import migrate
from bot.storage.ledger import Ledger
from bot.storage.tables import conversations, outbox, outbox_parts
from bot.system import System, opened
from knowledge import files
from tests.fakes import FakeClock, FakeNlu
from tests.servers.chat import UNIT
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import APP_ID as FB_APP
from tests.servers.graph_state import APP_SECRET as FB_SECRET
from tests.servers.graph_state import CITIZEN as FB_CITIZEN
from tests.servers.graph_state import PAGE_ID, PAGE_TOKEN, VERIFY_TOKEN
from tests.servers.graph_webhooks import GraphWebhooks
from tests.servers.postgres import PostgresServer, postgres_running
from tests.servers.redis import redis_running
from tests.servers.sample import few_procedures
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_state import APP_ID, APP_SECRET, CITIZEN, OA_ID, OA_SECRET

DEADLINE = 10.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_running() as server:
        yield server


@pytest.fixture(params=["one machine", "many"])
async def places(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[str | None, str | None]]:
    """Addresses of the database and of Redis."""
    if request.param == "one machine":
        yield None, None
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with redis_running(tmp_path) as redis:
        yield await server.fresh(migrated=True), redis.url


@pytest.fixture
async def zalo(clock: FakeClock) -> AsyncIterator[PretendZalo]:
    async with PretendZalo(clock.now) as pretend:
        yield pretend


@pytest.fixture
async def graph(clock: FakeClock) -> AsyncIterator[PretendGraph]:
    async with PretendGraph(clock.now) as pretend:
        yield pretend


@pytest.fixture
async def whole(
    places: tuple[str | None, str | None], zalo: PretendZalo, graph: PretendGraph, clock: FakeClock, nlu: FakeNlu,
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[System]:  # fmt: skip
    shutil.copyfile(migrated_file, tmp_path / "than-thien.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(system, "SystemClock", lambda: clock)
    monkeypatch.setattr(limits, "POLL_INTERVAL", 0.05)
    database, redis = places
    chosen = Settings(
        data_dir=tmp_path, port=0, database_url=database, redis_url=redis, nlu_urls="http://127.0.0.1:9",
        secret_key=SecretStr("a key that only these tests know"), zalo_api_url=zalo.api_url,
        zalo_oauth_url=zalo.oauth_url, zalo_business_url=zalo.business_url, facebook_graph_url=graph.url,
    )  # fmt: skip
    async with opened(chosen) as made:
        monkeypatch.setattr(made.assistant, "_nlu", nlu)
        await published(made)
        secrets = {"app_id": APP_ID, "app_secret": APP_SECRET, "oa_secret": OA_SECRET}
        channel_id = await made.directory.connect("zalo", OA_ID, UNIT, "Xã", secrets)
        pair, now = zalo.oauth.grant(), clock.now()
        await made.credentials.seed_tokens(
            channel_id,
            TokenPair(
                pair.access_token,
                pair.refresh_token,
                now + limits.CONVERSATION_RETENTION,
                now + limits.CONVERSATION_RETENTION,
            ),
        )
        secrets = {"app_id": FB_APP, "app_secret": FB_SECRET, "verify_token": VERIFY_TOKEN, "page_token": PAGE_TOKEN}
        await made.directory.connect("facebook", PAGE_ID, UNIT, "Xã", secrets)
        yield made


async def published(made: System) -> None:
    """The sample commune with a few procedures, which are indexed in no time."""
    await migrate.upgrade(made.database)
    units = files.read_units(files.UNITS)
    await made.revisions.publish("unit", None, {name: one.model_dump(mode="json") for name, one in units.items()})
    few = {name: one.model_dump(mode="json") for name, one in few_procedures().items()}
    await made.revisions.publish("procedure", "dong-nai", few)
    await made.knowledge.refresh()


@pytest.fixture
async def address(whole: System, zalo: PretendZalo) -> AsyncIterator[str]:
    async with TestServer(whole.web_app(), access_log=None) as server:
        zalo.webhooks.url = str(server.make_url("/webhooks/zalo"))
        zalo.webhooks.deadline = 60.0
        yield str(server.make_url("/webhooks/facebook"))


@contextlib.asynccontextmanager
async def working(whole: System, workers: int = 2) -> AsyncIterator[None]:
    jobs = [whole.worker(number).run() for number in range(workers)]
    tasks = [asyncio.create_task(job) for job in (*jobs, whole.sender().run(), whole.sender().run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.02)


async def settled(whole: System) -> None:
    """Nothing waits for an answer or to be sent."""
    deadline = time.monotonic() + DEADLINE
    while True:
        async with whole.database.read() as connection:
            open_rows = (await connection.execute(select(outbox.c.id).where(outbox.c.outcome.is_(None)))).all()
        if not open_rows and not (await whole.inbox.counts())["open"]:
            return
        assert time.monotonic() < deadline, "it did not settle"
        await asyncio.sleep(0.05)


async def test_a_citizen_of_zalo_is_answered_once_however_often_the_message_arrives(
    whole: System, address: str, zalo: PretendZalo, clock: FakeClock, nlu: FakeNlu
) -> None:
    nlu.says("greet")
    zalo.citizen(CITIZEN)
    async with working(whole):
        delivery = await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "Xin chào"))
        assert delivery.status == 200
        await zalo.webhooks.repeat(delivery, 3)
        await until(lambda: bool(zalo.sent_to(CITIZEN)))
        await settled(whole)
        await zalo.settled()
    told = zalo.sent_to(CITIZEN)
    async with whole.database.read() as connection:
        parts = (await connection.execute(select(outbox_parts.c.external_id))).scalars().all()
    assert sorted(parts) == sorted(one.message_id for one in told)
    day = await Ledger(whole.database, clock).day(clock.now().date())
    assert (day.duplicates >= 3, day.difference, day.problems) == (True, 0, ())
    async with whole.database.read() as connection:
        assert (await connection.execute(select(conversations.c.quiet_until))).scalars().all() == [None]


async def test_a_citizen_of_facebook_is_answered_and_the_echo_is_ours(
    whole: System, address: str, graph: PretendGraph, nlu: FakeNlu
) -> None:
    nlu.says("greet")
    async with GraphWebhooks(graph, address) as webhooks, working(whole):
        assert (await webhooks.verify())[:2] == (200, "1158201444")
        assert await webhooks.deliver(webhooks.says("Xin chào")) == [200]
        await until(lambda: bool(graph.sent))
        await settled(whole)
        await asyncio.sleep(0.1)
        assert {post.status for post in webhooks.posts} == {200}
    assert {sent.recipient for sent in graph.sent} == {FB_CITIZEN}
    async with whole.database.read() as connection:
        parts = (await connection.execute(select(outbox_parts.c.external_id))).scalars().all()
    assert sorted(parts) == sorted(one.mid for one in graph.sent)


async def test_a_lost_answer_of_the_platform_doubles_nothing(
    whole: System, address: str, zalo: PretendZalo, nlu: FakeNlu, clock: FakeClock
) -> None:
    nlu.says("greet")
    zalo.citizen(CITIZEN)
    honest, calls = whole.outbox.accepted, 0

    async def away(*args: object) -> None:
        nonlocal calls
        calls += 1
        raise StorageUnavailableError("away")

    whole.outbox.accepted = away  # type: ignore[method-assign, assignment]
    tries, sender.RECORD_TRIES = sender.RECORD_TRIES, 1
    try:
        await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "Xin chào"))
        assert await whole.worker().step()
        await whole.sender().step()
        await zalo.settled()  # the echo says what we could not record
    finally:
        sender.RECORD_TRIES = tries
        whole.outbox.accepted = honest  # type: ignore[method-assign]
    assert calls == 1
    async with working(whole):
        await settled(whole)
    texts = zalo.texts_to(CITIZEN)
    assert len(texts) == len(set(texts))


async def test_a_dead_token_loses_nothing_rings_and_ends_with_a_new_one(
    whole: System, address: str, graph: PretendGraph, nlu: FakeNlu, clock: FakeClock
) -> None:
    nlu.says("greet")
    good = graph.tokens.pop(PAGE_TOKEN)
    async with GraphWebhooks(graph, address) as webhooks:
        await webhooks.deliver(webhooks.says("Xin chào"))
        assert await whole.worker().step()
        await whole.sender().step()
        [alarm] = [one.alarm for one in await whole.directory.listed() if one.platform == "facebook"]
        assert alarm is not None
        assert await whole.outbox.stuck()
        graph.tokens[PAGE_TOKEN] = good
        secrets = {"app_id": FB_APP, "app_secret": FB_SECRET, "verify_token": VERIFY_TOKEN, "page_token": PAGE_TOKEN}
        channel_id = await whole.directory.connect("facebook", PAGE_ID, UNIT, "Xã", secrets)
        assert await whole.outbox.resend(channel_id=channel_id)
        clock.advance(limits.TOKEN_RETRY * 3)
        async with working(whole):
            await until(lambda: bool(graph.sent))
            await settled(whole)
    assert [one.alarm for one in await whole.directory.listed()] == [None, None]
