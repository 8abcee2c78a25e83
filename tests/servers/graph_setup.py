"""Everything of the pretend Graph but sending: set-up, tokens, profiles, uploads, conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from tests.servers import graph_rules as rules
from tests.servers.graph_errors import (
    ATTACHMENT_TOO_BIG,
    INVALID_TOKEN,
    MESSAGE_DELETED,
    GraphError,
    JsonObject,
    RefusedError,
    invalid,
    missing_object,
)
from tests.servers.graph_state import Call, Page, Person, Stored, Token, number_id, opaque

if TYPE_CHECKING:
    from tests.servers.graph import PretendGraph

FILE_BYTES = 25 * 1024**2
READABLE = 20
LONG_LIVED = 5183944


async def serve_setup(graph: PretendGraph, call: Call, page: Page | None = None) -> JsonObject:
    if call.path == ("oauth", "access_token"):
        return _exchange(graph, call)
    if call.path == ("debug_token",):
        return _debug(graph, call)
    if call.path == (graph.app_id, "subscriptions") and call.method == "POST":
        return await _subscribe_app(graph, call)
    if page is None and call.path == ("me", "accounts"):
        return _accounts(graph)
    if page is not None:
        if call.path[0] in ("me", page.page_id) and call.edge:
            return _edge(graph, call, page)
        if len(call.path) == 1:
            return _node(graph, call, page)
    raise RefusedError(missing_object(call.path[0], call.method))


def _edge(graph: PretendGraph, call: Call, page: Page) -> JsonObject:
    deed = f"{call.method} {call.edge}"
    if deed == "POST message_attachments":
        message = rules.an_object(call.params.get("message"), "message")
        rules.attachment(message.get("attachment"), uploaded=call.file is not None)
        return {"attachment_id": upload(graph, call, page, message["attachment"])}
    if deed == "POST message_templates":
        words = rules.utility_template(call.params)
        if graph.template_status == "APPROVED":
            page.templates[call.param("name"), call.param("language")] = words
        return {"id": number_id(), "status": graph.template_status, "category": "UTILITY"}
    if deed == "POST personas":
        rules.text(call.params.get("name"), "name", 50)
        rules.text(call.params.get("profile_picture_url"), "profile_picture_url", 2083)
        persona = {key: call.params[key] for key in ("name", "profile_picture_url")}
        name = number_id()
        page.personas[name] = {**persona, "id": name}
        return {"id": name}
    if deed == "GET personas":
        return {"data": list(page.personas.values())}
    if deed == "GET conversations":
        graph.throttle(page, "conversations", call.time)
        person = page.people.get(call.param("user_id"))
        return {"data": [{"id": f"t_{person.psid}"}] if person and person.history else []}
    if call.edge == "messenger_profile":
        return _profile(graph, call, page)
    if call.edge == "subscribed_apps":
        return _subscribed(graph, call, page)
    raise RefusedError(missing_object(call.path[0], call.method))


def _node(graph: PretendGraph, call: Call, page: Page) -> JsonObject:
    name = call.path[0]
    wanted = call.param("fields").split(",")
    if name in page.personas and call.method in ("GET", "DELETE"):
        return page.personas[name] if call.method == "GET" else {"success": page.personas.pop(name) is not None}
    if call.method != "GET":
        raise RefusedError(missing_object(name, call.method))
    if name in ("me", page.page_id):
        return {"name": page.name, "id": page.page_id}
    if name in page.people and not page.people[name].dead:
        return page.people[name].fields(wanted)
    graph.throttle(page, "conversations", call.time)
    for person in page.people.values():
        newest = sorted(person.history, key=lambda one: one.time, reverse=True)
        if name == f"t_{person.psid}":
            listed = [{"id": one.mid, "created_time": _written(one)} for one in newest]
            return ({"messages": {"data": listed}} if "messages" in wanted else {}) | {"id": name}
        if name in [one.mid for one in newest[READABLE:]]:
            raise RefusedError(MESSAGE_DELETED)
        for one in newest[:READABLE]:
            if one.mid == name:
                return _detail(one, person, page, wanted)
    raise RefusedError(missing_object(name, call.method))


def _written(stored: Stored) -> str:
    return stored.time.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _detail(stored: Stored, person: Person, page: Page, wanted: list[str]) -> JsonObject:
    citizen = {"name": f"{person.last_name} {person.first_name}", "id": person.psid}
    commune = {"name": page.name, "id": page.page_id}
    ours = stored.sender == page.page_id
    known = {
        "created_time": _written(stored),
        "from": commune if ours else citizen,
        "to": {"data": [citizen if ours else commune]},
        "message": stored.text or "",
    }
    return {**{key: known[key] for key in wanted if key in known}, "id": stored.mid}


def upload(graph: PretendGraph, call: Call, page: Page, attachment: JsonObject) -> str:
    """Takes a file of the call or by its address; `page.bad_urls` says which addresses fail, and how."""
    if call.file is not None and len(call.file) > FILE_BYTES:
        raise RefusedError(ATTACHMENT_TOO_BIG)
    url = (attachment.get("payload") or {}).get("url")
    if url in page.bad_urls:
        raise RefusedError(page.bad_urls[url])
    name = number_id()
    page.attachments[name] = (attachment["type"], call.time)
    return name


def _profile(graph: PretendGraph, call: Call, page: Page) -> JsonObject:
    graph.throttle(page, "profile", call.time)
    if call.method == "GET":
        found = {key: page.profile[key] for key in call.param("fields").split(",") if key in page.profile}
        return {"data": [found] if found else []}
    if call.method == "DELETE":
        fields = call.params.get("fields")
        if not isinstance(fields, list) or not fields:
            raise invalid("param fields must be non-empty.")
        if "get_started" in fields and "persistent_menu" in page.profile.keys() - set(fields):
            raise invalid("The Get Started button is needed by the persistent menu")
        for key in fields:
            page.profile.pop(key, None)
        return {"result": "success"}
    body = {key: value for key, value in call.params.items() if key != "appsecret_proof"}
    rules.profile(body, page.profile)
    page.profile |= body
    return {"result": "success"}


def _subscribed(graph: PretendGraph, call: Call, page: Page) -> JsonObject:
    done: JsonObject = {"success": "true" if graph.success_as_text else True}
    if call.method == "GET":
        app = {"category": "Business", "link": "https://tanan.example/", "name": "Thân Thiện", "id": graph.app_id}
        return {"data": [{**app, "subscribed_fields": page.subscribed}] if page.subscribed else []}
    if call.method == "DELETE":
        page.subscribed = []
        return done
    fields = call.param("subscribed_fields").split(",")
    for number, field in enumerate(fields):
        rules.choice(field, f"subscribed_fields[{number}]", rules.FIELDS)
    page.subscribed = fields
    return done


async def _subscribe_app(graph: PretendGraph, call: Call) -> JsonObject:
    """Asks the callback for its challenge before it believes it."""
    if call.token != f"{graph.app_id}|{graph.app_secret}":
        raise RefusedError(INVALID_TOKEN)
    rules.choice(call.params.get("object"), "object", ("page",))
    for field in call.param("fields").split(","):
        rules.choice(field, "fields", rules.FIELDS)
    challenge = number_id()[:10]
    query = {"hub.mode": "subscribe", "hub.verify_token": call.param("verify_token"), "hub.challenge": challenge}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session,
        session.get(call.param("callback_url"), params=query) as answer,
    ):
        if answer.status != 200 or await answer.text() != challenge:
            raise RefusedError(GraphError(2200, "(#2200) Callback verification failed"))
    graph.subscription = {key: call.params[key] for key in ("object", "callback_url", "fields")}
    return {"success": True}


def _exchange(graph: PretendGraph, call: Call) -> JsonObject:
    rules.choice(call.params.get("grant_type"), "grant_type", ("fb_exchange_token",))
    secret = (call.param("client_id"), call.param("client_secret")) == (graph.app_id, graph.app_secret)
    short = graph.tokens.get(call.param("fb_exchange_token"))
    if not secret or short is None or short.page is not None:
        raise RefusedError(INVALID_TOKEN)
    if short.dead is not None:
        raise RefusedError(short.dead)
    token = "EAA" + opaque("token", 60)
    graph.tokens[token] = Token(None, expires_at=int(call.time.timestamp()) + LONG_LIVED)
    return {"access_token": token, "token_type": "bearer", "expires_in": LONG_LIVED}


def _accounts(graph: PretendGraph) -> JsonObject:
    tokens = {known.page: name for name, known in graph.tokens.items() if known.page}
    tasks = ["MODERATE", "MESSAGING"]
    pages = [
        {"access_token": tokens[page.page_id], "name": page.name, "id": page.page_id, "tasks": tasks}
        for page in graph.pages.values()
    ]
    return {"data": pages}


def _debug(graph: PretendGraph, call: Call) -> JsonObject:
    known = graph.tokens.get(call.param("input_token"))
    if known is None:
        error = {"code": INVALID_TOKEN.code, "message": INVALID_TOKEN.message}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    data: JsonObject = {
        "app_id": graph.app_id,
        "type": "PAGE" if known.page else "USER",
        "is_valid": known.dead is None,
        "expires_at": known.expires_at,
        "data_access_expires_at": int(call.time.timestamp()) + 90 * 86400,
        "scopes": list(known.scopes),
        "granular_scopes": [
            {"scope": scope} | ({"target_ids": [known.page]} if known.page else {}) for scope in known.scopes
        ],
    }
    if known.dead is not None:
        data["error"] = {"code": known.dead.code, "message": known.dead.message, "subcode": known.dead.subcode}
    return {"data": data}
