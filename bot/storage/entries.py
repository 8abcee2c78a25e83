"""What arrivals have in common: the row of a message, a closed event, the ids that platforms give in details."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.channels import Inbound
from bot.domain.messages import Outcome, Reply
from bot.storage.tables import events
from bot.storage.values import storable_id, storable_text

STAFF_CONVERSATION = "staff_conversation"
"""The reason of what a citizen writes while staff have the conversation: they see it, the assistant is silent."""
HAND_BACK = "handback"
"""The one tap that is answered meanwhile: the citizen wants the assistant again (bot.dialogue.payloads)."""


def message_row(
    event: Inbound,
    event_id: int,
    conversation_id: int,
    seq: int,
    direction: str,
    meta: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "direction": direction,
        "event_id": event_id,
        "client_id": storable_id(event.external_id) if direction == "in" else None,
        "content": Reply(storable_text(event.text, limits.INBOUND_CHARACTERS)).to_json(),
        "meta": meta,
        "created_at": now,
    }


async def close(connection: AsyncConnection, event_id: int, reason: str, now: datetime) -> None:
    await connection.execute(
        update(events)
        .where(events.c.id == event_id)
        .values(outcome=Outcome.IGNORED.value, reason=reason, closed_at=now)
    )


def message_ids(details: Mapping[str, Any]) -> list[str]:
    """The platform's ids of the messages an event is about."""
    found = details.get("message_ids")
    if not isinstance(found, list | tuple):
        found = [details.get("message_id")]
    return [one for one in found if isinstance(one, str) and one][:1_000]
