"""What each route of the console asks for. A route that declares nothing keeps the console from starting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum

from aiohttp import web

from bot import limits
from bot.domain.staff import Permission

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Stage(IntEnum):
    """How far somebody has come in signing in."""

    STRANGER = 0
    CODE = 1
    """The password was right, the one-time code is missing."""
    PASSWORD = 2
    """A temporary password must be changed first."""
    SET_UP = 3
    """The roles ask for a second factor and there is none yet."""
    COMPLETE = 4


@dataclass(frozen=True, slots=True)
class Declaration:
    """`stages`: how far one must have come; `passive`: a page calls it by itself, so it proves nobody at work;
    `body`: the largest request, in bytes."""

    permission: Permission
    stages: frozenset[Stage]
    passive: bool
    body: int


_DECLARED: dict[Handler, Declaration] = {}


def requires(
    permission: Permission,
    *,
    stages: frozenset[Stage] = frozenset({Stage.COMPLETE}),
    passive: bool = False,
    body: int = limits.REQUEST_BYTES,
) -> Callable[[Handler], Handler]:
    """Declares what a route asks for, in the unit the person works for just now."""

    def declare(handler: Handler) -> Handler:
        _DECLARED[handler] = Declaration(permission, stages, passive, body)
        return handler

    return declare


def public(handler: Handler) -> Handler:
    """Declares that strangers may come, too: signing in, and nothing else."""
    return requires(Permission.ANY, stages=frozenset(Stage))(handler)


def declared(route: web.AbstractRoute) -> Declaration | None:
    """None for static files, which are for everybody. Raises LookupError for a route without a declaration."""
    if isinstance(route.resource, web.StaticResource):
        return None
    if route.handler not in _DECLARED:
        raise LookupError(f"{route.method} {route.resource}: no @requires")
    return _DECLARED[route.handler]


async def check_declarations(app: web.Application) -> None:
    """At start-up. Raises LookupError."""
    for route in app.router.routes():
        declared(route)
