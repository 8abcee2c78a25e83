"""Somebody's data deleted on request, and a record of it that names nobody."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.channels import Kind
from bot.domain.tickets import TicketState
from bot.ports import Clock
from bot.storage.channels import find_conversation, insert_ignore
from bot.storage.database import Database
from bot.storage.forgetting import anonymise, keep_ticket_files
from bot.storage.tables import channels, citizens, conversations, erasures, events, media, messages
from bot.storage.ticket_tables import ticket_files, tickets
from bot.storage.values import storable_id

WITHDRAWN = Kind.WITHDRAW.value
"""What the column `about` of a request holds until it is met."""
UNMATCHED = "withdraw_unmatched"
APP_ID = "app"
"""What `id_of` says when the id is not the one the page knows the person by."""


class State(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    UNMATCHED = "unmatched"
    """Nobody is known by the id that was given; what there is goes with the retention time."""


@dataclass(frozen=True, slots=True)
class Erased:
    """`files`: keys of what nobody else's message holds any more."""

    found: bool
    messages: int = 0
    files: tuple[str, ...] = ()


class SqlErasures:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def waiting(self) -> list[int]:
        """Events that ask for it."""
        query = select(events.c.id).where(events.c.about == WITHDRAWN, events.c.kind == WITHDRAWN).order_by(events.c.id)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def erase(self, event_id: int) -> Erased | None:
        """All that is known of the person, in one transaction; None when another process was first."""
        async with self._database.write() as connection:
            asked = select(events).where(events.c.id == event_id, events.c.about == WITHDRAWN).with_for_update()
            request = (await connection.execute(asked)).first()
            if request is None:
                return None
            person = await self._person(connection, request)
            erased = await self._deleted(connection, request.channel_id, person)
            # Only an id of another kind may hide somebody who is known here by his own.
            met = erased.found or (request.details or {}).get("id_of") != APP_ID
            await connection.execute(
                insert_ignore(connection, erasures).values(
                    channel_id=request.channel_id,
                    request=_name(request.external_id),
                    requested_at=request.received_at,
                    done_at=self._clock.now(),
                    found=met,
                    messages=erased.messages,
                    files=len(erased.files),
                )
            )
            if met:
                await connection.execute(delete(events).where(events.c.id == event_id))
            else:
                closed = update(events).where(events.c.id == event_id)
                await connection.execute(closed.values(about=None, reason=UNMATCHED))
        return erased

    async def state(self, platform: str, external_id: str) -> State | None:
        """Of a request by the id of its event."""
        of_platform = select(channels.c.id).where(channels.c.platform == platform)
        done = select(erasures.c.found, erasures.c.requested_at).where(
            erasures.c.channel_id.in_(of_platform), erasures.c.request == _name(external_id)
        )
        asked = select(events.c.id).where(events.c.channel_id.in_(of_platform), events.c.external_id == external_id)
        async with self._database.read() as connection:
            row = (await connection.execute(done.order_by(erasures.c.found.desc()))).first()
            if row is None:
                return State.WAITING if (await connection.execute(asked)).first() else None
        return State.DONE if row.found or self._is_past(row.requested_at) else State.UNMATCHED

    async def unmatched(self) -> int:
        """Requests of the last days whose person is not known by the id the platform gave."""
        since = self._clock.now() - limits.CONVERSATION_RETENTION
        query = select(func.count()).where(erasures.c.found.is_(False), erasures.c.requested_at > since)
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    def _is_past(self, requested_at: datetime) -> bool:
        return self._clock.now() - requested_at > limits.CONVERSATION_RETENTION

    async def _person(self, connection: AsyncConnection, request: Row[Any]) -> str:
        """The platform's id of the person."""
        if request.conversation_id is None:
            return str((request.details or {}).get("citizen_id", ""))
        query = (
            select(citizens.c.external_id)
            .join(conversations, conversations.c.citizen_id == citizens.c.id)
            .where(conversations.c.id == request.conversation_id)
        )
        return str((await connection.execute(query)).scalar_one())

    async def _deleted(self, connection: AsyncConnection, channel_id: int, person: str) -> Erased:
        # Locked first, as every writer of a conversation does.
        conversation_id = await find_conversation(connection, channel_id, storable_id(person))
        loose = (
            (events.c.channel_id == channel_id)
            & events.c.conversation_id.is_(None)
            & (events.c.details["citizen_id"].as_string() == person)
        )
        said = messages.c.conversation_id == conversation_id
        count = (await connection.execute(select(func.count()).select_from(messages).where(said))).scalar_one()
        own = select(events.c.id).where((events.c.conversation_id == conversation_id) | loose)
        keys = select(media.c.file_key).where(media.c.event_id.in_(own), media.c.file_key.is_not(None))
        files = set((await connection.execute(keys)).scalars())
        await self._part_from_tickets(connection, conversation_id)
        comments_and_more = await connection.execute(delete(events).where(loose, events.c.kind != WITHDRAWN))
        gone = await connection.execute(
            delete(citizens).where(citizens.c.channel_id == channel_id, citizens.c.external_id == storable_id(person))
        )
        for column in (media.c.file_key, ticket_files.c.file_key):
            files -= set((await connection.execute(select(column).where(column.in_(files)))).scalars())
        return Erased(bool(gone.rowcount or comments_and_more.rowcount), int(count), tuple(sorted(files)))

    async def _part_from_tickets(self, connection: AsyncConnection, conversation_id: int | None) -> None:
        """Closed tickets lose their words; those open, or held by law, stay with their files, and nobody's."""
        own = tickets.c.conversation_id == conversation_id
        over = select(tickets.c.id).where(own, tickets.c.state == TicketState.CLOSED.value, ~tickets.c.legal_hold)
        await anonymise(connection, list((await connection.execute(over)).scalars()), self._clock.now())
        await keep_ticket_files(connection, select(conversations.c.id).where(conversations.c.id == conversation_id))


def _name(external_id: str) -> str:
    return hashlib.sha256(external_id.encode()).hexdigest()
