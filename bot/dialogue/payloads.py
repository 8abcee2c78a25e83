"""What a tapped button sends back: `verb` or `verb:argument:…`. Rules understand it, never the model.

The console's messages to citizens may carry `ticket(…)` buttons: "add" to answer a question of staff, "rate" and
"reopen" below an answer."""

from __future__ import annotations

import re

from bot.domain.meaning import PROCEDURE_ASPECTS
from bot.domain.tickets import TicketKind

START = "start"
HELP = "help"
PERSON = "person"
HOURS = "hours"
ADDRESS = "address"
PROCEDURES = "procedures"
CONTACTS = "contacts"
NONE_OF_THESE = "none"
REPORT = "report"
MINE = "mine"
HAND_BACK = "handback"
"""Also while a person has the conversation: the citizen wants the assistant again."""

SIMPLE = frozenset({START, HELP, PERSON, HOURS, ADDRESS, PROCEDURES, CONTACTS, NONE_OF_THESE, REPORT, MINE, HAND_BACK})
DRAFT_ACTIONS = frozenset(
    "send publish what where phone skip agree cancel resume report complaint follow add anyway".split()
)
TICKET_ACTIONS = frozenset("show add withdraw withdraw-yes keep rate reopen held".split())
PRIVACY_ACTIONS = frozenset("see erase erase-yes keep withdraw".split())
_CODE = re.compile(r"PA-\d{6}-\d{4}[A-Z]")
_STARS = frozenset("12345")


def ask(aspect: str, procedure: str) -> str:
    return f"ask:{aspect}:{procedure}"


def contact(position: str) -> str:
    return f"contact:{position}"


def begin(kind: TicketKind) -> str:
    """A ticket of this kind is begun."""
    return f"{REPORT}:{kind.value}"


def draft(action: str) -> str:
    """Something is done with the report half told."""
    return f"draft:{action}"


def ticket(action: str, code: str) -> str:
    return f"ticket:{action}:{code}"


def rate(stars: int, code: str) -> str:
    return f"rate:{stars}:{code}"


def privacy(action: str) -> str:
    return f"privacy:{action}"


def parse(payload: str) -> tuple[str, tuple[str, ...]] | None:
    """The verb and its arguments; None for what no button of ours sends."""
    verb, *arguments = payload.split(":")
    match verb, arguments:
        case "ask", [aspect, _] if aspect in PROCEDURE_ASPECTS:
            pass
        case "contact", [_]:
            pass
        case "report", [kind] if kind in frozenset(TicketKind):
            pass
        case "draft", [action] if action in DRAFT_ACTIONS:
            pass
        case "ticket", [action, code] if action in TICKET_ACTIONS and _CODE.fullmatch(code):
            pass
        case "rate", [stars, code] if stars in _STARS and _CODE.fullmatch(code):
            pass
        case "privacy", [action] if action in PRIVACY_ACTIONS:
            pass
        case _, [] if verb in SIMPLE:
            pass
        case _:
            return None
    return verb, tuple(arguments)
