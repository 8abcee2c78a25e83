from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.fakes import FakeClock
from tests.servers import graph_errors as errors
from tests.servers.graph import PretendGraph
from tests.servers.graph_caller import HELLO, Caller, refused
from tests.servers.graph_errors import GraphError
from tests.servers.graph_state import (
    APP_ID,
    APP_SECRET,
    CITIZEN,
    INBOX_APP,
    NEIGHBOUR,
    PAGE_ID,
    PAGE_TOKEN,
    USER_TOKEN,
)

APP_TOKEN = f"{APP_ID}|{APP_SECRET}"


@pytest.fixture
async def graph(clock: FakeClock) -> AsyncIterator[PretendGraph]:
    async with PretendGraph(clock.now) as graph:
        yield graph


@pytest.fixture
async def caller(graph: PretendGraph) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(graph, session)


async def test_another_pages_citizen_is_nobody_here(graph: PretendGraph, caller: Caller) -> None:
    graph.add_page("111", "EAAother")
    graph.add_person(NEIGHBOUR, "111")
    body = HELLO | {"recipient": {"id": NEIGHBOUR}}
    assert refused(await caller.send(body), errors.NO_SUCH_PERSON)
    assert "message_id" in (await caller.call("POST", "111/messages", body, "EAAother"))[1]


async def test_typing_and_seen_have_no_message_id(graph: PretendGraph, caller: Caller) -> None:
    for action in ("typing_on", "mark_seen"):
        answer = await caller.send({"recipient": {"id": CITIZEN}, "sender_action": action})
        assert answer == {"recipient_id": CITIZEN}
    assert [action.name for action in graph.actions] == ["typing_on", "mark_seen"]
    assert graph.sent == []
    assert refused(await caller.send({"recipient": {"id": CITIZEN}, "sender_action": "dance"}), 100)


async def test_the_window_closes_after_a_day(graph: PretendGraph, caller: Caller) -> None:
    graph.advance(timedelta(hours=24))
    assert "message_id" in await caller.send(HELLO)
    graph.advance(timedelta(seconds=1))
    for kind in ("RESPONSE", "UPDATE"):
        assert refused(await caller.send(HELLO | {"messaging_type": kind}), errors.OUTSIDE_WINDOW)


async def test_a_human_agent_has_a_week_if_the_app_has_the_feature(graph: PretendGraph, caller: Caller) -> None:
    tagged = HELLO | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    graph.advance(timedelta(days=7))
    assert refused(await caller.send(tagged), errors.OUTSIDE_WINDOW)
    graph.page.human_agent_refusal = errors.NOT_PERMITTED
    assert refused(await caller.send(tagged), 10)
    graph.page.human_agent = True
    assert "message_id" in await caller.send(tagged)
    graph.advance(timedelta(seconds=1))
    assert refused(await caller.send(tagged), errors.OUTSIDE_WINDOW)


async def test_an_approved_utility_template_goes_out_at_any_time(graph: PretendGraph, caller: Caller) -> None:
    text = "Phản ánh {{1}} của ông/bà đã có trả lời."
    body = {"name": "da_tra_loi", "language": "vi", "category": "UTILITY"}
    parameters = [{"type": "text", "text": "PA-0042"}]
    message = {
        "template": {
            "name": "da_tra_loi",
            "language": {"code": "vi"},
            "components": [{"type": "body", "parameters": parameters}],
        }
    }
    send = HELLO | {"messaging_type": "UTILITY", "message": message}
    graph.advance(timedelta(days=30))
    assert refused(await caller.send(send), 10)
    graph.page.utility = True
    assert refused(await caller.send(send), 100)
    for wrong in ("{{1}} đã có trả lời.", "Phản ánh {{2}} đã có trả lời.", "Phản ánh {{1}}"):
        components = [{"type": "BODY", "text": wrong}]
        assert refused((await caller.call("POST", "me/message_templates", {**body, "components": components}))[1], 100)
    whole = {"type": "BODY", "text": text, "example": {"body_text": [["PA-0042"]]}}
    _, answer = await caller.call("POST", "me/message_templates", {**body, "components": [whole]})
    assert (answer["status"], answer["category"]) == ("APPROVED", "UTILITY")
    assert "message_id" in await caller.send(send)
    parameters.append({"type": "text", "text": "?"})
    assert refused(await caller.send(send), 100)


async def test_a_citizen_who_blocked_the_page_gets_nothing(graph: PretendGraph, caller: Caller) -> None:
    graph.citizen.blocked = True
    assert refused(await caller.send(HELLO), 551, 1545041)
    graph.citizen.refusal = errors.CANNOT_RECEIVE
    assert refused(await caller.send(HELLO), 10, 2018108)
    graph.citizen.dead = True
    assert refused(await caller.send(HELLO), 100, 2018001)


