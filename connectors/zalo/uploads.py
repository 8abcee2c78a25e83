"""Files of staff on their way to Zalo: each is uploaded, then sent by the id the upload gave (§5).

What Zalo takes is decided from the file's facts alone, so that the parts of a reply are the same in every attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from bot.domain.errors import SendFailedError
from bot.domain.messages import File
from bot.ports import SentFiles
from connectors.zalo import limits, messages
from connectors.zalo.api import ZaloApi

_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


class Upload(StrEnum):
    IMAGE = "image"
    """Made smaller where Zalo finds it too large."""
    GIF = "gif"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Attached:
    """A part that is a file. `instead`: the words that take its place when Zalo refuses it."""

    upload: Upload
    file: File
    instead: str


def upload_of(file: File) -> Upload | None:
    """None for what Zalo does not take."""
    if file.content_type == "image/gif" and file.size <= limits.GIF_BYTES:
        return Upload.GIF
    if file.content_type in _PICTURES:
        return Upload.IMAGE
    is_document = PurePath(file.name).suffix.lstrip(".").lower() in limits.FILE_ENDINGS
    return Upload.FILE if is_document and file.size <= limits.FILE_BYTES else None


class Uploads:
    def __init__(self, api: ZaloApi, files: SentFiles) -> None:
        self._api = api
        self._files = files

    async def message(self, channel_id: int, part: Attached) -> messages.Message:
        """Uploads the file. Raises SendFailedError; `rejected` where only the words can be sent instead."""
        try:
            return await self._message(channel_id, part)
        except LookupError:
            raise SendFailedError("file_gone") from None

    async def _message(self, channel_id: int, part: Attached) -> messages.Message:
        file = part.file
        if part.upload is Upload.IMAGE:
            content, ending = await self._files.picture(file.key, limits.IMAGE_BYTES)
            name = f"{PurePath(file.name).stem}.{ending}"
            return messages.image(await self._api.upload_image(channel_id, name, content))
        content = await self._files.open(file.key)
        if part.upload is Upload.GIF:
            width, height = (int.from_bytes(content[at : at + 2], "little") for at in (6, 8))
            return messages.gif(await self._api.upload_gif(channel_id, file.name, content), width, height)
        return messages.file(await self._api.upload_file(channel_id, file.name, content))
