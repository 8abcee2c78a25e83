"""The storage suite runs twice: over SQLite and over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.dialogue.entities import masked
from bot.domain.messages import InboundMessage
from bot.domain.records import Unit
from bot.storage import migrate
from bot.storage.channels import Channel, Channels
from bot.storage.coordination import LocalSignals
from bot.storage.database import Database
from tests.conftest import UNIT
from tests.fakes import FakeClock
from tests.servers.postgres import PostgresServer, postgres_running
from tests.servers.redis import RedisServer, redis_running
from tests.storage.desk import Desk, Views, views_of

BACKENDS = ("sqlite", "postgresql")
OpenDatabase = Callable[[bool], Awaitable[Database]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_running() as server:
        yield server


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_running(tmp_path) as server:
        yield server


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Path | PostgresServer:
    """Where a new database is made: a folder, or a PostgreSQL server."""
    if request.param == "sqlite":
        return tmp_path
    server: PostgresServer = request.getfixturevalue("postgres")
    return server


@pytest.fixture
async def open_database(backend: Path | PostgresServer) -> AsyncIterator[OpenDatabase]:
    opened: list[Database] = []

    async def fresh(migrated: bool) -> Database:
        if isinstance(backend, PostgresServer):
            database = Database(await backend.fresh(migrated=migrated))
        else:
            database = Database(f"sqlite:///{backend / f'{len(opened)}.db'}")
            if migrated:
                await migrate.upgrade(database)
        opened.append(database)
        return database

    yield fresh
    for database in opened:
        await database.dispose()


@pytest.fixture
async def database(open_database: OpenDatabase) -> Database:
    return await open_database(True)


@pytest.fixture
async def channel(channels: Channels) -> Channel:
    return await channels.ensure("web", UNIT, UNIT)


def say(external_id: str, text: str = "xin chào", citizen: str = "an") -> InboundMessage:
    return InboundMessage(external_id, citizen, text)


@pytest.fixture
def unit_views(sample_units: dict[str, Unit]) -> Views:
    return views_of(sample_units)


@pytest.fixture
def desk(database: Database, clock: FakeClock, signals: LocalSignals, unit_views: Views, channel: Channel) -> Desk:
    return Desk(database, clock, signals, unit_views, channel, partial(masked, phones=False))
