from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, IntegrityError

from bot.domain.errors import StorageUnavailableError
from bot.storage.channels import Channel
from bot.storage.database import Database
from bot.storage.inbox import SqlInbox
from bot.storage.tables import channels as channels_table
from bot.storage.transcripts import SqlTranscripts
from tests.fakes import FakeClock
from tests.servers import free_port
from tests.servers.postgres import postgres_running
from tests.storage.conftest import say

TEXTS = ("🙂" * 500, "chữ " * 3_000, "<b>'; DROP TABLE events;--", "مرحبا 你好", " ")


async def test_a_failed_transaction_writes_nothing(database: Database, channel: Channel, clock: FakeClock) -> None:
    row = {"platform": "web", "unit_id": "x", "created_at": clock.now()}

    async def add(*names: str) -> None:
        async with database.write() as connection:
            for name in names:
                await connection.execute(channels_table.insert().values(**row, external_id=name))

    with pytest.raises(IntegrityError):
        await add("new", channel.external_id)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM channels"))).scalar() == 1


@pytest.mark.parametrize("words", TEXTS, ids=["emoji", "long", "sql", "other scripts", "blank"])
async def test_any_text_comes_back_as_it_was_written(
    inbox: SqlInbox, channel: Channel, transcripts: SqlTranscripts, words: str
) -> None:
    [(conversation, _)] = await inbox.save(channel.id, [say("e1", words)])
    assert [one.reply.text for one in await transcripts.messages(conversation, 0, 9)] == [words]


async def test_a_server_that_does_not_answer_is_storage_unavailable() -> None:
    database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    for transaction in (database.read, database.write):
        with pytest.raises(StorageUnavailableError):
            async with transaction():
                pass
    await database.dispose()


async def test_a_server_stopped_in_the_middle_is_storage_unavailable() -> None:
    with postgres_running() as server:
        database = Database(await server.fresh(migrated=False))
        for transaction in (database.read, database.write):
            async with transaction() as connection:
                await connection.execute(text("SELECT 1"))
        async with database.read() as held:
            server.stop()
            with pytest.raises(StorageUnavailableError):
                async with database.write() as connection:
                    await connection.execute(text("SELECT 1"))
            await held.invalidate()
        with pytest.raises(StorageUnavailableError):
            async with database.read():
                pass
        await database.dispose()


async def test_a_file_that_is_no_database_is_storage_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "broken.db"
    file.write_bytes(b"this is no database" * 1_000)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StorageUnavailableError):
        async with database.write() as connection:
            await connection.execute(text("SELECT * FROM events"))
    await database.dispose()


def test_an_address_that_is_no_url_is_refused() -> None:
    with pytest.raises(ArgumentError):
        Database("not a url")
