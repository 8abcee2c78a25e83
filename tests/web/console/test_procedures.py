"""Thủ tục: from the list to a changed answer and back, by people of two units."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.messages import Outcome
from bot.storage.editing import Key
from bot.storage.staff import Actor
from bot.storage.staff_tables import audit
from bot.web.console.services import Console
from tests import cast
from tests.fakes import FakeClock
from tests.servers.chat import Client, Parts
from tests.talk import Talk
from tests.web.console.fixtures import SignIn
from tests.web.console.record_fixtures import *  # noqa: F403
from tests.web.console.record_fixtures import (
    HOA,
    PATH,
    PROVINCE,
    RECORD,
    THU,
    VINH,
    Ask,
    Typing,
    address,
    opened,
    published,
    publishes,
    sent,
    version_in,
)


async def test_a_changed_fee_is_reviewed_published_answered_and_rolled_back(
    sign_in: SignIn, editors: dict[str, int], ask: Ask
) -> None:
    before = await ask()
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    assert "Đăng ký kết hôn" in (await thu.get("/console/procedures?q=ket+hon")).words
    draft = await sent(thu, fees__0__text="60.000 đồng", fees__0__amount_vnd="60.000", as_of="23/11/2026")
    assert await ask() == before
    page = await vinh.get(PATH)
    assert "Chờ duyệt" in page.words
    page = await vinh.get(f"{draft}/review")
    assert "60.000 đồng" in page.words
    assert "xã Tân An: dùng nguyên bản" in page.words
    assert (await publishes(vinh, draft)).location == PATH
    answer = await ask()
    assert "60.000 đồng" in answer
    assert "23/11/2026" in answer

    page = await vinh.get(PATH)
    assert page.root is not None
    listed = page.root.xpath("//a[contains(@href, '/procedures/revisions/')]/@href")
    first = min(set(listed), key=lambda one: int(one.rpartition("/")[2]))
    await vinh.get(first)
    assert (await vinh.post(f"{first}/roll-back", {"note": "nhầm"})).location == PATH
    assert await ask() == before
    assert "quay về nội dung bản 1" in (await vinh.get(PATH)).words


async def test_who_wrote_it_cannot_publish_it_unless_the_unit_switched_that_off(
    sign_in: SignIn, editors: dict[str, int], console: Console, ask: Ask
) -> None:
    thu = await sign_in(THU)
    draft = await sent(thu, fees__0__text="60.000 đồng", fees__0__amount_vnd="60.000")
    page = await thu.get(f"{draft}/review")
    assert "cần một người khác" in page.words
    (one,) = await console.editing.open_drafts(PROVINCE)
    page = await thu.post(f"{draft}/publish", {"version": str(one.version)})
    assert page.status == 422
    assert "nên cần một người khác công bố" in page.words
    await console.editing.amend(Key("unit", PROVINCE, PROVINCE), {"four_eyes": False}, editors["vinh"])
    await console.knowledge.refresh()
    assert (await publishes(thu, draft)).location == PATH
    assert "60.000 đồng" in await ask()


async def test_a_draft_goes_back_with_a_reason_and_comes_again(sign_in: SignIn, editors: dict[str, int]) -> None:
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    draft = await sent(thu, result="Giấy chứng nhận")
    page = await vinh.get(f"{draft}/review")
    version = version_in(page)
    assert (await vinh.post(f"{draft}/send-back", {"version": version})).status == 422
    page = await vinh.post(f"{draft}/send-back", {"version": version, "note": "Thiếu căn cứ"})
    assert page.location == PATH
    assert "Phan Quang Vinh trả lại: Thiếu căn cứ" in (await thu.get(f"{draft}/edit")).words


async def test_sending_twice_is_harmless_and_a_change_takes_it_back(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    thu = await sign_in(THU)
    draft = await sent(thu, result="Giấy chứng nhận")
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    assert (await thu.post(typing.path, typing.having(then="send"))).location == PATH
    assert "Bản này đã được gửi duyệt." in (await thu.get(PATH)).words
    await thu.post(typing.path, typing.having(result="Giấy khác"))
    (one,) = await console.editing.open_drafts(PROVINCE)
    assert one.state == "draft"


async def test_a_schedule_waits_for_its_day_and_a_wrong_day_is_named(
    sign_in: SignIn, editors: dict[str, int], ask: Ask, console: Console, clock: FakeClock
) -> None:
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    draft = await sent(thu, fees__0__text="60.000 đồng", fees__0__amount_vnd="60.000")
    page = await publishes(vinh, draft, effective_from="mai")
    assert page.status == 422
    assert "Ghi ngày dạng 20/11/2026." in page.words
    assert page.root is not None
    assert page.root.xpath("//input[@name='effective_from']/@value") == ["mai"]
    page = await publishes(vinh, draft, effective_from="25/11/2026", effective_to="24/11/2026")
    assert "Ngày cuối phải từ ngày đầu trở đi." in page.words
    await publishes(vinh, draft, effective_from="25/11/2026")
    assert "Đã hẹn công bố từ 25/11/2026" in (await vinh.get(PATH)).words
    assert "Chờ tới ngày 25/11/2026" in (await vinh.get("/console/procedures?state=scheduled")).words
    assert "60.000" not in await ask()
    clock.advance(timedelta(days=2))
    await console.knowledge.refresh()
    assert "60.000 đồng" in await ask()


async def test_the_switch_stops_answers_at_once_and_only_who_set_it_lifts_it(
    sign_in: SignIn, editors: dict[str, int], ask: Ask
) -> None:
    thu, mai = await sign_in(THU), await sign_in(cast.MAI)
    await mai.get(PATH)
    assert (await mai.post(f"{PATH}/suspend", {"note": "đang xác minh phí"})).location == PATH
    assert "đang được cập nhật" in await ask()
    assert "đang được cập nhật" not in await ask(unit=PROVINCE)
    page = await mai.get(PATH)
    assert "Lê Thị Mai tạm ngừng" in page.words
    assert "đang xác minh phí" in page.words
    await mai.post(f"{PATH}/resume")
    assert "đang được cập nhật" not in await ask()
    await thu.get(PATH)
    await thu.post(f"{PATH}/suspend")
    assert "đang được cập nhật" in await ask()
    assert "chỉ cấp trên mở lại được" in (await mai.get(PATH)).words
    await mai.post(f"{PATH}/resume")
    assert "đang được cập nhật" in await ask()


async def test_a_withdrawn_procedure_is_gone_and_can_come_back(
    sign_in: SignIn, editors: dict[str, int], ask: Ask
) -> None:
    thu = await sign_in(THU)
    await thu.get(PATH)
    assert "Ghi lý do" in (await thu.post(f"{PATH}/withdraw")).words
    assert (await thu.post(f"{PATH}/withdraw", {"note": "QĐ 12 bãi bỏ"})).location == PATH
    assert "Đăng ký kết hôn" not in await ask()
    page = await thu.get("/console/procedures?state=withdrawn")
    assert "Đăng ký kết hôn" in page.words
    page = await thu.get(PATH)
    assert page.root is not None
    (first,) = page.root.xpath("//a[contains(@href, '/procedures/revisions/')]/@href")
    await thu.post(f"{first}/roll-back")
    assert "Đăng ký kết hôn" in await ask("overview") or "đăng ký kết hôn" in await ask("overview")


async def test_a_commune_adds_its_place_and_hours_and_nothing_else(
    sign_in: SignIn, editors: dict[str, int], ask: Ask, client: Client
) -> None:
    ngoc, hoa = await sign_in(cast.NGOC), await sign_in(HOA)
    page = await ngoc.get(PATH)
    assert "do Đồng Nai công bố" in page.words
    assert "Phần bổ sung của đơn vị" in page.words
    draft = await opened(ngoc)
    page = await ngoc.get(f"{draft}/edit")
    typing = Typing.of(page)
    assert not [name for name in typing.fields if name.startswith("fees")]
    added = typing.having(
        place="Bộ phận một cửa, 12 Lê Lợi", hours="7 giờ 30 đến 11 giờ", note="Thứ Sáu nghỉ chiều",
        contacts__0__kind="phone", contacts__0__value="0251 000 0099", contacts__0__label="Chị trực",
        fees__0__text="1 đồng", then="send",
    )  # fmt: skip
    assert (await ngoc.post(typing.path, added)).location == PATH
    assert (await publishes(hoa, draft)).location == PATH
    answer = await ask("place")
    for part in ("12 Lê Lợi", "7 giờ 30 đến 11 giờ", "Chị trực: 0251 000 0099", "Thứ Sáu nghỉ chiều"):
        assert part in answer
    assert "12 Lê Lợi" not in await ask("place", unit=PROVINCE)
    async with client.get(f"/procedures/{RECORD}", params={"unit": cast.UNIT}) as response:
        catalogue = await response.text()
    assert "Bộ phận một cửa, 12 Lê Lợi" in catalogue
    assert "Thứ Sáu nghỉ chiều" in catalogue
    assert "1 đồng" not in await ask("fee")
    thu = await sign_in(THU)
    draft = await sent(thu, result="Giấy mới")
    page = await (await sign_in(VINH)).get(f"{draft}/review")
    assert "xã Tân An: giữ phần riêng về nơi nộp, giờ nhận hồ sơ, liên hệ, ghi chú" in page.words


async def test_a_communes_own_copy_of_an_inherited_procedure_is_not_published(
    sign_in: SignIn, editors: dict[str, int], console: Console, ask: Ask
) -> None:
    in_force = await console.editing.in_force(Key("procedure", PROVINCE, RECORD))
    assert in_force is not None
    copy = in_force.content | {"result": "Giấy riêng của xã"}
    draft = await console.editing.start(Key("procedure", cast.UNIT, RECORD), copy)
    draft = await console.editing.send(draft.id, draft.version)
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get(f"/console/procedures/revisions/{draft.id}/review")
    assert "Thủ tục này do Đồng Nai công bố" in page.words
    page = await ngoc.post(f"/console/procedures/revisions/{draft.id}/publish", {"version": str(draft.version)})
    assert page.status == 422
    assert "Giấy riêng của xã" not in await ask("result")


async def test_a_new_procedure_of_the_commune_is_written_step_by_step(
    sign_in: SignIn, editors: dict[str, int], ask: Ask
) -> None:
    ngoc, hoa = await sign_in(cast.NGOC), await sign_in(HOA)
    await ngoc.get("/console/procedures/new")
    page = await ngoc.post("/console/procedures/new", {"short_name": "", "name": "", "id": ""})
    assert "Ghi tên gọi ngắn" in page.words
    page = await ngoc.post("/console/procedures/new", {"short_name": "Đăng ký kết hôn", "name": "", "id": ""})
    assert "Đã có thủ tục với mã này" in page.words
    page = await ngoc.post("/console/procedures/new", {"short_name": "Mượn nhà văn hóa", "name": "", "id": ""})
    draft = address(page).removesuffix("/edit")
    assert "Mượn nhà văn hóa" in (await ngoc.get("/console/procedures?state=draft")).words
    typing = Typing.of(await ngoc.get(f"{draft}/edit"))
    page = await ngoc.post(typing.path, typing.having(then="send"))
    assert page.status == 422
    assert "Kết quả: Chưa có, cần bổ sung." in page.words
    typing = Typing.of(page)
    filled = typing.having(
        field="Văn hóa", level="Cấp xã", authority="UBND xã", audience="Công dân\nTổ chức", receiving_place="Một cửa",
        result="Giấy cho mượn", citizen_phrases="mượn nhà văn hóa\nmuon nha van hoa", sources="Quyết định 1/QĐ-UBND",
        verification_note="Đã đối chiếu", processing_time__text="Trong ngày", then="send",
    )  # fmt: skip
    assert (await ngoc.post(typing.path, filled)).location == "/console/procedures/muon-nha-van-hoa"
    assert (await publishes(hoa, draft)).status == 303
    assert "Giấy cho mượn" in await ask("result", "muon-nha-van-hoa")


async def test_a_discarded_draft_changes_nothing_and_stays_in_the_history(
    sign_in: SignIn, editors: dict[str, int], ask: Ask
) -> None:
    before, thu = await ask(), await sign_in(THU)
    draft = await opened(thu)
    page = await thu.get(f"{draft}/edit")
    assert (await thu.post(f"{draft}/discard", {"version": "99"})).status == 409
    assert (await thu.post(f"{draft}/discard", {"version": version_in(page)})).location == PATH
    assert await ask() == before
    assert "Đã rút" in (await thu.get(PATH)).words


async def test_any_two_revisions_are_compared_field_by_field(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    first = await published(console, editors, result="Giấy thứ nhất")
    second = await published(console, editors, result="Giấy thứ hai")
    thu = await sign_in(THU)
    page = await thu.get(f"{PATH}/compare?old={first.id}&new={second.id}")
    assert "Kết quảGiấy thứ nhấtGiấy thứ hai" in page.words
    assert "Hai bản giống nhau" in (await thu.get(f"{PATH}/compare?old={first.id}&new={first.id}")).words
    assert (await thu.get(f"{PATH}/compare?old={first.id}&new=999")).status == 404


async def test_a_changed_source_marks_the_fields_until_an_editor_has_looked(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    actor, url = Actor(editors["thu"], PROVINCE), "https://dichvucong.gov.vn/x"
    fees = [{"amount_vnd": 0, "text": "Miễn phí", "when": None}]
    await console.snapshots.take(actor, RECORD, url, {"fees": fees, "result": "Giấy"})
    thu = await sign_in(THU)
    assert "Nguồn đã đổi" not in (await thu.get("/console/procedures")).words
    await console.snapshots.take(actor, RECORD, url, {"fees": [fees[0] | {"text": "70.000 đồng"}], "result": "Giấy"})
    assert "Nguồn đã đổi" in (await thu.get("/console/procedures?state=source")).words
    assert "1 thủ tục có nguồn đã đổi" in (await thu.get("/console/")).words
    page = await thu.get(PATH)
    assert "Miễn phí → 70.000 đồng" in page.words
    draft = await opened(thu)
    assert "Nguồn đã đổi: Phí, lệ phí" in (await thu.get(f"{draft}/edit")).words
    (change,) = await console.snapshots.open_changes(PROVINCE)
    assert (await thu.post(f"{PATH}/sources/{change.id}/settle")).location == PATH
    assert (await thu.post(f"{PATH}/sources/{change.id}/settle")).status == 404
    assert "Nguồn đã đổi" not in (await thu.get("/console/procedures")).words


async def test_the_list_finds_without_diacritics_and_says_what_is_due(
    sign_in: SignIn, editors: dict[str, int], console: Console, clock: FakeClock
) -> None:
    ngoc = await sign_in(cast.NGOC)
    page = await ngoc.get("/console/procedures?q=khai+tu")
    assert "Đăng ký khai tử" in page.words
    assert "Đồng Nai" in page.words
    assert "Không có thủ tục nào khớp" in (await ngoc.get("/console/procedures?q=phi+thuyen")).words
    assert "Không có thủ tục nào khớp" in (await ngoc.get("/console/procedures?state=due")).words
    clock.advance(timedelta(days=370))
    ngoc = await sign_in(cast.NGOC)
    assert "Đăng ký khai tử" in (await ngoc.get("/console/procedures?state=due")).words
    assert "thủ tục đến hạn kiểm tra" in (await ngoc.get("/console/")).words


async def test_nobody_reaches_the_drafts_of_another_unit(sign_in: SignIn, editors: dict[str, int]) -> None:
    thu, ngoc = await sign_in(THU), await sign_in(cast.NGOC)
    draft = await opened(thu)
    for path in (draft + "/edit", draft + "/review"):
        assert (await ngoc.get(path)).status == 404
    for path in ("/edit", "/rows", "/publish", "/discard", "/send-back", "/roll-back"):
        assert (await ngoc.post(draft + path, {"version": "0"})).status == 404


async def test_an_answer_leads_to_the_revision_it_was_made_of(
    sign_in: SignIn, editors: dict[str, int], console: Console, parts: Parts
) -> None:
    view = console.view(cast.UNIT)
    assert view is not None
    used = view.procedures[RECORD].revision
    talk = Talk(parts.inbox, await parts.channels.ensure("web", cast.UNIT, cast.UNIT))
    await talk.hears("phí bao nhiêu", Outcome.ANSWER, procedure=RECORD, revision=used)
    for person, may in ((cast.NGOC, True), (cast.LAN, False)):
        visitor = await sign_in(person)
        page = await visitor.get("/console/messages/2")
        assert (f"/console/procedures/revisions/{used}" in page.text) is may
        page = await visitor.get(f"/console/procedures/revisions/{used}")
        assert page.status == (200 if may else 403)


async def test_every_step_is_in_the_audit_trail(sign_in: SignIn, editors: dict[str, int], console: Console) -> None:
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    draft = await sent(thu, result="Giấy mới")
    await publishes(vinh, draft)
    await vinh.post(f"{PATH}/suspend")
    await vinh.post(f"{PATH}/resume")
    query = (
        select(audit.c.action, audit.c.staff_id).where(audit.c.subject == f"procedure:{RECORD}").order_by(audit.c.id)
    )
    async with console.database.read() as connection:
        done = [tuple(row) for row in (await connection.execute(query)).all()]
    one, other = editors["thu"], editors["vinh"]
    assert done == [
        ("record.started", one), ("record.sent", one), ("record.published", other), ("record.suspended", other),
        ("record.resumed", other),
    ]  # fmt: skip


@pytest.mark.parametrize("person", [cast.MAI, cast.QUAN], ids=lambda one: one.login)
async def test_leader_and_administrator_set_how_the_unit_works(
    sign_in: SignIn, console: Console, people: dict[str, int], person: cast.Person
) -> None:
    visitor = await sign_in(person)
    assert "Theo cấp trên: cần hai người" in (await visitor.get("/console/settings")).words
    page = await visitor.post("/console/settings", {"four_eyes": "no", "check_every_days": "180"})
    assert page.status == 422
    page = await visitor.post(
        "/console/settings",
        {"four_eyes": "no", "check_every_days": "180", "warn_after_days": "30", "refuse_after_days": "20"},
    )
    assert "không nhỏ hơn" in page.words
    page = await visitor.post(
        "/console/settings",
        {"four_eyes": "no", "check_every_days": "180", "warn_after_days": "30", "refuse_after_days": "60"},
    )
    assert page.location == "/console/settings"
    view = console.view(cast.UNIT)
    assert view is not None
    assert view.four_eyes is False
    assert view.freshness_rules is not None
    assert view.freshness_rules.check_every_days == 180
    page = await visitor.get("/console/settings")
    assert page.root is not None
    assert page.root.xpath("//select[@name='four_eyes']/option[@selected]/@value") == ["no"]
