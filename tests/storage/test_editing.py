"""The life of a revision, over both databases: drafts, four eyes, schedules, withdrawal, roll-back, switches."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.errors import (
    DraftExistsError,
    EditingError,
    InheritedError,
    InvalidContentError,
    SameEditorError,
    StaleDraftError,
    WrongStateError,
)
from bot.domain.records import Procedure
from bot.storage.database import Database
from bot.storage.editing import Editing, Key, Revision
from bot.storage.revisions import Change, Revisions
from knowledge import files
from tests.fakes import FakeClock

TODAY = date(2026, 11, 23)
KEY = Key("procedure", "dong-nai", "tach-ho")
ANN, BINH = 1, 2


@pytest.fixture
def editing(database: Database, clock: FakeClock) -> Editing:
    return Editing(database, clock)


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    record = files.read_procedures(files.PROCEDURES / "tach-ho.yaml")["tach-ho"]
    return Procedure.model_dump(record, mode="json")


async def sent(editing: Editing, content: dict[str, Any], **changes: Any) -> Revision:
    draft = await editing.start(KEY, content | changes, ANN)
    return await editing.send(draft.id, draft.version)


async def published(editing: Editing, content: dict[str, Any], **changes: Any) -> Revision:
    draft = await sent(editing, content, **changes)
    return await editing.publish(draft.id, draft.version, BINH)


async def results(revisions: Revisions, day: date = TODAY) -> list[str]:
    return [one.content["result"] for one in await revisions.published(day)]


async def test_a_draft_may_be_incomplete_and_keeps_its_marks_and_author(editing: Editing, revisions: Revisions) -> None:
    marks = {"fees": {"state": "empty", "source": "", "note": ""}}
    draft = await editing.start(KEY, {"name": "Tách hộ"}, ANN, marks)
    assert (draft.state, draft.content, draft.marks, draft.authors) == ("draft", {"name": "Tách hộ"}, marks, (ANN,))
    assert await editing.open_drafts("dong-nai") == [draft]
    assert await revisions.published(TODAY) == []
    assert await revisions.version() == 0


async def test_a_record_has_one_draft_and_who_asks_for_another_is_told_which(editing: Editing) -> None:
    draft = await editing.start(KEY, {}, ANN)
    with pytest.raises(DraftExistsError) as caught:
        await editing.start(KEY, {}, BINH)
    assert caught.value.revision_id == draft.id


async def test_two_people_never_overwrite_each_other(editing: Editing) -> None:
    draft = await editing.start(KEY, {}, ANN)
    saved = await editing.save(draft.id, draft.version, {"name": "một"}, ANN)
    with pytest.raises(StaleDraftError):
        await editing.save(draft.id, draft.version, {"name": "hai"}, BINH)
    assert (await editing.get(draft.id)).content == {"name": "một"}
    assert (await editing.save(draft.id, saved.version, {"name": "hai"}, BINH)).authors == (ANN, BINH)


async def test_of_many_who_save_at_once_one_wins(editing: Editing) -> None:
    draft = await editing.start(KEY, {}, ANN)
    tries = [editing.save(draft.id, draft.version, {"name": str(number)}, number) for number in range(6)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    won = [one for one in done if isinstance(one, Revision)]
    assert len(won) == 1
    assert all(isinstance(one, StaleDraftError) for one in done if not isinstance(one, Revision))
    assert (await editing.get(draft.id)).content == won[0].content


async def test_of_many_who_start_at_once_one_wins(editing: Editing) -> None:
    done = await asyncio.gather(*(editing.start(KEY, {}, number) for number in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Revision) for one in done) == 1
    assert all(isinstance(one, EditingError) for one in done if not isinstance(one, Revision))


async def test_an_incomplete_draft_cannot_be_sent_and_the_fields_are_named(editing: Editing) -> None:
    draft = await editing.start(KEY, {"name": "Tách hộ"}, ANN)
    with pytest.raises(InvalidContentError) as caught:
        await editing.send(draft.id, draft.version)
    assert any(problem.startswith("result:") for problem in caught.value.problems)


async def test_a_second_person_publishes(editing: Editing, revisions: Revisions, content: dict[str, Any]) -> None:
    draft = await sent(editing, content)
    with pytest.raises(SameEditorError):
        await editing.publish(draft.id, draft.version, ANN)
    assert await revisions.published(TODAY) == []
    done = await editing.publish(draft.id, draft.version, BINH)
    assert (done.state, done.reviewer_id) == ("published", BINH)
    assert [one.content for one in await revisions.published(TODAY)] == [content]
    assert await revisions.version() == 1


async def test_whoever_wrote_any_of_it_may_not_publish_it(editing: Editing, content: dict[str, Any]) -> None:
    draft = await editing.start(KEY, content, ANN)
    draft = await editing.save(draft.id, draft.version, content, BINH)
    draft = await editing.send(draft.id, draft.version)
    for author in (ANN, BINH):
        with pytest.raises(SameEditorError):
            await editing.publish(draft.id, draft.version, author)


async def test_a_draft_that_was_not_sent_cannot_be_published_unless_the_unit_needs_no_second_person(
    editing: Editing, content: dict[str, Any]
) -> None:
    draft = await editing.start(KEY, content, ANN)
    with pytest.raises(WrongStateError):
        await editing.publish(draft.id, draft.version, BINH)
    assert (await editing.publish(draft.id, draft.version, ANN, four_eyes=False)).state == "published"


async def test_a_change_after_sending_must_be_sent_again(editing: Editing, content: dict[str, Any]) -> None:
    draft = await sent(editing, content)
    draft = await editing.save(draft.id, draft.version, content | {"result": "Khác"}, ANN)
    assert draft.state == "draft"
    with pytest.raises(WrongStateError):
        await editing.publish(draft.id, draft.version, BINH)


async def test_a_reviewer_sends_it_back_with_a_reason(editing: Editing, content: dict[str, Any]) -> None:
    draft = await sent(editing, content)
    back = await editing.send_back(draft.id, draft.version, BINH, "thiếu căn cứ")
    assert (back.state, back.note, back.reviewer_id) == ("draft", "thiếu căn cứ", BINH)


async def test_a_publication_replaces_what_was_in_force(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    await published(editing, content, result="Cũ")
    await published(editing, content, result="Mới")
    assert await results(revisions) == ["Mới"]
    assert [one.state for one in await editing.history(KEY)] == ["published", "superseded"]


async def test_a_scheduled_revision_waits_for_its_day(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    await published(editing, content, result="Cũ")
    draft = await sent(editing, content, result="Mới")
    await editing.publish(draft.id, draft.version, BINH, effective_from=TODAY + timedelta(days=9))
    assert await results(revisions, TODAY + timedelta(days=8)) == ["Cũ"]
    assert await results(revisions, TODAY + timedelta(days=9)) == ["Mới"]


async def test_a_revision_for_a_time_gives_way_to_what_was_before(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    await published(editing, content, result="Thường")
    draft = await sent(editing, content, result="Tạm")
    await editing.publish(draft.id, draft.version, BINH, effective_to=TODAY + timedelta(days=5))
    assert await results(revisions) == ["Tạm"]
    assert await results(revisions, TODAY + timedelta(days=6)) == ["Thường"]
    await published(editing, content, result="Sửa")
    assert await results(revisions) == ["Sửa"]


async def test_an_end_before_the_first_day_is_refused(editing: Editing, content: dict[str, Any]) -> None:
    draft = await sent(editing, content)
    with pytest.raises(EditingError, match="effective_to"):
        await editing.publish(draft.id, draft.version, BINH, effective_to=TODAY - timedelta(days=1))
    assert (await editing.get(draft.id)).state == "in_review"


async def test_a_withdrawn_record_is_gone_with_what_was_scheduled(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    await published(editing, content)
    draft = await sent(editing, content)
    await editing.publish(draft.id, draft.version, BINH, effective_from=TODAY + timedelta(days=9))
    assert await editing.withdraw(KEY, BINH, "bị bãi bỏ") == 2
    assert await revisions.published(TODAY + timedelta(days=30)) == []
    assert await editing.withdraw(KEY, BINH, "lần nữa") == 0


async def test_rolling_back_publishes_the_old_content_as_a_new_revision(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    first = await published(editing, content, result="Đúng")
    await published(editing, content, result="Sai")
    back = await editing.roll_back(first.id, ANN, "nhầm")
    assert await results(revisions) == ["Đúng"]
    assert (back.number, back.note) == (3, "nhầm")
    assert [one.state for one in await editing.history(KEY)] == ["published", "superseded", "superseded"]


async def test_a_draft_is_nothing_to_roll_back_to(editing: Editing, content: dict[str, Any]) -> None:
    draft = await editing.start(KEY, content, ANN)
    with pytest.raises(WrongStateError):
        await editing.roll_back(draft.id, ANN)
    with pytest.raises(WrongStateError):
        await editing.get(999)


async def test_a_discarded_draft_makes_room_for_another(editing: Editing) -> None:
    draft = await editing.start(KEY, {}, ANN)
    await editing.discard(draft.id, draft.version, ANN)
    assert await editing.open_drafts("dong-nai") == []
    assert (await editing.start(KEY, {}, BINH)).number == 2


async def test_a_switch_stops_and_resumes_answers_and_every_turn_is_announced(
    editing: Editing, revisions: Revisions
) -> None:
    await editing.suspend(KEY, ANN, "đang sửa phí")
    await editing.suspend(KEY, BINH)
    assert await revisions.suspended("procedure") == {("dong-nai", "tach-ho")}
    assert await revisions.version() == 1
    await editing.resume(KEY)
    await editing.resume(KEY)
    assert await revisions.suspended("procedure") == set()
    assert await revisions.version() == 2


async def test_every_step_that_changes_answers_raises_the_version(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    versions = [await revisions.version()]
    first = await published(editing, content)
    versions.append(await revisions.version())
    await editing.roll_back(first.id, ANN)
    versions.append(await revisions.version())
    await editing.withdraw(KEY, ANN, "hết hiệu lực")
    versions.append(await revisions.version())
    assert versions == sorted(set(versions))


async def test_an_import_beside_a_draft_leaves_the_draft_alone(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    draft = await editing.start(KEY, {"name": "dở dang"}, ANN)
    assert await revisions.publish("procedure", "dong-nai", {"tach-ho": content}) == [Change("tach-ho", "added")]
    assert await revisions.publish("procedure", "dong-nai", {"tach-ho": content}) == [Change("tach-ho", "unchanged")]
    assert (await editing.get(draft.id)).content == {"name": "dở dang"}
    assert [one.number for one in await editing.history(KEY)] == [2, 1]


async def test_a_withdrawn_record_is_published_again_by_an_import(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    await published(editing, content)
    await editing.withdraw(KEY, BINH, "nhầm")
    [change] = await revisions.publish("procedure", "dong-nai", {"tach-ho": content})
    assert change.action == "changed"
    assert len(await revisions.published(TODAY)) == 1


async def below(revisions: Revisions) -> Key:
    """The key of the same procedure in a commune of the province that publishes it."""
    units = {"dong-nai": {"parent": None}, "tan-an": {"parent": "dong-nai"}}
    await revisions.publish("unit", None, units)
    return Key("procedure", "tan-an", KEY.record_id)


async def test_a_copy_of_what_a_unit_above_publishes_is_refused_on_every_way(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    own = await below(revisions)
    draft = await editing.start(own, content, ANN)
    draft = await editing.publish(draft.id, draft.version, BINH, four_eyes=False)
    await published(editing, content)
    again = await editing.start(own, content, ANN)
    with pytest.raises(InheritedError) as refused:
        await editing.publish(again.id, again.version, BINH, four_eyes=False)
    assert refused.value.owner == "dong-nai"
    with pytest.raises(InheritedError):
        await editing.roll_back(draft.id, BINH)
    with pytest.raises(InheritedError):
        await revisions.publish("procedure", "tan-an", {KEY.record_id: content})
    await editing.withdraw(KEY, BINH, "bãi bỏ")
    await editing.publish(again.id, again.version, BINH, four_eyes=False)


async def test_of_many_who_suspend_at_once_one_is_announced(editing: Editing, revisions: Revisions) -> None:
    before = await revisions.version()
    await asyncio.gather(*(editing.suspend(KEY, ANN) for _ in range(6)))
    assert await revisions.suspended("procedure") == {("dong-nai", "tach-ho")}
    assert await revisions.version() == before + 1


async def test_an_amendment_reaches_what_is_scheduled_and_what_is_in_force_for_a_time(
    editing: Editing, revisions: Revisions, content: dict[str, Any]
) -> None:
    await published(editing, content)
    for number, (begins, ends) in enumerate(((0, 5), (9, None)), 2):
        draft = await sent(editing, content, result=f"Giấy {number}")
        days = {"effective_from": TODAY + timedelta(days=begins)}
        last = {"effective_to": TODAY + timedelta(days=ends)} if ends else {}
        await editing.publish(draft.id, draft.version, BINH, **days, **last)
    new = await editing.amend(KEY, {"authority": "Cơ quan khác"}, BINH)
    assert new.content["result"] == "Giấy 2"
    for after, result in ((0, "Giấy 2"), (6, content["result"]), (9, "Giấy 3")):
        [one] = await revisions.published(TODAY + timedelta(days=after))
        assert (one.content["result"], one.content["authority"]) == (result, "Cơ quan khác")
