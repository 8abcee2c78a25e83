"""The public catalogue: the list of a unit's procedures, a page for each, its QR code and its files."""

from __future__ import annotations

import asyncio
import io
from urllib.parse import urlencode

import aiohttp_jinja2
import segno
from aiohttp import web

from bot import limits
from bot.domain import forms
from bot.domain.freshness import Freshness, due_on
from bot.domain.views import LOCAL_ZONE, PublishedProcedure
from bot.services import catalogue
from bot.services.knowledge import UnitKnowledge
from bot.web import keys
from bot.web.chat import ASSET_VERSION
from knowledge.exchange.reading import MEDIA_TYPES, write

FORMATS = ("docx", "yaml")
routes = web.RouteTableDef()


def setup(app: web.Application) -> None:
    app.add_routes(routes)


@routes.get("/procedures")
async def list_page(request: web.Request) -> web.Response:
    """`?unit=` names another unit than the default, `?q=` searches."""
    unit_id, known = _unit(request)
    question = request.query.get("q", "").strip()[: limits.SEARCH_CHARACTERS]
    chosen = await asyncio.to_thread(catalogue.search, known, question) if question else None
    found = catalogue.groups(known.view, chosen)
    context = {
        **_shared(request, unit_id, known),
        "question": question,
        "groups": found,
        "count": sum(len(group.procedures) for group in found),
    }
    return aiohttp_jinja2.render_template("catalogue.html", request, context)


@routes.get("/procedures/{id}")
async def procedure_page(request: web.Request) -> web.Response:
    unit_id, known = _unit(request)
    one = _procedure(request, unit_id, known)
    record = one.record
    context = {
        **_shared(request, unit_id, known),
        "id": one.id,
        "record": record,
        "suspended": one.suspended,
        "standing": _standing(request, known, one),
        "due": due_on(record, known.view.freshness_rules),
        "always": [paper for paper in record.documents if not paper.when],
        "sometimes": [paper for paper in record.documents if paper.when],
        "related": {name: known.view.procedures[name].record.short_name for case in record.cases
                    for name in case.related if name in known.view.procedures},
        "address": _ask_address(request, unit_id, one.id),
        "supplement": one.supplement,
        "kept": forms.is_kept,
        "ending": forms.ending_of,
    }  # fmt: skip
    return aiohttp_jinja2.render_template("catalogue_procedure.html", request, context)


@routes.get("/procedures/{id}/qr.svg")
async def qr_code(request: web.Request) -> web.Response:
    """A code that opens the chat and asks about the procedure."""
    unit_id, known = _unit(request)
    one = _procedure(request, unit_id, known)
    drawn = io.BytesIO()
    segno.make(_ask_address(request, unit_id, one.id), error="m").save(
        drawn, kind="svg", scale=4, border=2, light="#fff", xmldecl=False
    )
    return web.Response(
        body=drawn.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=3600"}
    )


@routes.get(r"/procedures/forms/{sha256:[0-9a-f]{64}}/{name}")
async def form_file(request: web.Request) -> web.Response:
    """A form that some published procedure refers to; the address changes with the content."""
    unit_id, known = _unit(request)
    if not request.app[keys.KNOWLEDGE].has_form(request.path):
        raise _not_found(request, unit_id, known)
    try:
        content = await request.app[keys.MEDIA].open(forms.key_of(request.path))
    except LookupError:
        raise _not_found(request, unit_id, known) from None
    headers = forms.download_headers(request.path) | {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=content, content_type=forms.MEDIA_TYPES[forms.ending_of(request.path)], headers=headers)


@routes.get("/procedures/{id}/file.{format}")
async def download(request: web.Request) -> web.Response:
    unit_id, known = _unit(request)
    one = _procedure(request, unit_id, known)
    kind = next((name for name in FORMATS if name == request.match_info["format"]), None)
    if kind is None or _standing(request, known, one) is Freshness.REFUSED:
        raise _not_found(request, unit_id, known)
    content = {one.id: one.record.model_dump(mode="json")}
    for form, written in zip(one.record.forms, content[one.id]["forms"], strict=True):
        written["url"] = known.view.address_of(form)
    data = await asyncio.to_thread(write, "docx" if kind == "docx" else "yaml", content)
    headers = {"Content-Disposition": f'attachment; filename="{one.id}.{kind}"'}
    return web.Response(body=data, content_type=MEDIA_TYPES[kind], headers=headers)


def _unit(request: web.Request) -> tuple[str, UnitKnowledge]:
    unit_id = request.query.get("unit") or request.app[keys.SETTINGS].default_unit
    known = request.app[keys.KNOWLEDGE].of(unit_id)
    if known is None:
        assets = {"asset_version": request.app[ASSET_VERSION]}
        page = aiohttp_jinja2.render_string("unit_unknown.html", request, assets)
        raise web.HTTPNotFound(text=page, content_type="text/html")
    return unit_id, known


def _procedure(request: web.Request, unit_id: str, known: UnitKnowledge) -> PublishedProcedure:
    one = known.view.procedures.get(request.match_info["id"])
    if one is None:
        raise _not_found(request, unit_id, known)
    return one


def _not_found(request: web.Request, unit_id: str, known: UnitKnowledge) -> web.HTTPNotFound:
    context = _shared(request, unit_id, known)
    page = aiohttp_jinja2.render_string("catalogue_unknown.html", request, context)
    return web.HTTPNotFound(text=page, content_type="text/html")


def _standing(request: web.Request, known: UnitKnowledge, one: PublishedProcedure) -> Freshness:
    today = request.app[keys.CLOCK].now().astimezone(LOCAL_ZONE).date()
    return catalogue.standing(one, known.view, today)


def _ask_address(request: web.Request, unit_id: str, procedure: str) -> str:
    base = request.app[keys.SETTINGS].public_url.rstrip("/")
    return f"{base}/chat?{urlencode({'unit': unit_id, 'ask': procedure})}"


def _shared(request: web.Request, unit_id: str, known: UnitKnowledge) -> dict[str, object]:
    view = known.view
    return {
        "asset_version": request.app[ASSET_VERSION],
        "unit_id": unit_id,
        "unit_name": view.unit.name,
        "province_name": view.province_name,
        "counter_phone": view.counter_phone or "",
        "receiving_place": view.receiving_place,
    }
