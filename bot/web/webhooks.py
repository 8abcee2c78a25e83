"""What platforms post: checked, read, committed, and only then acknowledged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from aiohttp.web import RequestPayloadError
from prometheus_client import Counter

from bot import limits
from bot.domain.channels import Inbound, Kind, Saved
from bot.domain.errors import SecretsUnreadableError, StorageUnavailableError
from bot.ports import Gateway
from bot.storage.directory import Connected, Directory
from bot.storage.erasures import SqlErasures, State
from bot.storage.values import storable_id
from bot.web import keys
from bot.worker import INBOX_TOPIC, MEDIA_TOPIC

log = structlog.get_logger("webhooks")

ZALO, FACEBOOK = "zalo", "facebook"
REQUESTS = Counter("thanthien_webhook_requests_total", "Webhook calls by what became of them", ["platform", "result"])
EVENTS = Counter("thanthien_webhook_events_total", "Events of platforms by kind", ["platform", "kind"])
SIGNATURES = Counter("thanthien_webhook_signatures_total", "Signatures that matched", ["platform", "variant"])
DUPLICATES = Counter("thanthien_webhook_duplicates_total", "Events known before", ["platform"])


@dataclass(frozen=True, slots=True)
class Platforms:
    """The platforms' pure functions, handed in so that the web knows none of them.

    `verification_page`: of a path and our codes; `verification_meta`: of a code; `deletion`: of a signed request and
    an app secret, the event and its confirmation code.
    """

    directory: Directory
    gateways: Mapping[str, Gateway]
    verification_page: Callable[[str, Iterable[str]], str | None]
    verification_meta: Callable[[str], str]
    deletion: Callable[[str, str], tuple[Inbound, str] | None]


PLATFORMS = web.AppKey("platforms", Platforms)
routes = web.RouteTableDef()


def setup(app: web.Application, platforms: Platforms) -> None:
    app[PLATFORMS] = platforms
    app.add_routes(routes)


@routes.get("/webhooks/{platform:zalo|facebook}")
async def verify_address(request: web.Request) -> web.Response:
    """Facebook asks before it posts; Zalo's page may be opened to see whether anybody answers."""
    platform = request.match_info["platform"]
    if platform == ZALO:
        return web.Response()
    gateway = request.app[PLATFORMS].gateways[platform]
    for channel in await _connected(request, platform):
        challenge = gateway.challenge(request.query, channel.credentials)
        if challenge is not None:
            return web.Response(text=challenge, content_type="text/plain")
    raise web.HTTPForbidden(text="verify token")


@routes.post("/webhooks/{platform:zalo|facebook}")
async def receive(request: web.Request) -> web.Response:
    """200 once everything is committed (also for what is of no use, so that it is not repeated), 403 for a wrong
    signature, 503 when it cannot be kept now."""
    platform = request.match_info["platform"]
    try:
        result = await _receive(request, platform)
    except (web.HTTPException, StorageUnavailableError):
        REQUESTS.labels(platform, "refused").inc()
        raise
    except SecretsUnreadableError:
        REQUESTS.labels(platform, "secrets_unreadable").inc()
        log.error("webhook.secrets_unreadable", platform=platform)
        raise web.HTTPServiceUnavailable(text="secrets") from None
    except Exception as error:
        # Whatever it is, the platform shall try again rather than believe that we have it.
        REQUESTS.labels(platform, "failed").inc()
        log.exception("webhook.failed", platform=platform, error=type(error).__name__)
        raise web.HTTPServiceUnavailable(text="error") from None
    REQUESTS.labels(platform, result).inc()
    return web.Response(text="EVENT_RECEIVED")


