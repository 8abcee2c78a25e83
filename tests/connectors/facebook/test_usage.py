from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facebook.usage import APP, BUSINESS, Usage, read

MESSENGER = '{"1": [{"type": "messenger", "call_count": 97, "total_time": 23, "estimated_time_to_regain_access": 19}]}'


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, Usage()),
        ({APP: '{"call_count":28,"total_time":25,"total_cputime":30}'}, Usage(30)),
        ({BUSINESS: MESSENGER}, Usage(97, 1140)),
        ({BUSINESS: MESSENGER.replace("messenger", "pages")}, Usage()),
        ({BUSINESS: MESSENGER, APP: '{"call_count":"99"}'}, Usage(99, 1140)),
        ({"Retry-After": "30"}, Usage(0, 30)),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", APP: "<html>"}, Usage()),
    ],
)
def test_the_fullest_quota_and_the_longest_wait_count(headers: dict[str, str], usage: Usage) -> None:
    assert read(headers) == usage


def test_a_full_quota_is_told_by_percent_or_by_a_wait() -> None:
    assert [Usage(99).is_full, Usage(100).is_full, Usage(0, 60).is_full] == [False, True, True]


@given(st.dictionaries(st.sampled_from([APP, BUSINESS, "Retry-After"]), st.text()))
def test_unreadable_headers_say_nothing(headers: dict[str, str]) -> None:
    assert read(headers).percent >= 0
