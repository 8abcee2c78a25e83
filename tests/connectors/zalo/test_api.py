"""Every call against the pretend Zalo, and every way it can end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import SendFailedError
from connectors.zalo import limits, messages
from connectors.zalo.answers import Accepted
from connectors.zalo.errors import ZaloRefusedError
from connectors.zalo.http import Http
from tests.connectors.fakes_zalo import FakeCredentialStore
from tests.connectors.zalo.conftest import CHANNEL, Process
from tests.fakes import FakeClock
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_faults import Kind
from tests.servers.zalo_oauth import TOKEN_PATH
from tests.servers.zalo_state import CITIZEN, ERRORS, OA_ID, OA_NAME

CARE = "/v3.0/oa/message/cs"
PHONE = "0900 000 001"
TEXT: messages.Message = {"text": "Xin chào"}


async def say(process: Process, message: messages.Message = TEXT) -> Accepted:
    return await process.api.send(CHANNEL, CITIZEN, message)


async def failure(process: Process, message: messages.Message = TEXT) -> SendFailedError:
    with pytest.raises(SendFailedError) as caught:
        await say(process, message)
    return caught.value


async def test_a_message_is_accepted(process: Process, zalo: PretendZalo) -> None:
    accepted = await say(process)
    assert accepted == Accepted(zalo.sent[0].message_id, False, 7)
    [call] = zalo.calls_to(CARE)
    assert call.headers["access_token"] == zalo.oauth.newest.access_token
    assert "authorization" not in call.headers
    assert call.query == {}


async def test_a_message_after_two_days_is_known_to_cost(process: Process, zalo: PretendZalo) -> None:
    zalo.citizen(ago=timedelta(days=3))
    assert (await say(process)).paid


@pytest.mark.parametrize("code", sorted(set(ERRORS) - {-124, -200, -216, -220}))
async def test_every_error_has_its_class(process: Process, zalo: PretendZalo, code: int) -> None:
    zalo.faults.error(code, path=CARE)
    error = await failure(process)
    assert isinstance(error, ZaloRefusedError)
    assert error.code == code
    assert not error.uncertain
    assert len(zalo.calls_to(CARE)) == 1


async def test_errors_of_the_platform_arise_as_on_the_platform(process: Process, zalo: PretendZalo) -> None:
    zalo.citizen(ago=timedelta(days=8))
    assert (await failure(process)).reason == "window_closed"
    zalo.citizen(ago=None)
    assert (await failure(process)).reason == "window_closed"
    zalo.citizen(blocked=True)
    assert ((await failure(process)).outcome, (await failure(process)).reason) == ("unreachable", "blocked")
    zalo.citizen()
    assert (await failure(process, {"text": "a" * 2_001})).reason == "zalo:-210"
    zalo.rate_limit = 0
    assert (await failure(process)).retry_after == 60


async def test_an_alarm_rings_for_what_a_person_must_mend_and_ends_with_it(
    process: Process, zalo: PretendZalo, store: FakeCredentialStore
) -> None:
    zalo.oa_error = -223
    assert (await failure(process)).outcome == "token"
    assert store.alarm == "zalo:-223 OA has not authorized this API"
    zalo.oa_error = 0
    await say(process)
    await say(process)
    assert store.alarms[1:] == [(CHANNEL, None)]


async def test_an_alarm_about_money_ends_only_with_a_paid_message(
    process: Process, zalo: PretendZalo, store: FakeCredentialStore
) -> None:
    zalo.citizen(ago=timedelta(days=3))
    zalo.funds = 0
    assert (await failure(process)).outcome == "unreachable"
    zalo.citizen()
    await say(process)
    assert "out of money" in (store.alarm or "")
    zalo.citizen(ago=timedelta(days=3))
    zalo.funds = 1_000
    await say(process)
    assert store.alarm is None


async def test_a_token_that_ended_early_is_replaced_once(
    process: Process, zalo: PretendZalo, store: FakeCredentialStore
) -> None:
    zalo.oauth.expire_access()
    await say(process)
    assert len(zalo.calls_to(TOKEN_PATH)) == 1
    assert store.pairs[CHANNEL].access == zalo.oauth.newest.access_token
    assert len(zalo.sent) == 1


@pytest.mark.parametrize("code", [-216, -220, -124, 216, 401, -401])
async def test_a_token_refused_twice_ends_the_call(
    process: Process, zalo: PretendZalo, store: FakeCredentialStore, code: int
) -> None:
    zalo.faults.error(code, path=CARE, times=2)
    error = await failure(process)
    assert (error.outcome, error.reason, error.retry_after) == ("token", "token_refused", None)
    assert str(code) in (store.alarm or "")
    assert len(zalo.calls_to(CARE)) == 2
    assert len(zalo.calls_to(TOKEN_PATH)) == 1


async def test_a_revoked_grant_rings_the_alarm(process: Process, zalo: PretendZalo, store: FakeCredentialStore) -> None:
    zalo.oauth.revoke()
    assert (await failure(process)).outcome == "token"
    assert store.alarm is not None


@pytest.mark.parametrize("times", [2, 3])
async def test_send_failed_is_tried_twice_more(process: Process, zalo: PretendZalo, times: int) -> None:
    zalo.faults.error(-200, path=CARE, times=times)
    if times == 2:
        await say(process)
    else:
        assert (await failure(process)).reason == "zalo:-200"
    assert process.naps.seconds == list(limits.RESEND_PAUSES)
    assert len(zalo.calls_to(CARE)) == 3


@pytest.mark.parametrize("performed", [True, False])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("hang", "timeout"),
        ("drop", "connection_lost"),
        (Kind.HTML, "garbage"),
        (Kind.TRUNCATED, "garbage"),
        (Kind.EMPTY, "garbage"),
        (502, "http_502"),
    ],
)
async def test_a_lost_answer_is_uncertain_and_never_sent_again_here(
    process: Process, zalo: PretendZalo, fault: Any, reason: str, performed: bool
) -> None:
    if isinstance(fault, Kind):
        zalo.faults.garbage(fault, path=CARE, performed=performed)
    elif isinstance(fault, int):
        zalo.faults.status(fault, path=CARE, performed=performed)
    else:
        getattr(zalo.faults, fault)(path=CARE, performed=performed)
    error = await failure(process)
    assert (error.reason, error.uncertain, error.retry_after) == (reason, True, limits.ECHO_WAIT)
    assert len(zalo.calls_to(CARE)) == 1
    assert len(zalo.sent) == performed


@pytest.mark.parametrize("body", [{}, {"error": "?"}, {"error": None, "data": {"message_id": "1"}}])
async def test_an_answer_without_a_code_is_uncertain(process: Process, zalo: PretendZalo, body: Any) -> None:
    zalo.faults.error(0, path=CARE)
    zalo.faults._waiting[0].body = body
    error = await failure(process)
    assert (error.reason, error.uncertain) == ("garbage", True)


async def test_an_accepted_message_without_id_waits_for_its_echo(process: Process, zalo: PretendZalo) -> None:
    zalo.faults.error(0, path=CARE)
    error = await failure(process)
    assert (error.reason, error.uncertain) == ("no_message_id", True)


@pytest.mark.parametrize(("status", "reason"), [(403, "http_403"), (302, "http_302")])
async def test_another_status_is_a_plain_refusal(process: Process, zalo: PretendZalo, status: int, reason: str) -> None:
    zalo.faults.status(status, path=CARE)
    error = await failure(process)
    assert (error.reason, error.uncertain, error.retry_after) == (reason, False, None)


async def test_the_time_zalo_names_is_kept(process: Process, zalo: PretendZalo) -> None:
    zalo.faults.too_many_requests(17, path=CARE)
    error = await failure(process)
    assert (error.reason, error.retry_after, error.uncertain) == ("rate_limited", 17.0, False)


async def test_a_host_nobody_answers_at_has_seen_nothing() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(SendFailedError) as caught:
            await Http(session).call("POST", "http://127.0.0.1:1/x", {}, body={})
    assert (caught.value.reason, caught.value.uncertain) == ("not_connected", False)
    assert caught.value.retry_after == limits.RETRY


async def test_a_question_that_got_lost_may_be_asked_again(process: Process, zalo: PretendZalo) -> None:
    zalo.faults.drop(path="/v2.0/oa/getoa", times=2)
    with pytest.raises(SendFailedError) as caught:
        await process.api.oa_info(CHANNEL)
    assert (caught.value.uncertain, caught.value.retry_after) == (False, limits.RETRY)


async def test_who_the_oa_is(process: Process) -> None:
    info = await process.api.oa_info(CHANNEL)
    assert (info.oa_id, info.name, info.is_verified, info.oa_type) == (OA_ID, OA_NAME, True, 4)
    assert (info.package, info.zbs_linked) == ("", False)


async def test_who_the_citizen_is(process: Process, zalo: PretendZalo) -> None:
    zalo.citizen(shared_info={"phone": "84900000001"})
    detail = await process.api.user_detail(CHANNEL, CITIZEN)
    assert (detail.user_id, detail.name, detail.is_follower) == (CITIZEN, "Nguyễn Văn Thử", True)
    assert detail.shared == {"phone": "84900000001"}
    [call] = zalo.calls_to("/v3.0/oa/user/detail")
    assert json.loads(call.query["data"]) == {"user_id": CITIZEN}


async def test_when_the_citizen_was_last_here(process: Process, zalo: PretendZalo, clock: FakeClock) -> None:
    zalo.citizen(ago=timedelta(days=1))
    quota = await process.api.quota(CHANNEL, CITIZEN)
    assert (quota.last_interaction, quota.free_left) == (clock.now() - timedelta(days=1), 8)
    zalo.citizen(ago=None)
    assert (await process.api.quota(CHANNEL, CITIZEN)).last_interaction is None


async def test_files_are_uploaded_and_sent(process: Process, zalo: PretendZalo) -> None:
    picture = await process.api.upload_image(CHANNEL, "so-do.PNG", b"png")
    moving = await process.api.upload_gif(CHANNEL, "a.gif", b"gif")
    form = await process.api.upload_file(CHANNEL, "tờ khai.docx", b"docx")
    for message in (messages.image(picture, "Sơ đồ"), messages.gif(moving, 10, 10), messages.file(form)):
        await say(process, message)
    assert [one.kind for one in zalo.sent] == ["image", "gif", "file"]
    assert [(one.name, one.content) for one in zalo.uploads.known.values()][2] == ("tờ khai.docx", b"docx")


async def test_an_upload_survives_a_token_that_ended(process: Process, zalo: PretendZalo) -> None:
    zalo.oauth.expire_access()
    assert await process.api.upload_image(CHANNEL, "a.jpg", b"jpg")


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [("a.exe", 1, "file_type"), ("pdf", 1, "file_type"), ("a.pdf", limits.FILE_BYTES + 1, "file_size")],
)
async def test_what_zalo_takes_not_is_not_uploaded(
    process: Process, zalo: PretendZalo, name: str, size: int, reason: str
) -> None:
    if name == "pdf":
        name = "không có đuôi"
    with pytest.raises(SendFailedError) as caught:
        await process.api.upload_file(CHANNEL, name, b"x" * size)
    assert (caught.value.reason, zalo.calls) == (reason, [])


async def test_an_upload_may_be_named_otherwise_or_not_at_all(process: Process, zalo: PretendZalo) -> None:
    zalo.uploads.file_answer = "attachment_id"
    assert await process.api.upload_file(CHANNEL, "a.pdf", b"x")
    zalo.uploads.file_answer = "something_else"
    with pytest.raises(SendFailedError, match="upload_refused"):
        await process.api.upload_file(CHANNEL, "a.pdf", b"x")


async def test_an_upload_of_last_week_must_be_made_anew(process: Process, zalo: PretendZalo, clock: FakeClock) -> None:
    picture = await process.api.upload_image(CHANNEL, "a.jpg", b"x")
    clock.advance(timedelta(days=8))
    zalo.citizen()
    assert (await failure(process, messages.image(picture))).reason == "upload_expired"


async def test_the_citizen_is_asked_for_name_and_address(process: Process, zalo: PretendZalo) -> None:
    await say(process, messages.request_user_info("UBND xã", "Xin cho biết họ tên", "https://x.vn/a.png"))
    assert zalo.sent[0].kind == "request_user_info"


async def test_a_reaction_says_that_the_message_arrived(process: Process, zalo: PretendZalo) -> None:
    await process.api.react(CHANNEL, CITIZEN, "96d3cdf3af150460909", "/-strong")
    assert (zalo.sent[0].kind, zalo.sent[0].text) == ("reaction", "/-strong")


async def test_a_template_needs_no_open_window(process: Process, zalo: PretendZalo) -> None:
    zalo.citizen(ago=timedelta(days=90))
    zalo.template("t1", {"ma_ho_so": 30})
    accepted = await process.api.send_template(CHANNEL, CITIZEN, "t1", {"ma_ho_so": "H01"})
    assert accepted.paid
    assert zalo.sent[0].body["template_data"] == {"ma_ho_so": "H01"}
    zalo.template("t2", by_user_id=False)
    with pytest.raises(ZaloRefusedError) as caught:
        await process.api.send_template(CHANNEL, CITIZEN, "t2", {})
    assert (caught.value.act, caught.value.outcome) == ("by_phone", "unreachable")


async def test_a_template_goes_to_a_phone_number(process: Process, zalo: PretendZalo) -> None:
    zalo.citizen(phone="84900000001")
    zalo.template("t1", {"ma_ho_so": 30})
    accepted = await process.api.send_template_by_phone(CHANNEL, PHONE, "t1", {"ma_ho_so": "H01"}, "ticket-1-ready")
    assert (accepted.message_id, accepted.quota_left) == (zalo.sent[0].message_id, 499)
    assert zalo.sent[0].body["tracking_id"] == "ticket-1-ready"
    assert zalo.sent[0].recipient == "84900000001"
    assert "mode" not in zalo.sent[0].body


async def test_a_template_is_tried_out_on_an_administrator(process: Process, zalo: PretendZalo) -> None:
    zalo.citizen(phone="84900000001")
    zalo.template("t1")
    zalo.admin_phones.add("84900000001")
    await process.api.send_template_by_phone(CHANNEL, PHONE, "t1", {}, "try", development=True)
    assert zalo.sent[0].paid == 0


@pytest.mark.parametrize(
    ("change", "outcome", "reason"),
    [
        ({"phone": "113"}, "unreachable", "no_such_phone"),
        ({"phone": "0999 999 999"}, "unreachable", "no_such_phone"),
        ({"template_id": "?"}, "rejected", "zalo:-131"),
        ({"data": {"ma_ho_so": "x" * 31}}, "rejected", "zalo:-1121"),
        ({"data": {"ma": "x"}}, "rejected", "zalo:-1122"),
    ],
)
async def test_a_template_by_phone_can_be_refused(
    process: Process, zalo: PretendZalo, change: dict[str, Any], outcome: str, reason: str
) -> None:
    zalo.citizen(phone="84900000001")
    zalo.template("t1", {"ma_ho_so": 30})
    known: dict[str, Any] = {"phone": PHONE, "template_id": "t1", "data": {"ma_ho_so": "H01"}} | change
    with pytest.raises(SendFailedError) as caught:
        await process.api.send_template_by_phone(CHANNEL, tracking_id="x", **known)
    assert (caught.value.outcome, caught.value.reason) == (outcome, reason)
    assert PHONE not in repr(caught.value)


async def test_the_business_host_names_a_dead_token_otherwise(process: Process, zalo: PretendZalo) -> None:
    zalo.citizen(phone="84900000001")
    zalo.template("t1")
    zalo.oauth.expire_access()
    await process.api.send_template_by_phone(CHANNEL, PHONE, "t1", {}, "x")
    assert len(zalo.calls_to(TOKEN_PATH)) == 1
