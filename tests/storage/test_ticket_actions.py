from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.errors import InvalidMoveError, NotAllowedError, TicketNotFoundError, VersionConflictError
from bot.domain.filing import FollowTicket
from bot.domain.staff import Role, Staff
from bot.domain.tickets import Refusal, Ticket, TicketKind, TicketResult, TicketState, Urgency
from bot.domain.views import LOCAL_ZONE
from bot.storage import ticket_work
from bot.storage.audit import AuditTrail
from tests.conftest import MONDAY_MORNING, UNIT
from tests.storage.desk import NEIGHBOUR, Desk


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LOCAL_ZONE)


async def refused(reason: Refusal, action: object) -> None:
    with pytest.raises(InvalidMoveError) as caught:
        await action  # type: ignore[misc]
    assert caught.value.reason == reason


async def test_a_filed_ticket_has_a_code_a_deadline_and_the_citizen_is_told_both(desk: Desk) -> None:
    ticket = await desk.file()
    assert ticket.code.startswith("PA-261123-")
    assert ticket.state is TicketState.NEW
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
    assert (ticket.state, ticket.first_answer_at) == (TicketState.ANSWERED, MONDAY_MORNING)
    ticket = await desk.actions.close(handler, ticket.id, ticket.version, TicketResult.SOLVED, "đã thu gom")
    assert ticket.closed_at == MONDAY_MORNING
    assert await desk.happened(ticket) == ["filed", "received", "assigned", "reply", "answered", "closed"]
    told = (await desk.told(ticket.conversation_id))[1:]
    assert "đã tiếp nhận" in told[0]
    assert "Chuyên viên Phòng Kinh tế" in told[1]
    assert told[2].endswith("Xe rác đã thu sáng nay.\n\nChuyên viên Phòng Kinh tế, xã Tân An")
    assert "đã giải quyết xong" in told[3]
    assert ticket == await desk.now(ticket)


async def test_what_a_person_does_and_its_line_in_the_audit_trail_are_written_together_or_not_at_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    ticket = await desk.actions.assign(lan, ticket.id, ticket.version, lan.id)
    trail = AuditTrail(desk.database)
    [line] = await trail.page([UNIT], action="ticket.assigned", limit=9)
    assert (line.subject, line.staff_id, line.details) == (f"ticket:{ticket.code}", lan.id, {"assignee_id": lan.id})

    async def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(ticket_work, "append", fails)
    with pytest.raises(RuntimeError):
        await desk.actions.reopen(
            lan, ticket.id, (await desk.actions.reply(lan, ticket.id, ticket.version, "Đã xong.")).version, "chưa xong"
        )
    assert (await desk.now(ticket)).state is TicketState.ANSWERED
    assert await trail.page([UNIT], action="ticket.reopened", limit=9) == []


async def test_the_second_of_two_savers_learns_who_was_first(desk: Desk) -> None:
    lan, minh = await desk.hire("lan", Role.OPERATOR), await desk.hire("minh", Role.OPERATOR)
    ticket = await desk.file()
    await desk.actions.note(lan, ticket.id, ticket.version, "đã gọi đội thu gom")
    with pytest.raises(VersionConflictError) as caught:
        await desk.actions.note(minh, ticket.id, ticket.version, "tôi cũng gọi rồi")
    assert (caught.value.who, caught.value.at, caught.value.version) == ("Lan", MONDAY_MORNING, 2)
    assert await desk.happened(ticket) == ["filed", "note"]


