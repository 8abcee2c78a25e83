"""Telling open pages that something changed, and who else looks at the same thing.

A topic is a word, or a word and the id of what it is about: `tickets`, `ticket:17`. The words, and who may listen to
them, are in TOPICS. Whoever changes something calls `announce(signals, unit_id, "tickets", "ticket:17")`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bot import limits
from bot.domain import topics
from bot.domain.staff import Permission, Staff
from bot.ports import Cache, Clock, Signals, Subscription
from bot.web.console.auth import COOKIE, signed
from bot.web.console.services import CONSOLE

TOPICS: Mapping[str, Permission] = {
    "tickets": Permission.TICKETS_READ,
    "ticket": Permission.TICKETS_READ,
    "conversations": Permission.CONVERSATIONS,
    "conversation": Permission.CONVERSATIONS,
    "outbox": Permission.OUTBOX,
    "channels": Permission.CHANNELS,
    "records": Permission.RECORDS_PUBLISH,
    "record": Permission.RECORDS_PUBLISH,
    "learning": Permission.LEARNING,
    "models": Permission.MODELS,
}
STREAMS = web.AppKey("live_streams", set[asyncio.Task[None]])
LISTENING = web.AppKey("live_listening", Counter[int])
_TOPIC = re.compile(r"([a-z]+)(:[A-Za-z0-9_-]{1,80})?")


DESK = frozenset({"tickets", "ticket", "conversations", "conversation"})
"""Whoever changes a ticket or a conversation wakes all of these at once."""


def signal_topic(unit_id: str, topic: str) -> str:
    name = topic.partition(":")[0]
    return topics.console(unit_id) if name in DESK else f"console:{unit_id}:{topic}"


async def announce(signals: Signals, unit_id: str, *changed: str) -> None:
    """Wakes the pages of a unit that show one of these; after the commit, never before."""
    for topic in changed:
        await signals.notify(signal_topic(unit_id, topic))


def permission_of(topic: str) -> Permission | None:
    """Who may listen to a topic; None: there is no such topic."""
    found = _TOPIC.fullmatch(topic)
    return TOPICS.get(found[1]) if found else None


def setup(app: web.Application) -> None:
    app[STREAMS] = set()
    app[LISTENING] = Counter()
    app.on_shutdown.append(_end_streams)


async def stream(request: web.Request, asked: list[str]) -> web.StreamResponse:
    """Server-sent events until the browser leaves, the session ends, or the process stops."""
    console, who = request.app[CONSOLE], signed(request)
    listening = request.app[LISTENING]
    if listening[who.staff.id] >= limits.LIVE_CONNECTIONS:
        raise web.HTTPTooManyRequests
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    subscriptions = {one: console.signals.subscribe(signal_topic(who.unit_id, one)) for one in asked}
    listening[who.staff.id] += 1
    task = asyncio.create_task(_send(request, response, subscriptions))
    request.app[STREAMS].add(task)
    try:
        await asyncio.shield(task)
    except (asyncio.CancelledError, ConnectionError):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    finally:
        request.app[STREAMS].discard(task)
        listening[who.staff.id] -= 1
        for one in subscriptions.values():
            await one.close()
    return response


async def _send(request: web.Request, response: web.StreamResponse, subscriptions: Mapping[str, Subscription]) -> None:
    console, who = request.app[CONSOLE], signed(request)
    token = request.cookies.get(COOKIE, "")
    await response.prepare(request)
    await response.write(b"retry: 3000\n\n")
    heartbeat = limits.LIVE_HEARTBEAT.total_seconds()
    waiting = {asyncio.create_task(one.wait(heartbeat)): topic for topic, one in subscriptions.items()}
    try:
        while True:
            done, _ = await asyncio.wait(waiting, timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED)
            changed = []
            for task in done:
                topic = waiting.pop(task)
                waiting[asyncio.create_task(subscriptions[topic].wait(heartbeat))] = topic
                if task.result():
                    changed.append(topic)
            if not changed:
                session = await console.sessions.find(token)
                if session is None or any(not session.staff.may(_asked(one), who.unit_id) for one in subscriptions):
                    return
                await response.write(b": alive\n\n")
            for topic in changed:
                name, _, subject = topic.partition(":")
                data = json.dumps({"topic": topic, "name": name, "id": subject or None})
                await response.write(f"event: changed\ndata: {data}\n\n".encode())
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _asked(topic: str) -> Permission:
    permission = permission_of(topic)
    assert permission is not None  # noqa: S101  (checked when the stream was opened)
    return permission


async def _end_streams(app: web.Application) -> None:
    streams = app[STREAMS]
    for task in streams:
        task.cancel()


@dataclass(frozen=True, slots=True)
class Presence:
    """Who has a page open, kept for as long as the page keeps saying so. Losing it costs a hint, never data."""

    cache: Cache
    clock: Clock

    async def seen(self, unit_id: str, place: str, who: Staff) -> None:
        """Somebody has the page open."""
        key = _key(unit_id, place)
        now = self.clock.now().timestamp()
        present = await self._present(key, now)
        present[str(who.id)] = (who.name, now)
        await self.cache.set(key, json.dumps(present, ensure_ascii=False), limits.PRESENCE_LIFETIME)

    async def others(self, unit_id: str, place: str, staff_id: int) -> list[str]:
        """The names of the others who have it open, the longest there first."""
        present = await self._present(_key(unit_id, place), self.clock.now().timestamp())
        return [name for one, (name, _) in present.items() if one != str(staff_id)]

    async def _present(self, key: str, now: float) -> dict[str, tuple[str, float]]:
        kept = json.loads(await self.cache.get(key) or "{}")
        oldest = now - limits.PRESENCE_LIFETIME.total_seconds()
        return {one: (name, at) for one, (name, at) in kept.items() if at > oldest}


def _key(unit_id: str, place: str) -> str:
    return f"presence:{unit_id}:{place}"
