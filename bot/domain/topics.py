"""Names of the wake-ups between the parts of the system."""

OUTBOX = "outbox"
KNOWLEDGE = "knowledge"
"""Something was published, withdrawn, suspended or resumed: every process loads what is published again."""


def chat(conversation_id: int) -> str:
    return f"chat:{conversation_id}"


def console(unit_id: str) -> str:
    """Something of the unit's tickets or conversations changed."""
    return f"console:{unit_id}"
