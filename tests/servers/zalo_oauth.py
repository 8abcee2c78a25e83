"""The OAuth host of the pretend Zalo: codes for one use, refresh tokens for one use, a new pair each time."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

ACCESS_LIFE = timedelta(hours=25)
REFRESH_LIFE = timedelta(days=90)
CODE_LIFE = timedelta(minutes=10)
TOKEN_PATH = "/v4/oa/access_token"
INVALID_REFRESH = (-14014, "Invalid refresh token")
INVALID_GRANT = (-118, "invalid_grant")
APP_NOT_ACTIVE = (-14002, "App is not active")
REDIRECT_DIFFERS = -14003
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Pair:
    access_token: str
    refresh_token: str


@dataclass(frozen=True)
class Asked:
    """A call for tokens: which grant, with what, and the error it got (0: a new pair)."""

    grant: str
    token: str
    error: int
    at: datetime


class TokenOffice:
    """Tokens of one OA.

    Unknown of the real one, so switches: `old_access_token_survives` a refresh; `reuse_revokes` the newest
    pair when a used refresh token comes again; `expires_in_is_text`.
    """

    def __init__(self, now: Callable[[], datetime], app_id: str, app_secret: str, oa_id: str) -> None:
        self.now = now
        self.app_id = app_id
        self.app_secret = app_secret
        self.oa_id = oa_id
        self.redirect_uri = ""
        """As saved in the console; empty: whatever is asked for."""
        self.app_active = True
        self.old_access_token_survives = False
        self.reuse_revokes = False
        self.expires_in_is_text = True
        self.asked: list[Asked] = []
        self.newest = Pair("", "")
        self._access: dict[str, datetime] = {}
        self._known: set[str] = set()
        self._refresh: dict[str, datetime] = {}
        self._used: set[str] = set()
        self._codes: dict[str, tuple[datetime, str]] = {}
        self._numbers = itertools.count(1)

    def grant(self) -> Pair:
        """A new pair, as an administrator copies it from the API Explorer; the old one ends."""
        self._access.clear()
        self._refresh.clear()
        return self._issue()

    def issue_code(self, challenge: str = "") -> str:
        """The code an administrator's consent sends to the callback."""
        code = f"code-{next(self._numbers)}"
        self._codes[code] = (self.now() + CODE_LIFE, challenge)
        return code

    def expire_access(self) -> None:
        for token in self._access:
            self._access[token] = self.now()

    def expire_refresh(self) -> None:
        for token in self._refresh:
            self._refresh[token] = self.now()

    def revoke(self) -> None:
        """An administrator takes the grant back: no token is any good."""
        self._access.clear()
        self._refresh.clear()

    def check(self, access_token: str | None) -> int:
        """0, or the error of the OA API."""
        if not access_token or access_token not in self._known:
            return -216
        ends = self._access.get(access_token)
        return 0 if ends is not None and self.now() < ends else -220

    def routes(self) -> list[web.RouteDef]:
        return [web.post(TOKEN_PATH, self._tokens), web.get("/v4/oa/permission", self._permission)]

    async def _tokens(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()} if _is_form(request) else {}
        return web.json_response(self._answer(form, request.headers.get("secret_key", "")))

    async def _permission(self, request: web.Request) -> web.Response:
        """Consents at once, as an administrator who taps "Cấp quyền"."""
        query = request.query
        target = query.get("redirect_uri", "")
        if query.get("app_id") != self.app_id or not target or self.redirect_uri not in ("", target):
            raise web.HTTPFound(f"/v4/oa/permission/error?error_code={REDIRECT_DIFFERS}")
        found = {"code": self.issue_code(query.get("code_challenge", "")), "oa_id": self.oa_id}
        if "state" in query:
            found["state"] = query["state"]
        raise web.HTTPFound(f"{target}{'&' if '?' in target else '?'}{urlencode(found)}")

    def _answer(self, form: Mapping[str, str], secret: str) -> dict[str, Any]:
        grant = form.get("grant_type", "")
        token = form.get("refresh_token" if grant == "refresh_token" else "code", "")
        code, name = self._error(form, secret, grant, token)
        self.asked.append(Asked(grant, token, code, self.now()))
        if code:
            return {"error": code, "error_name": name, "error_description": name}
        pair = self._issue()
        seconds = int(ACCESS_LIFE.total_seconds())
        return {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "expires_in": str(seconds) if self.expires_in_is_text else seconds,
        }

    def _error(self, form: Mapping[str, str], secret: str, grant: str, token: str) -> tuple[int, str]:
        if not self.app_active:
            return APP_NOT_ACTIVE
        if secret != self.app_secret or form.get("app_id") != self.app_id:
            return INVALID_GRANT
        if grant == "refresh_token":
            return self._refresh_error(token)
        if grant == "authorization_code":
            return self._code_error(token, form.get("code_verifier", ""))
        return INVALID_GRANT

    def _refresh_error(self, token: str) -> tuple[int, str]:
        ends = self._refresh.pop(token, None)
        if ends is not None and self.now() < ends:
            self._used.add(token)
            return 0, ""
        if token in self._used and self.reuse_revokes:
            self.revoke()
        return INVALID_REFRESH

    def _code_error(self, code: str, verifier: str) -> tuple[int, str]:
        ends, challenge = self._codes.pop(code, (self.now(), ""))
        if self.now() >= ends or (challenge and challenge != challenge_of(verifier)):
            return INVALID_GRANT
        return 0, ""

    def _issue(self) -> Pair:
        if not self.old_access_token_survives:
            self._access.clear()
        number = next(self._numbers)
        pair = Pair(f"access-{number}-{self.oa_id}", f"refresh-{number}-{self.oa_id}")
        self._known.add(pair.access_token)
        self._access[pair.access_token] = self.now() + ACCESS_LIFE
        self._refresh[pair.refresh_token] = self.now() + REFRESH_LIFE
        self.newest = pair
        return pair


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _is_form(request: web.Request) -> bool:
    return request.content_type == FORM
