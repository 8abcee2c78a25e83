"""The words of a unit: changed in a draft, checked, previewed, published, restored, and really used."""

from __future__ import annotations

import pytest

from bot.dialogue.editable import said
from bot.domain.records import Unit
from bot.domain.views import UnitView
from bot.services.knowledge import KnowledgeBase
from bot.storage.audit import AuditTrail
from bot.storage.database import Database
from bot.storage.editing import Editing, Key
from bot.storage.revisions import Revisions
from bot.web.console.services import Console
from knowledge.files import SearchTexts
from tests import cast
from tests.fakes import FakeClock
from tests.web.console.fixtures import SignIn
from tests.web.console.test_directory import fields
from tests.web.console.visitor import Page, Visitor

KEY = Key("texts", cast.UNIT, cast.UNIT)
NAMES = {"unit": "xã Tân An", "province": "Đồng Nai"}
GREETING = "/console/texts/wordings/GREETING"


@pytest.fixture
async def answering(database: Database, clock: FakeClock, sample_units: dict[str, Unit]) -> KnowledgeBase:
    """What answers citizens, over the database of the test."""
    revisions = Revisions(database, clock)
    await revisions.publish("unit", None, {name: one.model_dump(mode="json") for name, one in sample_units.items()})
    base = KnowledgeBase(revisions, clock, SearchTexts({}, (), ()))
    await base.refresh()
    return base


async def view(answering: KnowledgeBase) -> UnitView:
    await answering.refresh()
    known = answering.of(cast.UNIT)
    assert known is not None
    return known.view


async def write(visitor: Visitor, path: str, **typed: object) -> Page:
    return await visitor.post(path, {**fields(await visitor.get(path), path), **typed})


async def publish(visitor: Visitor) -> Page:
    page = await visitor.get("/console/texts/review")
    await visitor.post("/console/texts/publish", fields(page, "/console/texts/publish"))
    return await visitor.get("/console/texts")


async def test_a_greeting_is_changed_checked_published_used_and_taken_back(
    sign_in: SignIn, console: Console, answering: KnowledgeBase, people: dict[str, int]
) -> None:
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get("/console/texts")
    for shown in ("Lời chào đầu tiên", "Khẩu hiệu", "Luôn mỉm cười", "Mẫu trả lời phiếu", "Mặc định"):
        assert shown in page.words, shown
    page = await ngoc.get(GREETING)
    assert "{ten_don_vi}, {tinh}" in page.text
    assert "trả lời tự động của xã Tân An, Đồng Nai" in page.words
    for text, trouble in (
        ("Xin chào {ten_xa}", "Không dùng được biến {ten_xa} ở đây. Được dùng: {ten_don_vi}, {tinh}"),
        ("Xin chào", "Thiếu biến {ten_don_vi}: lời này phải có."),
        ("Chào {ten_don_vi} {", "Dấu ngoặc nhọn chỉ dùng cho biến"),
        ("{ten_don_vi}" + "a" * 600, "tối đa 600"),
    ):
        page = await write(ngoc, GREETING, text=text)
        assert page.status == 422
        assert trouble in page.words
        assert fields(page, GREETING)["text"] == [text]
    saved = await write(ngoc, GREETING, text="Xin chào! {ten_don_vi} xin nghe.\n4 xin: {bon_xin}")
    assert saved.status == 303
    assert "Có 1 thay đổi chưa công bố" in (await ngoc.get("/console/texts")).words
    page = await publish(ngoc)
    assert "Đã công bố. Trợ lý trả lời theo nội dung mới." in page.words
    assert said(await view(answering), "GREETING", NAMES) == (
        "Xin chào! Xã Tân An xin nghe.\n4 xin: Xin chào, xin lỗi, xin cảm ơn, xin phép."
    )
    [entry] = await AuditTrail(console.database).page([cast.UNIT], action="record.published", limit=5)
    assert (entry.subject, entry.staff_id) == (f"texts:{cast.UNIT}", people["ngoc"])
    page = await ngoc.get(GREETING)
    await ngoc.post(GREETING, {"default": "1", "seen": fields(page, GREETING)["seen"]})
    await publish(ngoc)
    assert "trợ lý ảo trả lời tự động của xã Tân An" in said(await view(answering), "GREETING", NAMES)
    history = await Editing(console.database, console.clock).history(KEY)
    page = await ngoc.get(f"/console/texts/compare?old={history[1].id}&new={history[0].id}")
    assert "Lời chào đầu tiênXin chào! {ten_don_vi} xin nghe." in page.words
    await ngoc.post(f"/console/texts/revisions/{history[1].id}/restore")
    assert said(await view(answering), "GREETING", NAMES).startswith("Xin chào! Xã Tân An")


