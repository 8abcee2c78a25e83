"""A pretend Graph API for Messenger on loopback: refuses what the real one refuses, keeps what it accepted."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import hdrs, web

from tests.servers import graph_errors as errors
from tests.servers import graph_rules as rules
from tests.servers.graph_errors import GraphError, JsonObject, RefusedError, invalid, missing_object
from tests.servers.graph_setup import serve_setup, upload
from tests.servers.graph_state import (
    APP_ID,
    APP_SECRET,
    ATTACHMENT_LIFE,
    CITIZEN,
    PAGE_ID,
    PAGE_TOKEN,
    USER_TOKEN,
    VERIFY_TOKEN,
    WEEK,
    WINDOW,
    Action,
    Call,
    Comment,
    Fault,
    Now,
    Page,
    Person,
    Quota,
    Sent,
    Stored,
    Token,
    new_mid,
    number_id,
    opaque,
    proof,
    reply,
)
from tests.servers.graph_threads import serve_thread

FILE_NAME = "filedata.name"
"""Beside the parameters of a call with a file."""
Listener = Callable[[Sent], Awaitable[None]]


def _now() -> datetime:
    return datetime.now(UTC)


class PretendGraph:
    """One app with one Page, to which CITIZEN has just written; `add_page` and `add_person` make more."""

    def __init__(self, now: Now = _now, *, app_id: str = APP_ID, app_secret: str = APP_SECRET) -> None:
        self.app_id = app_id
        self.app_secret = app_secret
        self.verify_token = VERIFY_TOKEN
        self.url = ""
        self.require_proof = False
        self.success_as_text = True
        self.template_status = "APPROVED"
        self.echo: Literal["before", "after", "off"] = "after"
        self.on_sent: Listener | None = None
        self.on_comment: Listener | None = None
        self.sent: list[Sent] = []
        self.public_replies: list[Sent] = []
        self.actions: list[Action] = []
        self.calls: list[Call] = []
        self.subscription: JsonObject = {}
        self.pages: dict[str, Page] = {}
        self.quotas: dict[str, Quota] = {}
        self.tokens: dict[str, Token] = {
            USER_TOKEN: Token(None),
            f"{app_id}|{app_secret}": Token(None),
        }
        self._clock = now
        self._ahead = timedelta(0)
        self._faults: deque[Fault] = deque()
        self._closing = asyncio.Event()
        self._new: list[Sent] = []
        self._echoes: set[asyncio.Task[None]] = set()
        self.page = self.add_page(PAGE_ID, PAGE_TOKEN)
        self.citizen = self.add_person(CITIZEN)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=40 * 1024**2)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0][:2])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for task in self._echoes:
            task.cancel()
        await self._runner.cleanup()

    # The world

    def time(self) -> datetime:
        return self._clock() + self._ahead

    def advance(self, by: timedelta) -> None:
        self._ahead += by

    def add_page(self, page_id: str, token: str, name: str = "UBND xã Tân An") -> Page:
        """Subscribed to every field, as after a finished set-up."""
        self.pages[page_id] = page = Page(page_id, name, subscribed=list(rules.FIELDS))
        self.quotas[page_id] = Quota()
        self.tokens[token] = Token(page_id)
        return page

    def add_person(self, psid: str, page: str = PAGE_ID, *, wrote: bool = True) -> Person:
        person = Person(psid, last_opened=self.time() if wrote else None)
        self.pages[page].people[psid] = person
        return person

    def add_comment(self, comment_id: str, author: str = CITIZEN, page: str = PAGE_ID) -> Comment:
        self.pages[page].comments[comment_id] = comment = Comment(comment_id, author, self.time())
        return comment

    def kill_token(self, error: GraphError = errors.TOKEN_EXPIRED, token: str = PAGE_TOKEN) -> None:
        """Expired, or with APP_REMOVED or PASSWORD_CHANGED revoked."""
        self.tokens[token].dead = error

    def renew_token(self, token: str = PAGE_TOKEN) -> None:
        self.tokens[token].dead = None

    # Switches: the next calls (of an edge, as "messages" or "comments") are answered otherwise

    def next(self, fault: Fault, times: int = 1, *, done: bool = False, edge: str | None = None) -> None:
        self._faults.extend(replace(fault, done=done, edge=edge) for _ in range(times))

    def next_error(self, error: GraphError, times: int = 1, *, done: bool = False, edge: str | None = None) -> None:
        self.next(Fault("error", error), times, done=done, edge=edge)

    def next_status(self, status: int = 500, times: int = 1, *, done: bool = False, edge: str | None = None) -> None:
        """An empty answer of a proxy."""
        self.next(Fault("status", status=status), times, done=done, edge=edge)

    def next_too_many(self, seconds: int = 30, times: int = 1, *, edge: str | None = None) -> None:
        fault = Fault("status", status=429, headers=((hdrs.RETRY_AFTER, str(seconds)),))
        self.next(fault, times, edge=edge)

    def next_hang(self, times: int = 1, *, done: bool = False, edge: str | None = None) -> None:
        """No answer until the client gives up."""
        self.next(Fault("hang"), times, done=done, edge=edge)

    def next_reset(self, times: int = 1, *, done: bool = False, edge: str | None = None) -> None:
        self.next(Fault("reset"), times, done=done, edge=edge)

    def next_html(self, status: int = 200, times: int = 1, *, done: bool = False, edge: str | None = None) -> None:
        self.next(Fault("html", status=status), times, done=done, edge=edge)

    def next_truncated(self, times: int = 1, *, done: bool = False, edge: str | None = None) -> None:
        self.next(Fault("truncated"), times, done=done, edge=edge)

    async def settled(self) -> None:
        """Waits for echoes on their way."""
        while self._echoes:
            await asyncio.gather(*self._echoes)

    # Serving

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            call = await self._read(request)
        except RefusedError as refused:
            return reply(refused.error.body(opaque("A", 23)), refused.error.status)
        self.calls.append(call)
        fault = next((one for one in self._faults if one.edge in (None, call.edge)), None)
        if fault is not None:
            self._faults.remove(fault)
            if not fault.done:
                return await fault.play(request, self._closing)
        try:
            answer = reply(await self._serve(call))
        except RefusedError as refused:
            answer = reply(refused.error.body(opaque("A", 23)), refused.error.status)
        new, self._new = self._new, []
        token = self.tokens.get(call.token or "")
        if token is not None and token.page is not None:
            answer.headers.update(self.quotas[token.page].headers(self.pages[token.page], self.time()))
        if self.echo == "before":
            await self._echo(new)
        if fault is None and new and self.echo == "after":
            await answer.prepare(request)
            await answer.write_eof()
        if new and self.echo == "after":
            task = asyncio.create_task(self._echo(new))
            self._echoes.add(task)
            task.add_done_callback(self._echoes.discard)
        return answer if fault is None else await fault.play(request, self._closing)

    async def _echo(self, sent: list[Sent]) -> None:
        for one in sent:
            if self.on_sent is not None:
                await self.on_sent(one)

    async def _read(self, request: web.Request) -> Call:
        segments = request.path.strip("/").split("/")
        params: JsonObject = dict(request.query)
        file: bytes | None = None
        if request.content_type == "application/json":
            try:
                body = await request.json()
            except ValueError:
                raise invalid("The request body is not valid JSON") from None
            if not isinstance(body, dict):
                raise invalid("The request body must be an object")
            params |= body
        else:
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    if name != "filedata":
                        raise invalid(f"Unexpected file {name}; a file is sent as filedata")
                    file = value.file.read()
                    params[FILE_NAME] = value.filename
                else:
                    params[name] = _unwrapped(str(value))
        bearer = request.headers.get(hdrs.AUTHORIZATION, "").removeprefix("Bearer ").strip()
        token = params.pop("access_token", None) or bearer or None
        version = segments[0] if re.fullmatch(r"v\d+\.\d+", segments[0]) else ""
        path = tuple(segments[1:] if version else segments)
        return Call(request.method, version, path, params, token, file, self.time(), dict(request.headers))

    async def _serve(self, call: Call) -> Any:
        if call.path == ("oauth", "access_token"):
            return await serve_setup(self, call)
        token = self._token(call)
        if not call.version:
            raise RefusedError(missing_object(call.path[0], call.method))
        if token.page is None:
            return await serve_setup(self, call)
        page = self.pages[token.page]
        if self.quotas[page.page_id].day_is_used_up(len(page.people), call.time):
            raise RefusedError(errors.MESSENGER_LIMIT)
        if call.method == "POST" and call.edge == "comments":
            return await self._comment(call, page)
        if call.path[0] in ("me", page.page_id):
            if (call.method, call.edge) == ("POST", "messages"):
                return self._send(call, page)
            if call.edge.endswith(("_thread_control", "thread_owner")):
                return serve_thread(self, call, page)
        return await serve_setup(self, call, page)

    def _token(self, call: Call) -> Token:
        token = self.tokens.get(call.token or "")
        if token is None:
            raise RefusedError(errors.INVALID_TOKEN)
        if token.dead is not None:
            raise RefusedError(token.dead)
        given = call.params.get("appsecret_proof")
        if given is None and self.require_proof:
            raise RefusedError(errors.NO_PROOF)
        if given is not None and not hmac.compare_digest(str(given), proof(self.app_secret, call.token or "")):
            raise RefusedError(errors.WRONG_PROOF)
        return token

    def throttle(self, page: Page, edge: str, now: datetime) -> None:
        if self.quotas[page.page_id].edge_is_used_up(edge, now):
            raise RefusedError(errors.CALL_LIMIT)

    # Sending

    def _send(self, call: Call, page: Page) -> JsonObject:
        body = {name: value for name, value in call.params.items() if name not in ("appsecret_proof", FILE_NAME)}
        rules.send(body, uploaded=call.file is not None)
        if body.get("tag") in rules.RETIRED_TAGS:
            raise RefusedError(errors.RETIRED_TAG)
        attached = body.get("message", {}).get("attachment", {})
        self.throttle(page, "media" if attached.get("type") in ("audio", "video") else "send", call.time)
        if page.refusal is not None:
            raise RefusedError(page.refusal)
        recipient = body["recipient"]
        if "comment_id" in recipient:
            return self._private_reply(str(recipient["comment_id"]), body, page)
        person = page.people.get(str(recipient.get("id")))
        if person is None or person.dead:
            raise RefusedError(errors.NO_SUCH_PERSON)
        if person.blocked or person.refusal is not None:
            raise RefusedError(person.refusal or errors.BLOCKED)
        if page.owner(person, call.time) not in (None, self.app_id):
            raise RefusedError(errors.THREAD_TAKEN)
        if "sender_action" in body:
            self.actions.append(Action(page.page_id, person.psid, body["sender_action"], call.time))
            return {"recipient_id": person.psid}
        self._check_window(body, person, page)
        answer: JsonObject = {"recipient_id": person.psid}
        if attached and attached["type"] != "template":
            answer |= self._check_attachment(attached, call, page)
        if body.get("persona_id") not in (None, *page.personas):
            raise RefusedError(missing_object(str(body["persona_id"]), "GET"))
        return {"recipient_id": person.psid, "message_id": self._accept(body, person.psid, page), **answer}

    def _check_window(self, body: JsonObject, person: Person, page: Page) -> None:
        age = self.time() - person.last_opened if person.last_opened else timedelta.max
        kind, tag = body.get("messaging_type", "RESPONSE"), body.get("tag")
        if kind == "UTILITY":
            self._check_template(body["message"]["template"], page)
        elif tag == "HUMAN_AGENT" and not page.human_agent:
            raise RefusedError(page.human_agent_refusal)
        elif tag == "NON_PROMOTIONAL_SUBSCRIPTION":
            if not page.subscription_tag:
                raise RefusedError(errors.NOT_PERMITTED)
        elif tag == "CUSTOMER_FEEDBACK":
            payload = body["message"].get("attachment", {}).get("payload", {})
            if payload.get("template_type") != "customer_feedback":
                raise invalid("The tag CUSTOMER_FEEDBACK is for the customer feedback template only")
        if kind != "UTILITY" and tag != "NON_PROMOTIONAL_SUBSCRIPTION" and age > (WEEK if tag else WINDOW):
            raise RefusedError(errors.OUTSIDE_WINDOW)

    def _check_template(self, wanted: Any, page: Page) -> None:
        if not page.utility:
            raise RefusedError(errors.NOT_PERMITTED)
        template = rules.an_object(wanted, "message[template]")
        name = str(template.get("name")), str(template.get("language", {}).get("code"))
        if name not in page.templates:
            raise invalid(f"There is no approved template {name[0]} in {name[1]}")
        given = [len(one.get("parameters", [])) for one in template.get("components", []) if one.get("type") == "body"]
        if sum(given) != len(rules.placeholders(page.templates[name])):
            raise invalid("The number of parameters does not match the template")

    def _check_attachment(self, attached: JsonObject, call: Call, page: Page) -> JsonObject:
        payload = attached.get("payload") or {}
        if "attachment_id" not in payload:
            uploaded = upload(self, call, page, attached)
            return {"attachment_id": uploaded} if payload.get("is_reusable") else {}
        kind, time = page.attachments.get(str(payload["attachment_id"]), ("", datetime.min.replace(tzinfo=UTC)))
        if call.time - time > ATTACHMENT_LIFE:
            raise RefusedError(errors.BAD_ATTACHMENT_ID)
        if kind != attached["type"]:
            raise RefusedError(errors.UPLOAD_FAILED)
        return {}

    def _private_reply(self, comment_id: str, body: JsonObject, page: Page) -> JsonObject:
        if "message" not in body:
            raise invalid("param message must be non-empty.")
        self.throttle(page, "private replies", self.time())
        comment = page.comments.get(comment_id)
        if comment is None or self.time() - comment.time > WEEK:
            raise RefusedError(errors.COMMENT_NOT_VALID)
        if comment.refusal is not None or comment.replied:
            raise RefusedError(comment.refusal or errors.ALREADY_REPLIED)
        comment.replied = True
        if comment.author not in page.people:
            self.add_person(comment.author, page.page_id, wrote=False)
        return {"recipient_id": comment.author, "message_id": self._accept(body, comment.author, page)}

    def _accept(self, body: JsonObject, recipient: str, page: Page) -> str:
        sent = Sent(new_mid(), page.page_id, recipient, body, self.time(), self.app_id)
        self.sent.append(sent)
        self._new.append(sent)
        page.people[recipient].history.append(Stored(sent.mid, sent.time, page.page_id, sent.text))
        return sent.mid

    async def _comment(self, call: Call, page: Page) -> JsonObject:
        """A public reply below a comment."""
        parent = call.path[0]
        if parent not in page.comments:
            raise RefusedError(missing_object(parent, call.method))
        rules.text(call.params.get("message"), "message", 8000)
        post = parent.partition("_")[0]
        sent = Sent(
            f"{post}_{number_id()}", page.page_id, parent, {"message": {"text": call.param("message")}}, call.time
        )
        self.public_replies.append(sent)
        if self.on_comment is not None:
            await self.on_comment(sent)
        return {"id": sent.mid}


def _unwrapped(value: str) -> Any:
    """Form fields hold objects as JSON text."""
    if value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise invalid("Param is not valid JSON") from None
