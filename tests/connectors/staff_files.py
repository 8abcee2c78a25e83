"""Files of staff in a real store, as an answer carries them."""

from __future__ import annotations

import hashlib
import io
import random

from PIL import Image

from bot.domain.messages import File
from bot.storage.files import FolderStore

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ELSEWHERE = "Mời ông/bà nhận tại Bộ phận Một cửa."


def picture(form: str = "JPEG", side: int = 64) -> bytes:
    """Of noise, which no format makes much smaller."""
    output = io.BytesIO()
    noise = Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side))
    noise.save(output, form, **({"quality": 95} if form == "JPEG" else {}))
    return output.getvalue()


async def kept(store: FolderStore, name: str, content: bytes, content_type: str) -> File:
    digest = hashlib.sha256(content).hexdigest()
    key = f"{digest[:2]}/{digest}"
    await store.put(key, content)
    return File(name, content_type, len(content), key)
