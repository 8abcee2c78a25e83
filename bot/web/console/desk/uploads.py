"""Files staff attach: what they are is read from their bytes, and a name that says otherwise is refused."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import PurePath

from aiohttp import web

from bot import limits
from bot.domain.messages import File
from bot.media import RefusedError, cleaned
from bot.ports import MediaStore

_SAME = {"jpeg": "jpg", "jpe": "jpg", "tiff": "tif", "m4v": "mp4", "mpeg": "mp3"}
_REASONS = {
    "empty": "tệp rỗng",
    "type_unknown": "không rõ loại tệp",
    "type_not_allowed": "loại tệp này không được đính kèm",
    "picture_too_large": "ảnh có quá nhiều điểm ảnh",
    "picture_broken": "ảnh hỏng, không mở được",
}
ALLOWED = "ảnh (JPG, PNG, WEBP, GIF), PDF, Word, Excel, PowerPoint, OpenDocument, âm thanh, video"
ACCEPTED = ".jpg,.jpeg,.png,.webp,.gif,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.mp3,.m4a,.mp4,.mov,.webm"


class UploadRefusedError(Exception):
    """A file that is not kept. `str`: a sentence for the one who chose it."""


async def keep(chosen: Sequence[object], media: MediaStore) -> list[File]:
    """Checks all files of a form and keeps them, or none. Raises UploadRefusedError."""
    files = [one for one in chosen if isinstance(one, web.FileField) and one.filename]
    if len(files) > limits.STAFF_FILES:
        raise UploadRefusedError(f"Mỗi lần chỉ đính kèm được {limits.STAFF_FILES} tệp.")
    checked = [(await asyncio.to_thread(_checked, one)) for one in files]
    kept = []
    for name, content, content_type, ending in checked:
        digest = hashlib.sha256(content).hexdigest()
        key = f"{digest[:2]}/{digest}.{ending}"
        await media.put(key, content)
        kept.append(File(name, content_type, len(content), key))
    return kept


def _checked(field: web.FileField) -> tuple[str, bytes, str, str]:
    name = PurePath(field.filename.replace("\\", "/")).name[:200]
    content = field.file.read(limits.MEDIA_BYTES + 1)
    if len(content) > limits.MEDIA_BYTES:
        most = limits.MEDIA_BYTES // 1_000_000
        raise UploadRefusedError(f"Tệp “{name}” lớn hơn {most} MB. Xin nén lại hoặc chia nhỏ; chưa gửi gì.")
    try:
        content, content_type, ending = cleaned(content)
    except RefusedError as error:
        reason = _REASONS.get(str(error).partition(" ")[0], "không đọc được tệp")
        raise UploadRefusedError(f"Không nhận tệp “{name}”: {reason}. Nhận {ALLOWED}; chưa gửi gì.") from None
    named = PurePath(name).suffix.lstrip(".").lower()
    if _SAME.get(named, named) != _SAME.get(ending, ending):
        raise UploadRefusedError(
            f"Tệp “{name}” mang đuôi .{named or '?'} nhưng bên trong là {ending.upper()}. "
            "Xin kiểm tra lại tệp này có đúng là tệp cần gửi không; chưa gửi gì."
        )
    return name, content, content_type, ending
