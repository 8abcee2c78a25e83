"""Wires everything: the one file that knows every class. Commands in bot/main.py run parts of it."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from redis.asyncio import Redis

from bot import limits
from bot.config import Settings
from bot.ports import Cache, Connector, Signals
from bot.services.assistant import Assistant
from bot.services.knowledge import KnowledgeBase
from bot.storage import migrate
from bot.storage.channels import Channels
from bot.storage.coordination import LocalCache, LocalSignals, RedisCache, RedisSignals
from bot.storage.database import Database
from bot.storage.inbox import SqlInbox
from bot.storage.outbox import SqlOutbox
from bot.storage.revisions import Revisions
from bot.storage.transcripts import SqlTranscripts
from bot.supervisor import RasaProcess, kept_token
from bot.web.app import create_app
from bot.worker import Sender, Timekeeper, Worker
from connectors.web_chat.connector import WebChatConnector
from knowledge import files
from knowledge.emergencies import EmergencyRules
from nlu.client import RasaClient


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class System:
    """Everything a process may need, made from the settings; `knowledge` of another system, to share what it loaded.
    Close it when done."""

    def __init__(self, settings: Settings, knowledge: KnowledgeBase | None = None) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.database = Database(settings.database)
        self.revisions = Revisions(self.database, self.clock)
        self.channels = Channels(self.database, self.clock)
        self.inbox = SqlInbox(self.database, self.clock)
        self.outbox = SqlOutbox(self.database, self.clock)
        self.transcripts = SqlTranscripts(self.database, self.clock)
        self.redis = Redis.from_url(settings.redis_url) if settings.redis_url else None
        self.signals: Signals = RedisSignals(self.redis) if self.redis else LocalSignals()
        self.cache: Cache = RedisCache(self.redis) if self.redis else LocalCache()
        self.knowledge = knowledge or KnowledgeBase(self.revisions, self.clock, files.read_search_texts())
        self.nlu = RasaClient(
            self.nlu_urls,
            self.nlu_token,
            timeout=limits.NLU_TIMEOUT,
            retry_dead_after=limits.NLU_RETRY_DEAD_AFTER,
        )
        self.assistant = Assistant(self.knowledge, self.nlu, self.cache, EmergencyRules.load(files.EMERGENCIES))

    @property
    def owns_rasa(self) -> bool:
        """Whether Rasa is started here, not by somebody else."""
        return self.settings.nlu_urls is None

    @property
    def nlu_urls(self) -> list[str]:
        given = self.settings.nlu_urls
        return given.split() if given else [f"http://127.0.0.1:{self.settings.nlu_port}"]

    @property
    def nlu_token(self) -> str:
        given = self.settings.nlu_token
        return given.get_secret_value() if given else kept_token(self.settings.data_dir)

    async def prepare(self) -> None:
        """Migrates the database and publishes the sample commune into an empty one."""
        await migrate.upgrade(self.database)
        if await self.revisions.version() == 0:
            units = files.read_units(files.UNITS)
            province = next(unit.id for unit in units.values() if unit.kind == "tỉnh/thành phố")
            procedures = files.read_procedures(files.PROCEDURES)
            await self.revisions.publish(
                "unit", None, {name: one.model_dump(mode="json") for name, one in units.items()}
            )
            await self.revisions.publish(
                "procedure", province, {name: one.model_dump(mode="json") for name, one in procedures.items()}
            )
        await self.knowledge.refresh()

    def rasa_process(self, model: Path) -> RasaProcess:
        return RasaProcess(model, self.settings.nlu_port, self.nlu_token, self.settings.data_dir)

    def web_app(self) -> web.Application:
        return create_app(
            self.settings, self.database, self.channels, self.inbox, self.transcripts, self.signals, self.knowledge,
            self.clock,
        )  # fmt: skip

    def worker(self, number: int = 0) -> Worker:
        owner = f"{socket.gethostname()[:30]}:{os.getpid()}:{number}"
        return Worker(owner, self.inbox, self.assistant, self.signals, self.clock)

    def connectors(self) -> dict[str, Connector]:
        """The platforms this system sends to: the one table of connectors."""
        return {WebChatConnector.platform: WebChatConnector(self.signals)}

    def sender(self, connectors: dict[str, Connector] | None = None) -> Sender:
        return Sender(self.outbox, self.connectors() if connectors is None else connectors, self.signals)

    def timekeeper(self) -> Timekeeper:
        return Timekeeper(self.transcripts)

    async def close(self) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.dispose)
            if self.redis is not None:
                stack.push_async_callback(self.redis.aclose)
            if isinstance(self.signals, RedisSignals | LocalSignals):
                stack.push_async_callback(self.signals.close)
            stack.push_async_callback(self.nlu.close)


@asynccontextmanager
async def opened(settings: Settings, knowledge: KnowledgeBase | None = None) -> AsyncIterator[System]:
    system = System(settings, knowledge)
    try:
        yield system
    finally:
        await system.close()
