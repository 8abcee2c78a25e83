"""Files of procedures: handed in, previewed, made into drafts, and written again."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from typing import Any

import aiohttp
import pytest
from openpyxl import load_workbook

from bot import limits
from bot.storage.audit import AuditTrail
from bot.storage.editing import Editing, Key
from bot.storage.imports import SqlImports
from bot.storage.revisions import Revisions
from bot.storage.staff import Actor
from bot.web.console.services import Console
from knowledge.exchange.reading import Format, write
from tests import cast
from tests.exchange.test_procedures_xlsx import ROW, workbook
from tests.exchange.word_files import portal_object
from tests.fakes import FakeClock
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Page, Visitor

DEADLINE = 30.0


async def hand_in(visitor: Visitor, name: str, data: bytes) -> Page:
    """The answer to a form with the file."""
    form = aiohttp.FormData()
    form.add_field("csrf", visitor.csrf)
    form.add_field("file", io.BytesIO(data), filename=name, content_type="application/octet-stream")
    return await visitor.request("POST", "/console/imports", data=form)


async def imported(visitor: Visitor, name: str, data: bytes) -> Page:
    """The preview of a file, once it is read."""
    await visitor.get("/console/imports")
    answer = await hand_in(visitor, name, data)
    assert answer.status == 303, answer.words
    for _ in range(int(DEADLINE / 0.2)):
        page = await visitor.get(str(answer.location))
        if "Đang đọc tệp" not in page.words:
            return page
        await asyncio.sleep(0.2)
    raise AssertionError("the file was not read in time")


def inherited(console: Console) -> tuple[str, dict[str, Any]]:
    """The one procedure the sample commune answers about; its province publishes it."""
    view = console.view(cast.UNIT)
    assert view is not None
    [(name, one)] = view.procedures.items()
    return name, one.record.model_dump(mode="json")


def own(console: Console) -> bytes:
    """A file with a procedure nobody publishes yet, in our own YAML."""
    _, content = inherited(console)
    names = {"code": "9.000001", "name": "Nuôi chim yến", "short_name": "Nuôi yến"}
    return write("yaml", {"nuoi-yen": {**content, **names}})


async def test_a_new_procedure_becomes_a_draft_only_when_it_is_chosen_and_the_same_file_again_changes_nothing(
    sign_in: SignIn, console: Console, people: dict[str, int]
) -> None:
    editing, key = Editing(console.database, console.clock), Key("procedure", cast.UNIT, "nuoi-yen")
    ngoc = await sign_in(cast.NGOC)
    page = await imported(ngoc, "nuoi-yen.yaml", own(console))
    assert page.heading == "nuoi-yen.yaml"
    for shown in ("1 thủ tục trong tệp", "Thủ tục mới", "Nuôi yến", "Nội dung đọc được", "Tên thủ tụcNuôi chim yến"):
        assert shown in page.words, shown
    assert await editing.history(key) == []
    assert (await ngoc.post(f"{page.path}/drafts")).status == 422
    await ngoc.post(f"{page.path}/drafts", {"chosen": "0"})
    [draft] = await editing.history(key)
    assert (draft.state, draft.authors, draft.content["name"]) == ("draft", (people["ngoc"],), "Nuôi chim yến")
    page = await ngoc.get(page.path)
    assert "Đã tạo 1 bản nháp; chưa công bố gì." in page.words
    assert page.root is not None
    assert page.root.xpath("//a[@href='/console/procedures/nuoi-yen']")
    [entry] = await AuditTrail(console.database).page([cast.UNIT], action="record.imported", limit=5)
    assert (entry.staff_id, entry.details["records"]) == (people["ngoc"], ["nuoi-yen"])
    page = await imported(ngoc, "nuoi-yen.yaml", own(console))
    assert "Đã có bản nháp này" in page.words
    await ngoc.post(f"{page.path}/drafts", {"all": "1"})
    assert "Không tạo bản nháp nào. 1 thủ tục không có gì thay đổi." in (await ngoc.get(page.path)).words
    assert len(await editing.history(key)) == 1


async def test_another_open_draft_is_named_and_never_overwritten(
    sign_in: SignIn, console: Console, people: dict[str, int]
) -> None:
    editing, key = Editing(console.database, console.clock), Key("procedure", cast.UNIT, "nuoi-yen")
    await editing.start(key, {"name": "Bản đang viết"}, people["mai"])
    ngoc = await sign_in(cast.NGOC)
    page = await imported(ngoc, "nuoi-yen.yaml", own(console))
    assert "Lê Thị Mai đang có bản nháp khác của thủ tục này nên tệp không ghi đè." in page.words
    await ngoc.post(f"{page.path}/drafts", {"all": "1"})
    assert "1 thủ tục đang có bản nháp khác nên giữ nguyên bản đó." in (await ngoc.get(page.path)).words
    [draft] = await editing.history(key)
    assert draft.content == {"name": "Bản đang viết"}


async def test_a_source_that_says_something_else_when_it_is_read_again_marks_the_fields(
    sign_in: SignIn, console: Console
) -> None:
    ngoc = await sign_in(cast.NGOC)
    page = await imported(ngoc, "cong.json", json.dumps(portal_object()).encode())
    await ngoc.post(f"{page.path}/drafts", {"all": "1"})
    [draft] = await console.editing.open_drafts(cast.UNIT)
    assert await console.snapshots.open_changes(cast.UNIT) == []
    fees = [{"type": "FEE", "value_vnd": 70_000, "text": "Lệ phí 70.000 đồng"}]
    way = {"method": "DIRECT", "fees": fees, "processing": {"qty": 5, "unit": "WORKING_DAY"}, "note": ""}
    page = await imported(ngoc, "cong.json", json.dumps(portal_object(channels=[way])).encode())
    await ngoc.post(f"{page.path}/drafts", {"all": "1"})
    assert "Nguồn của 1 thủ tục đã đổi so với lần đọc trước" in (await ngoc.get(page.path)).words
    [change] = await console.snapshots.open_changes(cast.UNIT)
    assert (change.record_id, "fees" in change.fields) == (draft.key.record_id, True)
    assert "Nguồn đã đổi" in (await ngoc.get("/console/procedures?state=source")).words
    editor = await ngoc.get(f"/console/procedures/revisions/{draft.id}/edit")
    assert "Nguồn đã đổi: Phí, lệ phí" in editor.words


async def test_what_the_province_publishes_is_compared_but_not_overwritten_by_its_commune(
    sign_in: SignIn, console: Console
) -> None:
    name, content = inherited(console)
    ngoc = await sign_in(cast.NGOC)
    page = await imported(ngoc, f"{name}.yaml", write("yaml", {name: content}))
    assert "1 thủ tục trong tệp: không có gì thay đổi." in page.words
    changed = {**content, "result": "Kết quả khác hẳn"}
    page = await imported(ngoc, f"{name}.yaml", write("yaml", {name: changed}))
    assert "Do cấp trên công bố" in page.words
    assert f"Kết quả{content['result']}Kết quả khác hẳn" in page.words
    await ngoc.post(f"{page.path}/drafts", {"all": "1"})
    assert "1 thủ tục do cấp trên công bố nên không sửa ở đây." in (await ngoc.get(page.path)).words


async def test_a_record_published_anew_since_the_file_was_read_is_left_alone(sign_in: SignIn, console: Console) -> None:
    ngoc = await sign_in(cast.NGOC)
    page = await imported(ngoc, "nuoi-yen.yaml", own(console))
    imports, file = console.imports, int(page.path.rpartition("/")[2])
    found = await imports.file(cast.UNIT, file)
    assert found is not None
    taken = await imports.take(cast.TERMINAL, found, None, {"nuoi-yen": 999})
    assert taken.outcomes == {"stale": ["Nuôi yến"]}


async def test_bad_rows_are_named_with_their_cell_and_guesses_with_their_words(
    sign_in: SignIn, console: Console
) -> None:
    row = {**ROW, "Mã thủ tục": "sai mã", "Ngày kiểm tra gần nhất": "hôm qua"}
    data = workbook(row, fees=[["nuoi-chim", None, "Không", None]])
    page = await imported(await sign_in(cast.NGOC), "thu-tuc.xlsx", data)
    assert "2 chỗ trong tệp cần sửa" in page.words
    assert re.search(r"Thủ tục![A-Z]+2: mã “sai mã” không đúng dạng", page.words)
    assert "“hôm qua” không phải ngày: ghi dạng 20/11/2026" in page.words
    assert "hiểu là miễn phí: xác nhận, hay chưa có thông tin (trong tệp: “Không”)" in page.words
    assert "Thiếu 2 mục" in page.words
    assert "Ngày kiểm tra gần nhất: chưa có, cần bổ sung" in page.words


@pytest.mark.parametrize("ending", ["docx", "json", "xlsx"])
async def test_the_other_formats_are_told_by_their_content_and_not_by_their_name(
    sign_in: SignIn, console: Console, ending: Format
) -> None:
    name, content = inherited(console)
    page = await imported(await sign_in(cast.NGOC), "tep.bin", write(ending, {name: content}))
    assert "1 thủ tục trong tệp: không có gì thay đổi." in page.words


def with_macro() -> bytes:
    source = io.BytesIO(write("xlsx", {}))
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    return source.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Tệp rỗng"),
        (b"%PDF-1.7", "Đây là tệp PDF"),
        (b"PK\x03\x04 broken", "Tệp bị hỏng, không mở được"),
        (with_macro(), "Tệp có macro"),
    ],
    ids=["empty", "pdf", "broken", "macro"],
)
async def test_a_file_that_is_not_read_is_refused_with_the_reason(
    sign_in: SignIn, console: Console, data: bytes, reason: str
) -> None:
    ngoc = await sign_in(cast.NGOC)
    await ngoc.get("/console/imports")
    page = await hand_in(ngoc, "tep.xlsx", data)
    assert page.status == 422
    assert f"Không nhận tệp “tep.xlsx”. {reason}" in page.words
    assert await console.imports.latest(cast.UNIT, 5) == []


async def test_a_form_without_a_file_says_so(sign_in: SignIn) -> None:
    ngoc = await sign_in(cast.NGOC)
    await ngoc.get("/console/imports")
    page = await ngoc.post("/console/imports")
    assert page.status == 422
    assert "Chọn một tệp" in page.words


async def test_a_file_that_is_too_large_is_refused_with_the_most_that_is_taken(sign_in: SignIn) -> None:
    ngoc = await sign_in(cast.NGOC)
    await ngoc.get("/console/imports")
    page = await hand_in(ngoc, "lon.xlsx", b"0" * (limits.UPLOAD_BYTES + 1_000_000))
    assert page.status == 413
    assert "Mỗi lần gửi tối đa 20 MB." in page.words


async def test_a_file_its_reader_refuses_is_kept_with_the_reason(sign_in: SignIn) -> None:
    page = await imported(await sign_in(cast.NGOC), "tep.yaml", b"- chi la\n- danh sach\n")
    assert "Không nhận tệp này. Tệp YAML phải gồm các dòng “tên trường: giá trị”." in page.words


async def test_a_reader_that_fell_silent_is_not_waited_for(
    sign_in: SignIn, console: Console, clock: FakeClock, people: dict[str, int]
) -> None:
    ngoc = await sign_in(cast.NGOC)
    imports = SqlImports(console.database, clock)
    number = await imports.begin(Actor(people["ngoc"], cast.UNIT), "lon.xlsx")
    await imports.progress(number, 30, 100)
    page = await ngoc.get(f"/console/imports/{number}")
    assert "30 %" in page.words
    clock.advance(limits.IMPORT_SILENCE * 2)
    page = await ngoc.get(f"/console/imports/{number}")
    assert "Việc đọc tệp bị ngắt giữa chừng" in page.words


async def test_no_more_files_are_read_at_once_than_a_process_can_bear(
    sign_in: SignIn, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "IMPORTS_AT_ONCE", 0)
    ngoc = await sign_in(cast.NGOC)
    await ngoc.get("/console/imports")
    page = await hand_in(ngoc, "nuoi-yen.yaml", own(console))
    assert (page.status, "Hệ thống đang đọc tệp khác." in page.words) == (422, True)


async def test_another_unit_does_not_see_the_file(sign_in: SignIn, console: Console) -> None:
    page = await imported(await sign_in(cast.NGOC), "nuoi-yen.yaml", own(console))
    found = await console.imports.file(cast.OTHER_UNIT, int(page.path.rpartition("/")[2]))
    assert found is None


async def test_the_template_and_every_export_can_be_taken_and_read_again(sign_in: SignIn, console: Console) -> None:
    name, _ = inherited(console)
    ngoc = await sign_in(cast.NGOC)
    for path, kind in (
        ("template.xlsx", "spreadsheetml"), (f"export.yaml?record={name}", "yaml"), ("export.json", "json"),
    ):  # fmt: skip
        status, content_type, content = await ngoc.download(f"/console/imports/{path}")
        assert status == 200
        assert kind in content_type
        if path == "template.xlsx":
            assert load_workbook(io.BytesIO(content)).sheetnames[:2] == ["Hướng dẫn", "Thủ tục"]
        else:
            page = await imported(ngoc, "lai.tep", content)
            assert "không có gì thay đổi" in page.words
    assert (await ngoc.get("/console/imports/export.yaml?record=khong-co")).status == 404


async def test_what_the_unit_itself_publishes_is_changed_over_the_published_record(
    sign_in: SignIn, console: Console, clock: FakeClock
) -> None:
    name, content = inherited(console)
    await Revisions(console.database, clock).publish("procedure", cast.UNIT, {name: content})
    data = write("yaml", {name: {**content, "result": "Kết quả khác hẳn"}})
    ngoc = await sign_in(cast.NGOC)
    page = await imported(ngoc, f"{name}.yaml", data)
    assert "1 thay đổi" in page.words
    await ngoc.post(f"{page.path}/drafts", {"chosen": "0"})
    [draft, _] = await Editing(console.database, clock).history(Key("procedure", cast.UNIT, name))
    assert draft.content == {**content, "result": "Kết quả khác hẳn"}
