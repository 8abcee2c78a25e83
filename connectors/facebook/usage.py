"""How much of our quota is used: the headers X-App-Usage and X-Business-Use-Case-Usage.

Source: graph-api/overview/rate-limiting. The first counts for the app, the second for the page; percent, and minutes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.facebook.values import a_list, an_object, number

APP = "X-App-Usage"
BUSINESS = "X-Business-Use-Case-Usage"
RETRY_AFTER = "Retry-After"
_COUNTS = ("call_count", "total_time", "total_cputime")
_TYPES = ("messenger",)


@dataclass(frozen=True, slots=True)
class Usage:
    """`percent` of the fullest quota of messages. `regain`: seconds until a page that reached its quota may call again,
    0 when Meta named none."""

    percent: int = 0
    regain: float = 0.0

    @property
    def is_full(self) -> bool:
        return self.percent >= 100 or self.regain > 0


def read(headers: Mapping[str, str]) -> Usage:
    """Quotas of other parts of Graph do not count. Unreadable headers say nothing."""
    percents = [_percent(_json(headers.get(APP)))]
    regains = [0.0]
    for entries in an_object(_json(headers.get(BUSINESS))).values():
        for entry in map(an_object, a_list(entries)):
            if entry.get("type") in _TYPES:
                percents.append(_percent(entry))
                regains.append(60.0 * max(0, number(entry.get("estimated_time_to_regain_access")) or 0))
    after = headers.get(RETRY_AFTER, "")
    if after.isascii() and after.isdigit() and len(after) < 7:
        regains.append(float(after))
    return Usage(max(percents), max(regains))


def _percent(counts: object) -> int:
    return max(number(an_object(counts).get(name)) or 0 for name in _COUNTS)


def _json(text: str | None) -> object:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
