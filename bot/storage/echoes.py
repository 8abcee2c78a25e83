"""What a platform tells of the other side: our own messages coming back, receipts, people typing in its own tool."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.channels import Inbound, Kind
from bot.domain.messages import Outcome, Reply
from bot.storage.entries import close, message_ids, message_row
from bot.storage.outbox import UNCERTAIN_REASONS, id_of, record_part
from bot.storage.tables import conversations, events, messages, outbox, outbox_parts
from bot.storage.values import storable_id

PRIVATE_REPLY_KEY = "tt-comment-"
"""How the key of the private reply to a comment begins."""
_COMPARED = 60
"""Letters of an echo that must be found in a message of ours to take it for its echo."""
_CLOCK_SLIP = timedelta(seconds=5)


class Echoes:
    """Their effects, over the connection of the batch they came in."""

    def __init__(self, connection: AsyncConnection, channel_id: int, now: datetime) -> None:
        self._connection = connection
        self._channel_id = channel_id
        self._now = now

    async def echoed(self, event: Inbound, event_id: int, conversation_id: int) -> None:
        """Our own message coming back proves that the platform has it. On a platform without metadata, what nobody
        here sent was typed by a person."""
        message_id = _message_id(event)
        if await self._is_known_part(message_id):
            return
        outbox_id = await self._ours(event, conversation_id)
        if outbox_id is not None:
            await record_part(self._connection, outbox_id, self._channel_id, message_id, self._now)
            await self._reopen_given_up(outbox_id)
        elif str(event.details.get("metadata")).startswith(PRIVATE_REPLY_KEY):
            await close(self._connection, event_id, "echo_of_private_reply", self._now)
        elif event.details.get("application") or event.details.get("metadata"):
            await close(self._connection, event_id, "echo_unknown", self._now)
        elif await self._spoken_by(event, conversation_id, _sent_again()) is not None:
            await close(self._connection, event_id, "echo_of_repeated_send", self._now)
        elif not event.text and not event.attachments:
            await close(self._connection, event_id, "echo_unknown", self._now)
        elif not await self._is_known_part(message_id):  # the sender may have recorded and closed it between two looks
            await self.staff_wrote(event, event_id, conversation_id)

    async def staff_wrote(self, event: Inbound, event_id: int, conversation_id: int) -> None:
        """A person answered in the platform's own tool: what waits needs no answer of ours any more, and the assistant
        keeps quiet for a while."""
        next_seq = (
            await self._connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(
                    next_seq=conversations.c.next_seq + 1,
                    last_event_at=self._now,
                    quiet_until=self._now + limits.STAFF_QUIET,
                )
                .returning(conversations.c.next_seq)
            )
        ).scalar_one()
        row = message_row(event, event_id, conversation_id, next_seq - 1, "out", {"staff": True}, self._now)
        await self._connection.execute(insert(messages).values(**row))
        await close(self._connection, event_id, "staff_message", self._now)
        await self._connection.execute(
            update(events)
            .where(events.c.conversation_id == conversation_id, events.c.outcome.is_(None))
            .values(outcome=Outcome.IGNORED.value, reason="staff_active", closed_at=self._now)
        )

    async def receipt(self, event: Inbound, conversation_id: int, at: datetime) -> None:
        """By message ids where the platform gives them, else everything accepted until then."""
        column = outbox_parts.c.seen_at if event.kind == Kind.SEEN else outbox_parts.c.delivered_at
        ids = message_ids(event.details)
        if ids:
            chosen = (outbox_parts.c.channel_id == self._channel_id) & outbox_parts.c.external_id.in_(ids)
        else:
            own = select(outbox.c.id).where(outbox.c.conversation_id == conversation_id)
            chosen = outbox_parts.c.outbox_id.in_(own) & (outbox_parts.c.accepted_at <= _until(event.details, at))
        await self._connection.execute(update(outbox_parts).where(chosen, column.is_(None)).values({column.name: at}))

    async def _is_known_part(self, message_id: str) -> bool:
        known = select(outbox_parts.c.outbox_id).where(
            outbox_parts.c.channel_id == self._channel_id, outbox_parts.c.external_id == message_id
        )
        return (await self._connection.execute(known)).first() is not None

    async def _ours(self, event: Inbound, conversation_id: int) -> int | None:
        """The outbox row the echo belongs to: by our key, or else by its words among those being sent."""
        by_key = id_of(event.details.get("metadata"))
        if by_key is None:
            return await self._spoken_by(event, conversation_id, _maybe_on_its_way())
        own = select(outbox.c.id).where(outbox.c.id == by_key, outbox.c.conversation_id == conversation_id)
        return (await self._connection.execute(own)).scalar()

    async def _spoken_by(self, event: Inbound, conversation_id: int, among: Any) -> int | None:
        """The first outbox row whose words hold those of the event, or which has what came without any: a
        file, or the form that asks for a telephone number."""
        query = (
            select(outbox.c.id, messages.c.content)
            .join(messages, messages.c.id == outbox.c.message_id)
            .where(outbox.c.conversation_id == conversation_id, among)
            .order_by(outbox.c.id)
        )
        rows = (await self._connection.execute(query)).all()
        said = _comparable(event.text)[:_COMPARED]
        if not said:
            holds = "files" if event.attachments else "contact"
            return next((row.id for row in rows if row.content.get(holds)), None)
        return next((row.id for row in rows if said in _comparable(_spoken(row.content))), None)

    async def _reopen_given_up(self, outbox_id: int) -> None:
        """A message given up in doubt goes on with the parts after the one now proven."""
        await self._connection.execute(
            update(outbox)
            .where(
                outbox.c.id == outbox_id, outbox.c.outcome.is_not(None), outbox.c.reason.startswith(UNCERTAIN_REASONS)
            )
            .values(outcome=None, reason=None, closed_at=None, next_attempt_at=self._now)
        )


def _maybe_on_its_way() -> Any:
    given_up = outbox.c.reason.startswith(UNCERTAIN_REASONS) & outbox.c.outcome.is_not(None)
    return ((outbox.c.attempts > 0) & outbox.c.outcome.is_(None)) | given_up


def _sent_again() -> Any:
    """Tried more than once: the first try may have arrived although nobody was left to record it."""
    return (outbox.c.attempts > 1) & outbox.c.outcome.is_not(None)


def _message_id(event: Inbound) -> str:
    """The platform's id of an echoed message."""
    ids = message_ids(event.details)
    return storable_id(ids[0] if ids else event.external_id)


def _until(details: Mapping[str, Any], at: datetime) -> datetime:
    text = details.get("until")
    try:
        until = datetime.fromisoformat(text) if isinstance(text, str) else at
    except ValueError:
        return at
    return (until if until.tzinfo is not None else at) + _CLOCK_SLIP


def _spoken(content: Mapping[str, Any]) -> str:
    """What parts of it may begin with: its words, and the line in place of a file that was refused."""
    reply = Reply.from_json({"text": "", **content})
    return "\n".join([reply.text, *(reply.naming([one]) for one in reply.files)])


def _comparable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
