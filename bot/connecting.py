"""Commands about channels and what they send: `channel add|tokens|list|seen|off`, `outbox stuck|resend`,
`check --ledger`."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.markup import escape

from bot.domain.channels import TokenPair
from bot.domain.notices import NoticeKind
from bot.domain.views import LOCAL_ZONE
from bot.storage.ledger import Ledger
from bot.system import System
from bot.terminal import console, fail
from connectors.zalo import templates

Secret = Annotated[str, Field(min_length=1, max_length=4_000)]
Ident = Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]
REFRESH_LIFE = timedelta(days=90)
"""Of a Zalo refresh token from its issue; an administrator pastes a fresh one."""
ACCESS_LIFE = timedelta(minutes=50)
"""A pasted access token may be some minutes old and its life is not told: it is renewed soon."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ZaloTokens(_File):
    access_token: Secret
    refresh_token: Secret


class FacebookToken(_File):
    page_token: Secret


class _Config(_File):
    name: str = Field("", max_length=200)
    app_id: Ident
    app_secret: Secret


class ZaloConfig(_Config):
    oa_id: Ident
    oa_secret: Secret
    verification: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,200}$")
    access_token: str = Field("", max_length=4_000)
    refresh_token: str = Field("", max_length=4_000)
    zbs_templates: dict[NoticeKind, Ident] = {}


class FacebookConfig(_Config):
    page_id: Ident
    verify_token: Secret
    page_token: Secret


_MENDS = {
    "missing": "thiếu; chép từ trang quản lý ứng dụng",
    "extra_forbidden": "không có trường này; kiểm tra chính tả",
    "string_type": "phải là chữ trong dấu ngoặc kép (cả mã số)",
    "string_pattern_mismatch": "sai dạng (mã số chỉ gồm chữ số)",
    "string_too_short": "đang để trống",
    "string_too_long": "quá dài",
    "enum": "không có loại tin này; xem README",
}


