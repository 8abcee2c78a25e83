from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from bot import limits
from bot.dialogue import payloads
from bot.storage.transcripts import SqlTranscripts
from tests.fakes import FakeClock, FakeNlu
from tests.servers.chat import UNIT, Citizen, Client

answering = pytest.mark.usefixtures("answering")
LONG = "a" * limits.TEXT_CHARACTERS


@answering
async def test_a_question_is_answered_from_a_procedure_with_its_source(citizen: Citizen, nlu: FakeNlu) -> None:
    nlu.says("procedure_documents")
    [answer] = await citizen.ask("làm khai sinh cần giấy tờ gì")
    assert "cần giấy tờ sau" in answer["text"]
    assert "Nguồn: " in answer["text"]
    assert answer["buttons"]


@answering
async def test_a_tapped_button_is_understood_without_rasa(citizen: Citizen, nlu: FakeNlu) -> None:
    nlu.away = True
    [answer] = await citizen.ask(payload=payloads.ask("fee", "dang-ky-ket-hon"))
    assert "lệ phí" in answer["text"]
    assert nlu.asked == []


@answering
async def test_the_greeting_names_the_commune_and_says_it_is_automatic(citizen: Citizen) -> None:
    [greeting] = await citizen.ask(payload=payloads.START)
    assert "tự động" in greeting["text"]
    assert "Tân An" in greeting["text"]


@answering
async def test_answers_come_in_the_order_of_the_questions(citizen: Citizen, nlu: FakeNlu) -> None:
    nlu.says("greet")
    for number in range(5):
        await citizen.say(f"chào lần {number}")
    await citizen.answers(5)
    deadline = time.monotonic() + 10
    while (shown := await citizen.read())["typing"]:
        assert time.monotonic() < deadline
    assert [one["seq"] for one in shown["messages"]] == list(range(1, 11))
    asked = [one["text"] for one in shown["messages"] if one["direction"] == "in"]
    assert asked == [f"chào lần {number}" for number in range(5)]


async def test_only_messages_after_the_number_asked_for_are_shown(citizen: Citizen) -> None:
    for number in range(3):
        await citizen.say(str(number))
    assert [one["text"] for one in (await citizen.read(after=1))["messages"]] == ["1", "2"]


async def test_the_same_client_id_again_is_the_same_message(citizen: Citizen) -> None:
    numbers = [await citizen.say("một", client_id="same") for _ in range(3)]
    assert numbers == [1, 1, 1]
    assert [(one["client_id"], one["text"]) for one in (await citizen.read())["messages"]] == [("same", "một")]


@answering
async def test_the_same_client_id_many_times_at_once_is_answered_once(citizen: Citizen, nlu: FakeNlu) -> None:
    nlu.says("greet")
    numbers = await asyncio.gather(*(citizen.say("chào", client_id="same") for _ in range(10)))
    assert set(numbers) == {1}
    await citizen.answers(1)
    assert [one["direction"] for one in (await citizen.read())["messages"]] == ["in", "out"]


async def test_two_citizens_may_use_the_same_client_id(client: Client, citizen: Citizen) -> None:
    other = await Citizen.arrive(client)
    await citizen.say("của An", client_id="same")
    await other.say("của Bình", client_id="same")
    assert [one["text"] for one in (await other.read())["messages"]] == ["của Bình"]


async def test_a_waiting_poll_returns_as_soon_as_there_is_news(citizen: Citizen) -> None:
    waiting = asyncio.create_task(citizen.read(wait=25))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await citizen.say("tin mới")
    shown = await asyncio.wait_for(waiting, 5)
    assert [one["text"] for one in shown["messages"]] == ["tin mới"]
    assert shown["typing"]


async def test_a_poll_without_news_ends_empty(citizen: Citizen) -> None:
    assert await citizen.read(wait=1) == {"messages": [], "typing": False}


