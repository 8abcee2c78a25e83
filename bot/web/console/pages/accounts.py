"""Accounts of the unit: who may sign in, with which roles."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from multidict import MultiDictProxy

from bot.accounts import LOGIN, normal_login
from bot.domain.staff import Permission, Role
from bot.storage.staff import Account, Actor, LastAdministratorError, LoginTakenError
from bot.web.console import words
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render, see
from bot.web.console.services import CONSOLE

NAV = Nav("Tài khoản", "/console/accounts", Permission.ACCOUNTS, 600, "people", "t")
LAST_ADMINISTRATOR = (
    "Đây là người quản trị cuối cùng của đơn vị nên không bỏ được. Giao vai trò quản trị cho người khác trước."
)
NAME_CHARACTERS = 120
routes = web.RouteTableDef()
_ROLE_OPTIONS = [(role.value, words.ROLES[role], words.ROLE_HELP[role]) for role in Role]


@routes.get("/accounts")
@requires(Permission.ACCOUNTS)
async def accounts(request: web.Request) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    listed = await console.staff.of_unit(who.unit_id)
    return await render(request, "accounts.html", {"accounts": listed})


@routes.get("/accounts/new")
@requires(Permission.ACCOUNTS)
async def new_account(request: web.Request) -> web.StreamResponse:
    return await _new_form(request, {"login": "", "name": "", "title": ""}, frozenset(), {})


@routes.post("/accounts/new")
@requires(Permission.ACCOUNTS)
async def create_account(request: web.Request) -> web.StreamResponse:
    console, who, form = request.app[CONSOLE], signed(request), await request.post()
    typed = {name: str(form.get(name, "")).strip() for name in ("login", "name", "title")}
    login, roles = normal_login(typed["login"]), _chosen_roles(form)
    problems = _name_problems(typed["name"], typed["title"])
    if not LOGIN.fullmatch(login):
        problems["login"] = "Dùng chữ thường không dấu, chữ số, dấu chấm hoặc gạch; ít nhất 3 ký tự. Ví dụ: lan.nguyen"
    if not roles:
        problems["role"] = "Chọn ít nhất một vai trò."
    if not problems:
        try:
            staff_id, password = await console.accounts.create(
                Actor(who.staff.id, who.unit_id), login, typed["name"], typed["title"], {who.unit_id: roles}
            )
        except LoginTakenError:
            problems["login"] = "Tên đăng nhập này đã có người dùng. Xin chọn tên khác."
        else:
            return await _secret(request, staff_id, typed["name"], login, password)
    return await _new_form(request, typed, roles, problems)


@routes.get(r"/accounts/{staff:\d{1,18}}")
@requires(Permission.ACCOUNTS)
async def account(request: web.Request) -> web.StreamResponse:
    return await _account_page(request, await _found(request))


@routes.post(r"/accounts/{staff:\d{1,18}}/name")
@requires(Permission.ACCOUNTS)
async def rename(request: web.Request) -> web.StreamResponse:
    found, form = await _managed(request), await request.post()
    name, title = (str(form.get(field, "")).strip() for field in ("name", "title"))
    problems = _name_problems(name, title)
    if problems:
        return await _account_page(request, found, problems)
    await request.app[CONSOLE].staff.rename(_actor(request), found.id, name, title)
    return see(request, f"/console/accounts/{found.id}", "Đã lưu họ tên và chức vụ.")


@routes.post(r"/accounts/{staff:\d{1,18}}/roles")
@requires(Permission.ACCOUNTS)
async def change_roles(request: web.Request) -> web.StreamResponse:
    """The roles in the present unit only."""
    found, form = await _found(request), await request.post()
    roles = _chosen_roles(form)
    try:
        changed = await request.app[CONSOLE].staff.set_roles(_actor(request), found.id, signed(request).unit_id, roles)
    except LastAdministratorError:
        return await _account_page(request, found, {"role": LAST_ADMINISTRATOR})
    said = f"Đã đổi vai trò của {found.name}; lần thao tác tới họ phải đăng nhập lại."
    return see(request, f"/console/accounts/{found.id}", said if changed else "Vai trò không thay đổi.")


@routes.post(r"/accounts/{staff:\d{1,18}}/deactivate")
@requires(Permission.ACCOUNTS)
async def deactivate(request: web.Request) -> web.StreamResponse:
    found = await _managed(request)
    try:
        await request.app[CONSOLE].staff.set_active(_actor(request), found.id, False)
    except LastAdministratorError:
        return await _account_page(request, found, {"role": LAST_ADMINISTRATOR})
    return see(request, f"/console/accounts/{found.id}", f"Đã ngừng tài khoản của {found.name}.")


@routes.post(r"/accounts/{staff:\d{1,18}}/activate")
@requires(Permission.ACCOUNTS)
async def activate(request: web.Request) -> web.StreamResponse:
    found = await _managed(request)
    await request.app[CONSOLE].staff.set_active(_actor(request), found.id, True)
    return see(request, f"/console/accounts/{found.id}", f"{found.name} đăng nhập lại được.")


@routes.post(r"/accounts/{staff:\d{1,18}}/unlock")
@requires(Permission.ACCOUNTS)
async def unlock(request: web.Request) -> web.StreamResponse:
    found = await _managed(request)
    await request.app[CONSOLE].staff.unlock(_actor(request), found.id)
    return see(request, f"/console/accounts/{found.id}", f"Đã mở khóa cho {found.name}.")


@routes.post(r"/accounts/{staff:\d{1,18}}/second-factor")
@requires(Permission.ACCOUNTS)
async def reset_second_factor(request: web.Request) -> web.StreamResponse:
    found = await _managed(request)
    await request.app[CONSOLE].staff.set_second_factor(_actor(request), found.id, None)
    said = f"Đã bỏ mã xác thực của {found.name}. Nếu vai trò cần mã, lần đăng nhập tới họ cài lại."
    return see(request, f"/console/accounts/{found.id}", said)


@routes.post(r"/accounts/{staff:\d{1,18}}/password")
@requires(Permission.ACCOUNTS)
async def reset_password(request: web.Request) -> web.StreamResponse:
    found = await _managed(request)
    password = await request.app[CONSOLE].accounts.reset_password(_actor(request), found.id)
    return await _secret(request, found.id, found.name, found.login, password)


def _actor(request: web.Request) -> Actor:
    who = signed(request)
    return Actor(who.staff.id, who.unit_id)


def _chosen_roles(form: MultiDictProxy[str | bytes | bytearray | web.FileField]) -> frozenset[Role]:
    known = {role.value for role in Role}
    return frozenset(Role(str(one)) for one in form.getall("role", []) if str(one) in known)


def _name_problems(name: str, title: str) -> dict[str, str]:
    problems = {}
    if not name:
        problems["name"] = "Nhập họ và tên."
    for field, value in (("name", name), ("title", title)):
        if len(value) > NAME_CHARACTERS:
            problems[field] = f"Dài quá {NAME_CHARACTERS} ký tự."
    return problems


async def _found(request: web.Request) -> Account:
    """Somebody with a role in the present unit, or with none anywhere; everybody else is as good as unknown."""
    found = await request.app[CONSOLE].staff.by_id(int(request.match_info["staff"]))
    if found is None or (found.roles and signed(request).unit_id not in found.roles):
        raise web.HTTPNotFound
    return found


async def _managed(request: web.Request) -> Account:
    """Somebody whose whole account one may change: one manages accounts in all of their units."""
    found = await _found(request)
    if not _manages(request, found):
        raise web.HTTPForbidden
    return found


def _manages(request: web.Request, found: Account) -> bool:
    staff = signed(request).staff
    return all(staff.may(Permission.ACCOUNTS, unit_id) for unit_id in found.roles)


async def _new_form(
    request: web.Request, typed: Mapping[str, str], roles: frozenset[Role], problems: Mapping[str, str]
) -> web.StreamResponse:
    context = {
        "typed": typed, "chosen": {role.value for role in roles}, "problems": problems, "role_options": _ROLE_OPTIONS,
    }  # fmt: skip
    return await render(request, "account_new.html", context, status=422 if problems else 200)


async def _account_page(
    request: web.Request, found: Account, problems: Mapping[str, str] | None = None
) -> web.StreamResponse:
    console, who = request.app[CONSOLE], signed(request)
    context = {
        "account": found,
        "problems": problems or {},
        "role_options": _ROLE_OPTIONS,
        "chosen": {role.value for role in found.roles.get(who.unit_id, frozenset())},
        "elsewhere": [console.unit_name(unit_id) for unit_id in found.roles if unit_id != who.unit_id],
        "manages": _manages(request, found),
        "own": found.id == who.staff.id,
    }
    return await render(request, "account.html", context, status=422 if problems else 200)


async def _secret(request: web.Request, staff_id: int, name: str, login: str, password: str) -> web.StreamResponse:
    context = {"staff_id": staff_id, "name": name, "login": login, "temporary": password}
    return await render(request, "account_secret.html", context)
