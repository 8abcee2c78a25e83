"""The web chat: the page, the widget for other sites, and the JSON calls of both.

A session is a random token the page keeps; the database knows only its hash. Messages go through the same inbox,
worker and outbox as any platform's.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import limits
from bot.dialogue import payloads
from bot.domain.messages import InboundMessage, StoredMessage
from bot.web import keys, webhooks
from bot.web.rate import RateLimit
from bot.worker import INBOX_TOPIC, chat_topic

PLATFORM = "web"
TYPING_WAIT = 5
"""A poll that waits no longer than this already knows that an answer is being written, and waits for it."""
ASSET_VERSION = web.AppKey("asset_version", str)
WIDGET = Path(__file__).parent / "static" / "chat" / "widget.js"
_MESSAGE_RATE = web.AppKey("message_rate", RateLimit)
_SESSION_RATE = web.AppKey("session_rate", RateLimit)
_VISIBLE_ASCII = r"^[!-~]*$"

Model = TypeVar("Model", bound=BaseModel)
routes = web.RouteTableDef()


class _SessionRequest(BaseModel):
    model_config = ConfigDict(extra="ignore")
    unit: str = Field(max_length=80)


class _MessageRequest(BaseModel):
    model_config = ConfigDict(extra="ignore")
    client_id: str = Field(min_length=1, max_length=limits.CLIENT_ID_CHARACTERS, pattern=_VISIBLE_ASCII)
    text: str = ""
    payload: str | None = Field(None, max_length=limits.PAYLOAD_CHARACTERS, pattern=_VISIBLE_ASCII)


def setup(app: web.Application) -> None:
    app[_MESSAGE_RATE] = RateLimit(limits.MESSAGES_PER_MINUTE)
    app[_SESSION_RATE] = RateLimit(limits.SESSIONS_PER_MINUTE)
    app.add_routes(routes)


@routes.get("/")
async def home(request: web.Request) -> web.Response:
    proof = await webhooks.home_with_proof(request)
    if proof is not None:
        return proof
    raise web.HTTPFound("/chat")


@routes.get("/chat")
async def page(request: web.Request) -> web.Response:
    """The page of a unit; `?unit=` names another than the default, `?embed=1` is the widget's frame, `?ask=` is the id
    of a procedure that is asked about at once."""
    unit_id = request.query.get("unit") or request.app[keys.SETTINGS].default_unit
    known = request.app[keys.KNOWLEDGE].of(unit_id)
    if known is None:
        return aiohttp_jinja2.render_template("unit_unknown.html", request, _assets(request), status=404)
    view = known.view
    context = {
        **_assets(request),
        "unit_id": unit_id,
        "unit_name": view.unit.name,
        "province_name": view.province_name,
        "counter_phone": view.counter_phone or "",
        "embedded": request.query.get("embed") == "1",
        "max_text": limits.TEXT_CHARACTERS,
        "asked": view.procedures.get(request.query.get("ask", "")),
    }
    return aiohttp_jinja2.render_template("chat.html", request, context)


@routes.get("/widget.js")
async def widget(request: web.Request) -> web.FileResponse:
    return web.FileResponse(
        WIDGET,
        headers={"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"},
    )


@routes.post("/chat/api/session")
async def open_session(request: web.Request) -> web.Response:
    asked = _validated(_SessionRequest, await _json(request))
    wait = request.app[_SESSION_RATE].retry_after(_address(request))
    if wait is not None:
        return _error(429, "Nhiều cuộc trò chuyện mở quá nhanh. Xin thử lại sau.", {"Retry-After": str(wait)})
    if request.app[keys.KNOWLEDGE].of(asked.unit) is None:
        return _error(422, "Không có đơn vị này trong hệ thống.")
    token = secrets.token_urlsafe(24)
    channel = await request.app[keys.CHANNELS].ensure(PLATFORM, asked.unit, asked.unit)
    await request.app[keys.CHANNELS].open_conversation(channel.id, _hash(token))
    return web.json_response({"token": token, "messages": []}, status=201)


@routes.delete("/chat/api/session")
async def forget_session(request: web.Request) -> web.Response:
    _, conversation_id, _ = await _session(request)
    await request.app[keys.CHANNELS].forget(conversation_id)
    return web.Response(status=204)


@routes.get("/chat/api/messages")
async def read_messages(request: web.Request) -> web.Response:
    """Messages after a sequence number; waits for one up to `wait` seconds."""
    _, conversation_id, _ = await _session(request)
    after = _number(request.query.get("after"), 0, 2**31 - 1)
    wait = _number(request.query.get("wait"), 0, int(limits.LONG_POLL.total_seconds()))
    transcripts, signals = request.app[keys.TRANSCRIPTS], request.app[keys.SIGNALS]
    subscription = signals.subscribe(chat_topic(conversation_id))
    deadline = time.monotonic() + wait
    was_typing: bool | None = None
    try:
        while True:
            found = await transcripts.messages(conversation_id, after, limits.MESSAGES_PER_PAGE)
            typing = await transcripts.is_typing(conversation_id)
            changed = (
                typing
                if was_typing is None and wait > TYPING_WAIT
                else typing != (typing if was_typing is None else was_typing)
            )
            remaining = deadline - time.monotonic()
            if found or changed or remaining <= 0:
                break
            was_typing = typing
            await subscription.wait(min(2 * limits.POLL_INTERVAL, remaining))
    finally:
        await subscription.close()
    return web.json_response({"messages": [_shown(message) for message in found], "typing": typing})


@routes.post("/chat/api/messages")
async def post_message(request: web.Request) -> web.Response:
    """Saves a citizen's message before answering 202; the same client_id again is harmless."""
    channel_id, conversation_id, citizen_id = await _session(request)
    said = _validated(_MessageRequest, await _json(request))
    if len(said.text) > limits.TEXT_CHARACTERS:
        return _error(413, f"Tin nhắn dài quá {limits.TEXT_CHARACTERS} chữ. Xin chia thành nhiều tin ngắn hơn.")
    text = _storable(said.text)
    if not text.strip() and said.payload is None:
        return _error(422, "Tin nhắn chưa có nội dung.")
    if said.payload is not None and payloads.parse(said.payload) is None:
        return _error(422, "Nút bấm này không còn dùng được. Xin nhắn lại bằng chữ.")
    wait = request.app[_MESSAGE_RATE].retry_after(str(conversation_id))
    if wait is not None:
        return _error(429, "Ông/bà nhắn hơi nhanh. Xin chờ ít giây rồi gửi lại.", {"Retry-After": str(wait)})
    external_id = f"{conversation_id}:{said.client_id}"
    message = InboundMessage(external_id, citizen_id, text, said.payload)
    [(_, seq)] = await request.app[keys.INBOX].save(channel_id, [message])
    await request.app[keys.SIGNALS].notify(INBOX_TOPIC)
    await request.app[keys.SIGNALS].notify(chat_topic(conversation_id))
    return web.json_response({"seq": seq}, status=202)


