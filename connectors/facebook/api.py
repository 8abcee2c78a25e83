"""The client of the Graph API: one call at a time, time limits, typed failures, the page's quota.

The token travels in a header, not in the address, where it would reach logs; `appsecret_proof` goes with every call.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import aiohttp

from connectors.facebook import errors, limits, usage
from connectors.facebook.errors import GraphError, Verdict
from connectors.facebook.usage import Usage
from connectors.facebook.values import JsonObject, a_list, an_object, flag, ident, moment, number

TIMEOUT = aiohttp.ClientTimeout(total=limits.TOTAL_SECONDS, connect=limits.CONNECT_SECONDS)
UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=limits.UPLOAD_SECONDS, connect=limits.CONNECT_SECONDS)


@dataclass(frozen=True, slots=True)
class Access:
    """Who calls: a page (or an app) with its token, and the secret of the app."""

    account: str
    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    proof: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        made = hmac.new(self.app_secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()
        object.__setattr__(self, "proof", made)

    @classmethod
    def of_app(cls, app_id: str, app_secret: str) -> Access:
        return cls(app_id, f"{app_id}|{app_secret}", app_secret)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that travels with a message."""

    name: str
    content_type: str
    content: bytes = field(repr=False)

    def form(self, body: JsonObject) -> aiohttp.FormData:
        """The call as form data, objects as JSON (MP/send-messages/saving-assets)."""
        # Unquoted: a name in percent signs is what the citizen would read.
        data = aiohttp.FormData(quote_fields=False)
        for key, value in body.items():
            data.add_field(key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        shown = "".join(one for one in self.name if one.isprintable() and one not in '"\\')
        data.add_field("filedata", self.content, filename=shown, content_type=self.content_type)
        return data


@dataclass(frozen=True, slots=True)
class TokenState:
    """What Graph knows of a token. Times are None when it does not expire. `reason`: why it is not valid."""

    is_valid: bool
    app_id: str
    kind: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    data_access_expires_at: datetime | None
    reason: str | None


class GraphApi:
    """All methods raise GraphError."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str = limits.BASE_URL,
        version: str = limits.VERSION,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        upload_timeout: aiohttp.ClientTimeout = UPLOAD_TIMEOUT,
    ) -> None:
        self._session = session
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._timeout = timeout
        self._upload_timeout = upload_timeout

    # Sending

    async def send(self, access: Access, body: JsonObject, file: Upload | None = None) -> tuple[str, Usage]:
        """The id of the accepted message, which its echo will carry as well. `file`: of a body made with
        messages.upload."""
        answer, used = await self._call("POST", f"{access.account}/messages", access, body=body, file=file, sends=True)
        mid = answer.get("message_id")
        if not isinstance(mid, str) or not mid:
            raise GraphError(errors.UNREADABLE)
        return mid, used

    async def act(self, access: Access, body: JsonObject) -> Usage:
        """Typing and the like: see messages.action."""
        return (await self._call("POST", f"{access.account}/messages", access, body=body))[1]

    # Profile of the page

    async def set_profile(self, access: Access, profile: JsonObject) -> None:
        """See profile.body. Ten calls in ten minutes for a page; a menu may take a day to show."""
        await self._call("POST", "me/messenger_profile", access, body=profile)

    async def profile(self, access: Access, fields: Sequence[str]) -> JsonObject:
        query = {"fields": ",".join(fields)}
        answer, _ = await self._call("GET", "me/messenger_profile", access, query=query)
        return an_object(next(iter(a_list(answer.get("data"))), None))

    async def delete_profile(self, access: Access, fields: Sequence[str]) -> None:
        await self._call("DELETE", "me/messenger_profile", access, body={"fields": list(fields)})

    # Subscription of the app to the page

    async def subscribed_fields(self, access: Access, app_id: str) -> tuple[str, ...]:
        """What our app hears of the page; empty when it is not subscribed."""
        answer, _ = await self._call("GET", f"{access.account}/subscribed_apps", access)
        for app in map(an_object, a_list(answer.get("data"))):
            if ident(app.get("id")) == app_id:
                return tuple(one for one in a_list(app.get("subscribed_fields")) if isinstance(one, str))
        return ()

    async def subscribe(self, access: Access, fields: Sequence[str] = limits.FIELDS) -> None:
        query = {"subscribed_fields": ",".join(fields)}
        answer, _ = await self._call("POST", f"{access.account}/subscribed_apps", access, query=query)
        if not flag(answer.get("success")):
            raise GraphError(errors.UNREADABLE)

    async def unsubscribe(self, access: Access) -> None:
        await self._call("DELETE", f"{access.account}/subscribed_apps", access)

    # Tokens

    async def token_state(self, app: Access, token: str) -> TokenState:
        """`app`: see Access.of_app."""
        answer, _ = await self._call("GET", "debug_token", app, query={"input_token": token})
        data = an_object(answer.get("data"))
        error = an_object(data.get("error"))
        code = number(error.get("code"))
        return TokenState(
            is_valid=data.get("is_valid") is True,
            app_id=ident(data.get("app_id")),
            kind=ident(data.get("type")),
            scopes=tuple(one for one in a_list(data.get("scopes")) if isinstance(one, str)),
            expires_at=moment(data.get("expires_at")),
            data_access_expires_at=moment(data.get("data_access_expires_at")),
            reason=errors.verdict(code, number(error.get("subcode"))).reason if code is not None else None,
        )

    # Calling

    async def _call(
        self,
        method: str,
        path: str,
        access: Access,
        *,
        body: JsonObject | None = None,
        query: Mapping[str, str] | None = None,
        file: Upload | None = None,
        sends: bool = False,
    ) -> tuple[JsonObject, Usage]:
        """`sends`: a repetition would reach the citizen twice, so a failure without a clear answer is uncertain."""
        try:
            async with self._session.request(
                method,
                f"{self._base}/{path}",
                params={**(query or {}), "appsecret_proof": access.proof},
                headers={"Authorization": f"Bearer {access.token}"},
                json=body if file is None else None,
                data=None if file is None else file.form(body or {}),
                timeout=self._timeout if file is None else self._upload_timeout,
                allow_redirects=False,
            ) as response:
                status, used = response.status, usage.read(response.headers)
                raw = await response.read()
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
            raise GraphError(errors.NOT_CONNECTED) from None
        except TimeoutError:
            raise _unclear(errors.TIMED_OUT, sends) from None
        except (aiohttp.ClientError, OSError):
            raise _unclear(errors.CONNECTION_LOST, sends) from None
        answer = _decoded(raw)
        error = an_object(an_object(answer).get("error"))
        if error:
            raise _refused(error, status, used, sends)
        if status == 429:
            raise GraphError(delayed(errors.TOO_MANY, used))
        if status >= 500:
            raise _unclear(errors.SERVER_ERROR, sends)
        if status >= 300:
            raise GraphError(errors.REFUSED_BY_PROXY)
        if not isinstance(answer, dict):
            raise _unclear(errors.UNREADABLE, sends)
        return answer, used


def delayed(verdict: Verdict, used: Usage) -> Verdict:
    """With the time Meta named instead of our guess."""
    if verdict.reason != errors.RATE_LIMITED or not used.regain:
        return verdict
    return replace(verdict, retry_after=used.regain, pause=used.regain)


def _refused(error: JsonObject, status: int, used: Usage, sends: bool) -> GraphError:
    code, subcode = number(error.get("code")), number(error.get("error_subcode"))
    if code is None:
        return _unclear(errors.UNREADABLE, sends)
    verdict = delayed(errors.verdict(code, subcode), used)
    if sends and status >= 500 and verdict.retry_after is not None:
        verdict = replace(verdict, uncertain=True, retry_after=max(verdict.retry_after, limits.ECHO_WAIT))
    return GraphError(verdict, code, subcode, ident(error.get("fbtrace_id")) or None)


def _unclear(verdict: Verdict, sends: bool) -> GraphError:
    return GraphError(verdict if sends else replace(verdict, uncertain=False))


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
