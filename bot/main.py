"""The command `than-thien`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape

from bot import connecting, evaluation, evaluation_report, exchanging, judging, page_profile, running, users
from bot.channel_checks import channels_sound
from bot.checking import check_everything
from bot.config import PREFIX, Settings
from bot.conversation import converse
from bot.domain.errors import InheritedError, InvalidContentError, StorageUnavailableError
from bot.domain.staff import Role
from bot.services.knowledge import KNOWLEDGE_TOPIC
from bot.storage.revisions import Change
from bot.system import System, opened
from bot.terminal import configure_logging, console, errors, fail, places
from bot.training import RASA_PROJECT
from knowledge import files

app = typer.Typer(
    help="Thân Thiện: trợ lý trả lời người dân của chính quyền xã.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show values, which may be a citizen's words
)
importing = typer.Typer(help="Nhập dữ liệu từ tệp.", no_args_is_help=True)
app.add_typer(importing, name="import")
exporting = typer.Typer(help="Ghi dữ liệu đã công bố ra tệp.", no_args_is_help=True)
app.add_typer(exporting, name="export")
channel = typer.Typer(help="Kênh Zalo và Facebook của đơn vị.", no_args_is_help=True)
app.add_typer(channel, name="channel")
outbox = typer.Typer(help="Tin gửi đi.", no_args_is_help=True)
app.add_typer(outbox, name="outbox")
user = typer.Typer(help="Tài khoản của bàn làm việc (/console).", no_args_is_help=True)
app.add_typer(user, name="user")
audit = typer.Typer(help="Nhật ký.", no_args_is_help=True)
app.add_typer(audit, name="audit")


class FileFormat(StrEnum):
    YAML = "yaml"
    XLSX = "xlsx"
    DOCX = "docx"
    JSON = "json"


class Platform(StrEnum):
    ZALO = "zalo"
    FACEBOOK = "facebook"


def settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for fault in error.errors():
            name = PREFIX + "_".join(str(part) for part in fault["loc"]).upper()
            errors.print(f"[bold red]✗[/] {name}: {escape(fault['msg'].removeprefix('Value error, '))}")
        raise typer.Exit(1) from error


def _started(body: Callable[[System], Coroutine[Any, Any, None]], *, quiet: bool = False) -> None:
    """Runs an asynchronous command on an opened system; our known failures end in a sentence, not a traceback."""
    chosen = settings()
    configure_logging("error" if quiet else chosen.log_level)

    async def main() -> None:
        async with opened(chosen) as system:
            await body(system)

    try:
        asyncio.run(main())
    except StorageUnavailableError as error:
        if "no such table" in str(error):
            fail("Cơ sở dữ liệu chưa có bảng. Chạy `than-thien migrate` rồi thử lại.")
        fail(
            f"Không đọc hoặc ghi được cơ sở dữ liệu ({error}). "
            "Kiểm tra THANTHIEN_DATABASE_URL, quyền ghi và dung lượng đĩa."
        )
    except InvalidContentError as error:
        _refuse(error)
    except OSError as error:
        fail(f"{error.strerror}: {error.filename or ''}. Kiểm tra quyền truy cập và dung lượng đĩa.")
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        # Never its message: a database names the row it refuses.
        fail(f"Lỗi của chương trình: {type(error).__name__} tại {places(error)}. Gửi dòng này cho người bảo trì.")


def _refuse(error: InvalidContentError) -> None:
    """Names every problem of a file."""
    for problem in error.problems:
        errors.print(f"[bold red]✗[/] {escape(problem)}")
    fail(f"Có {len(error.problems)} lỗi trong tệp; chưa làm gì cả. Sửa các chỗ trên rồi chạy lại.")


@app.command()
def run() -> None:
    """Chạy mọi thứ trên máy này: Rasa, web, worker, clock."""
    _started(running.run_everything)


def _part(name: str) -> None:
    async def body(system: System) -> None:
        await system.knowledge.refresh()
        if name == "worker":
            await running.calibrated_elsewhere(system)
        await running.run_parts(system, {name})

    _started(body)


@app.command()
def web() -> None:
    """Chỉ tiến trình web (nhiều máy: đặt DATABASE_URL và REDIS_URL)."""
    _part("web")


@app.command()
def worker() -> None:
    """Chỉ tiến trình trả lời và gửi tin."""
    _part("worker")


@app.command()
def clock() -> None:
    """Chỉ tiến trình giữ giờ: xóa tin cũ, nhắc hạn."""
    _part("clock")


@app.command()
def migrate() -> None:
    """Nâng cấp cơ sở dữ liệu và nạp xã mẫu nếu còn trống."""
    _started(running.prepared)


@app.command()
def check(
    ledger: Annotated[bool, typer.Option("--ledger", help="Đối chiếu sổ tin của một ngày.")] = False,
    day: Annotated[
        datetime | None, typer.Option(help="Ngày đối chiếu; mặc định hôm nay.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Nêu từng phần hỏng và cách sửa."""

    async def body(system: System) -> None:
        if ledger:
            sound = await connecting.check_ledger(system, day.date() if day else None)
        else:
            sound = await check_everything(system)
            sound = await channels_sound(system) and sound
        if not sound:
            raise typer.Exit(1)

    _started(body, quiet=True)