@routes.get("/chat/api/files/{seq:\\d{1,9}}/{number:\\d{1,2}}")
async def read_file(request: web.Request) -> web.Response:
    """A file staff sent, for the conversation it was sent to only; `number` counts the message's files from 0."""
    _, conversation_id, _ = await _session(request)
    seq, number = int(request.match_info["seq"]), int(request.match_info["number"])
    found = await request.app[keys.TRANSCRIPTS].messages(conversation_id, seq - 1, 1)
    files = found[0].reply.files if found and found[0].seq == seq and found[0].direction == "out" else ()
    if number >= len(files):
        return _error(404, "Không có tệp này.")
    try:
        content = await request.app[keys.MEDIA].open(files[number].key)
    except LookupError:
        return _error(410, "Tệp này đã hết hạn lưu. Xin liên hệ xã để nhận lại.")
    name = quote(files[number].name, safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type="application/octet-stream", headers=headers)


async def _session(request: web.Request) -> tuple[int, int, str]:
    """(channel id, conversation id, citizen id) of the caller's token; 401 when it is unknown."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not 20 <= len(token) <= 100:
        raise _unauthorised()
    citizen_id = _hash(token)
    found = await request.app[keys.CHANNELS].conversation_of(PLATFORM, citizen_id)
    if found is None:
        raise _unauthorised()
    return found[0], found[1], citizen_id


def _unauthorised() -> web.HTTPUnauthorized:
    body = json.dumps({"error": "Cuộc trò chuyện đã hết hạn."}, ensure_ascii=False)
    return web.HTTPUnauthorized(text=body, content_type="application/json")


def _shown(message: StoredMessage) -> dict[str, Any]:
    client_id = message.client_id.partition(":")[2] if message.client_id else None
    said = replace(message.reply, files=(), contact=None, notice=None).to_json()
    files = [
        {"name": one.name, "size": one.size, "path": f"files/{message.seq}/{number}"}
        for number, one in enumerate(message.reply.files)
    ]
    return {
        "seq": message.seq,
        "direction": message.direction,
        "client_id": client_id,
        **said,
        **({"files": files} if files else {}),
        "at": message.at.isoformat(),
    }


async def _json(request: web.Request) -> Any:
    try:
        return await request.json()
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise _bad_request("Yêu cầu không phải JSON.") from error


def _validated(model: type[Model], data: Any) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _bad_request("Yêu cầu thiếu trường hoặc sai kiểu.") from error


def _bad_request(text: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": text}, ensure_ascii=False), content_type="application/json")


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": text}, status=status, headers=headers)


def _storable(text: str) -> str:
    """The text without what no database keeps: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _number(text: str | None, low: int, high: int) -> int:
    try:
        return min(max(int(text or 0), low), high)
    except ValueError as error:
        raise _bad_request("after và wait phải là số.") from error


def _address(request: web.Request) -> str:
    if request.app[keys.SETTINGS].trust_proxy:
        forwarded = request.headers.get("X-Forwarded-For", "")
        if forwarded:
            return forwarded.rsplit(",", 1)[-1].strip()
    return request.remote or ""


def _assets(request: web.Request) -> dict[str, str]:
    return {"asset_version": request.app[ASSET_VERSION]}
