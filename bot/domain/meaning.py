"""What the understanding found in a message."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

PROCEDURE_ASPECTS = (
    "overview", "documents", "fee", "duration", "place", "steps", "form", "online", "eligibility", "result",
    "legal_basis",
)  # fmt: skip

INTENTS = (
    "greet", "thank", "goodbye", "affirm", "deny", "cancel", "restart", "help", "bot_identity",
    *(f"procedure_{aspect}" for aspect in PROCEDURE_ASPECTS),
    "lookup_contact", "verify_contact", "office_hours", "office_address",
    "report_problem", "suggest", "praise", "complain_staff", "lodge_complaint", "denounce", "report_crime",
    "book_reception",
    "ticket_status", "dossier_status", "rate_service", "talk_to_person", "privacy_request", "subscribe", "unsubscribe",
    "emergency", "abuse", "out_of_scope",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What Rasa made of a text. `ranking`: intents with confidences, best first."""

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    model: str

    def confidence_of(self, *intents: str) -> float:
        return sum(confidence for name, confidence in self.ranking if name in intents)


@dataclass(frozen=True, slots=True)
class Hit:
    """A record the search found. `score`: calibrated probability that it is the one meant."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """Answer of the search: hits best first. `none`: probability that the text names no record at all, `foreign`:
    the part of it that it names a matter of somebody else. `failed` tells a broken engine from nothing relevant."""

    hits: tuple[Hit, ...] = ()
    none: float = 1.0
    foreign: float = 0.0
    failed: bool = False

    @property
    def best(self) -> Hit | None:
        return self.hits[0] if self.hits else None

    def expecting(self, likely: Collection[str], favour: float, follow_up: float) -> Found:
        """The same when the conversation is already about some records: each is `favour` times as likely as its
        words alone make it, and what names no record at all is, in the share `follow_up`, about them."""
        if not likely or self.failed:
            return self
        bare = (self.none - self.foreign) * follow_up
        scores = {hit.id: hit.score for hit in self.hits}
        for one in likely:
            scores[one] = scores.get(one, 0.0) * favour + bare / len(likely)
        none, foreign = self.none - bare, self.foreign
        total = sum(scores.values()) + none
        hits = sorted((Hit(one, score / total) for one, score in scores.items()), key=lambda hit: -hit.score)
        return Found(tuple(hits), none / total, foreign / total)
