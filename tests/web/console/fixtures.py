"""Fixtures of the console: the cast at work, and browsers for them. What is published is loaded once for all tests."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.domain.records import Procedure, Unit
from bot.services.knowledge import KnowledgeBase
from bot.storage import migrate
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.revisions import Revisions
from bot.storage.staff import SqlStaff
from bot.web.console.services import Console
from knowledge.files import SearchTexts
from tests import cast
from tests.conftest import MONDAY_MORNING
from tests.fakes import FakeClock
from tests.servers.chat import SECRET_KEY, Client, Parts
from tests.web.console.visitor import Visitor

SignIn = Callable[[cast.Person], Awaitable[Visitor]]
A_CODE_LATER = timedelta(seconds=30)


@pytest.fixture(scope="session")
def loaded_once(
    tmp_path_factory: pytest.TempPathFactory, sample_units: dict[str, Unit], sample_procedures: dict[str, Procedure]
) -> KnowledgeBase:
    """The sample commune with one procedure, in memory."""
    one = dict(list(sample_procedures.items())[:1])
    return asyncio.run(_load(tmp_path_factory.mktemp("published"), sample_units, one))


async def _load(folder: Path, units: dict[str, Unit], procedures: dict[str, Procedure]) -> KnowledgeBase:
    database, clock = Database(f"sqlite:///{folder / 'published.db'}"), FakeClock(MONDAY_MORNING)
    await migrate.upgrade(database)
    revisions = Revisions(database, clock)
    for kind, unit_id, records in (("unit", None, units), ("procedure", "dong-nai", procedures)):
        await revisions.publish(kind, unit_id, {name: one.model_dump(mode="json") for name, one in records.items()})
    base = KnowledgeBase(revisions, clock, SearchTexts({}, (), ()))
    await base.refresh()
    await database.dispose()
    return base


@pytest.fixture
def knowledge(loaded_once: KnowledgeBase) -> KnowledgeBase:
    return loaded_once


@pytest.fixture
def console(parts: Parts) -> Console:
    return parts.console


@pytest.fixture(scope="session")
def hired_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A database with the cast in it, to be copied; ids by login."""
    file = tmp_path_factory.mktemp("hired") / "hired.db"
    return file, asyncio.run(_hire(file))


async def _hire(file: Path) -> dict[str, int]:
    database = Database(f"sqlite:///{file}")
    await migrate.upgrade(database)
    ids = await cast.hire(SqlStaff(database, FakeClock(MONDAY_MORNING)), Seal(SECRET_KEY))
    await database.dispose()
    return ids


@pytest.fixture
async def database(hired_once: tuple[Path, dict[str, int]], tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated SQLite database in which the cast has accounts."""
    copied = shutil.copy(hired_once[0], tmp_path / "test.db")
    database = Database(f"sqlite:///{copied}")
    yield database
    await database.dispose()


@pytest.fixture
def people(hired_once: tuple[Path, dict[str, int]]) -> dict[str, int]:
    """The cast at work; ids by login."""
    return hired_once[1]


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[Client]:
    """The web alone. It keeps no cookies: each visitor has their own."""
    server = TestServer(parts.app, access_log=None)
    async with TestClient(server, cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield client


@pytest.fixture
async def stranger(client: Client, clock: FakeClock, people: dict[str, int]) -> Visitor:
    return Visitor(client, clock)


@pytest.fixture
async def sign_in(client: Client, clock: FakeClock, people: dict[str, int]) -> SignIn:
    """A browser in which somebody of the cast is signed in. The clock moves, for no one-time code is taken twice."""

    async def signed_in(person: cast.Person) -> Visitor:
        visitor = Visitor(client, clock)
        clock.advance(A_CODE_LATER)
        await visitor.sign_in(person)
        return visitor

    return signed_in
