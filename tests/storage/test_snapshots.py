"""What was read from a source, compared with what it said before, over both databases."""

from __future__ import annotations

import pytest

from bot.storage.database import Database
from bot.storage.snapshots import SqlSnapshots
from bot.storage.staff import Actor
from tests.fakes import FakeClock

ACTOR = Actor(None, "dong-nai")
URL = "https://dichvucong.gov.vn/1"


@pytest.fixture
def snapshots(database: Database, clock: FakeClock) -> SqlSnapshots:
    return SqlSnapshots(database, clock)


async def test_the_first_reading_and_the_same_again_mark_nothing(snapshots: SqlSnapshots) -> None:
    assert await snapshots.take(ACTOR, "tach-ho", URL, {"result": "Giấy"}) == ()
    assert await snapshots.take(ACTOR, "tach-ho", URL, {"result": "Giấy"}) == ()
    assert await snapshots.open_changes("dong-nai") == []


async def test_what_the_source_says_differently_is_named_until_it_is_settled(snapshots: SqlSnapshots) -> None:
    await snapshots.take(ACTOR, "tach-ho", URL, {"result": "Giấy", "level": "Cấp xã"})
    changed = await snapshots.take(ACTOR, "tach-ho", URL, {"result": "Giấy mới", "code": "1.000001"})
    assert changed == ("code", "level", "result")
    (change,) = await snapshots.open_changes("dong-nai", "tach-ho")
    assert (change.source, change.fields, change.before["result"], change.after["result"]) == (
        URL, ("code", "level", "result"), "Giấy", "Giấy mới",
    )  # fmt: skip
    assert not await snapshots.settle(Actor(None, "xa-tan-an"), change.id)
    assert await snapshots.settle(ACTOR, change.id)
    assert not await snapshots.settle(ACTOR, change.id)
    assert await snapshots.open_changes("dong-nai") == []


async def test_sources_records_and_units_are_kept_apart(snapshots: SqlSnapshots) -> None:
    await snapshots.take(ACTOR, "tach-ho", URL, {"result": "Một"})
    for actor, record_id, source in (
        (ACTOR, "tach-ho", "tệp khác"), (ACTOR, "khai-tu", URL), (Actor(None, "xa-tan-an"), "tach-ho", URL),
    ):  # fmt: skip
        assert await snapshots.take(actor, record_id, source, {"result": "Hai"}) == ()
    assert await snapshots.open_changes("dong-nai") == []
    assert await snapshots.open_changes("xa-tan-an") == []
