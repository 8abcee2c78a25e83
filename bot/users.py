"""Commands about accounts and the audit trail: `user add|list|reset`, `audit verify`."""

from __future__ import annotations

import asyncio

import typer
from rich.markup import escape

from bot.accounts import LOGIN, WeakPasswordError, normal_login
from bot.domain.staff import Role
from bot.passwords import Weakness
from bot.storage.audit import AuditTrail
from bot.storage.staff import LoginTakenError
from bot.system import System
from bot.terminal import console, fail
from bot.web.console.words import ROLES, WEAKNESSES


async def add(system: System, login: str, name: str, title: str, unit: str | None, roles: list[Role]) -> None:
    unit_id = unit or system.settings.default_unit
    known = {one.record_id for one in await system.revisions.published(system.clock.now().date()) if one.kind == "unit"}
    if unit_id not in known:
        fail(
            f"Chưa có đơn vị “{unit_id}”. Các đơn vị: {', '.join(sorted(known)) or 'chưa có; chạy than-thien migrate'}."
        )
    login = normal_login(login)
    if not LOGIN.fullmatch(login):
        fail("Tên đăng nhập dùng chữ thường không dấu, chữ số, dấu chấm hoặc gạch; ít nhất 3 ký tự.")
    password = await _new_password()
    try:
        await system.accounts().create_with_password(login, name, title, password, {unit_id: frozenset(roles)})
    except WeakPasswordError as error:
        _refuse(error.reason)
    except LoginTakenError:
        fail(f"Đã có tài khoản “{login}”. Chọn tên khác, hoặc đặt lại mật khẩu: than-thien user reset {login}")
    console.print(
        f"[green]✓[/] Tài khoản {escape(login)} ({', '.join(ROLES[role] for role in roles)}) ở {escape(unit_id)}."
    )
    console.print(f"  Đăng nhập: {system.settings.public_url.rstrip('/')}/console")


async def show(system: System) -> None:
    accounts = await system.staff.everybody()
    for one in accounts:
        roles = "; ".join(f"{unit}: {', '.join(sorted(held))}" for unit, held in one.roles.items())
        state = "" if one.active else "  đã ngừng"
        console.print(f"{escape(one.login)}  {escape(one.name)}  {escape(roles) or 'chưa có vai trò'}{state}")
    if not accounts:
        console.print('Chưa có tài khoản nào. Thêm: than-thien user add TÊN --name "Họ và tên" --role administrator')


async def reset(system: System, login: str) -> None:
    account = await system.staff.by_login(normal_login(login))
    if account is None:
        fail(f"Không có tài khoản “{login}”. Xem: than-thien user list")
    try:
        await system.accounts().reset_at_terminal(account, await _new_password())
    except WeakPasswordError as error:
        _refuse(error.reason)
    console.print(f"[green]✓[/] Đã đặt mật khẩu mới cho {escape(account.login)}, bỏ mã xác thực và mở khóa.")


async def verify_audit(system: System, known: str | None) -> None:
    trail = AuditTrail(system.database)
    verdict = await trail.verify()
    if verdict.broken is not None:
        fail(f"Nhật ký bị sửa: dòng {verdict.broken} không khớp với dòng trước nó.")
    if known is not None and not await trail.holds(known):
        fail("Nhật ký bị cắt: không còn dòng mang dấu đã cho.")
    console.print(f"[green]✓[/] Nhật ký còn nguyên: {verdict.rows} dòng.")
    console.print(f"  Dấu cuối, ghi lại để đối chiếu lần sau: {verdict.last_hash}")


async def _new_password() -> str:
    prompt = "Mật khẩu"
    asked: str = await asyncio.to_thread(
        typer.prompt, prompt, hide_input=True, confirmation_prompt="Nhập lại mật khẩu", err=True
    )
    return asked


def _refuse(reason: Weakness) -> None:
    fail(WEAKNESSES[reason])