@app.command("train")
def train_command(
    force: Annotated[bool, typer.Option("--force", help="Huấn luyện lại dù dữ liệu không đổi.")] = False,
    gate: Annotated[
        bool,
        typer.Option(
            "--gate", help="Chỉ dùng mô hình mới khi nó không kém mô hình đang chạy; kém thì kết thúc với lỗi."
        ),
    ] = False,
) -> None:
    """Huấn luyện mô hình Rasa từ nlu/rasa/data và dùng nó."""
    if gate and force:
        fail("--force ghi đè mô hình đang chạy nên không dùng cùng --gate. Chọn một trong hai.")
    if gate:
        _started(judging.train_gated, quiet=True)
    else:
        _started(lambda system: judging.train_and_accept(system, force=force), quiet=True)


@app.command("try-model")
def try_model_command(
    project: Annotated[Path, typer.Option(help="Thư mục dữ liệu huấn luyện.")] = RASA_PROJECT,
) -> None:
    """Huấn luyện và so sánh, không đổi mô hình đang dùng; in tiến độ và kết quả dạng JSON (bảng điều khiển gọi)."""
    _started(lambda system: judging.try_model(system, project), quiet=True)


@app.command("calibrate")
def calibrate_command() -> None:
    """Tính lại các ngưỡng trả lời từ nlu/calibration và cất cùng mô hình."""

    async def body(system: System) -> None:
        await system.prepare()
        async with running.rasa_for(system):
            console.print_json(data=asdict(await running.calibrated(system, anew=True)))

    _started(body, quiet=True)


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Tệp .jsonl, mỗi dòng một câu và điều mong đợi.")],
    fail_under: Annotated[
        list[str] | None,
        typer.Option(help="TÊN=GIÁ TRỊ: kết thúc với lỗi khi số đo thấp hơn (tỷ lệ sai: cao hơn)."),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Đơn vị trả lời; mặc định là đơn vị mặc định.")] = None,
    summary_only: Annotated[bool, typer.Option(help="Chỉ in dòng tổng kết.")] = False,
    report: Annotated[Path | None, typer.Option(help="Ghi thêm báo cáo có biểu đồ vào tệp .html này.")] = None,
) -> None:
    """Hỏi hệ thống từng câu trong tệp và in kết quả JSON; dòng cuối là tổng kết, bảng in ra stderr."""

    async def body(system: System) -> None:
        measured = await evaluation.evaluate(system, file, unit, fail_under or [], summary_only)
        evaluation_report.show(measured, errors)
        if report:
            report.write_text(evaluation_report.page(measured, file.name, system.clock.now()), encoding="utf-8")
            errors.print(f"Báo cáo: {escape(str(report))}")
        if measured.missed:
            fail("; ".join(measured.missed.values()))

    _started(body, quiet=True)


@app.command()
def chat(unit: Annotated[str | None, typer.Option(help="Đơn vị trả lời.")] = None) -> None:
    """Trò chuyện trong cửa sổ lệnh."""
    _started(lambda system: converse(system, unit), quiet=True)


@channel.command("add")
def channel_add(
    platform: Annotated[Platform, typer.Argument(help="zalo hoặc facebook.")],
    unit: Annotated[str, typer.Option(help="Đơn vị mà kênh phục vụ.")],
    config: Annotated[Path, typer.Option(help="Tệp TOML có mã và khóa của kênh.")],
) -> None:
    """Thêm kênh, hoặc thay khóa của kênh đã có."""
    _started(lambda system: connecting.add_channel(system, platform.value, unit, config), quiet=True)