async def test_a_commune_has_the_words_of_its_province_until_it_has_its_own(
    console: Console, answering: KnowledgeBase, clock: FakeClock
) -> None:
    revisions = Revisions(console.database, clock)
    thanks = {"texts": {"THANKS": "Tỉnh cảm ơn", "GOODBYE": "Tỉnh chào"}, "reply_templates": []}
    own = {"texts": {"THANKS": "Xã cảm ơn", "GREETING": "không có biến"}, "reply_templates": []}
    await revisions.publish("texts", "dong-nai", {"dong-nai": thanks})
    await revisions.publish("texts", cast.UNIT, {cast.UNIT: own})
    found = await view(answering)
    assert (said(found, "THANKS", NAMES), said(found, "GOODBYE", NAMES)) == ("Xã cảm ơn", "Tỉnh chào")
    assert "Đồng Nai" in said(found, "GREETING", NAMES), "a stored wording that is not sound is left out, not the whole"


async def test_the_preview_shows_what_a_citizen_would_read_while_one_types(
    sign_in: SignIn, answering: KnowledgeBase
) -> None:
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.post(
        "/console/texts/wordings/REFUSE/preview", {"text": "{ten_don_vi} xin lỗi, gọi {dien_thoai}."}
    )
    assert "Xã Tân An xin lỗi, gọi 0251 000 0011." in page.text
    page = await ngoc.post("/console/texts/wordings/REFUSE/preview", {"text": "không số"})
    assert "Thiếu biến {dien_thoai}" in page.text
    assert (await ngoc.get("/console/texts/wordings/NOTHING")).status == 404


async def test_two_people_on_one_wording_see_each_other_and_nothing_typed_is_lost(
    sign_in: SignIn, answering: KnowledgeBase
) -> None:
    ngoc = await sign_in(cast.NGOC)
    path = "/console/texts/wordings/THANKS"
    typed = fields(await ngoc.get(path), path)
    await write(ngoc, path, text="Lời đầu")
    page = await ngoc.post(path, {**typed, "text": "Lời sau"})
    assert page.status == 409
    assert "Lời đang lưu: Lời đầu" in page.words
    again = fields(page, path)
    assert again["text"] == ["Lời sau"]
    assert (await ngoc.post(path, again)).status == 303


async def test_a_reply_template_is_written_changed_over_a_shipped_one_and_removed(
    sign_in: SignIn, answering: KnowledgeBase
) -> None:
    ngoc = await sign_in(cast.NGOC)
    new = "/console/texts/templates/new"
    page = await write(ngoc, new, title="Đã xem", text="Phiếu {ma_so} đã xem")
    assert (page.status, "Không có biến {ma_so}: dùng {ten_don_vi}" in page.words) == (422, True)
    await write(ngoc, new, title="Đã xem", text="Phiếu {ma_phieu} đã xem", kinds=["report"])
    page = await write(ngoc, new, title="Đã xem", text="Lần nữa")
    assert (page.status, "Đã có mẫu tên này." in page.words) == (422, True)
    shipped = (await view(answering)).reply_templates[0]
    path = f"/console/texts/templates/{shipped.id}"
    await write(ngoc, path, text="Lời của xã")
    await publish(ngoc)
    found = {one.id: one.text for one in (await view(answering)).reply_templates}
    assert (found["da-xem"], found[shipped.id]) == ("Phiếu {ma_phieu} đã xem", "Lời của xã")
    await ngoc.post(f"{path}/remove")
    await publish(ngoc)
    found = {one.id: one.text for one in (await view(answering)).reply_templates}
    assert found[shipped.id] == shipped.text
    assert (await ngoc.get("/console/texts/templates/khong-co")).status == 404
