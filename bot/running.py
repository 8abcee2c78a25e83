"""The long-running commands: everything on this machine, or one part of it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiohttp import web

from bot.calibration import Calibration, calibrate, keep_calibration, read_all, read_calibration, read_messages
from bot.domain.errors import NluUnavailableError
from bot.supervisor import RasaError
from bot.system import System
from bot.terminal import console, fail, step, working
from bot.training import TrainingError, model_path, train

log = structlog.get_logger("run")
WORKERS = 2
SENDERS = 4
"""A platform takes a tenth of a second for a message; each sender has one on its way."""


async def run_parts(system: System, parts: set[str], *, banner: bool = False) -> None:
    """Runs web, worker and clock in this process until a signal asks to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        tasks: list[Coroutine[Any, Any, None]] = [system.knowledge.follow(system.signals)]
        if "worker" in parts:
            tasks += [system.worker(number).run() for number in range(WORKERS)]
            tasks += [system.sender().run() for _ in range(SENDERS)] + [system.fetcher().run(), system.inviter().run()]
        if "clock" in parts:
            tasks.append(system.timekeeper().run())
        if "web" in parts:
            await stack.enter_async_context(_serving(system))
        running = [asyncio.create_task(task) for task in tasks]
        if banner:
            _welcome(system)
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()  # a part that ended by itself failed: let it be seen
        finally:
            for task in [*running, stopping]:
                task.cancel()
            await asyncio.gather(*running, stopping, return_exceptions=True)
    if banner:
        console.print("\nĐã dừng. Hẹn gặp lại.")


async def run_everything(system: System) -> None:
    """Train when needed, migrate, publish the sample, start Rasa and the application."""
    await check_port(system)
    await trained_model(system)
    await prepared(system)
    async with rasa_running(system):
        await run_parts(system, {"web", "worker", "clock"}, banner=True)


async def prepared(system: System) -> None:
    """The database migrated and, when empty, the sample published."""
    with step("Cơ sở dữ liệu và thủ tục đã công bố"):
        await system.prepare()


async def trained_model(system: System) -> None:
    """Makes sure the model of the present training data exists, unless Rasa runs elsewhere."""
    if not system.owns_rasa or model_path(system.settings.data_dir).exists():
        return
    try:
        with working("Huấn luyện mô hình hiểu câu hỏi (khoảng một phút, chỉ khi dữ liệu thay đổi)") as progress:
            await train(system.settings.data_dir, progress)
    except TrainingError as error:
        fail(str(error))


@asynccontextmanager
async def rasa_for(system: System) -> AsyncIterator[None]:
    """Rasa for a single command: the running one, or one trained and started for it."""
    await trained_model(system)
    async with rasa_running(system):
        yield


@asynccontextmanager
async def rasa_running(system: System) -> AsyncIterator[None]:
    """Rasa answering: a server already there is used, otherwise one is started and supervised."""
    if not system.owns_rasa:
        yield
        return
    with contextlib.suppress(NluUnavailableError):
        if await system.nlu.model() == model_path(system.settings.data_dir).name:
            await calibrated(system)
            yield
            return
    process = system.rasa_process(model_path(system.settings.data_dir))
    try:
        with working("Khởi động Rasa (khoảng 10–20 giây)") as progress:
            await process.start()
            waiting = asyncio.create_task(process.ready(system.nlu))
            seconds = 0
            while not waiting.done():
                await asyncio.wait([waiting], timeout=1)
                seconds += 1
                progress(f"{seconds} giây")
            waiting.result()
        await calibrated(system)
        yield
    except RasaError as error:
        fail(str(error))
    finally:
        await process.stop()


async def calibrated(system: System, *, anew: bool = False) -> Calibration:
    """Makes the assistant use the thresholds kept with the model; computes them when there are none."""
    model = model_path(system.settings.data_dir)
    found = None if anew else read_calibration(model)
    if found is None:
        with step("Tính các ngưỡng trả lời cho mô hình"):
            found = calibrate(await read_all(system, system.settings.default_unit, read_messages()))
            keep_calibration(model, found)
    system.assistant.bands = found.bands
    return found


async def check_port(system: System) -> None:
    """Fails early, before minutes of training, when the port is taken."""
    host, port = system.settings.host, system.settings.port
    if port == 0:
        return
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as error:
        fail(_port_problem(error, host, port))
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def _serving(system: System) -> AsyncIterator[None]:
    runner = web.AppRunner(system.web_app(), access_log=None, handle_signals=False, shutdown_timeout=3.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, system.settings.host, system.settings.port).start()
    except OSError as error:
        await runner.cleanup()
        fail(_port_problem(error, system.settings.host, system.settings.port))
    try:
        yield
    finally:
        await runner.cleanup()


def _port_problem(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Cổng {port} đang bị chương trình khác dùng. Tắt chương trình đó, hoặc đặt THANTHIEN_PORT sang cổng khác."
        )
    if error.errno == errno.EACCES:
        return f"Không được phép mở cổng {port}. Đặt THANTHIEN_PORT lớn hơn 1023."
    return f"Không mở được {host}:{port} ({error.strerror}). Kiểm tra THANTHIEN_HOST và THANTHIEN_PORT."


def _welcome(system: System) -> None:
    settings = system.settings
    address = f"http://{settings.host}:{settings.port}"
    console.print(f"\n[bold green]Trợ lý đang trả lời tại {address}/chat[/]")
    console.print(
        "  Nhúng vào trang của xã:   "
        f'<script src="{settings.public_url}/widget.js" data-unit="{settings.default_unit}" async></script>'
    )
    console.print("  Trò chuyện trong cửa sổ này:  than-thien chat")
    console.print("  Kiểm tra hệ thống:            than-thien check")
    console.print("  Sửa thủ tục:                  knowledge/content/procedures, rồi than-thien import procedures …")
    console.print("  Dừng: Ctrl-C\n")
