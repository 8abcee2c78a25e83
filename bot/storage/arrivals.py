"""What becomes of a platform's event in the transaction that saves it: some wait for an answer, the others are closed
at once, with their effect."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, case, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.channels import Attachment, Inbound, Kind, Saved
from bot.domain.messages import Outcome, Reply
from bot.ports import Clock
from bot.storage import notices, taken_back
from bot.storage.channels import ensure_conversation, find_conversation, insert_ignore
from bot.storage.outbox import UNCERTAIN_REASONS, id_of, record_part
from bot.storage.tables import channels, comments, conversations, events, media, messages, outbox, outbox_parts
from bot.storage.values import storable_id, storable_json, storable_text

WAKING = frozenset({Kind.MESSAGE, Kind.OPENED, Kind.SHARED_INFO})
_OPENS_CONVERSATION = WAKING | {Kind.STAFF, Kind.ECHO}
_PART_OF_BURST = frozenset({"image", "gif", "audio", "video", "file", "location"})
_FETCHED = frozenset({"image", "gif", "audio", "video", "file"})
_ATTACHMENTS = 30
_NAME_CHARACTERS = 200
_URL_CHARACTERS = 4_000
_CLOCK_SLIP = timedelta(minutes=5)
_REMOVALS = ("remove", "delete")
PRIVATE_REPLY_KEY = "tt-comment-"
"""How the key of the private reply to a comment begins."""
STAFF_CONVERSATION = "staff_conversation"
"""The reason of what a citizen writes while staff have the conversation."""
HAND_BACK = "handback"
"""The one tap that is answered meanwhile: the citizen wants the assistant again (bot.dialogue.payloads)."""
_COMPARED = 60
"""Letters of an echo that must be found in a message of ours to take it for its echo."""


class Arrivals:
    """Saves one batch over one connection."""

    def __init__(self, connection: AsyncConnection, channel_id: int, clock: Clock) -> None:
        self._connection = connection
        self._channel_id = channel_id
        self._clock = clock
        self._now = clock.now()

    async def save(self, batch: Sequence[Inbound]) -> Saved:
        new = waiting = 0
        # Every transaction takes the conversations in the same order, so that no two wait for each other.
        for event in sorted(batch, key=lambda one: one.citizen_id):
            event_id, conversation_id = await self._insert(event)
            if event_id is None:
                continue
            new += 1
            if event.kind in WAKING and conversation_id is not None:
                waiting += await self._citizen_wrote(event, event_id, conversation_id)
            else:
                await self._effect(event, event_id, conversation_id)
        return Saved(new, len(batch) - new, waiting)

    async def _insert(self, event: Inbound) -> tuple[int | None, int | None]:
        """(event id, conversation id); no event id when it was known."""
        conversation_id = await self._conversation(event)
        waits = event.kind in WAKING and conversation_id is not None
        external_id = storable_id(event.external_id)
        details = dict(event.details)
        payload = event.payload
        if payload is not None and len(payload) > limits.PAYLOAD_CHARACTERS:
            details["payload"], payload = payload, None
        if conversation_id is None and event.citizen_id:
            details["citizen_id"] = event.citizen_id
        inserted = await self._connection.execute(
            insert_ignore(self._connection, events)
            .values(
                channel_id=self._channel_id,
                external_id=external_id,
                conversation_id=conversation_id,
                kind=event.kind.value,
                text=storable_text(event.text, limits.INBOUND_CHARACTERS),
                payload=storable_text(payload, limits.PAYLOAD_CHARACTERS) if payload is not None else None,
                received_at=self._now,
                sent_at=event.sent_at,
                attachments=storable_json([asdict(one) for one in event.attachments[:_ATTACHMENTS]]) or None,
                details=storable_json(details) or None,
                about=_about(event),
                outcome=None if waits else Outcome.IGNORED.value,
                reason=None if waits else _REASONS.get(event.kind, event.kind.value),
                closed_at=None if waits else self._now,
            )
            .returning(events.c.id)
        )
        event_id = inserted.scalar()
        if event_id is None:
            await self._connection.execute(
                update(events)
                .where(events.c.channel_id == self._channel_id, events.c.external_id == external_id)
                .values(duplicates=events.c.duplicates + 1)
            )
        return event_id, conversation_id

    async def _conversation(self, event: Inbound) -> int | None:
        """None for events about nobody, and for comments, whose authors are not known by the ids of the chat."""
        if not event.citizen_id or event.kind == Kind.COMMENT:
            return None
        citizen_id = storable_id(event.citizen_id)
        if event.kind in _OPENS_CONVERSATION:
            return await ensure_conversation(self._connection, self._channel_id, citizen_id, self._clock)
        return await find_conversation(self._connection, self._channel_id, citizen_id)

    async def _citizen_wrote(self, event: Inbound, event_id: int, conversation_id: int) -> int:
        """1 when the event waits for an answer, 0 when it is closed: a person is answering, or another application."""
        speaks = event.kind == Kind.MESSAGE
        values: dict[str, Any] = {
            "last_event_at": self._now,
            "last_inbound_at": _later(conversations.c.last_inbound_at, self._said_at(event)),
            "unreachable": None,
        }
        if speaks:
            values["next_seq"] = conversations.c.next_seq + 1
        if is_part_of_burst([asdict(one) for one in event.attachments]):
            values["burst_until"] = self._now + limits.BURST_WINDOW
        row = (
            await self._connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(**values)
                .returning(conversations.c.next_seq, conversations.c.quiet_until, conversations.c.staff_id)
            )
        ).one()
        if speaks:
            await self._store_message(
                event, event_id, conversation_id, row.next_seq - 1, "in",
                {"attachments": [one.kind for one in event.attachments]} if event.attachments else {},
            )  # fmt: skip
        await self._store_media(event, event_id)
        if event.details.get("standby"):
            await self._close(event_id, "standby")
            return 0
        if row.staff_id is not None and event.payload != HAND_BACK:
            await close_for_staff(self._connection, event_id, self._now)
            return 0
        if row.quiet_until is not None and row.quiet_until > self._now:
            await self._close(event_id, "staff_active")
            return 0
        return 1

    def _said_at(self, event: Inbound) -> datetime:
        """By the platform's clock, but never in the future: the window must not seem open longer than it is."""
        return min(event.sent_at, self._now) if event.sent_at is not None else self._now

    async def _store_message(
        self, event: Inbound, event_id: int, conversation_id: int, seq: int, direction: str, meta: dict[str, Any]
    ) -> None:
        await self._connection.execute(
            insert(messages).values(
                conversation_id=conversation_id,
                seq=seq,
                direction=direction,
                event_id=event_id,
                client_id=storable_id(event.external_id) if direction == "in" else None,
                content=Reply(storable_text(event.text, limits.INBOUND_CHARACTERS)).to_json(),
                meta=meta,
                created_at=self._now,
            )
        )

    async def _store_media(self, event: Inbound, event_id: int) -> None:
        rows = [
            {
                "event_id": event_id,
                "part": part,
                "platform": select(channels.c.platform).where(channels.c.id == self._channel_id).scalar_subquery(),
                "kind": one.kind,
                "url": one.url,
                "name": storable_text(one.name, _NAME_CHARACTERS) if one.name else None,
                "state": "waiting",
                "next_attempt_at": self._now,
                "created_at": self._now,
            }
            for part, one in enumerate(event.attachments[:_ATTACHMENTS])
            if _is_fetched(one)
        ]
        for row in rows:
            await self._connection.execute(insert(media).values(**row))

    async def _close(self, event_id: int, reason: str) -> None:
        await self._connection.execute(
            update(events)
            .where(events.c.id == event_id)
            .values(outcome=Outcome.IGNORED.value, reason=reason, closed_at=self._now)
        )

    # Events that need no answer

    async def _effect(self, event: Inbound, event_id: int, conversation_id: int | None) -> None:
        if event.kind == Kind.NOTICE:
            await notices.apply(self._connection, self._channel_id, event.details, self._said_at(event))
        elif event.kind == Kind.COMMENT:
            await self._commented(event, event_id)
        elif event.kind == Kind.EDIT and event.details.get("deleted"):
            await self._taken_back(event, event_id)
        if conversation_id is None:
            return
        if event.kind == Kind.ECHO:
            await self._echo(event, event_id, conversation_id)
        elif event.kind == Kind.STAFF:
            await self._staff_wrote(event, event_id, conversation_id)
        elif event.kind == Kind.LEFT:
            await self._connection.execute(
                update(conversations).where(conversations.c.id == conversation_id).values(unreachable="left")
            )
        elif event.kind in (Kind.RECEIPT, Kind.SEEN):
            await self._receipt(event, conversation_id)
        elif event.kind == Kind.REACTION and event.details.get("action") == "react":
            await self._connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(last_inbound_at=_later(conversations.c.last_inbound_at, self._said_at(event)))
            )

    async def _echo(self, event: Inbound, event_id: int, conversation_id: int) -> None:
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
            await self._close(event_id, "echo_of_private_reply")
        elif event.details.get("application") or event.details.get("metadata"):
            await self._close(event_id, "echo_unknown")
        elif not await self._is_known_part(message_id):  # the sender may have recorded and closed it between two looks
            await self._staff_wrote(event, event_id, conversation_id)

    async def _is_known_part(self, message_id: str) -> bool:
        known = select(outbox_parts.c.outbox_id).where(
            outbox_parts.c.channel_id == self._channel_id, outbox_parts.c.external_id == message_id
        )
        return (await self._connection.execute(known)).first() is not None

    async def _ours(self, event: Inbound, conversation_id: int) -> int | None:
        """The outbox row the echo belongs to: by our key, or else by its words among those being sent."""
        by_key = id_of(event.details.get("metadata"))
        rows = (
            await self._connection.execute(
                select(outbox.c.id, messages.c.content)
                .join(messages, messages.c.id == outbox.c.message_id)
                .where(outbox.c.conversation_id == conversation_id)
                .where(outbox.c.id == by_key if by_key is not None else _maybe_on_its_way())
                .order_by(outbox.c.id)
            )
        ).all()
        if by_key is not None:
            return rows[0].id if rows else None
        said = _comparable(event.text)[:_COMPARED]
        return next((row.id for row in rows if said and said in _comparable(_spoken(row.content))), None)

    async def _reopen_given_up(self, outbox_id: int) -> None:
        """A message given up in doubt goes on with the parts after the one now proven."""
        await self._connection.execute(
            update(outbox)
            .where(
                outbox.c.id == outbox_id, outbox.c.outcome.is_not(None), outbox.c.reason.startswith(UNCERTAIN_REASONS)
            )
            .values(outcome=None, reason=None, closed_at=None, next_attempt_at=self._now)
        )

    async def _commented(self, event: Inbound, event_id: int) -> None:
        """Whoever wrote below a post is invited to the chat, once for each comment."""
        about, verb = _about(event), event.details.get("verb")
        if about is None:
            return
        if verb in _REMOVALS:
            await self._taken_back(event, event_id)
        elif await taken_back.is_taken_back(self._connection, self._channel_id, about):
            await taken_back.erase(self._connection, self._channel_id, about, 0, self._now)
        elif verb == "add" and event.citizen_id:
            await self._connection.execute(
                insert_ignore(self._connection, comments).values(
                    channel_id=self._channel_id,
                    comment_id=about,
                    event_id=event_id,
                    commented_at=self._said_at(event),
                    next_attempt_at=self._now,
                )
            )

    async def _taken_back(self, event: Inbound, event_id: int) -> None:
        about = _about(event)
        if about is not None:
            await taken_back.erase(self._connection, self._channel_id, about, event_id, self._now)
            await self._close(event_id, taken_back.TAKEN_BACK)

    async def _staff_wrote(self, event: Inbound, event_id: int, conversation_id: int) -> None:
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
        await self._store_message(event, event_id, conversation_id, next_seq - 1, "out", {"staff": True})
        await self._close(event_id, "staff_message")
        await self._connection.execute(
            update(events)
            .where(events.c.conversation_id == conversation_id, events.c.outcome.is_(None))
            .values(outcome=Outcome.IGNORED.value, reason="staff_active", closed_at=self._now)
        )

    async def _receipt(self, event: Inbound, conversation_id: int) -> None:
        """By message ids where the platform gives them, else everything accepted until then."""
        column = outbox_parts.c.seen_at if event.kind == Kind.SEEN else outbox_parts.c.delivered_at
        at = self._said_at(event)
        ids = _ids(event.details)
        if ids:
            chosen = (outbox_parts.c.channel_id == self._channel_id) & outbox_parts.c.external_id.in_(ids)
        else:
            own = select(outbox.c.id).where(outbox.c.conversation_id == conversation_id)
            chosen = outbox_parts.c.outbox_id.in_(own) & (outbox_parts.c.accepted_at <= _until(event.details, at))
        await self._connection.execute(update(outbox_parts).where(chosen, column.is_(None)).values({column.name: at}))


