"""Fixtures of the running chat; a few procedures are enough for it, and their index is built in no time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.config import Settings
from bot.domain.records import Procedure
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage.coordination import LocalSignals
from bot.storage.database import Database
from knowledge import files
from knowledge.files import SearchTexts
from tests.fakes import FakeClock
from tests.servers.chat import Citizen, Client, Parts
from tests.servers.sample import few_procedures


@pytest.fixture(scope="session")
def sample_procedures() -> dict[str, Procedure]:
    return few_procedures()


@pytest.fixture(scope="session")
def search_texts() -> SearchTexts:
    texts = files.read_search_texts()
    return SearchTexts({}, texts.no_procedure[:60], texts.foreign[:60])


@pytest.fixture
def parts(
    settings: Settings,
    database: Database,
    signals: LocalSignals,
    knowledge: KnowledgeBase,
    assistant: Assistant,
    clock: FakeClock,
) -> Parts:
    return Parts(settings, database, signals, knowledge, assistant, clock)


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[Client]:
    """The web alone; messages wait in the inbox."""
    async with parts.served() as client:
        yield client


@pytest.fixture
async def citizen(client: Client) -> Citizen:
    return await Citizen.arrive(client)


@pytest.fixture
async def answering(parts: Parts) -> AsyncIterator[None]:
    async with parts.working():
        yield
