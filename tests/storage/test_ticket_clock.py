"""What the clock does to tickets, with old rows planted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot import limits
from bot.domain.filing import FollowTicket
from bot.domain.messages import Delivery
from bot.domain.records import Holiday
from bot.domain.staff import Role
from bot.domain.tickets import TicketKind, TicketResult, TicketState
from bot.domain.views import LOCAL_ZONE
from bot.storage.attachments import SqlMedia
from bot.storage.conversations import SqlConversations
from bot.storage.coordination import LocalSignals
from bot.storage.leases import SharedLeases
from bot.storage.outbox import SqlOutbox
from bot.storage.tables import conversations
from bot.storage.ticket_reports import SqlTicketReports
from bot.storage.ticket_retention import SqlTicketRetention
from bot.storage.ticket_tables import sealed_texts, ticket_files
from bot.storage.ticket_timer import SqlTicketTimer
from bot.storage.transcripts import SqlTranscripts
from bot.ticket_clock import TicketClock
from bot.worker import Timekeeper
from tests.conftest import UNIT
from tests.storage.desk import NEIGHBOUR, Desk
from tests.storage.test_filing import send_picture


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LOCAL_ZONE)


@pytest.fixture
def clock_of(desk: Desk, signals: LocalSignals) -> TicketClock:
    return TicketClock(
        SqlTicketTimer(desk.database, desk.clock, desk.views),
        SqlTicketRetention(desk.database, desk.clock, desk.views),
        SqlConversations(desk.database, desk.clock, signals, desk.views),
        SqlTicketReports(desk.database, desk.clock),
        signals,
        desk.views,
        lambda: [UNIT, NEIGHBOUR],
    )


async def test_staff_are_warned_at_half_and_at_four_fifths_and_everybody_told_when_late(
    desk: Desk, clock_of: TicketClock
) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    ticket = await desk.file()
    await desk.actions.receive(leader, ticket.id, 1)
    await desk.turn("binh", FollowTicket(ticket.code))
    ticket = await desk.now(ticket)
    assert ticket.half_due_at is not None
    assert ticket.soon_due_at is not None
    for moment in (ticket.half_due_at, ticket.soon_due_at, local(30, 16, 31), local(1, 9, month=12)):
        desk.clock.set(moment - timedelta(seconds=1))
        await clock_of.tick()
        desk.clock.set(moment)
        await clock_of.tick()
        await clock_of.tick()
    assert await desk.happened(ticket) == ["filed", "received", "followed", "warned", "warned", "escalated"]
    late = await desk.now(ticket)
    assert (late.late_at, late.escalated_at) == (ticket.due_at, local(30, 16, 31) - timedelta(seconds=1))
    for conversation_id in (1, 2):
        assert sum("quá hạn" in text for text in await desk.told(conversation_id)) == 1


async def test_what_nobody_accepted_is_warned_of_once(desk: Desk, clock_of: TicketClock) -> None:
    ticket = await desk.file()
    desk.clock.set(local(24, 16, 31))
    await clock_of.tick()
    await clock_of.tick()
    assert await desk.happened(ticket) == ["filed", "warned"]


async def test_nothing_is_late_while_the_citizen_is_waited_for(desk: Desk, clock_of: TicketClock) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    await desk.actions.ask(operator, ticket.id, 1, "Ở đâu?")
    desk.clock.set(local(20, 9, month=12))
    await clock_of.tick()
    assert "escalated" not in await desk.happened(ticket)
    assert (await desk.now(ticket)).late_at is None


async def test_an_automatic_notice_does_not_use_the_window_of_people(desk: Desk, clock_of: TicketClock) -> None:
    await desk.file()
    desk.clock.set(local(1, 9, month=12))
    await clock_of.tick()
    outbox = SqlOutbox(desk.database, desk.clock)
    sent: list[Delivery] = []
    while (delivery := await outbox.claim(["web"])) is not None:
        sent.append(delivery)
        await outbox.close(delivery, "sent")
    assert [one.by_staff for one in sent] == [False, False]


async def test_an_answered_ticket_closes_by_itself_after_five_working_days(desk: Desk, clock_of: TicketClock) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    await desk.actions.reply(operator, ticket.id, 1, "Đã dọn.")
    desk.clock.set(local(30, 16, 29))
    await clock_of.tick()
    assert (await desk.now(ticket)).state is TicketState.ANSWERED
    desk.clock.set(local(30, 16, 31))
    await clock_of.tick()
    closed = await desk.now(ticket)
    assert (closed.state, closed.result) == (TicketState.CLOSED, TicketResult.SOLVED)


async def test_deadlines_follow_a_calendar_published_later(desk: Desk, clock_of: TicketClock) -> None:
    ticket, foreign = await desk.file(), await desk.file(citizen="binh")
    await desk.plant(foreign, unit_id=NEIGHBOUR)
    await clock_of.tick()
    assert await desk.happened(ticket) == ["filed"]
    day_off = Holiday(date=date(2026, 11, 24), name="Ngày Văn hóa Việt Nam")
    known = [one for one in desk.views.known[UNIT].unit.holidays if one.date != day_off.date]
    desk.views.change(UNIT, holidays=(*known, day_off))
    await clock_of.tick()
    await clock_of.tick()
    moved = await desk.now(ticket)
    assert moved.due_at == local(1, 16, 30, month=12)
    assert await desk.happened(ticket) == ["filed", "deadline"]
    assert await desk.happened(foreign) == ["filed"]


async def half_told(desk: Desk, **draft: Any) -> None:
    state = {"v": 1, "draft": {"started_at": desk.clock.now().isoformat(), "text": "Rác", **draft}}
    async with desk.database.write() as connection:
        await connection.execute(
            update(conversations).values(state=state, state_expires_at=desk.clock.now() + limits.DRAFT_LIFETIME)
        )


async def test_a_report_half_told_is_recalled_once(desk: Desk, clock_of: TicketClock) -> None:
    await desk.turn("an")
    await half_told(desk)
    desk.clock.advance(timedelta(hours=1))
    await clock_of.tick()
    assert await desk.told(1) == []
    desk.clock.advance(timedelta(hours=2))
    await clock_of.tick()
    await clock_of.tick()
    [text] = await desk.told(1)
    assert "gửi dở" in text
    async with desk.database.read() as connection:
        row = (await connection.execute(select(conversations))).one()
    assert row.state["draft"] == {**row.state["draft"], "text": "Rác", "reminded": True}
    assert row.draft_reminded_at == desk.clock.now()


@pytest.mark.parametrize(
    "state", [{}, {"v": 1, "draft": None}, {"v": 1, "draft": {"started_at": "x", "reminded": True}}]
)
async def test_without_a_draft_nobody_is_reminded(desk: Desk, clock_of: TicketClock, state: dict[str, Any]) -> None:
    await desk.turn("an")
    async with desk.database.write() as connection:
        far = desk.clock.now() + limits.DRAFT_LIFETIME
        await connection.execute(update(conversations).values(state=state, state_expires_at=far))
    desk.clock.advance(timedelta(hours=3))
    await clock_of.tick()
    assert await desk.told(1) == []


async def test_old_tickets_lose_their_words_unless_the_law_holds_them(desk: Desk, clock_of: TicketClock) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    old, held, young, call = [
        await desk.file(f"Việc {name}", citizen=name, phone="+84912345678", hamlet="ấp 1", kind=kind)
        for name, kind in (
            ("old", TicketKind.REPORT), ("held", TicketKind.REPORT), ("young", TicketKind.REPORT),
            ("call", TicketKind.CALL_BACK),
        )
    ]  # fmt: skip
    now = desk.clock.now()
    for ticket, days in ((old, 731), (held, 731), (young, 729), (call, 31)):
        await desk.plant(ticket, closed_at=now - timedelta(days=days), state=TicketState.CLOSED.value, rating=5)
    await desk.plant(held, legal_hold=True)
    await clock_of.forget()
    for ticket, gone in ((old, True), (held, False), (young, False), (call, True)):
        kept = await desk.now(ticket)
        assert (kept.phone is None) == gone, ticket.text
        assert (kept.anonymised_at == now) == gone
        assert (kept.hamlet, kept.rating) == ("ấp 1", 5)
        assert ("Việc" not in kept.text) == gone
    page = await desk.tickets.page(leader, old.id)
    assert [(step.kind.value, step.text) for step in page.steps] == [("filed", ""), ("anonymised", "")]


async def test_a_sealed_text_is_erased_five_working_days_after_it_was_handed_over(
    desk: Desk, clock_of: TicketClock
) -> None:
    for number, handed_over in enumerate((local(16, 9), local(13, 17), None), 1):
        async with desk.database.write() as connection:
            await connection.execute(
                insert(sealed_texts).values(
                    unit_id=UNIT, event_id=number, content="x", created_at=local(1, 9), handed_over_at=handed_over
                )
            )
    desk.clock.set(local(23, 16, 29))
    await clock_of.forget()
    desk.clock.set(local(23, 16, 31))
    await clock_of.forget()
    async with desk.database.read() as connection:
        rows = (await connection.execute(select(sealed_texts).order_by(sealed_texts.c.id))).all()
    # Handed over on Monday 16 November and after hours on Friday 13: both end on Monday 23, five working days later.
    assert [row.content for row in rows] == ["", "", "x"]


async def test_a_conversation_is_kept_as_long_as_its_ticket_lives(desk: Desk) -> None:
    transcripts = SqlTranscripts(desk.database, desk.clock)
    open_one, followed = await desk.file(), await desk.file("Đèn", citizen="binh")
    await desk.turn("chi", FollowTicket(followed.code))
    await desk.turn("dung")
    closed = await desk.file("Cống", citizen="em")
    await desk.plant(closed, state=TicketState.CLOSED.value, closed_at=desk.clock.now())
    desk.clock.advance(timedelta(days=31))
    assert await transcripts.forget_old() == 2
    assert (await desk.now(open_one)).conversation_id == 1
    assert (await desk.now(closed)).conversation_id is None
    await desk.plant(followed, state=TicketState.CLOSED.value, legal_hold=True)
    assert await transcripts.forget_old() == 0
    await desk.plant(followed, legal_hold=False)
    assert await transcripts.forget_old() == 2


async def test_files_of_a_closed_ticket_stay_when_the_conversation_goes(desk: Desk) -> None:
    photo = await send_picture(desk, "an")
    ticket = await desk.file("Rác", photos=((photo, 0),))
    await desk.plant(ticket, state=TicketState.CLOSED.value, closed_at=desk.clock.now())
    desk.clock.advance(timedelta(days=31))
    assert await SqlTranscripts(desk.database, desk.clock).forget_old() == 1
    async with desk.database.read() as connection:
        [row] = (await connection.execute(select(ticket_files))).all()
    assert (row.file_key, row.media_id) == ("key-p1", None)
    assert await SqlMedia(desk.database, desk.clock).unknown(["key-p1", "other"]) == ["other"]


async def test_one_clock_acts_at_a_time(desk: Desk) -> None:
    done: list[str] = []

    async def minutely() -> None:
        done.append("minute")
        await other.tick()

    async def hourly() -> None:
        done.append("hour")

    async def second() -> None:
        done.append("other")

    leases = SharedLeases(desk.database, desk.clock)
    transcripts = SqlTranscripts(desk.database, desk.clock)
    other = Timekeeper(transcripts, leases, (second,))
    keeper = Timekeeper(transcripts, leases, (minutely,), (hourly,))
    await keeper.tick()
    await keeper.tick()
    assert done == ["minute", "hour", "minute"]
    await other.tick()
    assert done[-1] == "other"


async def test_nothing_is_done_before_the_publications_are_known(desk: Desk, clock_of: TicketClock) -> None:
    ticket = await desk.file()
    desk.clock.set(local(1, 9, month=12))
    clock_of._units = list
    await clock_of.tick()
    assert await desk.happened(ticket) == ["filed"]
