"""Wires everything: the one file that knows every class. Commands in bot/main.py run parts of it."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web
from redis.asyncio import Redis

from bot import limits, platforms
from bot.accounts import Accounts
from bot.bucket import BucketStore
from bot.config import Settings
from bot.dialogue.entities import masked
from bot.domain.messages import Reply
from bot.domain.views import UnitView
from bot.erasing import Eraser
from bot.inviting import Inviter
from bot.learning import Harvester
from bot.media import Fetcher, Pictures, sources
from bot.passwords import Passwords
from bot.ports import Cache, MediaStore, PlatformConnector, Signals
from bot.sender import Sender
from bot.services.assistant import Assistant
from bot.services.gleaning import Gleaner
from bot.services.knowledge import KnowledgeBase
from bot.signing import BucketKey
from bot.storage import migrate
from bot.storage.attachments import SqlMedia
from bot.storage.audit import AuditTrail
from bot.storage.channels import Channels
from bot.storage.comments import SqlComments
from bot.storage.conversations import SqlConversations
from bot.storage.coordination import LocalCache, LocalSignals, RedisCache, RedisSignals
from bot.storage.coverage import SqlCoverage
from bot.storage.credentials import Seal, SqlCredentials, kept_key
from bot.storage.database import Database
from bot.storage.directory import Directory
from bot.storage.erasures import SqlErasures
from bot.storage.files import FolderStore
from bot.storage.filing import SqlFiling
from bot.storage.harvest import SqlHarvest
from bot.storage.inbox import SqlInbox
from bot.storage.learning import SqlLearning
from bot.storage.leases import SharedLeases
from bot.storage.models import SqlModels
from bot.storage.outbox import SqlOutbox, key_of
from bot.storage.revisions import Revisions
from bot.storage.sealed_box import SqlSealedBox
from bot.storage.sessions import SqlSessions
from bot.storage.staff import SqlStaff
from bot.storage.ticket_actions import TicketActions
from bot.storage.ticket_facts import SqlTicketFacts
from bot.storage.ticket_news import SqlTicketNews
from bot.storage.ticket_reports import SqlTicketReports
from bot.storage.ticket_retention import SqlTicketRetention
from bot.storage.ticket_timer import SqlTicketTimer
from bot.storage.tickets import SqlTickets
from bot.storage.transcripts import SqlTranscripts
from bot.supervisor import RasaHost, RasaProcess, kept_token
from bot.ticket_clock import TicketClock
from bot.web.app import create_app
from bot.web.console.desk.services import Desk
from bot.web.console.live import announce
from bot.web.console.services import Console
from bot.web.webhooks import Platforms
from bot.worker import Timekeeper, Worker
from connectors.facebook.api import GraphApi
from connectors.facebook.connector import FacebookConnector
from connectors.web_chat.connector import WebChatConnector
from connectors.zalo import verification
from connectors.zalo.alarms import Alarms
from connectors.zalo.api import ZaloApi
from connectors.zalo.connector import ZaloConnector
from connectors.zalo.http import Http
from connectors.zalo.oauth import OAuth
from connectors.zalo.tokens import TokenKeeper
from knowledge import files
from knowledge.categories import categories
from knowledge.emergencies import EmergencyRules
from nlu.client import RasaClient

log = structlog.get_logger("system")


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
        self.outbox = SqlOutbox(self.database, self.clock)
        self.transcripts = SqlTranscripts(self.database, self.clock)
        self.redis = Redis.from_url(settings.redis_url) if settings.redis_url else None
        self.signals: Signals = RedisSignals(self.redis) if self.redis else LocalSignals()
        self.leases = SharedLeases(self.database, self.clock, self.redis)
        self.seal = Seal(self.secret_key)
        self.credentials = SqlCredentials(self.database, self.clock, self.seal)
        self.zalo_alarms = Alarms(self.credentials)
        self.directory = Directory(self.database, self.clock, self.seal)
        self.staff = SqlStaff(self.database, self.clock)
        self.staff_sessions = SqlSessions(self.database, self.clock)
        self.erasures = SqlErasures(self.database, self.clock)
        self._session: aiohttp.ClientSession | None = None
        self._connectors: dict[str, PlatformConnector] = {}
        self._tokens: TokenKeeper | None = None
        self.cache: Cache = RedisCache(self.redis) if self.redis else LocalCache()
        self.learning = SqlLearning(self.database, self.clock)
        self.coverage = SqlCoverage(self.database)
        self.models = SqlModels(self.database, self.clock)
        self.host: RasaHost | None = None
        """The Rasa started by this process, while there is one."""
        self.knowledge = knowledge or KnowledgeBase(
            self.revisions, self.clock, files.read_search_texts(), self.learning, settings.public_url
        )
        self.filing = SqlFiling(self.database, self.clock, self.seal, self.view, partial(masked, phones=False))
        self.inbox = SqlInbox(self.database, self.clock, self.filing)
        self.tickets = SqlTickets(self.database, self.clock)
        self.ticket_facts = SqlTicketFacts(self.database, self.clock)
        self.ticket_actions = TicketActions(self.database, self.clock, self.signals, self.view)
        self.ticket_reports = SqlTicketReports(self.database, self.clock)
        self.conversations = SqlConversations(self.database, self.clock, self.signals, self.view)
        self.nlu = RasaClient(
            self.nlu_urls,
            self.nlu_token,
            timeout=limits.NLU_TIMEOUT,
            retry_dead_after=limits.NLU_RETRY_DEAD_AFTER,
        )
        self.rules = EmergencyRules.load(files.EMERGENCIES)
        self.assistant = Assistant(self.knowledge, self.nlu, self.cache, self.rules, desk=self.ticket_facts)

    def view(self, unit_id: str) -> UnitView | None:
        """What the unit has published, as this process knows it."""
        known = self.knowledge.of(unit_id)
        return known.view if known else None

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

    @property
    def secret_key(self) -> str:
        given = self.settings.secret_key
        return given.get_secret_value() if given else kept_key(self.settings.data_dir)

    @property
    def session(self) -> aiohttp.ClientSession:
        """For calls to the platforms; needs a running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

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

    def rasa_process(self, model: Path, port: int | None = None) -> RasaProcess:
        return RasaProcess(model, port or self.settings.nlu_port, self.nlu_token, self.settings.data_dir)

    def web_app(self) -> web.Application:
        return create_app(
            self.settings, self.database, self.channels, self.inbox, self.transcripts, self.signals, self.knowledge,
            self.clock, self.platforms(), self.console(),
        )  # fmt: skip

    def console(self) -> Console:
        return Console.of(
            self.settings, self.database, self.clock, self.signals, self.cache, self.knowledge, self.seal,
            self.desk(), self.secret_key, Passwords(),
        )  # fmt: skip

    def desk(self) -> Desk:
        return Desk(
            self.tickets,
            self.ticket_facts,
            SqlTicketNews(self.database, self.clock),
            self.ticket_actions,
            self.filing,
            self.conversations,
            SqlSealedBox(self.database, self.clock, self.seal),
            self.ticket_reports,
            self.media_store,
            {one.id: one.name for one in categories().values()},
        )

    def accounts(self) -> Accounts:
        return Accounts(self.staff, self.staff_sessions, Passwords(), self.seal, self.cache, self.clock)

    def platforms(self) -> Platforms:
        gateways = (platforms.ZaloGateway(), platforms.FacebookGateway())
        return Platforms(
            self.directory,
            {one.platform: one for one in gateways},
            verification.page_at,
            verification.meta,
            platforms.deletion_asked,
        )

    def worker(self, number: int = 0) -> Worker:
        owner = f"{socket.gethostname()[:30]}:{os.getpid()}:{number}"
        return Worker(owner, self.inbox, self.assistant, self.signals, self.clock)

    def connectors(self) -> dict[str, PlatformConnector]:
        """The platforms this system sends to: the one table of connectors, the same for all senders of a process."""
        if self._connectors:
            return self._connectors
        chosen: tuple[PlatformConnector, ...] = (
            WebChatConnector(self.signals),
            FacebookConnector(self.graph, self.credentials, self.clock, Pictures(self.media_store)),
            ZaloConnector(
                self.zalo_api, self.clock, Pictures(self.media_store), self.credentials, self.zalo_form_picture
            ),
        )
        self._connectors = {one.platform: one for one in chosen}
        return self._connectors

    @property
    def zalo_tokens(self) -> TokenKeeper:
        if self._tokens is None:
            oauth = OAuth(Http(self.session), self.clock, self.settings.zalo_oauth_url)
            self._tokens = TokenKeeper(self.credentials, self.leases, oauth, self.clock, self.zalo_alarms)
        return self._tokens

    @property
    def zalo_form_picture(self) -> str | None:
        """Of the form that asks for a telephone number; Zalo must be able to fetch it."""
        url, api = self.settings.public_url.rstrip("/"), self.settings.zalo_api_url
        reachable = url.startswith("https://") or api.startswith("http://127.0.0.1")
        return f"{url}/static/chat/share.png" if reachable else None

    @property
    def graph(self) -> GraphApi:
        return GraphApi(self.session, base_url=self.settings.facebook_graph_url)

    @property
    def zalo_api(self) -> ZaloApi:
        return ZaloApi(
            Http(self.session),
            self.zalo_tokens,
            self.zalo_alarms,
            self.clock,
            url=self.settings.zalo_api_url,
            business_url=self.settings.zalo_business_url,
        )

    async def renew_tokens(self) -> None:
        """Every Zalo token that would soon end; a failure is of its channel alone, and tried again the next hour."""
        for channel in await self.directory.listed():
            if channel.platform != ZaloConnector.platform or not channel.active:
                continue
            try:
                await self.zalo_tokens.renew(channel.id)
            except Exception as error:
                # What an administrator must mend has raised its alarm.
                log.warning("tokens.not_renewed", channel_id=channel.id, error=type(error).__name__)

    def fetcher(self) -> Fetcher:
        urls = {"zalo": self.settings.zalo_api_url, "facebook": self.settings.facebook_graph_url}
        rows = SqlMedia(self.database, self.clock)
        more = tuple(self.settings.media_hosts.lower().split())
        hosts = {platform: (*own, *more) for platform, own in platforms.MEDIA_HOSTS.items()}
        return Fetcher(rows, self.media_store, sources(hosts, urls), self.signals)

    @property
    def media_store(self) -> MediaStore:
        settings = self.settings
        if settings.media_bucket_url is None:
            return FolderStore(settings.data_dir / "media")
        key = BucketKey(
            settings.media_bucket_region,
            settings.media_bucket_key_id,
            settings.media_bucket_secret.get_secret_value() if settings.media_bucket_secret else "",
        )
        return BucketStore(self.session, settings.media_bucket_url, key, self.clock)

    async def sweep_media(self) -> None:
        await self.fetcher().sweep()

    async def prune_audit(self) -> None:
        await AuditTrail(self.database).prune(self.clock.now())

    async def erase_withdrawn(self) -> None:
        await Eraser(self.erasures, self.media_store).run()

    def inviter(self) -> Inviter:
        connector = self.connectors()[FacebookConnector.platform]
        assert isinstance(connector, FacebookConnector)  # noqa: S101  (the table of connectors says so)

        def words(unit_id: str) -> Reply | None:
            return self.assistant.invitation(unit_id, self.clock.now())

        return Inviter(SqlComments(self.database, self.clock), connector, words)

    def sender(self, connectors: dict[str, PlatformConnector] | None = None) -> Sender:
        return Sender(self.outbox, self.connectors() if connectors is None else connectors, self.signals, key_of)

    def harvester(self) -> Harvester:
        async def tell(unit_id: str) -> None:
            await announce(self.signals, unit_id, "learning")

        return Harvester(SqlHarvest(self.database, self.clock), Gleaner(self.rules), tell)

    def timekeeper(self) -> Timekeeper:
        clock = TicketClock(
            SqlTicketTimer(self.database, self.clock, self.view),
            SqlTicketRetention(self.database, self.clock, self.view),
            self.conversations,
            self.ticket_reports,
            self.signals,
            self.view,
            lambda: self.knowledge.units,
        )
        hourly = (
            self.renew_tokens,
            self.erase_withdrawn,
            clock.forget,
            self.sweep_media,
            self.staff_sessions.tidy,
            self.prune_audit,
        )
        return Timekeeper(self.transcripts, self.leases, (clock.tick,), hourly)

    async def close(self) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.dispose)
            if self._session is not None:
                stack.push_async_callback(self._session.close)
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
