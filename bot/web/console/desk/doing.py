"""Doing something to one ticket: the version that was seen, what could not be done in words, the draft forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from bot.domain.errors import InvalidMoveError, NotAllowedError, TicketNotFoundError, VersionConflictError
from bot.domain.staff import Permission, Staff
from bot.domain.tickets import Ticket
from bot.web.console.auth import CSRF_FIELD, signed
from bot.web.console.desk import words
from bot.web.console.desk.finding import QUEUE, path_of, ticket_of
from bot.web.console.desk.reply_templates import UnfilledError
from bot.web.console.desk.ticket_view import Trouble, show
from bot.web.console.desk.uploads import UploadRefusedError
from bot.web.console.rendering import see
from bot.web.console.services import CONSOLE

Form = MultiDictProxy[Any]
_OURS = frozenset({CSRF_FIELD, "version", "seen"})


class FormProblemError(Exception):
    """Something in the form must be mended. `str`: what, in a sentence."""


async def do(
    request: web.Request,
    action: str,
    step: Callable[[Staff, Ticket, int, Form], Awaitable[Ticket]],
    said: str,
) -> web.StreamResponse:
    """Runs one action of the ticket's page and goes back to it; on any trouble the page is shown again with what was
    typed. `step`: gets the person, the ticket, the version the person saw, and the form."""
    ticket = await ticket_of(request)
    form = await request.post()
    who, console = signed(request), request.app[CONSOLE]
    version = number(form, "version")
    try:
        after = await step(who.staff, ticket, version, form)
    except VersionConflictError as error:
        fresh = await ticket_of(request)
        trouble = Trouble(typed={action: typed(form)}, conflict=error, seen=number(form, "seen"))
        return await show(request, fresh, trouble, status=409)
    except InvalidMoveError as error:
        return await _again(request, action, words.refusal(error.reason), form)
    except UnfilledError as error:
        names = ", ".join(f"{{{name}}}" for name in error.names)
        return await _again(request, action, f"Còn chỗ chưa điền: {names}. Xin thay bằng nội dung rồi gửi.", form)
    except (UploadRefusedError, FormProblemError) as error:
        return await _again(request, action, str(error), form)
    except NotAllowedError:
        raise web.HTTPForbidden from None
    except TicketNotFoundError:
        raise web.HTTPNotFound from None
    await console.drafts.forget(who.staff.id, f"ticket:{ticket.code}:{action}")
    still_seen = await console.desk.tickets.find(who.staff, after.code)
    if still_seen is None or still_seen.unit_id != who.unit_id:
        return see(request, QUEUE, f"{said} Phiếu {after.code} không còn thuộc phần việc của anh/chị.")
    return see(request, path_of(after), said)


async def _again(request: web.Request, action: str, problem: str, form: Form) -> web.StreamResponse:
    trouble = Trouble(problems={action: problem}, typed={action: typed(form)})
    return await show(request, await ticket_of(request, Permission.TICKETS_READ), trouble, status=422)


def text(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def number(form: Form, name: str) -> int:
    """Zero when it is none; no ticket has that version or id."""
    value = text(form, name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else 0


def typed(form: Form) -> Mapping[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str) and name not in _OURS}
