"""What the platforms post, from the pretend platforms' own drivers: kept once, acknowledged after."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select

from bot import limits
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.directory import Directory
from bot.storage.tables import events
from tests.fakes import FakeNlu
from tests.servers.chat import UNIT, Client, Parts
from tests.servers.graph_state import APP_ID as FB_APP
from tests.servers.graph_state import APP_SECRET as FB_SECRET
from tests.servers.graph_state import PAGE_ID, VERIFY_TOKEN
from tests.servers.zalo_state import APP_ID, APP_SECRET, OA_ID, OA_SECRET
from tests.servers.zalo_webhooks import zalo_mac
from tests.web.test_database_away import away

ZALO = {"app_id": APP_ID, "app_secret": APP_SECRET, "oa_secret": OA_SECRET, "verification": "Code-1"}
FACEBOOK = {"app_id": FB_APP, "app_secret": FB_SECRET, "verify_token": VERIFY_TOKEN, "page_token": "token"}
PAYLOADS = Path(__file__).parents[1] / "payloads"


@pytest.fixture(autouse=True)
async def connected(parts: Parts) -> None:
    await parts.directory.connect("zalo", OA_ID, UNIT, "Xã", ZALO)
    await parts.directory.connect("facebook", PAGE_ID, UNIT, "Xã", FACEBOOK)


def zalo_text(text: str = "Xin chào", msg_id: str = "m1", oa: str = OA_ID) -> bytes:
    body = {
        "app_id": APP_ID, "sender": {"id": "246845883529197922"}, "recipient": {"id": oa},
        "event_name": "user_send_text", "message": {"text": text, "msg_id": msg_id}, "timestamp": "1790000000000",
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False).encode()


def sealed_zalo(raw: bytes, secret: str = OA_SECRET) -> dict[str, str]:
    try:
        stamp = str(json.loads(raw)["timestamp"])
    except (ValueError, LookupError, TypeError, RecursionError):
        stamp = ""
    return {"X-ZEvent-Signature": "mac=" + zalo_mac(APP_ID, raw, stamp, secret)}


def sealed_facebook(raw: bytes, secret: str = FB_SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}


def facebook_text(*texts: str, page: str = PAGE_ID) -> bytes:
    items = [
        {
            "sender": {"id": "7001"}, "recipient": {"id": page}, "timestamp": 1790000000000 + number,
            "message": {"mid": f"m_{number}", "text": text},
        }
        for number, text in enumerate(texts)
    ]  # fmt: skip
    return json.dumps({"object": "page", "entry": [{"id": page, "time": 1, "messaging": items}]}).encode()


async def post(client: Client, platform: str, raw: bytes, headers: dict[str, str]) -> int:
    async with client.post(f"/webhooks/{platform}", data=io.BytesIO(raw), headers=headers) as response:
        return response.status


async def saved(database: Database) -> list[tuple[Any, ...]]:
    query = select(events.c.kind, events.c.text, events.c.outcome, events.c.duplicates).order_by(events.c.id)
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def test_a_message_is_committed_and_only_then_acknowledged(client: Client, database: Database) -> None:
    raw = zalo_text()
    assert await post(client, "zalo", raw, sealed_zalo(raw)) == 200
    assert await saved(database) == [("message", "Xin chào", None, 0)]


async def test_the_same_message_again_is_acknowledged_counted_and_without_effect(
    client: Client, database: Database
) -> None:
    raw = facebook_text("một", "hai")
    for _ in range(3):
        assert await post(client, "facebook", raw, sealed_facebook(raw)) == 200
    assert await saved(database) == [("message", "một", None, 2), ("message", "hai", None, 2)]


async def test_a_message_over_either_platform_is_answered_into_the_outbox(
    client: Client, parts: Parts, nlu: FakeNlu
) -> None:
    nlu.says("greet")
    raw = zalo_text()
    await post(client, "zalo", raw, sealed_zalo(raw))
    other = facebook_text("chào")
    await post(client, "facebook", other, sealed_facebook(other))
    assert await parts.worker().step()
    assert await parts.worker().step()
    for platform, citizen in (("zalo", "246845883529197922"), ("facebook", "7001")):
        delivery = await parts.outbox.claim([platform])
        assert delivery is not None
        assert (delivery.citizen_id, delivery.last_inbound_at is not None) == (citizen, True)


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
async def test_a_wrong_signature_is_refused_and_nothing_kept(client: Client, database: Database, platform: str) -> None:
    raw = zalo_text() if platform == "zalo" else facebook_text("chào")
    wrong = sealed_zalo(raw, "another") if platform == "zalo" else sealed_facebook(raw, "another")
    assert await post(client, platform, raw, wrong) == 403
    right = sealed_zalo(raw) if platform == "zalo" else sealed_facebook(raw)
    assert await post(client, platform, raw + b" ", right) == 403
    assert await saved(database) == []


async def test_zalos_unsigned_test_is_acknowledged_without_being_kept_facebooks_is_refused(
    client: Client, database: Database
) -> None:
    assert await post(client, "zalo", zalo_text(), {}) == 200
    assert await post(client, "facebook", facebook_text("x"), {}) == 403
    assert await post(client, "facebook", facebook_text("x"), {"X-Hub-Signature": "sha1=00"}) == 403
    assert await saved(database) == []


async def test_an_unknown_account_is_acknowledged_and_counted(client: Client, database: Database) -> None:
    raw = facebook_text("chào", page="999")
    assert await post(client, "facebook", raw, sealed_facebook(raw)) == 200
    other = zalo_text(oa="999")
    assert await post(client, "zalo", other, sealed_zalo(other)) == 200
    assert await saved(database) == []
    async with client.get("/metrics") as response:
        assert 'thanthien_webhook_requests_total{platform="facebook",result="unknown_account"}' in await response.text()


async def test_with_the_database_away_the_platform_is_told_to_try_again_and_then_nothing_is_lost(
    client: Client, database: Database
) -> None:
    raw = zalo_text()
    async with away(database):
        assert await post(client, "zalo", raw, sealed_zalo(raw)) == 503
        other = facebook_text("chào")
        assert await post(client, "facebook", other, sealed_facebook(other)) == 503
    assert await post(client, "zalo", raw, sealed_zalo(raw)) == 200
    assert len(await saved(database)) == 1


async def test_a_channel_switched_off_keeps_nothing(client: Client, parts: Parts, database: Database) -> None:
    assert await parts.directory.switch_off("zalo", OA_ID)
    raw = zalo_text()
    assert await post(client, "zalo", raw, sealed_zalo(raw)) == 200
    assert await saved(database) == []


async def test_a_body_beyond_the_limit_is_refused(client: Client) -> None:
    raw = b'"' + b"x" * limits.WEBHOOK_BYTES + b'"'
    assert await post(client, "facebook", raw, sealed_facebook(raw)) == 413


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"null", b"[]", b"[[1]]", b'"x"', b"\xff\xfe", b"NaN", b"[" * 100_000, b"1" * 10_000,
        b'{"object":"page","entry":[1,{"id":{}},{"messaging":"x"}]}', b'{"entry":{"id":1}}',
        b'{"object":"page","entry":[{"id":"\\u0000","messaging":[{"sender":{"id":"\\ud800"}}]}]}',
        b'{"object":"page","entry":[{"id":' + PAGE_ID.encode() + b',"changes":[{"x":1e999}],"messaging":[[]]}]}',
        b'{"event_name":["x"],"timestamp":{},"sender":1,"oa_id":true,"app_id":[]}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("platform", ["zalo", "facebook"])
async def test_rightly_signed_rubbish_is_acknowledged_so_that_it_is_not_repeated(
    client: Client, platform: str, raw: bytes
) -> None:
    seal = sealed_zalo if platform == "zalo" else sealed_facebook
    assert await post(client, platform, raw, seal(raw)) in (200, 403)
    assert await post(client, platform, raw, {"X-Hub-Signature-256": "sha256=0", "X-ZEvent-Signature": "x"}) == 403


def holding(inner: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    return inner | some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3)


plain_values = some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20)
json_values = holding(holding(holding(plain_values)))
HURRIED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@HURRIED
@given(item=json_values, key=some.sampled_from(["message", "postback", "delivery", "read", "referral", "reaction"]))
async def test_no_item_of_facebook_ends_in_an_error(client: Client, item: Any, key: str) -> None:
    known = {"sender": {"id": "7001"}, "recipient": {"id": PAGE_ID}, key: item}
    entry = {"id": PAGE_ID, "messaging": [item, known], "changes": [item], "standby": item}
    raw = json.dumps({"object": "page", "entry": [entry, item]}).encode()
    assert await post(client, "facebook", raw, sealed_facebook(raw)) == 200


@HURRIED
@given(item=json_values, name=some.sampled_from(["user_send_text", "user_send_image", "oa_send_text", "follow", "x"]))
async def test_no_event_of_zalo_ends_in_an_error(client: Client, item: Any, name: str) -> None:
    body = {
        "app_id": APP_ID, "oa_id": OA_ID, "event_name": name, "timestamp": "1790000000000", "message": item,
        "sender": {"id": "1"}, "recipient": {"id": OA_ID}, "info": item, "follower": item,
    }  # fmt: skip
    raw = json.dumps(body).encode()
    assert await post(client, "zalo", raw, sealed_zalo(raw)) == 200


@pytest.mark.parametrize("platform", ["zalo", "facebook"])
async def test_every_recorded_body_is_acknowledged_and_accounted_for(
    client: Client, database: Database, platform: str
) -> None:
    seal = sealed_zalo if platform == "zalo" else sealed_facebook
    files = sorted((PAYLOADS / platform).glob("*.json"))
    assert files
    for file in files:
        raw = file.read_bytes()
        assert await post(client, platform, raw, seal(raw)) in (200, 403), file.name
    kept = await saved(database)
    assert len(kept) > len(files) / 2
    assert {outcome for _, _, outcome, _ in kept} <= {None, "ignored"}


async def test_an_alarm_is_in_the_metrics(client: Client, parts: Parts) -> None:
    [channel] = await parts.directory.connected("zalo")
    await parts.credentials.raise_alarm(channel.channel_id, "refresh_refused")
    async with client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    assert f'thanthien_channel_alarm{{account="{OA_ID}",platform="zalo"}} 1.0' in lines
    assert f'thanthien_channel_alarm{{account="{PAGE_ID}",platform="facebook"}} 0.0' in lines


async def test_secrets_of_another_key_make_the_platform_try_again(client: Client, parts: Parts) -> None:
    foreign = Directory(parts.database, parts.clock, Seal("a key of another installation"))
    await foreign.connect("zalo", OA_ID, UNIT, "Xã", ZALO)
    raw = zalo_text()
    assert await post(client, "zalo", raw, sealed_zalo(raw)) == 503


class TestProofs:
    async def test_facebook_gets_its_challenge_back_only_for_the_right_token(self, client: Client) -> None:
        query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "0042"}
        async with client.get("/webhooks/facebook", params=query) as response:
            assert (response.status, await response.text(), response.content_type) == (200, "0042", "text/plain")
        async with client.get("/webhooks/facebook", params={**query, "hub.verify_token": "x"}) as response:
            assert response.status == 403

    async def test_zalo_finds_its_code_at_the_page_of_the_code_and_at_the_root(self, client: Client) -> None:
        for path in ("/zalo_verifierCode-1.html", "/"):
            async with client.get(path, allow_redirects=False) as response:
                assert (response.status, response.content_type) == (200, "text/html")
                assert '<meta name="zalo-platform-site-verification" content="Code-1"' in await response.text()
        async with client.get("/zalo_verifierOther.html") as response:
            assert response.status == 404
        async with client.get("/webhooks/zalo") as response:
            assert (response.status, await response.text()) == (200, "")

    async def test_a_request_to_delete_data_is_kept_for_staff_and_its_state_can_be_seen(
        self, client: Client, database: Database
    ) -> None:
        vector = (
            "GoTvCbzBDUQ6ZOQYRolJFNVDBff_r6Y_k1RuTFOntI8.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYi"
            "LCJpc3N1ZWRfYXQiOjE3OTAwMDAwMDAsImV4cGlyZXMiOjE3OTAwMDM2MDB9"
        )
        for _ in range(2):
            async with client.post("/webhooks/facebook/deletion", data={"signed_request": vector}) as response:
                answer = await response.json()
                assert response.status == 200
        assert [kind for kind, *_ in await saved(database)] == ["withdraw"]
        path = answer["url"].partition("/webhooks")[2]
        async with client.get(f"/webhooks{path}") as response:
            assert (response.status, "ghi nhận" in await response.text()) == (200, True)
        async with client.get("/webhooks/facebook/deletion/NONE") as response:
            assert response.status == 404
