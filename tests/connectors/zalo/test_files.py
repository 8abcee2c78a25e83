"""Files of staff reach the citizen as Zalo takes them; what it does not take is named with where to get it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from bot.domain.channels import Outgoing
from bot.domain.messages import File, Reply
from bot.storage.files import FolderStore
from connectors.zalo import limits
from tests.connectors.staff_files import ELSEWHERE, PDF, kept, picture
from tests.connectors.zalo.conftest import Process
from tests.connectors.zalo.test_connector import Ledger
from tests.servers.zalo import PretendZalo
from tests.servers.zalo_state import CITIZEN

Make = Callable[..., Outgoing]
WORDS = "Xin gửi ông/bà văn bản trả lời."


def carrying(*files: File) -> Reply:
    return Reply(WORDS, files=files, elsewhere=ELSEWHERE)


async def test_a_picture_and_a_document_are_uploaded_and_sent_by_their_ids(
    process: Process, zalo: PretendZalo, outgoing: Make, files: FolderStore
) -> None:
    photo = await kept(files, "Ổ gà đã vá.jpeg", picture(), "image/jpeg")
    paper = await kept(files, "Văn bản trả lời.pdf", PDF, "application/pdf")
    ledger = Ledger()
    await process.connector.send(outgoing(carrying(photo, paper)), ledger)
    assert [one.kind for one in zalo.sent_to(CITIZEN)] == ["text", "image", "file"]
    assert zalo.texts_to(CITIZEN)[0] == WORDS
    uploads = {one.upload_id: one for one in zalo.uploads.known.values()}
    shown, attached = (one.body["message"]["attachment"] for one in zalo.sent[1:])
    [element] = shown["payload"]["elements"]
    assert element == {"media_type": "image", "attachment_id": element["attachment_id"]}
    assert uploads[element["attachment_id"]].name == "Ổ gà đã vá.jpg"
    assert attached == {"type": "file", "payload": {"token": attached["payload"]["token"]}}
    assert (uploads[attached["payload"]["token"]].name, uploads[attached["payload"]["token"]].content) == (
        "Văn bản trả lời.pdf",
        PDF,
    )
    assert ledger.ids == [one.message_id for one in zalo.sent]


async def test_a_picture_above_a_megabyte_is_made_smaller(
    process: Process, zalo: PretendZalo, outgoing: Make, files: FolderStore
) -> None:
    photo = await kept(files, "lớn.png", picture("PNG", 900), "image/png")
    assert photo.size > 2 * limits.IMAGE_BYTES
    await process.connector.send(outgoing(carrying(photo)), Ledger())
    [uploaded] = zalo.uploads.known.values()
    assert len(uploaded.content) <= limits.IMAGE_BYTES
    assert Image.open(io.BytesIO(uploaded.content)).format == "JPEG"
    assert uploaded.name == "lớn.jpg"


async def test_a_gif_is_sent_with_its_size(
    process: Process, zalo: PretendZalo, outgoing: Make, files: FolderStore
) -> None:
    await process.connector.send(outgoing(carrying(await kept(files, "a.gif", picture("GIF"), "image/gif"))), Ledger())
    [element] = zalo.sent[-1].body["message"]["attachment"]["payload"]["elements"]
    assert (element["media_type"], element["width"], element["height"]) == ("gif", 64, 64)


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [
        ("bảng.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 100),
        ("dài.pdf", "application/pdf", limits.FILE_BYTES + 1),
        ("giọng.mp3", "audio/mpeg", 100),
    ],
)
async def test_what_zalo_does_not_take_is_named_with_where_to_get_it(
    process: Process, zalo: PretendZalo, outgoing: Make, name: str, kind: str, size: int
) -> None:
    await process.connector.send(outgoing(carrying(File(name, kind, size, "ab/" + "0" * 64))), Ledger())
    assert zalo.texts_to(CITIZEN) == [f"{WORDS}\nKèm theo: {name}. {ELSEWHERE}"]
    assert zalo.uploads.known == {}


async def test_a_file_that_is_gone_or_refused_is_named_in_its_place(
    process: Process, zalo: PretendZalo, outgoing: Make, files: FolderStore
) -> None:
    gone = File("mất.pdf", "application/pdf", 10, "ab/" + "0" * 64)
    renamed = await kept(files, "văn bản.pdf", PDF, "application/pdf")
    await process.connector.send(outgoing(carrying(gone)), Ledger())
    zalo.faults.error(-210, path="/v2.0/oa/upload/file")
    await process.connector.send(outgoing(carrying(renamed)), Ledger())
    words = [f"Kèm theo: {one}. {ELSEWHERE}" for one in ("mất.pdf", "văn bản.pdf")]
    assert zalo.texts_to(CITIZEN) == [WORDS, words[0], WORDS, words[1]]


async def test_an_upload_that_ran_out_is_made_once_more(
    process: Process, zalo: PretendZalo, outgoing: Make, files: FolderStore
) -> None:
    paper = await kept(files, "a.pdf", PDF, "application/pdf")
    zalo.faults.error(-100, path="/v3.0/oa/message/cs")
    await process.connector.send(outgoing(replace(carrying(paper), text="")), Ledger())
    assert [one.kind for one in zalo.sent] == ["file"]
    assert len(zalo.uploads.known) == 2


async def test_after_the_words_only_the_file_is_left_to_send(
    process: Process, zalo: PretendZalo, outgoing: Make, files: FolderStore
) -> None:
    paper = await kept(files, "a.pdf", PDF, "application/pdf")
    await process.connector.send(outgoing(carrying(paper), parts_sent=1), Ledger())
    assert [one.kind for one in zalo.sent] == ["file"]


async def test_a_visitor_without_identity_is_told_where_to_get_it(
    process: Process, zalo: PretendZalo, outgoing: Make, files: FolderStore
) -> None:
    paper = await kept(files, "a.pdf", PDF, "application/pdf")
    await process.connector.send(outgoing(carrying(paper), citizen_id="anonymous:v1:c1"), Ledger())
    assert [one.text for one in zalo.sent] == [f"{WORDS}\nKèm theo: a.pdf. {ELSEWHERE}"]
