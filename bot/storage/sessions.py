"""Who is signed in to the console, on which browsers."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.staff import Role, Staff
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.database import Database
from bot.storage.staff_tables import staff, staff_drafts, staff_roles, staff_sessions
from bot.storage.values import storable_text


@dataclass(frozen=True, slots=True)
class Session:
    """A browser somebody is signed in on. `id`: SHA-256 of the cookie's token."""

    id: str
    staff: Staff
    unit_id: str
    created_at: datetime
    last_seen_at: datetime
    second_factor_at: datetime | None
    has_second_factor: bool
    must_change_password: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One's own session in the list."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    address: str
    browser: str


def session_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(32)


async def open_session(
    connection: AsyncConnection,
    staff_id: int,
    now: datetime,
    *,
    second_factor: bool,
    address: str = "",
    browser: str = "",
    unit_id: str = "",
) -> str:
    """The token of the new session; only its hash is kept."""
    token = new_token()
    await connection.execute(
        insert(staff_sessions).values(
            id=session_id(token),
            staff_id=staff_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + limits.SESSION_LIFETIME,
            second_factor_at=now if second_factor else None,
            address=storable_text(address, 45),
            browser=storable_text(browser, 200),
            unit_id=unit_id,
        )
    )
    return token


async def end_sessions(connection: AsyncConnection, staff_id: int, keep: str | None = None) -> None:
    """Ends every session of somebody, except `keep`."""
    ended = delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id)
    await connection.execute(ended if keep is None else ended.where(staff_sessions.c.id != keep))


class SqlSessions:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def open(self, person: Staff, *, second_factor: bool, address: str = "", browser: str = "") -> str:
        """The token of a new session, for the first of the person's units."""
        unit_id = next(iter(person.roles), "")
        now = self._clock.now()
        async with self._database.write() as connection:
            token = await open_session(
                connection, person.id, now, second_factor=second_factor, address=address, browser=browser,
                unit_id=unit_id,
            )  # fmt: skip
            entry = Entry(now, "staff.signed_in", f"staff:{person.id}", person.id, unit_id or None)
            await append(connection, entry)
        return token

    async def find(self, token: str) -> Session | None:
        """The session of a cookie, unless it has ended or been idle for too long, or the account is closed."""
        now = self._clock.now()
        query = (
            select(staff_sessions, staff)
            .join(staff, staff.c.id == staff_sessions.c.staff_id)
            .where(
                staff_sessions.c.id == session_id(token),
                staff_sessions.c.expires_at > now,
                staff_sessions.c.last_seen_at > now - limits.SESSION_IDLE,
                staff.c.active,
            )
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            roles = await roles_of(connection, row[staff.c.id])
        person = Staff(row[staff.c.id], row[staff.c.login], row[staff.c.name], row[staff.c.title], roles)
        return Session(
            row[staff_sessions.c.id],
            person,
            row[staff_sessions.c.unit_id],
            row[staff_sessions.c.created_at],
            row[staff_sessions.c.last_seen_at],
            row[staff_sessions.c.second_factor_at],
            row[staff.c.totp_secret] is not None,
            row[staff.c.must_change_password],
        )

    async def touch(self, session: Session) -> None:
        """Somebody is at work; written once a minute at most."""
        now = self._clock.now()
        if now - session.last_seen_at >= limits.SESSION_TOUCH:
            await self._change(session.id, last_seen_at=now)

    async def pass_second_factor(self, session: Session) -> None:
        await self._change(session.id, second_factor_at=self._clock.now())

    async def choose_unit(self, session: Session, unit_id: str) -> None:
        await self._change(session.id, unit_id=unit_id)

    async def of(self, staff_id: int) -> list[SessionLine]:
        now = self._clock.now()
        columns = staff_sessions.c
        query = (
            select(columns.id, columns.created_at, columns.last_seen_at, columns.address, columns.browser)
            .where(
                columns.staff_id == staff_id,
                columns.expires_at > now,
                columns.last_seen_at > now - limits.SESSION_IDLE,
            )
            .order_by(columns.last_seen_at.desc())
        )
        async with self._database.read() as connection:
            return [SessionLine(*row) for row in (await connection.execute(query)).all()]

    async def end(self, staff_id: int, session: str) -> bool:
        """Ends one session of somebody; False when it is not theirs or has ended."""
        async with self._database.write() as connection:
            gone = await connection.execute(
                delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id, staff_sessions.c.id == session)
            )
        return gone.rowcount == 1

    async def end_all(self, staff_id: int) -> None:
        async with self._database.write() as connection:
            await end_sessions(connection, staff_id)

    async def tidy(self) -> None:
        """Forgets ended sessions and old drafts."""
        now = self._clock.now()
        async with self._database.write() as connection:
            await connection.execute(
                delete(staff_sessions).where(
                    or_(
                        staff_sessions.c.expires_at <= now,
                        staff_sessions.c.last_seen_at <= now - limits.SESSION_IDLE,
                    )
                )
            )
            await connection.execute(
                delete(staff_drafts).where(staff_drafts.c.updated_at <= now - limits.DRAFT_LIFETIME)
            )

    async def _change(self, session: str, **values: Any) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(staff_sessions).where(staff_sessions.c.id == session).values(**values))


async def roles_of(connection: AsyncConnection, staff_id: int) -> dict[str, frozenset[Role]]:
    query = (
        select(staff_roles.c.unit_id, staff_roles.c.role)
        .where(staff_roles.c.staff_id == staff_id)
        .order_by(staff_roles.c.unit_id)
    )
    found: dict[str, set[Role]] = {}
    for unit_id, role in (await connection.execute(query)).all():
        found.setdefault(unit_id, set()).add(Role(role))
    return {unit_id: frozenset(roles) for unit_id, roles in found.items()}
