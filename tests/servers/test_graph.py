from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.fakes import FakeClock
from tests.servers import graph_errors as errors
from tests.servers.graph import PretendGraph
from tests.servers.graph_caller import HELLO, Caller, Json, refused
from tests.servers.graph_errors import GraphError
from tests.servers.graph_state import (
    APP_SECRET,
    CITIZEN,
    NEIGHBOUR,
    PAGE_ID,
    PAGE_TOKEN,
    proof,
)


@pytest.fixture
async def graph(clock: FakeClock) -> AsyncIterator[PretendGraph]:
    async with PretendGraph(clock.now) as graph:
        yield graph


@pytest.fixture
async def caller(graph: PretendGraph) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(graph, session)


async def test_an_accepted_message_is_kept_and_answered_with_its_id(graph: PretendGraph, caller: Caller) -> None:
    answer = await caller.send(HELLO, f"{PAGE_ID}/messages")
    (sent,) = graph.sent
    assert answer == {"recipient_id": CITIZEN, "message_id": sent.mid}
    assert (sent.recipient, sent.text, sent.time, sent.body) == (CITIZEN, "Xin chào", graph.time(), HELLO)


async def test_the_token_may_come_as_a_header_and_the_body_as_a_form(graph: PretendGraph, caller: Caller) -> None:
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in HELLO.items()}
    headers = {"Authorization": f"Bearer {PAGE_TOKEN}"}
    async with caller.session.post(f"{graph.url}/v19.3/me/messages", data=form, headers=headers) as answer:
        assert answer.status == 200
    assert graph.calls[0].version == "v19.3"


async def test_answers_are_written_as_meta_writes_them(graph: PretendGraph, caller: Caller) -> None:
    graph.citizen.last_opened = None
    url = f"{graph.url}/v26.0/me/messages"
    async with caller.session.post(url, json=HELLO, params={"access_token": PAGE_TOKEN}) as answer:
        assert b"https:\\/\\/developers.facebook.com" in await answer.read()


@pytest.mark.parametrize("token", [None, "EAAother"])
async def test_the_token_is_looked_at_before_the_path(caller: Caller, token: str | None) -> None:
    status, answer = await caller.call("POST", "no/such/path", HELLO, token)
    assert status == 400
    assert refused(answer, 190)


@pytest.mark.parametrize("error", [errors.TOKEN_EXPIRED, errors.PASSWORD_CHANGED, errors.APP_REMOVED])
async def test_a_dead_token_says_why_until_it_is_renewed(
    graph: PretendGraph, caller: Caller, error: GraphError
) -> None:
    graph.kill_token(error)
    assert refused(await caller.send(HELLO), error)
    graph.renew_token()
    assert "message_id" in await caller.send(HELLO)


async def test_a_proof_must_be_right_and_may_be_required(graph: PretendGraph, caller: Caller) -> None:
    right = proof(APP_SECRET, PAGE_TOKEN)
    assert right == "a4e790a4f33cc8f26016f1e617391e91ce692425d30fa8a9c99b5f528ee804d5"
    assert refused(await caller.send(HELLO, appsecret_proof="0" * 64), 100)
    graph.require_proof = True
    assert refused(await caller.send(HELLO), 100)
    assert "message_id" in await caller.send(HELLO, appsecret_proof=right)
    assert "appsecret_proof" not in graph.sent[0].body


async def test_an_unknown_object_is_refused(caller: Caller) -> None:
    for path in ("999/messages", "me/nothing", "999"):
        assert refused((await caller.call("POST", path, HELLO))[1], 100, 33)


BUTTON = {"type": "postback", "title": "Gửi phản ánh", "payload": "NEW"}
REPLY = {"content_type": "text", "title": "Gặp cán bộ", "payload": "HUMAN"}


def template(**payload: Any) -> Json:
    return {"attachment": {"type": "template", "payload": payload}}


def buttons(*buttons: Json, text: str = "Chọn:") -> Json:
    return template(template_type="button", text=text, buttons=list(buttons))


def cards(*elements: Json) -> Json:
    return template(template_type="generic", elements=list(elements))


GOOD: dict[str, Json] = {
    "2000 characters": {"text": "ă" * 2000},
    "quick replies": {"text": "Chọn:", "quick_replies": [REPLY] * 12 + [{"content_type": "user_phone_number"}]},
    "buttons": buttons(
        BUTTON,
        {"type": "web_url", "title": "Tra cứu", "url": "https://x.vn"},
        {"type": "phone_number", "title": "Gọi", "payload": "+84901234567"},
        text="a" * 640,
    ),
    "cards": cards(*[{"title": "a" * 80, "subtitle": "b" * 80, "buttons": [BUTTON] * 3}] * 10),
    "picture": {"attachment": {"type": "image", "payload": {"url": "https://x.vn/a.png"}}},
    "metadata": {"text": "a", "metadata": "m" * 999},
}
BAD: dict[str, tuple[Json, int]] = {
    "nothing": ({}, 100),
    "no text": ({"text": ""}, 100),
    "blank text": ({"text": " \n"}, 100),
    "2001 characters": ({"text": "a" * 2001}, 100),
    "emoji count twice": ({"text": "😀" * 1001}, 100),
    "text and attachment": (GOOD["picture"] | {"text": "a"}, 100),
    "unknown key": ({"text": "a", "quickReplies": []}, 100),
    "long metadata": ({"text": "a", "metadata": "m" * 1000}, 100),
    "14 quick replies": ({"text": "a", "quick_replies": [REPLY] * 14}, 105),
    "quick replies alone": ({"quick_replies": [REPLY]}, 100),
    "long quick reply": ({"text": "a", "quick_replies": [REPLY | {"title": "a" * 21}]}, 100),
    "quick reply without payload": ({"text": "a", "quick_replies": [{"content_type": "text", "title": "a"}]}, 100),
    "long quick reply payload": ({"text": "a", "quick_replies": [REPLY | {"payload": "p" * 1001}]}, 100),
    "location quick reply": ({"text": "a", "quick_replies": [{"content_type": "location"}]}, 100),
    "4 buttons": (buttons(*[BUTTON] * 4), 105),
    "no buttons": (buttons(), 194),
    "long button": (buttons(BUTTON | {"title": "a" * 21}), 100),
    "long button text": (buttons(BUTTON, text="a" * 641), 100),
    "11 cards": (cards(*[{"title": "a", "subtitle": "b"}] * 11), 105),
    "bare card": (cards({"title": "a"}), 100),
    "long card title": (cards({"title": "a" * 81, "subtitle": "b"}), 100),
    "list template": (template(template_type="list", elements=[]), 100),
    "url and id": ({"attachment": {"type": "image", "payload": {"url": "https://x.vn", "attachment_id": "1"}}}, 100),
}


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD.keys())
async def test_a_message_at_its_limits_is_accepted(caller: Caller, message: Json) -> None:
    assert "message_id" in await caller.say(**message)


