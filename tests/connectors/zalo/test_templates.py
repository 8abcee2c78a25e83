"""When the reply window is closed, a ticket's citizen is told by a ZBS template, where the channel has one for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.channels import Credentials, Outgoing
from bot.domain.errors import SendFailedError
from bot.domain.messages import Button, ContactRequest, Reply
from bot.domain.notices import NoticeKind, notice
from connectors.zalo import limits
from tests.connectors.fakes_zalo import FakeCredentialStore
from tests.connectors.zalo.conftest import CHANNEL, PICTURE, Process
from tests.connectors.zalo.test_connector import Ledger
from tests.fakes import FakeClock
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_state import APP_ID, APP_SECRET, CITIZEN, OA_ID, OA_SECRET

Make = Callable[..., Outgoing]
PHONE = "+84900000001"
ANSWERED = Reply(
    "Dạ, thưa ông/bà, về phiếu PA-261123-0001A: đã vá ổ gà.",
    notice=notice(NoticeKind.ANSWERED, "PA-261123-0001A", "xã Tân An", "0251 000 0001"),
)
BY_PHONE, CARE = "/message/template", "/v3.0/oa/message/cs"


@pytest.fixture(autouse=True)
def configured(store: FakeCredentialStore, zalo: PretendZalo) -> None:
    secrets = {"app_id": APP_ID, "app_secret": APP_SECRET, "oa_secret": OA_SECRET, "template_answered": "77001"}
    store.known[CHANNEL] = Credentials(OA_ID, secrets)
    zalo.template("77001", dict(limits.PARAMETERS))


@pytest.fixture
def late(outgoing: Make, zalo: PretendZalo, clock: FakeClock) -> Make:
    """A message after the window."""
    last = clock.now() - timedelta(days=8)
    zalo.citizens[CITIZEN].last_interaction = last
    return lambda reply=ANSWERED, **more: outgoing(reply, last_inbound_at=last, **more)


async def test_the_template_goes_to_the_number_the_citizen_gave(
    process: Process, zalo: PretendZalo, late: Make
) -> None:
    ledger = Ledger()
    assert await process.connector.send(late(phone=PHONE), ledger) == "template"
    [sent] = zalo.sent
    assert (sent.kind, ledger.ids) == ("phone_template", [sent.message_id])
    assert sent.body == {
        "phone": "84900000001",
        "template_id": "77001",
        "template_data": {
            "ma_phieu": "PA-261123-0001A",
            "don_vi": "xã Tân An",
            "trang_thai": "Đã có câu trả lời",
            "dien_thoai": "0251 000 0001",
        },
        "tracking_id": "message-7",
    }


async def test_without_a_number_it_goes_by_the_id_of_the_conversation(
    process: Process, zalo: PretendZalo, late: Make
) -> None:
    assert await process.connector.send(late(), Ledger()) == "template"
    assert [(one.kind, one.recipient) for one in zalo.sent] == [("template", CITIZEN)]


async def test_within_the_window_the_answer_itself_goes_out(
    process: Process, zalo: PretendZalo, outgoing: Make
) -> None:
    assert await process.connector.send(outgoing(ANSWERED, phone=PHONE), Ledger()) is None
    assert zalo.texts_to(CITIZEN) == [ANSWERED.text]


async def test_when_zalo_alone_knows_that_the_window_is_closed_the_template_goes_out_too(
    process: Process, zalo: PretendZalo, outgoing: Make
) -> None:
    zalo.faults.error(-230, path=CARE)
    assert await process.connector.send(outgoing(ANSWERED, phone=PHONE), Ledger()) == "template"


@pytest.mark.parametrize(
    "reply",
    [Reply("không phải về phiếu"), Reply("x", notice=notice(NoticeKind.ASSIGNED, "PA-261123-0001A", "xã", None))],
    ids=["no notice", "no template for it"],
)
async def test_what_has_no_template_is_left_to_a_person(
    process: Process, zalo: PretendZalo, late: Make, reply: Reply
) -> None:
    with pytest.raises(SendFailedError) as caught:
        await process.connector.send(late(reply, phone=PHONE), Ledger())
    assert (caught.value.reason, caught.value.outcome, zalo.sent) == ("window_closed", "unreachable", [])


async def test_a_message_begun_before_the_window_closed_is_not_told_twice(
    process: Process, zalo: PretendZalo, late: Make
) -> None:
    long = Reply("Hồ sơ gồm tờ khai. " * 300, notice=ANSWERED.notice)
    with pytest.raises(SendFailedError):
        await process.connector.send(late(long, phone=PHONE, parts_sent=1), Ledger())
    assert zalo.sent == []


@pytest.mark.parametrize("code", [-118, -139, -146, -1122, -137])
async def test_a_refused_template_leaves_the_message_to_a_person(
    process: Process, zalo: PretendZalo, late: Make, code: int
) -> None:
    zalo.faults.error(code, path=BY_PHONE)
    with pytest.raises(SendFailedError) as caught:
        await process.connector.send(late(phone=PHONE), Ledger())
    assert (caught.value.reason, caught.value.outcome) == ("window_closed", "unreachable")


async def test_a_template_waits_for_the_morning(process: Process, zalo: PretendZalo, late: Make) -> None:
    zalo.faults.error(-133, path=BY_PHONE)
    with pytest.raises(SendFailedError) as caught:
        await process.connector.send(late(phone=PHONE), Ledger())
    assert caught.value.told
    assert caught.value.retry_after is not None


async def test_a_lost_answer_is_in_doubt_and_not_repeated_at_once(
    process: Process, zalo: PretendZalo, late: Make
) -> None:
    zalo.faults.drop(path=BY_PHONE)
    with pytest.raises(SendFailedError) as caught:
        await process.connector.send(late(phone=PHONE), Ledger())
    assert caught.value.uncertain


# The form that asks for a telephone number

ASKED = Reply(
    "Dạ, xin phép ông/bà cho số điện thoại.",
    (Button("Bỏ qua", "draft:skip"),),
    contact=ContactRequest("Chia sẻ số điện thoại", "Để cán bộ gọi lại"),
)


async def test_the_form_follows_the_question_with_its_buttons(
    process: Process, zalo: PretendZalo, outgoing: Make
) -> None:
    ledger = Ledger()
    await process.connector.send(outgoing(ASKED), ledger)
    question, form = zalo.sent
    assert (question.kind, form.kind, len(ledger.ids)) == ("buttons", "request_user_info", 2)
    assert form.body["message"]["attachment"]["payload"] == {
        "template_type": "request_user_info",
        "elements": [{"title": "Chia sẻ số điện thoại", "subtitle": "Để cán bộ gọi lại", "image_url": PICTURE}],
    }


async def test_a_refused_form_leaves_the_question_standing(process: Process, zalo: PretendZalo, outgoing: Make) -> None:
    zalo.faults.error(-233, path=CARE)
    ledger = Ledger()
    await process.connector.send(outgoing(ASKED, parts_sent=1), ledger)
    assert (zalo.sent, ledger.ids) == ([], [])


async def test_a_visitor_without_identity_gets_the_question_alone(
    process: Process, zalo: PretendZalo, outgoing: Make
) -> None:
    await process.connector.send(outgoing(ASKED, citizen_id="anonymous:v1:c1"), Ledger())
    assert [one.kind for one in zalo.sent] == ["anonymous"]
