"""Fixtures of all tests: nothing beyond loopback, a fixed clock, databases of their own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

from bot.config import Settings
from bot.domain.records import Procedure, Unit
from bot.domain.views import PublishedProcedure, UnitView
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage import migrate
from bot.storage.channels import Channels
from bot.storage.coordination import LocalCache, LocalSignals
from bot.storage.database import Database
from bot.storage.inbox import SqlInbox
from bot.storage.outbox import SqlOutbox
from bot.storage.revisions import Revisions
from bot.storage.transcripts import SqlTranscripts
from knowledge import files
from knowledge.emergencies import EmergencyRules
from knowledge.files import SearchTexts
from knowledge.search import SearchIndex
from tests.fakes import FakeClock, FakeNlu

hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")  # no test fails because the machine is slow

MONDAY_MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""09:00 in Việt Nam, the office is open."""
UNIT = "xa-tan-an"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MONDAY_MORNING)


@pytest.fixture(scope="session")
def sample_units() -> dict[str, Unit]:
    return files.read_units(files.UNITS)


@pytest.fixture(scope="session")
def sample_procedures() -> dict[str, Procedure]:
    return files.read_procedures(files.PROCEDURES)


@pytest.fixture(scope="session")
def view(sample_units: dict[str, Unit], sample_procedures: dict[str, Procedure]) -> UnitView:
    """The sample commune with everything it inherits, without a database."""
    chain = tuple(sample_units[name] for name in (UNIT, "dong-nai", "viet-nam"))
    published = {
        name: PublishedProcedure(name, number, record)
        for number, (name, record) in enumerate(sample_procedures.items(), 1)
    }
    return UnitView(chain, published, version=1)


@pytest.fixture(scope="session")
def emergency_rules() -> EmergencyRules:
    return EmergencyRules.load(files.EMERGENCIES)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite database, to be copied: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "empty.db"

    async def migrated() -> None:
        database = Database(f"sqlite:///{file}")
        await migrate.upgrade(database)
        await database.dispose()

    asyncio.run(migrated())
    return file


@pytest.fixture
async def database(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Database]:
    """An empty, migrated SQLite database."""
    database = Database(f"sqlite:///{shutil.copyfile(migrated_file, tmp_path / 'test.db')}")
    yield database
    await database.dispose()


@pytest.fixture
def channels(database: Database, clock: FakeClock) -> Channels:
    return Channels(database, clock)


@pytest.fixture
def inbox(database: Database, clock: FakeClock) -> SqlInbox:
    return SqlInbox(database, clock)


@pytest.fixture
def outbox(database: Database, clock: FakeClock) -> SqlOutbox:
    return SqlOutbox(database, clock)


@pytest.fixture
def transcripts(database: Database, clock: FakeClock) -> SqlTranscripts:
    return SqlTranscripts(database, clock)


@pytest.fixture
def revisions(database: Database, clock: FakeClock) -> Revisions:
    return Revisions(database, clock)


@pytest.fixture
async def signals() -> AsyncIterator[LocalSignals]:
    signals = LocalSignals()
    yield signals
    await signals.close()


@pytest.fixture
async def published(
    revisions: Revisions, sample_units: dict[str, Unit], sample_procedures: dict[str, Procedure]
) -> Revisions:
    """The sample commune published in the database."""
    await revisions.publish("unit", None, {name: one.model_dump(mode="json") for name, one in sample_units.items()})
    records = {name: one.model_dump(mode="json") for name, one in sample_procedures.items()}
    await revisions.publish("procedure", "dong-nai", records)
    return revisions


@pytest.fixture(scope="session")
def search_texts() -> SearchTexts:
    return files.read_search_texts()


_INDEXES: dict[int, SearchIndex] = {}
"""By their phrases: the many tests over the sample commune build its index once."""


@pytest.fixture
async def knowledge(published: Revisions, clock: FakeClock, search_texts: SearchTexts) -> KnowledgeBase:
    base = KnowledgeBase(published, clock, search_texts)
    base._indexes = dict(_INDEXES)
    await base.refresh()
    _INDEXES.update(base._indexes)
    return base


@pytest.fixture
def nlu() -> FakeNlu:
    return FakeNlu()


@pytest.fixture
def assistant(knowledge: KnowledgeBase, nlu: FakeNlu, emergency_rules: EmergencyRules) -> Assistant:
    return Assistant(knowledge, nlu, LocalCache(), emergency_rules)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings(data_dir=tmp_path, port=0)
