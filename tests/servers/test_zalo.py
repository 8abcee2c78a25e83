"""The pretend Zalo refuses what the real one refuses."""

from __future__ import annotations

import asyncio
import io
import unicodedata
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.fakes import FakeClock
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_faults import Kind
from tests.servers.zalo_state import CITIZEN

CARE = "/v3.0/oa/message/cs"
BY_UID = "/v3.0/oa/message/template"
BY_PHONE = "/message/template"
PHONE = "84900000001"
NIGHT = timedelta(hours=14)
"""From the fixed morning to 23:00 in Việt Nam."""
Answer = dict[str, Any]


class Client:
    """Speaks to the pretend Zalo as a connector would."""

    def __init__(self, zalo: PretendZalo, session: aiohttp.ClientSession) -> None:
        self.zalo = zalo
        self.session = session
        self.headers = {"access_token": zalo.oauth.grant().access_token}

    async def post(self, path: str, body: Any, *, headers: dict[str, str] | None = None) -> Answer:
        url = (self.zalo.business_url if path.startswith("/message") else self.zalo.api_url) + path
        async with self.session.post(url, json=body, headers=self.headers if headers is None else headers) as response:
            assert response.status == 200
            answer: Answer = await response.json()
            return answer

    async def get(self, path: str, data: str) -> Answer:
        url = self.zalo.api_url + path
        async with self.session.get(url, params={"data": data}, headers=self.headers) as response:
            answer: Answer = await response.json()
            return answer

    async def say(self, message: Any, user_id: str = CITIZEN) -> Answer:
        return await self.post(CARE, {"recipient": {"user_id": user_id}, "message": message})

    async def attach(self, payload: Any, **message: Any) -> Answer:
        return await self.say(message | {"attachment": {"type": "template", "payload": payload}})

    async def upload(self, kind: str, name: str, content: bytes = b"x") -> Answer:
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(content), filename=name)
        url = f"{self.zalo.api_url}/v2.0/oa/upload/{kind}"
        async with self.session.post(url, data=form, headers=self.headers) as response:
            answer: Answer = await response.json()
            return answer

    async def error(self, message: Any, user_id: str = CITIZEN) -> int:
        return int((await self.say(message, user_id))["error"])


@pytest.fixture
async def zalo(clock: FakeClock) -> AsyncIterator[PretendZalo]:
    async with PretendZalo(clock.now) as platform:
        platform.citizen(phone=PHONE)
        yield platform


@pytest.fixture
async def client(zalo: PretendZalo) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(zalo, session)


def button(number: int = 1, **changes: Any) -> Answer:
    return {"title": f"Nút {number}", "type": "oa.query.hide", "payload": f"#nut-{number}"} | changes


async def test_a_message_is_accepted_and_recorded(client: Client, zalo: PretendZalo, clock: FakeClock) -> None:
    answer = await client.say({"text": "Xin chào"})
    assert (answer["error"], answer["message"]) == (0, "Success")
    [sent] = zalo.sent_to(CITIZEN)
    assert (sent.kind, sent.text, sent.at, sent.paid) == ("text", "Xin chào", clock.now(), 0)
    assert answer["data"]["message_id"] == sent.message_id
    assert answer["data"]["quota"]["quota_type"] == "reply"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer TOKEN"}, {"access_token": "never-issued"}])
async def test_only_the_header_access_token_counts(client: Client, headers: dict[str, str]) -> None:
    real = client.headers["access_token"]
    sent = {name: value.replace("TOKEN", real) for name, value in headers.items()}
    answer = await client.post(f"{CARE}?access_token={real}", {}, headers=sent)
    assert answer == {"error": -216, "message": "Access token is invalid"}


async def test_an_access_token_ends_after_25_hours(client: Client, clock: FakeClock) -> None:
    clock.advance(timedelta(hours=24, minutes=59))
    assert await client.error({"text": "còn hạn"}) == 0
    clock.advance(timedelta(minutes=1))
    assert await client.error({"text": "hết hạn"}) == -220
    assert (await client.post(BY_PHONE, {}))["error"] == -124


async def test_a_revoked_grant_ends_every_token(client: Client, zalo: PretendZalo) -> None:
    zalo.oauth.revoke()
    assert await client.error({"text": "?"}) == -220


@pytest.mark.parametrize("letters", [2000, 2001])
async def test_a_text_has_at_most_2000_characters(client: Client, letters: int) -> None:
    assert await client.error({"text": "ế" * letters}) == (0 if letters <= 2000 else -210)