async def _receive(request: web.Request, platform: str) -> str:
    raw = await _raw(request)
    gateway = request.app[PLATFORMS].gateways[platform]
    if not gateway.is_signed(request.headers):
        if platform == ZALO:  # the console's test of the address carries no signature
            return "unsigned"
        raise web.HTTPForbidden(text="signature")
    known = await _connected(request, platform)
    if not known:
        log.warning("webhook.unknown_account", platform=platform)
        return "unknown_account"
    body = _decoded(raw)
    accounts = gateway.accounts(body)
    verified = _verified(gateway, known, raw, body, request.headers)
    if not verified:
        log.warning("webhook.bad_signature", platform=platform)
        raise web.HTTPForbidden(text="signature")
    if body is None:
        return "malformed"
    named = [one for one in verified if one[0].account in accounts]
    if not named and accounts:
        log.warning("webhook.unknown_account", platform=platform)
        return "unknown_account"
    waiting = 0
    for channel, variant in named or verified[:1]:
        events = [
            event
            for account, event in gateway.parse(body, channel.credentials)
            if account == channel.account or not named
        ]
        waiting += (await _save(request, platform, channel.channel_id, events, variant)).waiting
    if waiting:
        await request.app[keys.SIGNALS].notify(INBOX_TOPIC)
        await request.app[keys.SIGNALS].notify(MEDIA_TOPIC)
    return "saved"


async def _raw(request: web.Request) -> bytes:
    """The body's bytes as they came. The application's own limit is for people's messages and smaller."""
    raw = bytearray()
    try:
        while chunk := await request.content.readany():
            raw += chunk
            if len(raw) > limits.WEBHOOK_BYTES:
                raise web.HTTPRequestEntityTooLarge(limits.WEBHOOK_BYTES, len(raw))
    except (RequestPayloadError, ConnectionError, ValueError) as error:
        raise web.HTTPBadRequest(text="body") from error
    return bytes(raw)


