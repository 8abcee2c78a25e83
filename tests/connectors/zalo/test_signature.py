"""Who may call the webhook."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.zalo.signature import Variant, timestamp, verify
from tests.servers.zalo_events import payload, payload_names
from tests.servers.zalo_state import APP_ID, APP_SECRET, OA_ID, OA_SECRET
from tests.servers.zalo_webhooks import Seal, ZaloWebhooks, encode

VECTOR = (
    '{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},"user_id_by_app":"552177279717587730",'
    '"recipient":{"id":"388613280878808645"},"event_name":"user_send_text","message":{"text":"Xin chào",'
    '"msg_id":"96d3cdf3af150460909"},"timestamp":"1760000000000"}'
).encode()
VECTOR_MAC = "a98ce9df586e08a4cc3397b1179182c5f5e6731dd295468a751cd1244e3adbaa"
PLATFORM = ZaloWebhooks(APP_ID, OA_ID, OA_SECRET, APP_SECRET)


def check(header: str | None, body: bytes, *, secret: str = OA_SECRET) -> Variant | None:
    return verify(header, body, app_id=APP_ID, oa_id=OA_ID, secret=secret)


def sealed(body: bytes, seal: Seal) -> Variant | None:
    return check(PLATFORM.headers(body, seal).get("X-ZEvent-Signature"), body)


@pytest.mark.parametrize(
    ("header", "variant"),
    [
        (f"mac={VECTOR_MAC}", Variant.APP_ID),
        (f" mac = {VECTOR_MAC.upper()} ", Variant.APP_ID),
        (VECTOR_MAC, Variant.APP_ID_BARE),
        (f"mac={VECTOR_MAC[:-1]}b", None),
        (f"sha256={VECTOR_MAC}", None),
        (f"mac={VECTOR_MAC}{VECTOR_MAC}", None),
        ("mac=ệ", None),
        ("mac=", None),
        ("", None),
        (None, None),
    ],
)
def test_the_vector_of_the_reference(header: str | None, variant: Variant | None) -> None:
    assert check(header, VECTOR) is variant


@pytest.mark.parametrize("name", payload_names())
def test_every_recorded_body_is_believed_as_it_came(name: str) -> None:
    body = payload(name)
    assert sealed(body, Seal.RIGHT) is Variant.APP_ID
    assert sealed(body, Seal.BARE) is Variant.APP_ID_BARE
    assert sealed(body, Seal.OA_ID_FIRST) is Variant.OA_ID


@pytest.mark.parametrize("seal", [Seal.APP_SECRET, Seal.WRONG_SECRET, Seal.TAMPERED, Seal.HMAC, Seal.NONE])
def test_a_wrong_sum_is_refused(seal: Seal) -> None:
    assert sealed(VECTOR, seal) is None


def test_a_body_written_anew_is_refused() -> None:
    header = PLATFORM.headers(VECTOR, Seal.RIGHT)["X-ZEvent-Signature"]
    assert check(header, json.dumps(json.loads(VECTOR)).encode()) is None


def test_nothing_is_believed_without_a_secret_or_ids() -> None:
    header = ZaloWebhooks(APP_ID, OA_ID, "").headers(VECTOR, Seal.RIGHT)["X-ZEvent-Signature"]
    assert check(header, VECTOR, secret="") is None
    header = ZaloWebhooks("", "", OA_SECRET).headers(VECTOR, Seal.RIGHT)["X-ZEvent-Signature"]
    assert verify(header, VECTOR, app_id="", oa_id="", secret=OA_SECRET) is None


@pytest.mark.parametrize("shape", [{"spaces": True}, {"escaped": True}, {"reverse": True}, {"numeric_timestamp": True}])
def test_the_shape_of_the_body_does_not_matter(shape: dict[str, bool]) -> None:
    assert sealed(encode(json.loads(VECTOR), **shape), Seal.RIGHT) is Variant.APP_ID


@pytest.mark.parametrize(
    ("body", "digits"),
    [
        (b'{"timestamp":"0123"}', "0123"),
        (b'{"timestamp":1795399270130}', "1795399270130"),
        (b'{"timestamp":1.50}', "1.50"),
        (b'{"timestamp":null}', ""),
        (b"{}", ""),
        (b"[1]", ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_the_digits_of_the_time_are_taken_as_they_stand(body: bytes, digits: str) -> None:
    assert timestamp(body) == digits


@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=80)), st.text(max_size=5))
def test_no_call_ever_breaks_the_check(body: bytes, header: str | None, secret: str) -> None:
    assert check(header, body, secret=secret) is None
