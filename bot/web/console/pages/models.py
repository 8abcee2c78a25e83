"""Models: train and compare, read the report, publish, go back to a kept one."""

from __future__ import annotations

from aiohttp import web

from bot.domain.models import ModelRun
from bot.domain.staff import Permission
from bot.storage.staff import Actor
from bot.web.console import learning_words as words
from bot.web.console.auth import signed
from bot.web.console.live import announce
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE

RUNS_SHOWN = 10
MODELS_TOPIC = "models"

NAV = Nav("Mô hình", "/console/models", Permission.MODELS, 310, "models", "m")
routes = web.RouteTableDef()


@routes.get("/models")
@requires(Permission.MODELS)
async def overview(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]
    runs = await console.models.runs(RUNS_SHOWN)
    current = await console.models.current()
    kept = await console.models.kept()
    by_id = {one.id: one for one in kept}
    publications = await console.models.publications(RUNS_SHOWN)
    taught = len(await console.learning.training_texts())
    running = by_id.get(current.model_id) if current else None
    context = {
        "runs": [one for one in runs if not one.is_open],
        "open": next((one for one in runs if one.is_open), None),
        "current": current,
        "running": running,
        "kept": [one for one in kept if one.kept and (current is None or one.id != current.model_id)],
        "changing": publications[0] if publications and publications[0].state == "waiting" else None,
        "failed": publications[0] if publications and publications[0].state == "failed" else None,
        "publications": publications,
        "taught": taught,
        "untrained": taught - (running.learned if running else 0),
        "words": words,
    }
    return await render(request, "models.html", context)


@routes.post("/models/runs")
@requires(Permission.MODELS)
async def begin(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    run_id = await console.models.request(Actor(who.staff.id, who.unit_id), who.unit_id)
    await _tell(request)
    said = "Đã gửi yêu cầu huấn luyện." if run_id else "Đang có một lần huấn luyện khác; xin chờ xong."
    return see(request, "/console/models", said)


@routes.get(r"/models/runs/{run:\d{1,18}}")
@requires(Permission.MODELS)
async def report(request: web.Request) -> web.StreamResponse:
    console, found = request.app[CONSOLE], await _run(request)
    current = await console.models.current()
    model = await console.models.model(found.model_id) if found.model_id else None
    is_current = current is not None and current.model_id == found.model_id
    may_publish = found.state == "passed" and model is not None and model.kept and model.refused is None
    context = {
        "run": found,
        "report": found.report,
        "is_current": is_current,
        "may_publish": may_publish and not is_current,
        "words": words,
    }
    return await render(request, "model_run.html", context)


@routes.post(r"/models/runs/{run:\d{1,18}}/cancel")
@requires(Permission.MODELS)
async def cancel(request: web.Request) -> web.StreamResponse:
    console, who, found = request.app[CONSOLE], signed(request), await _run(request)
    done = await console.models.cancel(Actor(who.staff.id, who.unit_id), found.id)
    await _tell(request)
    return see(request, "/console/models", "Đang dừng lần huấn luyện." if done else "Lần huấn luyện này đã xong.")


@routes.post(r"/models/{model:[0-9a-f]{8,40}}/publish")
@requires(Permission.MODELS)
async def publish(request: web.Request) -> web.StreamResponse:
    """Also the way back to a model that answered before."""
    console, who = request.app[CONSOLE], signed(request)
    done = await console.models.publish(Actor(who.staff.id, who.unit_id), who.unit_id, request.match_info["model"])
    await _tell(request)
    if done is None:
        said = "Chưa đổi được: mô hình này đang dùng, đã bị từ chối, không còn được giữ, hoặc đang có lần đổi khác."
        return see(request, "/console/models", said)
    return see(request, "/console/models", "Đang đổi mô hình; người dân vẫn được trả lời trong lúc đó.")


async def _run(request: web.Request) -> ModelRun:
    found = await request.app[CONSOLE].models.run(int(request.match_info["run"]))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _tell(request: web.Request) -> None:
    console = request.app[CONSOLE]
    await console.signals.notify(MODELS_TOPIC)
    await announce(console.signals, signed(request).unit_id, "models")
