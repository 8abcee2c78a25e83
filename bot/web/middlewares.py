"""What every answer goes through: our errors as JSON, security headers, request ids in the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.domain.errors import StorageUnavailableError

log = structlog.get_logger("web")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
RETRY_SECONDS = "5"


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Failures of ours never show their inside; a database away is 503, so that the sender tries again."""
    started = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except asyncio.CancelledError:
        status = 499  # the caller went away
        raise
    except web.HTTPException as error:
        status = error.status
        if request.path.startswith("/chat/api/") and status >= 400 and error.content_type != "application/json":
            return web.json_response({"error": error.reason}, status=status)
        raise
    except StorageUnavailableError as error:
        status = 503
        log.error("storage.unavailable", error=str(error))
        text = "Hệ thống đang bận, tin nhắn chưa được nhận. Xin thử lại sau ít giây."
        return web.json_response({"error": text}, status=503, headers={"Retry-After": RETRY_SECONDS})
    except Exception as error:
        log.exception("web.failed", error=type(error).__name__)
        return web.json_response({"error": "Hệ thống gặp trục trặc. Xin thử lại sau."}, status=500)
    finally:
        resource = request.match_info.route.resource
        log.debug(
            "web.request",
            method=request.method,
            route=resource.canonical if resource else None,
            status=status,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )


async def security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The chat page may be framed by any site (the widget needs it; it holds no cookie); nothing else may."""
    ancestors = "*" if request.path == "/chat" else "'none'"
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY.format(ancestors=ancestors))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if ancestors != "*":
        headers.setdefault("X-Frame-Options", "DENY")
