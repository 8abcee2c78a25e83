"""What the home page names because a person must act: one source a topic, each for whoever may act on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.domain.staff import Permission
from bot.web.console.auth import signed
from bot.web.console.rendering import Attention
from bot.web.console.services import CONSOLE

Source = Callable[[web.Request], Awaitable[list[Attention]]]


async def channels(request: web.Request) -> list[Attention]:
    unit_id = signed(request).unit_id
    listed = [one for one in await request.app[CONSOLE].directory.listed() if one.unit_id == unit_id and one.active]
    broken = sum(bool(one.alarms) for one in listed)
    return [Attention(f"{broken} kênh cần xử lý", "/console/channels", "bad")] if broken else []


async def undelivered(request: web.Request) -> list[Attention]:
    count = len(await request.app[CONSOLE].outbox.stuck(signed(request).unit_id))
    return [Attention(f"{count} tin chưa gửi được", "/console/outbox", "warn")] if count else []


async def locked_accounts(request: web.Request) -> list[Attention]:
    console = request.app[CONSOLE]
    now = console.clock.now()
    listed = await console.staff.of_unit(signed(request).unit_id)
    count = sum(one.locked_until is not None and one.locked_until > now for one in listed)
    return [Attention(f"{count} tài khoản đang tạm khóa vì nhập sai nhiều lần", "/console/accounts")] if count else []


SOURCES: tuple[tuple[Permission, Source], ...] = (
    (Permission.OUTBOX, undelivered),
    (Permission.CHANNELS, channels),
    (Permission.ACCOUNTS, locked_accounts),
)
