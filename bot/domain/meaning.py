"""What the understanding found in a message."""

from __future__ import annotations

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
    """Answer of the search: hits best first. `none`: probability that the text names no record at all.
    `failed` tells a broken engine from nothing relevant."""

    hits: tuple[Hit, ...] = ()
    none: float = 1.0
    failed: bool = False

    @property
    def best(self) -> Hit | None:
        return self.hits[0] if self.hits else None
