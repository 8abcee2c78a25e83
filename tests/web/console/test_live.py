from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientResponse

from bot import limits
from bot.web.console.live import Presence, announce
from bot.web.console.services import Console
from tests import cast
from tests.fakes import FakeClock
from tests.servers.chat import Client
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Visitor

PATIENCE = 20.0


async def listen(client: Client, visitor: Visitor, *topics: str) -> ClientResponse:
    return await client.get(
        "/console/live", params=[("topic", one) for one in topics], cookies={"tt_console": visitor.token}
    )


async def next_event(stream: ClientResponse) -> dict[str, str]:
    async with asyncio.timeout(PATIENCE):
        while True:
            line = (await stream.content.readline()).decode()
            assert line, "the stream ended"
            if line.startswith("data: "):
                found: dict[str, str] = json.loads(line.removeprefix("data: "))
                return found


async def test_a_change_reaches_the_open_pages_of_its_unit_only(
    client: Client, sign_in: SignIn, console: Console
) -> None:
    lan, binh = await sign_in(cast.LAN), await sign_in(cast.BINH)
    async with (
        await listen(client, lan, "outbox", "outbox:17") as ours,
        await listen(client, binh, "outbox", "outbox:17") as theirs,
    ):
        assert ours.headers["Content-Type"] == "text/event-stream"
        await announce(console.signals, cast.UNIT, "outbox:17")
        assert await next_event(ours) == {"topic": "outbox:17", "name": "outbox", "id": "17"}
        await announce(console.signals, cast.OTHER_UNIT, "outbox")
        assert (await next_event(theirs))["topic"] == "outbox"
        await announce(console.signals, cast.UNIT, "outbox")
        assert (await next_event(ours))["topic"] == "outbox"


async def test_a_topic_is_open_only_to_whom_it_concerns(client: Client, sign_in: SignIn) -> None:
    ngoc = await sign_in(cast.NGOC)
    for topics, status in ((("tickets",), 403), ((), 400), (("nonsense",), 400), (("records", "tickets"), 403)):
        async with await listen(client, ngoc, *topics) as stream:
            assert stream.status == status
    many = [f"record:{number}" for number in range(limits.LIVE_TOPICS + 1)]
    async with await listen(client, ngoc, *many) as stream:
        assert stream.status == 400


async def test_the_stream_ends_with_the_session(
    client: Client, sign_in: SignIn, console: Console, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIVE_HEARTBEAT", limits.LIVE_HEARTBEAT / 100)
    lan = await sign_in(cast.LAN)
    async with await listen(client, lan, "tickets") as stream:
        await console.sessions.end_all(people["lan"])
        async with asyncio.timeout(PATIENCE):
            await stream.read()


async def test_stopping_the_process_ends_the_streams_at_once(client: Client, sign_in: SignIn) -> None:
    lan = await sign_in(cast.LAN)
    stream = await listen(client, lan, "tickets")
    await stream.content.readline()
    async with asyncio.timeout(PATIENCE):
        await client.server.close()
    stream.close()


async def test_whoever_leaves_is_forgotten_and_whoever_stays_is_shown(
    sign_in: SignIn, console: Console, clock: FakeClock
) -> None:
    lan, hung = await sign_in(cast.LAN), await sign_in(cast.HUNG)
    htmx = {"HX-Request": "true"}
    assert "đang mở" not in (await lan.post("/console/presence/ticket:17", headers=htmx)).text
    assert "Nguyễn Thị Lan đang mở trang này" in (await hung.post("/console/presence/ticket:17", headers=htmx)).text
    assert "Trần Văn Hùng" in (await lan.post("/console/presence/ticket:17", headers=htmx)).text
    assert (await hung.post("/console/presence/ticket:18", headers=htmx)).text.strip() == ""
    clock.advance(limits.PRESENCE_LIFETIME)
    assert await Presence(console.cache, clock).others(cast.UNIT, "ticket:17", 0) == []
    ngoc = await sign_in(cast.NGOC)
    assert (await ngoc.post("/console/presence/ticket:17", headers=htmx)).status == 403


async def test_a_draft_is_kept_read_and_dropped(sign_in: SignIn) -> None:
    lan = await sign_in(cast.LAN)
    path, headers = "/console/drafts/ticket:17:reply", {"X-CSRF-Token": lan.csrf, "Accept": "application/json"}
    assert (await lan.get(path)).status == 204
    page = await lan.request("PUT", path, json={"text": "Dạ thưa bà"}, headers=headers)
    assert page.status == 204
    assert json.loads((await lan.get(path)).text)["content"] == {"text": "Dạ thưa bà"}
    assert (await lan.request("PUT", path, data="[1]", headers=headers)).status == 400
    assert (await lan.request("PUT", path, data="{", headers=headers)).status == 400
    big = {"text": "a" * limits.DRAFT_BYTES}
    assert (await lan.request("PUT", path, json=big, headers=headers)).status == 413
    assert (await lan.request("DELETE", path, headers=headers)).status == 204
    assert (await lan.get(path)).status == 204
