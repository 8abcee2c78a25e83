"""What can be learned and counted from turns that are over. Nothing sealed passes: by intent, by rule, by suspicion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot import limits
from bot.dialogue import payloads
from bot.dialogue.explaining import Path
from bot.dialogue.masking import without_personal_data
from bot.domain.channels import Kind
from bot.domain.learning import (
    SEALED_INTENTS,
    SEALED_PROCEDURES,
    Counted,
    Figure,
    Gleaned,
    HeardTurn,
    Reason,
    Sample,
    SealedTurn,
    sounds_sealed,
)
from bot.domain.messages import Outcome
from bot.domain.views import LOCAL_ZONE
from knowledge.emergencies import EmergencyRules
from knowledge.normalise import normalise_folded

DISPLEASED = frozenset({"sad", "angry", "dislike", "😢", "😭", "😠", "😡", "👎", ":-((", ":-h", "/-weak", ":(("})
"""Reactions of Facebook and Zalo, by name or sign."""
SEALED_HIT = 0.3
"""From this score on the search thinks of a sealed procedure."""
_UNSURE = frozenset({Outcome.REFUSE, Outcome.CHOOSE})
_OF_USE = frozenset({Outcome.REFUSE, Outcome.CHOOSE, Outcome.ANSWER})


class Gleaner:
    def __init__(self, rules: EmergencyRules) -> None:
        self._rules = rules

    def glean(self, turns: Iterable[HeardTurn]) -> Gleaned:
        """For a thread: some milliseconds a turn."""
        samples: dict[int, Sample] = {}
        counted: dict[tuple[int, Figure], Counted] = {}
        sealed = []
        for turn in turns:
            if turn.kind == Kind.MESSAGE and self.is_sealed(turn):
                sealed.append(SealedTurn(turn.event_id, turn.conversation_id, turn.unit_id, turn.at))
                continue
            for one in self._samples(turn):
                before = samples.get(one.event_id)
                samples[one.event_id] = merged(before, one) if before else one
            for count in self._counts(turn):
                counted[count.event_id, count.figure] = count
        return Gleaned(tuple(samples.values()), tuple(counted.values()), tuple(sealed))

    def is_sealed(self, turn: HeardTurn) -> bool:
        why = turn.why
        if turn.meta.get("sealed") or turn.intent in SEALED_INTENTS or why.get("path") == Path.EMERGENCY_RULE:
            return True
        if turn.meta.get("procedure") in SEALED_PROCEDURES:
            return True
        if any(name in SEALED_PROCEDURES and score >= SEALED_HIT for name, score in why.get("hits", ())):
            return True
        ranking = dict(why.get("intents", ()))
        return sounds_sealed(normalise_folded(turn.text), ranking) or self._rules.detect(turn.text) is not None

    def _samples(self, turn: HeardTurn) -> Iterator[Sample]:
        if turn.kind == Kind.REACTION:
            if turn.reacted is not None and turn.reaction in DISPLEASED:
                yield from self._sample(turn.reacted, Reason.BADLY_RATED)
            return
        before = turn.previous
        if before is not None and before.outcome in _OF_USE:
            answered = turn.meta.get("procedure") if turn.outcome == Outcome.ANSWER else None
            if before.outcome == Outcome.CHOOSE and turn.why.get("path") == Path.PICKED:
                yield from self._sample(before, Reason.CHOSEN, answered)
            if turn.payload == payloads.NONE_OF_THESE or _rejects(turn):
                yield from self._sample(before, Reason.REFUSED)
            if turn.why.get("corrects"):
                yield from self._sample(before, Reason.CORRECTED, answered)
            if turn.intent == "talk_to_person" or turn.payload == payloads.PERSON:
                yield from self._sample(before, Reason.ESCALATED)
        if turn.outcome == Outcome.REFUSE and not _rejects(turn):
            yield from self._sample(turn, Reason.REFUSED)

    def _sample(self, turn: HeardTurn, reason: Reason, procedure: str | None = None) -> Iterator[Sample]:
        text = turn.text.strip()
        if turn.payload is not None or not 2 <= len(text) <= limits.LEARNING_CHARACTERS or self.is_sealed(turn):
            return
        kept = procedure or turn.meta.get("procedure") or _likely(turn) or None
        shown = without_personal_data(text)
        yield Sample(turn.event_id, turn.unit_id, turn.at, shown, (reason,), turn.intent, kept)

    def _counts(self, turn: HeardTurn) -> Iterator[Counted]:
        rated = turn.reacted if turn.kind == Kind.REACTION and turn.reaction in DISPLEASED else None
        if turn.why.get("corrects"):
            rated = turn.previous
        if rated is not None and rated.meta.get("procedure") and not self.is_sealed(rated):
            yield _counted(rated, rated.meta["procedure"], Figure.BADLY_RATED)
        if turn.kind != Kind.MESSAGE:
            return
        procedure = turn.meta.get("procedure")
        if turn.outcome == Outcome.ANSWER and procedure:
            picked = turn.why.get("path") == Path.PICKED
            yield _counted(turn, procedure, Figure.CHOSEN if picked else Figure.ANSWERED)
        elif turn.outcome == Outcome.CHOOSE and turn.why.get("path") == Path.OFFERED:
            yield _counted(turn, _likely(turn), Figure.OFFERED)
        elif turn.outcome == Outcome.REFUSE and turn.payload is None and not _rejects(turn):
            yield _counted(turn, _likely(turn), Figure.REFUSED)


def merged(one: Sample, other: Sample) -> Sample:
    """The same message seen twice: all reasons, and what is known of the procedure meant in the end."""
    reasons = tuple(dict.fromkeys([*one.reasons, *other.reasons]))
    return replace(one, reasons=reasons, procedure_id=other.procedure_id or one.procedure_id)


def _counted(turn: HeardTurn, procedure: str, figure: Figure) -> Counted:
    return Counted(turn.event_id, turn.unit_id, turn.at.astimezone(LOCAL_ZONE).date(), procedure, figure)


def _rejects(turn: HeardTurn) -> bool:
    """Whether none of the offered choices was meant, said in words."""
    return turn.outcome == Outcome.REFUSE and turn.intent == "deny"


def _likely(turn: HeardTurn) -> str:
    """The procedure the search thought of first, if it was likely enough to be offered."""
    hits = turn.why.get("hits") or ()
    threshold = (turn.why.get("bands") or {}).get("choose", 1.0)
    return str(hits[0][0]) if hits and hits[0][1] >= threshold else ""
