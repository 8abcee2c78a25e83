"""Staff accounts and their roles. Every change is recorded in the audit trail in the same transaction, and ends the
sessions it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.staff import Role, Staff, name_order
from bot.ports import Clock
from bot.storage.audit import Entry, append
from bot.storage.database import Database
from bot.storage.sessions import end_sessions, roles_of
from bot.storage.staff_tables import staff, staff_roles


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody's account, whether or not they are signed in."""

    id: int
    login: str
    name: str
    title: str
    active: bool
    password_hash: str
    must_change_password: bool
    totp_secret: str | None
    """Sealed."""
    failed_logins: int
    locked_until: datetime | None
    roles: Mapping[str, frozenset[Role]]

    @property
    def person(self) -> Staff:
        return Staff(self.id, self.login, self.name, self.title, self.roles)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, and for which unit; None: at the server's terminal."""

    staff_id: int | None
    unit_id: str | None


class LoginTakenError(Exception):
    """Somebody has this login already."""


class LastAdministratorError(Exception):
    """The unit would be left without anybody who can manage its accounts."""


class SqlStaff:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def by_login(self, login: str) -> Account | None:
        async with self._database.read() as connection:
            return await _account(connection, staff.c.login == login)

    async def by_id(self, staff_id: int) -> Account | None:
        async with self._database.read() as connection:
            return await _account(connection, staff.c.id == staff_id)

    async def of_unit(self, unit_id: str) -> list[Account]:
        """Everybody with a role in the unit, and those who have none anywhere."""
        of_this = exists().where(staff_roles.c.staff_id == staff.c.id, staff_roles.c.unit_id == unit_id)
        of_any = exists().where(staff_roles.c.staff_id == staff.c.id)
        return await self._list(or_(of_this, ~of_any))

    async def everybody(self) -> list[Account]:
        return await self._list(None)

    async def names(self, unit_id: str, roles: Iterable[Role] = Role) -> list[tuple[int, str]]:
        """(id, name) of the active staff who have one of these roles in the unit, by name."""
        holds = exists().where(
            staff_roles.c.staff_id == staff.c.id,
            staff_roles.c.unit_id == unit_id,
            staff_roles.c.role.in_([role.value for role in roles]),
        )
        query = select(staff.c.id, staff.c.name).where(staff.c.active, holds).order_by(staff.c.id)
        async with self._database.read() as connection:
            found = [(row.id, row.name) for row in (await connection.execute(query)).all()]
        return sorted(found, key=lambda one: name_order(one[1]))

    async def create(
        self,
        actor: Actor,
        login: str,
        name: str,
        title: str,
        password_hash: str,
        roles: Mapping[str, frozenset[Role]],
        *,
        must_change_password: bool = True,
    ) -> int:
        """Raises LoginTakenError."""
        now = self._clock.now()
        async with self._database.write() as connection:
            try:
                async with connection.begin_nested():
                    made = await connection.execute(
                        insert(staff)
                        .values(
                            login=login,
                            name=name,
                            title=title,
                            password_hash=password_hash,
                            password_changed_at=now,
                            must_change_password=must_change_password,
                            created_at=now,
                        )
                        .returning(staff.c.id)
                    )
            except IntegrityError as error:
                raise LoginTakenError(login) from error
            staff_id: int = made.scalar_one()
            await _write_roles(connection, staff_id, roles)
            await self._record(connection, actor, "staff.created", staff_id, roles=_named(roles))
        return staff_id

    async def rename(self, actor: Actor, staff_id: int, name: str, title: str) -> None:
        async with self._database.write() as connection:
            await _change(connection, staff_id, name=name, title=title)
            await self._record(connection, actor, "staff.renamed", staff_id)

    async def set_roles(self, actor: Actor, staff_id: int, unit_id: str, roles: frozenset[Role]) -> bool:
        """Somebody's roles in one unit; False when they had just these. Raises LastAdministratorError."""
        async with self._database.write() as connection:
            before = (await roles_of(connection, staff_id)).get(unit_id, frozenset())
            if before == roles:
                return False
            if Role.ADMINISTRATOR in before - roles:
                await _require_other_administrator(connection, staff_id, [unit_id])
            await connection.execute(
                delete(staff_roles).where(staff_roles.c.staff_id == staff_id, staff_roles.c.unit_id == unit_id)
            )
            await _write_roles(connection, staff_id, {unit_id: roles})
            await end_sessions(connection, staff_id)
            changed = {"unit": unit_id, "before": sorted(before), "after": sorted(roles)}
            await self._record(connection, actor, "staff.roles_changed", staff_id, **changed)
        return True

    async def set_active(self, actor: Actor, staff_id: int, active: bool) -> None:
        """Raises LastAdministratorError."""
        async with self._database.write() as connection:
            if not active:
                roles = await roles_of(connection, staff_id)
                units = [unit for unit, held in roles.items() if Role.ADMINISTRATOR in held]
                await _require_other_administrator(connection, staff_id, units)
                await end_sessions(connection, staff_id)
            await _change(connection, staff_id, active=active)
            action = "staff.activated" if active else "staff.deactivated"
            await self._record(connection, actor, action, staff_id)

    async def set_password(
        self, actor: Actor, staff_id: int, password_hash: str, *, must_change: bool, keep_session: str | None = None
    ) -> None:
        """Ends the other sessions, and every lock."""
        async with self._database.write() as connection:
            await _change(
                connection,
                staff_id,
                password_hash=password_hash,
                password_changed_at=self._clock.now(),
                must_change_password=must_change,
                failed_logins=0,
                locked_until=None,
            )
            await end_sessions(connection, staff_id, keep_session)
            action = "staff.password_reset" if must_change else "staff.password_changed"
            await self._record(connection, actor, action, staff_id)

    async def set_second_factor(
        self, actor: Actor, staff_id: int, sealed_secret: str | None, *, keep_session: str | None = None
    ) -> None:
        """None takes it away: the person sets up a new one at the next sign-in, if their roles ask for one."""
        async with self._database.write() as connection:
            await _change(connection, staff_id, totp_secret=sealed_secret, totp_last_step=None)
            await end_sessions(connection, staff_id, keep_session)
            action = "staff.second_factor_set" if sealed_secret else "staff.second_factor_reset"
            await self._record(connection, actor, action, staff_id)

    async def unlock(self, actor: Actor, staff_id: int) -> None:
        async with self._database.write() as connection:
            await _change(connection, staff_id, failed_logins=0, locked_until=None)
            await self._record(connection, actor, "staff.unlocked", staff_id)

    async def count_try(self, staff_id: int) -> datetime | None:
        """Counts a sign-in as failed before it is checked, so that many at once cannot outrun the count. The end of
        the lock when there is one; else None, and the try may be checked."""
        now = self._clock.now()
        async with self._database.write() as connection:
            query = select(staff.c.failed_logins, staff.c.locked_until).where(staff.c.id == staff_id).with_for_update()
            row = (await connection.execute(query)).one()
            if row.locked_until is not None and row.locked_until > now:
                return row.locked_until  # type: ignore[no-any-return]
            failed = (0 if row.locked_until is not None else row.failed_logins) + 1
            locked = now + limits.SIGN_IN_LOCK if failed >= limits.FAILED_SIGN_INS else None
            await _change(connection, staff_id, failed_logins=failed, locked_until=locked)
            if locked is not None:
                await self._record(connection, Actor(None, None), "staff.locked", staff_id)
        return None

    async def clear_tries(self, staff_id: int) -> None:
        async with self._database.write() as connection:
            await _change(connection, staff_id, failed_logins=0, locked_until=None)

    async def use_code(self, staff_id: int, step: int) -> bool:
        """Takes the one-time code of a 30-second step; False when this or a later one was taken before."""
        unused = or_(staff.c.totp_last_step.is_(None), staff.c.totp_last_step < step)
        async with self._database.write() as connection:
            taken = await connection.execute(
                update(staff).where(staff.c.id == staff_id, unused).values(totp_last_step=step)
            )
        return taken.rowcount == 1

    async def _list(self, condition: Any) -> list[Account]:
        query = select(staff).order_by(staff.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query if condition is None else query.where(condition))).all()
            found = [_read(row, await roles_of(connection, row.id)) for row in rows]
        return sorted(found, key=lambda one: (not one.active, name_order(one.name)))

    async def _record(
        self, connection: AsyncConnection, actor: Actor, action: str, staff_id: int, **details: Any
    ) -> None:
        unit_id = actor.unit_id or next(iter(await roles_of(connection, staff_id)), None)
        entry = Entry(self._clock.now(), action, f"staff:{staff_id}", actor.staff_id, unit_id, details)
        await append(connection, entry)


