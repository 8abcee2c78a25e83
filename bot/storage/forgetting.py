"""What is forgotten: tickets' words after their time, a citizen's data on request. A legal hold keeps everything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.messages import Event
from bot.domain.tickets import TicketEvent, TicketState
from bot.storage.channels import insert_ignore
from bot.storage.tables import conversations, erasures, events, media, messages
from bot.storage.ticket_tables import consents, ticket_events, ticket_files, ticket_followers, tickets

ANONYMISED = "[Đã xóa theo thời hạn lưu giữ]"
"""In place of a ticket's words."""


def live_tickets() -> Select[tuple[int | None]]:
    """Conversations with a ticket that still needs them: not closed, or held by law."""
    held = or_(tickets.c.state != TicketState.CLOSED.value, tickets.c.legal_hold)
    filed = select(tickets.c.conversation_id).where(held, tickets.c.conversation_id.is_not(None))
    followed = (
        select(ticket_followers.c.conversation_id)
        .join(tickets, tickets.c.id == ticket_followers.c.ticket_id)
        .where(held)
    )
    return select(filed.union(followed).subquery().c[0])


async def keep_ticket_files(connection: AsyncConnection, conversation_ids: Select[Any]) -> None:
    """Before conversations go: files of their tickets that stay are kept with the ticket itself."""
    of_these = (
        select(ticket_files.c.id, media.c.name, media.c.content_type, media.c.size, media.c.file_key)
        .join(media, media.c.id == ticket_files.c.media_id)
        .join(events, events.c.id == media.c.event_id)
        .where(events.c.conversation_id.in_(conversation_ids), media.c.file_key.is_not(None))
    )
    for row in (await connection.execute(of_these)).all():
        await connection.execute(
            update(ticket_files)
            .where(ticket_files.c.id == row.id)
            .values(
                name=func.coalesce(ticket_files.c.name, row.name),
                content_type=row.content_type,
                size=row.size,
                file_key=row.file_key,
            )
        )


async def anonymise(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """Takes the words, the place, the number and the citizen out of tickets; kind, area by name, dates and rating stay
    for the figures."""
    chosen = tickets.c.id.in_(ids)
    await connection.execute(
        update(tickets)
        .where(chosen)
        .values(
            text=ANONYMISED,
            place="",
            latitude=None,
            longitude=None,
            phone=None,
            rating_comment=None,
            conversation_id=None,
            event_id=None,
            about_staff_id=None,
            search_text="",
            anonymised_at=now,
            updated_at=now,
            version=tickets.c.version + 1,
        )
    )
    of_these = ticket_events.c.ticket_id.in_(ids)
    await connection.execute(update(ticket_events).where(of_these).values(text="", message_id=None))
    await connection.execute(delete(ticket_files).where(ticket_files.c.ticket_id.in_(ids)))
    await connection.execute(delete(ticket_followers).where(ticket_followers.c.ticket_id.in_(ids)))
    for ticket_id in ids:
        await connection.execute(
            ticket_events.insert().values(
                ticket_id=ticket_id, at=now, kind=TicketEvent.ANONYMISED.value, internal=True, text="", details={}
            )
        )


async def erase_on_request(connection: AsyncConnection, event: Event, now: datetime) -> None:
    """Everything of the conversation but the turn that asked, the tickets that are open with their files, and all of it
    where a legal hold lies on one. The turn itself goes with the retention time."""
    conversation_id = event.conversation_id
    own = tickets.c.conversation_id == conversation_id
    held = (await connection.execute(select(exists().where(own, tickets.c.legal_hold)))).scalar()
    withdrawn = update(consents).where(consents.c.conversation_id == conversation_id, consents.c.withdrawn_at.is_(None))
    await connection.execute(withdrawn.values(withdrawn_at=now))
    erased = files = 0
    if not held:
        erased, files = await _erase(connection, event, now)
    await connection.execute(
        insert_ignore(connection, erasures).values(
            channel_id=select(conversations.c.channel_id)
            .where(conversations.c.id == conversation_id)
            .scalar_subquery(),
            request=hashlib.sha256(f"turn:{event.id}".encode()).hexdigest(),
            requested_at=event.received_at,
            done_at=now,
            found=True,
            messages=erased,
            files=files,
        )
    )


async def _erase(connection: AsyncConnection, event: Event, now: datetime) -> tuple[int, int]:
    """How many messages and files went."""
    conversation_id = event.conversation_id
    turn = [event.id, *event.with_ids]
    closed = select(tickets.c.id).where(
        tickets.c.conversation_id == conversation_id, tickets.c.state == TicketState.CLOSED.value
    )
    await anonymise(connection, list((await connection.execute(closed)).scalars()), now)
    await connection.execute(delete(ticket_followers).where(ticket_followers.c.conversation_id == conversation_id))
    others = select(events.c.id).where(events.c.conversation_id == conversation_id, events.c.id.not_in(turn))
    needed = select(media.c.id).join(ticket_files, ticket_files.c.media_id == media.c.id)
    gone_files = await connection.execute(delete(media).where(media.c.event_id.in_(others), media.c.id.not_in(needed)))
    gone = await connection.execute(
        delete(messages).where(
            messages.c.conversation_id == conversation_id,
            or_(messages.c.event_id.is_(None), messages.c.event_id.not_in(turn)),
        )
    )
    with_files = select(media.c.event_id)
    await connection.execute(
        update(events)
        .where(events.c.id.in_(others), events.c.id.in_(with_files))
        .values(text="", payload=None, attachments=null(), details=null())
    )
    await connection.execute(delete(events).where(events.c.id.in_(others), events.c.id.not_in(with_files)))
    return gone.rowcount, gone_files.rowcount


async def kept_of(connection: AsyncConnection, conversation_id: int) -> tuple[tuple[str, int], ...]:
    """What is kept of a conversation, by kind, and how many: the answer to "XEM DỮ LIỆU"."""
    own_events = select(events.c.id).where(events.c.conversation_id == conversation_id)
    counted = (
        ("messages", messages, messages.c.conversation_id == conversation_id),
        ("files", media, media.c.event_id.in_(own_events)),
        ("tickets", tickets, tickets.c.conversation_id == conversation_id),
        ("phones", tickets, (tickets.c.conversation_id == conversation_id) & tickets.c.phone.is_not(None)),
        ("consents", consents, (consents.c.conversation_id == conversation_id) & consents.c.withdrawn_at.is_(None)),
    )
    found = []
    for name, table, condition in counted:
        query = select(func.count()).select_from(table).where(condition)
        found.append((name, int((await connection.execute(query)).scalar_one())))
    return tuple(found)
