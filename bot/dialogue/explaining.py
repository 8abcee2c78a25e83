"""Why a turn came out as it did: what was found, and the thresholds it was held against, small enough to be kept with
every answer. None of the citizen's words are in it, so that sealing or erasing them needs to know nothing of it."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

from bot.dialogue.context import Context
from bot.domain.messages import Outcome, Turn
from knowledge.normalise import normalise

INTENTS_KEPT = 5
HITS_KEPT = 5
PICKED = "picked"
"""Set in `Turn.extra` when words named one of the offered choices."""
IN_FORCE = ("answer", "choose", "none", "foreign", "foreign_later", "intent", "give", "override", "position_answer")


class Path(StrEnum):
    """Which way a decision was reached."""

    EMERGENCY_RULE = "emergency_rule"
    TAP = "tap"
    PICKED = "picked"
    """One of the offered choices was named in words."""
    CODE = "code"
    """A ticket's or dossier's code, or a telephone number to check, was in the message."""
    SURE = "sure"
    """The search was at or above the threshold to answer."""
    CARRIED_OVER = "carried_over"
    """Nothing else was named: the procedure spoken of before is meant."""
    OFFERED = "offered"
    """Between the thresholds to offer and to answer, or a circumstance fits another procedure."""
    ASKED_BACK = "asked_back"
    """A question about a procedure that names none."""
    FOREIGN = "foreign"
    """The chance of somebody else's matter was at or above its threshold."""
    NOTHING_FOUND = "nothing_found"
    INTENT = "intent"
    """The model's intent alone decided."""
    MODEL_AWAY = "model_away"
    NO_WORDS = "no_words"


def why(context: Context, turn: Turn) -> dict[str, Any]:
    """What is kept with the answer. Shares are rounded to three digits."""
    heard, bands = context.heard, context.bands
    kept: dict[str, Any] = {
        "path": path(context, turn).value,
        "version": context.view.version,
        "bands": {name: round(getattr(bands, name), 3) for name in IN_FORCE},
    }
    if heard.text:
        kept["text"] = fingerprint(heard.text)
    if heard.corrects:
        kept["corrects"] = True
    if heard.meaning is not None:
        kept["intents"] = [[name, round(chance, 3)] for name, chance in heard.meaning.ranking[:INTENTS_KEPT]]
        kept["foreign_chance"] = round(bands.foreign_chance(heard.meaning, heard.procedures), 3)
    if heard.procedures.hits:
        found = heard.procedures
        kept["hits"] = [[hit.id, round(hit.score, 3)] for hit in found.hits[:HITS_KEPT]]
        kept["none"], kept["foreign"] = round(found.none, 3), round(found.foreign, 3)
    if heard.positions.hits:
        kept["positions"] = [[hit.id, round(hit.score, 3)] for hit in heard.positions.hits[:3]]
    return kept


def path(context: Context, turn: Turn) -> Path:
    heard, best = context.heard, context.heard.procedures.best
    if heard.payload is not None:
        return Path.PICKED if heard.payload in {one.payload for one in context.state.choices} else Path.TAP
    if heard.emergency is not None:
        return Path.EMERGENCY_RULE
    if turn.extra.get(PICKED):
        return Path.PICKED
    if heard.is_blank:
        return Path.NO_WORDS
    if heard.meaning is None:
        return Path.MODEL_AWAY
    if heard.ticket_code or heard.dossier_code or (heard.phones and turn.intent == "verify_contact"):
        return Path.CODE
    if turn.outcome is Outcome.ANSWER and turn.procedure:
        sure = best is not None and best.id == turn.procedure and best.score >= context.bands.answer
        return Path.SURE if sure else Path.CARRIED_OVER
    if turn.outcome is Outcome.CHOOSE:
        return Path.OFFERED if turn.candidates else Path.ASKED_BACK
    if turn.outcome is Outcome.REFUSE:
        return Path.FOREIGN if turn.intent == "out_of_scope" else Path.NOTHING_FOUND
    return Path.INTENT


def fingerprint(text: str) -> str:
    """Of the text as it was normalised, to see later whether it would be read differently now."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()[:8]
