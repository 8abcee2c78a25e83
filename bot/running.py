"""The long-running commands: everything on this machine, or one part of it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from rich.markup import escape

from bot.calibration import (
    MESSAGES,
    Calibration,
    LabelledMessage,
    calibrate,
    keep_calibration,
    read_all,
    read_calibration,
    read_messages,
)
from bot.domain.errors import NluUnavailableError
from bot.gate import Figures, Observation, faults, figures
from bot.supervisor import RasaError, free_port
from bot.system import System, opened
from bot.terminal import console, errors, fail, step, working
from bot.training import (
    ARCHIVE,
    RASA_PROJECT,
    ROOT,
    TrainingError,
    accept,
    archive,
    model_path,
    refusal,
    refuse,
    running_model,
    train,
)

log = structlog.get_logger("run")
WORKERS = 2
GATE_FILE = "gate.json"
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
    await trained_model(system)
    await prepared(system)
    async with rasa_running(system):
        await run_parts(system, {"web", "worker", "clock"}, banner=True)


async def prepared(system: System) -> None:
    """The database migrated and, when empty, the sample published."""
    with step("Cơ sở dữ liệu và thủ tục đã công bố"):
        await system.prepare()


async def trained_model(system: System, project: Path = RASA_PROJECT) -> None:
    """Makes sure a model is there, unless Rasa runs elsewhere: that of the present training data, or the running one
    when the gate refused that."""
    if not system.owns_rasa:
        return
    data_dir = system.settings.data_dir
    candidate, running = model_path(data_dir, project), running_model(data_dir, project)
    reasons = refusal(candidate) if running != candidate else None
    if reasons is not None:
        errors.print(
            f"[yellow]![/] Mô hình của dữ liệu hiện tại ({candidate.parent.name}) đã bị từ chối; "
            f"dùng mô hình {running.parent.name}. Lý do: {escape('; '.join(reasons))}."
        )
        return
    accept(await _present_model(data_dir, project))


async def _present_model(data_dir: Path, project: Path) -> Path:
    """The model of the present data, trained when it is not there."""
    if (kept := model_path(data_dir, project)).exists():
        return kept
    try:
        with working("Huấn luyện mô hình hiểu câu hỏi (khoảng một phút, chỉ khi dữ liệu thay đổi)") as progress:
            return await train(data_dir, progress, project=project)
    except TrainingError as error:
        fail(str(error))


async def train_gated(system: System, project: Path = RASA_PROJECT) -> None:
    """Trains a model of the present data and lets it run only if it is not worse than the running one."""
    data_dir = system.settings.data_dir
    running = running_model(data_dir, project)
    await system.prepare()
    if running == model_path(data_dir, project):
        accept(await _present_model(data_dir, project))
        console.print(f"Mô hình: {running} (không có mô hình nào khác đang chạy để so sánh)")
        return
    before, candidate = await asyncio.gather(gate_figures(system, running), _present_model(data_dir, project))
    after = await gate_figures(system, candidate)
    reasons = faults(before, after)
    old, new = running.parent.name, candidate.parent.name
    if reasons:
        refuse(candidate, reasons)
        for reason in reasons:
            errors.print(f"[bold red]✗[/] {escape(reason)}")
        fail(f"Mô hình mới ({new}) kém mô hình đang chạy ({old}): đã từ chối, giữ mô hình cũ. Sửa nlu/rasa/data.")
    accept(candidate)
    console.print(
        f"Mô hình: {candidate}\nHiểu đúng {before.overall:.1%} → {after.overall:.1%} so với mô hình {old}. "
        "Khởi động lại `than-thien run` để dùng."
    )


async def gate_figures(system: System, model: Path) -> Figures:
    """What a model does with the gate set; kept beside it until anything else the answers depend on changes."""
    conditions = gate_conditions(system)
    file = model.parent / GATE_FILE
    with contextlib.suppress(OSError, ValueError):
        kept = Figures.model_validate_json(file.read_text(encoding="utf-8"))
        if kept.conditions == conditions:
            return kept
    # A system of its own: a Rasa beside the one that may serve citizens, and no parses of another model in a cache.
    settings = system.settings.model_copy(update={"nlu_urls": None, "nlu_port": free_port(), "redis_url": None})
    async with opened(settings, system.knowledge) as own, rasa_running(own, model):
        with working(f"Hỏi mô hình {model.parent.name} các câu đối chứng"):
            try:
                found = figures([await _observe(own, one) for one in read_messages()], conditions)
            except NluUnavailableError as error:
                fail(f"Rasa không trả lời ({error}) nên chưa so sánh được. Chạy lại `than-thien train --gate`.")
    file.write_text(found.model_dump_json(indent=1), encoding="utf-8")
    return found


async def _observe(system: System, message: LabelledMessage) -> Observation:
    meaning = await system.nlu.parse(message.text)
    turn = await system.assistant.turn(system.settings.default_unit, {}, message.text, None, system.clock.now())
    return Observation(message.intent, meaning.intent, turn.outcome)


def gate_conditions(system: System) -> str:
    """Hash of everything besides the model that decides what the assistant does with the gate set."""
    known = system.knowledge.of(system.settings.default_unit)
    digest = hashlib.sha256(f"{system.settings.default_unit} {known.view.version if known else 0}".encode())
    code = (file for folder in ("bot/dialogue", "bot/services", "knowledge") for file in (ROOT / folder).rglob("*"))
    for file in sorted(one for one in (*code, MESSAGES) if one.suffix in {".py", ".tsv", ".yaml", ".jsonl"}):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@asynccontextmanager
async def rasa_for(system: System) -> AsyncIterator[None]:
    """Rasa for a single command: the running one, or one trained and started for it."""
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
        await process.stop()


async def calibrated(system: System, model: Path | None = None, *, anew: bool = False) -> Calibration:
    """Makes the assistant use the thresholds kept with the running model, or with the one given that Rasa has loaded;
    computes them when there are none."""
    model = model or running_model(system.settings.data_dir)
    found = None if anew else read_calibration(model)
    if found is None:
        with step("Tính các ngưỡng trả lời cho mô hình"):
            found = calibrate(await read_all(system, system.settings.default_unit, read_messages()))
            keep_calibration(model, found)
            (model.parent / GATE_FILE).unlink(missing_ok=True)
    system.assistant.bands = found.bands
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
