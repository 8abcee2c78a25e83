"""The emergency rules over everything citizens are expected to write: the training examples and procedure phrases."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from knowledge.emergencies import EmergencyRules
from knowledge.normalise import fold

ROOT = Path(__file__).parents[2]
RULES = EmergencyRules.load(ROOT / "knowledge" / "content" / "emergencies.yaml")
REPORTS = {"report_crime", "report_problem", "verify_contact"}
"""Among these are emergencies going on: a scammer on the line, a power line down."""
CHILD_PROTECTION = {"child-abuse", "domestic-violence"}
"""Right to be shown to whoever asks about the procedure of protecting a child."""
MAX_FALSE_ALARMS = 0.003
MAX_ALARMS_IN_ALL = 0.006
MIN_RECALL = 0.97

_ENTITY = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


def _examples() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path in sorted((ROOT / "nlu" / "rasa" / "data").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in entry:
                lines = (_ENTITY.sub(r"\1", line.removeprefix("- ").strip()) for line in entry["examples"].splitlines())
                found.extend((entry["intent"], line) for line in lines if line)
    return found


def _procedure_phrases() -> list[str]:
    paths = sorted((ROOT / "knowledge" / "content" / "procedures").glob("*.yaml"))
    return [
        phrase
        for path in paths
        for phrase in yaml.safe_load(path.read_text(encoding="utf-8")).get("citizen_phrases", [])
    ]


EXAMPLES = _examples()
EMERGENCIES = [text for intent, text in EXAMPLES if intent == "emergency"]
OTHERS = [text for intent, text in EXAMPLES if intent != "emergency"]
ORDINARY = [text for intent, text in EXAMPLES if intent not in REPORTS | {"emergency"}]
PHRASES = _procedure_phrases()

as_typed = pytest.mark.parametrize("typed", [str, fold], ids=["accented", "stripped"])


def alarms(texts: list[str], typed: Callable[[str], str]) -> list[str]:
    return [case.id for text in texts if (case := RULES.detect(typed(text))) is not None]


def false_share(texts: list[str], typed: Callable[[str], str]) -> float:
    """Those about protecting somebody at home, rightly shown 111, are no false alarms."""
    return sum(case not in CHILD_PROTECTION for case in alarms(texts, typed)) / len(texts)


@as_typed
def test_ordinary_messages_raise_hardly_any_alarm(typed: Callable[[str], str]) -> None:
    assert false_share(ORDINARY, typed) <= MAX_FALSE_ALARMS


@as_typed
def test_reports_and_phrases_raise_few_alarms(typed: Callable[[str], str]) -> None:
    assert false_share(OTHERS + PHRASES, typed) <= MAX_ALARMS_IN_ALL


@as_typed
def test_emergencies_are_found(typed: Callable[[str], str]) -> None:
    assert len(alarms(EMERGENCIES, typed)) / len(EMERGENCIES) >= MIN_RECALL


def test_the_corpus_is_read() -> None:
    assert len(OTHERS) > 10_000
    assert len(PHRASES) > 3_000
    assert len(EMERGENCIES) >= 300
