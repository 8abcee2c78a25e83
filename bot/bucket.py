"""Citizens' files and published forms in an S3-compatible bucket: the MediaStore of many machines."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import aiohttp
from yarl import URL

from bot.domain.forms import KEY_PATTERN
from bot.ports import Clock
from bot.signing import BucketKey, encoded, signed

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,5})?")
_FORM = re.compile(KEY_PATTERN)
_ENTRY = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_NEXT = re.compile(r"<NextContinuationToken>([^<]+)</NextContinuationToken>")
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)


class BucketError(Exception):
    """The bucket did not do what it was asked to; the status it answered with."""


class BucketStore:
    """Implements bot.ports.MediaStore. `url`: https://host/bucket, the path style every such store understands."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: BucketKey, clock: Clock) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._key = key
        self._clock = clock

    async def put(self, key: str, content: bytes) -> None:
        await self._call("PUT", self._place(key), content, (200,))

    async def open(self, key: str) -> bytes:
        status, content = await self._call("GET", self._place(key), b"", (200, 404))
        if status == 404:
            raise LookupError(key)
        return content

    async def delete(self, key: str) -> None:
        await self._call("DELETE", self._place(key), b"", (200, 204, 404))

    async def keys(self, older_than: timedelta) -> list[str]:
        """Of a bucket that may hold more than ours, only keys of citizens' files."""
        before = self._clock.now() - older_than
        found: list[str] = []
        token = ""
        while True:
            query = "list-type=2" + (f"&continuation-token={encoded(token)}" if token else "")
            _, raw = await self._call("GET", f"{self._url}?{query}", b"", (200,))
            page = raw.decode(errors="replace")
            entries = [(_element(one, "Key"), _element(one, "LastModified")) for one in _ENTRY.findall(page)]
            found += [key for key, changed in entries if _KEY.fullmatch(key) and _is_before(changed, before)]
            following = _NEXT.search(page)
            if following is None:
                return found
            token = html.unescape(following[1])

    def _place(self, key: str) -> str:
        if not (_KEY.fullmatch(key) or _FORM.fullmatch(key)):
            raise ValueError("no key of ours")
        return f"{self._url}/{key}"

    async def _call(self, method: str, url: str, content: bytes, good: tuple[int, ...]) -> tuple[int, bytes]:
        headers = signed(method, url, self._key, self._clock.now(), content)
        async with self._session.request(
            method, URL(url, encoded=True), headers=headers, data=content or None, timeout=_TIMEOUT,
            allow_redirects=False,
        ) as response:  # fmt: skip
            if response.status not in good:
                raise BucketError(f"{method} status {response.status}")
            return response.status, await response.read()


def _element(entry: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", entry)
    return html.unescape(found[1]) if found else ""


def _is_before(changed: str, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(changed) < moment
    except (ValueError, TypeError):
        return False
