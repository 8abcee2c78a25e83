"""The part of `than-thien check` about connected channels: what is wrong with each, and the mend."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import aiohttp
from rich.markup import escape

from bot.domain.errors import SecretsUnreadableError, SendFailedError
from bot.domain.views import LOCAL_ZONE
from bot.storage.directory import Listed
from bot.system import System
from bot.terminal import console
from connectors.facebook import limits as facebook_limits
from connectors.facebook.api import Access

SOON = timedelta(days=7)
SCOPES = ("pages_messaging", "pages_manage_metadata")
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
LOOPBACK = ("127.0.0.1", "localhost", "::1")

TOKENS = "chạy `than-thien channel tokens {platform} {account} --config tệp.toml`"
SEEN = "đọc xong chạy `than-thien channel seen {platform} {account}`"
UNBLOCK = "chạy `than-thien channel seen {platform} {account} --unblock`"
MENDS = {
    "token_missing": f"chưa có token: lấy ở API Explorer rồi {TOKENS}",
    "token_refused": f"token bị từ chối: cấp quyền lại rồi {TOKENS}",
    "zalo_oauth:": f"Zalo không gia hạn token: quản trị OA cấp quyền lại, rồi {TOKENS}",
    "zalo oauth": f"Zalo không gia hạn token: quản trị OA cấp quyền lại, rồi {TOKENS}",
    "no tokens": f"chưa có token: lấy ở API Explorer rồi {TOKENS}",
    "credentials_missing": "thiếu app_id và app_secret: chạy lại `than-thien channel add`",
    "no_credentials": "thiếu page_token hoặc app_secret: chạy lại `than-thien channel add`",
    "zalo:-209": "ứng dụng chưa kích hoạt: bật ở developers.zalo.me, mục Cài đặt",
    "zalo:-212": "ứng dụng chưa đăng ký API Official Account: đăng ký ở developers.zalo.me",
    "zalo:-223": "OA chưa cấp quyền này cho ứng dụng: đánh dấu mọi nhóm quyền rồi cấp quyền lại",
    "zalo:-221": "OA chưa được xác thực: gửi hồ sơ xác thực ở oa.zalo.me",
    "zalo:-224": "gói OA không có quyền này: nâng gói ở oa.zalo.me",
    "zalo:-204": "OA đã bị khóa hoặc xóa: liên hệ Zalo",
    "zalo:-205": "không có OA này: kiểm tra oa_id",
    "zalo:-219": "ứng dụng đã bị gỡ hoặc khóa: xem developers.zalo.me",
    "token_invalid": f"token hoặc App Secret không đúng: lấy token Trang mới rồi {TOKENS}",
    "token_expired": f"token hết hạn: lấy token Trang dài hạn rồi {TOKENS}",
    "password_changed": f"token mất hiệu lực vì quản trị viên đổi mật khẩu: lấy token mới rồi {TOKENS}",
    "app_removed": "quản trị viên đã gỡ ứng dụng khỏi Trang: thêm lại rồi lấy token mới",
    "permission_missing": "thiếu quyền: cấp pages_messaging và pages_manage_metadata rồi lấy token mới",
    "app_not_live": "ứng dụng chưa ở chế độ Live: công bố ở developers.facebook.com",
    "page_restricted": "Trang đang bị hạn chế gửi: xem Chất lượng Trang trên Facebook",
    "not_connected": "máy chủ này không ra được Internet tới nền tảng: kiểm tra tường lửa và DNS",
    "timeout": "nền tảng không trả lời kịp: thử lại; nếu còn, kiểm tra đường truyền",
    "rate_limited": "nền tảng đang giới hạn số lần gọi: thử lại sau",
    "policy": f"xử lý vi phạm theo thông báo trong trang quản lý; {SEEN}",
    "template": f"xem mẫu tin trong ZBS; {SEEN}",
    "daily quota": f"xem hạn mức trong ZBS; {SEEN}",
    "blocked by": f"nền tảng cấm gửi, tin trả lời đang chờ; khi được gỡ, {UNBLOCK}",
}
"""By how a reason or an alarm begins; the longest that fits counts."""
OTHERWISE = "xem mục kết nối kênh trong README"


async def channels_sound(system: System) -> bool:
    """Prints a line for every channel and every problem; True when there is none."""
    sound = True
    listed = [one for one in await system.directory.listed() if one.active and one.platform in ("zalo", "facebook")]
    for channel in listed:
        problems = [problem async for problem in _problems(system, channel)]
        name = f"Kênh {channel.platform} {channel.account}"
        for problem in problems:
            console.print(f"[bold red]✗[/] {name}: {escape(problem)}")
        if not problems:
            console.print(f"[green]✓[/] {name}: {escape(await _state(system, channel))}")
        sound = sound and not problems
    for problem in [one async for one in _common(system, listed)]:
        console.print(f"[bold red]✗[/] Kênh: {escape(problem)}")
        sound = False
    if sound and not listed:
        console.print("[green]✓[/] Kênh: chưa nối kênh nào")
    return sound


async def _problems(system: System, channel: Listed) -> AsyncIterator[str]:
    for text, since in channel.alarms:
        yield f"{text} (từ {_local(since)}): {mend(text.removeprefix('send:'), channel)}"
    try:
        with contextlib.suppress(LookupError):
            await system.credentials.credentials(channel.id)  # a wrong key explains all that follows
        checks = _zalo(system, channel) if channel.platform == "zalo" else _facebook(system, channel)
        async for problem in checks:
            yield problem
        if address := await address_problem(system, channel):
            yield address
    except SendFailedError as error:
        yield f"{error.reason}: {mend(error.reason, channel)}"
    except SecretsUnreadableError:
        yield "khóa bí mật không giải mã được: đặt lại THANTHIEN_SECRET_KEY như lúc thêm kênh"
    except LookupError:
        yield f"no_credentials: {mend('no_credentials', channel)}"
    if await system.directory.last_event(channel.id) is None:
        yield (
            "chưa nhận được sự kiện nào: kiểm tra địa chỉ webhook và các sự kiện đã bật trong trang quản lý, "
            "rồi nhắn thử một tin"
        )


async def _zalo(system: System, channel: Listed) -> AsyncIterator[str]:
    info = await system.zalo_api.oa_info(channel.id)
    if info.oa_id and info.oa_id != channel.account:
        yield f"token là của OA {info.oa_id}, không phải {channel.account}: lấy token của đúng OA"
    if not info.is_verified:
        yield "OA chưa xác thực nên bị giới hạn gửi tin: gửi hồ sơ xác thực ở oa.zalo.me"
    tokens = await system.credentials.tokens(channel.id)
    if tokens is not None and tokens.refresh_expires_at - system.clock.now() < SOON:
        yield (
            f"refresh token hết hạn {_local(tokens.refresh_expires_at)}: kiểm tra tiến trình clock; nếu vẫn vậy, cấp "
            f"quyền lại rồi {TOKENS.format(platform='zalo', account=channel.account)}"
        )


async def _facebook(system: System, channel: Listed) -> AsyncIterator[str]:
    known = (await system.credentials.credentials(channel.id)).secrets
    app_id, secret, token = known["app_id"], known["app_secret"], known["page_token"]
    state = await system.graph.token_state(Access.of_app(app_id, secret), token)
    if not state.is_valid:
        yield f"token của Trang: {mend(state.reason or 'token_invalid', channel)}"
        return
    if state.app_id and state.app_id != app_id:
        yield f"token là của ứng dụng {state.app_id}, không phải {app_id}: lấy token của đúng ứng dụng"
    if missing := [one for one in SCOPES if one not in state.scopes]:
        yield f"token thiếu quyền {', '.join(missing)}: cấp quyền rồi lấy token Trang mới"
    for until in (state.expires_at, state.data_access_expires_at):
        if until is not None and until - system.clock.now() < SOON:
            yield f"token của Trang hết hạn {_local(until)}: {mend('token_expired', channel)}"
    fields = await system.graph.subscribed_fields(Access(channel.account, token, secret), app_id)
    if missing := [one for one in facebook_limits.FIELDS if one not in fields]:
        yield (
            f"Trang chưa gửi cho ứng dụng: {', '.join(missing)}: "
            f"chạy `than-thien channel subscribe facebook {channel.account}`"
        )


async def address_problem(system: System, channel: Listed) -> str | None:
    """Whether the address the platform posts to is one it can reach, and answers as it must."""
    url = f"{system.settings.public_url.rstrip('/')}/webhooks/{channel.platform}"
    parts = urlsplit(url)
    api = system.settings.zalo_api_url if channel.platform == "zalo" else system.settings.facebook_graph_url
    pretended = urlsplit(api).hostname in LOOPBACK
    if not pretended and (parts.scheme != "https" or parts.hostname in LOOPBACK):
        return f"{url}: nền tảng chỉ gọi địa chỉ https công khai; đặt THANTHIEN_PUBLIC_URL và chứng chỉ TLS"
    query, expected = {}, ""
    if channel.platform == "facebook":
        expected = "than-thien-check"
        token = (await system.credentials.credentials(channel.id)).secrets.get("verify_token", "")
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": expected}
    try:
        async with system.session.get(url, params=query, timeout=TIMEOUT, allow_redirects=False) as response:
            status, text = response.status, await response.text(errors="replace")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return (
            f"{url} không trả lời từ máy này ({type(error).__name__}): kiểm tra DNS, chứng chỉ, proxy, tiến trình web"
        )
    if status != 200 or text.strip() != expected:
        return f"{url} trả lời {status} không đúng: kiểm tra proxy có chuyển cả đường dẫn /webhooks đến tiến trình web"
    return None


async def _common(system: System, listed: list[Listed]) -> AsyncIterator[str]:
    stuck = await system.outbox.stuck()
    if stuck:
        yield f"{len(stuck)} tin chưa gửi được: xem `than-thien outbox stuck`"
    unmatched = await system.erasures.unmatched()
    if unmatched and listed:
        yield (
            f"{unmatched} yêu cầu xóa dữ liệu từ Facebook không khớp công dân nào (mã khác loại): "
            "dữ liệu tự xóa sau 30 ngày kể từ lần nhắn cuối"
        )


async def _state(system: System, channel: Listed) -> str:
    last = await system.directory.last_event(channel.id)
    said = f"sự kiện gần nhất {_local(last)}"
    tokens = await system.credentials.tokens(channel.id) if channel.platform == "zalo" else None
    return f"{said}, token đến {_local(tokens.access_expires_at)}" if tokens else said


def mend(reason: str, channel: Listed) -> str:
    """What to do about a reason; the longest beginning that is known counts."""
    known = max((one for one in MENDS if reason.startswith(one)), key=len, default=None)
    text = MENDS[known] if known else OTHERWISE
    return text.format(account=channel.account, platform=channel.platform)


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone(LOCAL_ZONE):%d/%m/%Y %H:%M}" if moment else "chưa rõ"
