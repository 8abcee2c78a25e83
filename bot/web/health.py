"""Health and metrics."""

from __future__ import annotations

import contextlib

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from bot.domain.errors import StorageUnavailableError
from bot.storage import migrate
from bot.web import keys, webhooks

ALARMS = Gauge("thanthien_channel_alarm", "1 while an administrator must act for the channel", ["platform", "account"])
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
    await _count_alarms(request)
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _count_alarms(request: web.Request) -> None:
    """With the database away the last known alarms stay."""
    platforms = request.app.get(webhooks.PLATFORMS)
    if platforms is None:
        return
    with contextlib.suppress(StorageUnavailableError):
        listed = await platforms.directory.listed()
        ALARMS.clear()
        for one in listed:
            if one.active and one.platform in platforms.gateways:
                ALARMS.labels(one.platform, one.account).set(one.alarm is not None)