_REASONS = {
    Kind.WITHDRAW: "withdraw_asked",
    Kind.COMMENT: "comment_kept",
    Kind.NOTICE: "notice_for_staff",
    Kind.OTHER: "unknown_kind",
    Kind.MESSAGE: "nobody",
    Kind.OPENED: "nobody",
    Kind.SHARED_INFO: "nobody",
}


def _about(event: Inbound) -> str | None:
    """The comment or message such an event is about; of a request to delete somebody's data its kind."""
    if event.kind == Kind.WITHDRAW:
        return Kind.WITHDRAW.value
    named = event.details.get("comment_id") if event.kind == Kind.COMMENT else None
    if event.kind == Kind.EDIT:
        named = next(iter(_ids(event.details)), None)
    return storable_id(named) if isinstance(named, str) and named else None


async def close_for_staff(connection: AsyncConnection, event_id: int, now: datetime) -> None:
    """A person of staff has the conversation before them: they see it, the assistant is silent."""
    await connection.execute(
        update(events)
        .where(events.c.id == event_id)
        .values(outcome=Outcome.IGNORED.value, reason=STAFF_CONVERSATION, closed_at=now)
    )


def is_part_of_burst(attachments: Sequence[Mapping[str, Any]]) -> bool:
    return any(one.get("kind") in _PART_OF_BURST for one in attachments)


