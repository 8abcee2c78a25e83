from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
import structlog

from bot import limits
from bot.services.assistant import Assistant
from bot.terminal import configure_logging
from tests.fakes import FakeNlu
from tests.servers.chat import Citizen, Parts

pytestmark = pytest.mark.usefixtures("answering")

SECRET = "ongnguyenvanbi"
STRANGE = {
    "emoji only": "😀🎉👍🏽👨‍👩‍👧‍👦",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "sql": "'; DROP TABLE events; --",
    "template": "{{7*7}} ${7*7} %s {0} {unit}",
    "other language": "How much is a birth certificate? 出生証明書 свидетельство",
    "right to left": "\u202egnp.exe\u202c مرحبا",
    "control characters": "a\x01\x02\x1b[31mb\r\nc",
    "zalgo": "a" + "\u0301" * 500,
    "decomposed": "ca\u0306n cu\u031bo\u031b\u0301c",
    "punctuation": "?!.,;:-()[]" * 50,
    "one long word": "a" * limits.TEXT_CHARACTERS,
    "digits": "9" * limits.TEXT_CHARACTERS,
    "spaces within": "a" + " " * 1_900 + "b",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
async def test_a_strange_message_is_kept_as_written_and_answered(citizen: Citizen, text: str) -> None:
    replies = await citizen.ask(text)
    assert all(reply["text"] for reply in replies)
    assert (await citizen.read())["messages"][0]["text"] == text


async def test_nul_bytes_and_broken_characters_are_dropped_the_rest_is_kept(citizen: Citizen) -> None:
    body = json.dumps({"client_id": "x", "text": "khai\x00 sinh \ud83d"}).encode()
    async with citizen.client.post("/chat/api/messages", data=body, headers=citizen.headers) as response:
        assert response.status == 202
    await citizen.answers(1)
    assert (await citizen.read())["messages"][0]["text"] == "khai sinh "


@pytest.mark.parametrize("text", ["\x00", "\ud83d", " \x00 "])
async def test_a_message_of_nothing_else_has_no_content(citizen: Citizen, text: str) -> None:
    status, answer, _ = await citizen.post({"client_id": "x", "text": text})
    assert status == 422
    assert answer["error"]


@pytest.mark.parametrize("field", ["client_id", "payload"])
@pytest.mark.parametrize("value", ["contact:\x00", "contact:\ud83d", "contact: x", "contact:ă"])
async def test_ids_are_plain_visible_characters(citizen: Citizen, field: str, value: str) -> None:
    status, _, _ = await citizen.post({"client_id": "x", "text": "chào", field: value})
    assert status == 400


async def test_what_one_citizen_writes_no_other_sees(citizen: Citizen) -> None:
    other = await Citizen.arrive(citizen.client)
    await citizen.ask(f"tôi là {SECRET}")
    assert (await other.read(wait=0))["messages"] == []


async def test_a_citizens_words_never_appear_in_the_log(
    citizen: Citizen, nlu: FakeNlu, parts: Parts, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def broken(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    caplog.set_level(logging.INFO)
    configure_logging("debug")
    try:
        nlu.says("procedure_documents")
        await citizen.ask(f"khai sinh cho {SECRET}")
        nlu.away = True
        await citizen.ask(f"khai tử cho {SECRET}")
        await citizen.post({"client_id": "x", "text": SECRET, "payload": SECRET})
        with monkeypatch.context() as patch:
            patch.setattr(Assistant, "turn", broken)
            patch.setattr(limits, "EVENT_ATTEMPTS", 1)
            patch.setattr(limits, "EVENT_RETRY", timedelta(seconds=-1))
            await citizen.ask(f"hỏi nữa, {SECRET}")
        with monkeypatch.context() as patch:
            patch.setattr(parts.inbox, "save", broken)
            assert (await citizen.post({"client_id": "y", "text": SECRET}))[0] == 500
        written = capsys.readouterr()
    finally:
        structlog.reset_defaults()
    for line in ("event.closed", "event.failed", "nlu.unavailable", "web.failed"):
        assert line in written.err
    assert SECRET not in written.err + written.out + caplog.text
    assert citizen.headers["Authorization"].split()[1] not in written.err + written.out + caplog.text
