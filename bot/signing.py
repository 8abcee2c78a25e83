"""Signature version 4 of S3 for requests with a path-style address; the payload's hash is signed as well.

Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, whose examples the tests hold.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "s3"


@dataclass(frozen=True, slots=True)
class BucketKey:
    region: str
    key_id: str
    secret: str = field(repr=False)


def signed(
    method: str, url: str, key: BucketKey, now: datetime, content: bytes = b"", more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The headers that make the request ours. `url`: as it is sent, encoded; `more`: headers to sign besides."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": hashlib.sha256(content).hexdigest(),
        "x-amz-date": stamp,
        **{name.lower(): value.strip() for name, value in (more or {}).items()},
    }
    names = sorted(headers)
    query = "&".join(sorted(one if "=" in one else f"{one}=" for one in parts.query.split("&") if one))
    canonical = "\n".join([
        method,
        parts.path or "/",
        query,
        *(f"{name}:{headers[name]}" for name in names),
        "",
        ";".join(names),
        headers["x-amz-content-sha256"],
    ])  # fmt: skip
    scope = f"{stamp[:8]}/{key.region}/{SERVICE}/aws4_request"
    to_sign = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = f"AWS4{key.secret}".encode()
    for part in scope.split("/"):
        secret = _mac(secret, part)
    signature = _mac(secret, to_sign).hex()
    credential = f"Credential={key.key_id}/{scope}"
    authorization = f"{ALGORITHM} {credential},SignedHeaders={';'.join(names)},Signature={signature}"
    return {**{name: value for name, value in headers.items() if name != "host"}, "authorization": authorization}


def encoded(text: str) -> str:
    """As S3 wants paths and query values: everything but letters, digits and -_.~ in percent signs."""
    return quote(text, safe="-_.~")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
