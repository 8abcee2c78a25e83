"""Whether a message in the middle of a form is about something else: it is answered, and the form goes on after it."""

from __future__ import annotations

from bot.dialogue import signs
from bot.dialogue.context import Context

_TALK = frozenset(
    {"greet", "thank", "goodbye", "help", "bot_identity", "restart", "talk_to_person", "abuse", "subscribe"}
)
_GRAVE = frozenset({"emergency", "denounce", "lodge_complaint", "report_crime"})
_LOOK_UPS = frozenset(
    {
        "lookup_contact", "verify_contact", "office_hours", "office_address", "dossier_status", "ticket_status",
        "privacy_request", "book_reception", "rate_service",
    }
)  # fmt: skip
_COMMANDS = frozenset({"see", "erase", "consent", "mine", "withdraw"})
"""The others ("bổ sung …", "chưa xong") may as well speak of the form."""
REPORTS = frozenset({"report_problem", "suggest", "praise", "complain_staff"})
SURE = 0.5
_SHORT = 8


def is_aside(context: Context) -> bool:
    """Whether the words ask, greet or call for something else than what was asked for."""
    heard, meaning = context.heard, context.heard.meaning
    if heard.is_blank:
        return False
    if heard.ticket_code or heard.dossier_code or signs.command(heard.folded) in _COMMANDS:
        return True
    asks = "?" in heard.text or signs.ASKING.search(heard.folded) is not None
    best = heard.procedures.best
    if best is not None and best.score >= context.bands.answer and heard.cued_aspects and asks:
        return True
    if meaning is None:
        return "so dien thoai" in heard.folded and asks
    procedural = sum(confidence for name, confidence in meaning.ranking if name.startswith("procedure_"))
    if procedural >= SURE and best is not None and best.score >= context.bands.choose:
        return asks
    if meaning.confidence < SURE:
        return False
    if meaning.intent in _TALK:
        return len(heard.folded.split()) <= _SHORT
    if meaning.intent in _GRAVE:
        return True
    return meaning.intent in _LOOK_UPS and asks
