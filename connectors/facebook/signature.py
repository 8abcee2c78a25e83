"""Is a call of the webhook from Meta? X-Hub-Signature-256 over the bytes as they came, and the first GET.

Source: MP/webhooks. The older SHA-1 header is neither required nor trusted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import StrEnum

HEADER = "X-Hub-Signature-256"
_SIGNED = re.compile(r"sha256=([0-9a-f]{64})")
_ESCAPE_OR_SLASH = re.compile(r"\\.|/", re.DOTALL)


class Variant(StrEnum):
    RAW = "raw"
    """Meta signed the bytes as they came: the documented way."""
    ESCAPED = "escaped"
    """Only the body written again as Meta writes it matches: something between Meta and us rewrites bodies. Believed,
    but worth a loud log line, for the next body may not survive it."""


def verify(header: str | None, body: bytes, secret: str) -> Variant | None:
    """Which variant matches; None: refuse (403). `body`: the bytes of the request, before any decoding."""
    signed = _SIGNED.fullmatch(header or "")
    if signed is None or not secret:
        return None
    if _matches(signed[1], body, secret):
        return Variant.RAW
    escaped = _as_meta_writes(body)
    if escaped is not None and _matches(signed[1], escaped, secret):
        return Variant.ESCAPED
    return None


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """The text to answer Meta's GET with, unchanged, as text/plain; None: refuse (403)."""
    given = query.get("hub.verify_token", "")
    right = hmac.compare_digest(_bytes(given), _bytes(verify_token)) and bool(verify_token)
    return query.get("hub.challenge") if right and query.get("hub.mode") == "subscribe" else None


def _matches(given: str, message: bytes, secret: str) -> bool:
    return hmac.compare_digest(given, hmac.new(_bytes(secret), message, hashlib.sha256).hexdigest())


def _as_meta_writes(body: bytes) -> bytes | None:
    """Letters beyond ASCII as \\uXXXX in small hex, "/" as "\\/"; None when the body has no such letters."""
    if body.isascii():
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    slashed = _ESCAPE_OR_SLASH.sub(lambda found: "\\/" if found[0] == "/" else found[0], text)
    return "".join(one if one.isascii() else _escaped(one) for one in slashed).encode("ascii")


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
