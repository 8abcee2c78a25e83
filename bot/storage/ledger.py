"""The day's reconciliation: every event and every outgoing message accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.messages import Outcome
from bot.domain.views import LOCAL_ZONE
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.tables import events, messages, outbox, outbox_parts

SILENT = (Outcome.IGNORED.value,)
OUTBOX_OUTCOMES = ("sent", "unreachable", "rejected")
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Day:
    """`difference`: all events minus those with a known outcome or still open; anything but 0 is a fault."""

    events: int
    duplicates: int
    by_outcome: dict[str, int]
    difference: int
    outbox: int
    outbox_by_outcome: dict[str, int]
    outbox_difference: int
    problems: tuple[str, ...]


class Ledger:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def day(self, day: date) -> Day:
        """Of a day in Việt Nam. Totals and sums are asked separately, within one snapshot."""
        start = datetime.combine(day, time(), LOCAL_ZONE)
        end = start + timedelta(days=1)
        of_day = (events.c.received_at >= start, events.c.received_at < end)
        sent_day = (outbox.c.created_at >= start, outbox.c.created_at < end)
        now = self._clock.now()
        async with self._database.read() as connection:
            total, duplicates = (
                await connection.execute(
                    select(func.count(), func.coalesce(func.sum(events.c.duplicates), 0)).where(*of_day)
                )
            ).one()
            grouped = select(events.c.outcome, func.count()).where(*of_day).group_by(events.c.outcome)
            known = {outcome.value for outcome in Outcome} | {None}
            counts = {row[0]: row[1] for row in await connection.execute(grouped)}
            by_outcome = {outcome or OPEN: count for outcome, count in counts.items() if outcome in known}
            out_total = await _count(connection, select(func.count()).select_from(outbox).where(*sent_day))
            out_grouped = select(outbox.c.outcome, func.count()).where(*sent_day).group_by(outbox.c.outcome)
            out_counts = {row[0]: row[1] for row in await connection.execute(out_grouped)}
            out_by = {
                outcome or OPEN: count
                for outcome, count in out_counts.items()
                if outcome is None or outcome in OUTBOX_OUTCOMES
            }
            overdue = await _count(
                connection,
                select(func.count())
                .select_from(events)
                .where(*of_day, events.c.outcome.is_(None), events.c.received_at < now - limits.OUTBOX_OVERDUE),
            )
            answer = exists().where(messages.c.event_id == events.c.turn_id, messages.c.direction == "out")
            unanswered = await _count(
                connection,
                select(func.count())
                .select_from(events)
                .where(*of_day, events.c.outcome.not_in(SILENT), events.c.turn_id.is_not(None), ~answer),
            )
            parts = (
                select(func.count()).where(outbox_parts.c.outbox_id == outbox.c.id).correlate(outbox).scalar_subquery()
            )
            miscounted = await _count(
                connection, select(func.count()).select_from(outbox).where(*sent_day, outbox.c.parts_sent != parts)
            )
        difference = total - sum(by_outcome.values())
        out_difference = out_total - sum(out_by.values())
        problems = [
            f"{count} {what}"
            for count, what in (
                (difference, "sự kiện có kết cục không rõ"),
                (out_difference, "tin gửi có kết cục không rõ"),
                (overdue, "sự kiện chờ quá lâu: tiến trình worker có chạy không?"),
                (unanswered, "sự kiện ghi là đã trả lời nhưng không có tin trả lời"),
                (miscounted, "tin gửi có số phần không khớp"),
            )
            if count
        ]
        return Day(total, int(duplicates), by_outcome, difference, out_total, out_by, out_difference, tuple(problems))


async def _count(connection: AsyncConnection, query: object) -> int:
    return int((await connection.execute(query)).scalar_one())  # type: ignore[call-overload]
