from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.domain.channels import Attachment, Inbound, Kind
from bot.domain.errors import LeaseLostError, NotAllowedError
from bot.domain.filing import (
    AddToTicket,
    AskPerson,
    EraseData,
    FileTicket,
    Filing,
    FollowTicket,
    GiveConsent,
    HandBack,
    RateTicket,
    ReopenTicket,
    SealWords,
    WithdrawConsent,
    WithdrawTicket,
)
from bot.domain.messages import Outcome, Turn
from bot.domain.staff import Role
from bot.domain.tickets import QueueFilter, TicketKind, TicketResult, TicketState
from bot.domain.views import LOCAL_ZONE
from bot.storage.sealing import SEALED_MARK
from bot.storage.tables import conversations, erasures, events, media, messages
from bot.storage.ticket_tables import consents, sealed_texts, ticket_files, tickets
from tests.conftest import UNIT
from tests.storage.desk import Desk


async def rows(desk: Desk, table: Any, *conditions: Any) -> list[Any]:
    async with desk.database.read() as connection:
        return list((await connection.execute(select(table).where(*conditions))).all())


async def send_picture(desk: Desk, citizen: str, external_id: str = "p1") -> int:
    """A picture that was fetched; the event's id."""
    picture = Attachment("image", "https://example.test/a.jpg")
    await desk.inbox.save_events(
        desk.channel.id, [Inbound(external_id, citizen, Kind.MESSAGE, "ảnh đây", attachments=(picture,))]
    )
    async with desk.database.write() as connection:
        await connection.execute(
            update(media).where(media.c.state == "waiting").values(state="kept", file_key=f"key-{external_id}", size=9)
        )
    desk.clock.advance(timedelta(seconds=3))
    event = await desk.inbox.claim("w")
    assert event is not None
    await desk.inbox.finish(event, "w", Turn(Outcome.FLOW, (), {}))
    return event.id


async def test_a_turn_files_once_however_often_it_is_finished(desk: Desk) -> None:
    event = await desk.turn("an", FileTicket(Filing(TicketKind.REPORT, "Rác")))
    with pytest.raises(LeaseLostError):
        await desk.inbox.finish(
            event, "w", Turn(Outcome.FLOW, (), {}, effects=(FileTicket(Filing(TicketKind.REPORT, "Rác")),))
        )
    assert len(await rows(desk, tickets)) == 1


async def test_a_number_already_taken_is_drawn_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([41, 41, 41, 6])
    monkeypatch.setattr("bot.storage.filing.secrets.randbelow", lambda _: next(drawn))
    codes = [(await desk.file(citizen=name)).code for name in ("an", "binh")]
    assert codes[0].startswith("PA-261123-0042")
    assert codes[1].startswith("PA-261123-0007")


async def test_numbers_of_cards_are_masked_and_telephones_kept(desk: Desk) -> None:
    ticket = await desk.file("CCCD 075203001234 của tôi, gọi 0912345678")
    assert ticket.text == "CCCD ******34 của tôi, gọi 0912345678"
    [row] = await rows(desk, tickets)
    assert "075203001234" not in row.search_text


