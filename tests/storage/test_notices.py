"""To which number a message about a ticket may go when the chat is closed: one its citizen gave for that."""

from __future__ import annotations

from bot import limits
from bot.dialogue.texts_tickets_vi import CONSENT_WORDING
from bot.domain.filing import FileTicket, Filing, FollowTicket, GiveConsent, WithdrawConsent
from bot.domain.notices import MAY_NOTIFY, NoticeKind, notice
from bot.domain.staff import Role
from bot.domain.tickets import Ticket, TicketKind
from bot.storage.outbox import SqlOutbox
from connectors.zalo import limits as zalo
from tests.storage.desk import Desk

PHONE = "+84912345678"


async def told(desk: Desk) -> dict[str, str | None]:
    """The numbers of what waits to be sent, by citizen."""
    outbox, found = SqlOutbox(desk.database, desk.clock), {}
    while (delivery := await outbox.claim(["web"])) is not None:
        if delivery.reply.notice is not None:
            found[delivery.citizen_id] = delivery.phone
        await outbox.close(delivery, "sent")
    return found


async def received(desk: Desk, ticket: Ticket) -> dict[str, str | None]:
    operator = await desk.hire("lan", Role.OPERATOR)
    await desk.actions.receive(operator, ticket.id, ticket.version)
    return await told(desk)


async def test_the_number_given_with_consent_goes_with_the_message_to_its_citizen_only(desk: Desk) -> None:
    await desk.turn("an", GiveConsent("call_back", CONSENT_WORDING))
    ticket = await desk.file(phone=PHONE)
    await desk.turn("binh", FollowTicket(ticket.code))
    assert await received(desk, ticket) == {"an": PHONE, "binh": None}


async def test_a_number_given_for_calls_alone_is_not_used(desk: Desk) -> None:
    await desk.turn("an", GiveConsent("call_back", "2026-12"))
    ticket = await desk.file(phone=PHONE)
    assert await received(desk, ticket) == {"an": None}


async def test_after_consent_is_withdrawn_there_is_no_number(desk: Desk) -> None:
    await desk.turn("an", GiveConsent("call_back", CONSENT_WORDING))
    ticket = await desk.file(phone=PHONE)
    await desk.turn("an", WithdrawConsent())
    assert await received(desk, await desk.now(ticket)) == {"an": None}


async def test_a_turn_of_the_assistant_carries_no_notice(desk: Desk) -> None:
    await desk.turn("an", FileTicket(Filing(TicketKind.REPORT, "Rác", phone=PHONE)))
    assert await told(desk) == {}


def test_every_notice_fits_its_template_and_the_sentence_asked_with_covers_it() -> None:
    assert CONSENT_WORDING in MAY_NOTIFY
    for kind in NoticeKind:
        values = notice(kind, "PA-261123-0001A", "xã Tân An", None).values
        assert values.keys() == zalo.PARAMETERS.keys()
        assert all(0 < len(value) <= zalo.PARAMETERS[name] for name, value in values.items())
    assert limits.REPLY_WINDOWS["zalo"][1] == zalo.WINDOW