def read_config(file: Path, model: type[_File]) -> _File:
    """The file checked; every fault is named by its field."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fail(f'{file}: không phải TOML ({error}). Mỗi dòng có dạng: app_id = "123"')
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # Never the value: it may be a secret.
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {_MENDS.get(fault['type'], fault['type'])}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        fail(f"{file}: " + "; ".join(faults))


async def add_channel(system: System, platform: str, unit: str, file: Path) -> None:
    known = {one.record_id for one in await system.revisions.published(system.clock.now().date()) if one.kind == "unit"}
    if unit not in known:
        fail(f"Chưa có đơn vị “{unit}”. Nhập đơn vị trước bằng `than-thien import units`, hoặc chọn --unit khác.")
    config = read_config(file, ZaloConfig if platform == "zalo" else FacebookConfig)
    if isinstance(config, ZaloConfig):
        if bool(config.access_token) != bool(config.refresh_token):
            fail(f"{file}: access_token và refresh_token phải đi cùng nhau (API Explorer cấp cả hai một lượt).")
        secrets = {name: getattr(config, name) for name in ("app_id", "app_secret", "oa_secret", "verification")}
        secrets |= {f"{templates.SECRET}{kind.value}": one for kind, one in config.zbs_templates.items()}
        channel_id = await system.directory.connect("zalo", config.oa_id, unit, config.name, secrets)
        if config.refresh_token:
            await system.credentials.seed_tokens(channel_id, _pair(system, config.access_token, config.refresh_token))
        account = config.oa_id
    else:
        assert isinstance(config, FacebookConfig)  # noqa: S101  (the only other one)
        secrets = {name: getattr(config, name) for name in ("app_id", "app_secret", "verify_token", "page_token")}
        await system.directory.connect("facebook", config.page_id, unit, config.name, secrets)
        account = config.page_id
    console.print(
        f"[green]✓[/] Kênh {platform} {account} của đơn vị {escape(unit)} đã được lưu, khóa bí mật đã mã hóa."
    )
    console.print(f"  Địa chỉ webhook: {system.settings.public_url.rstrip('/')}/webhooks/{platform}")
    console.print(f"  Tệp {escape(str(file))} còn chứa khóa bí mật: xóa tệp sau khi kênh chạy tốt.")


async def renew_secrets(system: System, platform: str, account: str, file: Path) -> None:
    """New tokens of a channel that is known: the pair of an OA, or the token of a page."""
    listed = [one for one in await system.directory.listed() if (one.platform, one.account) == (platform, account)]
    if not listed:
        fail(f"Không có kênh {platform} {account}. Xem: than-thien channel list")
    channel = listed[0]
    config = read_config(file, ZaloTokens if platform == "zalo" else FacebookToken)
    if isinstance(config, ZaloTokens):
        await system.credentials.seed_tokens(channel.id, _pair(system, config.access_token, config.refresh_token))
    elif isinstance(config, FacebookToken):
        known = dict((await system.credentials.credentials(channel.id)).secrets)
        secrets = known | {"page_token": config.page_token}
        await system.directory.connect(platform, account, channel.unit_id, channel.name, secrets)
    await system.signals.notify("outbox")
    console.print(f"[green]✓[/] Token mới của {platform} {account} đã được lưu; tin đang chờ sẽ được gửi.")
    console.print(f"  Tệp {escape(str(file))} còn chứa token: xóa tệp này.")


async def notice_seen(system: System, platform: str, account: str, unblock: bool) -> None:
    if not await system.directory.read_notice(platform, account, unblock=unblock):
        fail(f"Không có kênh {platform} {account}. Xem: than-thien channel list")
    await system.signals.notify("outbox")
    tail = " Kênh gửi lại từ bây giờ." if unblock else ""
    console.print(f"[green]✓[/] Đã ghi là đã đọc thông báo của {platform} {account}.{tail}")


def _pair(system: System, access: str, refresh: str) -> TokenPair:
    now = system.clock.now()
    return TokenPair(access, refresh, now + ACCESS_LIFE, now + REFRESH_LIFE)


async def list_channels(system: System) -> None:
    listed = await system.directory.listed()
    for one in listed:
        state = "đang chạy" if one.active else "đã tắt"
        alarms = "; ".join(text for text, _ in one.alarms)
        alarm = f"  [bold red]cần xử lý: {escape(alarms)}[/]" if alarms else ""
        console.print(
            f"{one.platform} {escape(one.account)}  {escape(one.unit_id)}  {escape(one.name)}  {state}{alarm}"
        )
    if not listed:
        console.print("Chưa có kênh nào. Thêm bằng: than-thien channel add zalo --unit … --config tệp.toml")


async def switch_off(system: System, platform: str, account: str) -> None:
    if not await system.directory.switch_off(platform, account):
        fail(f"Không có kênh {platform} {account}. Xem: than-thien channel list")
    console.print(f"Kênh {platform} {account} đã tắt: không nhận và không gửi nữa; dữ liệu vẫn giữ.")


async def show_stuck(system: System) -> None:
    stuck = await system.outbox.stuck()
    for one in stuck:
        local = one.created_at.astimezone(LOCAL_ZONE)
        console.print(
            f"{one.id}  {local:%d/%m/%Y %H:%M}  {one.platform} {escape(one.account)}  {one.outcome or 'đang chờ'}  "
            f"{escape(one.reason or '')}  đã thử {one.attempts}, đã gửi {one.parts_sent} phần"
        )
    console.print(f"{len(stuck)} tin cần xem." if stuck else "Không có tin nào bị kẹt.")


async def send_again(system: System, outbox_id: int | None, channel: str | None) -> None:
    """`channel`: platform:account, as `channel list` shows them."""
    if (outbox_id is None) == (channel is None):
        fail("Cho một số tin, hoặc --channel nền-tảng:mã (ví dụ --channel zalo:123).")
    channel_id = None
    if channel is not None:
        listed = {f"{one.platform}:{one.account}": one.id for one in await system.directory.listed()}
        channel_id = listed.get(channel)
        if channel_id is None:
            fail(f"Không có kênh “{channel}”. Các kênh: {', '.join(listed) or 'chưa có'}.")
    count = await system.outbox.resend(outbox_id=outbox_id, channel_id=channel_id)
    await system.signals.notify("outbox")
    if not count and outbox_id is not None:
        fail(f"Tin {outbox_id} không có, đã gửi xong, hoặc đang được gửi.")
    console.print(f"Đã xếp lại {count} tin để gửi.")


async def check_ledger(system: System, day: date | None) -> bool:
    """Prints what became of everything of a day; True when it sums to zero and nothing is overdue."""
    day = day or system.clock.now().astimezone(LOCAL_ZONE).date()
    found = await Ledger(system.database, system.clock).day(day)
    console.print(f"Ngày {day:%d/%m/%Y}")
    console.print(f"  Sự kiện nhận được: {found.events} (và {found.duplicates} lần lặp lại, không có tác dụng)")
    for outcome, count in found.by_outcome.items():
        console.print(f"    {outcome}: {count}")
    console.print(f"  Chênh lệch: {found.difference}")
    console.print(f"  Tin gửi đi: {found.outbox}")
    for outcome, count in found.outbox_by_outcome.items():
        console.print(f"    {outcome}: {count}")
    console.print(f"  Chênh lệch: {found.outbox_difference}")
    for problem in found.problems:
        console.print(f"[bold red]✗[/] {escape(problem)}")
    if not found.problems:
        console.print("[green]✓[/] Sổ khớp.")
    return not found.problems
