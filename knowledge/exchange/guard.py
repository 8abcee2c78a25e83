"""What a file is, told by its content and never by its name; dangerous and damaged ones are refused unread."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import Literal

from bot import limits
from bot.domain.errors import RefusedFileError

Kind = Literal["docx", "xlsx", "json", "yaml"]

OFFICE_2003 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN_PARTS: dict[Kind, str] = {"docx": "wordprocessingml", "xlsx": "spreadsheetml"}
_NAMES: dict[Kind, str] = {"docx": "Word (.docx)", "xlsx": "Excel (.xlsx)", "json": "JSON", "yaml": "YAML"}
_FOREIGN = {
    b"%PDF": "tệp PDF",
    b"\x89PNG": "ảnh",
    b"\xff\xd8\xff": "ảnh",
    b"GIF8": "ảnh",
    b"Rar!": "tệp nén RAR",
    b"7z\xbc\xaf": "tệp nén 7z",
    b"{\\rtf": "tệp RTF",
    b"MZ": "chương trình",
    b"\x7fELF": "chương trình",
}
_DTD = tuple("<!DOCTYPE".encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be"))
_TYPES = "[Content_Types].xml"
_MACROS = re.compile(r"vbaproject\.bin$|(?:^|/)macrosheets/|^basic/|^scripts/", re.IGNORECASE)
"""Parts of Word, Excel and OpenDocument files that are programs."""
_LARGE_PART = 1_000_000


def read_file(path: Path) -> bytes:
    """The bytes of a file, refused by its size before anything of it is read. Raises RefusedFileError, OSError."""
    check_size(path.stat().st_size)
    return path.read_bytes()


def check_size(size: int) -> None:
    """Raises RefusedFileError when a file of so many bytes is more than we read."""
    if size > limits.UPLOAD_BYTES:
        raise RefusedFileError(
            f"Tệp nặng {size / 1e6:.0f} MB, lớn hơn mức {limits.UPLOAD_BYTES // 1_000_000} MB: "
            "chia thành nhiều tệp nhỏ hoặc bỏ hình ảnh trong tệp."
        )


def kind_of(data: bytes) -> Kind:
    """The kind of a sound file. Raises RefusedFileError for anything else."""
    check_size(len(data))
    if not data.strip():
        raise RefusedFileError("Tệp rỗng: chọn lại tệp có nội dung.")
    if data.startswith(OFFICE_2003):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise RefusedFileError("Tệp có mật khẩu: mở tệp, bỏ mật khẩu rồi lưu lại.")
        raise RefusedFileError("Tệp ở định dạng cũ (.doc, .xls): mở tệp rồi lưu lại thành .docx hoặc .xlsx.")
    if data.startswith(b"PK"):
        return _office_kind(data)
    for start, name in _FOREIGN.items():
        if data.startswith(start):
            raise RefusedFileError(f"Đây là {name}: chỉ nhận Word (.docx), Excel (.xlsx), JSON hoặc YAML.")
    try:
        text = data.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError as error:
        raise RefusedFileError("Không nhận ra loại tệp: chỉ nhận .docx, .xlsx, hoặc JSON, YAML viết bằng UTF-8.") from (
            error
        )
    if "\x00" in text:
        raise RefusedFileError("Không nhận ra loại tệp: chỉ nhận .docx, .xlsx, JSON hoặc YAML.")
    if text.startswith("<"):
        raise RefusedFileError("Đây là trang web hoặc tệp XML: chỉ nhận .docx, .xlsx, JSON hoặc YAML.")
    return "json" if text.startswith(("{", "[")) else "yaml"


def expect(data: bytes, kind: Kind) -> None:
    """Raises RefusedFileError when the data are not a sound file of this kind."""
    found = kind_of(data)
    if found != kind and not (kind == "yaml" and found == "json"):
        raise RefusedFileError(f"Đây là tệp {_NAMES[found]}, không phải {_NAMES[kind]}: chọn lại tệp.")


def _office_kind(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _checked(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise RefusedFileError("Tệp bị hỏng, không mở được: tải hoặc lưu lại tệp rồi thử lại.") from error


def check_parts(archive: zipfile.ZipFile) -> set[str]:
    """The names of an archive's parts. Raises RefusedFileError for one that is locked, a bomb or carries macros."""
    parts = archive.infolist()
    if any(part.flag_bits & 0x1 for part in parts):
        raise RefusedFileError("Tệp có mật khẩu: mở tệp, bỏ mật khẩu rồi lưu lại.")
    swollen = any(
        part.file_size > _LARGE_PART and part.file_size > limits.UPLOAD_PART_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    total = sum(part.file_size for part in parts)
    if swollen or total > limits.UPLOAD_UNPACKED_BYTES or len(parts) > limits.UPLOAD_PARTS:
        raise RefusedFileError("Tệp nở ra quá lớn khi mở, giống tệp phá hoại: không nhận. Tạo lại tệp từ mẫu.")
    names = {part.filename for part in parts}
    types = archive.read(_TYPES) if _TYPES in names else b""
    if any(_MACROS.search(name) for name in names) or b"macroenabled" in types.lower():
        raise RefusedFileError("Tệp có macro (chương trình gắn kèm): lưu lại thành tệp không có macro.")
    return names


def _checked(archive: zipfile.ZipFile) -> Kind:
    if _TYPES not in check_parts(archive):
        raise RefusedFileError("Đây là tệp nén ZIP: giải nén rồi chọn từng tệp .docx, .xlsx, JSON hoặc YAML.")
    types = archive.read(_TYPES)
    for part in archive.infolist():
        if part.filename.endswith((".xml", ".rels")) and any(sign in archive.read(part) for sign in _DTD):
            raise RefusedFileError("Tệp có khai báo XML lạ (DOCTYPE): không nhận. Lưu lại tệp bằng Word hoặc Excel.")
    for kind, sign in _MAIN_PARTS.items():
        if sign.encode() in types:
            return kind
    raise RefusedFileError("Không phải tệp Word hay Excel: chỉ nhận .docx, .xlsx, JSON hoặc YAML.")
