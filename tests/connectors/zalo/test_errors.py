"""What Zalo's codes mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.zalo.errors import BUSINESS_CODES, CODES, Act, refusal, seconds_to_morning
from tests.servers.zalo_state import BUSINESS_ERRORS, ERRORS

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)

DOCUMENTED = (
    "-32 -100 -124 -200 -201 -204 -205 -209 -210 -211 -212 -213 -214 -216 -217 -218 -219 -220 -221 -223 -224 -227 -230 "
    "-232 -233 -234 -235 -237 -238 -240 -241 -242 -244 -248 -249 -320 -321 -403 -1340 -1341 216 401 -401"
)
BY_PHONE = (
    "-108 -109 -112 -114 -115 -117 -118 -119 -131 -133 -135 -137 -139 -140 -141 -144 -146 -147 -1121 -1122 -1124 -1351"
)


def test_every_documented_code_has_a_rule() -> None:
    assert {int(code) for code in DOCUMENTED.split()} == set(CODES)
    assert {int(code) for code in BY_PHONE.split()} <= set(BUSINESS_CODES)
    assert set(ERRORS) <= set(CODES)
    assert set(BUSINESS_ERRORS) <= set(BUSINESS_CODES)


@pytest.mark.parametrize(
    ("code", "outcome", "reason", "again", "alarm"),
    [
        (-32, "rejected", "rate_limited", 60.0, False),
        (-100, "rejected", "upload_expired", None, False),
        (-200, "rejected", "zalo:-200", None, False),
        (-201, "rejected", "zalo:-201", None, False),
        (-204, "token", "zalo:-204", None, True),
        (-210, "rejected", "zalo:-210", None, False),
        (-211, "rejected", "quota_exhausted", 3_600.0, True),
        (-213, "unreachable", "zalo:-213", None, False),
        (-216, "token", "token_refused", None, True),
        (-223, "token", "zalo:-223", None, True),
        (-227, "unreachable", "zalo:-227", None, False),
        (-230, "unreachable", "window_closed", None, False),
        (-232, "unreachable", "window_closed", None, False),
        (-240, "rejected", "zalo:-240", None, False),
        (-244, "unreachable", "blocked", None, False),
        (-248, "rejected", "zalo:-248", None, True),
        (-249, "unreachable", "zalo:-249", None, False),
        (-321, "unreachable", "zalo:-321", None, True),
        (-9999, "rejected", "zalo:-9999", None, False),
    ],
)
def test_a_code_decides_what_happens_to_the_message(
    code: int, outcome: str, reason: str, again: float | None, alarm: bool
) -> None:
    error = refusal(code, NOON)
    assert (error.outcome, error.reason, error.retry_after, error.uncertain) == (outcome, reason, again, False)
    assert bool(error.alarm) is alarm


@pytest.mark.parametrize("code", sorted(BUSINESS_CODES))
def test_every_rule_fits_the_tables_of_the_core(code: int) -> None:
    error = refusal(code, NOON, business=True)
    assert error.outcome in ("unreachable", "rejected", "token")
    assert len(error.reason) <= 100
    assert len(error.alarm or "") <= 200


def test_a_code_may_mean_something_else_on_the_business_host() -> None:
    assert refusal(-118, NOON).act is Act.DROP
    assert refusal(-118, NOON, business=True).act is Act.WINDOW


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), 8),
        (datetime(2026, 11, 23, 22, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 23, 23, 5, tzinfo=UTC), 24),
    ],
)
def test_the_morning_is_counted_in_viet_nam_and_spread(now: datetime, hours: int) -> None:
    first = timedelta(hours=hours).total_seconds() + (0 if hours == 24 else 300)
    waits = [seconds_to_morning(now) for _ in range(50)]
    assert all(first <= wait < first + 1_200 for wait in waits)
    assert len(set(waits)) > 1
    assert refusal(-234, now).retry_after is not None