@pytest.mark.parametrize("error", [errors.PAGE_RESTRICTED, errors.NO_ROLE, errors.ABUSIVE, errors.NEEDS_PERMISSION])
async def test_a_page_that_may_not_send_is_told_so(graph: PretendGraph, caller: Caller, error: GraphError) -> None:
    graph.page.refusal = error
    status, answer = await caller.call("POST", "me/messages", HELLO)
    assert (status, refused(answer, error)) == (error.status, True)
    assert "id" in (await caller.call("GET", CITIZEN, fields="first_name"))[1]


async def test_only_the_owner_of_a_thread_may_send(graph: PretendGraph, caller: Caller) -> None:
    to = {"recipient": {"id": CITIZEN}}
    assert (await caller.call("GET", "me/thread_owner", recipient=CITIZEN))[1] == {"data": []}
    assert refused((await caller.call("POST", "me/take_thread_control", to))[1], 100, 2534037)
    graph.page.default_app = APP_ID
    assert "message_id" in await caller.send(HELLO)
    passed = await caller.call("POST", "me/pass_thread_control", {**to, "target_app_id": INBOX_APP})
    assert passed == (200, {"success": True})
    assert refused(await caller.send(HELLO), errors.THREAD_TAKEN)
    owner = (await caller.call("GET", "me/thread_owner", recipient=CITIZEN))[1]["data"][0]["thread_owner"]
    assert owner["app_id"] == INBOX_APP
    assert refused((await caller.call("POST", "me/release_thread_control", to))[1], 100, 2534037)
    await caller.call("POST", "me/take_thread_control", to)
    assert "message_id" in await caller.send(HELLO)
    assert refused((await caller.call("POST", "me/extend_thread_control", {**to, "duration": 604801}))[1], 100)
    await caller.call("POST", "me/pass_thread_control", {**to, "target_app_id": INBOX_APP})
    graph.advance(timedelta(hours=24))
    assert "message_id" in await caller.send(HELLO)


async def test_a_comment_has_one_private_reply_within_a_week(graph: PretendGraph, caller: Caller) -> None:
    first, second = graph.add_comment("1_2", NEIGHBOUR), graph.add_comment("1_3")
    private = {"recipient": {"comment_id": first.comment_id}, "message": {"text": "Xã xin trả lời"}}
    assert (await caller.send(private))["recipient_id"] == NEIGHBOUR
    assert refused(await caller.send(private), errors.ALREADY_REPLIED)
    assert refused(await caller.send(HELLO | {"recipient": {"id": NEIGHBOUR}}), errors.OUTSIDE_WINDOW)
    private["recipient"] = {"comment_id": second.comment_id}
    graph.advance(timedelta(days=7, seconds=1))
    assert refused(await caller.send(private), errors.COMMENT_NOT_VALID)


async def test_a_public_reply_goes_below_a_comment_that_exists(graph: PretendGraph, caller: Caller) -> None:
    graph.add_comment("1_2")
    _, answer = await caller.call("POST", "1_2/comments", {"message": "Xã làm việc bình thường"})
    assert answer == {"id": graph.public_replies[0].mid}
    assert refused((await caller.call("POST", "1_9/comments", {"message": "?"}))[1], 100, 33)


async def test_an_uploaded_file_can_be_sent_for_ninety_days(graph: PretendGraph, caller: Caller) -> None:
    form = aiohttp.FormData()
    form.add_field("message", json.dumps({"attachment": {"type": "image", "payload": {"is_reusable": True}}}))
    form.add_field("filedata", b"\x89PNG", filename="a.png", content_type="image/png")
    url = f"{graph.url}/v26.0/me/message_attachments"
    async with caller.session.post(url, data=form, params={"access_token": PAGE_TOKEN}) as answer:
        name = (await answer.json())["attachment_id"]
    again = {"attachment": {"type": "image", "payload": {"attachment_id": name}}}
    assert "message_id" in await caller.say(**again)
    graph.advance(timedelta(days=91))
    graph.citizen.last_opened = graph.time()
    assert refused(await caller.say(**again), errors.BAD_ATTACHMENT_ID)


async def test_a_bad_address_of_a_file_is_reported(graph: PretendGraph, caller: Caller) -> None:
    graph.page.bad_urls["https://x.vn/a.png"] = errors.URL_NOT_FETCHED
    picture = {"type": "image", "payload": {"url": "https://x.vn/a.png"}}
    assert refused(await caller.say(attachment=picture), errors.URL_NOT_FETCHED)


async def test_a_profile_may_be_missing_in_four_ways(graph: PretendGraph, caller: Caller) -> None:
    async def profile() -> Any:
        return (await caller.call("GET", CITIZEN, fields="first_name,last_name,locale"))[1]

    assert await profile() == {"first_name": "Lan", "last_name": "Trần Thị", "id": CITIZEN}
    graph.citizen.profile = "empty"
    assert await profile() == {}
    graph.citizen.profile = "by phone"
    assert refused(await profile(), 100, 2018218)
    graph.citizen.profile = "not permitted"
    assert refused(await profile(), 100, 2018247)
    graph.citizen.dead = True
    assert refused(await profile(), 100, 33)


