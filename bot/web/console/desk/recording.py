"""Who read or took out what, in the audit trail; what is changed leaves its line with the change itself."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.domain.tickets import Ticket
from bot.storage.audit import Entry, append
from bot.web.console.auth import signed
from bot.web.console.services import CONSOLE


async def record(request: web.Request, action: str, ticket: Ticket, **details: Any) -> None:
    await record_subject(request, action, f"ticket:{ticket.code}", **details)


async def record_subject(request: web.Request, action: str, subject: str, **details: Any) -> None:
    who, console = signed(request), request.app[CONSOLE]
    entry = Entry(console.clock.now(), action, subject, who.staff.id, who.unit_id, details)
    async with console.database.write() as connection:
        await append(connection, entry)
