from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, func, inspect, select

from bot.storage import import_tables, learning_tables, migrate, staff_tables, ticket_tables  # noqa: F401  (their tables join the metadata)
from bot.storage.database import Database
from bot.storage.tables import metadata
from tests.storage.conftest import OpenDatabase

OURS = set(metadata.tables)


async def tables(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


def differences(connection: Connection) -> list[object]:
    def is_ours(name: str | None, kind: str, parents: object) -> bool:
        return not (kind == "table" and str(name).startswith("ticket_words"))  # SQLite's full-text index

    options = {"compare_type": True, "compare_server_default": False, "include_name": is_ours}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


async def test_the_migrations_run_up_down_and_up_again(open_database: OpenDatabase) -> None:
    database = await open_database(False)
    await migrate.upgrade(database)
    assert await tables(database) >= OURS
    await migrate.downgrade(database, "base")
    assert await tables(database) & OURS == set()
    await migrate.upgrade(database)
    assert await tables(database) >= OURS


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
async def test_the_migrated_database_is_what_the_tables_say(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_without_tables_has_migrations_pending(open_database: OpenDatabase) -> None:
    database = await open_database(False)
    assert await migrate.pending(database)
    await migrate.upgrade(database)
    assert not await migrate.pending(database)


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = await tables(database)
    await migrate.upgrade(database)
    assert await tables(database) == before


def test_there_is_one_line_of_migrations_numbered_without_a_gap() -> None:
    script = ScriptDirectory(str(migrate.MIGRATIONS))
    numbers = sorted(revision.revision for revision in script.walk_revisions())
    assert len(script.get_heads()) == 1
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def first_rows(connection: Connection) -> None:
    """One row in each of the first tables, referring to one another."""
    known, at = MetaData(), datetime(2026, 11, 23, 2, tzinfo=UTC)
    known.reflect(connection)
    rows: dict[str, dict[str, Any]] = {
        "channels": {"platform": "web", "external_id": "u", "unit_id": "u", "created_at": at},
        "citizens": {"channel_id": 1, "external_id": "c", "created_at": at},
        "conversations": {"citizen_id": 1, "channel_id": 1, "state": {}, "last_event_at": at, "created_at": at},
        "events": {
            "channel_id": 1, "external_id": "e", "conversation_id": 1, "kind": "message", "text": "x",
            "received_at": at,
        },
        "messages": {
            "conversation_id": 1, "seq": 1, "direction": "in", "event_id": 1, "content": {}, "meta": {},
            "created_at": at,
        },
    }  # fmt: skip
    for name, values in rows.items():
        connection.execute(known.tables[name].insert().values(id=1, **values))


def counts(connection: Connection) -> list[int]:
    names = ("channels", "citizens", "conversations", "events", "messages")
    return [connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one() for name in names]


async def test_rows_of_the_first_tables_survive_the_migration_up_and_down(open_database: OpenDatabase) -> None:
    """SQLite builds a table anew by dropping the old one, which must not delete what refers to it."""
    database = await open_database(False)
    await migrate.upgrade(database, "0001")
    async with database.write() as connection:
        await connection.run_sync(first_rows)
    for step in (migrate.upgrade(database), migrate.downgrade(database, "0001"), migrate.upgrade(database)):
        await step
        async with database.read() as connection:
            assert await connection.run_sync(counts) == [1] * 5
    async with database.write() as connection:
        await connection.execute(metadata.tables["citizens"].delete())  # foreign keys are minded again
        assert await connection.run_sync(counts) == [1, 0, 0, 0, 0]
