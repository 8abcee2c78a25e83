from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import limits
from bot.domain.channels import TokenPair
from bot.domain.errors import SecretsUnreadableError
from bot.storage.credentials import KEY_FILE, Seal, SqlCredentials, kept_key
from bot.storage.database import Database
from bot.storage.directory import Directory
from bot.storage.tables import channels
from tests.conftest import UNIT
from tests.fakes import FakeClock

SEAL = Seal("a key of these tests")
SECRETS = {"app_id": "1", "app_secret": "rất bí mật"}


@pytest.fixture
def store(database: Database, clock: FakeClock) -> SqlCredentials:
    return SqlCredentials(database, clock, SEAL)


@pytest.fixture
def directory(database: Database, clock: FakeClock) -> Directory:
    return Directory(database, clock, SEAL)


@pytest.fixture
async def channel_id(directory: Directory) -> int:
    return await directory.connect("zalo", "oa", UNIT, "Xã", SECRETS)


def pair(name: str, clock: FakeClock) -> TokenPair:
    return TokenPair(
        f"access-{name}", f"refresh-{name}", clock.now() + timedelta(hours=25), clock.now() + timedelta(days=90)
    )


async def test_secrets_come_back_and_lie_encrypted(
    store: SqlCredentials, channel_id: int, database: Database, clock: FakeClock
) -> None:
    assert (await store.credentials(channel_id)).secrets == SECRETS
    assert await store.keep_tokens(channel_id, None, pair("1", clock))
    async with database.read() as connection:
        row = (await connection.execute(select(channels))).one()
    stored = f"{row.secrets} {row.access_token} {row.refresh_token}"
    assert not any(secret in stored for secret in ("bí mật", "access-1", "refresh-1"))
    assert "bí mật" not in repr(await store.credentials(channel_id))


async def test_with_another_key_secrets_are_said_to_be_unreadable(
    database: Database, clock: FakeClock, channel_id: int
) -> None:
    with pytest.raises(SecretsUnreadableError):
        await SqlCredentials(database, clock, Seal("another key, not the one")).credentials(channel_id)
    assert await Directory(database, clock, Seal("another key, not the one")).secrets_problem()


async def test_a_channel_without_secrets_is_a_lookup_error(store: SqlCredentials) -> None:
    with pytest.raises(LookupError):
        await store.credentials(999)
    assert await store.tokens(999) is None


async def test_of_many_that_spent_the_same_token_one_pair_is_kept(
    store: SqlCredentials, channel_id: int, clock: FakeClock
) -> None:
    assert await store.keep_tokens(channel_id, None, pair("0", clock))
    kept = await asyncio.gather(
        *(store.keep_tokens(channel_id, "refresh-0", pair(str(number), clock)) for number in range(1, 9))
    )
    assert kept.count(True) == 1
    found = await store.tokens(channel_id)
    assert found is not None
    assert found.refresh == f"refresh-{kept.index(True) + 1}"
    assert not await store.keep_tokens(channel_id, None, pair("x", clock))


async def test_an_alarm_keeps_its_first_time_and_its_end_lets_messages_go(
    store: SqlCredentials, directory: Directory, channel_id: int, clock: FakeClock, database: Database
) -> None:
    first = clock.now()
    await store.raise_alarm(channel_id, "refresh_refused")
    clock.advance(timedelta(hours=1))
    await store.raise_alarm(channel_id, "refresh_refused")
    [listed] = await directory.listed()
    assert (listed.alarm, listed.alarm_since) == ("refresh_refused", first)
    await store.raise_alarm(channel_id, None)
    [listed] = await directory.listed()
    assert (listed.alarm, listed.alarm_since) == (None, None)


async def test_a_channel_given_new_secrets_is_the_same_channel_and_is_known_after_the_cache(
    directory: Directory, database: Database, clock: FakeClock, channel_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHANNELS_CACHE", timedelta(0))
    assert [one.credentials.secrets for one in await directory.connected("zalo")] == [SECRETS]
    other = Directory(database, clock, SEAL)
    assert await other.connect("zalo", "oa", UNIT, "Xã mới", {"app_id": "2"}) == channel_id
    assert [one.credentials.secrets for one in await directory.connected("zalo")] == [{"app_id": "2"}]
    assert await other.switch_off("zalo", "oa")
    assert await directory.connected("zalo") == []
    assert not await other.switch_off("zalo", "none")


def test_the_kept_key_is_made_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    key = kept_key(tmp_path)
    assert kept_key(tmp_path) == key
    assert len(key) > 30
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]
