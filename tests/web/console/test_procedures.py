"""Thủ tục: from the list to a changed answer and back, by people of two units."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.domain import forms
from bot.domain.messages import Outcome
from bot.storage.editing import Key
from bot.storage.staff import Actor
from bot.storage.staff_tables import audit
from bot.web.console.services import Console
from tests import cast
from tests.exchange.word_files import paragraph, word_file
from tests.fakes import FakeClock
from tests.servers.chat import Client, Parts
from tests.talk import Talk
from tests.web.console.fixtures import SignIn
from tests.web.console.record_fixtures import *  # noqa: F403
from tests.web.console.record_fixtures import HOA, PROVINCE, RECORD, THU, VINH, Ask, Typing, published
from tests.web.console.visitor import Page, Visitor

PATH = f"/console/procedures/{RECORD}"
JSON = {"Accept": "application/json"}


def address(page: Page) -> str:
    assert page.location, page.words
    return page.location


def version_in(page: Page) -> str:
    assert page.root is not None
    return str(page.root.xpath("//input[@name='version']/@value")[0])


async def opened(visitor: Visitor, path: str = PATH) -> str:
    """The address of the revision whose editor opens."""
    await visitor.get(path)
    return address(await visitor.post(f"{path}/edit")).removesuffix("/edit")


async def sent(visitor: Visitor, path: str = PATH, **changes: Any) -> str:
    """A changed draft that waits for a second person; its address."""
    draft = await opened(visitor, path)
    typing = Typing.of(await visitor.get(f"{draft}/edit"))
    page = await visitor.post(typing.path, typing.having(then="send", **changes))
    assert page.location == path, page.words
    return draft


async def publishes(visitor: Visitor, draft: str, **fields: str) -> Page:
    page = await visitor.get(f"{draft}/review")
    return await visitor.post(f"{draft}/publish", {"version": version_in(page), **fields})


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


async def test_what_is_typed_saves_itself_and_what_is_wrong_is_named_beside_its_field(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    thu = await sign_in(THU)
    draft = await opened(thu)
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    wrong = typing.having(
        fees__0__amount_vnd="năm mươi", fees__0__text="50.000 đồng", as_of="32/13/2026", portal_url="dichvucong",
        documents__0__quantity="hai", legal_basis__0__date="xưa", cases__0__related="Thủ tục bịa",
        cases__0__when="cả hai vắng mặt", cases__0__note="Hỏi thêm",
    )  # fmt: skip
    page = await thu.post(typing.path, wrong, headers=JSON)
    assert page.status == 200
    answer = json.loads(page.text)
    assert set(answer["problems"]) == {
        "fees.0.amount_vnd", "as_of", "portal_url", "documents.0.quantity", "legal_basis.0.date", "cases.0.related",
    }  # fmt: skip
    assert answer["problems"]["fees.0.amount_vnd"].startswith("Ghi số tiền bằng đồng")
    kept = Typing.of(await thu.get(f"{draft}/edit")).fields
    assert (kept["fees.0.amount_vnd"], kept["as_of"]) == (["năm mươi"], ["32/13/2026"])
    right = typing.having(
        version=str(answer["version"]), fees__0__amount_vnd="50.000", fees__0__text="60.000 đồng một lần"
    )
    answer = json.loads((await thu.post(typing.path, right, headers=JSON)).text)
    assert answer["problems"] == {}
    assert "60.000 đồng một lần" in answer["phone"]
    assert "Xem lại cho khớp" in answer["warnings"]["fees.0.amount_vnd"]
    again = json.loads((await thu.post(typing.path, right | {"version": answer["version"]}, headers=JSON)).text)
    assert again["version"] == answer["version"]


async def test_rows_are_added_moved_and_removed_without_script(sign_in: SignIn, editors: dict[str, int]) -> None:
    thu = await sign_in(THU)
    draft = await opened(thu)
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    steps = [name for name in typing.fields if name.startswith("steps.")]
    first, second = typing.fields["steps.0"], typing.fields["steps.1"]
    page = await thu.post(typing.path, typing.having(op="down:steps:0"))
    typing = Typing.of(page)
    assert (typing.fields["steps.0"], typing.fields["steps.1"]) == (second, first)
    typing = Typing.of(await thu.post(typing.path, typing.having(op="remove:steps:0")))
    assert typing.fields["steps.0"] == first
    typing = Typing.of(await thu.post(typing.path, typing.having(op="add:steps")))
    assert len([name for name in typing.fields if name.startswith("steps.")]) == len(steps)
    fragment = await thu.post(f"{draft}/rows", typing.having(op="add:fees"), headers={"HX-Request": "true"})
    assert "autofocus" in fragment.text
    assert (await thu.post(f"{draft}/rows", typing.having(op="add:nothing"))).status == 400


async def uploaded(visitor: Visitor, typing: Typing, data: bytes, place: int = 0, **changes: Any) -> Page:
    """What the button of a form's file sends."""
    sent = aiohttp.FormData(quote_fields=False)  # as browsers write names
    for name, value in typing.having(**changes).items():
        if not name.endswith(".file"):
            for one in value if isinstance(value, list) else [value]:
                sent.add_field(name, one)
    sent.add_field("csrf", visitor.csrf)
    sent.add_field(f"forms.{place}.file", io.BytesIO(data), filename="Tờ khai (mới).docx")
    return await visitor.request("POST", typing.path.removesuffix("/edit") + "/forms", data=sent)