async def test_a_decomposed_text_counts_every_mark(client: Client) -> None:
    assert await client.error({"text": unicodedata.normalize("NFD", "ế" * 700)}) == -210


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": 1},
        {"text": "a", "quick_replies": []},
        {"text": "a", "quote_message_id": ""},
        {"text": "a", "attachment": {"type": "image"}},
        {"attachment": {"type": "file", "payload": {"token": "unknown"}}},
        "text",
    ],
)
async def test_a_message_of_another_shape_is_refused(client: Client, message: Any) -> None:
    assert await client.error(message) == -201


async def test_a_number_is_no_user_id_and_a_stranger_is_unknown(client: Client) -> None:
    body = {"recipient": {"user_id": int(CITIZEN)}, "message": {"text": "a"}}
    assert (await client.post(CARE, body))["message"] == "user_id is invalid!"
    assert await client.error({"text": "a"}, "999") == -201


async def test_five_buttons_are_the_most(client: Client) -> None:
    kinds = [
        button(1, type="oa.open.url", payload={"url": "https://xa.example.vn"}),
        button(2, type="oa.open.phone", payload={"phone_code": PHONE}),
        button(3, type="oa.open.sms", payload={"content": "a", "phone_code": PHONE}),
        button(4, type="oa.query.show"),
        button(5, title="n" * 100),
    ]
    assert (await client.attach({"buttons": kinds}, text="Chọn"))["error"] == 0
    assert (await client.attach({"buttons": [*kinds, button(6)]}, text="Chọn"))["error"] == -201


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (button(title="n" * 101), -210),
        (button(title=""), -201),
        (button(type="oa.open.app"), -201),
        (button(payload={"text": "#nut"}), -201),
        (button(type="oa.open.url", payload="https://xa.example.vn"), -201),
        (button(type="oa.open.url", payload={"url": "xa.example.vn"}), -201),
        (button(type="oa.open.sms", payload={"phone_code": PHONE}), -201),
    ],
)
async def test_a_wrong_button_is_refused(client: Client, wrong: Answer, error: int) -> None:
    assert (await client.attach({"buttons": [wrong]}, text="Chọn"))["error"] == error


async def test_a_picture_is_named_by_url_or_by_upload_but_not_both(client: Client) -> None:
    found = await client.upload("image", "anh.png")
    by_id = {"media_type": "image", "attachment_id": found["data"]["attachment_id"]}
    by_url = {"media_type": "image", "url": "https://xa.example.vn/a.jpg"}
    for element, error in ((by_id, 0), (by_url, 0), (by_id | by_url, -201), ({"media_type": "image"}, -201)):
        assert (await client.attach({"template_type": "media", "elements": [element]}))["error"] == error


async def test_a_gif_needs_its_sides(client: Client) -> None:
    found = await client.upload("gif", "a.gif")
    element = {"media_type": "gif", "attachment_id": found["data"]["attachment_id"]}
    assert (await client.attach({"template_type": "media", "elements": [element]}))["error"] == -201
    sides = {"width": 120, "height": 120}
    assert (await client.attach({"template_type": "media", "elements": [element | sides]}))["error"] == 0


async def test_lists_are_not_accepted(client: Client) -> None:
    assert (await client.attach({"template_type": "list", "elements": [{"title": "a"}]}))["error"] == -233


async def test_a_request_for_personal_data_has_one_short_element(client: Client) -> None:
    element = {"title": "UBND xã", "subtitle": "xin thông tin", "image_url": "https://xa.example.vn/a.png"}
    for elements, error in (([element], 0), ([element] * 2, -201), ([element | {"subtitle": "n" * 501}], -210)):
        payload = {"template_type": "request_user_info", "elements": elements}
        assert (await client.attach(payload))["error"] == error


async def test_uploads_have_limits_and_end_after_seven_days(client: Client, clock: FakeClock) -> None:
    assert (await client.upload("image", "anh.jpg", b"x" * (1024 * 1024 + 1)))["error"] == -210
    assert await client.upload("file", "mau.zip") == {"data": {}, "error": 0, "message": "Success"}
    message = {"attachment": {"type": "file", "payload": (await client.upload("file", "mau.pdf"))["data"]}}
    assert await client.error(message) == 0
    clock.advance(timedelta(days=7, seconds=1))
    client.headers = {"access_token": client.zalo.oauth.grant().access_token}
    client.zalo.citizen()
    assert await client.error(message) == -100


