"""The pretend Zalo posts as the real one does."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.fakes import FakeClock
from tests.servers import free_port
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_events import payload, payload_names
from tests.servers.zalo_state import APP_ID, APP_SECRET, CITIZEN, OA_ID, OA_SECRET
from tests.servers.zalo_webhooks import LADDER, Seal, encode, timestamp_of, zalo_mac

VECTOR = (
    '{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},"user_id_by_app":"552177279717587730",'
    '"recipient":{"id":"388613280878808645"},"event_name":"user_send_text","message":{"text":"Xin chào",'
    '"msg_id":"96d3cdf3af150460909"},"timestamp":"1760000000000"}'
).encode()
VECTOR_MAC = "a98ce9df586e08a4cc3397b1179182c5f5e6731dd295468a751cd1244e3adbaa"


class Receiver:
    """A webhook that keeps what it got and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.statuses: list[int] = []
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((await request.read(), {name.lower(): value for name, value in request.headers.items()}))
        await self.open.wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    def names(self) -> list[str]:
        return [json.loads(body)["event_name"] for body, _ in self.got]


@pytest.fixture
async def receiver(zalo: PretendZalo) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.add_routes([web.post("/webhooks/zalo", receiver.take)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    zalo.webhooks.url = f"http://127.0.0.1:{port}/webhooks/zalo"
    yield receiver
    receiver.open.set()
    await zalo.webhooks.close()
    await runner.cleanup()


@pytest.fixture
async def zalo(clock: FakeClock) -> AsyncIterator[PretendZalo]:
    async with PretendZalo(clock.now) as platform:
        platform.citizen(phone="84900000001")
        yield platform


async def care(zalo: PretendZalo, message: dict[str, Any]) -> dict[str, Any]:
    headers = {"access_token": zalo.oauth.grant().access_token}
    body = {"recipient": {"user_id": CITIZEN}, "message": message}
    url = f"{zalo.api_url}/v3.0/oa/message/cs"
    async with aiohttp.request("POST", url, json=body, headers=headers) as response:
        answer: dict[str, Any] = await response.json()
        return answer


def test_the_sum_is_that_of_the_reference() -> None:
    assert len(VECTOR) == 266
    assert zalo_mac(APP_ID, VECTOR, timestamp_of(VECTOR), OA_SECRET) == VECTOR_MAC


async def test_the_raw_bytes_are_signed_and_posted_as_they_are(zalo: PretendZalo, receiver: Receiver) -> None:
    delivery = await zalo.webhooks.deliver(VECTOR)
    [(body, headers)] = receiver.got
    assert (body, headers["x-zevent-signature"]) == (VECTOR, f"mac={VECTOR_MAC}")
    assert "num_retry" not in headers
    assert delivery.taken


@pytest.mark.parametrize(
    ("seal", "expected"),
    [
        (Seal.BARE, VECTOR_MAC),
        (Seal.OA_ID_FIRST, "mac=" + zalo_mac(OA_ID, VECTOR, "1760000000000", OA_SECRET)),
        (Seal.APP_SECRET, "mac=" + zalo_mac(APP_ID, VECTOR, "1760000000000", APP_SECRET)),
        (Seal.NONE, None),
    ],
)
async def test_the_doubtful_forms_of_the_signature_can_be_ordered(
    zalo: PretendZalo, receiver: Receiver, seal: Seal, expected: str | None
) -> None:
    await zalo.webhooks.deliver(VECTOR, seal=seal)
    assert receiver.got[0][1].get("x-zevent-signature") == expected


@pytest.mark.parametrize("seal", [Seal.WRONG_SECRET, Seal.TAMPERED, Seal.HMAC])
async def test_a_wrong_signature_is_none_of_the_right_ones(zalo: PretendZalo, receiver: Receiver, seal: Seal) -> None:
    await zalo.webhooks.deliver(VECTOR, seal=seal)
    wrong = receiver.got[0][1]["x-zevent-signature"]
    assert wrong.startswith("mac=")
    assert wrong not in {zalo.webhooks.headers(VECTOR, one)["X-ZEvent-Signature"] for one in (Seal.RIGHT, Seal.BARE)}


def test_an_event_can_come_in_unusual_bytes(zalo: PretendZalo) -> None:
    event = zalo.events.text(CITIZEN, "Đơn")
    shapes = [
        encode(event),
        encode(event, spaces=True),
        encode(event, escaped=True),
        encode(event, reverse=True),
        encode(event, numeric_timestamp=True),
    ]
    assert len(set(shapes)) == len(shapes)
    assert {timestamp_of(shape) for shape in shapes} == {event["timestamp"]}
    assert all(json.loads(shape)["message"] == event["message"] for shape in shapes)


async def test_what_is_not_taken_comes_again_along_the_ladder(zalo: PretendZalo, receiver: Receiver) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    zalo.webhooks.retrying, zalo.webhooks.wait = True, wait
    receiver.statuses = [500, 403, 200]
    delivery = await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "a"))
    assert [one.status for one in delivery.attempts] == [500, 403, 200]
    assert waited == [30.0, 300.0]
    assert [headers.get("num_retry") for _, headers in receiver.got] == [None, "1", "2"]
    assert len({body for body, _ in receiver.got}) == 1


