"""The web application: assembled by a factory, handed everything it needs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from bot import limits
from bot.config import Settings
from bot.ports import Clock, Inbox, Signals, Transcripts
from bot.services.knowledge import KnowledgeBase
from bot.storage.channels import Channels
from bot.storage.database import Database
from bot.web import catalogue, chat, health, keys, middlewares, webhooks
from bot.web.console.app import mount as mount_console
from bot.web.console.services import Console

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"


def create_app(
    settings: Settings,
    database: Database,
    channels: Channels,
    inbox: Inbox,
    transcripts: Transcripts,
    signals: Signals,
    knowledge: KnowledgeBase,
    clock: Clock,
    platforms: webhooks.Platforms | None = None,
    console: Console | None = None,
) -> web.Application:
    app = web.Application(middlewares=[middlewares.errors], client_max_size=limits.REQUEST_BYTES)
    app.on_response_prepare.append(middlewares.security_headers)
    app[keys.SETTINGS] = settings
    app[keys.DATABASE] = database
    app[keys.CHANNELS] = channels
    app[keys.INBOX] = inbox
    app[keys.TRANSCRIPTS] = transcripts
    app[keys.SIGNALS] = signals
    app[keys.KNOWLEDGE] = knowledge
    app[keys.CLOCK] = clock
    app[chat.ASSET_VERSION] = _asset_version()
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    chat.setup(app)
    catalogue.setup(app)
    if platforms is not None:
        webhooks.setup(app, platforms)
    if console is not None:
        app[keys.MEDIA] = console.desk.media
        mount_console(app, console)
    app.add_routes(health.routes)
    app.router.add_static("/static", STATIC)
    return app


def _asset_version() -> str:
    """Changes whenever a static file changes, so that browsers fetch it anew."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
