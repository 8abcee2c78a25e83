"""Who asks, and whether they may: sessions, forged requests, stages of signing in, permissions."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from aiohttp import web

from bot.domain.staff import Permission, Staff
from bot.storage.sessions import Session, new_token, session_id
from bot.web.console.permissions import Handler, Stage, declared
from bot.web.console.services import CONSOLE

COOKIE = "tt_console"
CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"
STATE_HEADER = "X-Console"
"""Tells the page's script why a request was refused: `signed-out`, `stale` (its form token is old)."""
SAFE_METHODS = frozenset({"GET", "HEAD"})
PLACES = {Stage.CODE: "/console/code", Stage.PASSWORD: "/console/password", Stage.SET_UP: "/console/second-factor"}


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody signed in, and the unit they work for just now."""

    session: Session
    unit_id: str

    @property
    def staff(self) -> Staff:
        return self.session.staff

    @property
    def stage(self) -> Stage:
        session = self.session
        if session.has_second_factor and session.second_factor_at is None:
            return Stage.CODE
        if session.must_change_password:
            return Stage.PASSWORD
        if session.staff.needs_second_factor and not session.has_second_factor:
            return Stage.SET_UP
        return Stage.COMPLETE

    def may(self, permission: Permission) -> bool:
        return self.stage is Stage.COMPLETE and self.staff.may(permission, self.unit_id)


SIGNED = web.RequestKey("signed", Signed)
TOKEN = web.RequestKey("token", str)
"""Of the cookie; strangers have one, too, so that the sign-in form cannot be forged."""


class SignedOutError(Exception):
    """The session has ended. `kept`: what was typed into the form that was sent."""

    def __init__(self, kept: Mapping[str, list[str]] | None = None) -> None:
        super().__init__()
        self.kept = kept


def signed(request: web.Request) -> Signed:
    """Whoever asks; only for routes that strangers may not use."""
    return request[SIGNED]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    console = request.app[CONSOLE]
    token = request.cookies.get(COOKIE, "")
    request[TOKEN] = token or new_token()
    session = await console.sessions.find(token) if token else None
    if session is not None:
        roles = session.staff.roles
        unit_id = session.unit_id if session.unit_id in roles else next(iter(roles), "")
        request[SIGNED] = Signed(session, unit_id)
    if request.match_info.http_exception is not None:
        return await handler(request)  # no such page
    asked = declared(request.match_info.route)
    if asked is None:
        return await handler(request)
    request._client_max_size = asked.body
    if request.method not in SAFE_METHODS:
        _check_origin(request)
        await _check_form(request)
    who = request.get(SIGNED)
    stage = who.stage if who else Stage.STRANGER
    if stage not in asked.stages:
        if who is None:
            raise SignedOutError(await _typed(request) if request.method not in SAFE_METHODS else None)
        raise web.HTTPSeeOther(PLACES.get(stage, "/console/"))
    if who is not None:
        if asked.permission is not Permission.ANY and not who.may(asked.permission):
            raise web.HTTPForbidden
        if not asked.passive:
            await console.sessions.touch(who.session)
    response = await handler(request)
    if not token and not response.prepared:
        set_cookie(request, response, request[TOKEN])
    return response


def csrf_token(request: web.Request) -> str:
    """What a form of this page must carry: the unit it was made for, and our signature over it and the session."""
    who = request.get(SIGNED)
    unit_id = who.unit_id if who else ""
    return f"{unit_id}.{_signature(request, request[TOKEN], unit_id)}"


def csrf_token_of(request: web.Request, token: str, unit_id: str) -> str:
    """The same for a session that has just begun."""
    return f"{unit_id}.{_signature(request, token, unit_id)}"


def unit_of_form(token: str) -> str:
    return token.rpartition(".")[0]


def set_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    secure = _is_secure(request)
    response.set_cookie(COOKIE, token, path="/console", httponly=True, samesite="Lax", secure=secure)


def address(request: web.Request) -> str:
    if request.app[CONSOLE].settings.trust_proxy:
        forwarded = request.headers.get("X-Forwarded-For", "")
        if forwarded:
            return forwarded.rsplit(",", 1)[-1].strip()
    return request.remote or ""


def wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def is_htmx(request: web.Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def sign_in_path(request: web.Request) -> str:
    """Where to sign in, and come back from."""
    if request.method not in SAFE_METHODS or request.path.rstrip("/") == "/console":
        return "/console/sign-in"
    return f"/console/sign-in?next={quote(request.path_qs, safe='')}"


def safe_next(path: str) -> str:
    """Where to go after signing in: a page of the console, never another site."""
    parts = urlsplit(path)
    inside = path.startswith("/console/") and not parts.netloc and not parts.scheme and "\\" not in path
    return path if inside and not path.startswith("/console/sign-in") else "/console/"


def _signature(request: web.Request, token: str, unit_id: str) -> str:
    words = f"{session_id(token)}\n{unit_id}".encode()
    return hmac.new(request.app[CONSOLE].csrf_key, words, hashlib.sha256).hexdigest()


def _check_origin(request: web.Request) -> None:
    """A browser names the page a form was sent from: it must be one of ours."""
    origin = request.headers.get("Origin")
    if origin is None:
        foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    else:
        public = urlsplit(request.app[CONSOLE].settings.public_url)
        ours = {request.host, public.netloc}
        foreign = urlsplit(origin).netloc not in ours or urlsplit(origin).scheme not in {"http", "https"}
    if foreign:
        raise web.HTTPForbidden(headers={STATE_HEADER: "foreign"})


async def _check_form(request: web.Request) -> None:
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        field = (await request.post()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    unit_id, _, signature = (given or "").rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(request, request[TOKEN], unit_id).encode()):
        raise web.HTTPForbidden(headers={STATE_HEADER: "stale"})
    who = request.get(SIGNED)
    if who is not None and unit_id != who.unit_id:
        raise web.HTTPConflict(headers={STATE_HEADER: "other-unit"})


async def _typed(request: web.Request) -> dict[str, list[str]]:
    """The words of a form, without files and without our token."""
    fields = await request.post() if request.content_type != "application/json" else {}
    kept: dict[str, list[str]] = {}
    for name in fields:
        words = [one for one in getattr(fields, "getall", lambda _: [])(name) if isinstance(one, str)]
        if words and "password" not in name:
            kept[name] = words
    return kept


def _is_secure(request: web.Request) -> bool:
    settings = request.app[CONSOLE].settings
    public = urlsplit(settings.public_url)
    forwarded = settings.trust_proxy and request.headers.get("X-Forwarded-Proto") == "https"
    return request.secure or forwarded or (public.scheme == "https" and public.netloc == request.host)