async def test_a_webhook_that_never_takes_anything_is_unsubscribed(zalo: PretendZalo, receiver: Receiver) -> None:
    zalo.webhooks.retrying = True
    receiver.statuses = [500] * 6
    delivery = await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "a"))
    assert (len(delivery.attempts), zalo.webhooks.subscribed) == (1 + len(LADDER), False)
    await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "b"))
    assert (len(receiver.got), len(zalo.webhooks.missed)) == (6, 1)
    zalo.webhooks.subscribe()
    assert (await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "c"))).taken


async def test_a_late_answer_and_a_closed_door_count_as_none(zalo: PretendZalo, receiver: Receiver) -> None:
    zalo.webhooks.deadline = 0.1
    receiver.open.clear()
    assert (await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "a"))).status is None
    zalo.webhooks.url = f"http://127.0.0.1:{free_port()}/"
    assert (await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "a"))).status is None


async def test_an_event_can_come_twice_and_events_in_any_order(zalo: PretendZalo, receiver: Receiver) -> None:
    first = await zalo.webhooks.deliver(zalo.events.text(CITIZEN, "một"))
    await zalo.webhooks.repeat(first, 2)
    assert [headers.get("num_retry") for _, headers in receiver.got] == [None, "1", "2"]
    events = [zalo.events.text(CITIZEN, text) for text in ("hai", "ba")]
    await zalo.webhooks.deliver_reversed(events)
    assert [json.loads(body)["message"]["text"] for body, _ in receiver.got[3:]] == ["ba", "hai"]
    await zalo.webhooks.deliver_many(events)
    assert len(receiver.got) == 7


async def test_saving_the_address_sends_an_unsigned_sample(zalo: PretendZalo, receiver: Receiver) -> None:
    assert (await zalo.webhooks.console_test()).taken
    assert "x-zevent-signature" not in receiver.got[0][1]


async def test_the_address_and_what_lies_beside_it_can_be_read(zalo: PretendZalo, receiver: Receiver) -> None:
    assert (await zalo.webhooks.get())[0] == 405
    assert (await zalo.webhooks.get("/zalo_verifierABC.html"))[0] == 404


async def test_what_a_citizen_does_opens_the_window(zalo: PretendZalo, receiver: Receiver, clock: FakeClock) -> None:
    zalo.citizen(ago=timedelta(days=30))
    assert (await care(zalo, {"text": "a"}))["error"] == -230
    await zalo.webhooks.deliver(zalo.events.unfollow(CITIZEN))
    assert (await care(zalo, {"text": "a"}))["error"] == -230
    await zalo.webhooks.deliver(zalo.events.click_chatnow(CITIZEN))
    assert (await care(zalo, {"text": "a"}))["error"] == 0
    assert zalo.citizens[CITIZEN].last_interaction == clock.now()
    assert not zalo.citizens[CITIZEN].follows


@pytest.mark.parametrize("echo_first", [True, False])
async def test_what_we_send_comes_back_as_an_echo(zalo: PretendZalo, receiver: Receiver, echo_first: bool) -> None:
    zalo.echo_first = echo_first
    answer = await care(zalo, {"text": "Dạ"})
    await zalo.settled()
    [(body, _)] = receiver.got
    event = json.loads(body)
    assert (event["event_name"], event["message"]["msg_id"]) == ("oa_send_text", answer["data"]["message_id"])
    assert (event["sender"], event["recipient"]) == ({"id": OA_ID}, {"id": CITIZEN})


async def test_staff_are_told_apart_by_their_admin_id(zalo: PretendZalo, receiver: Receiver) -> None:
    await zalo.webhooks.deliver(zalo.events.staff_text(CITIZEN, "Em chào bác"))
    assert "admin_id" in json.loads(receiver.got[0][0])["sender"]


async def test_a_template_by_phone_has_its_receipt(zalo: PretendZalo, receiver: Receiver, clock: FakeClock) -> None:
    zalo.template("1")
    body = {"phone": "84900000001", "template_id": "1", "template_data": {}, "tracking_id": "ticket-1"}
    headers = {"access_token": zalo.oauth.grant().access_token}
    url = f"{zalo.business_url}/message/template"
    async with aiohttp.request("POST", url, json=body, headers=headers) as response:
        assert (await response.json())["error"] == 0
    clock.advance(timedelta(minutes=5))
    await zalo.business.deliver_receipts()
    [(raw, posted)] = receiver.got
    event = json.loads(raw)
    assert posted["x-zevent-server"] == "ZNS"
    assert (event["recipient"]["id"], event["message"]["tracking_id"]) == ("84900000001", "ticket-1")
    assert event["message"]["delivery_time"] == str(int(clock.now().timestamp() * 1000))


@pytest.mark.parametrize("name", payload_names())
async def test_every_payload_can_be_posted(zalo: PretendZalo, receiver: Receiver, name: str) -> None:
    assert (await zalo.webhooks.deliver(payload(name))).taken
    assert receiver.got[0][0] == payload(name)


def test_payloads_are_composed_unless_they_say_otherwise() -> None:
    texts = {name: payload(name).decode() for name in payload_names()}
    decomposed = {name for name, text in texts.items() if not unicodedata.is_normalized("NFC", text)}
    assert decomposed == {name for name in texts if "decomposed" in name}


def test_ids_in_payloads_are_text() -> None:
    def numbers(value: Any, at: str = "") -> list[str]:
        if isinstance(value, dict):
            return [found for name, part in value.items() for found in numbers(part, name)]
        if isinstance(value, list):
            return [found for part in value for found in numbers(part, at)]
        return [at] if isinstance(value, int) and at.endswith("id") else []

    assert [name for name in payload_names() if numbers(json.loads(payload(name)))] == []