async def test_a_form_is_kept_as_a_file_that_citizens_get_with_the_publication(
    sign_in: SignIn, editors: dict[str, int], console: Console, client: Client, ask: Ask
) -> None:
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    content, draft = word_file(paragraph("TỜ KHAI")), await opened(thu)
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    page = await uploaded(thu, typing, content, result="Giấy chứng nhận", forms__0__name="Tờ khai kết hôn")
    assert page.location == f"{draft}/edit#mau-don", page.words
    page = await thu.get(f"{draft}/edit")
    typing = Typing.of(page)
    [file] = typing.fields["forms.0.url"]
    assert file == f"/procedures/forms/{hashlib.sha256(content).hexdigest()}/to-khai-ket-hon.docx"
    assert "to-khai-ket-hon.docx" in page.words
    assert typing.fields["result"] == ["Giấy chứng nhận"]
    assert await thu.download(f"/console{file}") == (200, forms.MEDIA_TYPES["docx"], content)
    assert (await client.get(file)).status == 404
    assert await console.desk.media.keys(timedelta(days=-1)) == []

    await thu.post(typing.path, typing.having(then="send"))
    assert f"/console{file}" in (await vinh.get(f"{draft}/review")).text
    await publishes(vinh, draft)
    async with client.get(file) as answer:
        assert (answer.status, await answer.read()) == (200, content)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="to-khai-ket-hon.docx"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in answer.headers["Cache-Control"]
    assert (await client.get(file.replace("to-khai", "khac"))).status == 404
    async with client.get(f"/procedures/{RECORD}") as answer:
        assert f'href="{file}"' in await answer.text()
    assert "Tờ khai kết hôn (tải bằng nút bên dưới)" in await ask("form")


async def test_a_file_that_is_no_form_is_refused_and_what_was_typed_is_kept(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    thu = await sign_in(THU)
    draft = await opened(thu)
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    page = await uploaded(thu, typing, b"MZ program", result="Giấy chứng nhận")
    assert page.status == 422
    assert "Không nhận tệp “Tờ khai (mới)”. Không nhận ra loại tệp" in page.words
    (kept,) = await console.editing.open_drafts(PROVINCE)
    assert kept.content["result"] == "Giấy chứng nhận"
    page = await uploaded(thu, Typing.of(page), b"%PDF-1.7", forms__0__name="")
    assert page.location
    (kept,) = await console.editing.open_drafts(PROVINCE)
    assert kept.content["forms"][0]["name"] == "Tờ khai (mới)"
    assert kept.content["forms"][0]["url"].endswith("/to-khai.pdf")
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    page = await thu.post(typing.path, typing.having(op="clear:forms:0"))
    assert Typing.of(page).fields["forms.0.url"] == [""]


async def test_a_file_sent_over_somebody_elses_version_is_still_in_the_form(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    draft = await opened(thu)
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    others = Typing.of(await vinh.get(f"{draft}/edit"))
    await vinh.post(others.path, others.having(result="Của Vinh"))
    page = await uploaded(thu, typing, b"%PDF-1.7")
    assert page.status == 409
    assert forms.is_kept(Typing.of(page).fields["forms.0.url"][0])


async def test_of_two_who_save_the_second_sees_who_when_and_what_and_loses_nothing(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    draft = await opened(thu)
    one, other = Typing.of(await thu.get(f"{draft}/edit")), Typing.of(await vinh.get(f"{draft}/edit"))
    await thu.post(one.path, one.having(result="Kết quả của Thu"))
    page = await vinh.post(other.path, other.having(receiving_place="Nơi của Vinh"))
    assert page.status == 409
    assert "Trịnh Thị Thu vừa lưu bản này lúc 09:0" in page.words
    assert "Kết quả của Thu" in page.words
    typing = Typing.of(page)
    assert typing.fields["receiving_place"] == ["Nơi của Vinh"]
    (kept,) = await console.editing.open_drafts(PROVINCE)
    assert kept.content["receiving_place"] != "Nơi của Vinh"
    await vinh.post(typing.path, typing.having(result="Kết quả của Thu"))
    (kept,) = await console.editing.open_drafts(PROVINCE)
    assert (kept.content["result"], kept.content["receiving_place"]) == ("Kết quả của Thu", "Nơi của Vinh")
    page = await thu.post(one.path, one.having(), headers=JSON)
    assert (page.status, "conflict" in page.text) == (409, True)


async def test_what_was_published_meanwhile_is_not_written_over_and_the_words_can_be_copied(
    sign_in: SignIn, editors: dict[str, int], console: Console
) -> None:
    thu, vinh = await sign_in(THU), await sign_in(VINH)
    draft = await opened(thu)
    typing = Typing.of(await thu.get(f"{draft}/edit"))
    await thu.post(f"{draft}/edit", typing.having(then="send"))
    await publishes(vinh, draft)
    page = await thu.post(typing.path, typing.having(result="Viết sau khi công bố"))
    assert page.status == 409
    assert "Viết sau khi công bố" in page.words
    assert (await thu.post(typing.path, typing.having(), headers=JSON)).status == 410
    assert (await thu.get(f"{draft}/edit")).location == draft


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
