"""The engine: SQLite in WAL mode or PostgreSQL, the same code above it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.domain.errors import StorageUnavailableError

SQLITE_BUSY_MS = 5_000
DISPOSE_TRIES, DISPOSE_PAUSE = 40, 0.05
PING_AFTER_SECONDS = 2.0
PASSING_SQLSTATES = ("08", "25006", "40", "53", "55P03", "57")
"""PostgreSQL: no connection, read-only, deadlock, out of resources, lock not to be had, shutting down."""


class Database:
    """Hands out transactions. `read` sees a snapshot, `write` takes the write lock at its start, so that SQLite
    never has to upgrade a lock in the middle. Failures of the database itself are StorageUnavailableError."""

    def __init__(self, url: str) -> None:
        self.url = _async_url(url)
        self.engine: AsyncEngine = _engine(self.url)
        self._in_use = 0

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._connection() as connection:
                yield connection
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            _raise_if_passing(error)
            raise

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._connection() as connection:
                connection = await connection.execution_options(than_thien_write=True)
                async with connection.begin():
                    yield connection
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            _raise_if_passing(error)
            raise

    @asynccontextmanager
    async def restructure(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for migrations. SQLite rebuilds a table by dropping it, which must not delete the rows
        that refer to it: foreign keys are off meanwhile, and checked before the commit."""
        try:
            async with self.engine.connect() as connection:
                connection = await connection.execution_options(than_thien_write=True, than_thien_restructure=True)
                async with connection.begin():
                    yield connection
                    if self.is_sqlite:
                        broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
                        if broken:
                            raise RuntimeError(f"the migration breaks {len(broken)} references")
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            _raise_if_passing(error)
            raise
        finally:
            if self.is_sqlite:
                await self.engine.dispose()  # the next connections check foreign keys again

    async def dispose(self) -> None:
        """Waits a moment for transactions under way: a connection given back later would never be closed."""
        for _ in range(DISPOSE_TRIES):
            if not self._in_use:
                break
            await asyncio.sleep(DISPOSE_PAUSE)
        await self.engine.dispose()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        self._in_use += 1
        try:
            async with self.engine.connect() as connection:
                yield connection
        finally:
            self._in_use -= 1


def _raise_if_passing(error: Exception) -> None:
    """Raises StorageUnavailableError when the database is away, busy or shutting down, not when we are at fault."""
    sqlstate = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    if (
        isinstance(error, OperationalError | PoolTimeoutError | OSError)
        or type(error) is DatabaseError  # SQLite: the file is damaged or no database
        or (isinstance(error, DBAPIError) and error.connection_invalidated)
        or sqlstate.startswith(PASSING_SQLSTATES)
    ):
        raise StorageUnavailableError(_cause(error)) from error


def _cause(error: Exception) -> str:
    """Its first line: the next ones of PostgreSQL quote the row."""
    original = getattr(error, "orig", None) or error
    return f"{type(original).__name__}: {str(original).partition(chr(10))[0]}"[:200]


def _async_url(url: str) -> str:
    """The url with an asynchronous driver; `sqlite:///file` and `postgresql://…` are understood as they stand."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        parsed = parsed.set(drivername="sqlite+aiosqlite")
    elif parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+asyncpg")
    return parsed.render_as_string(hide_password=False)


def _engine(url: str) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_async_engine(url, pool_size=10, max_overflow=20, hide_parameters=True)
        _ping_after_rest(engine)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, pool_size=5, max_overflow=10, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()
        except BaseException:
            connection.close()  # else its thread keeps the process from ending
            raise

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        options = connection.get_execution_options()
        if options.get("than_thien_restructure"):
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        write = options.get("than_thien_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _ping_after_rest(engine: AsyncEngine) -> None:
    """A connection that lay still is asked whether it lives before it is used; one just used is trusted: asking every
    time would be a fifth of all round trips."""

    @event.listens_for(engine.sync_engine, "checkin")
    def _used(connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def _ask(connection: Any, record: Any, proxy: Any) -> None:
        used = record.info.get("used")
        if used is None or time.monotonic() - used < PING_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError from error  # the pool makes a new one
