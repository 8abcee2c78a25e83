"""What a report is about (rubbish, lights, roads …), by its words; they are content (report_categories.yaml)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from knowledge.normalise import normalise_folded

CATEGORIES_FILE = Path(__file__).parent / "content" / "report_categories.yaml"
OTHER = "other"


class Category(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    name: str
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def categories() -> dict[str, Category]:
    """By id, in the order of the file."""
    content = yaml.safe_load(CATEGORIES_FILE.read_text(encoding="utf-8"))
    return {one.id: one for one in TypeAdapter(list[Category]).validate_python(content)}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    """Longer phrases before shorter ones, so that each word counts once."""
    spelled = {
        one.id: sorted({normalise_folded(word) for word in one.words}, key=len, reverse=True)
        for one in categories().values()
        if one.words
    }
    return {name: re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b") for name, words in spelled.items()}


@lru_cache(maxsize=4096)
def category_in(text: str) -> str | None:
    """The category whose words a text has most of; None when it has none of any."""
    folded = normalise_folded(text)
    counts = {name: len(pattern.findall(folded)) for name, pattern in _patterns().items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None
