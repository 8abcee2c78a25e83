from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.storage import migrate
from bot.storage.database import Database
from bot.storage.tables import metadata
from tests.storage.conftest import OpenDatabase

OURS = set(metadata.tables)


async def tables(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
    return list(compare_metadata(context, metadata))


async def test_the_migrations_run_up_down_and_up_again(open_database: OpenDatabase) -> None:
    database = await open_database(False)
    await migrate.upgrade(database)
    assert await tables(database) >= OURS
    await migrate.downgrade(database, "base")
    assert await tables(database) & OURS == set()
    await migrate.upgrade(database)
    assert await tables(database) >= OURS


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
