"""Files of forms an editor chose: kept under their hash, and referred to by the rows of the draft."""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import structlog
from aiohttp import web

from bot import limits
from bot.domain import forms
from bot.domain.errors import RefusedFileError
from bot.ports import MediaStore
from bot.web.console.records import form
from bot.web.console.records.form import Typed
from knowledge.exchange.drafts import slug
from knowledge.exchange.form_files import ending_of

log = structlog.get_logger("console")
BODY = limits.RECORD_BYTES + limits.FORM_FILE_BYTES
"""A file and the record around it."""


async def taken(sent: Mapping[str, Any], typed: Typed, media: MediaStore) -> tuple[Typed, dict[str, str]]:
    """What was typed with the chosen files (`forms.0.file`) in their rows, and by path of the row why one was refused.
    A file is kept before anything refers to it; the same file again is the same address."""
    rows, refused = list(typed.rows["forms"]), {}
    for place, row in enumerate(rows):
        chosen = sent.get(f"forms.{place}.file")
        if not isinstance(chosen, web.FileField) or not chosen.filename:
            continue
        named = unicodedata.normalize("NFC", PurePath(chosen.filename.replace("\\", "/")).stem)[:200]
        content = await asyncio.to_thread(chosen.file.read, limits.FORM_FILE_BYTES + 1)
        try:
            ending = await asyncio.to_thread(ending_of, content)
        except RefusedFileError as error:
            refused[f"forms.{place}.url"] = f"Không nhận tệp “{named[:80]}”. {error}"
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        address = forms.address_of(sha256, slug(row["name"] or named) or "mau-don", ending)
        try:
            await media.put(forms.key_of(address), content)
        except Exception as error:  # whatever the store raises, what was typed is kept
            log.exception("form.not_kept", error=type(error).__name__)
            refused[f"forms.{place}.url"] = "Chưa lưu được tệp lúc này. Xin chọn tệp và thử lại."
            continue
        rows[place] = {**row, "name": row["name"] or named, "url": address}
    return form.with_rows(typed, "forms", rows), refused
