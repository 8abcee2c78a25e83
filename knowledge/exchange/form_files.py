"""Files of forms that citizens will download: told by their content, and nothing that runs a program."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from bot import limits
from bot.domain.errors import RefusedFileError
from knowledge.exchange.guard import OFFICE_2003, check_parts

_KINDS = "PDF, Word (.doc, .docx), Excel (.xls, .xlsx) hoặc OpenDocument (.odt)"
_OTHER = f"Không nhận ra loại tệp: mẫu đơn phải là {_KINDS}."
_LOCKED = "Tệp có mật khẩu nên người dân không mở được: bỏ mật khẩu rồi lưu lại."
_BROKEN = "Tệp bị hỏng, không mở được: mở bằng Word hoặc Excel, lưu lại rồi thử lần nữa."
_MACRO = "Tệp có macro (chương trình gắn kèm): lưu lại thành tệp không có macro."
_SCRIPT = "Tệp PDF có chương trình gắn kèm: in hoặc xuất lại thành PDF thường."
_OLD_MACRO = "_VBA_PROJECT".encode("utf-16-le")
_PDF_SCRIPT = re.compile(rb"/(?:JavaScript|Launch)\b")
_OLD_KINDS = {"doc": ("WordDocument",), "xls": ("Workbook", "Book")}
_ZIPPED_KINDS = {"docx": b"wordprocessingml.document.main", "xlsx": b"spreadsheetml.sheet.main"}


def ending_of(data: bytes) -> str:
    """pdf, doc, docx, xls, xlsx or odt. Raises RefusedFileError for anything else, and for what runs a program."""
    if len(data) > limits.FORM_FILE_BYTES:
        raise RefusedFileError(f"Tệp lớn hơn {limits.FORM_FILE_BYTES // 1_000_000} MB: giảm hình ảnh rồi lưu lại.")
    if not data.strip():
        raise RefusedFileError("Tệp rỗng: chọn lại tệp có nội dung.")
    if data.startswith(b"%PDF-"):
        if _PDF_SCRIPT.search(data):
            raise RefusedFileError(_SCRIPT)
        return "pdf"
    if data.startswith(OFFICE_2003):
        return _office_2003(data)
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return _zipped(archive)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, KeyError) as error:
            raise RefusedFileError(_BROKEN) from error
    raise RefusedFileError(_OTHER)


def _office_2003(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise RefusedFileError(_LOCKED)
    if _OLD_MACRO in data:
        raise RefusedFileError(_MACRO)
    places = {
        kind: min((place for name in names if (place := data.find(name.encode("utf-16-le"))) >= 0), default=-1)
        for kind, names in _OLD_KINDS.items()
    }
    found = [kind for kind, place in sorted(places.items(), key=lambda one: one[1]) if place >= 0]
    if not found:
        raise RefusedFileError(_OTHER)
    return found[0]


def _zipped(archive: zipfile.ZipFile) -> str:
    names = check_parts(archive)
    if "mimetype" in names and archive.read("mimetype").strip() == b"application/vnd.oasis.opendocument.text":
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise RefusedFileError(_LOCKED)
        return "odt"
    types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    for kind, sign in _ZIPPED_KINDS.items():
        if sign in types:
            return kind
    raise RefusedFileError(_OTHER)
