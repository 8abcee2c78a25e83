"""One knowledge base for all conversations: none of them publishes anything."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.dialogue.context import Bands
from bot.domain.records import Procedure, Unit
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage import migrate
from bot.storage.coordination import LocalCache
from bot.storage.database import Database
from bot.storage.revisions import Revisions
from knowledge import files
from knowledge.emergencies import EmergencyRules
from tests.conversations.scripts import Conversation
from tests.fakes import FakeClock, FakeNlu
from tests.fakes.desk import FakeDesk


@pytest.fixture(scope="session")
def knowledge(
    tmp_path_factory: pytest.TempPathFactory, sample_units: dict[str, Unit], sample_procedures: dict[str, Procedure]
) -> KnowledgeBase:
    """The sample commune, published in a database and loaded from it."""
    folder: Path = tmp_path_factory.mktemp("conversations")
    clock = FakeClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))

    async def load() -> KnowledgeBase:
        database = Database(f"sqlite:///{folder / 'test.db'}")
        await migrate.upgrade(database)
        revisions = Revisions(database, clock)
        units = {name: one.model_dump(mode="json") for name, one in sample_units.items()}
        records = {name: one.model_dump(mode="json") for name, one in sample_procedures.items()}
        await revisions.publish("unit", None, units)
        await revisions.publish("procedure", "dong-nai", records)
        base = KnowledgeBase(revisions, clock, files.read_search_texts())
        await base.refresh()
        await database.dispose()
        return base

    return asyncio.run(load())


@pytest.fixture
def conversation(
    knowledge: KnowledgeBase, nlu: FakeNlu, clock: FakeClock, emergency_rules: EmergencyRules
) -> Conversation:
    desk = FakeDesk(clock)
    sure = Assistant(knowledge, nlu, LocalCache(), emergency_rules, desk=desk)
    unsure = Assistant(knowledge, nlu, LocalCache(), emergency_rules, Bands(answer=1.1), desk)
    return Conversation(sure, unsure, nlu, clock, desk)
