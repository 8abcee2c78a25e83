from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facebook.signature import Variant, challenge, verify
from tests.servers.graph_events import Signing, headers, signature
from tests.servers.graph_state import encode

SECRET = "app-secret"
BODY = (
    b'{"object":"page","entry":[{"id":"100200","time":1790000000100,"messaging":[{"sender":{"id":"7001"},'
    b'"recipient":{"id":"100200"},"timestamp":1790000000000,"message":{"mid":"m_1",'
    b'"text":"Ch\\u00e0o x\\u00e3 \\/ 50% <a@b>"}}]}]}'
)
SIGNED = "sha256=e61c4d2ef533dc41f3e27c4fc724455de8b6fe79321cdfe2ec4c48fee565b907"
SIGNED_PLAIN = "sha256=bdbb3126c895f8bd31a3aca315bd63aceaf9df58311f60cb82b73eaa45476c46"
# Whether Meta escapes the control sign DEL is not known.
TEXT = st.text(st.characters(exclude_characters="\x7f", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT, lambda one: st.lists(one) | st.dictionaries(TEXT, one)
)


def plain(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def test_the_vector_of_the_reference_is_believed() -> None:
    assert verify(SIGNED, BODY, SECRET) is Variant.RAW


def test_the_signature_of_the_rewritten_body_is_refused_for_the_right_body() -> None:
    assert verify(SIGNED_PLAIN, BODY, SECRET) is None


def test_a_body_rewritten_on_the_way_is_believed_and_told_apart() -> None:
    assert verify(SIGNED, plain(json.loads(BODY)), SECRET) is Variant.ESCAPED


@pytest.mark.parametrize("signing", ["wrong secret", "wrong scheme", "cut short", "sha1 only", "unsigned"])
def test_other_signatures_are_refused(signing: Signing) -> None:
    assert verify(headers(SECRET, BODY, signing).get("X-Hub-Signature-256"), BODY, SECRET) is None


@pytest.mark.parametrize(
    "header", ["", "sha256=", SIGNED.upper(), f" {SIGNED}", SIGNED + "\n", "sha256=" + "ă" * 64, SIGNED[7:]]
)
def test_a_header_of_another_form_is_refused(header: str) -> None:
    assert verify(header, BODY, SECRET) is None


def test_nobody_can_sign_with_an_empty_secret() -> None:
    assert verify(signature("", BODY), BODY, "") is None


@given(st.text(), st.binary())
def test_nothing_that_is_not_signed_is_believed_and_nothing_raises(header: str, body: bytes) -> None:
    assert verify(header, body, SECRET) is None
    assert verify("sha256=" + "0" * 64, body, SECRET) is None


@given(JSON)
def test_every_body_is_believed_raw_and_after_being_written_again(value: Any) -> None:
    raw = encode({"ă": value})
    signed = signature(SECRET, raw)
    assert verify(signed, raw, SECRET) is Variant.RAW
    assert verify(signed, plain(json.loads(raw)), SECRET) is Variant.ESCAPED


@given(st.binary(min_size=1), st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(body: bytes, at: int, change: int) -> None:
    changed = bytearray(body)
    changed[at % len(body)] ^= change
    assert verify(signature(SECRET, body), bytes(changed), SECRET) is None


def test_the_webhook_answers_the_challenge_to_the_right_token_only() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "ours", "hub.challenge": "0115"}
    assert challenge(query, "ours") == "0115"
    for wrong in ({"hub.verify_token": "ôurs"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}):
        assert challenge(query | wrong, "ours") is None
    assert challenge({}, "ours") is None
    assert challenge({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}, "") is None
