"""The staff console: a sub-application at /console. Every module of `pages` is a page; see CONTRIBUTING.md."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from aiohttp import web

from bot.web.console import pages, rendering
from bot.web.console.auth import guard
from bot.web.console.permissions import check_declarations
from bot.web.console.rendering import ASSET_VERSION, NAVIGATION
from bot.web.console.services import CONSOLE, Console

HERE = Path(__file__).parent
STATIC = HERE / "static"
PREFIX = "/console"


def mount(root: web.Application, console: Console) -> None:
    """Adds the console to the web application, unless it has none."""

    async def with_slash(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(f"{PREFIX}/")

    root.router.add_get(PREFIX, with_slash)
    root.add_subapp(PREFIX, create(console))


def create(console: Console) -> web.Application:
    app = web.Application(middlewares=[rendering.errors, guard])
    app[CONSOLE] = console
    app[ASSET_VERSION] = _asset_version()
    rendering.setup(app, [str(HERE / "templates"), str(HERE / "help")])
    modules = page_modules()
    app[NAVIGATION] = sorted((nav for module in modules for nav in _entries(module)), key=lambda nav: nav.order)
    for module in modules:
        app.add_routes(module.routes)
        if hasattr(module, "setup"):
            module.setup(app)
    app.router.add_static("/static", STATIC)
    app.on_startup.append(check_declarations)
    return app


def page_modules() -> list[ModuleType]:
    names = sorted(found.name for found in pkgutil.iter_modules(pages.__path__))
    return [importlib.import_module(f"{pages.__name__}.{name}") for name in names]


def _entries(module: ModuleType) -> list[rendering.Nav]:
    found = getattr(module, "NAV", ())
    return [found] if isinstance(found, rendering.Nav) else list(found)


def _asset_version() -> str:
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
