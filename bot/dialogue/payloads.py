"""What a tapped button sends back: `verb` or `verb:argument:…`. Rules understand it, never the model."""

from __future__ import annotations

from bot.domain.meaning import PROCEDURE_ASPECTS

START = "start"
HELP = "help"
PERSON = "person"
HOURS = "hours"
ADDRESS = "address"
PROCEDURES = "procedures"
CONTACTS = "contacts"
NONE_OF_THESE = "none"


def ask(aspect: str, procedure: str) -> str:
    return f"ask:{aspect}:{procedure}"


def contact(position: str) -> str:
    return f"contact:{position}"


def parse(payload: str) -> tuple[str, tuple[str, ...]] | None:
    """The verb and its arguments; None for what no button of ours sends."""
    verb, *arguments = payload.split(":")
    if verb == "ask" and len(arguments) == 2 and arguments[0] in PROCEDURE_ASPECTS:
        return verb, tuple(arguments)
    if verb == "contact" and len(arguments) == 1:
        return verb, tuple(arguments)
    if not arguments and verb in {START, HELP, PERSON, HOURS, ADDRESS, PROCEDURES, CONTACTS, NONE_OF_THESE}:
        return verb, ()
    return None
