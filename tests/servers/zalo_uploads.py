"""Files of the pretend Zalo: uploads, whose ids end after seven days, and the host of what citizens sent."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime

from aiohttp import BodyPartReader, web

from tests.servers.zalo_state import UPLOADS_A_MONTH, UPLOADS_LIVE, RefusedError, Upload

ENDINGS = {"image": ("jpg", "jpeg", "png"), "gif": ("gif",), "file": ("pdf", "doc", "docx", "csv")}
LIMITS = {"image": 1024 * 1024, "gif": 5 * 1024 * 1024, "file": 5 * 1024 * 1024}


class Uploads:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.left = UPLOADS_A_MONTH
        self.file_answer = "token"
        """One client also met `attachment_id` here."""
        self.known: dict[str, Upload] = {}
        self._numbers = itertools.count(1)

    def add(self, kind: str, name: str, content: bytes) -> dict[str, str]:
        """The answer's data; empty for a file whose name has another ending."""
        if self.left <= 0:
            raise RefusedError(-211)
        self.left -= 1
        if len(content) > LIMITS[kind]:
            raise RefusedError(-210)
        if name.rpartition(".")[2].lower() not in ENDINGS[kind]:
            return {}
        upload = Upload(f"{kind}-{next(self._numbers)}-Xk9mQ2", kind, name, content, self.now())
        self.known[upload.upload_id] = upload
        return {self.file_answer if kind == "file" else "attachment_id": upload.upload_id}

    def find(self, kind: str, upload_id: str) -> None:
        """Raises for an id that a message cannot use."""
        upload = self.known.get(upload_id)
        if upload is None or upload.kind != kind:
            raise RefusedError(-201, "token" if kind == "file" else "attachment_id")
        if self.now() - upload.at > UPLOADS_LIVE:
            raise RefusedError(-100)


async def uploaded_file(request: web.Request) -> tuple[str, bytes]:
    """Name and content of the multipart field `file`."""
    if not request.content_type.startswith("multipart/"):
        raise RefusedError(-201, "file")
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "file":
            return part.filename or "", bytes(await part.read())
    raise RefusedError(-201, "file")


class MediaHost:
    """Serves pictures and files under the addresses that webhook events name."""

    def __init__(self) -> None:
        self.url = ""
        self._files: dict[str, tuple[bytes, str]] = {}

    def add(self, name: str, content: bytes, content_type: str = "image/jpeg") -> str:
        """The address for an event."""
        self._files[name] = (content, content_type)
        return f"{self.url}/media/{name}"

    def forget(self, name: str) -> None:
        """The address has run out."""
        del self._files[name]

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/media/{name}", self._serve)]

    async def _serve(self, request: web.Request) -> web.Response:
        if request.match_info["name"] not in self._files:
            raise web.HTTPNotFound
        content, content_type = self._files[request.match_info["name"]]
        return web.Response(body=content, content_type=content_type)
