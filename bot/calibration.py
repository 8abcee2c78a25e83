"""`than-thien calibrate`: the dialogue's thresholds, computed from messages nobody trained on, kept with the model.

The messages (nlu/calibration) say their intent and, where they name one, their procedure. Rasa and the search read
them as they read a citizen; the thresholds are then the lowest that keep the errors named here in bounds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from bot import limits
from bot.dialogue.context import Bands, scope_signals
from bot.domain.meaning import Found, Meaning
from bot.system import System

BANDS_FILE = "bands.json"
GATE_FILE = "gate.json"
"""What the model does with the gate set (bot.judging)."""
WRONG_ANSWERS = 0.005
"""Of the questions answered at once, at most so many may be about another procedure: half of the 1 in 100 that may be
wrong at all, since the aspect may be wrong as well."""
LOST_QUESTIONS = 0.0125
"""Of the questions about procedures, at most so many may be taken for somebody else's matter."""
LOST_LATER = 0.003
"""The same while a procedure is being spoken of."""
FOLDS = 5
CURVE_FREEDOM = 100.0
"""Hardly any regularisation: two parameters need none."""
ENOUGH = 200
"""With fewer messages about published procedures nothing is computed: the thresholds stay as in `Bands`."""


class LabelledMessage(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    text: str
    intent: str
    procedure: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A labelled message as Rasa and the search read it."""

    message: LabelledMessage
    meaning: Meaning
    found: Found

    @property
    def is_question(self) -> bool:
        """Whether the decision between procedures and other matters arises at all."""
        asked = sum(chance for name, chance in self.meaning.ranking if name.startswith("procedure_"))
        return asked + self.meaning.confidence_of("out_of_scope") >= 0.5

    @property
    def is_foreign(self) -> bool:
        return self.message.intent == "out_of_scope"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The thresholds, and what they do to the messages they were computed from (cross-validated where fitted)."""

    bands: Bands
    messages: int
    answered: float
    wrong: float
    foreign_caught: float
    questions_lost: float


def bands_path(model: Path) -> Path:
    return model.parent / BANDS_FILE


def read_calibration(model: Path) -> Calibration | None:
    """The calibration kept with a model; None when there is none or it was written by another version."""
    try:
        kept = json.loads(bands_path(model).read_text(encoding="utf-8"))
        bands = Bands(**{**kept.pop("bands"), "scope": tuple(kept.pop("scope"))})
        return Calibration(bands, **kept)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def keep_calibration(model: Path, calibration: Calibration) -> None:
    kept = asdict(calibration)
    kept["scope"] = kept["bands"].pop("scope")
    bands_path(model).parent.mkdir(parents=True, exist_ok=True)
    bands_path(model).write_text(json.dumps(kept, indent=1), encoding="utf-8")


def read_messages(file: Path) -> list[LabelledMessage]:
    return [LabelledMessage.model_validate_json(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def read_all(system: System, unit_id: str, messages: Sequence[LabelledMessage]) -> list[Reading]:
    """The messages read; those about a procedure the unit does not publish are left out."""
    known = system.knowledge.of(unit_id)
    published = known.view.procedures if known else {}
    asked = [message for message in messages if message.procedure is None or message.procedure in published]
    readings = []
    for start in range(0, len(asked), limits.LABELLED_AT_ONCE):
        together = asked[start : start + limits.LABELLED_AT_ONCE]
        all_heard = await asyncio.gather(*(system.assistant.hear(unit_id, message.text) for message in together))
        readings += [
            Reading(message, heard.meaning, heard.procedures)
            for message, heard in zip(together, all_heard, strict=True)
            if heard.meaning is not None
        ]
    return readings


def calibrate(readings: Sequence[Reading]) -> Calibration:
    """The thresholds for these readings; what they do not decide stays as in `Bands`."""
    if sum(one.message.procedure is not None for one in readings) < ENOUGH:
        return Calibration(Bands(), len(readings), 0.0, 0.0, 0.0, 0.0)
    questions = [one for one in readings if one.is_question]
    signals = np.array([scope_signals(one.meaning, one.found) for one in questions])
    foreign = np.array([one.is_foreign for one in questions])
    model = LogisticRegression(C=1.0)
    chances = cross_val_predict(model, signals, foreign, cv=FOLDS, method="predict_proba")[:, 1]
    model.fit(signals, foreign)
    about_procedures = chances[~foreign]
    threshold, later = (float(np.quantile(about_procedures, 1 - lost)) for lost in (LOST_QUESTIONS, LOST_LATER))

    named = [one for one in readings if one.message.procedure is not None and one.found.best is not None]
    scores = np.array([one.found.best.score for one in named if one.found.best])
    right = np.array([one.found.best.id == one.message.procedure for one in named if one.found.best])
    answer = answer_threshold(scores, right)
    scope = (*(round(float(weight), 4) for weight in model.coef_[0]), round(float(model.intercept_[0]), 4))
    bands = replace(
        Bands(),
        answer=round(answer, 4),
        foreign=round(threshold, 4),
        foreign_later=round(max(later, threshold), 4),
        scope=(scope[0], scope[1], scope[2], scope[3]),
    )
    answered = scores >= answer
    return Calibration(
        bands,
        len(readings),
        round(float(answered.mean()), 4),
        round(float((~right[answered]).mean()), 4),
        round(float((chances[foreign] >= threshold).mean()), 4),
        round(float((about_procedures >= threshold).mean()), 4),
    )


def answer_threshold(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The lowest score from which on at most WRONG_ANSWERS of the best records are expected to be wrong. How often a
    score is wrong is a fitted curve: so few errors, counted, would let one odd message move the threshold."""
    if right.all():
        return float(scores.min())
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    sureness = np.log(clipped / (1 - clipped))[:, np.newaxis]
    wrong = LogisticRegression(C=CURVE_FREEDOM).fit(sureness, ~right).predict_proba(sureness)[:, 1]
    order = np.argsort(-scores, kind="stable")
    sorted_scores = scores[order]
    share = np.cumsum(wrong[order]) / np.arange(1, len(scores) + 1)
    last_of_its_score = np.append(sorted_scores[1:] < sorted_scores[:-1], True)
    kept = np.flatnonzero((share <= WRONG_ANSWERS) & last_of_its_score)
    return float(sorted_scores[kept[-1]]) if len(kept) else 1.0
