"""Who controls a thread: conversation routing of the pretend Graph."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.servers.graph_errors import (
    NO_SUCH_PERSON,
    NOT_THREAD_OWNER,
    JsonObject,
    RefusedError,
    invalid,
    missing_object,
)
from tests.servers.graph_rules import an_object, text
from tests.servers.graph_state import WEEK, WINDOW, Call, Page, Person

if TYPE_CHECKING:
    from tests.servers.graph import PretendGraph


def serve_thread(graph: PretendGraph, call: Call, page: Page) -> JsonObject:
    if call.edge == "thread_owner":
        return _owner(_person(page, call.param("recipient")), call, page)
    if call.method != "POST":
        raise RefusedError(missing_object(call.path[0], call.method))
    person = _person(page, str(an_object(call.params.get("recipient"), "recipient").get("id")))
    owner = page.owner(person, call.time)
    if call.edge == "pass_thread_control":
        text(call.params.get("target_app_id"), "target_app_id", 100)
        _only_if(owner in (None, graph.app_id))
        person.gives_control(call.param("target_app_id"), call.time + WINDOW)
    elif call.edge == "take_thread_control":
        _only_if(page.default_app == graph.app_id)
        person.gives_control(graph.app_id, call.time + WINDOW)
    elif call.edge == "release_thread_control":
        _only_if(owner == graph.app_id)
        person.gives_control(None, None)
    elif call.edge == "extend_thread_control":
        _only_if(owner == graph.app_id)
        duration = call.param("duration")
        if not duration.isdecimal() or timedelta(seconds=int(duration)) > WEEK:
            raise invalid("Param duration must be at most 7 days")
        person.gives_control(graph.app_id, call.time + timedelta(seconds=int(duration)))
    elif call.edge != "request_thread_control":
        raise RefusedError(missing_object(call.path[0], call.method))
    return {"success": True}


def _person(page: Page, psid: str) -> Person:
    if psid not in page.people:
        raise RefusedError(NO_SUCH_PERSON)
    return page.people[psid]


def _only_if(allowed: bool) -> None:
    if not allowed:
        raise RefusedError(NOT_THREAD_OWNER)


def _owner(person: Person, call: Call, page: Page) -> JsonObject:
    owner = page.owner(person, call.time)
    if owner is None:
        return {"data": []}
    until = person.owner_until or call.time + WINDOW
    return {"data": [{"thread_owner": {"app_id": owner, "expiration": int(until.timestamp())}}]}
