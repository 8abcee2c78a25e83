"""Reading what Zalo sends without trusting its types: every function takes anything and never raises."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from bot import limits as core
from connectors.zalo import limits

JsonObject = dict[str, Any]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")
_SECONDS_BELOW = 10**12
_EARLIEST = datetime(2012, 8, 8, tzinfo=UTC).timestamp()
"""Zalo's first day: earlier times, as later than 2100, are slips (old samples show shortened ones)."""
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_BIGGEST = 2**63


def an_object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def a_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def words(value: object, longest: int = core.INBOUND_CHARACTERS) -> str:
    """Composed letters (NFC), without what no database takes, cut; empty when it is no text."""
    if not isinstance(value, str):
        return ""
    return unicodedata.normalize("NFC", _UNSTORABLE.sub("", value[: 4 * longest]))[:longest]


def ident(value: object) -> str:
    """An id: decimal text, seldom a number; empty when it is neither or absurdly long."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _BIGGEST else ""
    text = _UNSTORABLE.sub("", value).strip() if isinstance(value, str) else ""
    return text if len(text) <= limits.ID_CHARACTERS else ""


def message_id(value: object) -> str:
    """The id of a message; one too long for our tables becomes its hash, the same wherever it is named."""
    return bounded(_UNSTORABLE.sub("", value).strip() if isinstance(value, str) else ident(value))


def bounded(text: str) -> str:
    return text if len(text) <= limits.EXTERNAL_ID_CHARACTERS else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def number(value: object) -> int | None:
    """A whole number, also when it comes as text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _BIGGEST else None


def moment(value: object) -> datetime | None:
    """Milliseconds (or seconds) since 1970, as text or number; None for none and for absurd ones."""
    count = number(value)
    if count is None and isinstance(value, float) and math.isfinite(value):
        count = int(value)
    if count is None:
        return None
    seconds = count if abs(count) < _SECONDS_BELOW else count / 1000
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST <= seconds < _LATEST else None


def stamp(value: object) -> str | None:
    """A time as ISO 8601, for details."""
    at = moment(value)
    return at.isoformat() if at else None


def address(value: object) -> str | None:
    text = _UNSTORABLE.sub("", value) if isinstance(value, str) else ""
    known = text.startswith(("https://", "http://")) and len(text) <= limits.URL_CHARACTERS
    return text if known else None


def degrees(value: object, most: float) -> float | None:
    """Of latitude or longitude, as text or number."""
    if isinstance(value, str) and _DEGREES.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -most <= value <= most else None


def embedded(value: object) -> JsonObject:
    """An object written as JSON inside a text."""
    if not isinstance(value, str) or len(value) > core.INBOUND_CHARACTERS:
        return {}
    try:
        return an_object(json.loads(value))
    except (ValueError, RecursionError):
        return {}


def kept(value: object, depth: int = limits.DETAIL_DEPTH) -> Any:
    """JSON that every database takes: bounded depth, texts and numbers."""
    if isinstance(value, dict):
        return {words(key): kept(one, depth - 1) for key, one in value.items()} if depth else None
    if isinstance(value, list):
        return [kept(one, depth - 1) for one in value] if depth else None
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)[: limits.DETAIL_CHARACTERS]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _BIGGEST else None
    return value if isinstance(value, float) and math.isfinite(value) else None


def digest(value: object) -> str:
    """The same for the same JSON, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(kept(value), sort_keys=True).encode()).hexdigest()
