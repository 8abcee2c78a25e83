from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot import limits
from bot.storage.audit import AuditTrail
from bot.storage.database import Database
from bot.storage.editing import Editing, Key
from bot.storage.imports import FileRead, Read, SqlImports
from bot.storage.record_log import RecordLog
from bot.storage.staff import Actor
from tests.conftest import UNIT
from tests.fakes import FakeClock

NOBODY = Actor(None, UNIT)


@pytest.fixture
def imports(database: Database, clock: FakeClock) -> SqlImports:
    return SqlImports(database, clock)


def read(name: str, *, base: int | None = None, text: str = "mới", changes: bool = True) -> Read:
    listed: list[tuple[str, str | None, str]] = [("Tên thủ tục", None, text)] if changes else []
    return Read(name, name.title(), f"Thủ tục!C{len(name)}", base is None, base, {"name": text}, {}, listed, [])


async def ready(imports: SqlImports, *found: Read) -> FileRead:
    number = await imports.begin(NOBODY, "tep.xlsx")
    await imports.ready(number, found, [("Thủ tục!B2", "sai")])
    file = await imports.file(UNIT, number)
    assert file is not None
    return file


async def test_a_file_is_followed_from_its_first_byte_to_its_records(imports: SqlImports, clock: FakeClock) -> None:
    number = await imports.begin(NOBODY, "tep.xlsx")
    await imports.progress(number, 10, 40)
    file = await imports.file(UNIT, number)
    assert file is not None
    assert (file.state, file.done, file.total, file.staff) == ("reading", 10, 40, None)
    await imports.ready(number, [read("mot"), read("hai", changes=False)], [("Thủ tục!B2", "sai")])
    await imports.progress(number, 20, 40)
    file = await imports.file(UNIT, number)
    assert file is not None
    assert (file.state, file.total, file.problems) == ("ready", 2, (("Thủ tục!B2", "sai"),))
    assert [(one.read.record_id, one.state) for one in await imports.items(file)] == [("mot", "new"), ("hai", "same")]


async def test_a_refused_file_keeps_its_reason_and_a_silent_one_is_lost(imports: SqlImports, clock: FakeClock) -> None:
    refused, silent = await imports.begin(NOBODY, "a"), await imports.begin(NOBODY, "b")
    await imports.refuse(refused, "có macro")
    clock.advance(limits.IMPORT_SILENCE + timedelta(seconds=1))
    states = {one.id: (one.state, one.reason) for one in await imports.latest(UNIT, 5)}
    assert states == {refused: ("refused", "có macro"), silent: ("lost", None)}


async def test_old_files_are_forgotten_with_their_records(imports: SqlImports, clock: FakeClock) -> None:
    old = await ready(imports, read("mot"))
    clock.advance(limits.IMPORT_RETENTION + timedelta(days=1))
    await imports.begin(NOBODY, "moi.xlsx")
    assert [one.file_name for one in await imports.latest(UNIT, 5)] == ["moi.xlsx"]
    assert await imports.items(old) == []


async def test_drafts_are_made_of_what_is_chosen_in_one_transaction_with_their_audit_row(
    imports: SqlImports, database: Database, clock: FakeClock
) -> None:
    editing = Editing(database, clock)
    await editing.start(Key("procedure", UNIT, "ba"), {"name": "của ai đó"})
    file = await ready(imports, read("mot"), read("hai"), read("ba"), read("bon", base=7), read("nam", base=8),
                       read("Mã sai"))  # fmt: skip
    taken = await imports.take(NOBODY, file, None, {"bon": 9, "nam": 8}, foreign={"nam"})
    assert taken.outcomes == {
        "drafted": ["Mot", "Hai"], "conflict": ["Ba"], "stale": ["Bon"], "foreign": ["Nam"], "invalid": ["Mã Sai"],
    }  # fmt: skip
    [entry] = await AuditTrail(database).page([UNIT], action="record.imported", limit=5)
    assert (entry.action, entry.details["records"]) == ("record.imported", ["mot", "hai"])
    again = await imports.take(NOBODY, file, {0, 1}, {})
    assert again.outcomes == {"same": ["Mot", "Hai"]}
    states = {one.read.record_id: one.state for one in await imports.items(file)}
    assert (states["mot"], states["ba"]) == ("drafted", "conflict")
    assert len(await AuditTrail(database).page([UNIT], action="record.imported", limit=5)) == 1


async def test_the_log_says_which_revision_answers_and_who_made_the_others(
    database: Database, clock: FakeClock
) -> None:
    key, editing = Key("texts", UNIT, UNIT), Editing(database, clock)
    log = RecordLog(database)
    assert await editing.in_force(key) is None

    async def published(text: str, **when: Any) -> int:
        draft = await editing.start(key, {"texts": {"THANKS": text}, "reply_templates": []})
        return (await editing.publish(draft.id, draft.version, 1, four_eyes=False, **when)).id

    async def answering() -> int | None:
        found = await editing.in_force(key)
        return found.id if found else None

    first = await published("một")
    second = await published("hai", effective_from=date(2026, 12, 1))
    assert await answering() == first
    clock.advance(timedelta(days=9))
    assert await answering() == second
    assert [(one.number, one.who) for one in await log.listed(key, 5)] == [(2, ()), (1, ())]