@pytest.mark.parametrize(("message", "code"), BAD.values(), ids=BAD.keys())
async def test_a_message_beyond_a_limit_is_refused(
    graph: PretendGraph, caller: Caller, message: Json, code: int
) -> None:
    assert refused(await caller.say(**message), code)
    assert graph.sent == []


@pytest.mark.parametrize(
    ("change", "code", "subcode"),
    [
        ({"recipient": None}, 100, None),
        ({"recipient": {"id": CITIZEN, "comment_id": "1_2"}}, 100, None),
        ({"recipient": {"id": int(CITIZEN)}}, 100, None),
        ({"recipient": {"id": NEIGHBOUR}}, 100, 2018001),
        ({"messaging_type": "REPLY"}, 100, None),
        ({"messaging_type": "MESSAGE_TAG"}, 100, None),
        ({"tag": "HUMAN_AGENT"}, 100, None),
        ({"messaging_type": "MESSAGE_TAG", "tag": "ISSUE_RESOLUTION"}, 100, None),
        ({"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}, 100, 1893061),
        ({"notification_type": "LOUD"}, 100, None),
        ({"sender_action": "typing_on"}, 100, 2018014),
        ({"persona_id": "1"}, 100, 33),
    ],
)
async def test_a_wrong_call_is_refused(caller: Caller, change: Json, code: int, subcode: int | None) -> None:
    assert refused(await caller.send(HELLO | change), code, subcode)


@pytest.mark.parametrize("done", [False, True])
async def test_a_broken_answer_does_not_say_whether_the_message_went_out(
    graph: PretendGraph, caller: Caller, done: bool
) -> None:
    graph.next_html(done=done)
    graph.next_truncated(done=done)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"."):
            await caller.send(HELLO)
    graph.next_reset(done=done)
    with pytest.raises(aiohttp.ClientError):
        await caller.send(HELLO)
    graph.next_hang(done=done)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(caller.send(HELLO), 0.1)
        pytest.fail("it did not hang")
    assert len(graph.sent) == 4 * done
    assert "message_id" in await caller.send(HELLO)


async def test_the_next_answers_can_be_errors_of_one_edge(graph: PretendGraph, caller: Caller) -> None:
    graph.next_error(errors.APP_LIMIT, 2, edge="messages")
    assert (await caller.call("GET", CITIZEN, fields="first_name"))[0] == 200
    for _ in range(2):
        answer = await caller.send(HELLO)
        assert refused(answer, 4)
        assert answer["error"]["is_transient"] is True
    assert "message_id" in await caller.send(HELLO)
    graph.next_too_many(seconds=7)
    graph.next_status(500)
    url = f"{graph.url}/v26.0/me/messages"
    async with caller.session.post(url, json=HELLO) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    async with caller.session.post(url, json=HELLO) as answer:
        assert answer.status == 500


async def test_a_day_has_two_hundred_calls_for_each_person_and_calling_on_prolongs_the_block(
    graph: PretendGraph, caller: Caller
) -> None:
    graph.quotas[PAGE_ID].per_person = 2
    graph.quotas[PAGE_ID].regain_minutes = 60
    for percent in (50, 100):
        assert "message_id" in await caller.send(HELLO)
        assert json.loads(caller.headers["X-App-Usage"])["call_count"] == percent
    assert refused(await caller.send(HELLO), errors.MESSENGER_LIMIT)
    usage = json.loads(caller.headers["X-Business-Use-Case-Usage"])[PAGE_ID][0]
    assert (usage["type"], usage["estimated_time_to_regain_access"]) == ("messenger", 60)
    graph.advance(timedelta(minutes=59))
    assert refused(await caller.send(HELLO), errors.MESSENGER_LIMIT)
    graph.advance(timedelta(minutes=59))
    assert refused(await caller.send(HELLO), errors.MESSENGER_LIMIT)
    graph.advance(timedelta(hours=23, minutes=59))
    graph.citizen.last_opened = graph.time()
    assert "message_id" in await caller.send(HELLO)


async def test_the_eleventh_voice_message_of_a_second_is_too_many(graph: PretendGraph, caller: Caller) -> None:
    voice = {"attachment": {"type": "audio", "payload": {"url": "https://x.vn/a.mp3"}}}
    answers = [await caller.say(**voice) for _ in range(11)]
    assert [refused(answer, 613) for answer in answers] == [False] * 10 + [True]
    graph.advance(timedelta(seconds=1))
    assert "message_id" in await caller.say(**voice)
