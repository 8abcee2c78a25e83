"""Stand-ins for clocks and failures; everything else in the tests is real."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.errors import NluUnavailableError
from bot.domain.meaning import INTENTS, Meaning


class FakeClock:
    """A clock that stands still until told to move."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    def set(self, now: datetime) -> None:
        self._now = now


class FakeNlu:
    """Answers with prepared intents, records what it was asked, and can be told to fail.

    `says(intent)` sets the intent of every following text, `knows(text, intent)` of one text.
    """

    def __init__(self) -> None:
        self.model = "fake-model"
        self.asked: list[str] = []
        self.away = False
        self._intent = ("out_of_scope", 0.9)
        self._known: dict[str, tuple[str, float]] = {}

    def says(self, intent: str, confidence: float = 0.95) -> None:
        assert intent in INTENTS
        self._intent = (intent, confidence)

    def knows(self, text: str, intent: str, confidence: float = 0.95) -> None:
        assert intent in INTENTS
        self._known[text] = (intent, confidence)

    async def parse(self, text: str) -> Meaning:
        self.asked.append(text)
        if self.away:
            raise NluUnavailableError("told to fail")
        intent, confidence = self._known.get(text, self._intent)
        rest = [name for name in INTENTS if name != intent][:9]
        ranking = ((intent, confidence), *((name, (1 - confidence) / 9) for name in rest))
        return Meaning(intent, confidence, ranking, self.model)

    async def models(self) -> str | None:
        return self.model or None
