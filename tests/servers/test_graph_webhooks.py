from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from tests.fakes import FakeClock
from tests.servers import graph_events as events
from tests.servers.graph import PretendGraph
from tests.servers.graph_caller import HELLO, Caller, refused
from tests.servers.graph_state import (
    APP_ID,
    APP_SECRET,
    CITIZEN,
    INBOX_APP,
    INBOX_APP_OF_ECHOES,
    NEIGHBOUR,
    PAGE_ID,
    VERIFY_TOKEN,
    encode,
)
from tests.servers.graph_webhooks import GraphWebhooks

PAYLOADS = sorted((Path(__file__).parents[1] / "payloads" / "facebook").glob("*.json"))
OTHERWISE_ESCAPED = ("citizen_sends_older_escapes",)
VECTOR = (
    b'{"object":"page","entry":[{"id":"100200","time":1790000000100,"messaging":[{"sender":{"id":"7001"},'
    b'"recipient":{"id":"100200"},"timestamp":1790000000000,"message":{"mid":"m_1",'
    b'"text":"Ch\\u00e0o x\\u00e3 \\/ 50% <a@b>"}}]}]}'
)
VECTOR_SIGNATURE = "sha256=e61c4d2ef533dc41f3e27c4fc724455de8b6fe79321cdfe2ec4c48fee565b907"
DELETION = (
    "GoTvCbzBDUQ6ZOQYRolJFNVDBff_r6Y_k1RuTFOntI8."
    "eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjE3OTAwMDAwMDAsImV4cGlyZXMiOjE3"
    "OTAwMDM2MDB9"
)


