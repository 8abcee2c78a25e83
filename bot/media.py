"""Fetches what citizens sent beside words, once, from the platform's hosts only, and keeps it without what a picture
tells about its maker. A failure is recorded with its reason and never holds up a conversation."""

from __future__ import annotations

import asyncio
import hashlib
import io
import ipaddress
import socket
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp
import filetype
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from PIL import Image, ImageOps, UnidentifiedImageError
from prometheus_client import Counter

from bot import limits
from bot.domain.errors import StorageUnavailableError
from bot.ports import MediaStore, Signals
from bot.storage.attachments import Kept, SqlMedia, Waiting

log = structlog.get_logger("media")

TOPIC = "media"
PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
"""Written anew by Pillow, which leaves EXIF, places and comments behind."""
KEPT_AS_SENT = frozenset({
    "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
    "audio/amr", "audio/aac", "audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/ogg", "audio/x-wav",
    "video/mp4", "video/webm", "video/quicktime", "video/3gpp", "video/x-m4v",
})  # fmt: skip
"""By their first bytes; nothing that a browser would run."""

MEDIA = Counter("thanthien_media_total", "Citizens' files by what became of them", ["platform", "state", "reason"])


class RefusedError(Exception):
    """The file will never be kept; the reason."""


class PassingError(Exception):
    """Worth another try; the reason."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a platform's media lie. `loopback`: also on this machine over plain HTTP, for pretend platforms."""

    hosts: tuple[str, ...]
    loopback: bool = False

    def check(self, url: str) -> None:
        """Raises RefusedError for an address nothing may be fetched from."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise RefusedError("url_unreadable") from None
        if self.loopback and host in ("127.0.0.1", "localhost") and parts.scheme in ("http", "https"):
            return
        if parts.scheme != "https":
            raise RefusedError("not_https")
        if port not in (None, 443) or parts.username or parts.password:
            raise RefusedError("url_unusual")
        if not any(host == one or host.endswith(f".{one}") for one in self.hosts):
            raise RefusedError(f"host_not_allowed {host}")


class PublicResolver(AbstractResolver):
    """Refuses names that lead to private addresses, at the moment of the connection, so that a name cannot be one
    address when checked and another when used. `loopback`: this machine is let through."""

    def __init__(self, *, loopback: bool = False) -> None:
        self._inner: AbstractResolver | None = None
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if self._inner is None:
            self._inner = aiohttp.ThreadedResolver()
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if self._is_allowed(one["host"])]
        if not allowed:
            raise OSError(f"{host} leads to no public address")
        return allowed

    async def close(self) -> None:
        if self._inner is not None:
            await self._inner.close()

    def _is_allowed(self, address: str) -> bool:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        return (parsed.is_global and not parsed.is_multicast) or (self._loopback and parsed.is_loopback)


class Fetcher:
    """The loop that empties the table of files to fetch."""

    def __init__(
        self,
        rows: SqlMedia,
        store: MediaStore,
        sources: Mapping[str, Source],
        signals: Signals,
        *,
        seconds: float = limits.MEDIA_SECONDS,
    ) -> None:
        self._rows = rows
        self._store = store
        self._sources = sources
        self._signals = signals
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=min(5.0, seconds))
        self._session: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        subscription = self._signals.subscribe(TOPIC)
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except StorageUnavailableError as error:
                    log.warning("media.storage_unavailable", error=str(error))
                    await asyncio.sleep(limits.POLL_INTERVAL)
                await subscription.wait(5 * limits.POLL_INTERVAL)
        finally:
            await subscription.close()
            await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def step(self) -> bool:
        """Fetches one file if one is due."""
        waiting = await self._rows.claim()
        if waiting is None:
            return False
        try:
            kept = await self._keep(waiting)
        except RefusedError as error:
            await self._refuse(waiting, str(error))
        except PassingError as error:
            await self._try_again(waiting, str(error))
        except StorageUnavailableError:
            raise
        except Exception as error:
            log.exception("media.failed", media_id=waiting.id, error=type(error).__name__)
            await self._try_again(waiting, f"failed {type(error).__name__}")
        else:
            await self._rows.keep(waiting, kept)
            MEDIA.labels(waiting.platform, "kept", "").inc()
            log.info("media.kept", media_id=waiting.id, content_type=kept.content_type, size=kept.size)
        return True

    async def sweep(self) -> int:
        """Deletes files whose conversations are forgotten; how many."""
        orphans = await self._rows.unknown(await self._store.keys(limits.MEDIA_ORPHAN_AGE))
        for key in orphans:
            await self._store.delete(key)
        return len(orphans)

    async def _try_again(self, waiting: Waiting, reason: str) -> None:
        if waiting.attempts >= limits.MEDIA_ATTEMPTS:
            await self._refuse(waiting, reason)
        else:
            await self._rows.retry(waiting, limits.MEDIA_RETRY * 2**waiting.attempts, reason)

    async def _refuse(self, waiting: Waiting, reason: str) -> None:
        await self._rows.refuse(waiting, reason)
        MEDIA.labels(waiting.platform, "refused", reason.partition(" ")[0]).inc()
        log.warning("media.refused", media_id=waiting.id, platform=waiting.platform, reason=reason)

    async def _keep(self, waiting: Waiting) -> Kept:
        source = self._sources.get(waiting.platform)
        if source is None:
            raise RefusedError("no_source")
        content = await self._fetched(waiting.url, source)
        content, content_type, ending = await asyncio.to_thread(cleaned, content)
        digest = hashlib.sha256(content).hexdigest()
        key = f"{digest[:2]}/{digest}.{ending}"
        await self._store.put(key, content)
        return Kept(content_type, len(content), digest, key)

    async def _fetched(self, url: str, source: Source) -> bytes:
        if self._session is None:
            loopback = any(one.loopback for one in self._sources.values())
            connector = aiohttp.TCPConnector(resolver=PublicResolver(loopback=loopback))
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with asyncio.timeout(self._timeout.total):
                for _ in range(1 + limits.MEDIA_REDIRECTS):
                    source.check(url)
                    found = await self._answer(self._session, url)
                    if isinstance(found, bytes):
                        return found
                    url = found
            raise RefusedError("redirects")
        except TimeoutError as error:
            raise PassingError("timeout") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise PassingError(f"not_fetched {type(error).__name__}") from error

    async def _answer(self, session: aiohttp.ClientSession, url: str) -> bytes | str:
        """The content, or the address it is said to be at."""
        async with session.get(url, timeout=self._timeout, allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                return urljoin(url, response.headers["Location"])
            if response.status >= 500 or response.status in (408, 429):
                raise PassingError(f"status {response.status}")
            if response.status != 200:
                raise RefusedError(f"status {response.status}")
            if (response.content_length or 0) > limits.MEDIA_BYTES:
                raise RefusedError("too_large")
            content = bytearray()
            async for chunk in response.content.iter_chunked(64 * 1024):
                content += chunk
                if len(content) > limits.MEDIA_BYTES:
                    raise RefusedError("too_large")
            return bytes(content)


def cleaned(content: bytes) -> tuple[bytes, str, str]:
    """(content to keep, type, ending), by what the bytes are and not by what they are called. Raises RefusedError."""
    if not content:
        raise RefusedError("empty")
    kind = filetype.guess(content)
    if kind is None:
        raise RefusedError("type_unknown")
    if kind.mime in PICTURES:
        return _picture_anew(content, PICTURES[kind.mime]), kind.mime, kind.extension
    if kind.mime not in KEPT_AS_SENT:
        raise RefusedError(f"type_not_allowed {kind.mime}")
    return content, kind.mime, kind.extension


def _picture_anew(content: bytes, form: str) -> bytes:
    """The same picture without EXIF, turned as EXIF said. Its size is read before any pixel is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[form]) as picture:
                frames = int(getattr(picture, "n_frames", 1))
                if picture.width * picture.height * frames > limits.MEDIA_PIXELS:
                    raise RefusedError("picture_too_large")
                output = io.BytesIO()
                if frames > 1:
                    picture.save(output, form, save_all=True, exif=b"", comment=b"", xmp=b"")
                else:
                    _bare(picture, form).save(output, form, **({"quality": 90} if form in ("JPEG", "WEBP") else {}))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise RefusedError(f"picture_broken {type(error).__name__}") from error
    return output.getvalue()


