"""One HTTP call to Zalo: time limits, no redirects, and errors with a meaning.

Application errors come with HTTP 200, so the status says only whether Zalo itself answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.domain.errors import SendFailedError
from connectors.zalo import limits
from connectors.zalo.values import JsonObject

_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
"""The connection never stood: Zalo cannot have seen the call."""
_MAX_WAIT = 86_400.0


class Http:
    """`session` is given from outside and may be shared."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        connect_seconds: float = limits.CONNECT_SECONDS,
        total_seconds: float = limits.TOTAL_SECONDS,
        upload_seconds: float = limits.UPLOAD_SECONDS,
    ) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, connect=connect_seconds)
        self._upload_timeout = aiohttp.ClientTimeout(total=upload_seconds, connect=connect_seconds)

    async def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        form: Any = None,
        changes: bool = True,
    ) -> JsonObject:
        """The decoded object of the answer. `body`: JSON; `form`: form data; `changes`: whether doing it twice
        matters, so that a lost answer is `uncertain`. Raises SendFailedError."""
        timeout = self._upload_timeout if isinstance(form, aiohttp.FormData) else self._timeout
        try:
            async with self._session.request(
                method, url, headers=headers, json=body, params=params, data=form, timeout=timeout,
                allow_redirects=False,
            ) as response:  # fmt: skip
                status, retry_after = response.status, response.headers.get("Retry-After", "")
                raw = await _read(response) if status == 200 else b""
        except _NOT_SENT as error:
            raise SendFailedError("not_connected", retry_after=limits.RETRY) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _lost("timeout" if isinstance(error, TimeoutError) else "connection_lost", changes) from error
        if status == 200:
            return _decoded(raw, changes)
        raise _bad_status(status, retry_after, changes)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    raw = b""
    async for chunk in response.content.iter_chunked(64 * 1024):
        raw += chunk
        if len(raw) > limits.ANSWER_BYTES:
            break
    return raw


def _decoded(raw: bytes, changes: bool) -> JsonObject:
    try:
        answer = json.loads(raw) if len(raw) <= limits.ANSWER_BYTES else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _lost("garbage", changes)
    return answer


def _bad_status(status: int, retry_after: str, changes: bool) -> SendFailedError:
    if status == 429:
        seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else limits.RATE_PAUSE
        return SendFailedError("rate_limited", retry_after=min(seconds, _MAX_WAIT))
    if status >= 500:
        return _lost(f"http_{status}", changes)
    return SendFailedError(f"http_{status}")


def _lost(reason: str, changes: bool) -> SendFailedError:
    """Zalo may have done what it was asked to: the echo will tell."""
    return SendFailedError(reason, retry_after=limits.ECHO_WAIT if changes else limits.RETRY, uncertain=changes)
