from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.errors import NluRejectedError, NluUnavailableError
from nlu.client import RasaClient
from tests.servers import free_port

TOKEN = "right"
GREETING = {"intent": {"name": "greet", "confidence": 0.9}, "intent_ranking": [{"name": "greet", "confidence": 0.9}]}
Answer = Callable[[], Awaitable[web.Response]]


class Server:
    """A loopback server with Rasa's two addresses. `answers` are given in turn, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.heard: list[str] = []
        self.model = "model-1"
        app = web.Application()
        app.router.add_post("/model/parse", self._parse)
        app.router.add_get("/status", self._status)
        self.server = TestServer(app, access_log=None)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    async def _parse(self, request: web.Request) -> web.Response:
        if request.query.get("token") != TOKEN:
            return web.json_response({"status": "failure"}, status=401)
        self.heard.append((await request.json())["text"])
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return await answer()

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response({"model_file": self.model})


def says(body: Any, status: int = 200) -> Answer:
    async def answer() -> web.Response:
        if isinstance(body, str):
            return web.Response(text=body, status=status)
        return web.json_response(body, status=status)

    return answer


async def hangs() -> web.Response:
    await asyncio.sleep(2)
    return web.json_response(GREETING)


GREETS = says(GREETING)
BROKEN = says({"error": "inside"}, 500)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def started(stack: AsyncExitStack, *answers: Answer) -> Server:
    server = Server(*answers)
    await stack.enter_async_context(server.server)
    return server


def asking(stack: AsyncExitStack, *urls: str, token: str = TOKEN, retry_dead_after: float = 60.0) -> RasaClient:
    client = RasaClient(urls, token, timeout=0.3, retry_dead_after=retry_dead_after)
    stack.push_async_callback(client.close)
    return client


async def test_the_text_goes_out_and_the_meaning_comes_back(stack: AsyncExitStack) -> None:
    server = await started(stack, GREETS)
    meaning = await asking(stack, server.url).parse("xin chào")
    assert (meaning.intent, meaning.confidence, meaning.model) == ("greet", 0.9, "model-1")
    assert meaning.ranking == (("greet", 0.9),)
    assert server.heard == ["xin chào"]


@pytest.mark.parametrize(("text", "heard"), [("/denounce", "denounce"), (" / /greet", "greet"), ("và/hoặc", "và/hoặc")])
async def test_a_leading_slash_does_not_reach_the_server(stack: AsyncExitStack, text: str, heard: str) -> None:
    server = await started(stack, GREETS)
    await asking(stack, server.url).parse(text)
    assert server.heard == [heard]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (BROKEN, NluRejectedError),
        (says("<html>", 200), NluUnavailableError),
        (says("", 200), NluUnavailableError),
        (says([1, 2]), NluRejectedError),
        (says({"intent": None}), NluRejectedError),
        (says({"intent": {"name": "greet"}, "intent_ranking": []}), NluRejectedError),
        (hangs, NluUnavailableError),
    ],
    ids=["500", "not JSON", "empty", "a list", "no intent", "no confidence", "time-out"],
)
async def test_an_answer_that_is_none_is_an_error_of_ours(
    stack: AsyncExitStack, answer: Answer, error: type[Exception]
) -> None:
    server = await started(stack, answer)
    with pytest.raises(error):
        await asking(stack, server.url).parse("xin chào")
    assert len(server.heard) == 2, "asked once more, and no oftener"


async def test_one_failure_is_made_good_by_asking_once_more(stack: AsyncExitStack) -> None:
    server = await started(stack, BROKEN, GREETS)
    assert (await asking(stack, server.url).parse("xin chào")).intent == "greet"


async def test_a_wrong_token_is_rejected(stack: AsyncExitStack) -> None:
    server = await started(stack, GREETS)
    with pytest.raises(NluRejectedError):
        await asking(stack, server.url, token="wrong").parse("xin chào")
    assert server.heard == []


async def test_no_server_at_all_is_unavailable(stack: AsyncExitStack) -> None:
    client = asking(stack, f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NluUnavailableError):
        await client.parse("xin chào")
    with pytest.raises(NluUnavailableError):
        await client.model()


async def test_several_servers_share_the_work(stack: AsyncExitStack) -> None:
    first, second = await started(stack, GREETS), await started(stack, GREETS)
    client = asking(stack, first.url, second.url)
    for _ in range(6):
        await client.parse("xin chào")
    assert (len(first.heard), len(second.heard)) == (3, 3)


async def test_a_dead_server_is_passed_over_and_tried_again_later(stack: AsyncExitStack) -> None:
    recovering, sound = await started(stack, BROKEN, GREETS), await started(stack, GREETS)
    client = asking(stack, recovering.url, sound.url, retry_dead_after=0.3)
    for _ in range(6):
        assert (await client.parse("xin chào")).intent == "greet"
    assert len(recovering.heard) == 1
    deadline = time.monotonic() + 5
    while len(recovering.heard) == 1:
        assert time.monotonic() < deadline
        await client.parse("xin chào")
        await asyncio.sleep(0.05)


async def test_when_all_are_dead_they_are_asked_all_the_same(stack: AsyncExitStack) -> None:
    server = await started(stack, BROKEN, BROKEN, GREETS)
    client = asking(stack, server.url)
    with pytest.raises(NluUnavailableError):
        await client.parse("xin chào")
    assert (await client.parse("xin chào")).intent == "greet"


async def test_the_models_are_those_of_all_servers(stack: AsyncExitStack) -> None:
    first, second = await started(stack, GREETS), await started(stack, GREETS)
    second.model = "model-2"
    assert await asking(stack, first.url, second.url).models() == "model-1 model-2"


async def test_a_server_that_was_away_is_asked_for_its_model_again(stack: AsyncExitStack) -> None:
    server = await started(stack, GREETS, BROKEN, BROKEN, GREETS)
    client = asking(stack, server.url, retry_dead_after=0.0)
    await client.parse("xin chào")
    assert await client.models() == "model-1"
    server.model = "model-2"
    assert await client.models() == "model-1", "it is not asked for every message"
    with pytest.raises(NluUnavailableError):
        await client.parse("xin chào")
    assert await client.models() == "model-2"
    assert (await client.parse("xin chào")).model == "model-2"


async def test_a_server_that_went_away_keeps_the_name_it_gave(stack: AsyncExitStack) -> None:
    server = await started(stack, GREETS)
    client = asking(stack, server.url, retry_dead_after=0.0)
    assert await client.models() == "model-1"
    await server.server.close()
    with pytest.raises(NluUnavailableError):
        await client.parse("xin chào")
    assert await client.models() == "model-1"


async def test_the_model_of_a_server_never_met_is_not_known(stack: AsyncExitStack) -> None:
    server = await started(stack, GREETS)
    client = asking(stack, server.url, f"http://127.0.0.1:{free_port()}")
    assert await client.models() is None


async def test_the_words_are_not_in_the_error(stack: AsyncExitStack) -> None:
    server = await started(stack, BROKEN)
    with pytest.raises(NluRejectedError) as caught:
        await asking(stack, server.url).parse("ôngnguyễnvănbí")
    assert "nguyễn" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_client_without_servers_is_refused() -> None:
    with pytest.raises(ValueError, match="no Rasa server"):
        RasaClient([], TOKEN, timeout=1.0, retry_dead_after=1.0)