class Receiver:
    """A webhook that checks signatures as the reference asks, and keeps what it believed."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.slow = asyncio.Event()
        app = web.Application()
        app.router.add_get("/webhook", self._verify)
        app.router.add_post("/webhook", self._receive)
        app.router.add_post("/delete", self._delete)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/webhook"))

    @property
    def items(self) -> list[dict[str, Any]]:
        channels = ("messaging", "standby", "changes")
        entries = [entry for body in self.bodies for entry in body["entry"]]
        return [item for entry in entries for channel in channels for item in entry.get(channel, [])]

    async def _verify(self, request: web.Request) -> web.Response:
        if request.query["hub.verify_token"] != VERIFY_TOKEN or request.query["hub.mode"] != "subscribe":
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    async def _receive(self, request: web.Request) -> web.Response:
        raw = await request.read()
        given = request.headers.get("X-Hub-Signature-256", "")
        if not hmac.compare_digest(given, events.signature(APP_SECRET, raw)):
            return web.Response(status=403)
        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            await self.slow.wait()
        if status == 200:
            self.bodies.append(json.loads(raw))
        return web.Response(status=status or 200)

    async def _delete(self, request: web.Request) -> web.Response:
        signed = str((await request.post())["signed_request"])
        return web.json_response({"url": "https://tanan.example/xoa-du-lieu/1", "confirmation_code": signed[:8]})


@pytest.fixture
async def graph(clock: FakeClock) -> AsyncIterator[PretendGraph]:
    async with PretendGraph(clock.now) as graph:
        yield graph


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.server.start_server()
    yield receiver
    receiver.slow.set()
    await receiver.server.close()


@pytest.fixture
async def meta(graph: PretendGraph, receiver: Receiver) -> AsyncIterator[GraphWebhooks]:
    async with GraphWebhooks(graph, receiver.url) as meta:
        yield meta


@pytest.fixture
async def caller(graph: PretendGraph) -> AsyncIterator[Caller]:
    async with ClientSession() as session:
        yield Caller(graph, session)


def test_bodies_are_written_and_signed_as_in_the_vector_of_the_reference() -> None:
    value = json.loads(VECTOR)
    assert encode(value) == VECTOR
    assert events.signature("app-secret", VECTOR) == VECTOR_SIGNATURE
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert events.signature("app-secret", plain) != VECTOR_SIGNATURE


def test_a_signed_request_is_as_in_the_vector_of_the_reference() -> None:
    payload = {"user_id": "218471", "algorithm": "HMAC-SHA256", "issued_at": 1790000000, "expires": 1790003600}
    assert events.signed_request("app-secret", payload) == DELETION


async def test_the_webhook_is_verified_with_the_right_token_only(meta: GraphWebhooks) -> None:
    assert await meta.verify() == (200, "1158201444", "text/plain")
    assert (await meta.verify("wrong"))[0] == 403
    assert (await meta.verify(mode="unsubscribe"))[0] == 403


async def test_the_app_is_subscribed_when_its_webhook_answers(
    graph: PretendGraph, caller: Caller, receiver: Receiver
) -> None:
    body = {"object": "page", "callback_url": receiver.url, "fields": "messages,feed", "verify_token": "wrong"}
    path, token = f"{APP_ID}/subscriptions", f"{APP_ID}|{APP_SECRET}"
    assert refused((await caller.call("POST", path, body, token))[1], 2200)
    assert refused((await caller.call("POST", path, body))[1], 190)
    assert (await caller.call("POST", path, body | {"verify_token": VERIFY_TOKEN}, token))[1] == {"success": True}
    assert graph.subscription["callback_url"] == receiver.url


@pytest.mark.parametrize("signing", ["wrong secret", "wrong scheme", "cut short", "sha1 only", "unsigned"])
async def test_a_lie_is_refused_by_who_checks(meta: GraphWebhooks, receiver: Receiver, signing: events.Signing) -> None:
    meta.signing = signing
    assert await meta.deliver(meta.says("Xin chào")) == [403]
    assert receiver.bodies == []


async def test_what_a_citizen_says_arrives_and_opens_the_window(
    graph: PretendGraph, meta: GraphWebhooks, receiver: Receiver, caller: Caller
) -> None:
    graph.citizen.last_opened = None
    event = meta.says("Chào xã / ủy ban")
    assert await meta.deliver(event) == [200]
    assert receiver.items[0]["message"] == {"mid": event.mid, "text": "Chào xã / ủy ban"}
    assert b"\\/ \\u1ee7y" in meta.posts[0].body
    assert "message_id" in await caller.send(HELLO)


async def test_only_acts_of_a_person_open_the_window(graph: PretendGraph, meta: GraphWebhooks) -> None:
    def opened(*_: events.Event) -> bool:
        was, graph.citizen.last_opened = graph.citizen.last_opened, None
        return was is not None

    graph.citizen.last_opened = None
    sticker = events.sticker("https://x.vn/like.png")
    assert opened(meta.attaches(sticker))
    assert opened(meta.taps("Bắt đầu", "GET_STARTED", ref="xa-tan-an"))
    assert opened(meta.chooses("Gặp cán bộ", "HUMAN"))
    assert opened(meta.follows_link("T-PA-0042"))
    assert opened(meta.reacts("m_1"))
    others = meta.reads(), meta.receives("m_1"), meta.edits("m_1", "x"), meta.comments("x"), meta.staff_type("x")
    assert not opened(*others)


async def test_events_come_again_late_and_together(meta: GraphWebhooks, receiver: Receiver) -> None:
    one, two = meta.says("một"), meta.says("hai")
    await meta.deliver(two, one, one)
    assert [item["message"]["text"] for item in receiver.items] == ["hai", "một", "một"]
    assert meta.posts[1].body == meta.posts[2].body
    await meta.deliver(one, two, batch="items")
    await meta.deliver(one, two.on_standby(), meta.comments("ba"), batch="entries")
    items, entries = receiver.bodies[-2:]
    assert [len(entry["messaging"]) for entry in items["entry"]] == [2]
    assert [sorted(entry.keys() - {"id", "time"}) for entry in entries["entry"]] == [
        ["messaging"],
        ["standby"],
        ["changes"],
    ]


async def test_a_post_is_repeated_until_it_is_answered_200(graph: PretendGraph, receiver: Receiver) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    receiver.answers = [500, 0, 403]
    async with GraphWebhooks(graph, receiver.url, delays=(1, 2, 4), sleep=sleep, patience=0.1) as meta:
        assert await meta.deliver(meta.says("Xin chào")) == [200]
        assert waited == [1, 2, 4]
        assert [post.status for post in meta.posts] == [500, None, 403, 200]
        assert len({post.body for post in meta.posts}) == 1


async def test_a_webhook_that_fails_for_too_long_gets_nothing_until_it_subscribes_again(
    graph: PretendGraph, receiver: Receiver, caller: Caller
) -> None:
    receiver.answers = [500, 500]
    async with GraphWebhooks(graph, receiver.url, delays=(0,)) as meta:
        assert await meta.deliver(meta.says("một")) == [500]
        assert await meta.deliver(meta.says("hai")) == []
        await caller.call("POST", "me/subscribed_apps", subscribed_fields="messages")
        assert await meta.deliver(meta.says("ba")) == [200]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_echo_of_a_message_comes_before_or_after_the_answer(
    graph: PretendGraph, meta: GraphWebhooks, receiver: Receiver, caller: Caller, when: Any
) -> None:
    graph.echo = when
    await caller.send(HELLO | {"message": {"text": "Xin chào", "metadata": "out:42"}})
    if when == "after":
        await graph.settled()
    (item,) = receiver.items
    assert (item["sender"]["id"], item["recipient"]["id"]) == (PAGE_ID, CITIZEN)
    known = {"is_echo": True, "app_id": int(APP_ID), "mid": graph.sent[0].mid}
    assert item["message"] == {**known, "metadata": "out:42", "text": "Xin chào"}


async def test_a_message_whose_answer_was_lost_still_has_an_echo(
    graph: PretendGraph, meta: GraphWebhooks, receiver: Receiver, caller: Caller
) -> None:
    graph.next_truncated(done=True)
    with pytest.raises(ValueError, match=r"."):
        await caller.send(HELLO)
    await graph.settled()
    assert [item["message"]["mid"] for item in receiver.items] == [graph.sent[0].mid]


async def test_a_public_reply_comes_back_as_a_comment_of_the_page(
    meta: GraphWebhooks, receiver: Receiver, caller: Caller
) -> None:
    event = meta.comments("Mai xã có làm việc không?", NEIGHBOUR)
    comment = event.item["value"]["comment_id"]
    _, answer = await caller.call("POST", f"{comment}/comments", {"message": "Có ạ"})
    value = receiver.items[0]["value"]
    assert (value["from"]["id"], value["comment_id"], value["parent_id"]) == (PAGE_ID, answer["id"], comment)


@pytest.mark.parametrize("app", [INBOX_APP, INBOX_APP_OF_ECHOES, None])
async def test_a_colleague_in_the_inbox_takes_the_thread_when_there_is_routing(
    graph: PretendGraph, meta: GraphWebhooks, caller: Caller, app: str | None
) -> None:
    told = meta.staff_type("Chào chị", app_id=app)
    assert told.item["message"].get("app_id") == (None if app is None else int(app))
    assert told.channel == "messaging"
    assert "message_id" in await caller.send(HELLO)
    graph.page.default_app = APP_ID
    meta.staff_type("Chào chị", app_id=INBOX_APP)
    tapped = meta.taps("Gặp cán bộ", "HUMAN")
    assert (tapped.channel, "payload" in tapped.item["postback"]) == ("standby", False)
    assert refused(await caller.send(HELLO), 10, 2018300)
    back = meta.passes_control(APP_ID)
    assert back.channel == "messaging"
    assert back.item["pass_thread_control"]["previous_owner_app_id"] == INBOX_APP
    assert "message_id" in await caller.send(HELLO)
    graph.advance(timedelta(days=1))
    assert meta.says("Xin chào").channel == "messaging"


async def test_a_person_who_had_blocked_the_page_writes_again(
    graph: PretendGraph, meta: GraphWebhooks, caller: Caller
) -> None:
    graph.citizen.blocked = True
    meta.says("Xin chào")
    assert "message_id" in await caller.send(HELLO)


async def test_events_without_sender_or_timestamp_can_be_made(meta: GraphWebhooks) -> None:
    assert "sender" not in meta.enforces_policy("block", "spam").item
    assert "timestamp" not in meta.receives("m_1").altered(timestamp=None).item
    assert "mids" not in meta.receives().item["delivery"]


async def test_deletion_is_asked_for_with_a_signed_request(meta: GraphWebhooks, receiver: Receiver) -> None:
    status, answer = await meta.ask_deletion(str(receiver.server.make_url("/delete")))
    assert status == 200
    assert answer["confirmation_code"]


def test_there_are_payloads() -> None:
    assert len(PAYLOADS) > 150


@pytest.mark.parametrize("file", PAYLOADS, ids=lambda file: file.stem)
def test_a_payload_is_written_as_meta_writes_it(file: Path) -> None:
    raw = file.read_bytes()
    value = json.loads(raw)
    assert raw.isascii()
    assert isinstance(value, dict)
    assert (encode(value) == raw) == (file.stem not in OTHERWISE_ESCAPED)
