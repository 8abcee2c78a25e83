"""The public catalogue of a unit's procedures: grouped by field, searched with or without diacritics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.domain.freshness import Freshness, freshness
from bot.domain.views import PublishedProcedure, UnitView
from bot.services.knowledge import UnitKnowledge
from knowledge.normalise import fold, normalise_folded

_LIKELY = 0.05
"""The search's own hits count from here on, where no record holds the words themselves."""


@dataclass(frozen=True, slots=True)
class Group:
    field: str
    procedures: tuple[PublishedProcedure, ...]


def groups(view: UnitView, chosen: list[str] | None = None) -> list[Group]:
    """By field, both in the order of the alphabet; `chosen`: only these."""
    by_field: dict[str, list[PublishedProcedure]] = {}
    for one in view.procedures.values():
        if chosen is None or one.id in chosen:
            by_field.setdefault(one.record.field, []).append(one)
    return [
        Group(field, tuple(sorted(found, key=lambda one: fold(one.record.short_name))))
        for field, found in sorted(by_field.items(), key=lambda item: fold(item[0]))
    ]


def search(known: UnitKnowledge, question: str) -> list[str]:
    """Ids of the procedures that hold every word of the question, or those the search of the chat finds."""
    words = fold(question).split()
    held = [one.id for one in known.view.procedures.values() if all(word in _held(one) for word in words) and words]
    if held:
        return held
    found = known.procedures.find(normalise_folded(question))
    likely = max(_LIKELY, 2 / max(len(known.view.procedures), 1))  # twice as likely as by chance, where there are few
    return [hit.id for hit in found.hits if hit.score >= likely]


def standing(one: PublishedProcedure, view: UnitView, today: date) -> Freshness:
    """A suspended record counts as refused."""
    return Freshness.REFUSED if one.suspended else freshness(one.record, view.freshness_rules, today)


def _held(one: PublishedProcedure) -> str:
    record = one.record
    return fold(" ".join([record.name, record.short_name, record.field, record.code or "", *record.citizen_phrases]))
