"""Forms (mẫu đơn) kept as files: their address in the catalogue, and the key they lie under (bot.ports.MediaStore)."""

from __future__ import annotations

import re
from collections.abc import Mapping

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
}
"""By the ending of the address, which is that of the content."""
_START = "/procedures/forms/"
ADDRESS_PATTERN = rf"{_START}[0-9a-f]{{64}}/[a-z0-9-]{{1,80}}\.(?:{'|'.join(MEDIA_TYPES)})"
KEY_PATTERN = rf"forms/[0-9a-f]{{64}}\.(?:{'|'.join(MEDIA_TYPES)})"


def address_of(sha256: str, stem: str, ending: str) -> str:
    """`stem`: what a citizen's copy is called, in plain lower-case letters."""
    return f"{_START}{sha256}/{stem}.{ending}"


def is_kept(address: str | None) -> bool:
    """Whether an address is that of a file of ours."""
    return address is not None and re.fullmatch(ADDRESS_PATTERN, address) is not None


def key_of(address: str) -> str:
    """Where the file of an address of ours lies: apart from citizens' files, so that nothing sweeps it away."""
    sha256, _, name = address.removeprefix(_START).partition("/")
    return f"forms/{sha256}.{ending_of(name)}"


def ending_of(address: str) -> str:
    return address.rpartition(".")[2]


def name_of(address: str) -> str:
    """The file name a citizen's copy gets."""
    return address.rpartition("/")[2]


def download_headers(address: str) -> dict[str, str]:
    """A browser saves the file and runs nothing of it."""
    return {
        "Content-Disposition": f'attachment; filename="{name_of(address)}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    }