async def test_tokens_are_exchanged_listed_and_examined(graph: PretendGraph, caller: Caller) -> None:
    query = {"grant_type": "fb_exchange_token", "client_id": APP_ID, "client_secret": APP_SECRET}
    _, answer = await caller.call("GET", "oauth/access_token", token=None, **query, fb_exchange_token=USER_TOKEN)
    assert answer["token_type"] == "bearer"
    _, pages = await caller.call("GET", "me/accounts", token=answer["access_token"])
    assert [(page["id"], page["access_token"]) for page in pages["data"]] == [(PAGE_ID, PAGE_TOKEN)]
    graph.kill_token()
    _, seen = await caller.call("GET", "debug_token", token=APP_TOKEN, input_token=PAGE_TOKEN)
    assert (seen["data"]["type"], seen["data"]["is_valid"], seen["data"]["expires_at"]) == ("PAGE", False, 0)


async def test_the_profile_of_the_page_keeps_its_rules(graph: PretendGraph, caller: Caller) -> None:
    menu = {"locale": "default", "call_to_actions": [{"type": "postback", "title": "Gặp cán bộ", "payload": "HUMAN"}]}
    started = {"get_started": {"payload": "GET_STARTED"}}
    path = "me/messenger_profile"
    assert refused((await caller.call("POST", path, {"persistent_menu": [menu]}))[1], 100)
    for wrong in (menu | {"locale": "vi_VN"}, menu | {"call_to_actions": []}):
        assert "error" in (await caller.call("POST", path, {**started, "persistent_menu": [wrong]}))[1]
    assert (await caller.call("POST", path, {**started, "persistent_menu": [menu]}))[1] == {"result": "success"}
    assert (await caller.call("GET", path, fields="get_started,greeting"))[1] == {"data": [started]}
    assert (await caller.call("DELETE", path, {"fields": ["persistent_menu"]}))[1] == {"result": "success"}
    for _ in range(4):
        await caller.call("GET", path, fields="get_started")
    assert refused((await caller.call("GET", path, fields="get_started"))[1], 613)


async def test_a_page_is_subscribed_listed_and_unsubscribed(graph: PretendGraph, caller: Caller) -> None:
    path = f"{PAGE_ID}/subscribed_apps"
    assert refused((await caller.call("POST", path, subscribed_fields="messaging_handover"))[1], 100)
    answer = await caller.call("POST", path, subscribed_fields="messages,feed")
    assert answer == (200, {"success": "true"})
    _, listed = await caller.call("GET", path)
    assert [(app["id"], app["subscribed_fields"]) for app in listed["data"]] == [(APP_ID, ["messages", "feed"])]
    graph.success_as_text = False
    assert (await caller.call("DELETE", path))[1] == {"success": True}
    assert (await caller.call("GET", path))[1] == {"data": []}


async def test_a_persona_has_a_short_name_and_can_be_sent_with(caller: Caller) -> None:
    picture = "https://x.vn/a.png"
    assert refused(
        (await caller.call("POST", "me/personas", {"name": "a" * 51, "profile_picture_url": picture}))[1], 100
    )
    _, made = await caller.call("POST", "me/personas", {"name": "Cán bộ Hoa", "profile_picture_url": picture})
    assert "message_id" in await caller.send(HELLO | {"persona_id": made["id"]})
    assert (await caller.call("GET", "me/personas"))[1]["data"][0]["name"] == "Cán bộ Hoa"
    assert (await caller.call("DELETE", made["id"]))[1] == {"success": True}


async def test_only_the_twenty_newest_messages_can_be_read_again(graph: PretendGraph, caller: Caller) -> None:
    for number in range(21):
        await caller.say(text=f"tin {number}")
        graph.advance(timedelta(seconds=1))
    _, found = await caller.call("GET", "me/conversations", platform="messenger", user_id=CITIZEN)
    _, thread = await caller.call("GET", found["data"][0]["id"], fields="messages")
    graph.advance(timedelta(seconds=1))
    mids = [one["id"] for one in thread["messages"]["data"]]
    assert mids == [sent.mid for sent in reversed(graph.sent)]
    _, newest = await caller.call("GET", mids[0], fields="id,created_time,from,to,message")
    assert (newest["message"], newest["from"]["id"], newest["to"]["data"][0]["id"]) == ("tin 20", PAGE_ID, CITIZEN)
    assert refused((await caller.call("GET", mids[20], fields="message"))[1], 9000001)
    assert refused((await caller.call("GET", mids[0], fields="message"))[1], 613)
