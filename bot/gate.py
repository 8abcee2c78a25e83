"""Whether a newly trained model is worse than the running one, judged on the gate set: pure figures and sentences.

The gate set is the labelled messages of nlu/calibration, which no model is trained on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from bot.domain.messages import Outcome

MUST_NOT_ANSWER = frozenset({"out_of_scope", "lodge_complaint", "denounce", "report_crime", "emergency"})
"""Intents never met with published data: an honest refusal, the lawful door or the emergency number is due."""
RECALL_TOLERANCE = 0.05
"""An intent's recall may fall by so much: between two equally good models it does by chance."""
ENOUGH_LOST = 3
"""A fall counts when at least so many messages are lost, however few there are."""
OVERALL_TOLERANCE = 0.005
"""The share of all messages understood may fall by so much."""
NEWLY_ANSWERED = 0.01
"""So many of the must-not-answer messages may be answered by the new model and not by the old."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A message of the gate set: its label, the intent the model gave it, what the whole assistant then did."""

    wanted: str
    given: str
    outcome: Outcome


class Figures(BaseModel):
    """What a model does with the gate set. `conditions`: hash of all else it depends on; only figures taken under
    the same conditions compare. `understood`, `messages`: by intent. `answered`: numbers of the must-not-answer
    messages that got published data. `given`: the intent of each message."""

    model_config = ConfigDict(frozen=True)
    conditions: str
    messages: dict[str, int]
    understood: dict[str, int]
    answered: tuple[int, ...]
    given: tuple[str, ...]

    def recall(self, intent: str) -> float:
        return self.understood.get(intent, 0) / self.messages[intent]

    @property
    def overall(self) -> float:
        return sum(self.understood.values()) / sum(self.messages.values())

    @property
    def answered_share(self) -> float:
        return len(self.answered) / max(1, sum(self.messages.get(intent, 0) for intent in MUST_NOT_ANSWER))


def figures(observations: Sequence[Observation], conditions: str) -> Figures:
    return Figures(
        conditions=conditions,
        messages=dict(Counter(one.wanted for one in observations)),
        understood=dict(Counter(one.wanted for one in observations if one.given == one.wanted)),
        answered=tuple(
            number
            for number, one in enumerate(observations)
            if one.wanted in MUST_NOT_ANSWER and one.outcome is Outcome.ANSWER
        ),
        given=tuple(one.given for one in observations),
    )


def faults(before: Figures, after: Figures) -> tuple[str, ...]:
    """Why the model with the figures `after` is worse than that with `before`, in Vietnamese; empty when it is not."""
    found = []
    all_lost = sum(before.understood.values()) - sum(after.understood.values())
    if all_lost >= ENOUGH_LOST and before.overall - after.overall > OVERALL_TOLERANCE:
        found.append(f"toàn bộ: hiểu đúng {before.overall:.1%} → {after.overall:.1%}")
    for intent, count in sorted(before.messages.items()):
        lost = before.understood.get(intent, 0) - after.understood.get(intent, 0)
        if lost >= ENOUGH_LOST and lost / count > RECALL_TOLERANCE:
            found.append(
                f"{intent}: hiểu đúng {before.recall(intent):.1%} → {after.recall(intent):.1%} (mất {lost}/{count} câu)"
            )
    newly = set(after.answered) - set(before.answered)
    allowed = NEWLY_ANSWERED * sum(before.messages.get(intent, 0) for intent in MUST_NOT_ANSWER)
    if len(newly) > allowed:
        found.append(
            f"câu không được trả lời bằng dữ liệu đã công bố: bị trả lời {before.answered_share:.1%} → "
            f"{after.answered_share:.1%} (thêm {len(newly)} câu)"
        )
    return tuple(found)


class IntentLine(BaseModel):
    """An intent's messages, and how many of them each model understood."""

    intent: str
    messages: int
    before: int
    after: int


class Confusion(BaseModel):
    """Messages of `wanted` that were taken for `given`."""

    wanted: str
    given: str
    before: int
    after: int


class MustNotAnswer(BaseModel):
    """A message of the gate set that published data must not answer, and whether a model's did."""

    text: str
    intent: str
    before: bool
    after: bool


class Report(BaseModel):
    """A new model beside the running one. `reasons`: why it is refused; `seconds`: by phase; `learned`: texts of
    editors it was trained with."""

    model: str
    base: str
    before: float
    after: float
    intents: tuple[IntentLine, ...]
    confusions: tuple[Confusion, ...]
    must_not: tuple[MustNotAnswer, ...]
    must_not_messages: int
    reasons: tuple[str, ...]
    learned: int = 0
    seconds: dict[str, float] = {}


CONFUSIONS_SHOWN = 20


def report(names: tuple[str, str], before: Figures, after: Figures, messages: Sequence[tuple[str, str]]) -> Report:
    """`names`: ids of the running model and the new one; `messages`: (intent, text) of the gate set, in its order."""
    old, new = (
        Counter((wanted, given) for (wanted, _), given in zip(messages, one.given, strict=True) if given != wanted)
        for one in (before, after)
    )
    pairs = sorted(old.keys() | new.keys(), key=lambda pair: (-new[pair], -old[pair], pair))
    return Report(
        base=names[0],
        model=names[1],
        before=round(before.overall, 4),
        after=round(after.overall, 4),
        intents=tuple(
            IntentLine(
                intent=intent, messages=count, before=before.understood.get(intent, 0),
                after=after.understood.get(intent, 0),
            )
            for intent, count in sorted(before.messages.items())
        ),
        confusions=tuple(
            Confusion(wanted=pair[0], given=pair[1], before=old[pair], after=new[pair])
            for pair in pairs[:CONFUSIONS_SHOWN]
        ),
        must_not=tuple(
            MustNotAnswer(
                text=messages[number][1], intent=messages[number][0], before=number in before.answered,
                after=number in after.answered,
            )
            for number in sorted({*before.answered, *after.answered})
        ),
        must_not_messages=sum(intent in MUST_NOT_ANSWER for intent, _ in messages),
        reasons=faults(before, after),
    )  # fmt: skip
