"""Words of a denunciation: taken out of every table a person, a search or a figure reads, and sealed (Luật Tố cáo 2018,
Điều 8)."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.messages import Event, Reply
from bot.storage.channels import insert_ignore
from bot.storage.credentials import Seal
from bot.storage.tables import events, media, messages
from bot.storage.ticket_tables import sealed_texts

SEALED_MARK = "[Nội dung được bảo vệ theo quy định]"
"""What stands in place of the words; it does not say what they were about."""


async def seal_words(connection: AsyncConnection, seal: Seal, event: Event, now: datetime) -> None:
    """Every event of the turn: words and attachments into the sealed box, files out of the store (the hourly sweep
    removes what no row names)."""
    ids = [event.id, *event.with_ids]
    rows = (await connection.execute(select(events).where(events.c.id.in_(ids)).order_by(events.c.id))).all()
    for row in rows:
        content = {"text": row.text, "attachments": row.attachments or [], "details": row.details or {}}
        await connection.execute(
            insert_ignore(connection, sealed_texts).values(
                unit_id=event.unit_id,
                event_id=row.id,
                content=seal.close(json.dumps(content, ensure_ascii=False)),
                created_at=now,
            )
        )
    await connection.execute(
        update(events).where(events.c.id.in_(ids)).values(text="", payload=None, attachments=None, details=None)
    )
    await connection.execute(
        update(messages)
        .where(messages.c.event_id.in_(ids), messages.c.direction == "in")
        .values(content=Reply(SEALED_MARK).to_json(), meta={"sealed": True})
    )
    await connection.execute(delete(media).where(media.c.event_id.in_(ids)))
