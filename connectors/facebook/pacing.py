"""Pages that are to be left alone for a while: over their quota, restricted, or with a dead token.

In memory: another process learns the same from its own first refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.facebook import errors, limits
from connectors.facebook.api import Access, delayed
from connectors.facebook.errors import GraphError, Verdict
from connectors.facebook.usage import Usage


@dataclass(frozen=True, slots=True)
class _Pause:
    until: datetime
    token: str
    verdict: Verdict


class Pace:
    def __init__(self) -> None:
        self._pauses: dict[str, _Pause] = {}
        self._percent: dict[str, int] = {}

    def check(self, access: Access, now: datetime) -> None:
        """Raises the GraphError of the page's pause, without a call: calls prolong it. A new token ends it."""
        pause = self._pauses.get(access.account)
        if pause is None:
            return
        left = (pause.until - now).total_seconds()
        if left <= 0 or pause.token != access.token:
            del self._pauses[access.account]
            return
        after = pause.verdict.retry_after
        raise GraphError(replace(pause.verdict, retry_after=None if after is None else left, uncertain=False))

    def used(self, access: Access, used: Usage, now: datetime) -> None:
        """After an accepted call."""
        self._percent[access.account] = used.percent
        if used.is_full:
            self.refused(access, delayed(errors.PAGE_FULL, used), now)

    def refused(self, access: Access, verdict: Verdict, now: datetime) -> None:
        if verdict.pause > 0:
            until = now + timedelta(seconds=verdict.pause)
            self._pauses[access.account] = _Pause(until, access.token, verdict)

    def is_busy(self, access: Access, now: datetime) -> bool:
        """Whether calls that can be left out should be."""
        pause = self._pauses.get(access.account)
        paused = pause is not None and pause.until > now
        return paused or self._percent.get(access.account, 0) >= limits.SLOW_DOWN_PERCENT
