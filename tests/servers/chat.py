"""The whole assistant behind a loopback port: web, worker and sender, as `than-thien run` starts them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import platforms
from bot.config import Settings
from bot.dialogue.entities import masked
from bot.domain.views import UnitView
from bot.passwords import Passwords
from bot.ports import Clock, PlatformConnector
from bot.sender import Sender
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage.channels import Channels
from bot.storage.conversations import SqlConversations
from bot.storage.coordination import LocalCache, LocalSignals
from bot.storage.credentials import Seal, SqlCredentials
from bot.storage.database import Database
from bot.storage.directory import Directory
from bot.storage.files import FolderStore
from bot.storage.filing import SqlFiling
from bot.storage.inbox import SqlInbox
from bot.storage.outbox import SqlOutbox, key_of
from bot.storage.sealed_box import SqlSealedBox
from bot.storage.ticket_actions import TicketActions
from bot.storage.ticket_facts import SqlTicketFacts
from bot.storage.ticket_news import SqlTicketNews
from bot.storage.ticket_reports import SqlTicketReports
from bot.storage.tickets import SqlTickets
from bot.storage.transcripts import SqlTranscripts
from bot.web.app import create_app
from bot.web.console.desk.services import Desk
from bot.web.console.services import Console
from bot.web.webhooks import Platforms
from bot.worker import Worker
from connectors.web_chat.connector import WebChatConnector
from connectors.zalo import verification
from knowledge.categories import categories
from tests import cast

UNIT = "xa-tan-an"
DEADLINE = 10.0
SECRET_KEY = "a key only these tests know"
Client = TestClient[web.Request, web.Application]


class Parts:
    """Everything of one process, wired by hand so that a test can replace or stop a part."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        signals: LocalSignals,
        knowledge: KnowledgeBase,
        assistant: Assistant,
        clock: Clock,
    ) -> None:
        self.database = database
        self.signals = signals
        self.knowledge = knowledge
        self.assistant = assistant
        self.clock = clock
        self.channels = Channels(database, clock)
        self.outbox = SqlOutbox(database, clock)
        self.transcripts = SqlTranscripts(database, clock)
        seal = Seal(SECRET_KEY)
        self.filing = SqlFiling(database, clock, seal, self.view, partial(masked, phones=False))
        self.inbox = SqlInbox(database, clock, self.filing)
        self.credentials = SqlCredentials(database, clock, seal)
        self.directory = Directory(database, clock, seal)
        self.cache = LocalCache()
        self.media = FolderStore(settings.data_dir / "media")
        desk = Desk(
            SqlTickets(database, clock),
            SqlTicketFacts(database, clock),
            SqlTicketNews(database, clock),
            TicketActions(database, clock, signals, self.view),
            self.filing,
            SqlConversations(database, clock, signals, self.view),
            SqlSealedBox(database, clock, seal),
            SqlTicketReports(database, clock),
            self.media,
            {one.id: one.name for one in categories().values()},
        )
        self.console = Console.of(
            settings, database, clock, signals, self.cache, knowledge, seal, desk, SECRET_KEY, Passwords(cast.QUICK)
        )
        gateways = (platforms.ZaloGateway(), platforms.FacebookGateway())
        self.app = create_app(
            settings, database, self.channels, self.inbox, self.transcripts, signals, knowledge, clock,
            Platforms(
                self.directory, {one.platform: one for one in gateways}, verification.page_at, verification.meta,
                platforms.deletion_asked,
            ),
            self.console,
        )  # fmt: skip

    def view(self, unit_id: str) -> UnitView | None:
        known = self.knowledge.of(unit_id)
        return known.view if known else None

    def worker(self, owner: str = "worker") -> Worker:
        return Worker(owner, self.inbox, self.assistant, self.signals, self.clock)

    def sender(self, *connectors: PlatformConnector) -> Sender:
        chosen = connectors or (WebChatConnector(self.signals),)
        return Sender(self.outbox, {one.platform: one for one in chosen}, self.signals, key_of)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Worker and sender at work."""
        tasks = [asyncio.create_task(self.worker().run()), asyncio.create_task(self.sender().run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Client]:
        async with TestClient(TestServer(self.app, access_log=None)) as client:
            yield client


class Citizen:
    """A chat page: one session, messages out and in."""

    def __init__(self, client: Client, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}
        self._ids = (f"m{number}" for number in itertools.count(1))

    @classmethod
    async def arrive(cls, client: Client) -> Citizen:
        async with client.post("/chat/api/session", json={"unit": UNIT}) as response:
            assert response.status == 201
            return cls(client, (await response.json())["token"])

    async def post(self, body: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        async with self.client.post("/chat/api/messages", json=body, headers=self.headers) as response:
            return response.status, await response.json(), dict(response.headers)

    async def say(self, text: str = "", payload: str | None = None, client_id: str | None = None) -> int:
        """The number the saved message got."""
        body = {"client_id": client_id or next(self._ids), "text": text, "payload": payload}
        status, answer, _ = await self.post(body)
        assert status == 202, (status, answer)
        return int(answer["seq"])

    async def read(self, after: int = 0, wait: int = 0) -> dict[str, Any]:
        query = {"after": str(after), "wait": str(wait)}
        async with self.client.get("/chat/api/messages", params=query, headers=self.headers) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    async def ask(self, text: str = "", payload: str | None = None) -> list[dict[str, Any]]:
        """The assistant's messages after this one."""
        return await self.answers(await self.say(text, payload))

    async def answers(self, after: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            news = await self.read(after, wait=2)
            replies = [one for one in news["messages"] if one["direction"] == "out"]
            if replies and not news["typing"]:
                return replies
        raise AssertionError("no answer came")