async def test_uploads_run_out(client: Client, zalo: PretendZalo) -> None:
    zalo.uploads.left = 0
    assert (await client.upload("image", "anh.jpg"))["error"] == -211


@pytest.mark.parametrize(
    ("ago", "error"),
    [(None, -232), (timedelta(hours=48), 0), (timedelta(days=7), 0), (timedelta(days=7, seconds=1), -230)],
)
async def test_care_messages_reach_who_wrote_within_seven_days(
    client: Client, zalo: PretendZalo, ago: timedelta | None, error: int
) -> None:
    zalo.citizen(ago=ago)
    assert await client.error({"text": "a"}) == error


async def test_care_messages_after_48_hours_cost_money(client: Client, zalo: PretendZalo) -> None:
    zalo.citizen(ago=timedelta(hours=49))
    zalo.funds, zalo.paid_quota = 100, 1
    assert [await client.error({"text": "a"}) for _ in range(3)] == [0, 0, -321]
    assert [one.paid for one in zalo.sent] == [0, 55]
    zalo.business_account = False
    assert await client.error({"text": "a"}) == -320


@pytest.mark.parametrize(
    ("state", "error"), [({"blocked": True}, -244), ({"inactive": True}, -227), ({"error": -213}, -213)]
)
async def test_a_citizen_may_be_out_of_reach(
    client: Client, zalo: PretendZalo, state: dict[str, Any], error: int
) -> None:
    zalo.citizen(**state)
    assert await client.error({"text": "a"}) == error


async def test_the_minute_has_a_limit(client: Client, zalo: PretendZalo, clock: FakeClock) -> None:
    zalo.rate_limit = 2
    assert [await client.error({"text": "a"}) for _ in range(3)] == [0, 0, -32]
    clock.advance(timedelta(minutes=1))
    assert await client.error({"text": "a"}) == 0


async def test_version_two_takes_reactions_and_anonymous_visitors_only(client: Client) -> None:
    path = "/v2.0/oa/message"
    someone = {"recipient": {"user_id": CITIZEN}}
    reaction = {"react_icon": "/-strong", "react_message_id": "96d3cdf3af150460909"}
    visitor = {"recipient": {"anonymous_id": "7", "conversation_id": "c"}, "message": {"text": "Dạ"}}
    assert (await client.post(path, someone | {"sender_action": reaction}))["error"] == 0
    assert (await client.post(path, someone | {"sender_action": reaction | {"react_icon": "👍"}}))["error"] == -201
    assert (await client.post(path, visitor))["error"] == 0
    assert (await client.post(path, someone | {"message": {"text": "a"}}))["error"] == -240


async def test_a_template_by_user_id_is_checked(client: Client, zalo: PretendZalo) -> None:
    zalo.citizen(ago=timedelta(days=60))
    zalo.template("1", {"ma_ho_so": 30})
    zalo.template("2", by_user_id=False)
    body = {"user_id": CITIZEN, "template_id": "1", "template_data": {"ma_ho_so": "H1"}}
    changes: list[tuple[Answer, int]] = [
        ({}, 0),
        ({"template_data": {"ma_ho_so": ""}}, -1122),
        ({"template_data": {"ma_ho_so": "n" * 31}}, -1121),
        ({"template_id": "9"}, -131),
        ({"template_id": "2"}, -249),
        ({"user_id": "9"}, -201),
    ]
    for change, error in changes:
        assert (await client.post(BY_UID, body | change))["error"] == error


async def test_a_template_by_phone_is_checked_and_counted(client: Client, zalo: PretendZalo) -> None:
    zalo.template("1", {"ma_ho_so": 30})
    body = {"phone": PHONE, "template_id": "1", "template_data": {"ma_ho_so": "H1"}, "tracking_id": "t-1"}
    answer = await client.post(BY_PHONE, body)
    assert answer["data"]["quota"] == {"dailyQuota": "500", "remainingQuota": "499"}
    changes: list[tuple[Answer, int]] = [
        ({"phone": "0900000001"}, -108),
        ({"phone": "84900000002"}, -118),
        ({"template_id": 1}, -109),
        ({"template_data": {}}, -111),
        ({"mode": "development"}, -127),
    ]
    for change, error in changes:
        assert (await client.post(BY_PHONE, body | change))["error"] == error
    zalo.funds = 0
    assert (await client.post(BY_PHONE, body))["error"] == -137
    zalo.business.remaining = 0
    assert (await client.post(BY_PHONE, body))["error"] == -144


