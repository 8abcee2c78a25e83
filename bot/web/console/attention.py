"""What the home page names because a person must act: one source a topic, each for whoever may act on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.domain.staff import Permission
from bot.domain.tickets import Folder
from bot.web.console.auth import signed
from bot.web.console.records import listing
from bot.web.console.records.working import in_review
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


async def urgent_tickets(request: web.Request) -> list[Attention]:
    who, news = signed(request), request.app[CONSOLE].desk.news
    told = (
        (Folder.OVERDUE, "phiếu quá hạn", "bad"),
        (Folder.DUE_SOON, "phiếu sắp đến hạn", "warn"),
        (Folder.UNASSIGNED, "phiếu chưa ai nhận", "info"),
    )
    counted = [(await news.count(who.staff, who.unit_id, folder), folder, text, tone) for folder, text, tone in told]
    return [
        Attention(f"{count} {text}", f"/console/tickets?folder={folder.value}", tone)
        for count, folder, text, tone in counted
        if count
    ]


async def people_waiting(request: web.Request) -> list[Attention]:
    count = await request.app[CONSOLE].desk.news.people_waiting(signed(request).unit_id)
    return [Attention(f"{count} người dân đang chờ gặp cán bộ", "/console/conversations", "bad")] if count else []


async def sealed(request: web.Request) -> list[Attention]:
    count = (await request.app[CONSOLE].desk.sealed.counts(signed(request).unit_id)).waiting
    return [Attention(f"{count} nội dung niêm phong chưa mở", "/console/sealed", "warn")] if count else []


async def reviews(request: web.Request) -> list[Attention]:
    count = await in_review(request)
    return [Attention(f"{count} bản chờ duyệt", "/console/procedures?state=in_review", "info")] if count else []


async def stale_records(request: web.Request) -> list[Attention]:
    counted = listing.counts(await listing.lines(request))
    told = ((listing.State.DUE, "thủ tục đến hạn kiểm tra"), (listing.State.SOURCE, "thủ tục có nguồn đã đổi"))
    return [
        Attention(f"{counted[state]} {text}", f"/console/procedures?state={state.value}", "warn")
        for state, text in told
        if counted[state]
    ]


SOURCES: tuple[tuple[Permission, Source], ...] = (
    (Permission.CONVERSATIONS, people_waiting),
    (Permission.TICKETS_READ, urgent_tickets),
    (Permission.SEALED_READ, sealed),
    (Permission.OUTBOX, undelivered),
    (Permission.RECORDS_PUBLISH, reviews),
    (Permission.RECORDS_EDIT, stale_records),
    (Permission.CHANNELS, channels),
    (Permission.ACCOUNTS, locked_accounts),
)
