"""The connector's parts, put together against the pretend Zalo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.domain.channels import Credentials, Outgoing, TokenPair
from bot.domain.messages import Reply
from bot.media import Pictures
from bot.storage.files import FolderStore
from connectors.zalo.alarms import Alarms
from connectors.zalo.api import ZaloApi
from connectors.zalo.connector import ZaloConnector
from connectors.zalo.http import Http
from connectors.zalo.oauth import OAuth
from connectors.zalo.tokens import TokenKeeper
from tests.connectors.fakes_zalo import FakeCredentialStore, FakeLeases, Naps
from tests.fakes import FakeClock
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_state import APP_ID, APP_SECRET, CITIZEN, OA_ID, OA_SECRET

CHANNEL = 1
PICTURE = "https://xa.example/share.png"
TIME_LIMIT = 0.3
"""Seconds, instead of fifteen."""


@dataclass
class Process:
    """One of the processes that share the database."""

    keeper: TokenKeeper
    api: ZaloApi
    connector: ZaloConnector
    oauth: OAuth
    naps: Naps


StartProcess = Callable[[], Process]


@pytest.fixture
async def zalo(clock: FakeClock) -> AsyncIterator[PretendZalo]:
    async with PretendZalo(clock.now) as platform:
        platform.citizen(phone="84900000001")
        yield platform


@pytest.fixture
def store(zalo: PretendZalo, clock: FakeClock) -> FakeCredentialStore:
    secrets = {"app_id": APP_ID, "app_secret": APP_SECRET, "oa_secret": OA_SECRET}
    store = FakeCredentialStore(Credentials(OA_ID, secrets))
    granted = zalo.oauth.grant()
    expires = clock.now() + timedelta(hours=25)
    store.pairs[CHANNEL] = TokenPair(
        granted.access_token, granted.refresh_token, expires, clock.now() + timedelta(days=90)
    )
    return store


@pytest.fixture
def leases() -> FakeLeases:
    return FakeLeases()


@pytest.fixture
def files(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "media")


@pytest.fixture
async def start(
    zalo: PretendZalo, store: FakeCredentialStore, leases: FakeLeases, clock: FakeClock, files: FolderStore
) -> AsyncIterator[StartProcess]:
    async with aiohttp.ClientSession() as session:

        def process() -> Process:
            naps, alarms = Naps(), Alarms(store)
            http = Http(session, total_seconds=TIME_LIMIT)
            oauth = OAuth(http, clock, zalo.oauth_url)
            keeper = TokenKeeper(store, leases, oauth, clock, alarms, naps)
            urls = {"url": zalo.api_url, "business_url": zalo.business_url}
            api = ZaloApi(http, keeper, alarms, clock, sleep=naps, **urls)
            return Process(keeper, api, ZaloConnector(api, clock, Pictures(files), store, PICTURE), oauth, naps)

        yield process


@pytest.fixture
def process(start: StartProcess) -> Process:
    return start()


@pytest.fixture
def outgoing(clock: FakeClock) -> Callable[..., Outgoing]:
    def make(reply: Reply | str, **changes: object) -> Outgoing:
        said = Reply(reply) if isinstance(reply, str) else reply
        known: dict[str, object] = {"citizen_id": CITIZEN, "last_inbound_at": clock.now()}
        return Outgoing("message-7", CHANNEL, OA_ID, reply=said, **{**known, **changes})  # type: ignore[arg-type]

    return make
