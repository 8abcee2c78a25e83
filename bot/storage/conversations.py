"""Conversations with a person: who waits for one, taking over, writing, handing back, and reading what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain import notices, topics
from bot.domain.conversations import ConversationLine, ConversationPage, Said, SaidFile, Speaker
from bot.domain.errors import ConversationTakenError, NotAllowedError, TicketNotFoundError
from bot.domain.messages import Outcome, Reply
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import RESTRICTED_KINDS
from bot.ports import Clock, Signals
from bot.storage.database import Database
from bot.storage.entries import STAFF_CONVERSATION
from bot.storage.staff_tables import staff as staff_table
from bot.storage.tables import channels, conversations, events, media, messages, outbox
from bot.storage.ticket_changes import Views, send
from bot.storage.ticket_rows import shortened, visible
from bot.storage.ticket_tables import tickets
from bot.storage.ticket_work import required
from bot.storage.tickets import reply_window


class SqlConversations:
    def __init__(self, database: Database, clock: Clock, signals: Signals, views: Views) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals
        self._views = views

    async def waiting(self, staff: Staff, unit_id: str) -> list[ConversationLine]:
        """Conversations of the unit that asked for a person or have one; those that wait first, the longest on top."""
        if not staff.may(Permission.CONVERSATIONS, unit_id):
            raise NotAllowedError
        query = (
            _lines()
            .where(channels.c.unit_id == unit_id)
            .where(or_(conversations.c.person_asked_at.is_not(None), conversations.c.staff_id.is_not(None)))
            .order_by(conversations.c.staff_id.is_not(None), conversations.c.person_asked_at, conversations.c.id)
            .limit(limits.QUEUE_PAGE_MAX)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            return [await self._line(connection, staff, row) for row in rows]

    async def page(self, staff: Staff, conversation_id: int, before: int | None = None) -> ConversationPage:
        """The last messages, oldest first, or those before a sequence number. Raises TicketNotFoundError."""
        async with self._database.read() as connection:
            row = await self._reach(connection, staff, conversation_id)
            query = (
                select(messages, staff_table.c.name, outbox.c.id.label("sent_by"), outbox.c.outcome, outbox.c.reason)
                .outerjoin(staff_table, staff_table.c.id == messages.c.staff_id)
                .outerjoin(outbox, outbox.c.message_id == messages.c.id)
                .where(messages.c.conversation_id == conversation_id)
                .where(messages.c.seq < before if before is not None else true())
                .order_by(messages.c.seq.desc())
                .limit(limits.TRANSCRIPT_PAGE + 1)
            )
            rows = (await connection.execute(query)).all()
            page = sorted(rows[: limits.TRANSCRIPT_PAGE], key=lambda one: one.seq)
            files, pins = await _brought(connection, [one.event_id for one in page if one.direction == "in"])
            reads_all = staff.may(Permission.TICKETS_RESTRICTED, row.unit_id)
            since = None if reads_all else _secret_since(row)
            said = tuple(_said(one, files, pins, hidden=_is_hidden(one, since) and not reads_all) for one in page)
            earlier = page[0].seq if len(rows) > limits.TRANSCRIPT_PAGE else None
            return ConversationPage(await self._line(connection, staff, row), said, earlier)

    async def take_over(self, staff: Staff, conversation_id: int) -> None:
        """The assistant falls silent and the citizen is told who answers. Raises TicketNotFoundError, NotAllowedError,
        ConversationTakenError when a colleague has it."""
        now = self._clock.now()
        async with self._database.write() as connection:
            row = await self._reach(connection, staff, conversation_id, act=True)
            if row.staff_id == staff.id:
                return
            if row.staff_id is not None:
                raise ConversationTakenError(row.staff or "")
            await connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(staff_id=staff.id, staff_since=now, staff_active_at=now, person_asked_at=None)
            )
            await connection.execute(
                update(events)
                .where(events.c.conversation_id == conversation_id, events.c.outcome.is_(None))
                .values(outcome=Outcome.IGNORED.value, reason=STAFF_CONVERSATION, closed_at=now)
            )
            words = notices.taken_over(self._unit_name(row.unit_id), staff.title)
            await send(connection, conversation_id, Reply(words), now, by_staff=True)
        await self._announce(row.unit_id, conversation_id)

    async def write(self, staff: Staff, conversation_id: int, text: str) -> None:
        """A person's words in a conversation they took over, signed. Raises NotAllowedError when they have not."""
        text, now = required(text), self._clock.now()
        async with self._database.write() as connection:
            row = await self._reach(connection, staff, conversation_id, act=True)
            if row.staff_id != staff.id:
                raise NotAllowedError
            await connection.execute(
                update(conversations).where(conversations.c.id == conversation_id).values(staff_active_at=now)
            )
            words = notices.signed(text, self._unit_name(row.unit_id), staff.title)
            await send(connection, conversation_id, Reply(words), now, author=staff, by_staff=True)
        await self._announce(row.unit_id, conversation_id)

    async def hand_back(self, staff: Staff, conversation_id: int) -> None:
        """To the assistant; by whoever has it, or by somebody who may assign."""
        async with self._database.write() as connection:
            row = await self._reach(connection, staff, conversation_id, act=True)
            if row.staff_id is None:
                return
            if row.staff_id != staff.id and not staff.may(Permission.TICKETS_ASSIGN, row.unit_id):
                raise NotAllowedError
            await self._back(connection, row, by_staff=True)
        await self._announce(row.unit_id, conversation_id)

    async def hand_back_idle(self) -> int:
        """Conversations whose person has been silent for long; how many."""
        idle = conversations.c.staff_active_at < self._clock.now() - limits.TAKEOVER_IDLE
        query = _lines().where(conversations.c.staff_id.is_not(None), idle).limit(limits.CLOCK_BATCH)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        done = 0
        for row in rows:
            async with self._database.write() as connection:
                locked = select(conversations.c.id).where(conversations.c.id == row.id, idle).with_for_update()
                if (await connection.execute(locked)).first() is None:
                    continue
                await self._back(connection, row, by_staff=False)
            await self._announce(row.unit_id, row.id)
            done += 1
        return done

    async def _back(self, connection: AsyncConnection, row: Row[Any], *, by_staff: bool) -> None:
        await connection.execute(
            update(conversations)
            .where(conversations.c.id == row.id)
            .values(staff_id=None, staff_since=None, staff_active_at=None, person_asked_at=None, quiet_until=None)
        )
        words = notices.handed_back(self._unit_name(row.unit_id))
        await send(connection, row.id, Reply(words), self._clock.now(), by_staff=by_staff)

    async def _reach(
        self, connection: AsyncConnection, staff: Staff, conversation_id: int, *, act: bool = False
    ) -> Row[Any]:
        """The conversation, if the person may read it: it is of a unit where they answer conversations, or a ticket
        they see came from it. `act`: it is locked, and reading is not enough."""
        query = _lines().where(conversations.c.id == conversation_id)
        if act:
            query = query.with_for_update(of=conversations, key_share=True)
        row: Row[Any] | None = (await connection.execute(query)).first()
        if row is None:
            raise TicketNotFoundError
        if not staff.may(Permission.CONVERSATIONS, row.unit_id):
            seen = exists().where(tickets.c.conversation_id == conversation_id, visible(staff))
            if not (await connection.execute(select(seen))).scalar():
                raise TicketNotFoundError
            if act:
                raise NotAllowedError
        return row

    async def _line(self, connection: AsyncConnection, staff: Staff, row: Row[Any]) -> ConversationLine:
        said = messages.c.conversation_id == row.id
        last = select(messages.c.content).where(said, ~messages.c.restricted).order_by(messages.c.seq.desc()).limit(1)
        content = (await connection.execute(last)).scalar() or {}
        secret = _secret_since(row) is not None and not staff.may(Permission.TICKETS_RESTRICTED, row.unit_id)
        codes = (
            select(tickets.c.code)
            .where(tickets.c.conversation_id == row.id, visible(staff))
            .order_by(tickets.c.id.desc())
            .limit(limits.OWN_TICKETS)
        )
        return ConversationLine(
            id=row.id,
            unit_id=row.unit_id,
            platform=row.platform,
            asked_at=row.person_asked_at,
            staff_id=row.staff_id,
            staff=row.staff or "",
            staff_since=row.staff_since,
            last_at=row.last_event_at,
            last_text="" if secret else shortened(str(content.get("text", "")), limits.SUMMARY_CHARACTERS),
            window=reply_window(row.platform, row.last_inbound_at, row.created_at),
            ticket_codes=tuple((await connection.execute(codes)).scalars()),
        )

    def _unit_name(self, unit_id: str) -> str:
        view = self._views(unit_id)
        return view.name if view else unit_id

    async def _announce(self, unit_id: str, conversation_id: int) -> None:
        await self._signals.notify(topics.OUTBOX)
        await self._signals.notify(topics.chat(conversation_id))
        await self._signals.notify(topics.console(unit_id))


