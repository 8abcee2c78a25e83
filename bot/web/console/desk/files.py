"""Files of citizens and staff, handed to whoever may see them: pictures to look at, everything else to save."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from bot import limits
from bot.media import PICTURES, thumbnail
from bot.web.console.services import CONSOLE

_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


async def read(request: web.Request, file_key: str | None) -> bytes:
    """Raises HTTPNotFound."""
    if not file_key:
        raise web.HTTPNotFound
    try:
        return await request.app[CONSOLE].desk.media.open(file_key)
    except LookupError:
        raise web.HTTPNotFound from None


def response(content: bytes, content_type: str | None, name: str) -> web.Response:
    """Only pictures are shown; a browser saves everything else and runs nothing."""
    is_picture = content_type in PICTURES
    headers = {
        "Content-Disposition": f"{'inline' if is_picture else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    shown = content_type if is_picture and content_type else "application/octet-stream"
    return web.Response(body=content, content_type=shown, headers=headers)


async def small(content: bytes, content_type: str | None) -> web.Response:
    """A small copy of a picture. Raises HTTPNotFound."""
    copy = await thumbnail(content, limits.THUMBNAIL_PIXELS) if content_type in PICTURES else None
    if copy is None:
        raise web.HTTPNotFound
    return response(copy, "image/jpeg", "nho.jpg")
