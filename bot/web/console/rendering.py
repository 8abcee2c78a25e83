"""Pages from templates: what every page knows, messages shown once, and errors in words."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp_jinja2
import jinja2
import structlog
from aiohttp import web
from markupsafe import Markup

from bot.domain.errors import StorageUnavailableError
from bot.domain.staff import Permission
from bot.web.console import words
from bot.web.console.auth import (
    CSRF_FIELD,
    SIGNED,
    STATE_HEADER,
    TOKEN,
    Signed,
    SignedOutError,
    csrf_token,
    is_htmx,
    set_cookie,
    sign_in_path,
    wants_json,
)
from bot.web.console.desk import words as desk_words
from bot.web.console.permissions import Handler, Stage
from bot.web.console.services import CONSOLE

log = structlog.get_logger("console")
FLASH = "tt_said"
FLASH_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Nav:
    """A page's entry in the navigation. `key`: pressed after g; `count`: how many things wait there."""

    title: str
    href: str
    permission: Permission
    order: int
    icon: str
    key: str = ""
    count: Callable[[web.Request], Awaitable[int]] | None = None


@dataclass(frozen=True, slots=True)
class Attention:
    """Something the home page names because a person must act. `tone`: info, warn or bad."""

    text: str
    href: str
    tone: str = "warn"


NAVIGATION = web.AppKey("navigation", list[Nav])
ASSET_VERSION = web.AppKey("console_assets", str)


def setup(app: web.Application, folders: list[str]) -> None:
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(words.FILTERS)
    environment.filters.update(desk_words.FILTERS)
    environment.globals["csrf"] = _csrf_field


async def render(
    request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """A page, or a fragment of one for htmx: then the name of its template begins with an underscore."""
    who = request.get(SIGNED)
    console = request.app[CONSOLE]
    said = _said(request)
    known: dict[str, Any] = {
        "who": who,
        "csrf_token": csrf_token(request),
        "assets": request.app[ASSET_VERSION],
        "path": request.path,
        "now": console.clock.now(),
        "said": said,
        "signed_in": who is not None and who.stage is Stage.COMPLETE,
    }
    if who is not None and not template.startswith("_"):
        known |= {
            "navigation": await _navigation(request, who),
            "unit_name": console.unit_name(who.unit_id),
            "units": [(one, words.capital(console.unit_name(one))) for one in who.staff.units()],
        }
    response = aiohttp_jinja2.render_template(template, request, {**known, **(context or {})}, status=status)
    if said:
        response.del_cookie(FLASH, path="/console")
    return response


def see(request: web.Request, path: str, said: str = "") -> web.Response:
    """Goes on to another page after something was done, which says so there."""
    if is_htmx(request):
        response = web.Response(status=204, headers={"HX-Redirect": path})
    else:
        response = web.Response(status=303, headers={"Location": path})
    if said:
        kept = base64.urlsafe_b64encode(said[:FLASH_CHARACTERS].encode()).decode()
        response.set_cookie(FLASH, kept, path="/console", httponly=True, samesite="Lax", max_age=60)
    return response


def toast(response: web.Response, text: str) -> web.Response:
    """Shows a passing message beside a fragment."""
    response.headers["HX-Trigger"] = json.dumps({"toast": text})
    return response


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure in words that say what to do. Nothing of the console is kept by browsers or proxies."""
    try:
        response = await handler(request)
    except SignedOutError as error:
        response = await _signed_out(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = await _failed(request, error.status, error.headers.get(STATE_HEADER, ""))
    except StorageUnavailableError as error:
        log.error("storage.unavailable", error=str(error))
        response = await _failed(request, 503)
    except ConnectionError:
        raise
    except Exception as error:
        log.exception("console.failed", error=type(error).__name__)
        response = await _failed(request, 500)
    if not response.prepared:
        static = request.path.startswith("/console/static/")  # its address changes with its content
        response.headers.setdefault("Cache-Control", "public, max-age=86400" if static else "no-store")
        response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


async def _signed_out(request: web.Request, error: SignedOutError) -> web.StreamResponse:
    if is_htmx(request) or wants_json(request):
        return web.Response(status=401, text=words.SIGNED_OUT, headers={STATE_HEADER: "signed-out"})
    if error.kept is None:
        return web.Response(status=303, headers={"Location": sign_in_path(request)})
    context = {
        "kept": error.kept,
        "kept_path": request.path_qs,
        "next": "",
        "login": "",
        "problem": "",
        "ask_code": True,
    }
    response = await render(request, "sign_in.html", context, status=401)
    set_cookie(request, response, request[TOKEN])
    return response


async def _failed(request: web.Request, status: int, state: str = "") -> web.StreamResponse:
    title, text = words.failure(status, state)
    if status == 413:
        text = f"{text} {words.most(request._client_max_size)}"
    headers = {STATE_HEADER: state} if state else {}
    if is_htmx(request) or wants_json(request):
        return web.Response(status=status, text=text, headers=headers)
    if status == 503:  # what every page needs comes from the database, too
        known = {"assets": request.app[ASSET_VERSION], "title": title, "text": text}
        return aiohttp_jinja2.render_template("unavailable.html", request, known, status=503)
    response = await render(request, "failure.html", {"title": title, "text": text, "status": status}, status=status)
    response.headers.update(headers)
    return response


async def _navigation(request: web.Request, who: Signed) -> list[tuple[Nav, int]]:
    allowed = [one for one in request.app[NAVIGATION] if who.may(one.permission)]
    return [(one, await one.count(request) if one.count else 0) for one in allowed]


def _said(request: web.Request) -> str:
    if is_htmx(request):
        return ""
    try:
        return base64.urlsafe_b64decode(request.cookies.get(FLASH, "")).decode()[:FLASH_CHARACTERS]
    except ValueError:
        return ""


@jinja2.pass_context
def _csrf_field(context: jinja2.runtime.Context) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, context["csrf_token"])
