from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.domain.channels import Attachment, Inbound, Kind
from bot.domain.conversations import Speaker
from bot.domain.errors import ConversationTakenError, InvalidMoveError, NotAllowedError, TicketNotFoundError
from bot.domain.filing import AskPerson, FileTicket, Filing
from bot.domain.messages import InboundMessage, Outcome, Reply, Turn
from bot.domain.staff import Role
from bot.domain.tickets import TicketKind
from bot.storage.conversations import SqlConversations
from bot.storage.coordination import LocalSignals
from bot.storage.tables import conversations, events
from tests.conftest import UNIT
from tests.storage.desk import NEIGHBOUR, Desk


@pytest.fixture
def talk(desk: Desk, signals: LocalSignals) -> SqlConversations:
    return SqlConversations(desk.database, desk.clock, signals, desk.views)


async def last_event(desk: Desk) -> tuple[str | None, str | None]:
    async with desk.database.read() as connection:
        row = (await connection.execute(select(events).order_by(events.c.id.desc()).limit(1))).one()
    return row.outcome, row.reason


async def test_a_person_takes_over_and_the_assistant_is_silent(desk: Desk, talk: SqlConversations) -> None:
    lan, minh = await desk.hire("lan", Role.OPERATOR, title="Cán bộ trực"), await desk.hire("minh", Role.HANDLER)
    await desk.turn("an", AskPerson())
    [line] = await talk.waiting(lan, UNIT)
    assert (line.asked_at, line.staff, line.last_text) == (desk.clock.now(), "", "xin chào")
    await talk.take_over(lan, line.id)
    with pytest.raises(ConversationTakenError) as caught:
        await talk.take_over(minh, line.id)
    assert caught.value.who == "Lan"
    await desk.inbox.save(desk.channel.id, [InboundMessage("m1", "an", "còn tôi thì sao")])
    await desk.inbox.save_events(desk.channel.id, [Inbound("m2", "an", Kind.MESSAGE, "alo")])
    assert await desk.inbox.claim("w") is None
    assert await last_event(desk) == ("ignored", "staff_conversation")
    await talk.write(lan, line.id, "Dạ, em nghe.")
    page = await talk.page(minh, line.id)
    assert [(said.speaker, said.text) for said in page.said[-4:]] == [
        (Speaker.ASSISTANT, (await desk.told(line.id))[0]),
        (Speaker.CITIZEN, "còn tôi thì sao"),
        (Speaker.CITIZEN, "alo"),
        (Speaker.STAFF, "Dạ, em nghe.\n\nCán bộ trực, xã Tân An"),
    ]
    assert page.said[-1].sending == "waiting"
    with pytest.raises(NotAllowedError):
        await talk.write(minh, line.id, "xen vào")
    with pytest.raises(InvalidMoveError):
        await talk.write(lan, line.id, "   ")


async def test_what_still_waits_for_an_answer_is_the_persons(desk: Desk, talk: SqlConversations) -> None:
    lan = await desk.hire("lan", Role.OPERATOR)
    await desk.inbox.save(desk.channel.id, [InboundMessage("m1", "an", "alo")])
    await talk.take_over(lan, 1)
    assert await last_event(desk) == ("ignored", "staff_conversation")
    assert await desk.inbox.claim("w") is None


async def test_handing_back_by_button_by_tap_and_by_silence(desk: Desk, talk: SqlConversations) -> None:
    lan, minh = await desk.hire("lan", Role.OPERATOR), await desk.hire("minh", Role.HANDLER)
    await desk.turn("an")
    await talk.take_over(minh, 1)
    await talk.hand_back(lan, 1)
    assert "trợ lý ảo của xã Tân An tiếp tục" in (await desk.told(1))[-1]
    await talk.take_over(lan, 1)
    with pytest.raises(NotAllowedError):
        await talk.hand_back(minh, 1)
    await desk.inbox.save(desk.channel.id, [InboundMessage("tap", "an", "Trợ lý ảo", payload="handback")])
    assert (await desk.inbox.claim("w")) is not None
    desk.clock.advance(timedelta(minutes=29))
    await talk.write(lan, 1, "Dạ.")
    desk.clock.advance(timedelta(minutes=29))
    assert await talk.hand_back_idle() == 0
    desk.clock.advance(timedelta(minutes=2))
    assert await talk.hand_back_idle() == 1
    assert await talk.hand_back_idle() == 0
    assert await talk.waiting(lan, UNIT) == []
    await desk.inbox.save(desk.channel.id, [InboundMessage("m9", "an", "khai sinh cần gì")])
    desk.clock.advance(timedelta(minutes=1))
    assert await desk.inbox.claim("w") is not None


