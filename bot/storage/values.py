"""What a database takes, from whatever a platform sent. PostgreSQL knows no NUL and no halves of surrogate pairs."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

ID_CHARACTERS = 200
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DEPTH = 16
_BIGGEST = 2**63


def storable_text(text: str, longest: int) -> str:
    return _UNSTORABLE.sub("", text[: 2 * longest])[:longest]


def storable_id(text: str) -> str:
    """The id; one that is too long or has unstorable letters becomes its hash, the same wherever it is named."""
    if len(text) <= ID_CHARACTERS and not _UNSTORABLE.search(text):
        return text
    return "sha256:" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def storable_json(value: Any, depth: int = _DEPTH) -> Any:
    """JSON of bounded depth, without the numbers JSON does not know."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _BIGGEST else str(value)[:100]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not depth:
        return None
    if isinstance(value, list | tuple):
        return [storable_json(one, depth - 1) for one in value]
    if hasattr(value, "items"):
        return {_UNSTORABLE.sub("", str(key)): storable_json(one, depth - 1) for key, one in value.items()}
    return _UNSTORABLE.sub("", str(value))
