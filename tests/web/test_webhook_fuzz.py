"""Bodies nobody would post, rightly and wrongly signed: recorded ones cut short, altered and re-encoded, arbitrary JSON
and arbitrary bytes. Never an error of ours, and a bad signature is always refused."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bot import limits
from tests.fakes import FakeClock
from tests.servers.chat import Client, Parts
from tests.web.test_webhooks import (  # noqa: F401  (the fixture connects both channels)
    PAYLOADS,
    connected,
    json_values,
    post,
    sealed_facebook,
    sealed_zalo,
)

PLATFORMS = ("zalo", "facebook")
SEALS: dict[str, Callable[..., dict[str, str]]] = {"zalo": sealed_zalo, "facebook": sealed_facebook}
ENCODINGS = ("utf-8-sig", "utf-16", "utf-32", "utf-7", "latin-1")
SOME = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CALM = (200, 403)
"""Taken, or refused because the signature needs what the body no longer says."""
VALUES: list[Any] = [None, True, -1, 1e308, "", "\x00", "\ud800", "x" * 5_000, [], [[]], {}, {"id": {}}, 10**400]


def recorded(platform: str) -> list[bytes]:
    files = sorted((PAYLOADS / platform).glob("*.json"))
    assert files
    return [file.read_bytes() for file in files]


def altered(value: Any, dice: random.Random) -> Any:
    """The same shape with one member somewhere replaced, doubled or gone."""
    if not isinstance(value, dict | list) or not value or dice.random() < 0.15:
        return dice.choice(VALUES)
    place = dice.choice(list(value) if isinstance(value, dict) else range(len(value)))
    copy = value.copy()
    if dice.random() < 0.15:
        del copy[place]
    else:
        copy[place] = altered(value[place], dice)
    return copy


async def check(client: Client, platform: str, raw: bytes) -> None:
    seal = SEALS[platform]
    assert await post(client, platform, raw, seal(raw)) in CALM
    assert await post(client, platform, raw, seal(raw, "somebody else's secret")) == 403


@pytest.mark.parametrize("platform", PLATFORMS)
@SOME
@given(dice=some.randoms(use_true_random=False))
async def test_a_recorded_body_cut_short_or_altered(client: Client, platform: str, dice: random.Random) -> None:
    raw = dice.choice(recorded(platform))
    await check(client, platform, raw[: dice.randrange(len(raw))])
    await check(client, platform, json.dumps(altered(json.loads(raw), dice)).encode())
    spoiled = bytearray(raw)
    spoiled[dice.randrange(len(raw))] = dice.randrange(256)
    await check(client, platform, bytes(spoiled))


@pytest.mark.parametrize("platform", PLATFORMS)
@SOME
@given(value=json_values)
async def test_arbitrary_json(client: Client, platform: str, value: Any) -> None:
    await check(client, platform, json.dumps(value).encode())


@pytest.mark.parametrize("platform", PLATFORMS)
@SOME
@given(raw=some.binary(max_size=2_000))
async def test_arbitrary_bytes(client: Client, platform: str, raw: bytes) -> None:
    await check(client, platform, raw)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_other_encodings(client: Client, platform: str, encoding: str) -> None:
    for raw in recorded(platform)[:5]:
        await check(client, platform, raw.decode().encode(encoding, "replace"))


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_body_that_unpacks_to_more_than_is_read(client: Client, platform: str) -> None:
    bomb = zlib.compress(b" " * limits.WEBHOOK_BYTES * 20)
    for raw in (bomb, bomb[:50], b"not packed"):
        headers = SEALS[platform](raw) | {"Content-Encoding": "deflate"}
        assert await post(client, platform, raw, headers) in (*CALM, 400, 413)


@pytest.mark.parametrize("platform", PLATFORMS)
@SOME
@given(
    signature=some.text(
        some.characters(min_codepoint=33, max_codepoint=255, exclude_categories=["Cc"]), max_size=100
    ).filter(str.strip)
)
async def test_no_invented_signature_passes(client: Client, platform: str, signature: str) -> None:
    raw = recorded(platform)[0]
    headers = {"X-Hub-Signature-256": signature, "X-ZEvent-Signature": signature}
    assert await post(client, platform, raw, headers) == 403


async def test_whatever_was_posted_is_accounted_for(client: Client, parts: Parts, clock: FakeClock) -> None:
    dice = random.Random(4)
    for platform in PLATFORMS:
        for raw in recorded(platform)[:20]:
            raw = json.dumps(altered(json.loads(raw), dice)).encode()
            await post(client, platform, raw, SEALS[platform](raw))
    clock.advance(limits.BURST_WINDOW * 2)
    while await parts.worker().step():
        pass
    assert (await parts.inbox.counts())["open"] == 0
