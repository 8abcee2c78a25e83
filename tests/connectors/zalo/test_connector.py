"""A reply reaches the citizen once, whole and in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.channels import Kind as Event
from bot.domain.channels import Outgoing
from bot.domain.errors import SendFailedError, StorageUnavailableError
from bot.domain.messages import Button, Phone, Reply
from connectors.zalo.events import parse
from connectors.zalo.messages import render
from tests.connectors.zalo.conftest import CHANNEL, Process
from tests.fakes import FakeClock
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_events import echoed
from tests.servers.zalo_faults import Kind
from tests.servers.zalo_state import CITIZEN, OA_ID

CARE = "/v3.0/oa/message/cs"
QUOTA = "/v3.0/oa/quota/message"
LONG = Reply(
    "\n\n".join(f"Đoạn {at}. " + "Hồ sơ gồm tờ khai và giấy chứng sinh. " * 30 for at in range(4)),
    (Button("Lệ phí", "ask:fee:khai-sinh"),),
)
Make = Callable[..., Outgoing]


class Ledger:
    """What was recorded as accepted."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.away = False

    async def __call__(self, message_id: str) -> None:
        if self.away:
            raise StorageUnavailableError("told to be away")
        self.ids.append(message_id)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


async def failure(process: Process, message: Outgoing, ledger: Ledger) -> SendFailedError:
    with pytest.raises(SendFailedError) as caught:
        await process.connector.send(message, ledger)
    return caught.value


async def test_a_reply_arrives_with_its_buttons(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger
) -> None:
    await process.connector.send(outgoing(Reply("Bác cần gì ạ?", (Button("Lệ phí", "ask:fee:tach-ho"),))), ledger)
    [sent] = zalo.sent_to(CITIZEN)
    assert (sent.kind, sent.text, ledger.ids) == ("buttons", "Bác cần gì ạ?", [sent.message_id])


async def test_a_long_reply_is_sent_in_order(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger
) -> None:
    await process.connector.send(outgoing(LONG), ledger)
    assert len(zalo.sent) > 2
    assert zalo.texts_to(CITIZEN) == [part["text"] for part in render(LONG)]
    assert ledger.ids == [sent.message_id for sent in zalo.sent]
    assert [sent.kind for sent in zalo.sent][-2:] == ["text", "buttons"]


async def test_after_a_partial_failure_only_the_rest_is_sent(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger
) -> None:
    answer = process.api._http.call
    count = 0

    async def third_fails(*args: object, **named: object) -> object:
        nonlocal count
        count += 1
        if count == 3:
            zalo.faults.error(-32, path=CARE)
        return await answer(*args, **named)  # type: ignore[arg-type]

    process.api._http.call = third_fails  # type: ignore[assignment, method-assign]
    assert (await failure(process, outgoing(LONG), ledger)).reason == "rate_limited"
    assert len(ledger.ids) == 2
    await process.connector.send(outgoing(LONG, parts_sent=2), ledger)
    assert zalo.texts_to(CITIZEN) == [part["text"] for part in render(LONG)]
    assert len(ledger.ids) == len(set(ledger.ids)) == len(zalo.sent)


@pytest.mark.parametrize("reply", [Reply(""), Reply("đã gửi hết")])
async def test_nothing_left_is_nothing_sent(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger, reply: Reply
) -> None:
    await process.connector.send(outgoing(reply, parts_sent=1, last_inbound_at=None), ledger)
    assert zalo.calls == []


async def test_within_the_window_nobody_is_asked(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger, clock: FakeClock
) -> None:
    seen = clock.now() - timedelta(days=6, hours=23)
    await process.connector.send(outgoing("Xin chào", last_inbound_at=seen), ledger)
    assert zalo.calls_to(QUOTA) == []
    assert len(zalo.sent) == 1


@pytest.mark.parametrize("ours", [None, timedelta(days=7), timedelta(days=6, hours=23, minutes=56)])
@pytest.mark.parametrize("theirs", [None, timedelta(days=2), timedelta(days=8)])
async def test_a_window_our_clock_holds_closed_is_asked_for(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger, clock: FakeClock,
    ours: timedelta | None, theirs: timedelta | None,
) -> None:  # fmt: skip
    zalo.citizen(ago=theirs)
    message = outgoing("Xin chào", last_inbound_at=None if ours is None else clock.now() - ours)
    if theirs == timedelta(days=2):
        await process.connector.send(message, ledger)
        return
    error = await failure(process, message, ledger)
    assert (error.reason, error.outcome, error.retry_after) == ("window_closed", "unreachable", None)
    assert zalo.calls_to(CARE) == []


async def test_who_cannot_be_asked_about_is_out_of_reach_or_waits(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger
) -> None:
    stranger = outgoing("Xin chào", citizen_id="1", last_inbound_at=None)
    assert (await failure(process, stranger, ledger)).reason == "window_closed"
    zalo.faults.garbage(Kind.HTML, path=QUOTA)
    error = await failure(process, stranger, ledger)
    assert (error.reason, error.uncertain, error.retry_after) == ("garbage", False, 5.0)
    zalo.oauth.revoke()
    assert (await failure(process, stranger, ledger)).outcome == "token"


async def test_a_visitor_without_identity_gets_plain_words(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger
) -> None:
    asked = zalo.events.anonymous_text("7140925538816402917", "c7b1e9d0a2f34415", "Chiều có làm không?")
    [(account, heard)] = parse(asked, OA_ID)
    assert (account, heard.kind) == (OA_ID, Event.MESSAGE)
    reply = Reply("Dạ có ạ.", (Button("Địa chỉ", "address"),), None, (Phone("Một cửa", "0251 3822 501"),))
    await process.connector.send(outgoing(reply, citizen_id=heard.citizen_id, last_inbound_at=None), ledger)
    [sent] = zalo.sent
    assert (sent.kind, sent.recipient) == ("anonymous", "7140925538816402917")
    assert sent.text == "Dạ có ạ.\n1. Địa chỉ\nMột cửa: 0251 3822 501"
    assert ledger.ids == [sent.message_id]


async def test_a_message_nobody_could_record_is_uncertain(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger
) -> None:
    ledger.away = True
    error = await failure(process, outgoing(LONG), ledger)
    assert (error.reason, error.uncertain, error.retry_after) == ("not_recorded", True, 30.0)
    assert len(zalo.sent) == 1


async def test_the_echo_names_the_message_we_recorded(
    process: Process, zalo: PretendZalo, outgoing: Make, ledger: Ledger
) -> None:
    await process.connector.send(outgoing("Xin chào"), ledger)
    name, message = echoed(zalo.sent[0])
    [(_, echo)] = parse(zalo.events.echo(CITIZEN, message, event_name=name), OA_ID)
    assert (echo.kind, echo.details["message_ids"]) == (Event.ECHO, ledger.ids)


async def test_the_log_holds_no_words_and_no_persons(
    process: Process, outgoing: Make, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    await process.connector.send(outgoing("Chuyện riêng của bà Tư"), ledger)
    printed = "".join(capsys.readouterr())
    assert "zalo.sent" in printed
    assert "Chuyện" not in printed
    assert CITIZEN not in printed
    assert f"channel_id={CHANNEL}" in printed