async def test_what_fails_half_way_writes_nothing(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    await refused(Refusal.NO_ANSWER_YET, desk.actions.close(operator, ticket.id, 1, TicketResult.SOLVED, "xong"))
    await refused(Refusal.REASON_MISSING, desk.actions.close(operator, ticket.id, 1, TicketResult.ABUSE, "  "))
    await refused(Refusal.TEXT_MISSING, desk.actions.reply(operator, ticket.id, 1, "\n"))
    assert await desk.now(ticket) == ticket
    assert len(await desk.told(ticket.conversation_id)) == 1


async def test_an_answer_given_while_closing_reaches_the_citizen_first(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    closed = await desk.actions.close(
        operator, ticket.id, 1, TicketResult.NOT_COMPETENT, "của điện lực", "Điện lực phụ trách, số 19001006."
    )
    assert closed.answered_at == closed.closed_at == closed.first_answer_at == MONDAY_MORNING
    told = await desk.told(ticket.conversation_id)
    assert "19001006" in told[1]
    assert "không thuộc thẩm quyền" in told[2]


async def test_asking_the_citizen_stops_the_clock_until_the_answer(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    desk.clock.set(local(24, 10))
    asked = await desk.actions.ask(operator, ticket.id, 1, "Chỗ đó là trước hay sau chợ?")
    assert (asked.state, asked.urgency(local(30, 20))) == (TicketState.WAITING, Urgency.WAITING)
    desk.clock.set(local(26, 10))
    resumed = await desk.actions.resume(operator, ticket.id, asked.version)
    # Two working days were waited, so Monday 30 November 16:30 becomes Wednesday 2 December 16:30.
    assert resumed.due_at == local(2, 16, 30, month=12)
    assert resumed.paused_at is None


async def test_one_extension_with_a_reason_and_a_notice(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    extended = await desk.actions.extend(operator, ticket.id, 1, "phải chờ xe chuyên dùng")
    # Ten working days after Monday 30 November.
    assert extended.due_at == local(14, 16, 30, month=12)
    assert (await desk.told(ticket.conversation_id))[-1].startswith("Dạ, thưa ông/bà, xã Tân An xin phép lùi hạn")
    await refused(Refusal.ONCE, desk.actions.extend(operator, ticket.id, extended.version, "lần nữa"))


async def test_a_late_ticket_is_not_extended_but_apologised_for_once(desk: Desk) -> None:
    leader = await desk.hire("hoa", Role.LEADER, title="Chủ tịch UBND xã")
    ticket = await desk.file()
    await refused(Refusal.NOT_LATE, desk.actions.apology_draft(leader, ticket.id, "x", date(2026, 12, 4)))
    desk.clock.set(local(1, 9, month=12))
    await refused(Refusal.OVERDUE, desk.actions.extend(leader, ticket.id, 1, "bận"))
    await refused(Refusal.DAY, desk.actions.apology_draft(leader, ticket.id, "x", date(2026, 11, 30)))
    letter = await desk.actions.apology_draft(leader, ticket.id, "xe thu gom hỏng", date(2026, 12, 5))
    for part in (ticket.code, "09:00 ngày 23/11/2026", "16:30 ngày 30/11/2026", "xe thu gom hỏng.", "05/12/2026"):
        assert part in letter
    sent = await desk.actions.apologise(leader, ticket.id, 1, letter, date(2026, 12, 5))
    # 5 December is a Saturday: the promise ends on Monday. That it was late stays.
    assert (sent.due_at, sent.late_at) == (local(7, 16, 30, month=12), ticket.due_at)
    assert (await desk.told(ticket.conversation_id))[-1] == f"{letter}\n\nChủ tịch UBND xã, xã Tân An"
    await refused(Refusal.ONCE, desk.actions.apologise(leader, ticket.id, 2, letter, date(2026, 12, 8)))


async def test_a_transferred_ticket_leaves_the_unit_and_the_citizen_is_told(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    neighbour = await desk.hire("son", Role.OPERATOR, unit=NEIGHBOUR)
    ticket = await desk.file()
    await refused(Refusal.UNIT, desk.actions.transfer(operator, ticket.id, 1, "xa-khong-co", "nhầm xã"))
    await refused(Refusal.UNIT, desk.actions.transfer(operator, ticket.id, 1, UNIT, "nhầm xã"))
    desk.clock.advance(timedelta(days=2))
    moved = await desk.actions.transfer(operator, ticket.id, 1, NEIGHBOUR, "thuộc địa bàn xã Phú Lý")
    assert (moved.unit_id, moved.state, moved.code) == (NEIGHBOUR, TicketState.NEW, ticket.code)
    assert moved.due_at == local(2, 16, 30, month=12)
    assert "xã Phú Lý" in (await desk.told(ticket.conversation_id))[-1]
    with pytest.raises(TicketNotFoundError):
        await desk.tickets.ticket(operator, ticket.id)
    assert (await desk.tickets.ticket(neighbour, ticket.id)).code == ticket.code


async def test_reclassifying_moves_the_deadline_and_the_circle_of_readers(desk: Desk) -> None:
    leader, operator = await desk.hire("hoa", Role.LEADER), await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    as_proposal = await desk.actions.reclassify(operator, ticket.id, 1, TicketKind.PROPOSAL, None, "là kiến nghị")
    assert as_proposal.due_at == local(14, 16, 30, month=12)
    taken = await desk.actions.assign(operator, ticket.id, 2, operator.id)
    secret = await desk.actions.reclassify(
        operator, ticket.id, taken.version, TicketKind.CONDUCT, None, "nói về thái độ cán bộ"
    )
    assert (secret.restricted, secret.assignee_id) == (True, None)
    with pytest.raises(TicketNotFoundError):
        await desk.tickets.ticket(operator, ticket.id)
    assert (await desk.tickets.ticket(leader, ticket.id)).restricted


async def test_a_restricted_ticket_goes_only_to_who_may_have_it_and_never_to_the_one_it_is_about(desk: Desk) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    deputy = await desk.hire("phong", Role.LEADER)
    handler = await desk.hire("minh", Role.HANDLER)
    ticket = await desk.file("Cán bộ quầy số 2 nạt nộ dân", kind=TicketKind.CONDUCT)
    assert ticket.restricted
    await refused(Refusal.ASSIGNEE, desk.actions.assign(leader, ticket.id, 1, handler.id))
    named = await desk.actions.name_person(leader, ticket.id, 1, deputy.id)
    await refused(Refusal.ASSIGNEE, desk.actions.assign(leader, ticket.id, named.version, deputy.id))
    with pytest.raises(TicketNotFoundError):
        await desk.tickets.page(deputy, ticket.id)
    await refused(Refusal.KIND, desk.actions.name_person(leader, ticket.id, named.version, leader.id))


async def test_a_handler_takes_what_is_free_but_gives_nothing_away(desk: Desk) -> None:
    minh, binh = await desk.hire("minh", Role.HANDLER), await desk.hire("binh", Role.HANDLER)
    ticket = await desk.file()
    with pytest.raises(NotAllowedError):
        await desk.actions.assign(minh, ticket.id, 1, binh.id)
    taken = await desk.actions.assign(minh, ticket.id, 1, minh.id)
    with pytest.raises(TicketNotFoundError):
        await desk.actions.note(binh, ticket.id, taken.version, "của tôi mà")
    with pytest.raises(NotAllowedError):
        await desk.actions.transfer(minh, ticket.id, taken.version, NEIGHBOUR, "không phải việc tôi")


async def test_many_are_assigned_at_once_and_what_fails_is_named(desk: Desk) -> None:
    operator, handler = await desk.hire("lan", Role.OPERATOR), await desk.hire("minh", Role.HANDLER)
    first, second = await desk.file(), await desk.file("Đèn hỏng", citizen="binh")
    await desk.actions.note(operator, second.id, 1, "đã xem")
    done, failed = await desk.actions.assign_many(operator, {first.id: 1, second.id: 1, 999: 1}, handler.id)
    assert [one.id for one in done] == [first.id]
    assert {name: type(error) for name, error in failed.items()} == {
        second.id: VersionConflictError,
        999: TicketNotFoundError,
    }


async def test_a_joined_duplicate_gets_the_answer_of_the_other(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    first, second = await desk.file(), await desk.file("Rác đầy đầu ấp", citizen="binh")
    await desk.turn("chi", FollowTicket(second.code))
    await refused(Refusal.DUPLICATE, desk.actions.link(operator, second.id, 1, second.id))
    joined = await desk.actions.link(operator, second.id, second.version, first.id)
    assert (joined.state, joined.result, joined.duplicate_of_id) == (
        TicketState.CLOSED, TicketResult.DUPLICATE, first.id,
    )  # fmt: skip
    first = await desk.now(first)
    await desk.actions.reply(operator, first.id, first.version, "Đã dọn sạch.")
    page = await desk.tickets.page(operator, first.id)
    assert (page.followers, page.duplicates) == (2, (second.code,))
    for conversation_id in (first.conversation_id, second.conversation_id, 3):
        assert "Đã dọn sạch." in (await desk.told(conversation_id))[-1]


async def test_a_call_that_reached_the_citizen_is_a_first_answer(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file(phone="+84912345678")
    missed = await desk.actions.record_call(operator, ticket.id, 1, reached=False, text="không bắt máy")
    assert missed.first_answer_at is None
    reached = await desk.actions.record_call(operator, ticket.id, 2, reached=True, text="đã hẹn sáng mai")
    assert reached.first_answer_at == MONDAY_MORNING
    page = await desk.tickets.page(operator, ticket.id)
    assert [step.details.get("call") for step in page.steps[1:]] == ["missed", "reached"]
    assert all(step.internal for step in page.steps[1:])


async def test_reopening_begins_a_new_deadline(desk: Desk) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    ticket = await desk.file()
    ticket = await desk.actions.close(leader, ticket.id, 1, TicketResult.SOLVED, "xong", "Đã dọn.")
    desk.clock.set(local(2, 9, month=12))
    again = await desk.actions.reopen(leader, ticket.id, ticket.version, "rác lại đầy")
    assert (again.state, again.reopened, again.closed_at, again.result) == (TicketState.IN_PROGRESS, 1, None, None)
    assert again.due_at == local(9, 16, 30, month=12)


async def test_a_notice_of_the_same_thing_is_sent_once(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    handlers = [await desk.hire(name, Role.HANDLER) for name in ("minh", "binh")]
    ticket = await desk.file()
    for version, handler in enumerate(handlers, 1):
        ticket = await desk.actions.assign(operator, ticket.id, version, handler.id)
    assert sum("giao cho" in text for text in await desk.told(ticket.conversation_id)) == 1
    assert (await desk.happened(ticket)).count("assigned") == 2


@pytest.mark.parametrize("roles", [(Role.EDITOR,), (Role.ADMINISTRATOR,), ()])
async def test_whoever_has_no_business_with_tickets_finds_none(desk: Desk, roles: tuple[Role, ...]) -> None:
    staff = await desk.hire("kim", *roles)
    ticket = await desk.file()
    with pytest.raises(TicketNotFoundError):
        await desk.actions.note(staff, ticket.id, 1, "xem thử")


async def test_the_held_stays_held_until_somebody_says_why_not(desk: Desk) -> None:
    leader: Staff = await desk.hire("hoa", Role.LEADER)
    ticket: Ticket = await desk.file()
    held = await desk.actions.hold(leader, ticket.id, 1, True, "công an yêu cầu")
    assert held.legal_hold
    await refused(Refusal.SAME, desk.actions.hold(leader, ticket.id, 2, True, "lần nữa"))
    assert not (await desk.actions.hold(leader, ticket.id, 2, False, "đã xong")).legal_hold


async def test_times_are_kept_in_utc(desk: Desk) -> None:
    ticket = await desk.file()
    assert ticket.due_at is not None
    assert ticket.due_at.tzinfo == UTC