@channel.command("list")
def channel_list() -> None:
    """Các kênh và điều cần xử lý."""
    _started(connecting.list_channels, quiet=True)


@channel.command("tokens")
def channel_tokens(
    platform: Annotated[Platform, typer.Argument(help="zalo hoặc facebook.")],
    account: Annotated[str, typer.Argument(help="Mã OA hoặc mã Trang.")],
    config: Annotated[Path, typer.Option(help="Tệp TOML: access_token và refresh_token, hoặc page_token.")],
) -> None:
    """Thay token của kênh và tắt cảnh báo."""
    _started(lambda system: connecting.renew_secrets(system, platform.value, account, config), quiet=True)


@channel.command("profile")
def channel_profile(account: Annotated[str, typer.Argument(help="Mã Trang Facebook.")]) -> None:
    """Đặt lời chào, nút Bắt đầu, câu gợi ý và menu của Trang theo dữ liệu đơn vị."""
    _started(lambda system: page_profile.set_profile(system, account), quiet=True)


@channel.command("subscribe")
def channel_subscribe(
    platform: Annotated[Platform, typer.Argument(help="facebook; Zalo đặt trong trang quản lý.")],
    account: Annotated[str, typer.Argument(help="Mã Trang Facebook.")],
) -> None:
    """Đăng ký để Trang gửi sự kiện cho ứng dụng."""
    if platform is not Platform.FACEBOOK:
        fail("Zalo không có lệnh đăng ký: bật từng sự kiện ở developers.zalo.me, mục Webhook.")
    _started(lambda system: page_profile.subscribe(system, account), quiet=True)


@channel.command("seen")
def channel_seen(
    platform: Annotated[Platform, typer.Argument()],
    account: Annotated[str, typer.Argument()],
    unblock: Annotated[bool, typer.Option("--unblock", help="Nền tảng đã gỡ lệnh cấm gửi.")] = False,
) -> None:
    """Đã đọc thông báo của nền tảng."""
    _started(lambda system: connecting.notice_seen(system, platform.value, account, unblock), quiet=True)


@channel.command("off")
def channel_off(platform: Annotated[Platform, typer.Argument()], account: Annotated[str, typer.Argument()]) -> None:
    """Tắt một kênh."""
    _started(lambda system: connecting.switch_off(system, platform.value, account), quiet=True)


@outbox.command("stuck")
def outbox_stuck() -> None:
    """Tin chưa gửi được và lý do."""
    _started(connecting.show_stuck, quiet=True)


@outbox.command("resend")
def outbox_resend(
    message: Annotated[int | None, typer.Argument(help="Số của tin.")] = None,
    channel: Annotated[str | None, typer.Option(help="Mọi tin bị kẹt của một kênh, dạng zalo:MÃ.")] = None,
) -> None:
    """Gửi lại."""
    _started(lambda system: connecting.send_again(system, message, channel), quiet=True)


@user.command("add")
def user_add(
    login: Annotated[str, typer.Argument(help="Tên đăng nhập: chữ thường không dấu.")],
    name: Annotated[str, typer.Option(help="Họ và tên.")],
    role: Annotated[list[Role], typer.Option(help="Vai trò; lặp lại để giao nhiều vai trò.")],
    title: Annotated[str, typer.Option(help="Chức vụ.")] = "",
    unit: Annotated[str | None, typer.Option(help="Đơn vị; mặc định là đơn vị mặc định.")] = None,
) -> None:
    """Thêm người dùng bàn làm việc; mật khẩu được hỏi, không ghi trong lệnh."""
    _started(lambda system: users.add(system, login, name, title, unit, role), quiet=True)


@user.command("list")
def user_list() -> None:
    """Mọi tài khoản và vai trò."""
    _started(users.show, quiet=True)


@user.command("reset")
def user_reset(login: Annotated[str, typer.Argument(help="Tên đăng nhập.")]) -> None:
    """Đặt mật khẩu mới, bỏ mã xác thực và mở khóa một tài khoản."""
    _started(lambda system: users.reset(system, login), quiet=True)


