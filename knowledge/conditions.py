"""Circumstances named in a text: late, unmarried, somebody sent instead … They pick the papers and fees that fit.

A record's condition ("khi nào cần") and a citizen's question meet when they name the same circumstance, in
whatever words; the words are content (conditions.yaml).
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from knowledge.normalise import normalise_folded

CONDITIONS_FILE = Path(__file__).parent / "content" / "conditions.yaml"
_NUMBER = r"(?:\d+|mot|hai|ba|bon|nam|sau|bay|tam|chin|muoi|may|vai|nua)(?: (?:muoi|ruoi|may))?"
_STOP_WORDS = frozenset(
    "co khong la va cua cho thi ma duoc can khi nao nguoi lam di toi giay to nop the nay do".split()
)
_USUAL_PAIRS = frozenset({("thu", "tuc"), ("ho", "so"), ("dang", "ky"), ("yeu", "cau"), ("le", "phi")})


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    content = TypeAdapter(dict[str, list[str]]).validate_python(
        yaml.safe_load(CONDITIONS_FILE.read_text(encoding="utf-8"))
    )
    return {
        condition: re.compile(rf"\b(?:{'|'.join(map(_pattern, phrases))})\b") for condition, phrases in content.items()
    }


def _pattern(phrase: str) -> str:
    return " ".join(_NUMBER if word == "N" else re.escape(normalise_folded(word)) for word in phrase.split())


@lru_cache(maxsize=4096)
def conditions_in(text: str) -> frozenset[str]:
    """Ids of the circumstances a text names."""
    folded = normalise_folded(text)
    return frozenset(condition for condition, pattern in _patterns().items() if pattern.search(folded))


def _pairs(text: str) -> set[tuple[str, str]]:
    words = [word for word in normalise_folded(text).split() if word not in _STOP_WORDS]
    return set(itertools.pairwise(words))


def meets(condition: str, question: str, conditions: frozenset[str], *names: str) -> bool:
    """Whether a published condition is the one spoken of: both name one circumstance (`conditions`: those of the
    conversation so far), or they share a pair of neighbouring content words that `names`, the procedure's own,
    do not have."""
    if conditions & conditions_in(condition):
        return True
    telling = _pairs(condition) & _pairs(question)
    return bool(telling.difference(_USUAL_PAIRS, *(_pairs(name) for name in names)))
