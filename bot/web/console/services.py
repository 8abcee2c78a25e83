"""What the console is handed: one object with everything its pages may need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from aiohttp import web

from bot.accounts import Accounts
from bot.config import Settings
from bot.domain.views import UnitView
from bot.learning import Teacher, teacher
from bot.passwords import Passwords
from bot.ports import Cache, Clock, Signals
from bot.services.knowledge import KnowledgeBase
from bot.storage.audit import AuditTrail
from bot.storage.coverage import SqlCoverage
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.directory import Directory
from bot.storage.drafts import SqlDrafts
from bot.storage.editing import Editing
from bot.storage.explained import SqlExplained
from bot.storage.imports import SqlImports
from bot.storage.learning import SqlLearning
from bot.storage.models import SqlModels
from bot.storage.outbox import SqlOutbox
from bot.storage.sessions import SqlSessions
from bot.storage.shelf import Shelf
from bot.storage.snapshots import SqlSnapshots
from bot.storage.staff import SqlStaff
from bot.web.console.desk.services import Desk


@dataclass(frozen=True)
class Console:
    settings: Settings
    database: Database
    clock: Clock
    signals: Signals
    cache: Cache
    knowledge: KnowledgeBase
    seal: Seal
    directory: Directory
    outbox: SqlOutbox
    accounts: Accounts
    sessions: SqlSessions
    staff: SqlStaff
    drafts: SqlDrafts
    audit: AuditTrail
    desk: Desk
    learning: SqlLearning
    teacher: Teacher
    coverage: SqlCoverage
    models: SqlModels
    explained: SqlExplained
    editing: Editing
    shelf: Shelf
    snapshots: SqlSnapshots
    imports: SqlImports
    csrf_key: bytes

    @classmethod
    def of(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        signals: Signals,
        cache: Cache,
        knowledge: KnowledgeBase,
        seal: Seal,
        desk: Desk,
        secret_key: str,
        passwords: Passwords,
    ) -> Console:
        learning = SqlLearning(database, clock)
        staff, sessions = SqlStaff(database, clock), SqlSessions(database, clock)
        return cls(
            settings,
            database,
            clock,
            signals,
            cache,
            knowledge,
            seal,
            Directory(database, clock, seal),
            SqlOutbox(database, clock),
            Accounts(staff, sessions, passwords, seal, cache, clock),
            sessions,
            staff,
            SqlDrafts(database, clock),
            AuditTrail(database),
            desk,
            learning,
            teacher(learning, signals, knowledge),
            SqlCoverage(database),
            SqlModels(database, clock),
            SqlExplained(database),
            Editing(database, clock, signals),
            Shelf(database, clock),
            SqlSnapshots(database, clock),
            SqlImports(database, clock),
            hashlib.sha256(f"than-thien console forms {secret_key}".encode()).digest(),
        )

    def view(self, unit_id: str) -> UnitView | None:
        """What the unit has published."""
        known = self.knowledge.of(unit_id)
        return known.view if known else None

    def unit_name(self, unit_id: str) -> str:
        view = self.view(unit_id)
        return view.name if view else unit_id


CONSOLE = web.AppKey("console", Console)
