"""`make demo`: the product beside pretend platforms, and a page on which one plays a citizen of either.

Nothing here is pretended but Zalo and Facebook: web, worker, clock and sender run as `than-thien run` starts them, with
the trained Rasa and a SQLite database in a temporary folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.system import System
from bot.terminal import configure_logging, console, errors, working
from bot.training import ROOT, TrainingError, train
from tests.servers import free_port
from tests.servers.demo_stage import FACEBOOK, SWITCHES, ZALO, Stage
from tests.servers.product import Process, answering, installed, settings_for

PAGE = Path(__file__).parent / "demo_page"
PHOTO_BYTES = 8 * 1024 * 1024
ACTS = ("text", "tap", "place", "follow")
LOOK_SECONDS = 1.5
WAIT_SECONDS = 20.0
TEXT_CHARACTERS = 2_000


@dataclass(frozen=True)
class Demo:
    page: str
    """Address of the page one plays on."""
    product: str
    """Address of the product."""
    log: Path
    stage: Stage
    process: Process


@asynccontextmanager
async def running(folder: Path, *, port: int = 0, few: bool = False, **settings: Any) -> AsyncIterator[Demo]:
    """Everything started, the product answering. `settings`: of the product, e.g. the Rasa servers to use."""
    async with AsyncExitStack() as stack:
        stage = Stage()
        await stack.enter_async_context(stage.zalo)
        await stack.enter_async_context(stage.graph)
        chosen = settings_for(folder, stage.zalo, stage.graph, nlu_port=free_port(), **settings)
        office = await stack.enter_async_context(installed(chosen, stage.zalo, stage.graph, few=few))
        process = Process("run", chosen)
        process.start()
        stack.callback(process.stop)
        await answering(process, chosen.public_url)
        stage.zalo.webhooks.url = f"{chosen.public_url}/webhooks/zalo"
        await stack.enter_async_context(stage.watched_webhooks(f"{chosen.public_url}/webhooks/facebook"))
        looking = asyncio.create_task(_look(stage, office))
        stack.callback(looking.cancel)
        runner = web.AppRunner(_page(stage, office), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield Demo(address, chosen.public_url, process.log, stage, process)


async def _look(stage: Stage, office: System) -> None:
    while True:
        await stage.look(office)
        await asyncio.sleep(LOOK_SECONDS)


def _page(stage: Stage, office: System) -> web.Application:
    routes = web.RouteTableDef()

    @routes.get("/")
    async def page(request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:", "Cache-Control": "no-store"}
        return web.FileResponse(PAGE / "index.html", headers=headers)

    @routes.get("/state")
    async def state(request: web.Request) -> web.Response:
        since = request.query.get("since", "")
        await stage.changed(int(since) if since.isascii() and since.isdigit() else -1, WAIT_SECONDS)
        return web.json_response(stage.state())

    @routes.post("/act")
    async def act(request: web.Request) -> web.Response:
        asked = await _asked(request)
        platform, name = _one_of(asked, "platform", (ZALO, FACEBOOK)), _one_of(asked, "act", ACTS)
        text, value = str(asked.get("text", ""))[:TEXT_CHARACTERS].strip(), str(asked.get("value", ""))
        if name == "text" and not text:
            raise web.HTTPBadRequest(text="text")
        return web.json_response({"status": await stage.act(platform, name, text, value)})

    @routes.post("/photo")
    async def photo(request: web.Request) -> web.Response:
        platform = _one_of(request.query, "platform", (ZALO, FACEBOOK))
        name = f"{secrets.token_hex(6)}.{request.content_type.rpartition('/')[2]}"
        address = stage.zalo.media.add(name, await request.read(), request.content_type)
        return web.json_response({"status": await stage.act(platform, "photo", "", address)})

    @routes.get("/photo/{name}")
    async def shown(request: web.Request) -> web.Response:
        content, kind = stage.zalo.media._files.get(request.match_info["name"], (b"", ""))
        if not kind.startswith("image/"):
            raise web.HTTPNotFound
        return web.Response(body=content, content_type=kind)

    @routes.post("/switch")
    async def switch(request: web.Request) -> web.Response:
        asked = await _asked(request)
        platform, to = _one_of(asked, "platform", (ZALO, FACEBOOK)), _one_of(asked, "to", SWITCHES)
        await stage.switch(platform, to, office)
        return web.json_response({})

    @routes.post("/resend")
    async def resend(request: web.Request) -> web.Response:
        await _asked(request)
        again = [await stage.resend(platform, None, office) for platform in (ZALO, FACEBOOK)]
        return web.json_response({"again": sum(again)})

    app = web.Application(client_max_size=PHOTO_BYTES)
    app.add_routes(routes)
    app.router.add_static("/static", PAGE)
    return app


async def _asked(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":  # no other site's form may press our buttons
        raise web.HTTPUnsupportedMediaType
    asked = await request.json()
    if not isinstance(asked, dict):
        raise web.HTTPBadRequest(text="object")
    return asked


def _one_of(asked: Any, name: str, allowed: tuple[str, ...]) -> str:
    if asked.get(name) not in allowed:
        raise web.HTTPBadRequest(text=name)
    return str(asked[name])


async def main() -> None:
    configure_logging("error")
    with working("Mô hình hiểu câu hỏi") as progress:
        await train(ROOT / "data", progress)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="thanthien-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "models").symlink_to(ROOT / "data" / "models")
        async with AsyncExitStack() as stack:
            with working("Khởi động Rasa, web, worker, clock và hai nền tảng giả (khoảng nửa phút)"):
                starting = asyncio.create_task(stack.enter_async_context(running(folder)))
                stopping = asyncio.create_task(stop.wait())
                await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                if not starting.done():
                    starting.cancel()
                    await asyncio.gather(starting, return_exceptions=True)
                    return
                demo = starting.result()
            console.print(f"\n[bold green]Đóng vai người dân tại {demo.page}[/]")
            console.print(f"  Trợ lý (web chat):   {demo.product}/chat")
            console.print(f"  Zalo giả:            {demo.stage.zalo.api_url}")
            console.print(f"  Graph giả:           {demo.stage.graph.url}")
            console.print(f"  Nhật ký của trợ lý:  {demo.log}")
            console.print("  Dừng: Ctrl-C\n")
            ended = asyncio.create_task(_ended(demo.process))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                errors.print(f"[bold red]✗[/] Trợ lý đã tự dừng. Xem {demo.log}")
            for task in (ended, stopping):
                task.cancel()
        console.print("Đã dừng.")


async def _ended(process: Process) -> None:
    while process.code is None:  # noqa: ASYNC110  (an operating system's process has no event)
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(main())
    except (RuntimeError, TrainingError) as error:
        errors.print(f"[bold red]✗[/] {error}")
        raise SystemExit(1) from None