async def thumbnail(content: bytes, longer_side: int) -> bytes | None:
    """A small JPEG of a kept picture; None when it cannot be read. `longer_side` in pixels."""
    return await asyncio.to_thread(_small, content, longer_side)


def _small(content: bytes, longer_side: int) -> bytes | None:
    try:
        with Image.open(io.BytesIO(content), formats=list(PICTURES.values())) as picture:
            if picture.width * picture.height > limits.MEDIA_PIXELS:
                return None
            picture.draft("RGB", (longer_side, longer_side))
            picture.thumbnail((longer_side, longer_side))
            output = io.BytesIO()
            picture.convert("RGB").save(output, "JPEG", quality=80)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError):
        return None
    return output.getvalue()


class Pictures:
    """Implements bot.ports.SentFiles over the store."""

    def __init__(self, store: MediaStore) -> None:
        self._store = store

    async def open(self, key: str) -> bytes:
        return await self._store.open(key)

    async def picture(self, key: str, at_most: int) -> tuple[bytes, str]:
        content = await self._store.open(key)
        kind = filetype.guess_mime(content)
        if len(content) <= at_most and kind in ("image/jpeg", "image/png"):
            return content, "jpg" if kind == "image/jpeg" else "png"
        for longer_side in limits.SENT_PICTURE_PIXELS:
            small = await thumbnail(content, longer_side)
            if small is None:
                break
            if len(small) <= at_most:
                return small, "jpg"
        raise LookupError(key)


def _bare(picture: Image.Image, form: str) -> Image.Image:
    """Only the pixels: a new picture has nothing of the old one's descriptions."""
    turned = ImageOps.exif_transpose(picture)
    mode = "RGB" if form == "JPEG" and turned.mode not in ("RGB", "L") else turned.mode
    turned = turned.convert("RGBA" if mode in ("P", "PA") else mode)
    bare = Image.new(turned.mode, turned.size)
    bare.paste(turned)
    return bare


def sources(hosts: Mapping[str, Sequence[str]], api_urls: Mapping[str, str]) -> dict[str, Source]:
    """Where each platform's media lie; a platform whose own address is on this machine is a pretend one."""
    return {
        platform: Source(
            tuple(own), (urlsplit(api_urls.get(platform, "")).hostname or "") in ("127.0.0.1", "localhost")
        )
        for platform, own in hosts.items()
    }
