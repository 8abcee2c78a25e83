"""The tickets' part of `make bench`: the queue, the search and the pages with 100,000 tickets and 1,000,000 messages
of one commune, over SQLite and over PostgreSQL. Goals: p95 within 400 ms and 200 ms."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, text

from bot.domain.codes import ticket_code
from bot.domain.periods import nine_months
from bot.domain.staff import Role, Staff
from bot.domain.tickets import Folder, QueueFilter, TicketKind, TicketResult, TicketState
from bot.storage import migrate
from bot.storage.conversations import SqlConversations
from bot.storage.coordination import LocalSignals
from bot.storage.database import Database
from bot.storage.staff_tables import staff
from bot.storage.tables import channels, citizens, conversations, messages
from bot.storage.ticket_reports import SqlTicketReports
from bot.storage.ticket_rows import NEVER, search_text
from bot.storage.ticket_tables import ticket_events, tickets
from bot.storage.tickets import SqlTickets
from bot.terminal import configure_logging, console
from knowledge import files
from tests.bench import percentiles
from tests.conftest import UNIT
from tests.fakes import FakeClock
from tests.servers.postgres import postgres_running

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CHUNK = 20_000
OPEN_SHARE = 0.1
MESSAGES_A_CONVERSATION = 20
HAMLETS = tuple(f"ấp {number}" for number in range(1, 13))
CATEGORIES = ("rubbish", "lights", "roads", "noise", "animals", "water_power")


def words() -> list[str]:
    """Words citizens use, the frequent ones first."""
    records = files.read_procedures(files.PROCEDURES).values()
    return sorted({word for record in records for phrase in record.citizen_phrases for word in phrase.split()})


def chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class Town:
    """Years of a large commune, the same every time."""

    def __init__(self, tickets_count: int, messages_count: int) -> None:
        self.tickets_count, self.messages_count = tickets_count, messages_count
        self.conversations_count = max(1, messages_count // MESSAGES_A_CONVERSATION)
        self.dice = random.Random(1)
        self.words = words()
        # Zipf's law: the word of rank r comes up in proportion to 1 / r.
        self.shares = list(itertools.accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

        self.pool = [self.said(8) for _ in range(20_000)]

    def said(self, count: int) -> str:
        return " ".join(self.dice.choices(self.words, cum_weights=self.shares, k=count))

    def citizens(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.conversations_count + 1):
            yield {"id": number, "channel_id": 1, "external_id": f"c{number}", "created_at": NOW}

    def conversations(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.conversations_count + 1):
            yield {
                "id": number, "citizen_id": number, "channel_id": 1, "state": {}, "next_seq": 1_000,
                "last_event_at": NOW, "created_at": NOW, "last_inbound_at": NOW,
            }  # fmt: skip

    def messages(self) -> Iterator[dict[str, Any]]:
        for number in range(self.messages_count):
            yield {
                "conversation_id": number % self.conversations_count + 1,
                "seq": number // self.conversations_count + 1,
                "direction": "in" if number // self.conversations_count % 2 == 0 else "out",
                "content": {"text": self.pool[number % len(self.pool)]},
                "meta": {},
                "created_at": NOW - timedelta(minutes=number % 40_000),
            }

    def tickets(self) -> Iterator[dict[str, Any]]:
        for number in range(self.tickets_count):
            is_open = self.dice.random() < OPEN_SHARE
            received = NOW - timedelta(minutes=self.dice.randrange(20_000 if is_open else 1_000_000))
            due = received + timedelta(days=self.dice.randint(5, 9))
            told = self.said(30)
            hamlet, category = self.dice.choice(HAMLETS), self.dice.choice(CATEGORIES)
            code = ticket_code((NOW - timedelta(days=number // 9_000)).date(), number % 9_000 + 1)
            state = self.dice.choice((TicketState.NEW, TicketState.IN_PROGRESS, TicketState.WAITING))
            yield {
                "id": number + 1,
                "code": code,
                "unit_id": UNIT,
                "kind": self.dice.choice(tuple(TicketKind)[:4]).value,
                "category": category,
                "state": (state if is_open else TicketState.CLOSED).value,
                "text": told,
                "hamlet": hamlet,
                "conversation_id": number % self.conversations_count + 1,
                "platform": "web",
                "assignee_id": self.dice.choice((None, 1, 2)),
                "received_at": received,
                "course": {"received_at": received.isoformat()},
                "due_at": due,
                "soon_due_at": due - timedelta(days=1),
                "sort_at": due if is_open else NEVER,
                "first_answer_at": None if is_open else received + timedelta(hours=self.dice.randint(1, 90)),
                "answered_at": None if is_open else due - timedelta(days=self.dice.randint(-1, 4)),
                "closed_at": None if is_open else due + timedelta(days=5),
                "result": None if is_open else TicketResult.SOLVED.value,
                "search_text": search_text(code, told, hamlet, category),
                "told": [],
                "created_at": received,
                "updated_at": received,
            }

    def events(self) -> Iterator[dict[str, Any]]:
        for number in range(self.tickets_count):
            for kind in ("filed", "assigned", "reply"):
                yield {"ticket_id": number + 1, "at": NOW, "kind": kind, "text": "", "details": {}}


async def load(database: Database, table: Table, rows: list[dict[str, Any]]) -> None:
    """Past SQLAlchemy: a million rows in seconds."""
    names = list(rows[0])

    def plain(value: Any) -> Any:
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, datetime) and database.is_sqlite:
            return value.replace(tzinfo=None).isoformat(" ", "microseconds")
        return value

    records = [tuple(plain(row[name]) for name in names) for row in rows]
    async with database.write() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        if database.is_sqlite:
            places = ", ".join("?" * len(names))
            await driver.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", records)  # noqa: S608
        else:
            await driver.copy_records_to_table(table.name, records=records, columns=names)


async def fill(database: Database, town: Town) -> None:
    async with database.write() as connection:
        channel = {"id": 1, "platform": "web", "external_id": UNIT, "unit_id": UNIT, "created_at": NOW}
        await connection.execute(insert(channels).values(**channel))
        for login in ("lan", "minh"):
            await connection.execute(
                insert(staff).values(
                    login=login, name=login, password_hash="x", password_changed_at=NOW, created_at=NOW
                )
            )
    tables: tuple[tuple[Table, Iterator[dict[str, Any]]], ...] = (
        (citizens, town.citizens()),
        (conversations, town.conversations()),
        (messages, town.messages()),
        (tickets, town.tickets()),
        (ticket_events, town.events()),
    )
    for table, rows in tables:
        for chunk in chunks(rows):
            await load(database, table, chunk)
    async with database.write() as connection:
        await connection.execute(text("ANALYZE"))


async def measure(name: str, times: int, step: Callable[[int], Awaitable[object]], goal: float | None) -> bool:
    samples = []
    await step(0)
    for number in range(times):
        started = time.perf_counter()
        await step(number)
        samples.append((time.perf_counter() - started) * 1_000)
    reached = goal is None or sorted(samples)[int(len(samples) * 0.95)] <= goal
    console.print(f"  {name}: {percentiles(samples)}{'' if reached else f'  ABOVE {goal:.0f} ms'}")
    return reached


async def bench(name: str, url: str, town: Town, goal: float, times: int) -> bool:
    database = Database(url)
    await migrate.upgrade(database)
    started = time.perf_counter()
    await fill(database, town)
    console.print(
        f"{name}: {town.tickets_count:,} tickets, {town.messages_count:,} messages, "
        f"made in {time.perf_counter() - started:.0f} s"
    )
    clock, signals = FakeClock(NOW), LocalSignals()
    desk, figures = SqlTickets(database, clock), SqlTicketReports(database, clock)
    talk = SqlConversations(database, clock, signals, lambda unit_id: None)
    roles = (frozenset({Role.OPERATOR}), frozenset({Role.HANDLER}), frozenset({Role.LEADER}))
    operator, handler, leader = (Staff(1, "lan", "Lan", roles={UNIT: one}) for one in roles)
    folders = tuple(Folder)
    first = await desk.queue(operator, UNIT, QueueFilter())
    second = await desk.queue(operator, UNIT, QueueFilter(), after=first.next)
    frequent, rare = town.words[:40], town.words[-200:]

    def folder(number: int) -> QueueFilter:
        return QueueFilter(folders[number % len(folders)])

    def search(*asked: str, where: Folder = Folder.ALL) -> QueueFilter:
        return QueueFilter(where, search=" ".join(asked))

    steps: tuple[tuple[str, Callable[[int], Awaitable[object]], float | None], ...] = (
        ("queue, every folder", lambda n: desk.queue(operator, UNIT, folder(n)), goal),
        ("queue of a handler", lambda n: desk.queue(handler, UNIT, folder(n)), goal),
        ("queue, a later page", lambda n: desk.queue(operator, UNIT, QueueFilter(), after=second.next), goal),
        (
            "queue, filters",
            lambda n: desk.queue(operator, UNIT, QueueFilter(hamlet=HAMLETS[n % 12], category="roads")),
            goal,
        ),
        ("counts of the folders", lambda n: desk.counts(operator, UNIT), goal),
        ("search, open, frequent word", lambda n: desk.queue(operator, UNIT, search(frequent[n % 40])), goal),
        ("search, open, rare words", lambda n: desk.queue(operator, UNIT, search(rare[n % 200])), goal),
        (
            "search, open, two words",
            lambda n: desk.queue(operator, UNIT, search(frequent[n % 40], rare[n % 200])),
            goal,
        ),
        (
            "search, done, frequent word",
            lambda n: desk.queue(operator, UNIT, search(frequent[n % 40], where=Folder.DONE)),
            goal,
        ),
        (
            "search, done, rare word",
            lambda n: desk.queue(operator, UNIT, search(rare[n % 200], where=Folder.DONE)),
            goal,
        ),
        (
            "search, done, nothing found",
            lambda n: desk.queue(operator, UNIT, search(f"qqq{n}", where=Folder.DONE)),
            goal,
        ),
        ("ticket page", lambda n: desk.page(operator, n * 37 % town.tickets_count + 1), goal),
        ("conversation page", lambda n: talk.page(operator, n * 31 % town.conversations_count + 1), goal),
    )
    results = [await measure(title, times, step, limit) for title, step, limit in steps]
    await measure("report of nine months", 3, lambda n: figures.report(leader, [UNIT], nine_months(2026)), None)
    await signals.close()
    await database.dispose()
    return all(results)


async def run(tickets_count: int, messages_count: int, times: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="thanthien-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        reached = await bench("SQLite", url, Town(tickets_count, messages_count), 400, times)
    with postgres_running() as server:
        url = await server.fresh(migrated=True)
        return await bench("PostgreSQL", url, Town(tickets_count, messages_count), 200, times) and reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    chosen = parser.parse_args()
    configure_logging("error")
    share = 10 if chosen.quick else 1
    if not asyncio.run(run(chosen.tickets // share, chosen.messages // share, 20 if chosen.quick else 60)):
        raise SystemExit("a page is slower than its goal")


if __name__ == "__main__":
    main()