def _lines() -> Select[Any]:
    return (
        select(conversations, channels.c.unit_id, channels.c.platform, staff_table.c.name.label("staff"))
        .join(channels, channels.c.id == conversations.c.channel_id)
        .outerjoin(staff_table, staff_table.c.id == conversations.c.staff_id)
    )


def _secret_since(row: Row[Any]) -> datetime | None:
    """Since when the citizen has been telling something that will be a restricted ticket."""
    draft = row.state.get("draft") or {}
    if draft.get("kind") not in RESTRICTED_KINDS:
        return None
    try:
        begun = datetime.fromisoformat(draft["started_at"])
    except (KeyError, TypeError, ValueError):
        begun = row.created_at
    return begun - limits.RESTRICTED_BEFORE


def _is_hidden(message: Row[Any], since: datetime | None) -> bool:
    return bool(message.restricted) or (since is not None and message.created_at >= since)


async def _brought(
    connection: AsyncConnection, event_ids: list[int | None]
) -> tuple[dict[int, list[SaidFile]], dict[int, list[tuple[float, float]]]]:
    """Files and pins of citizens' messages, by event."""
    ids = [one for one in event_ids if one is not None]
    files: dict[int, list[SaidFile]] = {}
    for row in await connection.execute(select(media).where(media.c.event_id.in_(ids)).order_by(media.c.part)):
        one = SaidFile(row.id, row.kind, row.state, row.name, row.content_type, row.file_key)
        files.setdefault(row.event_id, []).append(one)
    pins: dict[int, list[tuple[float, float]]] = {}
    brought = select(events.c.id, events.c.attachments).where(events.c.id.in_(ids), events.c.attachments.is_not(None))
    for row in await connection.execute(brought):
        for attachment in row.attachments:
            at = attachment.get("latitude"), attachment.get("longitude")
            if None not in at:
                pins.setdefault(row.id, []).append(at)
    return files, pins


def _said(
    row: Row[Any], files: dict[int, list[SaidFile]], pins: dict[int, list[tuple[float, float]]], *, hidden: bool
) -> Said:
    by_staff = row.staff_id is not None or (row.direction == "out" and row.meta.get("staff") is True)
    speaker = Speaker.CITIZEN if row.direction == "in" else Speaker.STAFF if by_staff else Speaker.ASSISTANT
    if hidden:
        return Said(row.seq, speaker, "", "", row.created_at, hidden=True)
    return Said(
        seq=row.seq,
        speaker=speaker,
        who=row.name or "",
        text=str(row.content.get("text", "")),
        at=row.created_at,
        files=tuple(files.get(row.event_id, ())) if row.direction == "in" else (),
        pins=tuple(pins.get(row.event_id, ())) if row.direction == "in" else (),
        sending=None if row.sent_by is None else row.outcome or "waiting",
        sending_reason=row.reason,
        attached=tuple(one.name for one in Reply.from_json(row.content).files) if by_staff else (),
    )