async def test_only_staff_of_the_unit_read_a_conversation(desk: Desk, talk: SqlConversations) -> None:
    stranger = await desk.hire("son", Role.OPERATOR, unit=NEIGHBOUR)
    editor, officer = await desk.hire("kim", Role.EDITOR), await desk.hire("tam", Role.APPOINTED_OFFICER)
    await desk.file("Rác")
    for staff in (stranger, editor, officer):
        with pytest.raises(TicketNotFoundError):
            await talk.page(staff, 1)
    with pytest.raises(NotAllowedError):
        await talk.waiting(editor, UNIT)
    await desk.file("Thái độ", kind=TicketKind.CONDUCT)
    assert (await talk.page(officer, 1)).line.ticket_codes != ()
    with pytest.raises(NotAllowedError):
        await talk.take_over(officer, 1)


async def test_words_of_a_restricted_report_are_hidden_from_those_who_may_not_read_it(
    desk: Desk, talk: SqlConversations
) -> None:
    lan, leader = await desk.hire("lan", Role.OPERATOR), await desk.hire("hoa", Role.LEADER)
    await desk.turn("an", text="giờ làm việc?", replies=(Reply("Từ 7:30."),))
    desk.clock.advance(timedelta(hours=5))
    async with desk.database.write() as connection:
        draft = {"draft": {"kind": "conduct", "started_at": desk.clock.now().isoformat()}}
        await connection.execute(
            update(conversations).values(state=draft, state_expires_at=desk.clock.now() + timedelta(hours=9))
        )
    await desk.inbox.save(desk.channel.id, [InboundMessage("m1", "an", "bà Tư ở quầy nạt tôi")])
    seen = [(one.text, one.hidden) for one in (await talk.page(lan, 1)).said]
    assert seen == [("giờ làm việc?", False), ("Từ 7:30.", False), ("", True)]
    event = await desk.inbox.claim("w")
    assert event is not None
    filed = FileTicket(Filing(TicketKind.CONDUCT, "bà Tư ở quầy nạt tôi"))
    await desk.inbox.finish(event, "w", Turn(Outcome.FLOW, (Reply("Đã nhận {ticket_code}"),), {}, effects=(filed,)))
    assert [one.hidden for one in (await talk.page(lan, 1)).said] == [False, False, True, True]
    assert [one.hidden for one in (await talk.page(leader, 1)).said] == [False] * 4
    await desk.turn("an", text="cảm ơn")
    assert (await talk.page(lan, 1)).line.last_text == "cảm ơn"


async def test_pictures_and_pins_are_shown_with_their_message(desk: Desk, talk: SqlConversations) -> None:
    lan = await desk.hire("lan", Role.OPERATOR)
    brought = (
        Attachment("image", "https://example.test/a.jpg"),
        Attachment("location", latitude=11.0, longitude=107.0),
    )
    await desk.inbox.save_events(desk.channel.id, [Inbound("p1", "an", Kind.MESSAGE, "ở đây", attachments=brought)])
    [said] = (await talk.page(lan, 1)).said
    assert [(one.kind, one.state) for one in said.files] == [("image", "waiting")]
    assert said.pins == ((11.0, 107.0),)


async def test_a_long_conversation_is_read_page_by_page(
    desk: Desk, talk: SqlConversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.limits.TRANSCRIPT_PAGE", 2)
    lan = await desk.hire("lan", Role.OPERATOR)
    for number in range(5):
        await desk.turn("an", text=f"tin {number}")
    read, before = [], None
    while True:
        page = await talk.page(lan, 1, before)
        read.append([one.text for one in page.said])
        before = page.earlier
        if before is None:
            break
    assert read == [["tin 3", "tin 4"], ["tin 1", "tin 2"], ["tin 0"]]
