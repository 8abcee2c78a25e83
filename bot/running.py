"""The long-running commands: everything on this machine, or one part of it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from rich.markup import escape

from bot.calibration import (
    GATE_FILE,
    Calibration,
    calibrate,
    keep_calibration,
    read_all,
    read_calibration,
    read_messages,
)
from bot.domain.errors import NluUnavailableError
from bot.models import ModelRunner, follow
from bot.supervisor import RasaError, RasaHost
from bot.system import System
from bot.terminal import console, errors, fail, step, working
from bot.training import (
    ARCHIVE,
    RASA_PROJECT,
    Origin,
    TrainingError,
    accept,
    archive,
    model_id,
    model_path,
    origin,
    refusal,
    running_model,
    taught,
    train,
)

log = structlog.get_logger("run")


async def run_parts(system: System, parts: set[str], *, banner: bool = False) -> None:
    """Runs web, worker and clock in this process until a signal asks to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        tasks: list[Coroutine[Any, Any, None]] = [system.knowledge.follow(system.signals)]
        if "worker" in parts:
            parts_of_it = (system.worker(), system.sender(), system.fetcher(), system.inviter())
            tasks += [one.run() for one in parts_of_it]
            tasks.append(follow(system))
        if "clock" in parts:
            tasks += [system.timekeeper().run(), system.harvester().run(), ModelRunner(system).run()]
        if "web" in parts:
            await stack.enter_async_context(_serving(system))
        running = [asyncio.create_task(task) for task in tasks]
        if banner:
            _welcome(system, first_account=not await system.staff.everybody())
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
    await prepared(system)
    await trained_model(system)
    async with rasa_running(system):
        await run_parts(system, {"web", "worker", "clock"}, banner=True)


async def prepared(system: System) -> None:
    """The database migrated and, when empty, the sample published."""
    with step("Cơ sở dữ liệu và thủ tục đã công bố"):
        await system.prepare()


async def trained_model(system: System, project: Path = RASA_PROJECT) -> None:
    """Makes sure a model is there, unless Rasa runs elsewhere: that of the present training data, or the running one
    when the gate refused that, or when only editors taught something since, which waits for the gate."""
    if not system.owns_rasa:
        return
    data_dir = system.settings.data_dir
    running = running_model(data_dir, project)
    base = model_id(project)
    if running.is_file() and origin(running).base == base:
        accept(running)
        return
    texts = await system.learning.training_texts()
    with taught(texts, project) as source:
        candidate = model_path(data_dir, source)
        reasons = refusal(candidate) if running != candidate else None
        if reasons is not None:
            errors.print(
                f"[yellow]![/] Mô hình của dữ liệu hiện tại ({candidate.parent.name}) đã bị từ chối; "
                f"dùng mô hình {running.parent.name}. Lý do: {escape('; '.join(reasons))}."
            )
            return
        accept(await present_model(data_dir, source, Origin(base, len(texts))))


async def present_model(data_dir: Path, project: Path, made_of: Origin, *, force: bool = False) -> Path:
    """The model of the present data, trained when it is not there."""
    if (kept := model_path(data_dir, project)).exists() and not force:
        return kept
    try:
        with working("Huấn luyện mô hình hiểu câu hỏi (khoảng một phút, chỉ khi dữ liệu thay đổi)") as progress:
            return await train(data_dir, progress, force=force, project=project, made_of=made_of)
    except TrainingError as error:
        fail(str(error))


@asynccontextmanager
async def rasa_for(system: System) -> AsyncIterator[None]:
    """Rasa for a single command: the running one, or one trained and started for it."""
    await system.prepare()
    await trained_model(system)
    async with rasa_running(system):
        yield


@asynccontextmanager
async def rasa_running(system: System, model: Path | None = None) -> AsyncIterator[None]:
    """Rasa answering with the running model, or the one given: a server already there is used, otherwise one is
    started and supervised."""
    if not system.owns_rasa:
        await calibrated_elsewhere(system)
        yield
        return
    model = model or running_model(system.settings.data_dir)
    with contextlib.suppress(NluUnavailableError):
        if await system.nlu.model() == model.name:
            await calibrated(system, model)
            yield
            return
    process = system.rasa_process(model)
    system.host = RasaHost(process, system.nlu, system.rasa_process)
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
        await calibrated(system, model)
        yield
    except RasaError as error:
        fail(str(error))
    finally:
        await system.host.stop()
        system.host = None


async def calibrated(system: System, model: Path | None = None, *, anew: bool = False) -> Calibration:
    """Makes the assistant use the thresholds kept with the running model, or with the one given that Rasa has loaded;
    computes them when there are none."""
    model = model or running_model(system.settings.data_dir)
    found = None if anew else read_calibration(model)
    if found is None:
        with step("Tính các ngưỡng trả lời cho mô hình"):
            found = calibrate(
                await read_all(
                    system, system.settings.default_unit, read_messages(system.settings.calibration_messages)
                )
            )
            keep_calibration(model, found)
            (model.parent / GATE_FILE).unlink(missing_ok=True)
    system.assistant.adopt(model.name, found.bands)
    return found


async def calibrated_elsewhere(system: System) -> None:
    """The same for a model that a Rasa of somebody else serves, kept here under the model's id."""
    if system.knowledge.of(system.settings.default_unit) is None:
        return
    try:
        name = await system.nlu.model()
    except NluUnavailableError as error:
        log.warning("calibration.without_rasa", error=str(error))
        return
    await calibrated(system, archive(system.settings.data_dir, name.removesuffix(ARCHIVE)))


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


def _welcome(system: System, *, first_account: bool) -> None:
    settings = system.settings
    address = f"http://{settings.host}:{settings.port}"
    console.print(f"\n[bold green]Trợ lý đang trả lời tại {address}/chat[/]")
    console.print(
        "  Nhúng vào trang của xã:   "
        f'<script src="{settings.public_url}/widget.js" data-unit="{settings.default_unit}" async></script>'
    )
    console.print(f"  Bàn làm việc của cán bộ:      {address}/console")
    if first_account:
        console.print(
            "  Chưa có tài khoản nào. Tạo tài khoản đầu tiên trong một cửa sổ lệnh khác, mật khẩu sẽ được hỏi:\n"
            '    than-thien user add TÊN --name "Họ và tên" --role administrator'
        )
    console.print("  Trò chuyện trong cửa sổ này:  than-thien chat")
    console.print("  Kiểm tra hệ thống:            than-thien check")
    console.print("  Sửa thủ tục:                  knowledge/content/procedures, rồi than-thien import procedures …")
    console.print("  Dừng: Ctrl-C\n")
