from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.media import Pictures
from bot.storage.files import FolderStore
from connectors.facebook.api import Access, GraphApi
from connectors.facebook.connector import FacebookConnector
from tests.connectors.fakes_facebook import MemoryCredentials
from tests.fakes import FakeClock
from tests.servers.graph import PretendGraph
from tests.servers.graph_state import APP_SECRET, PAGE_ID, PAGE_TOKEN

PATIENCE = 0.2
"""Seconds, in place of fifteen."""


@pytest.fixture
async def graph(clock: FakeClock) -> AsyncIterator[PretendGraph]:
    async with PretendGraph(clock.now) as graph:
        graph.require_proof = True
        yield graph


@pytest.fixture
async def api(graph: PretendGraph) -> AsyncIterator[GraphApi]:
    async with aiohttp.ClientSession() as session:
        yield GraphApi(session, base_url=graph.url, timeout=aiohttp.ClientTimeout(total=PATIENCE))


@pytest.fixture
def access() -> Access:
    return Access(PAGE_ID, PAGE_TOKEN, APP_SECRET)


@pytest.fixture
def store() -> MemoryCredentials:
    return MemoryCredentials()


@pytest.fixture
def files(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "media")


@pytest.fixture
def connector(api: GraphApi, store: MemoryCredentials, clock: FakeClock, files: FolderStore) -> FacebookConnector:
    return FacebookConnector(api, store, clock, Pictures(files))
