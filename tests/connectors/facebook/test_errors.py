from __future__ import annotations

import re

import pytest

from connectors.facebook.errors import VERDICTS, Verdict, verdict
from tests.servers import graph_errors
from tests.servers.graph_errors import GraphError

KNOWN = {name: one for name, one in vars(graph_errors).items() if isinstance(one, GraphError)}


@pytest.mark.parametrize(
    ("name", "reason", "outcome"),
    [
        ("UNKNOWN", "temporary", "rejected"),
        ("SEND_FAILED", "temporary", "rejected"),
        ("MAYBE_DELIVERED", "maybe_delivered", "rejected"),
        ("APP_LIMIT", "rate_limited", "rejected"),
        ("THREAD_LIMIT", "rate_limited", "rejected"),
        ("MESSENGER_LIMIT", "rate_limited", "rejected"),
        ("TAG_LIMIT", "tag_unwelcome", "unreachable"),
        ("OUTSIDE_WINDOW", "window_closed", "unreachable"),
        ("OUTSIDE_WINDOW_OLD", "window_closed", "unreachable"),
        ("CANNOT_RECEIVE", "cannot_receive", "unreachable"),
        ("PAGE_RESTRICTED", "page_restricted", "token"),
        ("NOT_PERMITTED", "permission_missing", "token"),
        ("NEEDS_PERMISSION", "permission_missing", "token"),
        ("NO_ROLE", "app_not_live", "token"),
        ("RETIRED_TAG", "retired_tag", "rejected"),
        ("NO_SUCH_PERSON", "no_such_person", "unreachable"),
        ("BAD_ATTACHMENT_ID", "attachment_expired", "rejected"),
        ("NOT_THREAD_OWNER", "thread_taken", "unreachable"),
        ("THREAD_TAKEN", "thread_taken", "unreachable"),
        ("FLOW_RUNS", "flow_running", "unreachable"),
        ("BLOCKED", "person_unavailable", "unreachable"),
        ("UNAVAILABLE_OLD", "person_unavailable", "unreachable"),
        ("ABUSIVE", "judged_abusive", "token"),
        ("TOKEN_EXPIRED", "token_expired", "token"),
        ("APP_REMOVED", "app_removed", "token"),
        ("PASSWORD_CHANGED", "password_changed", "token"),
        ("INVALID_TOKEN", "token_invalid", "token"),
        ("NO_PROFILE", "profile_unavailable", "rejected"),
        ("ALREADY_REPLIED", "already_replied", "rejected"),
        ("CANNOT_REPLY", "cannot_reply", "rejected"),
    ],
)
def test_an_error_means_what_the_reference_says(name: str, reason: str, outcome: str) -> None:
    found = verdict(KNOWN[name].code, KNOWN[name].subcode)
    assert (found.reason, found.outcome) == (reason, outcome)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_error_of_the_reference_is_in_the_table(name: str) -> None:
    assert not verdict(KNOWN[name].code, KNOWN[name].subcode).reason.startswith("facebook:")


def test_the_most_particular_entry_counts() -> None:
    assert verdict(190, 467).reason == "token_invalid"
    assert verdict(10, 999).reason == "permission_missing"
    assert verdict(100, 2018300).reason == verdict(10, 2018300).reason == "thread_taken"


def test_an_unknown_error_is_named_by_its_code() -> None:
    assert verdict(12345, None) == Verdict("facebook:12345")
    assert verdict(12345, 6).reason == "facebook:12345/6"


def test_whatever_is_tried_again_waits_and_whatever_is_not_does_not() -> None:
    for one in VERDICTS.values():
        assert one.retry_after is None or one.retry_after > 0
        assert one.outcome in ("rejected", "unreachable", "token")
        assert re.fullmatch(r"[a-z_]+", one.reason)
        assert one.alarm == (one.outcome == "token")