def _decoded(raw: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _verified(
    gateway: Gateway, known: list[Connected], raw: bytes, body: object, headers: Mapping[str, str]
) -> list[tuple[Connected, str]]:
    """The channels whose secrets made the signature, usually all of one app, and the way of signing that matched."""
    found: list[tuple[Connected, str]] = []
    for channel in known:
        variant = gateway.verify(raw, body, headers, channel.credentials)
        if variant is not None:
            found.append((channel, variant))
    if found:
        SIGNATURES.labels(gateway.platform, found[0][1]).inc()
    return found


async def _save(request: web.Request, platform: str, channel_id: int, events: list[Inbound], variant: str) -> Saved:
    """All events in one transaction. If one of them cannot be stored, the others are, and its id is."""
    inbox = request.app[keys.INBOX]
    try:
        saved = await inbox.save_events(channel_id, events)
    except StorageUnavailableError:
        raise
    except Exception as error:
        log.exception("webhook.batch_failed", platform=platform, events=len(events), error=type(error).__name__)
        saved = Saved()
        for event in events:
            one = await _save_alone(request, channel_id, event)
            saved = Saved(saved.new + one.new, saved.duplicates + one.duplicates, saved.waiting + one.waiting)
    for event in events:
        EVENTS.labels(platform, event.kind.value).inc()
    DUPLICATES.labels(platform).inc(saved.duplicates)
    log.info(
        "webhook.saved", platform=platform, channel_id=channel_id, signature=variant, new=saved.new,
        duplicates=saved.duplicates,
    )  # fmt: skip
    return saved


async def _save_alone(request: web.Request, channel_id: int, event: Inbound) -> Saved:
    inbox = request.app[keys.INBOX]
    try:
        return await inbox.save_events(channel_id, [event])
    except StorageUnavailableError:
        raise
    except Exception as error:
        log.exception("webhook.event_failed", channel_id=channel_id, error=type(error).__name__)
        details = {"fault": type(error).__name__, "kind": event.kind.value}
        stripped = Inbound(storable_id(event.external_id), "", Kind.OTHER, details=details)
        return await inbox.save_events(channel_id, [stripped])


async def _connected(request: web.Request, platform: str) -> list[Connected]:
    return await request.app[PLATFORMS].directory.connected(platform)


# Proof that the domain is ours


@routes.get(r"/zalo_verifier{code}.html")
async def zalo_verifier(request: web.Request) -> web.Response:
    page = request.app[PLATFORMS].verification_page(request.path, await _codes(request))
    if page is None:
        raise web.HTTPNotFound
    return web.Response(text=page, content_type="text/html")


async def home_with_proof(request: web.Request) -> web.Response | None:
    """The page at `/` while a domain is to be proven: Zalo looks there for its code, people go on to the chat."""
    platforms = request.app.get(PLATFORMS)
    if platforms is None:
        return None
    try:
        codes = await _codes(request)
    except (StorageUnavailableError, SecretsUnreadableError):
        return None
    if not codes:
        return None
    metas = "".join(platforms.verification_meta(code) for code in codes)
    text = (
        f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">{metas}'
        '<meta http-equiv="refresh" content="0; url=/chat"><title>Thân Thiện</title></head>'
        '<body><a href="/chat">Trò chuyện với trợ lý</a></body></html>\n'
    )
    return web.Response(text=text, content_type="text/html")


async def _codes(request: web.Request) -> list[str]:
    found = [channel.credentials.secrets.get("verification", "") for channel in await _connected(request, ZALO)]
    return sorted({code for code in found if code})


# Facebook's request to delete somebody's data


@routes.post("/webhooks/facebook/deletion")
async def delete_data(request: web.Request) -> web.Response:
    """Kept as an event, met by the clock process: the person's id in the app may not be the one the page knows."""
    platforms = request.app[PLATFORMS]
    try:
        form = await request.post()
    except (ValueError, RequestPayloadError, ConnectionError, LookupError) as error:
        raise web.HTTPBadRequest(text="form") from error
    signed = form.get("signed_request")
    for channel in await _connected(request, FACEBOOK):
        found = (
            platforms.deletion(signed, channel.credentials.secrets.get("app_secret", ""))
            if isinstance(signed, str)
            else None
        )
        if found is None:
            continue
        event, code = found
        await request.app[keys.INBOX].save_events(channel.channel_id, [event])
        EVENTS.labels(FACEBOOK, event.kind.value).inc()
        url = f"{request.app[keys.SETTINGS].public_url.rstrip('/')}/webhooks/facebook/deletion/{code}"
        return web.json_response({"url": url, "confirmation_code": code})
    raise web.HTTPForbidden(text="signature")


@routes.get("/webhooks/facebook/deletion/{code:[A-Za-z0-9]{1,64}}")
async def deletion_state(request: web.Request) -> web.Response:
    erasures = SqlErasures(request.app[keys.DATABASE], request.app[keys.CLOCK])
    state = await erasures.state(FACEBOOK, f"deletion:{request.match_info['code']}")
    text = DELETION_STATES[state] if state else DELETION_UNKNOWN
    page = (
        '<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8"><title>Xóa dữ liệu</title></head>'
        f"<body><p>{text}</p></body></html>\n"
    )
    return web.Response(text=page, content_type="text/html", status=200 if state else 404)


DELETION_STATES = {
    State.WAITING: (
        "Yêu cầu xóa dữ liệu của ông/bà đã được ghi nhận và được thực hiện trong vòng vài giờ. "
        "Xin mở lại trang này để xem kết quả."
    ),
    State.DONE: "Dữ liệu trò chuyện của ông/bà đã được xóa xong.",
    State.UNMATCHED: (
        "Yêu cầu đã được ghi nhận, nhưng mã Facebook gửi không khớp với cuộc trò chuyện nào. Tin nhắn gửi cho trang "
        "được tự động xóa sau 30 ngày kể từ lần nhắn cuối; muốn xóa sớm hơn, xin gọi Bộ phận Một cửa của xã."
    ),
}
DELETION_UNKNOWN = "Không tìm thấy yêu cầu xóa dữ liệu với mã này. Xin kiểm tra lại mã đã nhận."
