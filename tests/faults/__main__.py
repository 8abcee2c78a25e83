"""`make fault`: thousands of events while processes are killed and platforms fail, first over PostgreSQL and Redis,
then over SQLite in one process."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from bot.terminal import configure_logging, console
from tests.faults.replay import MANY, ONE_PROCESS, Plan, Replay
from tests.faults.verdict import Verdict, judged
from tests.servers.postgres import postgres_running
from tests.servers.redis import redis_running


async def replayed(plan: Plan, folder: Path, places: tuple[str, str] | None) -> Verdict:
    console.print(f"[bold]{MANY if places else ONE_PROCESS}[/], seed {plan.seed}")
    record, office, stack = await Replay(plan, folder, places, console.print).run()
    async with stack:
        verdict = await judged(record, office)
    for line in verdict.lines(record):
        console.print(line, markup=False)
    return verdict


async def over_many(plan: Plan) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="thanthien-fault-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with postgres_running() as postgres, redis_running(folder) as redis:
            return await replayed(plan, folder, (await postgres.fresh(migrated=True), redis.url))


async def over_one(plan: Plan) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="thanthien-fault-", ignore_cleanup_errors=True) as name:
        return await replayed(plan, Path(name), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed, the same mischief")
    parser.add_argument("--only", choices=("many", "one"))
    given = parser.parse_args()
    configure_logging("error")
    events = given.events
    plan = Plan(events, max(20, events // 14), given.seed, kills=max(4, events // 250), posts_a_second=62,
                fault_every=1.5, patience=90)  # fmt: skip
    verdicts = []
    if given.only != "one":
        verdicts.append(asyncio.run(over_many(plan)))
    if given.only != "many":
        verdicts.append(asyncio.run(over_one(plan)))
    if not all(verdict.is_sound for verdict in verdicts):
        sys.exit(1)


if __name__ == "__main__":
    main()
