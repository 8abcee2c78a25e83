"""The short form of `make fault`: nothing is lost and nothing takes effect twice, whatever is killed meanwhile."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.replay import Plan, Replay
from tests.faults.verdict import judged
from tests.servers.postgres import postgres_running
from tests.servers.redis import redis_running


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="thanthien-fault-", ignore_cleanup_errors=True) as name:
        yield Path(name)


async def check(place: Path, places: tuple[str, str] | None, kills: int) -> None:
    plan = Plan(250, 25, secrets.randbelow(10_000), kills, posts_a_second=50, fault_every=1.0, patience=60)
    said: list[str] = []
    record, office, stack = await Replay(plan, place, places, said.append).run()
    async with stack:
        verdict = await judged(record, office)
    assert record.downs
    assert verdict.is_sound, "\n".join([f"seed {plan.seed}", *said, *verdict.lines(record)])


async def test_nothing_is_lost_or_doubled_on_many_machines() -> None:
    with folder() as place, postgres_running() as postgres, redis_running(place) as redis:
        await check(place, (await postgres.fresh(migrated=True), redis.url), kills=3)


async def test_nothing_is_lost_or_doubled_on_one_machine() -> None:
    with folder() as place:
        await check(place, None, kills=2)