def _is_fetched(one: Attachment) -> bool:
    url = one.url or ""
    return (
        one.kind in _FETCHED
        and url.startswith(("https://", "http://"))
        and len(url) <= _URL_CHARACTERS
        and storable_text(url, _URL_CHARACTERS) == url
    )


def _later(column: Column[Any], value: datetime) -> Any:
    return case((or_(column.is_(None), column < value), value), else_=column)


def _maybe_on_its_way() -> Any:
    given_up = outbox.c.reason.startswith(UNCERTAIN_REASONS) & outbox.c.outcome.is_not(None)
    return ((outbox.c.attempts > 0) & outbox.c.outcome.is_(None)) | given_up


def _ids(details: Mapping[str, Any]) -> list[str]:
    found = details.get("message_ids")
    if not isinstance(found, list | tuple):
        found = [details.get("message_id")]
    return [one for one in found if isinstance(one, str) and one][:1_000]


def _message_id(event: Inbound) -> str:
    """The platform's id of an echoed message."""
    ids = _ids(event.details)
    return storable_id(ids[0] if ids else event.external_id)


def _until(details: Mapping[str, Any], at: datetime) -> datetime:
    text = details.get("until")
    try:
        until = datetime.fromisoformat(text) if isinstance(text, str) else at
    except ValueError:
        return at
    return (until if until.tzinfo is not None else at) + _CLOCK_SLIP / 60


def _spoken(content: Mapping[str, Any]) -> str:
    return str(content.get("text", ""))


def _comparable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
