"""The OA API and the business API, a method for each call we make (§5, §6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from bot.domain.errors import SendFailedError
from bot.ports import Clock
from connectors.zalo import limits, messages
from connectors.zalo.alarms import About, Alarms
from connectors.zalo.answers import Accepted, OaInfo, Quota, UserDetail
from connectors.zalo.errors import Act, refusal
from connectors.zalo.http import Http
from connectors.zalo.tokens import TokenKeeper
from connectors.zalo.values import JsonObject, an_object, number, words

ABOUT = {Act.PAID: About.MONEY}


class ZaloApi:
    """Every method raises SendFailedError (ZaloRefusedError when Zalo named a code) and StorageUnavailableError."""

    def __init__(
        self,
        http: Http,
        tokens: TokenKeeper,
        alarms: Alarms,
        clock: Clock,
        *,
        url: str = limits.API_URL,
        business_url: str = limits.BUSINESS_URL,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._alarms = alarms
        self._clock = clock
        self._url = url.rstrip("/")
        self._business_url = business_url.rstrip("/")
        self._sleep = sleep

    # Messages

    async def send(self, channel_id: int, user_id: str, message: messages.Message) -> Accepted:
        """A care message: only within seven days of the citizen's last interaction."""
        body = {"recipient": {"user_id": user_id}, "message": message}
        return await self._sent(channel_id, "/v3.0/oa/message/cs", body)

    async def send_anonymous(self, channel_id: int, visitor: str, conversation: str, text: str) -> Accepted:
        recipient = {"anonymous_id": visitor, "conversation_id": conversation}
        return await self._sent(channel_id, "/v2.0/oa/message", {"recipient": recipient, "message": {"text": text}})

    async def react(self, channel_id: int, user_id: str, message_id: str, icon: str) -> Accepted:
        """One of `limits.ICONS` on a citizen's message."""
        action = {"react_icon": icon, "react_message_id": message_id}
        body = {"recipient": {"user_id": user_id}, "sender_action": action}
        return await self._sent(channel_id, "/v2.0/oa/message", body)

    async def send_template(self, channel_id: int, user_id: str, template_id: str, data: Mapping[str, str]) -> Accepted:
        """A ZBS template, which needs no open window; `data`: value by parameter name. Costs money."""
        body = {"user_id": user_id, "template_id": template_id, "template_data": dict(data)}
        return await self._sent(channel_id, "/v3.0/oa/message/template", body, paid=True)

    async def send_template_by_phone(
        self,
        channel_id: int,
        phone: str,
        template_id: str,
        data: Mapping[str, str],
        tracking_id: str,
        *,
        development: bool = False,
    ) -> Accepted:
        """To a number the citizen gave for this. `tracking_id` comes back in the receipt. `development` reaches
        administrators of the app only, free."""
        code = messages.phone_code(phone)
        if code is None:
            raise SendFailedError("no_such_phone", "unreachable")
        body = {"phone": code, "template_id": template_id, "template_data": dict(data), "tracking_id": tracking_id}
        body |= {"mode": "development"} if development else {}
        return await self._sent(channel_id, "/message/template", body, business=True, paid=not development)

    # Files: each returns the id to put into a message; it is good for seven days

    async def upload_image(self, channel_id: int, name: str, content: bytes) -> str:
        return await self._uploaded(channel_id, "image", name, content, limits.IMAGE_ENDINGS, limits.IMAGE_BYTES)

    async def upload_gif(self, channel_id: int, name: str, content: bytes) -> str:
        return await self._uploaded(channel_id, "gif", name, content, limits.GIF_ENDINGS, limits.GIF_BYTES)

    async def upload_file(self, channel_id: int, name: str, content: bytes) -> str:
        return await self._uploaded(channel_id, "file", name, content, limits.FILE_ENDINGS, limits.FILE_BYTES)

    # Questions

    async def oa_info(self, channel_id: int) -> OaInfo:
        return OaInfo.of(await self._asked(channel_id, "GET", "/v2.0/oa/getoa"))

    async def user_detail(self, channel_id: int, user_id: str) -> UserDetail:
        data = json.dumps({"user_id": user_id})
        return UserDetail.of(await self._asked(channel_id, "GET", "/v3.0/oa/user/detail", params={"data": data}))

    async def quota(self, channel_id: int, user_id: str) -> Quota:
        body = {"user_id": user_id}
        return Quota.of(await self._asked(channel_id, "POST", "/v3.0/oa/quota/message", body=body))

    async def _asked(self, channel_id: int, method: str, path: str, **content: Any) -> JsonObject:
        return await self._call(channel_id, method, self._url + path, changes=False, **content)

    async def _sent(
        self, channel_id: int, path: str, body: JsonObject, *, business: bool = False, paid: bool = False
    ) -> Accepted:
        url = (self._business_url if business else self._url) + path
        accepted = Accepted.of(await self._call(channel_id, "POST", url, business=business, body=body))
        await self._alarms.sent(channel_id, paid=paid or accepted.paid)
        if not accepted.message_id:
            # Sent, but what its echo will be called is unknown.
            raise SendFailedError("no_message_id", retry_after=limits.ECHO_WAIT, uncertain=True)
        return accepted

    async def _uploaded(
        self, channel_id: int, kind: str, name: str, content: bytes, endings: tuple[str, ...], most: int
    ) -> str:
        if name.rpartition(".")[2].lower() not in endings:
            raise SendFailedError("file_type")
        if len(content) > most:
            raise SendFailedError("file_size")
        shown = "".join(one for one in words(name, 200) if one.isprintable())

        def form() -> aiohttp.FormData:
            # Unquoted: a name in percent signs is what the citizen would read.
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("file", content, filename=shown, content_type="application/octet-stream")
            return data

        url = f"{self._url}/v2.0/oa/upload/{kind}"
        data = await self._call(channel_id, "POST", url, changes=False, form=form)
        upload_id = data.get("token") or data.get("attachment_id")
        if not isinstance(upload_id, str):
            raise SendFailedError("upload_refused")
        return upload_id

    async def _call(
        self,
        channel_id: int,
        method: str,
        url: str,
        *,
        business: bool = False,
        changes: bool = True,
        form: Callable[[], aiohttp.FormData] | None = None,
        **content: Any,
    ) -> JsonObject:
        """The `data` of a good answer. A refused token is replaced once."""
        token = await self._tokens.access(channel_id)
        pauses, replaced = list(limits.RESEND_PAUSES), False
        while True:
            answer = await self._http.call(
                method, url, {"access_token": token}, changes=changes, form=form() if form else None, **content
            )
            code = number(answer.get("error"))
            if code == 0:
                return an_object(answer.get("data"))
            if code is None:
                raise SendFailedError(
                    "garbage", retry_after=limits.ECHO_WAIT if changes else limits.RETRY, uncertain=changes
                )
            error = refusal(code, self._clock.now(), business=business)
            if error.act is Act.REFRESH and not replaced:
                token, replaced = await self._tokens.replaced(channel_id, token), True
            elif error.act is Act.RESEND and pauses:
                await self._sleep(pauses.pop(0))
            else:
                break
        if error.alarm:
            await self._alarms.ring(channel_id, error.alarm, ABOUT.get(error.act, About.SENDING))
        raise error
