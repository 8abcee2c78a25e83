"""One's own password, second factor and sessions."""

from __future__ import annotations

import io

import segno
from aiohttp import web
from markupsafe import Markup

from bot.accounts import Offer, SignInRefusedError, WeakPasswordError
from bot.domain.staff import Permission
from bot.web.console import words
from bot.web.console.auth import COOKIE, signed
from bot.web.console.permissions import Stage, requires
from bot.web.console.rendering import render, see
from bot.web.console.services import CONSOLE

_PASSWORD_STAGES = frozenset({Stage.PASSWORD, Stage.COMPLETE})
_SET_UP_STAGES = frozenset({Stage.SET_UP, Stage.COMPLETE})
routes = web.RouteTableDef()


@routes.get("/password")
@requires(Permission.ANY, stages=_PASSWORD_STAGES)
async def password_page(request: web.Request) -> web.StreamResponse:
    return await render(request, "password.html", {"problems": {}, "first": signed(request).stage is Stage.PASSWORD})


@routes.post("/password")
@requires(Permission.ANY, stages=_PASSWORD_STAGES)
async def change_password(request: web.Request) -> web.StreamResponse:
    who, console, form = signed(request), request.app[CONSOLE], await request.post()
    present, new, again = (str(form.get(name, "")) for name in ("present", "new_password", "new_password_again"))
    problems: dict[str, str] = {}
    if new != again:
        problems |= {"new_password_again": "Hai lần nhập mật khẩu mới không giống nhau."}
    else:
        try:
            await console.accounts.change_password(who.session, present, new)
        except SignInRefusedError as error:
            locked = words.refusal(error.reason, error.until, console.clock.now())
            problems["present"] = locked if error.until else "Mật khẩu hiện tại không đúng."
        except WeakPasswordError as error:
            problems["new_password"] = words.WEAKNESSES[error.reason]
    if problems:
        context = {"problems": problems, "first": who.stage is Stage.PASSWORD}
        return await render(request, "password.html", context, status=422)
    return see(request, "/console/", "Đã đổi mật khẩu. Các phiên đăng nhập khác đã kết thúc.")


@routes.get("/second-factor")
@requires(Permission.ANY, stages=_SET_UP_STAGES)
async def second_factor_page(request: web.Request) -> web.StreamResponse:
    who = signed(request)
    return await _offer_page(request, request.app[CONSOLE].accounts.offer_second_factor(who.session))


@routes.post("/second-factor")
@requires(Permission.ANY, stages=_SET_UP_STAGES)
async def set_up_second_factor(request: web.Request) -> web.StreamResponse:
    who, accounts, form = signed(request), request.app[CONSOLE].accounts, await request.post()
    sealed, code = str(form.get("offer", "")), str(form.get("code", ""))
    if await accounts.set_up_second_factor(who.session, sealed, code):
        return see(request, "/console/", "Đã bật mã xác thực. Từ lần sau, đăng nhập cần thêm mã trong ứng dụng.")
    offer = accounts.offer_again(who.session, sealed) or accounts.offer_second_factor(who.session)
    problem = "Mã không đúng. Kiểm tra giờ của điện thoại, chờ mã mới rồi nhập lại."
    return await _offer_page(request, offer, problem)


async def _offer_page(request: web.Request, offer: Offer, problem: str = "") -> web.StreamResponse:
    drawn = io.BytesIO()
    segno.make(offer.uri, error="m").save(
        drawn, kind="svg", scale=5, border=3, xmldecl=False, svgns=True, dark="#000", light="#fff", omitsize=False,
        svgclass="qr", lineclass=None,
    )  # fmt: skip
    who = signed(request)
    context = {
        "qr": Markup(drawn.getvalue().decode()),  # noqa: S704  (drawn here)
        "key": " ".join(offer.secret[start : start + 4] for start in range(0, len(offer.secret), 4)),
        "sealed": offer.sealed,
        "problem": problem,
        "first": who.stage is Stage.SET_UP,
        "renewing": who.session.has_second_factor,
    }
    return await render(request, "second_factor.html", context, status=422 if problem else 200)


@routes.get("/sessions")
@requires(Permission.ANY)
async def sessions_page(request: web.Request) -> web.StreamResponse:
    who = signed(request)
    listed = await request.app[CONSOLE].sessions.of(who.staff.id)
    return await render(request, "sessions.html", {"sessions": listed, "own": who.session.id})


@routes.post("/sessions/{session:[0-9a-f]{64}}/end")
@requires(Permission.ANY)
async def end_session(request: web.Request) -> web.StreamResponse:
    who = signed(request)
    if not await request.app[CONSOLE].sessions.end(who.staff.id, request.match_info["session"]):
        raise web.HTTPNotFound
    return see(request, "/console/sessions", "Đã đăng xuất thiết bị đó.")


@routes.post("/sessions/end-all")
@requires(Permission.ANY)
async def end_all_sessions(request: web.Request) -> web.StreamResponse:
    await request.app[CONSOLE].sessions.end_all(signed(request).staff.id)
    response = see(request, "/console/sign-in", "Đã đăng xuất khỏi mọi thiết bị.")
    response.del_cookie(COOKIE, path="/console")
    return response
