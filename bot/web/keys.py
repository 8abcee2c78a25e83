"""Typed keys of what the web application carries."""

from aiohttp import web

from bot.config import Settings
from bot.ports import Clock, Inbox, MediaStore, Signals, Transcripts
from bot.services.knowledge import KnowledgeBase
from bot.storage.channels import Channels
from bot.storage.database import Database

SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", Database)
CHANNELS = web.AppKey("channels", Channels)
INBOX = web.AppKey("inbox", Inbox)
TRANSCRIPTS = web.AppKey("transcripts", Transcripts)
SIGNALS = web.AppKey("signals", Signals)
KNOWLEDGE = web.AppKey("knowledge", KnowledgeBase)
MEDIA = web.AppKey("media", MediaStore)
CLOCK = web.AppKey("clock", Clock)
