"""`than-thien channel profile|subscribe`: what Facebook shows and sends for a page, set from the unit's data."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from bot.dialogue import payloads
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.editable import said
from bot.domain.errors import SendFailedError
from bot.domain.messages import Button, Link
from bot.domain.views import UnitView
from bot.storage.directory import Listed
from bot.system import System
from bot.terminal import console, fail
from connectors.facebook import limits, profile
from connectors.facebook.api import Access
from connectors.facebook.profile import PageProfile
from connectors.facebook.splitting import shortened

STARTERS = (payloads.PROCEDURES, payloads.CONTACTS, payloads.HOURS, payloads.PERSON)
MENU = (
    Button(say.BUTTON_PROCEDURES, payloads.PROCEDURES),
    Button(tell.BUTTON_REPORT, payloads.REPORT),
    Button(tell.BUTTON_MINE, payloads.MINE),
    Button(say.BUTTON_CONTACTS, payloads.CONTACTS),
    Button(say.BUTTON_HOURS, payloads.HOURS),
    Button(say.BUTTON_ADDRESS, payloads.ADDRESS),
    Button(say.BUTTON_PERSON, payloads.PERSON),
)


def page_profile(view: UnitView) -> PageProfile:
    """Greeting, ice breakers and menu of a unit; its web site when it has published one over https."""
    sites = [one.value for _, one in view.contacts() if one.kind == "website" and one.value.startswith("https://")]
    links = (Link(say.PAGE_WEBSITE, sites[0]),) if sites else ()
    greeting = shortened(said(view, "PAGE_GREETING", {"unit": view.name}), limits.GREETING_UNITS)
    starters = tuple(Button(*pair) for pair in zip(say.PAGE_STARTERS, STARTERS, strict=True))
    return PageProfile(greeting, starters, (*MENU, *links))


async def set_profile(system: System, account: str) -> None:
    channel, access = await _page(system, account)
    await system.knowledge.refresh()
    known = system.knowledge.of(channel.unit_id)
    if known is None:
        fail(f"Đơn vị “{channel.unit_id}” chưa công bố gì. Nhập bằng `than-thien import units`.")
    try:
        await system.graph.set_profile(access, profile.body(page_profile(known.view)))
        shown = await system.graph.profile(access, profile.FIELDS)
    except SendFailedError as error:
        fail(f"Facebook từ chối ({error.reason}). Chạy `than-thien check` để biết cách sửa.")
    for line in _lines(shown):
        console.print(escape(line))
    console.print("[green]✓[/] Đã đặt. Menu có thể mất đến 24 giờ mới hiện trên điện thoại.")


async def subscribe(system: System, account: str) -> None:
    _, access = await _page(system, account)
    try:
        await system.graph.subscribe(access)
    except SendFailedError as error:
        fail(f"Facebook từ chối ({error.reason}). Chạy `than-thien check` để biết cách sửa.")
    console.print(f"[green]✓[/] Trang {escape(account)} gửi cho ứng dụng: {', '.join(limits.FIELDS)}")


async def _page(system: System, account: str) -> tuple[Listed, Access]:
    listed = [one for one in await system.directory.listed() if (one.platform, one.account) == ("facebook", account)]
    if not listed:
        fail(f"Không có kênh facebook {account}. Xem: than-thien channel list")
    known = (await system.credentials.credentials(listed[0].id)).secrets
    return listed[0], Access(account, known["page_token"], known["app_secret"])


def _lines(shown: dict[str, Any]) -> list[str]:
    """What Facebook says it shows now, in the words of its `default` locale."""

    def of(name: str) -> dict[str, Any]:
        return next((one for one in shown.get(name, []) if one.get("locale") == "default"), {})

    breakers = [str(one.get("question")) for one in of("ice_breakers").get("call_to_actions", [])]
    menu = [str(one.get("title")) for one in of("persistent_menu").get("call_to_actions", [])]
    started = shown.get("get_started", {}).get("payload")
    return [
        f"Nút Bắt đầu: {started or 'chưa đặt'}",
        f"Lời chào: {of('greeting').get('text') or 'chưa đặt'}",
        f"Câu gợi ý: {' | '.join(breakers) or 'chưa đặt'}",
        f"Menu: {' | '.join(menu) or 'chưa đặt'}",
    ]
