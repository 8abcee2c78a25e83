"""The directory: positions, absences, hours, holidays, places; its draft, publication, history and workbook."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from openpyxl import load_workbook

from bot.domain.records import Unit
from bot.services.knowledge import KNOWLEDGE_TOPIC, KnowledgeBase
from bot.storage.audit import AuditTrail
from bot.storage.coordination import LocalSignals
from bot.storage.database import Database
from bot.storage.editing import Editing, Key
from bot.storage.revisions import Revisions
from bot.web.console.services import Console
from knowledge.files import SearchTexts
from tests import cast
from tests.fakes import FakeClock
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Page, Visitor

KEY = Key("unit", cast.UNIT, cast.UNIT)
POLICE = "/console/directory/positions/cong-an-xa"


@pytest.fixture
async def published(database: Database, clock: FakeClock, sample_units: dict[str, Unit]) -> Revisions:
    """The sample units in the database of the test, too."""
    revisions = Revisions(database, clock)
    await revisions.publish("unit", None, {name: one.model_dump(mode="json") for name, one in sample_units.items()})
    return revisions


@pytest.fixture
async def ngoc(sign_in: SignIn, published: Revisions) -> Visitor:
    return await sign_in(cast.NGOC)


@pytest.fixture
async def answering(published: Revisions, clock: FakeClock) -> KnowledgeBase:
    """What answers citizens, over the database of the test."""
    base = KnowledgeBase(published, clock, SearchTexts({}, (), ()))
    await base.refresh()
    return base


def fields(page: Page, action: str) -> dict[str, Any]:
    """A form as the browser would send it."""
    assert page.root is not None, page.text[:300]
    form = page.root.xpath(f"//form[@action='{action}']")[0]
    typed: dict[str, Any] = {}
    for name, value in form.form_values():
        typed.setdefault(name, []).append(value)
    typed.pop("csrf")
    return typed


async def change(visitor: Visitor, path: str, **typed: Any) -> Page:
    """Opens a form, changes some fields and sends it; the answer."""
    names = {name.replace("__", "-"): value for name, value in typed.items()}
    return await visitor.post(path, {**fields(await visitor.get(path), path), **names})


async def publish(visitor: Visitor, **typed: Any) -> Page:
    page = await visitor.get("/console/directory/review")
    await visitor.post("/console/directory/publish", {**fields(page, "/console/directory/publish"), **typed})
    return await visitor.get("/console/directory")


async def test_a_phone_is_changed_in_a_draft_seen_and_published_and_answers_follow(
    ngoc: Visitor, console: Console, answering: KnowledgeBase, people: dict[str, int]
) -> None:
    page = await ngoc.get(POLICE)
    assert page.heading == "Công an xã"
    saved = await change(ngoc, POLICE, contact__value=["0251 382 1111", "", ""])
    assert saved.status == 303, saved.words
    page = await ngoc.get("/console/directory")
    assert "Có 2 thay đổi chưa công bố" in page.words
    page = await ngoc.get("/console/directory/review")
    assert "Công an xã: điện thoại 0251 382 1111" in page.words
    signals = console.signals
    assert isinstance(signals, LocalSignals)
    woken = signals.subscribe(KNOWLEDGE_TOPIC)
    page = await publish(ngoc)
    assert "Đã công bố. Trợ lý trả lời theo nội dung mới." in page.words
    assert await woken.wait(1)
    await woken.close()
    assert await answering.refresh()
    known = answering.of(cast.UNIT)
    assert known is not None
    assert known.view.phone("cong-an-xa") == "0251 382 1111"
    [entry] = await AuditTrail(console.database).page([cast.UNIT], action="record.published", limit=5)
    assert (entry.subject, entry.staff_id) == (f"unit:{cast.UNIT}", people["ngoc"])


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"title": ""}, "Ghi tên chức danh hoặc bộ phận."),
    ({"contact__value": ["0251 38", "", ""]}, "không phải số điện thoại gọi được"),
    ({"contact__value": ["gọi đi", "", ""]}, "“gọi đi” không phải số điện thoại."),
    ({"contact__value": ["2513821111", "", ""]}, "“2513821111” thiếu số 0 ở đầu."),
    ({"contact__kind": ["email", "phone", "phone"]}, "không phải địa chỉ email"),
    ({"absence__first": ["2026-12-05"], "absence__last": ["2026-12-01"]}, "ngày cuối không trước ngày đầu"),
    ({"absence__first": ["2026-12-05"], "absence__deputy": ["cong-an-xa"]}, "Chọn người thay là một chức danh"),
)


async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(ngoc: Visitor, console: Console) -> None:
    for typed, said in WRONG:
        page = await change(ngoc, POLICE, **typed, note="còn đây")
        assert page.status == 422
        assert said in page.words
        assert "Chưa lưu. Xin sửa 1 chỗ" in page.words
        assert fields(page, POLICE)["note"] == ["còn đây"]
        assert page.root is not None
        assert len(page.root.xpath("//*[@aria-invalid='true']")) == 1
    assert len(await Editing(console.database, console.clock).history(KEY)) == 1


async def test_short_numbers_hotlines_and_international_spelling_are_taken(ngoc: Visitor) -> None:
    for number in ("113", "1022", "1900 9095", "+84 251 382 1111", "0912345678"):
        assert (await change(ngoc, POLICE, contact__value=[number, "", ""])).status == 303, number


async def test_while_somebody_is_away_the_deputy_is_answered(
    ngoc: Visitor, console: Console, answering: KnowledgeBase, clock: FakeClock
) -> None:
    leader = "/console/directory/positions/chu-tich-ubnd"
    await change(
        ngoc, leader, absence__first=["2026-11-23"], absence__last=["2026-11-25"],
        absence__deputy=["pho-chu-tich-ubnd"], absence__note=["đi họp"], holder="ông Lê Văn A",
    )  # fmt: skip
    page = await publish(ngoc)
    assert "Đến hết 25/11" in page.words
    await answering.refresh()
    known = answering.of(cast.UNIT)
    assert known is not None
    today = clock.now().date()
    position = known.view.positions["chu-tich-ubnd"]
    deputy = known.view.stand_in(position, today)
    assert deputy is not None
    assert deputy.id == "pho-chu-tich-ubnd"
    assert known.view.stand_in(position, today + timedelta(days=3)) is None


async def test_two_people_change_different_positions_and_neither_overwrites_the_other(
    ngoc: Visitor, sign_in: SignIn, console: Console
) -> None:
    other = await sign_in(cast.NGOC)
    station = "/console/directory/positions/tram-y-te"
    mine, theirs = await ngoc.get(POLICE), await other.get(station)
    assert (await ngoc.post(POLICE, {**fields(mine, POLICE), "note": "của tôi"})).status == 303
    assert (await other.post(station, {**fields(theirs, station), "note": "của bạn"})).status == 303
    [draft, _] = await Editing(console.database, console.clock).history(KEY)
    notes = {one["id"]: one["note"] for one in draft.content["positions"]}
    assert (notes["cong-an-xa"], notes["tram-y-te"]) == ("của tôi", "của bạn")


async def test_two_people_on_one_position_see_the_difference_and_nothing_typed_is_lost(ngoc: Visitor) -> None:
    typed = fields(await ngoc.get(POLICE), POLICE)
    await change(ngoc, POLICE, note="lời đầu")
    page = await ngoc.post(POLICE, {**typed, "note": "lời sau"})
    assert page.status == 409
    assert "Công an xã: ghi chúlời đầulời sau" in page.words
    again = fields(page, POLICE)
    assert again["note"] == ["lời sau"]
    assert (await ngoc.post(POLICE, again)).status == 303


async def test_hours_holidays_and_places_are_saved_and_their_faults_named(ngoc: Visitor, console: Console) -> None:
    base = "/console/directory"
    page = await change(ngoc, f"{base}/hours", **{"opens-5-0": "08:00", "closes-5-0": "07:00"})
    assert (page.status, "Giờ đóng cửa phải sau giờ mở cửa." in page.words) == (422, True)
    page = await change(ngoc, f"{base}/hours", **{"opens-5-0": "08:00", "closes-5-0": "11:00"})
    assert page.status == 303
    typed = fields(await ngoc.get(f"{base}/holidays"), f"{base}/holidays")
    typed["date"][-1], typed["name"][-1] = "2027-08-15", ""
    page = await ngoc.post(f"{base}/holidays", typed)
    assert (page.status, "Ghi tên ngày nghỉ" in page.words) == (422, True)
    typed = fields(page, f"{base}/holidays")
    typed["name"][-1] = "Ngày hội xã"
    page = await ngoc.post(f"{base}/holidays", typed)
    assert page.status == 303
    page = await change(ngoc, f"{base}/place", place_phone="không có", map_url="bản đồ")
    assert page.status == 422
    assert "Liên kết phải bắt đầu bằng https://" in page.words
    assert (
        await change(ngoc, f"{base}/place", place_phone="0251 382 2222", hamlets="ấp 1\nấp 2, Ấp Hai")
    ).status == 303
    page = await ngoc.get(f"{base}/review")
    for shown in (
        "Giờ làm việc Thứ Bảychưa có08:00–11:00", "Ngày 15/08/2027 (Ngày hội xã)chưa cónghỉ",
        "Nơi tiếp nhận hồ sơ: điện thoại", "Ấp, khu phố: ấp 2ấp 2ấp 2, Ấp Hai", "Ấp, khu phố: ấp 3ấp 3bỏ",
    ):  # fmt: skip
        assert shown in page.words, shown
    unit = Unit.model_validate((await Editing(console.database, console.clock).history(KEY))[0].content)
    assert [one.name for one in unit.hamlets] == ["ấp 1", "ấp 2"]


async def test_a_new_position_is_added_and_another_removed_with_its_place_as_deputy(
    ngoc: Visitor, console: Console
) -> None:
    new = "/console/directory/positions/new"
    assert (await change(ngoc, new, title="Tổ công nghệ số", contact__value=["0912345678", ""])).status == 303
    page = await change(ngoc, new, title="Tổ công nghệ số")
    assert (page.status, "Đã có chức danh này." in page.words) == (422, True)
    await change(ngoc, POLICE, absence__first=["2026-12-01"], absence__deputy=["to-cong-nghe-so"])
    await ngoc.post("/console/directory/positions/to-cong-nghe-so/remove")
    [draft, _] = await Editing(console.database, console.clock).history(KEY)
    police = next(one for one in draft.content["positions"] if one["id"] == "cong-an-xa")
    assert police["absences"][0]["deputy"] is None
    assert (await ngoc.get("/console/directory/positions/to-cong-nghe-so")).status == 404


async def test_a_change_can_be_dated_ahead_given_up_compared_and_rolled_back(
    ngoc: Visitor, console: Console, answering: KnowledgeBase, clock: FakeClock
) -> None:
    await change(ngoc, POLICE, note="từ tháng sau")
    assert "Đã hẹn công bố từ 01/12/2026." in (await publish(ngoc, effective_from="2026-12-01")).words
    await answering.refresh()
    known = answering.of(cast.UNIT)
    assert known is not None
    assert known.view.positions["cong-an-xa"].note is None
    assert "Hẹn từ 01/12/2026" in (await ngoc.get("/console/directory/history")).words
    await change(ngoc, POLICE, note="ngay bây giờ")
    await publish(ngoc)
    await change(ngoc, POLICE, note="bỏ đi")
    page = await ngoc.get("/console/directory/review")
    await ngoc.post("/console/directory/discard", fields(page, "/console/directory/discard"))
    page = await ngoc.get("/console/directory/history")
    assert "Đang trả lời" in page.words
    editing = Editing(console.database, console.clock)
    *_, first = await editing.history(KEY)
    newest = next(one for one in await editing.history(KEY) if one.state == "published" and not one.effective_from)
    page = await ngoc.get(f"/console/directory/compare?old={first.id}&new={newest.id}")
    assert "Công an xã: ghi chúchưa cóngay bây giờ" in page.words
    await ngoc.post(f"/console/directory/revisions/{first.id}/restore")
    page = await ngoc.get("/console/directory/history")
    assert f"Đã quay về bản {first.number}." in page.words
    await answering.refresh()
    known = answering.of(cast.UNIT)
    assert known is not None
    assert known.view.positions["cong-an-xa"].note is None
    for path in ("compare?old=1&new=999999", "compare?old=&new=x"):
        assert (await ngoc.get(f"/console/directory/{path}")).status == 404


async def test_what_changed_since_the_page_was_opened_is_not_published(ngoc: Visitor, console: Console) -> None:
    await change(ngoc, POLICE, note="một")
    typed = fields(await ngoc.get("/console/directory/review"), "/console/directory/publish")
    await change(ngoc, POLICE, note="hai")
    await ngoc.post("/console/directory/publish", typed)
    assert "Chưa công bố: có thay đổi mới" in (await ngoc.get("/console/directory")).words
    assert [one.state for one in await Editing(console.database, console.clock).history(KEY)] == ["draft", "published"]


async def hand_in(visitor: Visitor, data: bytes) -> Page:
    await visitor.get("/console/directory/file")
    form = aiohttp.FormData()
    form.add_field("csrf", visitor.csrf)
    form.add_field("file", io.BytesIO(data), filename="danh-ba.xlsx", content_type="application/octet-stream")
    return await visitor.request("POST", "/console/directory/file", data=form)


async def test_the_workbook_goes_out_and_comes_back_with_its_differences(ngoc: Visitor, console: Console) -> None:
    _, _, content = await ngoc.download("/console/directory/export.xlsx")
    assert "Không có gì thay đổi" in (await hand_in(ngoc, content)).words
    book = load_workbook(io.BytesIO(content))
    book["Vắng mặt"].append(["Công an xã", "01/12/2026", "02/12/2026", "Trạm Y tế xã", "tập huấn"])
    book["Liên hệ"].append(["cong-an-xa", "Điện thoại", "số lạ", None, None, None])
    changed = io.BytesIO()
    book.save(changed)
    page = await hand_in(ngoc, changed.getvalue())
    assert "1 chỗ trong tệp cần sửa" in page.words
    assert "“số lạ” không phải số điện thoại: dòng này bị bỏ qua" in page.words
    assert "vắng 01/12/2026 – 02/12/2026" in page.words
    assert len(await Editing(console.database, console.clock).history(KEY)) == 1
    typed = fields(page, "/console/directory/file/draft")
    await ngoc.post("/console/directory/file/draft", typed)
    assert "người thay: Trạm Y tế xã · tập huấn" in (await ngoc.get("/console/directory/review")).words
    page = await ngoc.post("/console/directory/file/draft", typed)
    assert (page.status, "vừa được người khác sửa" in page.words) == (422, True)
    assert (await ngoc.post("/console/directory/file/draft", {"content": "[]"})).status == 400


async def test_a_file_that_is_no_directory_is_refused(ngoc: Visitor) -> None:
    page = await hand_in(ngoc, b"%PDF-1.7")
    assert (page.status, "Không nhận tệp “danh-ba.xlsx”. Đây là tệp PDF" in page.words) == (422, True)
    assert "Chọn một tệp Excel" in (await ngoc.post("/console/directory/file")).words


async def test_who_may_publish_but_not_edit_only_publishes(sign_in: SignIn, published: Revisions) -> None:
    mai = await sign_in(cast.MAI)
    assert (await mai.get("/console/directory")).status == 403


async def test_what_is_edited_elsewhere_meanwhile_is_not_put_back_by_a_draft(
    ngoc: Visitor, console: Console, published: Revisions, sample_units: dict[str, Unit]
) -> None:
    await change(ngoc, POLICE, note="mới")
    settings = sample_units[cast.UNIT].model_copy(update={"four_eyes": False}).model_dump(mode="json")
    await published.publish("unit", None, {cast.UNIT: settings})
    page = await publish(ngoc)
    assert "Đã công bố." in page.words
    in_force = next(one for one in await published.published(console.clock.now().date()) if one.record_id == cast.UNIT)
    assert in_force.content["four_eyes"] is False
    assert next(one for one in in_force.content["positions"] if one["id"] == "cong-an-xa")["note"] == "mới"
