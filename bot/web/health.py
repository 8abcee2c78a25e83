"""Health and metrics."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.domain.errors import StorageUnavailableError
from bot.storage import migrate
from bot.web import keys

routes = web.RouteTableDef()


@routes.get("/health/live")
async def live(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@routes.get("/health/ready")
async def ready(request: web.Request) -> web.Response:
    """Ready to take messages: the database answers and is migrated, and something is published. Rasa is not
    asked: without it the assistant still answers, degraded."""
    problems = []
    try:
        if await migrate.pending(request.app[keys.DATABASE]):
            problems.append("database is not migrated")
    except StorageUnavailableError:
        problems.append("database does not answer")
    if not request.app[keys.KNOWLEDGE].units:
        problems.append("nothing is published")
    return web.json_response(
        {"status": "ok" if not problems else "not ready", "problems": problems},
        status=503 if problems else 200,
    )


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
