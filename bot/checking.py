"""`than-thien check`: names every broken part and the mend."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from datetime import date

from rich.markup import escape

from bot.calibration import read_calibration
from bot.domain.errors import NluRejectedError, NluUnavailableError, StorageUnavailableError
from bot.storage import migrate
from bot.system import System
from bot.terminal import console
from bot.training import model_path, origin, refusal, running_model

LOW_DISK_GB = 1.0
STALE_DAYS = 365


async def check_everything(system: System) -> bool:
    """Prints a line for every part; True when none is broken."""
    checks: list[tuple[str, Callable[[System], Awaitable[str | None]]]] = [
        ("Cơ sở dữ liệu", _database),
        ("Dữ liệu đã công bố", _published),
        ("Mô hình", _model),
        ("Rasa", _rasa),
        ("Redis", _redis),
        ("Sổ tin nhắn", _ledger),
        ("Đĩa", _disk),
    ]
    sound = True
    for name, own in checks:
        try:
            problem = await own(system)
        except StorageUnavailableError as error:
            problem = f"không đọc được cơ sở dữ liệu ({error}): kiểm tra THANTHIEN_DATABASE_URL và quyền truy cập"
        sound = sound and problem is None
        console.print(f"[green]✓[/] {name}" if problem is None else f"[bold red]✗[/] {name}: {problem}")
    return sound


async def _database(system: System) -> str | None:
    if await migrate.pending(system.database):
        return "chưa nâng cấp: chạy `than-thien migrate`"
    return None


async def _published(system: System) -> str | None:
    today = system.clock.now().date()
    if await migrate.pending(system.database):
        return "chưa có bảng: chạy `than-thien migrate`"
    published = await system.revisions.published(today)
    procedures = [one for one in published if one.kind == "procedure"]
    if not procedures:
        return "chưa có thủ tục nào: chạy `than-thien import procedures knowledge/content/procedures`"
    old = [one.record_id for one in procedures if (today - date.fromisoformat(one.content["as_of"])).days > STALE_DAYS]
    if old:
        console.print(f"  Lưu ý: {len(old)} thủ tục kiểm tra đã quá {STALE_DAYS} ngày: {', '.join(old[:5])}")
    return None


async def _model(system: System) -> str | None:
    if not system.owns_rasa:
        return None
    model, present = running_model(system.settings.data_dir), model_path(system.settings.data_dir)
    if not model.exists():
        return "chưa huấn luyện cho dữ liệu hiện tại: chạy `than-thien train`"
    console.print(f"  Mô hình đang dùng: {model.parent.name}.")
    if origin(model).base != present.parent.name:
        reasons = refusal(present)
        if reasons is None:
            return "dữ liệu huấn luyện đã đổi: chạy `than-thien train --gate`"
        console.print(f"  Mô hình mới hơn ({present.parent.name}) đã bị từ chối: {escape('; '.join(reasons))}.")
    kept = read_calibration(model)
    if kept is None:
        return "chưa có ngưỡng trả lời: chạy `than-thien calibrate`"
    bands = kept.bands
    console.print(
        f"  Ngưỡng: trả lời ≥ {bands.answer:.2f}, ngoài phạm vi ≥ {bands.foreign:.2f}. "
        f"Trên {kept.messages} câu đối chứng: trả lời ngay {kept.answered:.0%}, trong đó sai {kept.wrong:.1%}; "
        f"nhận ra {kept.foreign_caught:.0%} câu ngoài phạm vi, từ chối nhầm {kept.questions_lost:.1%}."
    )
    return None


async def _rasa(system: System) -> str | None:
    problems = []
    for url in system.nlu_urls:
        try:
            await system.nlu.model(url)
        except NluRejectedError as error:
            problems.append(f"{url} từ chối ({error}): kiểm tra THANTHIEN_NLU_TOKEN và mô hình của máy chủ đó")
        except NluUnavailableError:
            problems.append(f"{url} không trả lời: khởi động bằng `than-thien run`, hoặc sửa THANTHIEN_NLU_URLS")
    return "; ".join(problems) or None


async def _redis(system: System) -> str | None:
    if system.redis is None:
        return None
    try:
        await system.redis.ping()
    except Exception as error:
        return f"không trả lời ({type(error).__name__}): kiểm tra THANTHIEN_REDIS_URL; hệ thống vẫn chạy, chậm hơn"
    return None


async def _ledger(system: System) -> str | None:
    if await migrate.pending(system.database):
        return "chưa có bảng: chạy `than-thien migrate`"
    counts = await system.inbox.counts()
    if counts["failed"]:
        return f"{counts['failed']} tin không trả lời được vì lỗi của hệ thống: xem nhật ký “event.failed”"
    return None


async def _disk(system: System) -> str | None:
    system.settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(system.settings.data_dir).free / 1e9
    return f"chỉ còn {free:.1f} GB: dọn bớt hoặc chuyển THANTHIEN_DATA_DIR" if free < LOW_DISK_GB else None
