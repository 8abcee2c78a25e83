"""A sliding-window limit per key, within this process."""

from __future__ import annotations

import time
from collections import deque

MAX_KEYS = 50_000
WINDOW_SECONDS = 60.0


class RateLimit:
    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._seen: dict[str, deque[float]] = {}

    def retry_after(self, key: str) -> int | None:
        """None and counted when the call is within the limit, else the seconds to wait."""
        now = time.monotonic()
        if len(self._seen) > MAX_KEYS:
            self._seen = {name: seen for name, seen in self._seen.items() if seen and seen[-1] > now - WINDOW_SECONDS}
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= now - WINDOW_SECONDS:
            seen.popleft()
        if len(seen) >= self._per_minute:
            return max(1, round(seen[0] + WINDOW_SECONDS - now))
        seen.append(now)
        return None