async def test_pictures_of_the_citizen_go_with_the_ticket_and_nobody_elses(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    own, foreign = await send_picture(desk, "an"), await send_picture(desk, "binh", "p2")
    ticket = await desk.file(photos=((own, 0), (foreign, 0), (999, 0)))
    page = await desk.tickets.page(operator, ticket.id)
    assert [(one.file_key, one.by_staff) for one in page.files] == [("key-p1", False)]


async def test_what_is_added_to_a_waiting_ticket_starts_the_clock_again(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file()
    await desk.actions.ask(operator, ticket.id, 1, "Ở đâu?")
    desk.clock.advance(timedelta(days=1))
    await desk.turn("an", AddToTicket(ticket.code, "Trước nhà văn hóa ấp 3"))
    now = await desk.now(ticket)
    assert (now.state, now.paused_at) == (TicketState.IN_PROGRESS, None)
    assert now.due_at == datetime(2026, 12, 1, 16, 30, tzinfo=LOCAL_ZONE)
    page = await desk.tickets.queue(operator, UNIT, QueueFilter(search="nha van hoa"))
    assert [line.ticket.id for line in page.lines] == [ticket.id]
    assert (await desk.happened(ticket))[-1] == "citizen_wrote"


async def test_nobody_touches_somebody_elses_ticket(desk: Desk) -> None:
    ticket = await desk.file()
    effects = (
        AddToTicket(ticket.code, "x"),
        WithdrawTicket(ticket.code),
        RateTicket(ticket.code, 1),
        ReopenTicket(ticket.code),
    )
    await desk.turn("binh", *effects)
    assert await desk.now(ticket) == ticket
    await desk.turn("binh", FollowTicket(ticket.code))
    await desk.turn("binh", *effects)
    # Whoever follows may add to it, and no more.
    assert (await desk.happened(ticket))[1:] == ["followed", "citizen_wrote"]


async def test_withdrawing_rating_and_reopening_once_at_the_leader(desk: Desk) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    withdrawn = await desk.file("Rác")
    await desk.turn("an", WithdrawTicket(withdrawn.code))
    assert (await desk.now(withdrawn)).result is TicketResult.WITHDRAWN
    ticket = await desk.file("Đèn hỏng", citizen="binh")
    await desk.turn("binh", RateTicket(ticket.code, 5), ReopenTicket(ticket.code))
    assert (await desk.now(ticket)).rating is None
    await desk.actions.reply(leader, ticket.id, 1, "Đã thay bóng.")
    await desk.turn("binh", RateTicket(ticket.code, 2, "vẫn tối"), RateTicket(ticket.code, 9))
    rated = await desk.now(ticket)
    assert (rated.rating, rated.rating_comment) == (2, "vẫn tối")
    await desk.turn("binh", ReopenTicket(ticket.code, "vẫn tối"))
    again = await desk.now(ticket)
    assert (again.state, again.assignee_id, again.reopened) == (TicketState.IN_PROGRESS, leader.id, 1)
    await desk.actions.reply(leader, ticket.id, again.version, "Đã thay lại.")
    await desk.turn("binh", ReopenTicket(ticket.code))
    assert (await desk.now(ticket)).state is TicketState.ANSWERED


async def test_a_restricted_ticket_cannot_be_followed_or_looked_up_by_others(desk: Desk) -> None:
    secret = await desk.file("Cán bộ vòi vĩnh", kind=TicketKind.CONDUCT)
    await desk.turn("binh", FollowTicket(secret.code))
    assert await desk.happened(secret) == ["filed"]
    assert (await desk.facts.facts(2, UNIT, [secret.code])).asked is None
    own = (await desk.facts.facts(1, UNIT, [secret.code])).asked
    assert own is not None
    assert own.own


async def test_what_the_dialogue_is_told_of_tickets(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    ticket = await desk.file("Rác trước nhà", category="rubbish", hamlet="ấp 1")
    await desk.actions.reply(operator, ticket.id, 1, "Mai thu gom.", final=False)
    await desk.turn("an", GiveConsent("phone", "v1"))
    await desk.turn("binh", FollowTicket(ticket.code))
    mine = await desk.facts.facts(1, UNIT, ["PA-260101-0001A", ticket.code])
    assert [(one.code, one.summary, one.last_reply) for one in mine.own] == [
        (ticket.code, "Rác trước nhà", "Mai thu gom.")
    ]
    assert (mine.asked, mine.consents) == (mine.own[0], {"phone"})
    assert dict(mine.data_kept)["tickets"] == 1
    followed = (await desk.facts.facts(2, UNIT)).own[0]
    assert (followed.followed, followed.last_reply) == (True, "Mai thu gom.")
    assert followed.summary == "rác thải, vệ sinh, ấp 1"
    await desk.turn("chi")
    foreign = (await desk.facts.facts(3, UNIT, [ticket.code])).asked
    assert foreign is not None
    assert (foreign.own, foreign.summary, foreign.last_reply) == (False, "", "")


async def test_likely_duplicates_are_near_of_the_same_matter_and_tell_no_words(desk: Desk) -> None:
    rubbish = await desk.file("Rác chất đống không ai thu gom", category="rubbish", hamlet="ấp 1")
    near = await desk.file("Đống rác hôi", citizen="b", category="rubbish", latitude=11.0500, longitude=107.0100)
    await desk.file("Rác chất đống không ai thu gom", citizen="c", category="rubbish", hamlet="ấp 9")
    await desk.file("Rác chất đống không ai thu gom", citizen="d", kind=TicketKind.CONDUCT, hamlet="ấp 1")
    old = await desk.file("Rác chất đống không ai thu gom", citizen="e", category="rubbish", hamlet="ấp 1")
    await desk.plant(old, received_at=desk.clock.now() - timedelta(days=31))
    await desk.turn("f")

    async def similar(**known: Any) -> list[str]:
        draft = Filing(TicketKind.REPORT, "Rác chất đống mấy ngày không ai thu gom", **known)
        return [one.code for one in (await desk.facts.facts(6, UNIT, (), draft)).similar]

    assert await similar(category="rubbish", hamlet="ấp 1") == [rubbish.code]
    assert near.code in await similar(category="rubbish", latitude=11.0515, longitude=107.0105)
    assert near.code not in await similar(category="rubbish", latitude=11.0600, longitude=107.0105)
    assert await similar(category="lights", hamlet="ấp 1") == []
    draft = Filing(TicketKind.REPORT, rubbish.text, category="rubbish", hamlet="ấp 1")
    [one] = (await desk.facts.facts(6, UNIT, (), draft)).similar
    assert (one.summary, one.own) == ("rác thải, vệ sinh, ấp 1", False)
    [own] = (await desk.facts.facts(1, UNIT, (), draft)).similar
    assert (own.code, own.own, own.followed) == (rubbish.code, True, False)


async def test_sealed_words_are_nowhere_but_in_the_box(desk: Desk) -> None:
    event_id = await send_picture(desk, "an")
    await desk.inbox.save_events(
        desk.channel.id,
        [Inbound("t1", "an", Kind.MESSAGE, "Tôi tố cáo ông Bảy nhận hối lộ", payload=None)],
    )
    event = await desk.inbox.claim("w")
    assert event is not None
    await desk.inbox.finish(event, "w", Turn(Outcome.DOOR, (), {}, effects=(SealWords(),)))
    async with desk.database.read() as connection:
        for table in (events, messages, media, tickets, conversations):
            found = (await connection.execute(select(table))).all()
            assert "hối lộ" not in json.dumps([tuple(row) for row in found], default=str, ensure_ascii=False)
    [sealed] = await rows(desk, sealed_texts)
    assert "hối lộ" not in sealed.content
    assert json.loads(desk.seal.open(sealed.content))["text"] == "Tôi tố cáo ông Bảy nhận hối lộ"
    [message] = await rows(desk, messages, messages.c.event_id == event.id)
    assert message.content["text"] == SEALED_MARK
    assert len(await rows(desk, media, media.c.event_id == event_id)) == 1


async def test_pictures_of_sealed_words_leave_the_store(desk: Desk) -> None:
    picture = Attachment("image", "https://example.test/secret.jpg")
    await desk.inbox.save_events(
        desk.channel.id, [Inbound("s1", "an", Kind.MESSAGE, "chứng cứ đây", attachments=(picture,))]
    )
    desk.clock.advance(timedelta(seconds=3))
    event = await desk.inbox.claim("w")
    assert event is not None
    await desk.inbox.finish(event, "w", Turn(Outcome.DOOR, (), {}, effects=(SealWords(),)))
    assert await rows(desk, media) == []
    [row] = await rows(desk, events)
    assert (row.text, row.attachments) == ("", None)


async def test_asking_for_a_person_and_for_the_assistant_again(desk: Desk) -> None:
    await desk.turn("an", AskPerson())
    assert (await rows(desk, conversations))[0].person_asked_at == desk.clock.now()
    await desk.turn("an", HandBack())
    assert (await rows(desk, conversations))[0].person_asked_at is None


async def test_taking_back_the_yes_deletes_the_number_from_the_tickets(desk: Desk) -> None:
    ticket = await desk.file("Rác", phone="+84912345678")
    other = await desk.file("Đèn", citizen="binh", phone="+84912345679")
    await desk.turn("an", GiveConsent("phone", "v1"))
    await desk.turn("an", WithdrawConsent())
    assert ((await desk.now(ticket)).phone, (await desk.now(other)).phone) == (None, "+84912345679")
    assert (await rows(desk, consents))[0].withdrawn_at == desk.clock.now()


async def test_a_picture_is_claimed_with_the_event_and_part_it_is_kept_under(desk: Desk) -> None:
    pictures = tuple(Attachment("image", f"https://example.test/{name}.jpg") for name in "ab")
    await desk.inbox.save_events(desk.channel.id, [Inbound("p", "an", Kind.MESSAGE, "", attachments=pictures)])
    desk.clock.advance(timedelta(seconds=3))
    event = await desk.inbox.claim("w")
    assert event is not None
    kept = {(row.event_id, row.part) for row in await rows(desk, media)}
    assert {(one["event_id"], one["part"]) for one in event.attachments} == kept == {(event.id, 0), (event.id, 1)}


async def test_erasing_keeps_open_tickets_with_their_files_and_forgets_the_rest(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    photo = await send_picture(desk, "an")
    kept = await desk.file("Rác", photos=((photo, 0),))
    closed = await desk.file("Đèn", phone="+84912345678")
    await desk.actions.close(operator, closed.id, 1, TicketResult.SOLVED, "xong", "Đã thay.")
    loose = await send_picture(desk, "an", "p2")
    await desk.turn("an", GiveConsent("phone", "v1"))
    last = await desk.turn("an", EraseData(), text="xóa dữ liệu")
    assert {row.event_id for row in await rows(desk, messages)} == {last.id}
    assert {row.id for row in await rows(desk, events)} == {photo, last.id}
    assert await rows(desk, media, media.c.event_id == loose) == []
    assert (await desk.now(kept)).text == "Rác"
    assert [one.file_key for one in (await desk.tickets.page(operator, kept.id)).files] == ["key-p1"]
    forgotten = await desk.now(closed)
    assert (forgotten.phone, forgotten.conversation_id) == (None, None)
    assert "Đèn" not in forgotten.text
    assert (await rows(desk, consents))[0].withdrawn_at is not None
    [record] = await rows(desk, erasures)
    assert record.files == 1


async def test_a_legal_hold_keeps_everything(desk: Desk) -> None:
    leader = await desk.hire("hoa", Role.LEADER)
    ticket = await desk.file("Rác")
    await desk.actions.hold(leader, ticket.id, 1, True, "công an yêu cầu")
    before = len(await rows(desk, messages))
    await desk.turn("an", EraseData())
    assert len(await rows(desk, messages)) == before + 1


async def test_a_ticket_typed_in_at_the_counter(desk: Desk) -> None:
    operator, editor = await desk.hire("lan", Role.OPERATOR), await desk.hire("kim", Role.EDITOR)
    ticket = await desk.filing.file_by_hand(operator, UNIT, Filing(TicketKind.REPORT, "Cống nghẹt", phone="+84912"))
    assert (ticket.platform, ticket.conversation_id) == ("counter", None)
    answered = await desk.actions.reply(operator, ticket.id, 1, "Đã thông cống.")
    assert answered.state is TicketState.ANSWERED
    for staff, kind in ((editor, TicketKind.REPORT), (operator, TicketKind.CONDUCT)):
        with pytest.raises(NotAllowedError):
            await desk.filing.file_by_hand(staff, UNIT, Filing(kind, "x"))
    assert len(await rows(desk, tickets)) == 1


async def test_files_of_citizens_and_of_staff_stand_side_by_side(desk: Desk) -> None:
    operator = await desk.hire("lan", Role.OPERATOR)
    photo = await send_picture(desk, "an")
    ticket = await desk.file("Rác", photos=((photo, 0),))
    async with desk.database.write() as connection:
        await connection.execute(
            insert(ticket_files).values(
                ticket_id=ticket.id, staff_id=operator.id, name="a.pdf", file_key="key-staff",
                created_at=desk.clock.now(),
            )
        )  # fmt: skip
    page = await desk.tickets.page(operator, ticket.id)
    assert [(one.name, one.file_key) for one in page.files] == [(None, "key-p1"), ("a.pdf", "key-staff")]
