from __future__ import annotations

import pytest

from bot.domain.errors import VersionConflictError
from bot.domain.staff import Role
from bot.domain.tickets import (
    TicketResult,
    TicketState,
)
from tests.conftest import MONDAY_MORNING
from tests.storage.desk import Desk


async def test_a_filed_ticket_has_a_code_a_deadline_and_the_citizen_is_told_both(desk: Desk) -> None:
    ticket = await desk.file()
    assert ticket.code.startswith("PA-261123-")
    assert ticket.state is TicketState.NEW
    assert ticket.due_at is not None
    # Five working days after Monday 23 November: Monday 30 November, closing time. 24 November is not confirmed.
    assert await desk.told(ticket.conversation_id) == [f"Mã {ticket.code}, trả lời trước 16:30 ngày 30/11/2026"]
    assert await desk.happened(ticket) == ["filed"]


async def test_the_whole_way_of_a_ticket(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    handler = await desk.hire("minh", Role.HANDLER, title="Chuyên viên Phòng Kinh tế")
    ticket = await desk.file()
    ticket = await desk.actions.receive(operator, ticket.id, ticket.version)
    ticket = await desk.actions.assign(operator, ticket.id, ticket.version, handler.id)
    assert (ticket.state, ticket.assignee) == (TicketState.IN_PROGRESS, "Minh")
    ticket = await desk.actions.reply(handler, ticket.id, ticket.version, "Xe rác đã thu sáng nay.")
    assert ticket.state is TicketState.ANSWERED
    assert ticket.first_answer_at == MONDAY_MORNING
    ticket = await desk.actions.close(handler, ticket.id, ticket.version, TicketResult.SOLVED, "đã thu gom")
    assert ticket.closed_at == MONDAY_MORNING
    assert await desk.happened(ticket) == ["filed", "received", "assigned", "reply", "answered", "closed"]
    told = (await desk.told(ticket.conversation_id))[1:]
    assert "đã tiếp nhận" in told[0]
    assert "Chuyên viên Phòng Kinh tế" in told[1]
    assert told[2].endswith("Chuyên viên Phòng Kinh tế, xã Tân An")
    assert "đã giải quyết xong" in told[3]
    assert ticket == await desk.now(ticket)


async def test_the_second_of_two_savers_learns_who_was_first(desk: Desk) -> None:
    lan, minh = await desk.hire("lan", Role.OPERATOR), await desk.hire("minh", Role.OPERATOR)
    ticket = await desk.file()
    await desk.actions.note(lan, ticket.id, ticket.version, "đã gọi đội thu gom")
    with pytest.raises(VersionConflictError) as caught:
        await desk.actions.note(minh, ticket.id, ticket.version, "tôi cũng gọi rồi")
    assert (caught.value.who, caught.value.at, caught.value.version) == ("Lan", MONDAY_MORNING, 2)
    assert await desk.happened(ticket) == ["filed", "note"]
