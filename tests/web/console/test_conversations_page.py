from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from bot import limits
from bot.domain.filing import AskPerson
from bot.domain.tickets import TicketKind
from bot.storage.tables import conversations
from tests import cast
from tests.fakes import FakeClock
from tests.web.console.desk_fixtures import Town
from tests.web.console.fixtures import SignIn

LIST = "/console/conversations"


async def test_nobody_waiting_is_said(sign_in: SignIn) -> None:
    assert "Không ai đang chờ" in (await (await sign_in(cast.LAN)).get(LIST)).words


async def test_a_conversation_is_taken_over_written_in_and_handed_back(sign_in: SignIn, town: Town) -> None:
    event = await town.turn("an", AskPerson(), text="cho tôi gặp cán bộ")
    place = f"{LIST}/{event.conversation_id}"
    lan = await sign_in(cast.LAN)
    assert "1 người dân đang chờ gặp cán bộ" in (await lan.get("/console/")).words
    assert "cho tôi gặp cán bộ" in (await lan.get(LIST)).words
    page = await lan.get(place)
    assert "Tin nhắn cho công dân" not in page.words
    assert (await lan.post(f"{place}/write", {"text": "Dạ tôi nghe"})).status == 409
    await lan.post(f"{place}/take")
    hung = await sign_in(cast.HUNG)
    await hung.get(place)
    await hung.post(f"{place}/take")
    assert "Nguyễn Thị Lan đã nhận cuộc trò chuyện này trước" in (await hung.get(place)).words
    await lan.get(place)
    assert (await lan.post(f"{place}/write", {"text": " "})).status == 422
    await lan.post(f"{place}/write", {"text": "Dạ tôi nghe <b>đây</b>"})
    page = await lan.get(place)
    assert "Dạ tôi nghe &lt;b&gt;đây" in page.text
    await lan.post(f"{place}/back")
    told = await town.told(event.conversation_id)
    assert "đang trực tiếp trả lời" in told[0]
    assert "trợ lý ảo" in told[-1]
    assert "Không ai đang chờ" in (await lan.get(LIST)).words


async def test_outside_office_hours_the_list_says_when_the_office_opens(
    sign_in: SignIn, town: Town, clock: FakeClock
) -> None:
    clock.advance(timedelta(hours=12))
    assert "Ngoài giờ làm việc" in (await (await sign_in(cast.LAN)).get(LIST)).words


async def test_an_idle_conversation_goes_back_and_a_late_message_is_kept_in_the_form(
    sign_in: SignIn, town: Town, clock: FakeClock
) -> None:
    event = await town.turn("an", AskPerson())
    place = f"{LIST}/{event.conversation_id}"
    lan = await sign_in(cast.LAN)
    await lan.get(place)
    await lan.post(f"{place}/take")
    clock.advance(limits.TAKEOVER_IDLE + timedelta(minutes=1))
    assert await town.parts.console.desk.conversations.hand_back_idle() == 1
    page = await lan.post(f"{place}/write", {"text": "Tôi viết chậm"})
    assert page.status == 409
    assert "Tôi viết chậm" in page.text


async def test_words_of_a_restricted_report_are_hidden_from_the_operator(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Cán bộ quát dân ở quầy", kind=TicketKind.CONDUCT)
    async with town.database.write() as connection:
        await connection.execute(update(conversations).values(person_asked_at=town.clock.now()))
    place = f"{LIST}/{ticket.conversation_id}"
    page = await (await sign_in(cast.LAN)).get(place)
    assert "Tin thuộc phiếu hạn chế" in page.words
    assert ticket.code not in page.words
    assert "Tin thuộc phiếu hạn chế" not in (await (await sign_in(cast.MAI)).get(place)).words


async def test_another_unit_and_those_without_the_right_see_no_conversation(sign_in: SignIn, town: Town) -> None:
    event = await town.turn("an", AskPerson())
    place = f"{LIST}/{event.conversation_id}"
    assert (await (await sign_in(cast.BINH)).get(place)).status == 404
    for person in (cast.TAM, cast.NGOC, cast.QUAN):
        assert (await (await sign_in(person)).get(place)).status == 403


async def test_the_whole_conversation_opens_on_the_ticket(sign_in: SignIn, town: Town) -> None:
    ticket = await town.file("Rác")
    path = f"/console/tickets/{ticket.code}/conversation"
    page = await (await sign_in(cast.HUNG)).get(path)
    assert "xin chào" in page.text
