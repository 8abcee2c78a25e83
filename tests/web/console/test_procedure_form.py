"""The form of a procedure: what is typed, files of forms, two people at once."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import aiohttp

from bot.domain import forms
from bot.web.console.services import Console
from tests.exchange.word_files import paragraph, word_file
from tests.servers.chat import Client
from tests.web.console.fixtures import SignIn
from tests.web.console.record_fixtures import *  # noqa: F403
from tests.web.console.record_fixtures import (
    PROVINCE,
    RECORD,
    THU,
    VINH,
    Ask,
    Typing,
    opened,
    publishes,
)
from tests.web.console.visitor import Page, Visitor

JSON = {"Accept": "application/json"}


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
