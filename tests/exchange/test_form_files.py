"""Which files citizens may download as forms."""

from __future__ import annotations

import io
import zipfile

import pytest

from bot import limits
from bot.domain.errors import RefusedFileError
from knowledge.exchange.form_files import ending_of
from knowledge.exchange.reading import write
from tests.exchange.word_files import paragraph, word_file

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def old(*names: str) -> bytes:
    """The directory of an Office 2003 file, as far as it tells what it holds."""
    return OLD + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *names))


def archive(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, content in parts.items():
            zipped.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def with_part(data: bytes, name: str) -> bytes:
    made = io.BytesIO(data)
    with zipfile.ZipFile(made, "a") as zipped:
        zipped.writestr(name, b"x")
    return made.getvalue()


ODT = {"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF__manifest.xml": b"<manifest/>"}


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (b"%PDF-1.7\n1 0 obj\n", "pdf"),
        (word_file(paragraph("TỜ KHAI")), "docx"),
        (write("xlsx", {}), "xlsx"),
        (archive(**ODT), "odt"),
        (old("WordDocument", "1Table"), "doc"),
        (old("Workbook"), "xls"),
    ],
    ids=["pdf", "docx", "xlsx", "odt", "doc", "xls"],
)
def test_a_form_is_told_by_its_content(data: bytes, ending: str) -> None:
    assert ending_of(data) == ending


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Tệp rỗng"),
        (b"%PDF-1.7 /S /JavaScript", "Tệp PDF có chương trình"),
        (with_part(word_file(paragraph("x")), "word/vbaProject.bin"), "Tệp có macro"),
        (with_part(write("xlsx", {}), "xl/macrosheets/sheet1.xml"), "Tệp có macro"),
        (with_part(archive(**ODT), "Basic/Standard/Module1.xml"), "Tệp có macro"),
        (old("WordDocument", "_VBA_PROJECT"), "Tệp có macro"),
        (old("EncryptedPackage"), "Tệp có mật khẩu"),
        (archive(**{**ODT, "META-INF__manifest.xml": b"<encryption-data/>"}), "Tệp có mật khẩu"),
        (b"PK\x03\x04 broken", "Tệp bị hỏng"),
        (archive(a=b"1"), "Không nhận ra loại tệp"),
        (b"MZ program", "Không nhận ra loại tệp"),
        (b"<html>", "Không nhận ra loại tệp"),
        (b"%PDF-" + b"0" * limits.FORM_FILE_BYTES, "Tệp lớn hơn 10 MB"),
    ],
    ids=["empty", "pdf", "docm", "xlsm", "odt", "doc", "locked", "locked odt", "broken", "zip", "exe", "html", "large"],
)
def test_what_runs_a_program_or_is_no_form_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(RefusedFileError, match=reason):
        ending_of(data)