async def test_a_template_by_hashed_phone_finds_the_same_citizen(client: Client, zalo: PretendZalo) -> None:
    zalo.template("1")
    hashed = zalo.citizens[CITIZEN].hashed_phone
    body = {"hash_phone": hashed, "template_id": "1", "template_data": {}}
    assert (await client.post(f"{BY_PHONE}/hashphone", body))["error"] == 0
    assert zalo.sent[-1].recipient == hashed


async def test_some_templates_stay_in_at_night(client: Client, zalo: PretendZalo, clock: FakeClock) -> None:
    zalo.template("1", at_night=False)
    clock.advance(NIGHT)
    assert (await client.post(BY_PHONE, {"phone": PHONE, "template_id": "1", "template_data": {}}))["error"] == -133
    assert await client.error({"text": "tin tư vấn"}) == 0


async def test_questions_come_as_json_in_one_parameter(client: Client, zalo: PretendZalo, clock: FakeClock) -> None:
    detail = await client.get("/v3.0/oa/user/detail", f'{{"user_id":"{CITIZEN}"}}')
    assert detail["data"]["user_last_interaction_date"] == "23/11/2026"
    assert (await client.get("/v3.0/oa/user/detail", CITIZEN))["error"] == -201
    quota = await client.post("/v3.0/oa/quota/message", {"user_id": CITIZEN})
    assert quota["data"]["last_interaction"] == str(int(clock.now().timestamp() * 1000))
    assert (await client.get("/v2.0/oa/getoa", "{}"))["data"]["oaid"] == zalo.oa_id
    users = await client.get("/v3.0/oa/user/getlist", '{"offset":0,"count":50}')
    assert users["data"]["users"] == [{"user_id": CITIZEN}]


async def test_the_conversation_can_be_read_afterwards(client: Client, zalo: PretendZalo, clock: FakeClock) -> None:
    zalo.webhooks.url = zalo.api_url
    await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "Có ai không?"))
    clock.advance(timedelta(seconds=1))
    await client.say({"text": "Dạ có"})
    rows = await client.get("/v2.0/oa/conversation", f'{{"user_id":"{CITIZEN}","offset":0,"count":10}}')
    assert [(row["src"], row["message"]) for row in rows["data"]] == [(0, "Dạ có"), (1, "Có ai không?")]
    assert (await client.get("/v2.0/oa/listrecentchat", '{"offset":0,"count":11}'))["error"] == -210


async def test_an_ordered_error_comes_as_often_as_ordered(client: Client, zalo: PretendZalo) -> None:
    zalo.faults.error(-200, path=CARE, times=2)
    assert [await client.error({"text": "a"}) for _ in range(3)] == [-200, -200, 0]
    assert len(zalo.sent) == 1


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.TRUNCATED, Kind.EMPTY])
async def test_an_answer_may_be_no_json(client: Client, zalo: PretendZalo, kind: Kind) -> None:
    zalo.faults.garbage(kind)
    with pytest.raises((ValueError, aiohttp.ContentTypeError)):
        await client.say({"text": "a"})


async def test_an_answer_may_be_another_status(client: Client, zalo: PretendZalo) -> None:
    zalo.faults.too_many_requests(7)
    zalo.faults.status(500)
    for status, wait in ((429, "7"), (500, None)):
        async with client.session.post(zalo.api_url + CARE) as response:
            assert (response.status, response.headers.get("Retry-After")) == (status, wait)


@pytest.mark.parametrize("performed", [False, True])
async def test_a_call_may_hang_before_or_after_its_work(client: Client, zalo: PretendZalo, performed: bool) -> None:
    zalo.faults.hang(path=CARE, performed=performed)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.say({"text": "a"}), 0.1)
    assert len(zalo.sent) == performed


async def test_a_connection_may_end_after_the_work(client: Client, zalo: PretendZalo) -> None:
    zalo.faults.drop(performed=True)
    with pytest.raises(aiohttp.ClientError):
        await client.say({"text": "a"})
    assert zalo.texts_to(CITIZEN) == ["a"]


async def test_what_citizens_sent_can_be_fetched_until_it_is_gone(client: Client, zalo: PretendZalo) -> None:
    url = zalo.media.add("anh.jpg", b"jpeg")
    async with client.session.get(url) as response:
        assert (await response.read(), response.content_type) == (b"jpeg", "image/jpeg")
    zalo.media.forget("anh.jpg")
    async with client.session.get(url) as response:
        assert response.status == 404
