"""What a platform tells the owner of a channel, and whether it forbids sending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import channels
from bot.storage.values import storable_text

STOPPED, RESUMED = "stopped", "resumed"
NOTICE_CHARACTERS = 300


async def apply(connection: AsyncConnection, channel_id: int, details: Mapping[str, Any], at: datetime) -> bool:
    """Whether it changed anything: a notice that comes after a newer one does not."""
    sending, text = details.get("sending"), details.get("notice")
    values: dict[str, Any] = {"notice_at": at}
    if isinstance(text, str) and text:
        values["notice"] = storable_text(text, NOTICE_CHARACTERS)
    if sending == STOPPED:
        values["blocked_at"] = at
    elif sending == RESUMED:
        values |= {"blocked_at": None, "notice": None}
    if len(values) == 1:
        return False
    newest = or_(channels.c.notice_at.is_(None), channels.c.notice_at <= at)
    changed = await connection.execute(update(channels).where(channels.c.id == channel_id, newest).values(**values))
    return changed.rowcount == 1
