from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.storage.database import Database
from tests.servers.chat import UNIT, Citizen, Client


@asynccontextmanager
async def away(database: Database) -> AsyncIterator[None]:
    """Takes the database file away for a while."""
    file = Path(make_url(database.url).database or "")
    kept = file.with_suffix(".kept")
    await database.dispose()
    file.rename(kept)
    file.mkdir()
    try:
        yield
    finally:
        file.rmdir()
        kept.rename(file)


async def test_without_the_database_nothing_is_acknowledged_and_the_caller_is_told_when_to_try_again(
    client: Client, citizen: Citizen, database: Database
) -> None:
    message = {"client_id": "one", "text": "chào"}
    async with away(database):
        for method, path, body in (
            ("POST", "/chat/api/session", {"unit": UNIT}),
            ("POST", "/chat/api/messages", message),
            ("GET", "/chat/api/messages", None),
            ("DELETE", "/chat/api/session", None),
        ):
            async with client.request(method, path, json=body, headers=citizen.headers) as response:
                assert response.status == 503, path
                assert int(response.headers["Retry-After"]) > 0
                assert (await response.json())["error"]
    assert (await citizen.read())["messages"] == []
    assert (await citizen.post(message))[0] == 202
    assert len((await citizen.read())["messages"]) == 1


async def test_without_the_database_the_page_is_shown_and_the_process_is_not_ready(
    client: Client, database: Database
) -> None:
    async with away(database):
        async with client.get("/health/ready") as response:
            assert response.status == 503
            assert (await response.json())["problems"] == ["database does not answer"]
        for path in ("/chat", "/health/live", "/widget.js"):
            async with client.get(path) as response:
                assert response.status == 200
    async with client.get("/health/ready") as response:
        assert response.status == 200
