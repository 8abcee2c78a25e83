"""Signing in and out, the one-time code, and going on with a form whose session had ended."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from bot import limits
from bot.accounts import SignInRefusedError
from bot.domain.staff import Permission
from bot.storage.sessions import Session
from bot.web.console import words
from bot.web.console.auth import (
    COOKIE,
    SIGNED,
    address,
    csrf_token,
    csrf_token_of,
    safe_next,
    set_cookie,
    signed,
    wants_json,
)
from bot.web.console.permissions import Stage, public, requires
from bot.web.console.rendering import render, see
from bot.web.console.services import CONSOLE
from bot.web.rate import RateLimit

KEPT = "kept:"
"""Begins the names of the fields that carry a form over the sign-in."""
_RATE = web.AppKey("sign_in_rate", RateLimit)
routes = web.RouteTableDef()


def setup(app: web.Application) -> None:
    app[_RATE] = RateLimit(limits.SIGN_INS_PER_MINUTE)


@routes.get("/sign-in")
@public
async def sign_in_page(request: web.Request) -> web.StreamResponse:
    if request.get(SIGNED) is not None:
        raise web.HTTPSeeOther(safe_next(request.query.get("next", "")))
    context = {
        "next": request.query.get("next", ""),
        "login": "",
        "problem": "",
        "kept": {},
        "kept_path": "",
        "ask_code": False,
    }
    return await render(request, "sign_in.html", context)


@routes.post("/sign-in")
@public
async def sign_in(request: web.Request) -> web.StreamResponse:
    """A page's script asks with `Accept: application/json` when the session ended under a form."""
    console = request.app[CONSOLE]
    form = await request.post()
    typed = {name: str(form.get(name, "")) for name in ("login", "password", "code", "next", "unit", "kept_path")}
    try:
        if request.app[_RATE].retry_after(address(request)) is not None:
            raise web.HTTPTooManyRequests
        token = await console.accounts.sign_in(
            typed["login"], typed["password"], typed["code"], address(request), request.headers.get("User-Agent", "")
        )
    except SignInRefusedError as error:
        problem = words.refusal(error.reason, error.until, console.clock.now())
        if wants_json(request):
            return web.json_response({"problem": problem}, status=401)
        kept = {name.removeprefix(KEPT): form.getall(name) for name in form if name.startswith(KEPT)}
        context = {
            "next": typed["next"], "login": typed["login"], "problem": problem, "kept": kept,
            "kept_path": typed["kept_path"], "ask_code": "code" in form,
        }  # fmt: skip
        return await render(request, "sign_in.html", context, status=401)
    session = await console.sessions.find(token)
    assert session is not None  # noqa: S101  (opened above)
    unit_id = await _choose_unit(request, session, typed["unit"])
    response: web.StreamResponse
    if wants_json(request):
        response = web.json_response({"csrf": csrf_token_of(request, token, unit_id), "unit": unit_id})
    elif typed["kept_path"]:
        kept_fields = [(name.removeprefix(KEPT), str(value)) for name, value in form.items() if name.startswith(KEPT)]
        context = {
            "action": safe_next(urlsplit(typed["kept_path"]).path), "fields": kept_fields,
            "csrf_field": csrf_token_of(request, token, unit_id),
        }  # fmt: skip
        response = await render(request, "resume.html", context)
    else:
        response = see(request, safe_next(typed["next"]))
    set_cookie(request, response, token)
    return response


async def _choose_unit(request: web.Request, session: Session, wanted: str) -> str:
    """The unit the person worked for before the session ended, where they still have a role."""
    if wanted in session.staff.roles and wanted != session.unit_id:
        await request.app[CONSOLE].sessions.choose_unit(session, wanted)
        return wanted
    return session.unit_id


@routes.get("/code")
@requires(Permission.ANY, stages=frozenset({Stage.CODE}))
async def code_page(request: web.Request) -> web.StreamResponse:
    return await render(request, "code.html", {"problem": ""})


@routes.post("/code")
@requires(Permission.ANY, stages=frozenset({Stage.CODE}))
async def code(request: web.Request) -> web.StreamResponse:
    console = request.app[CONSOLE]
    try:
        await console.accounts.second_factor(signed(request).session, str((await request.post()).get("code", "")))
    except SignInRefusedError as error:
        problem = words.refusal(error.reason, error.until, console.clock.now())
        return await render(request, "code.html", {"problem": problem}, status=401)
    return see(request, "/console/")


@routes.post("/sign-out")
@requires(Permission.ANY, stages=frozenset(Stage) - {Stage.STRANGER})
async def sign_out(request: web.Request) -> web.StreamResponse:
    session = signed(request).session
    await request.app[CONSOLE].sessions.end(session.staff.id, session.id)
    response = see(request, "/console/sign-in", "Đã đăng xuất.")
    response.del_cookie(COOKIE, path="/console")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@routes.get("/session")
@requires(Permission.ANY, passive=True)
async def session_state(request: web.Request) -> web.StreamResponse:
    """Asked by a page's script before a form is sent: 401 when the session has ended, else the present form token."""
    who = signed(request)
    return web.json_response({"csrf": csrf_token(request), "login": who.staff.login, "unit": who.unit_id})


@routes.post("/unit")
@requires(Permission.ANY)
async def choose_unit(request: web.Request) -> web.StreamResponse:
    who = signed(request)
    unit_id = str((await request.post()).get("unit", ""))
    if unit_id not in who.staff.roles:
        raise web.HTTPNotFound
    console = request.app[CONSOLE]
    await console.sessions.choose_unit(who.session, unit_id)
    return see(request, "/console/", f"Đang làm việc cho {console.unit_name(unit_id)}.")
