from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from bot.storage.audit import GENESIS, AuditTrail, Entry, append
from bot.storage.database import Database
from bot.storage.staff_tables import audit
from tests.conftest import UNIT
from tests.fakes import FakeClock


async def add(database: Database, clock: FakeClock, *actions: str) -> None:
    for action in actions:
        async with database.write() as connection:
            await append(connection, Entry(clock.now(), action, "ticket:1", 7, UNIT, {"field": "hạn", "days": 2}))
        clock.advance(timedelta(seconds=1, microseconds=17))


async def test_an_untouched_trail_is_whole(database: Database, clock: FakeClock) -> None:
    trail = AuditTrail(database)
    assert (await trail.verify()).last_hash == GENESIS
    await add(database, clock, "a", "b", "c")
    verdict = await trail.verify()
    assert (verdict.rows, verdict.broken) == (3, None)
    assert await trail.holds(verdict.last_hash)


@pytest.mark.parametrize(
    "changed",
    [{"action": "x"}, {"staff_id": 8}, {"details": {"field": "hạn", "days": 3}}, {"unit_id": None}, {"subject": ""}],
    ids=lambda one: next(iter(one)),
)
async def test_the_first_altered_row_is_named(database: Database, clock: FakeClock, changed: dict[str, object]) -> None:
    await add(database, clock, "a", "b", "c", "d")
    async with database.write() as connection:
        await connection.execute(update(audit).where(audit.c.id >= 3).values(**changed))
    assert (await AuditTrail(database).verify()).broken == 3


async def test_a_row_taken_out_is_noticed(database: Database, clock: FakeClock) -> None:
    await add(database, clock, "a", "b", "c")
    async with database.write() as connection:
        await connection.execute(delete(audit).where(audit.c.id == 2))
    assert (await AuditTrail(database).verify()).broken == 3


async def test_rows_cut_off_at_the_end_show_against_a_hash_noted_earlier(database: Database, clock: FakeClock) -> None:
    trail = AuditTrail(database)
    await add(database, clock, "a", "b", "c")
    known = (await trail.verify()).last_hash
    async with database.write() as connection:
        await connection.execute(delete(audit).where(audit.c.id == 3))
    assert (await trail.verify()).broken is None
    assert not await trail.holds(known)


async def test_many_writers_at_once_make_one_chain(database: Database, clock: FakeClock) -> None:
    await asyncio.gather(*(add(database, clock, f"writer {number}", "again") for number in range(8)))
    verdict = await AuditTrail(database).verify()
    assert (verdict.rows, verdict.broken) == (16, None)


async def test_what_is_rolled_back_leaves_no_row(database: Database, clock: FakeClock) -> None:
    async def fail_after_it() -> None:
        async with database.write() as connection:
            await append(connection, Entry(clock.now(), "a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_it()
    await add(database, clock, "b")
    assert (await AuditTrail(database).verify()).rows == 1


async def test_the_page_filters_and_turns(database: Database, clock: FakeClock) -> None:
    trail = AuditTrail(database)
    start = clock.now()
    await add(database, clock, *("a", "b") * 3)
    assert [one.action for one in await trail.page([UNIT], limit=4)] == ["b", "a", "b", "a"]
    last = (await trail.page([UNIT], limit=4))[-1]
    assert [one.id for one in await trail.page([UNIT], before=last.id, limit=9)] == [2, 1]
    assert {one.action for one in await trail.page([UNIT], action="a", limit=9)} == {"a"}
    assert await trail.page(["dong-nai"], limit=9) == []
    assert await trail.page([UNIT], staff_id=8, limit=9) == []
    assert len(await trail.page([UNIT], until=start + timedelta(seconds=2), limit=9)) == 2
    assert await trail.actions([UNIT]) == ["a", "b"]


class TestRetention:
    async def test_rows_older_than_twenty_four_whole_months_go_and_the_rest_is_still_verified(
        self, database: Database, clock: FakeClock
    ) -> None:
        trail = AuditTrail(database)
        await add(database, clock, "old 1", "old 2")  # 23 November 2026
        clock.advance(timedelta(days=30))
        await add(database, clock, "december")
        clock.advance(datetime(2028, 11, 30, 23, tzinfo=UTC) - clock.now())
        assert await trail.prune(clock.now()) == 0
        clock.advance(timedelta(hours=2))
        assert await trail.prune(clock.now()) == 2
        assert await trail.prune(clock.now()) == 0
        await add(database, clock, "new")
        verdict = await trail.verify()
        assert (verdict.rows, verdict.broken) == (3, None)

    async def test_a_trail_that_is_old_altogether_begins_again_after_what_was_removed(
        self, database: Database, clock: FakeClock
    ) -> None:
        trail = AuditTrail(database)
        await add(database, clock, "a", "b")
        clock.advance(timedelta(days=800))
        assert await trail.prune(clock.now()) == 2
        await add(database, clock, "c")
        clock.advance(timedelta(days=800))
        assert await trail.prune(clock.now()) == 2
        verdict = await trail.verify()
        assert (verdict.rows, verdict.broken) == (1, None)

    @pytest.mark.parametrize(
        ("taken", "noticed_at"),
        [([2], 3), ([4], 5), ([2, 3, 4], 5), ([6], 2)],
        ids=["first", "middle", "many", "entry"],
    )
    async def test_a_row_taken_out_by_hand_is_noticed_after_a_removal_too(
        self, database: Database, clock: FakeClock, taken: list[int], noticed_at: int
    ) -> None:
        await add(database, clock, "old")
        clock.advance(timedelta(days=800))
        await add(database, clock, "a", "b", "c", "d")
        assert await AuditTrail(database).prune(clock.now()) == 1
        async with database.write() as connection:
            await connection.execute(delete(audit).where(audit.c.id.in_(taken)))
        assert (await AuditTrail(database).verify()).broken == noticed_at
