from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot import limits
from bot.domain.staff import Role
from bot.storage.audit import AuditTrail
from bot.storage.credentials import Seal
from bot.storage.database import Database
from bot.storage.drafts import SqlDrafts, forget_draft
from bot.storage.sessions import SqlSessions
from bot.storage.staff import Actor, LastAdministratorError, LoginTakenError, SqlStaff
from tests import cast
from tests.fakes import FakeClock

ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
BY_QUAN = Actor(6, cast.UNIT)


@pytest.fixture
def staff(database: Database, clock: FakeClock) -> SqlStaff:
    return SqlStaff(database, clock)


@pytest.fixture
def sessions(database: Database, clock: FakeClock) -> SqlSessions:
    return SqlSessions(database, clock)


@pytest.fixture
async def people(staff: SqlStaff) -> dict[str, int]:
    return await cast.hire(staff, Seal("a key only these tests know"))


async def test_a_login_belongs_to_one_person(staff: SqlStaff, people: dict[str, int]) -> None:
    with pytest.raises(LoginTakenError):
        await staff.create(cast.TERMINAL, "lan", "Người khác", "", "hash", {})
    assert (await staff.by_id(people["lan"])).name == cast.LAN.name  # type: ignore[union-attr]


async def test_the_last_administrator_stays(staff: SqlStaff, people: dict[str, int]) -> None:
    with pytest.raises(LastAdministratorError):
        await staff.set_roles(BY_QUAN, people["quan"], cast.UNIT, frozenset({Role.EDITOR}))
    with pytest.raises(LastAdministratorError):
        await staff.set_active(BY_QUAN, people["quan"], False)
    await staff.set_roles(BY_QUAN, people["lan"], cast.UNIT, ADMINISTRATOR)
    await staff.set_active(BY_QUAN, people["quan"], False)
    with pytest.raises(LastAdministratorError):
        await staff.set_roles(BY_QUAN, people["lan"], cast.UNIT, frozenset())


async def test_of_two_administrators_who_remove_each_other_one_stays(staff: SqlStaff, people: dict[str, int]) -> None:
    await staff.set_roles(BY_QUAN, people["lan"], cast.UNIT, ADMINISTRATOR)
    removed = (staff.set_roles(BY_QUAN, people[one], cast.UNIT, frozenset()) for one in ("quan", "lan"))
    results = await asyncio.gather(*removed, return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["LastAdministratorError", "bool"]


@pytest.mark.parametrize("change", ["roles", "password", "second factor", "deactivation"])
async def test_sessions_end_with_what_they_rest_on(
    staff: SqlStaff, sessions: SqlSessions, people: dict[str, int], change: str
) -> None:
    lan = await staff.by_id(people["lan"])
    assert lan is not None
    token = await sessions.open(lan.person, second_factor=False)
    other = await sessions.open(cast_person := (await staff.by_id(people["hung"])).person, second_factor=False)  # type: ignore[union-attr]
    assert await sessions.find(token) is not None
    match change:
        case "roles":
            await staff.set_roles(BY_QUAN, lan.id, cast.UNIT, frozenset({Role.HANDLER}))
        case "password":
            await staff.set_password(BY_QUAN, lan.id, "hash", must_change=True)
        case "second factor":
            await staff.set_second_factor(BY_QUAN, lan.id, None)
        case _:
            await staff.set_active(BY_QUAN, lan.id, False)
    assert await sessions.find(token) is None
    assert (await sessions.find(other)).staff.id == cast_person.id  # type: ignore[union-attr]
    assert (await AuditTrail(staff._database).verify()).broken is None


async def test_a_session_ends_when_idle_and_when_old(
    staff: SqlStaff, sessions: SqlSessions, people: dict[str, int], clock: FakeClock
) -> None:
    lan = await staff.by_id(people["lan"])
    assert lan is not None
    token = await sessions.open(lan.person, second_factor=False)
    for _ in range(int(limits.SESSION_LIFETIME / timedelta(hours=1)) - 1):
        clock.advance(timedelta(hours=1))
        session = await sessions.find(token)
        assert session is not None
        await sessions.touch(session)
    clock.advance(timedelta(hours=1, seconds=1))
    assert await sessions.find(token) is None
    idle = await sessions.open(lan.person, second_factor=False)
    clock.advance(limits.SESSION_IDLE + timedelta(seconds=1))
    assert await sessions.find(idle) is None
    await sessions.tidy()
    assert await sessions.of(lan.id) == []


async def test_nobody_ends_the_session_of_somebody_else(
    staff: SqlStaff, sessions: SqlSessions, people: dict[str, int]
) -> None:
    lan = await staff.by_id(people["lan"])
    assert lan is not None
    token = await sessions.open(lan.person, second_factor=False)
    [line] = await sessions.of(lan.id)
    assert not await sessions.end(people["hung"], line.id)
    assert await sessions.find(token) is not None


async def test_a_hundred_tries_at_once_do_not_outrun_the_lock(staff: SqlStaff, people: dict[str, int]) -> None:
    found = await asyncio.gather(*(staff.count_try(people["lan"]) for _ in range(20)))
    assert sum(one is None for one in found) == limits.FAILED_SIGN_INS


async def test_a_code_is_taken_once(staff: SqlStaff, people: dict[str, int]) -> None:
    taken = await asyncio.gather(*(staff.use_code(people["mai"], 50) for _ in range(5)))
    assert sum(taken) == 1
    assert not await staff.use_code(people["mai"], 49)
    assert await staff.use_code(people["mai"], 51)


async def test_the_names_of_a_unit_hold_only_who_works_there(staff: SqlStaff, people: dict[str, int]) -> None:
    found = await staff.names(cast.UNIT, (Role.OPERATOR, Role.HANDLER))
    assert [name for _, name in found] == [cast.HUNG.name, cast.LAN.name]
    assert people["binh"] not in {one.id for one in await staff.of_unit(cast.UNIT)}
    assert people["son"] in {one.id for one in await staff.of_unit(cast.UNIT)}


async def test_a_draft_is_kept_for_its_writer_until_it_is_sent(
    database: Database, people: dict[str, int], clock: FakeClock
) -> None:
    drafts = SqlDrafts(database, clock)
    await drafts.keep(people["lan"], "ticket:1:reply", {"text": "Dạ"})
    await drafts.keep(people["lan"], "ticket:1:reply", {"text": "Dạ thưa ông", "tick": ["a"]})
    kept = await drafts.read(people["lan"], "ticket:1:reply")
    assert kept is not None
    assert kept.content == {"text": "Dạ thưa ông", "tick": ["a"]}
    assert await drafts.read(people["hung"], "ticket:1:reply") is None
    async with database.write() as connection:
        await forget_draft(connection, people["lan"], "ticket:1:reply")
    assert await drafts.read(people["lan"], "ticket:1:reply") is None
    await drafts.keep(people["lan"], "ticket:2:reply", {"text": "cũ"})
    clock.advance(limits.DRAFT_LIFETIME)
    await SqlSessions(database, clock).tidy()
    assert await drafts.read(people["lan"], "ticket:2:reply") is None
