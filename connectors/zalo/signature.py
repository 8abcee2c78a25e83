"""Is a call of the webhook from Zalo? SHA-256 (no HMAC) over app id, raw body, timestamp and the OA Secret Key.

Source: §3.3. Documented but never confirmed against a live OA are the prefix and the first term, so both readings are
tried; the caller logs which one matched. The App Secret is never tried: where it equals the OA Secret it is configured
as both.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from enum import StrEnum

HEADER = "X-ZEvent-Signature"
_SIGNED = re.compile(r"(mac\s*=)?\s*([0-9a-f]{64})", re.IGNORECASE)


class Variant(StrEnum):
    """What stands first in the sum, and how the header holds the sum."""

    APP_ID = "app_id"
    """The documented way: the app's id first, `mac=` before the sum."""
    APP_ID_BARE = "app_id_bare"
    OA_ID = "oa_id"
    OA_ID_BARE = "oa_id_bare"


def verify(header: str | None, body: bytes, *, app_id: str, oa_id: str, secret: str) -> Variant | None:
    """Which variant matches; None: refuse. `body`: the bytes of the request, before any decoding. A request without
    the header is the console's test of the address: answer it with 200 and keep nothing."""
    signed = _SIGNED.fullmatch((header or "").strip())
    if signed is None or not secret:
        return None
    given, stamp = signed[2].lower(), timestamp(body)
    by_app = bool(app_id) & hmac.compare_digest(given, _sum(app_id, body, stamp, secret))
    by_oa = bool(oa_id) & hmac.compare_digest(given, _sum(oa_id, body, stamp, secret))
    if by_app:
        return Variant.APP_ID if signed[1] else Variant.APP_ID_BARE
    if by_oa:
        return Variant.OA_ID if signed[1] else Variant.OA_ID_BARE
    return None


def timestamp(body: bytes) -> str:
    """The digits of the body's `timestamp` as they stand there, whether text or number; empty when there are none."""
    try:
        event = json.loads(body, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ""
    stamp = event.get("timestamp") if isinstance(event, dict) else None
    return stamp if isinstance(stamp, str) else ""


def _sum(first: str, body: bytes, stamp: str, secret: str) -> str:
    terms = (_bytes(first), body, _bytes(stamp), _bytes(secret))
    return hashlib.sha256(b"".join(terms)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
