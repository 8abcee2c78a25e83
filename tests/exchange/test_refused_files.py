"""Files that are not read at all, each with a reason an editor understands."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot import limits
from bot.domain.errors import RefusedFileError
from knowledge.exchange import guard
from knowledge.exchange.procedures_xlsx import write_xlsx
from knowledge.exchange.reading import read_any
from tests.exchange.word_files import portal_file, rewritten

WORD = portal_file()
EXCEL = write_xlsx({})
MACRO_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def archive_of(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def encrypted_flag(data: bytes) -> bytes:
    """The archive with the bit that says its parts are encrypted."""
    changed = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(sign)
        changed[at + offset] |= 1
    return bytes(changed)


SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
REFUSED = {
    "empty": (b"  \n", "rỗng"),
    "macro in Word": (with_part(WORD, "word/vbaProject.bin", b"x"), "macro"),
    "macro in Excel": (with_part(EXCEL, "xl/vbaProject.bin", b"x"), "macro"),
    "macro by type": (
        rewritten(EXCEL, lambda xml: xml.replace(SPREADSHEET, MACRO_TYPE), "[Content_Types].xml"), "macro",
    ),
    "password": (guard.OFFICE_2003 + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "mật khẩu"),
    "password of the archive": (encrypted_flag(WORD), "mật khẩu"),
    "old Word": (guard.OFFICE_2003 + b"\0" * 600, ".docx"),
    "bomb": (with_part(WORD, "word/media/a.xml", b"\0" * 30_000_000), "quá lớn"),
    "cut off": (WORD[: len(WORD) // 2], "hỏng"),
    "plain archive": (archive_of(a=b"x"), "ZIP"),
    "no Office file": (archive_of(**{"[Content_Types].xml": b"<Types/>"}), "Word hay Excel"),
    "entities": (
        rewritten(WORD, lambda xml: xml.replace("<w:document", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                                                "<w:document", 1)), "DOCTYPE",
    ),
    "no XML": (rewritten(WORD, lambda xml: xml[:400]), "hỏng"),
    "PDF": (b"%PDF-1.7 ...", "PDF"),
    "picture": (b"\x89PNG\r\n\x1a\n", "ảnh"),
    "page": (b"<html><body>", "trang web"),
    "bytes": (bytes(range(128, 256)), "loại tệp"),
    "aliases": (b"a: &x [1, 2]\nb: [*x, *x]\n", "&"),
    "bad YAML": (b"name: [a\nfield: b: c\n", "dòng"),
    "words": (b"xin chao", "tên trường"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_dangerous_or_foreign_file_is_refused_with_its_reason(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(RefusedFileError, match=reason):
        read_any(data)


def test_a_file_of_100_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    started = time.process_time()
    with pytest.raises(RefusedFileError, match="100 MB"):
        guard.read_file(path)
    assert time.process_time() - started < 1
    with pytest.raises(RefusedFileError, match="MB"):
        guard.check_size(limits.UPLOAD_BYTES + 1)


def test_the_kind_is_told_by_the_content() -> None:
    assert [guard.kind_of(data) for data in (WORD, EXCEL, b'{"name": 1}', b"name: x")] == [
        "docx",
        "xlsx",
        "json",
        "yaml",
    ]
    with pytest.raises(RefusedFileError, match="Excel"):
        guard.expect(WORD, "xlsx")


@settings(max_examples=60, deadline=None)
@given(some.sampled_from([WORD, EXCEL]), some.integers(0, 10**6), some.binary(min_size=1, max_size=8))
def test_a_spoiled_file_is_read_or_refused_and_nothing_else(data: bytes, place: int, noise: bytes) -> None:
    at = place % len(data)
    with contextlib.suppress(RefusedFileError):
        read_any(data[:at] + noise + data[at + len(noise) :])
