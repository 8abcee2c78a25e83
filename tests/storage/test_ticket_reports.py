from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from bot.domain.errors import NotAllowedError
from bot.domain.periods import between
from bot.domain.staff import Role, Staff
from bot.domain.tickets import TicketKind, TicketResult
from bot.storage.conversations import SqlConversations
from bot.storage.coordination import LocalSignals
from bot.storage.tables import citizens
from bot.storage.ticket_reports import SqlTicketReports
from bot.storage.ticket_tables import talk_days
from tests.conftest import UNIT
from tests.storage.desk import NEIGHBOUR, Desk

PERIOD = between(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def reports(desk: Desk) -> SqlTicketReports:
    return SqlTicketReports(desk.database, desk.clock)


async def shown(reports: SqlTicketReports, staff: Staff, *keys: str) -> list[str]:
    found = await reports.report(staff, [UNIT], PERIOD)
    return [found.figure(key).shown for key in keys]


async def test_the_figures_are_taken_from_the_tickets_of_the_unit_and_the_period(
    desk: Desk, reports: SqlTicketReports, signals: LocalSignals
) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    first, second = await desk.file("Rác", hamlet="ấp 1"), await desk.file("Đèn", citizen="binh")
    old = await desk.file("Cũ", citizen="chi")
    await desk.plant(old, received_at=desk.clock.now() - timedelta(days=40))
    await desk.file("Gọi lại", citizen="dung", kind=TicketKind.CALL_BACK)
    await desk.file("Thái độ", citizen="em", kind=TicketKind.CONDUCT)
    desk.clock.advance(timedelta(hours=2))
    await desk.actions.close(leader, first.id, 1, TicketResult.SOLVED, "xong", "Đã dọn.")
    await desk.actions.transfer(leader, second.id, 1, NEIGHBOUR, "của xã Phú Lý")
    talk = SqlConversations(desk.database, desk.clock, signals, desk.views)
    await talk.take_over(leader, 3)
    await talk.write(leader, 3, "Dạ.")
    keys = ("received", "open", "answered", "on_time", "transferred", "first_answer_median", "conduct")
    assert await shown(reports, leader, *keys) == ["1", "1", "1", "1", "1", "2,0 giờ", "<5"]
    # Five citizens wrote once; the one of the closed ticket and the one taken over heard a person.
    assert await shown(reports, leader, "messages", "conversations", "with_staff") == ["5", "5", "40,0% (2/5)"]
    area = next(one for one in (await reports.report(leader, [UNIT], PERIOD)).breakdowns if one.key == "by_area")
    assert [(row.name, row.received) for row in area.rows] == [("ấp 1", 1)]


async def test_counts_of_conversations_outlive_them(desk: Desk, reports: SqlTicketReports) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    await desk.turn("an")
    await desk.turn("an")
    await desk.turn("binh")
    assert await reports.keep_days() == 30  # none of them today
    desk.clock.advance(timedelta(days=1))
    await desk.turn("an")
    assert await shown(reports, leader, "messages", "conversations") == ["4", "3"]
    assert await reports.keep_days() == 1
    assert await reports.keep_days() == 0
    async with desk.database.write() as connection:
        await connection.execute(delete(citizens))
        rows = (await connection.execute(select(talk_days).where(talk_days.c.messages > 0))).all()
    assert [tuple(row) for row in rows] == [(date(2026, 11, 23), UNIT, "web", 2, 0, 3)]
    assert await shown(reports, leader, "messages", "conversations") == ["3", "2"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.HANDLER, Role.EDITOR, Role.ADMINISTRATOR, Role.APPOINTED_OFFICER])
async def test_reports_are_for_leaders_of_the_unit(desk: Desk, reports: SqlTicketReports, role: Role) -> None:
    staff, leader = await desk.hire("kim", role), await desk.hire("hoa", Role.LEADER)
    for who, units in ((staff, [UNIT]), (leader, [UNIT, NEIGHBOUR]), (leader, [])):
        with pytest.raises(NotAllowedError):
            await reports.report(who, units, PERIOD)
