"""What the assistant would say from a draft, by the same dialogue that answers citizens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from bot.dialogue import payloads
from bot.dialogue import texts_vi as say
from bot.dialogue.procedures import FIELDS, OPTIONAL_ASPECTS
from bot.dialogue.router import decide
from bot.dialogue.state import State
from bot.dialogue.understanding import read
from bot.domain.messages import Outcome, Reply
from bot.domain.records import Procedure, Supplement
from bot.domain.views import PublishedProcedure, UnitView

ASPECTS = tuple(FIELDS)
_LEFT_OUT = "…"
_PLACEHOLDERS: Mapping[str, Any] = {
    "code": None, "name": _LEFT_OUT, "short_name": _LEFT_OUT, "field": _LEFT_OUT, "audience": (_LEFT_OUT,),
    "level": _LEFT_OUT, "authority": _LEFT_OUT, "receiving_place": _LEFT_OUT, "steps": (), "documents": (), "forms": (),
    "processing_time": {"text": _LEFT_OUT, "working_days": None}, "fees": (), "channels": ("trực tiếp",),
    "result": _LEFT_OUT, "legal_basis": (), "citizen_phrases": (_LEFT_OUT,), "common_questions": (), "cases": (),
    "changes": None, "effective_from": None, "sources": (_LEFT_OUT,), "portal_url": None, "verified": False,
    "unverified_fields": (), "eligibility": (), "verification_note": _LEFT_OUT, "check_again_by": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: the citizen's question as the button for it reads, and the replies. `given`: whether published
    fields are told; otherwise it is refused. `fields`: what the answer is made of."""

    aspect: str
    question: str
    replies: tuple[Reply, ...]
    given: bool
    fields: tuple[str, ...]


def completed(content: Mapping[str, Any], today: str) -> Procedure:
    """The record with “…” for every field that is missing or not valid yet."""
    kept = {name: value for name, value in content.items() if name in Procedure.model_fields}
    try:
        return Procedure.model_validate(kept)
    except ValidationError as error:
        faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    sound = {name: value for name, value in kept.items() if name not in faulty}
    return Procedure.model_validate({**_PLACEHOLDERS, "as_of": today, **sound})


def partial(content: Mapping[str, Any], today: str) -> Supplement | None:
    """The supplement without what is missing or not valid yet; None while nothing of it can be shown."""
    kept = {name: value for name, value in content.items() if name in Supplement.model_fields}
    for _ in range(2):
        try:
            return Supplement.model_validate(kept)
        except ValidationError as error:
            faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
            kept = {"as_of": today, **{name: value for name, value in kept.items() if name not in faulty}}
    return None


def says(
    view: UnitView,
    record_id: str,
    record: Procedure,
    now: datetime,
    supplement: Supplement | None = None,
    *,
    suspended: bool = False,
) -> list[Said]:
    """The answer to each aspect as a citizen of the unit would read it, were the record published."""
    before = view.procedures.get(record_id)
    published = PublishedProcedure(
        record_id, 0, record, suspended, before.owner if before else view.unit.id,
        supplement or (before.supplement if before else None),
    )  # fmt: skip
    shown = replace(view, procedures={**view.procedures, record_id: published})
    found = []
    for aspect in ASPECTS:
        if aspect in OPTIONAL_ASPECTS and not getattr(record, OPTIONAL_ASPECTS[aspect]):
            continue
        turn = decide(shown, State(), read("", payloads.ask(aspect, record_id)), now)
        question = say.ASPECT_BUTTONS.get(aspect, say.ASPECT_NAMES.get(aspect, aspect))
        found.append(Said(aspect, question, turn.replies, turn.outcome is Outcome.ANSWER, FIELDS[aspect]))
    return found
