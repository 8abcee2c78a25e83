from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bot.storage.revisions import Change, Published, Revisions
from tests.fakes import FakeClock

TODAY = date(2026, 11, 23)
FIRST: dict[str, Any] = {"name": "Khai sinh", "fees": [], "effective_from": None}


async def publish(revisions: Revisions, dry_run: bool = False, **changed: Any) -> list[Change]:
    return await revisions.publish("procedure", "dong-nai", {"khai-sinh": FIRST | changed}, dry_run=dry_run)


async def in_force(revisions: Revisions, day: date = TODAY) -> list[Published]:
    return await revisions.published(day)


async def test_publishing_the_same_twice_changes_nothing(revisions: Revisions) -> None:
    assert await publish(revisions) == [Change("khai-sinh", "added")]
    before = (await revisions.version(), await in_force(revisions))
    assert await publish(revisions) == [Change("khai-sinh", "unchanged")]
    assert (await revisions.version(), await in_force(revisions)) == before


async def test_a_change_names_the_fields_and_supersedes_the_old_revision(revisions: Revisions) -> None:
    await publish(revisions)
    [old] = await in_force(revisions)
    assert await publish(revisions, name="Đăng ký khai sinh", fees=[1]) == [
        Change("khai-sinh", "changed", ("name", "fees"))
    ]
    [new] = await in_force(revisions)
    assert new.content["name"] == "Đăng ký khai sinh"
    assert new.id != old.id


async def test_going_back_to_an_earlier_content_is_a_change_too(revisions: Revisions) -> None:
    await publish(revisions)
    await publish(revisions, name="Đăng ký khai sinh")
    assert [change.action for change in await publish(revisions)] == ["changed"]
    assert [one.content["name"] for one in await in_force(revisions)] == ["Khai sinh"]


async def test_a_dry_run_says_what_would_change_and_writes_nothing(revisions: Revisions) -> None:
    assert await publish(revisions, dry_run=True) == [Change("khai-sinh", "added")]
    assert (await revisions.version(), await in_force(revisions)) == (0, [])


async def test_a_revision_of_the_future_leaves_the_present_one_in_force_until_its_day(
    revisions: Revisions, clock: FakeClock
) -> None:
    await publish(revisions)
    starts = TODAY + timedelta(days=9)
    await publish(revisions, name="Mới", effective_from=starts.isoformat())
    assert [one.content["name"] for one in await in_force(revisions, starts - timedelta(days=1))] == ["Khai sinh"]
    assert [one.content["name"] for one in await in_force(revisions, starts)] == ["Mới"]
    clock.advance(timedelta(days=20))
    await publish(revisions, name="Mới hơn", effective_from=starts.isoformat())
    assert [one.content["name"] for one in await in_force(revisions, starts)] == ["Mới hơn"]


async def test_a_publication_for_now_does_not_cancel_the_scheduled_one(revisions: Revisions) -> None:
    await publish(revisions)
    starts = TODAY + timedelta(days=9)
    await publish(revisions, name="Về sau", effective_from=starts.isoformat())
    await publish(revisions, name="Sửa ngay")
    assert [one.content["name"] for one in await in_force(revisions)] == ["Sửa ngay"]
    assert [one.content["name"] for one in await in_force(revisions, starts)] == ["Về sau"]


async def test_the_day_a_revision_begins_is_a_day_in_viet_nam(revisions: Revisions, clock: FakeClock) -> None:
    await publish(revisions)
    clock.advance(timedelta(hours=16))  # 18:00 UTC on the 23rd, 01:00 on the 24th in Việt Nam
    await publish(revisions, name="Mới", effective_from="2026-11-24")
    assert [one.content["name"] for one in await in_force(revisions, date(2026, 11, 24))] == ["Mới"]


async def test_every_publication_raises_the_version(revisions: Revisions) -> None:
    versions = [await revisions.version()]
    for name in ("một", "hai"):
        await publish(revisions, name=name)
        versions.append(await revisions.version())
    assert versions == sorted(set(versions))


async def test_one_record_may_be_published_by_two_units(revisions: Revisions) -> None:
    await revisions.publish("procedure", "dong-nai", {"khai-sinh": FIRST})
    await revisions.publish("procedure", "xa-tan-an", {"khai-sinh": FIRST | {"name": "Riêng của xã"}})
    assert {one.unit_id: one.content["name"] for one in await in_force(revisions)} == {
        "dong-nai": "Khai sinh",
        "xa-tan-an": "Riêng của xã",
    }


async def test_units_are_published_under_their_own_name(revisions: Revisions) -> None:
    await revisions.publish("unit", None, {"xa-tan-an": {"name": "Xã Tân An"}})
    assert [(one.kind, one.unit_id, one.record_id) for one in await in_force(revisions)] == [
        ("unit", "xa-tan-an", "xa-tan-an")
    ]
