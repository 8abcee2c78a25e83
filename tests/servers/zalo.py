"""A pretend Zalo on loopback: the OA API, the OAuth host and the business host, each on a port of its own,
and a host for what citizens sent.

It refuses what the real one refuses, with HTTP 200 and the documented codes. `webhooks` and `events` are its other
side: what it posts to us.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.servers.zalo_business import BusinessHost
from tests.servers.zalo_events import ZaloEvents, echoed
from tests.servers.zalo_faults import Faults
from tests.servers.zalo_history import History
from tests.servers.zalo_messages import check_anonymous, check_message, check_reaction, recipient_of
from tests.servers.zalo_oauth import TOKEN_PATH, TokenOffice
from tests.servers.zalo_state import (
    APP_ID,
    APP_SECRET,
    CITIZEN,
    FREE_FOR,
    OA_ID,
    OA_NAME,
    OA_SECRET,
    OPEN_FOR,
    Call,
    Citizen,
    RefusedError,
    Sent,
    Template,
    milliseconds,
    oa_info,
)
from tests.servers.zalo_uploads import MediaHost, Uploads, uploaded_file
from tests.servers.zalo_webhooks import ZaloWebhooks

RATE_LIMIT = 4000
CARE_PRICE = 55
REACTIONS_A_MESSAGE = 50
LARGEST_BODY = 8 * 1024 * 1024
Act = Callable[[web.Request], Awaitable[Any]]


class PretendZalo:
    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        app_id: str = APP_ID,
        app_secret: str = APP_SECRET,
        oa_id: str = OA_ID,
        oa_secret: str = OA_SECRET,
    ) -> None:
        self.now = now
        self.app_id, self.app_secret, self.oa_id, self.oa_secret = app_id, app_secret, oa_id, oa_secret
        self.oauth = TokenOffice(now, app_id, app_secret, oa_id)
        self.uploads = Uploads(now)
        self.media = MediaHost()
        self.history = History(oa_id, OA_NAME)
        self.faults = Faults()
        self.webhooks = ZaloWebhooks(app_id, oa_id, oa_secret, app_secret)
        self.events = ZaloEvents(now, app_id, oa_id)
        self.business = BusinessHost(self)
        self.webhooks.observers.append(self._observe)
        self.citizens: dict[str, Citizen] = {}
        self.templates: dict[str, Template] = {}
        self.admin_phones: set[str] = set()
        self.sent: list[Sent] = []
        self.calls: list[Call] = []
        self.echoes = True
        """Every accepted care message comes back as `oa_send_*`."""
        self.echo_first = False
        """The echo is posted before the call is answered."""
        self.business_account = True
        self.funds = 1_000_000
        """In đồng."""
        self.paid_quota = 0
        """Care messages the OA's package still covers after 48 hours."""
        self.rate_limit = RATE_LIMIT
        self.oa_error = 0
        """Every OA call ends in this error, e.g. -204, -219, -223."""
        self.oa_info: dict[str, Any] = oa_info(oa_id)
        self.api_url = self.oauth_url = self.business_url = ""
        self._runners: list[web.AppRunner] = []
        self._minute: tuple[datetime, int] = (now(), 0)
        self._count = 0
        self._echoing: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> PretendZalo:
        self.api_url = await self._serve("api", self._routes())
        self.oauth_url = await self._serve("oauth", self.oauth.routes())
        self.business_url = await self._serve("business", self.business.routes())
        self.media.url = await self._serve("media", self.media.routes())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.faults.release()
        await self.settled()
        await self.webhooks.close()
        for runner in self._runners:
            await runner.cleanup()

    def lose_refreshed_tokens(self) -> None:
        """The next refresh rotates the pair, but its answer never arrives."""
        self.faults.hang(path=TOKEN_PATH, performed=True)

    async def settled(self) -> None:
        """All echoes are posted."""
        while self._echoing:
            await asyncio.gather(*self._echoing)

    def citizen(self, user_id: str = CITIZEN, *, ago: timedelta | None = timedelta(), **state: Any) -> Citizen:
        """Somebody who last interacted so long ago (None: never)."""
        seen = None if ago is None else self.now() - ago
        self.citizens[user_id] = Citizen(user_id, seen, **state)
        return self.citizens[user_id]

    def template(self, template_id: str, parameters: dict[str, int] | None = None, **state: Any) -> Template:
        self.templates[template_id] = Template(template_id, parameters or {}, **state)
        return self.templates[template_id]

    def sent_to(self, recipient: str) -> list[Sent]:
        return [one for one in self.sent if one.recipient == recipient]

    def texts_to(self, user_id: str) -> list[str]:
        return [one.text for one in self.sent_to(user_id) if one.text]

    def calls_to(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    def new_id(self) -> str:
        self._count += 1
        return f"a4d0243feee1{self._count:08x}"

    def template_of(self, body: dict[str, Any]) -> Template:
        template_id = body.get("template_id")
        if not isinstance(template_id, str) or not template_id:
            raise RefusedError(-109)
        template = self.templates.get(template_id)
        if template is None or not template.approved:
            raise RefusedError(-131)
        if template.error:
            raise RefusedError(template.error)
        return template

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v3.0/oa/message/cs", self._answering(self._care)),
            web.post("/v3.0/oa/message/template", self._answering(self._template)),
            web.post("/v2.0/oa/message", self._answering(self._version_two)),
            web.post("/v3.0/oa/quota/message", self._answering(self._quota)),
            web.get("/v3.0/oa/user/detail", self._answering(self._detail)),
            web.get("/v3.0/oa/user/getlist", self._answering(self._list)),
            web.get("/v2.0/oa/getoa", self._answering(self._oa)),
            web.get("/v2.0/oa/listrecentchat", self._answering(self._recent)),
            web.get("/v2.0/oa/conversation", self._answering(self._conversation)),
            *(web.post(f"/v2.0/oa/upload/{kind}", self._answering(self._upload)) for kind in ("image", "gif", "file")),
        ]

    async def _serve(self, host: str, routes: Iterable[web.RouteDef]) -> str:
        app = web.Application(
            middlewares=[self._recording(host), self.faults.middleware()], client_max_size=LARGEST_BODY
        )
        app.add_routes(routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    def _recording(self, host: str) -> Any:
        @web.middleware
        async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
            body = b"" if request.content_type.startswith("multipart/") else await request.read()
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.calls.append(Call(host, request.method, request.path, headers, dict(request.query), body, self.now()))
            return await handler(request)

        return record

    def _answering(self, act: Act) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            remain = self._count_call()
            try:
                code = self.oauth.check(request.headers.get("access_token")) or self.oa_error
                if code or remain < 0:
                    raise RefusedError(code or -32)
                body = {"data": await act(request), "error": 0, "message": "Success"}
            except RefusedError as error:
                body = {"error": error.code, "message": error.message()}
            limits = {"X-RateLimit-Limit": str(self.rate_limit), "X-RateLimit-Remain": str(max(remain, 0))}
            return web.json_response(body, headers=limits)

        return answer

    def _count_call(self) -> int:
        """How many calls are left in this minute; below zero, too many."""
        minute = self.now().replace(second=0, microsecond=0)
        self._minute = (minute, self._minute[1] + 1 if self._minute[0] == minute else 1)
        return self.rate_limit - self._minute[1]

    async def _care(self, request: web.Request) -> dict[str, Any]:
        body = await _json(request)
        user_id = recipient_of(body)
        kind, text = check_message(body, self.uploads.find)
        citizen = self._reachable(user_id)
        quota, paid = self._charge(citizen)
        sent = self._accept(user_id, kind, body, text, paid)
        self.history.from_oa(user_id, citizen.name, kind, text, sent.message_id, sent.at)
        if self.echoes:
            await self._echo(sent)
        return self._receipt(sent) | {"quota": quota}

    async def _template(self, request: web.Request) -> dict[str, Any]:
        body = await _json(request)
        citizen = self._known(body.get("user_id"))
        template = self.template_of(body)
        if not template.by_user_id:
            raise RefusedError(-249)
        template.check(body.get("template_data"))
        self._willing(citizen)
        self._pay()
        sent = self._accept(citizen.user_id, "template", body, "", CARE_PRICE)
        quota = {"quota_type": "purchase_quota", "remain": self.funds // CARE_PRICE}
        return self._receipt(sent) | {"sent_time": milliseconds(sent.at), "quota": quota}

    async def _version_two(self, request: web.Request) -> dict[str, Any]:
        """Reactions and anonymous visitors only; ordinary messages were moved to version 3."""
        body = await _json(request)
        if "sender_action" in body:
            user_id = recipient_of(body)
            icon, message_id = check_reaction(body)
            self._willing(self._known(user_id))
            earlier = [
                one
                for one in self.sent
                if one.kind == "reaction" and one.body["sender_action"]["react_message_id"] == message_id
            ]
            if len(earlier) >= REACTIONS_A_MESSAGE:
                raise RefusedError(-210)
            return self._receipt(self._accept(user_id, "reaction", body, icon, 0))
        if "anonymous_id" in (body.get("recipient") or {}):
            anonymous_id, text = check_anonymous(body)
            return {"message_id": self._accept(anonymous_id, "anonymous", body, text, 0).message_id}
        raise RefusedError(-240)

    async def _quota(self, request: web.Request) -> dict[str, Any]:
        citizen = self._known((await _json(request)).get("user_id"))
        free = 8 if self._since(citizen) <= FREE_FOR else 0
        promotion = {"daily_remain": 0, "daily_total": 1, "monthly_remain": 4, "monthly_total": 6}
        answer: dict[str, Any] = {"cs_reply": {"remain": free, "total": 8}, "promotion": promotion}
        if citizen.last_interaction is not None:
            answer["last_interaction"] = milliseconds(citizen.last_interaction)
        return answer

    async def _detail(self, request: web.Request) -> dict[str, Any]:
        citizen = self._known(_data(request).get("user_id"))
        seen = citizen.last_interaction
        avatar = "https://s120-ava-talk.zadn.vn/example.jpg"
        shared = {"address": "", "city": "", "district": "", "phone": "", "name": ""} | citizen.shared_info
        return {
            "user_id": citizen.user_id,
            "user_id_by_app": citizen.user_id_by_app,
            "user_external_id": "",
            "display_name": citizen.name,
            "user_alias": citizen.name,
            "is_sensitive": False,
            "user_last_interaction_date": seen.strftime("%d/%m/%Y") if seen else "",
            "user_is_follower": citizen.follows,
            "avatar": avatar,
            "avatars": {"120": avatar, "240": avatar},
            "dynamic_param": "",
            "tags_and_notes_info": {"notes": [], "tag_names": []},
            "shared_info": shared,
        }

    async def _list(self, request: web.Request) -> dict[str, Any]:
        asked = _data(request)
        offset, count = int(asked.get("offset", 0)), int(asked.get("count", 50))
        if offset > 9951 or count > 50:
            raise RefusedError(-210)
        users = [{"user_id": user_id} for user_id in self.citizens][offset : offset + count]
        return {"total": len(self.citizens), "count": count, "offset": offset, "users": users}

    async def _oa(self, _request: web.Request) -> dict[str, Any]:
        return self.oa_info

    async def _recent(self, request: web.Request) -> list[dict[str, Any]]:
        return self.history.page(_data(request))

    async def _conversation(self, request: web.Request) -> list[dict[str, Any]]:
        asked = _data(request)
        return self.history.page(asked, self._known(asked.get("user_id")).user_id)

    async def _upload(self, request: web.Request) -> dict[str, str]:
        kind = request.path.rpartition("/")[2]
        return self.uploads.add(kind, *await uploaded_file(request))

    def _known(self, user_id: object) -> Citizen:
        if not isinstance(user_id, str) or user_id not in self.citizens:
            raise RefusedError(-201, "user_id")
        return self.citizens[user_id]

    def _willing(self, citizen: Citizen) -> None:
        if citizen.error:
            raise RefusedError(citizen.error)
        if citizen.blocked:
            raise RefusedError(-244)
        if citizen.inactive:
            raise RefusedError(-227)

    def _reachable(self, user_id: str) -> Citizen:
        citizen = self._known(user_id)
        self._willing(citizen)
        if citizen.last_interaction is None:
            raise RefusedError(-232)
        if self._since(citizen) > OPEN_FOR:
            raise RefusedError(-230)
        return citizen

    def _since(self, citizen: Citizen) -> timedelta:
        return timedelta.max if citizen.last_interaction is None else self.now() - citizen.last_interaction

    def _charge(self, citizen: Citizen) -> tuple[dict[str, Any], int]:
        """The quota of the answer, and what the message cost."""
        owner = {"owner_type": "OA", "owner_id": self.oa_id}
        if self._since(citizen) <= FREE_FOR:
            return {"quota_type": "reply", "remain": "7", "total": "8"} | owner, 0
        if self.paid_quota > 0:
            self.paid_quota -= 1
            return {"quota_type": "sub_quota", "remain": str(self.paid_quota)} | owner, 0
        self._pay()
        return {"quota_type": "purchase_quota"} | owner, CARE_PRICE

    def _pay(self) -> None:
        if not self.business_account:
            raise RefusedError(-320)
        if self.funds < CARE_PRICE:
            raise RefusedError(-321)
        self.funds -= CARE_PRICE

    def _accept(self, recipient: str, kind: str, body: dict[str, Any], text: str, paid: int) -> Sent:
        sent = Sent(self.new_id(), recipient, kind, body, self.now(), text, paid)
        self.sent.append(sent)
        return sent

    def _receipt(self, sent: Sent) -> dict[str, Any]:
        return {"message_id": sent.message_id, "user_id": sent.recipient}

    async def _echo(self, sent: Sent) -> None:
        name, message = echoed(sent)
        posting = self.webhooks.deliver(self.events.echo(sent.recipient, message, event_name=name))
        if self.echo_first:
            await posting
            return
        task: asyncio.Task[object] = asyncio.create_task(posting)
        self._echoing.add(task)
        task.add_done_callback(self._echoing.discard)

    def _observe(self, event: Any) -> None:
        """What citizens do restarts their window and enters the history."""
        name = event.get("event_name", "")
        who = event.get("follower") or event.get("sender") or {"id": event.get("user_id")}
        citizen = self.citizens.get(who.get("id") or "")
        if citizen is None:
            return
        if name.startswith("user_send_") or name in ("follow", "user_click_chatnow", "user_submit_info"):
            citizen.last_interaction = self.now()
        if name in ("follow", "unfollow"):
            citizen.follows = name == "follow"
        if name.startswith("user_send_") and "message" in event:
            self.history.from_citizen(citizen.user_id, citizen.name, event["message"], self.now())


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise RefusedError(-201, "body") from None
    if not isinstance(body, dict) or request.content_type != "application/json":
        raise RefusedError(-201, "body")
    return body


def _data(request: web.Request) -> dict[str, Any]:
    """The one query parameter of a GET: JSON."""
    try:
        asked = json.loads(request.query.get("data", ""))
    except ValueError:
        raise RefusedError(-201, "data") from None
    if not isinstance(asked, dict):
        raise RefusedError(-201, "data")
    return asked