async def test_a_page_shows_a_bounded_number_of_messages(citizen: Citizen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGES_PER_PAGE", 2)
    for text in "abc":
        await citizen.say(text)
    assert [one["text"] for one in (await citizen.read())["messages"]] == ["a", "b"]
    assert [one["text"] for one in (await citizen.read(after=2))["messages"]] == ["c"]


@answering
async def test_deleting_forgets_everything_and_ends_the_session(
    citizen: Citizen, client: Client, transcripts: SqlTranscripts
) -> None:
    await citizen.ask("chào")
    async with client.delete("/chat/api/session", headers=citizen.headers) as response:
        assert response.status == 204
    for method in ("GET", "DELETE"):
        path = "/chat/api/messages" if method == "GET" else "/chat/api/session"
        async with client.request(method, path, headers=citizen.headers) as response:
            assert response.status == 401
    assert await transcripts.messages(1, 0, 100) == []


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer short", "Bearer " + "x" * 32, "Bearer " + "x" * 5_000, "Basic YTpi"],
)
async def test_a_caller_without_a_known_token_is_refused(client: Client, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    calls = (("GET", "/chat/api/messages"), ("POST", "/chat/api/messages"), ("DELETE", "/chat/api/session"))
    for method, path in calls:
        async with client.request(method, path, headers=headers) as response:
            assert response.status == 401
            assert (await response.json())["error"]


@pytest.mark.parametrize(
    ("text", "payload", "status"),
    [
        (LONG + "a", None, 413),
        ("a" * 10_000, None, 413),
        ("", None, 422),
        (" \n\t ", None, 422),
        ("", "ask:everything:x", 422),
        ("", "__class__", 422),
        ("", "x" * (limits.PAYLOAD_CHARACTERS + 1), 400),
        (LONG, None, 202),
        ("🙂" * limits.TEXT_CHARACTERS, None, 202),
    ],
)
async def test_what_cannot_be_a_message_is_refused_in_words(
    citizen: Citizen, text: str, payload: str | None, status: int
) -> None:
    got, answer, _ = await citizen.post({"client_id": "x", "text": text, "payload": payload})
    assert got == status
    assert ("error" in answer) == (status != 202)
    assert len((await citizen.read())["messages"]) == (status == 202)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"client_id": 5, "text": "a"}',
        b'{"client_id": "", "text": "a"}',
        b'{"text": "a"}',
        b'{"client_id": "x", "text": null}',
        b'{"client_id": "' + b"x" * 65 + b'", "text": "a"}',
        b"[" * 50_000,
    ],
)
async def test_a_body_of_another_shape_is_a_bad_request(citizen: Citizen, body: bytes) -> None:
    async with citizen.client.post("/chat/api/messages", data=body, headers=citizen.headers) as response:
        assert response.status == 400
        assert (await response.json())["error"]


async def test_a_body_beyond_the_limit_is_refused(citizen: Citizen) -> None:
    status, answer, _ = await citizen.post({"client_id": "x", "text": "a" * limits.REQUEST_BYTES})
    assert status == 413
    assert answer["error"]


@pytest.mark.parametrize("query", ["after=x", "wait=x", "after=1e3", "wait=1.5"])
async def test_numbers_that_are_none_are_a_bad_request(citizen: Citizen, query: str) -> None:
    async with citizen.client.get(f"/chat/api/messages?{query}", headers=citizen.headers) as response:
        assert response.status == 400


@pytest.mark.parametrize("query", ["after=-5", "after=99999999999999999999", "wait=-1", "after="])
async def test_numbers_out_of_range_are_taken_to_the_nearest(citizen: Citizen, query: str) -> None:
    async with citizen.client.get(f"/chat/api/messages?{query}", headers=citizen.headers) as response:
        assert response.status == 200


async def test_writing_too_fast_is_told_how_long_to_wait(citizen: Citizen, client: Client) -> None:
    for _ in range(limits.MESSAGES_PER_MINUTE):
        await citizen.say("nhanh quá")
    status, answer, headers = await citizen.post({"client_id": "last", "text": "nữa"})
    assert status == 429
    assert 1 <= int(headers["Retry-After"]) <= 60
    assert answer["error"]
    await (await Citizen.arrive(client)).say("người khác vẫn gửi được")


async def test_opening_too_many_sessions_is_told_how_long_to_wait(client: Client) -> None:
    for _ in range(limits.SESSIONS_PER_MINUTE):
        await Citizen.arrive(client)
    async with client.post("/chat/api/session", json={"unit": UNIT}) as response:
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 60


async def test_an_unknown_unit_opens_no_session(client: Client) -> None:
    for unit in ("xa-khong-co", "", "x" * 80):
        async with client.post("/chat/api/session", json={"unit": unit}) as response:
            assert response.status == 422


async def test_a_session_survives_a_long_silence(citizen: Citizen, clock: FakeClock) -> None:
    await citizen.say("một")
    clock.advance(timedelta(days=29))
    assert len((await citizen.read())["messages"]) == 1
