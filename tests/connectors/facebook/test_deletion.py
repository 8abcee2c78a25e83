from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.channels import Kind
from connectors.facebook.deletion import answer, read
from tests.servers.graph_events import signed_request

SECRET = "app-secret"
VECTOR = (
    "GoTvCbzBDUQ6ZOQYRolJFNVDBff_r6Y_k1RuTFOntI8.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1"
    "ZWRfYXQiOjE3OTAwMDAwMDAsImV4cGlyZXMiOjE3OTAwMDM2MDB9"
)


def test_the_vector_of_the_reference_is_understood() -> None:
    request = read(VECTOR, SECRET)
    assert request is not None
    assert (request.user_id, request.issued_at) == ("218471", datetime.fromtimestamp(1790000000, UTC))
    assert request == read(VECTOR, SECRET)
    assert request.code.isalnum()
    assert answer(request, "https://xa.example/xoa") == {
        "url": "https://xa.example/xoa",
        "confirmation_code": request.code,
    }
    event = request.inbound()
    assert (event.kind, event.citizen_id, event.external_id) == (Kind.WITHDRAW, "218471", f"deletion:{request.code}")


@pytest.mark.parametrize(
    "payload",
    [
        {"user_id": "1", "algorithm": "none"},
        {"user_id": "", "algorithm": "HMAC-SHA256"},
        {"algorithm": "HMAC-SHA256"},
        {"user_id": "1"},
    ],
)
def test_a_signed_request_without_person_or_with_another_algorithm_is_refused(payload: dict[str, str]) -> None:
    assert read(signed_request(SECRET, payload), SECRET) is None


def test_another_secret_and_none_are_refused() -> None:
    assert read(VECTOR, "other") is None
    payload = {"user_id": "1", "algorithm": "HMAC-SHA256"}
    assert read(signed_request("", payload), "") is None


def test_the_id_of_the_person_may_be_a_number() -> None:
    request = read(signed_request(SECRET, {"user_id": 218471, "algorithm": "HMAC-SHA256"}), SECRET)
    assert request is not None
    assert request.user_id == "218471"


@given(st.text() | st.integers(0, len(VECTOR) - 1).map(lambda at: VECTOR[:at] + "ă" + VECTOR[at + 1 :]))
def test_anything_else_is_refused_without_raising(text: str) -> None:
    assert read(text, SECRET) is None