async def _account(connection: AsyncConnection, condition: Any) -> Account | None:
    row = (await connection.execute(select(staff).where(condition))).first()
    return _read(row, await roles_of(connection, row.id)) if row else None


def _read(row: Any, roles: Mapping[str, frozenset[Role]]) -> Account:
    return Account(
        row.id, row.login, row.name, row.title, row.active, row.password_hash, row.must_change_password,
        row.totp_secret, row.failed_logins, row.locked_until, roles,
    )  # fmt: skip


async def _change(connection: AsyncConnection, staff_id: int, **values: Any) -> None:
    await connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))


async def _write_roles(connection: AsyncConnection, staff_id: int, roles: Mapping[str, frozenset[Role]]) -> None:
    rows = [
        {"staff_id": staff_id, "unit_id": unit_id, "role": role.value}
        for unit_id, held in roles.items()
        for role in sorted(held)
    ]
    if rows:
        await connection.execute(insert(staff_roles), rows)


async def _require_other_administrator(connection: AsyncConnection, staff_id: int, unit_ids: list[str]) -> None:
    """The rows of all administrators are locked meanwhile: of two who remove each other only one succeeds."""
    for unit_id in sorted(unit_ids):
        query = (
            select(staff.c.id)
            .join(staff_roles, staff_roles.c.staff_id == staff.c.id)
            .where(
                and_(staff_roles.c.unit_id == unit_id, staff_roles.c.role == Role.ADMINISTRATOR.value, staff.c.active)
            )
            .order_by(staff.c.id)
            .with_for_update()
        )
        if not set((await connection.execute(query)).scalars()) - {staff_id}:
            raise LastAdministratorError(unit_id)


def _named(roles: Mapping[str, frozenset[Role]]) -> dict[str, list[str]]:
    return {unit_id: sorted(held) for unit_id, held in roles.items()}
