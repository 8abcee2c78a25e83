"""Thresholds computed from labelled messages."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from bot.calibration import (
    LOST_QUESTIONS,
    WRONG_ANSWERS,
    LabelledMessage,
    Reading,
    answer_threshold,
    calibrate,
    keep_calibration,
    read_calibration,
    read_messages,
)
from bot.config import Settings
from bot.dialogue.context import Bands
from bot.domain.meaning import Found, Hit, Meaning


def reading(foreign: bool, sureness: float, right: bool = True) -> Reading:
    intent = "out_of_scope" if foreign else "procedure_documents"
    other = "procedure_documents" if foreign else "out_of_scope"
    meaning = Meaning(intent, sureness, ((intent, sureness), (other, 1 - sureness)), "model")
    best = Hit("tach-ho", 1 - sureness if foreign else sureness)
    found = Found((best,), 1 - best.score, sureness if foreign else (1 - sureness) / 2)
    procedure = None if foreign else ("tach-ho" if right else "dang-ky-tam-tru")
    return Reading(LabelledMessage(text="…", intent=intent, procedure=procedure), meaning, found)


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    dice = random.Random(1)
    some = [reading(foreign=True, sureness=dice.uniform(0.5, 0.99)) for _ in range(150)]
    some += [reading(foreign=False, sureness=dice.uniform(0.5, 0.99)) for _ in range(300)]
    return [*some, *(reading(foreign=False, sureness=dice.uniform(0.5, 0.7), right=False) for _ in range(30))]


def test_the_answer_threshold_leaves_few_wrong_answers_above_it() -> None:
    scores = np.array([0.99] * 200 + [0.9] * 100 + [0.8] * 50)
    right = np.array([True] * 300 + [False] * 50)
    assert answer_threshold(scores, right) == 0.9
    assert (~right[scores >= 0.9]).mean() <= WRONG_ANSWERS


def test_when_even_the_surest_are_wrong_nothing_is_answered() -> None:
    assert answer_threshold(np.array([0.9, 0.8]), np.array([False, True])) == 1.0


def test_the_bands_keep_the_errors_within_their_bounds(readings: list[Reading]) -> None:
    found = calibrate(readings)
    assert found.wrong <= WRONG_ANSWERS
    assert found.questions_lost <= LOST_QUESTIONS + 0.005
    assert found.foreign_caught > 0.9
    assert 0.5 < found.bands.answer < 0.9
    assert found.bands.foreign_later >= found.bands.foreign


def test_with_few_published_procedures_the_thresholds_stay_as_they_are(readings: list[Reading]) -> None:
    few = [one for one in readings if one.is_foreign or one.message.procedure is None]
    assert calibrate(few).bands == Bands()


def test_a_foreign_matter_is_likelier_foreign_than_a_question_about_a_procedure(readings: list[Reading]) -> None:
    bands = calibrate(readings).bands
    foreign, asked = reading(foreign=True, sureness=0.9), reading(foreign=False, sureness=0.9)
    assert bands.foreign_chance(foreign.meaning, foreign.found) > 0.9
    assert bands.foreign_chance(asked.meaning, asked.found) < 0.1


def test_a_calibration_is_kept_beside_its_model(tmp_path: Path, readings: list[Reading]) -> None:
    model = tmp_path / "abc" / "abc.tar.gz"
    model.parent.mkdir()
    assert read_calibration(model) is None
    found = calibrate(readings)
    keep_calibration(model, found)
    assert read_calibration(model) == found


@pytest.mark.parametrize("kept", ["", "[]", '{"bands": {}}', '{"bands": {"answer": 1, "gone": 2}, "scope": [1]}'])
def test_a_calibration_of_another_version_is_computed_again(tmp_path: Path, kept: str) -> None:
    (tmp_path / "bands.json").write_text(kept)
    assert read_calibration(tmp_path / "abc.tar.gz") is None


def test_the_messages_are_many_and_name_both_kinds() -> None:
    messages = read_messages(Settings().calibration_messages)
    assert len(messages) > 1_000
    assert sum(one.intent == "out_of_scope" for one in messages) > 200
    assert len({one.procedure for one in messages if one.procedure}) > 70


def test_the_default_bands_are_those_of_no_calibration() -> None:
    assert 0 < Bands().choose < Bands().answer < 1
