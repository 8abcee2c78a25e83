"""Zalo's OAuth host (§4): consent, code for tokens, refresh. Nothing here stores anything."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from bot.domain.channels import Credentials, TokenPair
from bot.domain.errors import SendFailedError
from bot.ports import Clock
from connectors.zalo import limits
from connectors.zalo.http import Http
from connectors.zalo.values import JsonObject, number

MEANINGS = {
    -14014: "refresh token refused: an administrator of the OA must consent again",
    -118: "grant refused: consent again, and check the App Secret",
    -14002: "the app is not active: see the console",
    -14003: "redirect_uri differs from the one in the console",
}


class TokensRefusedError(Exception):
    """Zalo gives no tokens. `code`: Zalo's, 0 when it named none."""

    def __init__(self, code: int, meaning: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.meaning = meaning or MEANINGS.get(code, "tokens refused")


class OAuth:
    def __init__(self, http: Http, clock: Clock, url: str = limits.OAUTH_URL) -> None:
        self._http = http
        self._clock = clock
        self._url = url.rstrip("/")

    async def refresh(self, credentials: Credentials, refresh_token: str) -> TokenPair:
        """A new pair for the refresh token, which is spent by this. Raises TokensRefusedError, and SendFailedError
        when no answer came (`uncertain`: the token may be spent)."""
        form = {"refresh_token": refresh_token, "grant_type": "refresh_token"}
        return await self._tokens(credentials, form)

    async def exchange(self, credentials: Credentials, code: str, verifier: str = "") -> TokenPair:
        """The first pair, for the code an administrator's consent brought (valid ten minutes, once). Raises as
        `refresh`."""
        form = {"code": code, "grant_type": "authorization_code"}
        return await self._tokens(credentials, form | ({"code_verifier": verifier} if verifier else {}))

    def consent_url(self, app_id: str, redirect_uri: str, state: str, challenge: str = "") -> str:
        """Where an administrator of the OA consents; the way back carries `code` (or `oauth_code`) and `oa_id`."""
        query = {"app_id": app_id, "redirect_uri": redirect_uri, "state": state}
        query |= {"code_challenge": challenge} if challenge else {}
        return f"{self._url}/v4/oa/permission?{urlencode(query)}"

    async def _tokens(self, credentials: Credentials, form: Mapping[str, str]) -> TokenPair:
        asked_at = self._clock.now()
        headers = {"secret_key": credentials.secrets.get("app_secret", "")}
        form = {"app_id": credentials.secrets.get("app_id", ""), **form}
        try:
            answer = await self._http.call("POST", f"{self._url}/v4/oa/access_token", headers, form=form)
        except SendFailedError as error:
            if error.retry_after is None:
                raise TokensRefusedError(0, error.reason) from error
            raise
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
            raise TokensRefusedError(number(answer.get("error")) or 0)
        return TokenPair(
            access, refresh,
            asked_at + _life(answer, "expires_in", limits.ACCESS_LIFE_UNKNOWN, limits.ACCESS_LIFE_MAX),
            asked_at + _life(answer, "refresh_token_expires_in", limits.REFRESH_LIFE, limits.REFRESH_LIFE),
        )  # fmt: skip


def new_verifier() -> str:
    """43 characters, for PKCE."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _life(answer: JsonObject, name: str, unknown: timedelta, most: timedelta) -> timedelta:
    seconds = number(answer.get(name))
    if seconds is None or seconds <= 0:
        return unknown
    return timedelta(seconds=min(seconds, int(most.total_seconds())))