@audit.command("verify")
def audit_verify(
    known: Annotated[str | None, typer.Option(help="Dấu đã ghi lại lần trước: phải còn trong nhật ký.")] = None,
) -> None:
    """Kiểm tra nhật ký còn nguyên; nêu dòng đầu tiên bị sai."""
    _started(lambda system: users.verify_audit(system, known), quiet=True)


@importing.command("procedures")
def import_procedures(
    path: Path,
    unit: Annotated[str, typer.Option(help="Đơn vị công bố; các đơn vị dưới dùng chung.")] = "dong-nai",
    dry_run: Annotated[bool, typer.Option(help="Chỉ xem thay đổi, không ghi.")] = False,
) -> None:
    """Nhập thủ tục: tệp hoặc thư mục YAML được công bố; tệp .xlsx, .docx, .json thành bản nháp."""

    async def body(system: System) -> None:
        if path.suffix.lower() in exchanging.DRAFT_SUFFIXES:
            await exchanging.import_drafts(system, path, unit, dry_run)
            return
        records = {name: one.model_dump(mode="json") for name, one in files.read_procedures(path).items()}
        known = {
            one.record_id for one in await system.revisions.published(system.clock.now().date()) if one.kind == "unit"
        }
        if unit not in known:
            fail(f"Chưa có đơn vị “{unit}”. Nhập đơn vị trước bằng `than-thien import units`, hoặc chọn --unit khác.")
        await _publish(system, "procedure", unit, records, dry_run)

    _started(body)


@exporting.command("procedures")
def export_procedures(
    path: Annotated[Path, typer.Argument(help="Tệp ghi ra; với YAML là thư mục.")],
    file_format: Annotated[FileFormat, typer.Option("--format", help="yaml, xlsx, docx hoặc json.")] = FileFormat.XLSX,
    unit: Annotated[str, typer.Option(help="Đơn vị có thủ tục cần ghi.")] = "dong-nai",
    template: Annotated[bool, typer.Option("--template", help="Ghi tệp mẫu Excel trống, kèm hướng dẫn.")] = False,
) -> None:
    """Ghi các thủ tục đã công bố ra tệp."""
    if template and file_format is not FileFormat.XLSX:
        fail("--template chỉ có cho xlsx.")
    _started(lambda system: exchanging.export(system, path, unit, file_format.value, template), quiet=True)


@importing.command("units")
def import_units(
    path: Path, dry_run: Annotated[bool, typer.Option(help="Chỉ xem thay đổi, không ghi.")] = False
) -> None:
    """Nhập đơn vị: giờ làm việc, ngày nghỉ, chức danh, điện thoại."""

    async def body(system: System) -> None:
        records = {name: one.model_dump(mode="json") for name, one in files.read_units(path).items()}
        await _publish(system, "unit", None, records, dry_run)

    _started(body)


@importing.command("contacts")
def import_contacts(
    path: Path, dry_run: Annotated[bool, typer.Option(help="Chỉ xem thay đổi, không ghi.")] = False
) -> None:
    """Nhập danh bạ: chức danh và số điện thoại nằm trong tệp của đơn vị."""
    import_units(path, dry_run)


async def _publish(system: System, kind: str, unit: str | None, records: dict[str, Any], dry_run: bool) -> None:
    try:
        changes = await system.revisions.publish(kind, unit, records, dry_run=dry_run)
    except InheritedError as error:
        fail(
            f"Thủ tục “{error.record_id}” do đơn vị “{error.owner}” công bố, đơn vị “{unit}” dùng chung nên không nhập "
            "bản riêng: bổ sung nơi nộp, giờ, liên hệ ở trang quản trị. Chưa ghi gì."
        )
    await system.signals.notify(KNOWLEDGE_TOPIC)
    _show(changes, dry_run)


def _show(changes: list[Change], dry_run: bool) -> None:
    words = {"added": "[green]thêm[/]", "changed": "[yellow]sửa[/]"}
    for change in changes:
        if change.action in words:
            console.print(f"{words[change.action]} {change.record_id} {', '.join(change.fields)}".rstrip())
    counts = {
        action: sum(change.action == action for change in changes) for action in ("added", "changed", "unchanged")
    }
    tail = " (chưa ghi: --dry-run)" if dry_run else ""
    console.print(f"Thêm {counts['added']}, sửa {counts['changed']}, giữ nguyên {counts['unchanged']}{tail}.")


def main() -> None:
    app()
