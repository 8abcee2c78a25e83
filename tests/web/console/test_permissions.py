"""Every route of the console, asked for by every person of the cast."""

from __future__ import annotations

import re

import pytest
from aiohttp import web

from bot.domain.staff import PERMISSIONS, Permission, Role
from bot.web.console import app as console_app
from bot.web.console.permissions import Stage, check_declarations, declared
from bot.web.console.services import Console
from tests import cast
from tests.servers.chat import Parts
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Visitor

STREAMS = {"/console/live"}
"""Answers that do not end; they have tests of their own."""
ENDS_THE_SESSION = {"/console/sign-out", "/console/sessions/end-all"}
PERSONS = [*cast.BY_ROLE.values(), cast.BINH, cast.SON]
SAMPLES = {
    "session": "0" * 64, "place": "ticket:999999:reply", "code": "PA-261120-9999A", "ending": "csv", "model": "0" * 16,
    "format": "yaml", "sha256": "0" * 64,
}  # fmt: skip
"""What stands for a variable of an address; everything else is a number nobody has."""


def routes(app: web.Application) -> list[web.AbstractRoute]:
    return [one for one in app.router.routes() if one.method != "HEAD" and declared(one) is not None]


def subapp(parts: Parts) -> web.Application:
    return console_app.create(parts.console)


def address(route: web.AbstractRoute) -> str:
    """An address of the route that names things nobody has."""
    assert route.resource is not None
    found = re.sub(r"\{(\w+)\}", lambda match: SAMPLES.get(match[1], "999999"), route.resource.canonical)
    return f"/console{found}"


def expected(person: cast.Person, permission: Permission) -> bool:
    """According to the table of PERMISSIONS, in the one unit the person works for."""
    if permission is Permission.ANY:
        return True
    return any(permission in PERMISSIONS[role] for roles in person.roles.values() for role in roles)


@pytest.mark.parametrize("person", PERSONS, ids=lambda one: one.login)
async def test_every_route_lets_in_whom_the_table_of_permissions_names_and_nobody_else(
    parts: Parts, sign_in: SignIn, person: cast.Person
) -> None:
    wrong = []
    visitor = await sign_in(person)
    token = visitor.csrf
    for route in routes(subapp(parts)):
        asked = declared(route)
        path = address(route)
        if asked is None or path in STREAMS | ENDS_THE_SESSION or Stage.COMPLETE not in asked.stages:
            continue
        page = await visitor.request(route.method, path, **_token(route.method, token))
        if (page.status == 403) == expected(person, asked.permission):
            wrong.append((route.method, path, page.status))
        assert page.status < 500, (route.method, path)
    assert wrong == []


def _token(method: str, token: str) -> dict[str, dict[str, str]]:
    return {} if method == "GET" else {"headers": {"X-CSRF-Token": token, "HX-Request": "true"}}


async def test_a_stranger_reaches_nothing_but_the_sign_in_page(parts: Parts, stranger: Visitor) -> None:
    await stranger.get("/console/sign-in")
    for route in routes(subapp(parts)):
        path = address(route)
        if path == "/console/sign-in":
            continue
        page = await stranger.request(route.method, path, headers={"X-CSRF-Token": stranger.csrf})
        assert page.status in {303, 401}, (route.method, path, page.status)
        if page.status == 303:
            assert str(page.location).startswith("/console/sign-in")


async def test_no_unsafe_method_is_taken_without_its_token_or_from_another_site(parts: Parts, sign_in: SignIn) -> None:
    visitor = await sign_in(cast.MAI)
    token = visitor.csrf
    unsafe = [one for one in routes(subapp(parts)) if one.method != "GET"]
    assert len(unsafe) >= 8
    for route in unsafe:
        path = address(route)
        for headers in (
            {},
            {"X-CSRF-Token": ".".join((cast.UNIT, "0" * 64))},
            {"X-CSRF-Token": token, "Origin": "https://evil.example"},
            {"X-CSRF-Token": token, "Origin": "null"},
            {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"},
        ):
            page = await visitor.request(route.method, path, headers=headers)
            assert page.status == 403, (route.method, path, headers)
    assert (await visitor.get("/console/")).status == 200


async def test_the_token_of_another_session_or_unit_is_refused(sign_in: SignIn) -> None:
    lan, mai = await sign_in(cast.LAN), await sign_in(cast.MAI)
    assert (await lan.post("/console/password", {}, csrf=mai.csrf)).status == 403
    assert (await lan.post("/console/password", {}, csrf=lan.csrf.replace(cast.UNIT, cast.OTHER_UNIT))).status == 403


async def test_a_deactivated_person_cannot_sign_in_and_is_out_at_once(
    stranger: Visitor, sign_in: SignIn, console: Console, people: dict[str, int]
) -> None:
    await stranger.get("/console/sign-in")
    page = await stranger.post("/console/sign-in", {"login": cast.CUC.login, "password": cast.PASSWORD})
    assert page.status == 401
    lan = await sign_in(cast.LAN)
    await console.staff.set_active(cast.TERMINAL, people["lan"], False)
    assert (await lan.get("/console/")).status == 303


async def test_a_route_that_declares_nothing_keeps_the_console_from_starting(parts: Parts) -> None:
    async def undeclared(request: web.Request) -> web.Response:
        return web.Response()

    app = subapp(parts)
    app.router.add_get("/forgotten", undeclared)
    with pytest.raises(LookupError, match="/forgotten"):
        await check_declarations(app)


def test_every_role_has_somebody_in_the_cast() -> None:
    assert set(cast.BY_ROLE) == set(Role)
    assert all(person.roles == {cast.UNIT: {role}} for role, person in cast.BY_ROLE.items())
