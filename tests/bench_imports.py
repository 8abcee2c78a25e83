"""The editors' part of `make bench`: a workbook of 500 procedures handed in and previewed. Goal: within 30 s. Beside
it, how long a page of the same process takes meanwhile."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.storage import migrate
from bot.storage.database import Database
from bot.storage.imports import FileRead, SqlImports
from bot.storage.staff import Actor
from bot.terminal import configure_logging, console
from bot.web.console import importing
from knowledge import files
from knowledge.exchange.procedures_xlsx import write_xlsx
from tests.bench import percentiles
from tests.conftest import UNIT
from tests.fakes import FakeClock

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
GOAL_SECONDS = 30.0


def many(count: int, mark: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The shipped procedures over and over, each copy of its own name, code and result."""
    known = list(files.read_procedures(files.PROCEDURES).items())
    for number in range(count):
        name, record = known[number % len(known)]
        content = record.model_dump(mode="json")
        changes = {
            "code": f"9.{number:06d}",
            "name": f"{content['name']} số {number}",
            "short_name": f"{content['short_name']} {number}",
            "result": f"{content['result']} {mark}",
        }
        yield f"{name}-{number}", {**content, **changes}


async def read(imports: SqlImports, data: bytes, records: dict[str, dict[str, Any]]) -> tuple[FileRead, list[float]]:
    app = web.Application()
    importing.setup(app)
    actor = Actor(None, UNIT)
    in_force = dict.fromkeys(records, 1)
    number = await importing.begin(app, imports, actor, "500.xlsx", data, records, in_force)
    waits: list[float] = []
    while True:
        started = time.perf_counter()
        file = await imports.file(UNIT, number)
        waits.append((time.perf_counter() - started) * 1_000)
        assert file is not None
        if file.state != "reading":
            return file, waits
        await asyncio.sleep(0.05)


async def run(count: int) -> bool:
    data, records = write_xlsx(dict(many(count, "mới"))), dict(many(count, "cũ"))
    with tempfile.TemporaryDirectory(prefix="thanthien-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        await migrate.upgrade(database)
        imports = SqlImports(database, FakeClock(NOW))
        started = time.perf_counter()
        file, waits = await read(imports, data, records)
        items = await imports.items(file)
        took = time.perf_counter() - started
        await database.dispose()
    changed = sum(bool(one.read.changes) for one in items)
    over = "" if took <= GOAL_SECONDS else f"  ABOVE {GOAL_SECONDS:.0f} s"
    size = f"{len(items)} procedures, {len(data) / 1e6:.1f} MB, {changed} changed"
    console.print(f"Imports: {size}, previewed in {took:.1f} s{over}")
    console.print(f"  a read of the same process meanwhile: {percentiles(waits)}")
    return took <= GOAL_SECONDS and file.state == "ready" and changed == count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 procedures")
    chosen = parser.parse_args()
    configure_logging("error")
    if not asyncio.run(run(100 if chosen.quick else 500)):
        raise SystemExit("the import is slower than its goal")


if __name__ == "__main__":
    main()
