"""Meta's data deletion callback: somebody took their data out of our app. Source: docs/apps/delete-data."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from bot.domain.channels import Inbound, Kind
from connectors.facebook.values import ident, moment

ALGORITHM = "HMAC-SHA256"
CODE_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class DeletionRequest:
    """`user_id` is the person's id in the app, in general not the id the page knows the person by. `code`: the
    confirmation code, the same for every repetition of the request and not to be guessed."""

    user_id: str
    issued_at: datetime | None
    code: str

    def inbound(self) -> Inbound:
        """As an event. Who is not found by `citizen_id` must be looked for by hand: Messenger alone cannot map ids."""
        details = {"code": self.code, "id_of": "app"}
        return Inbound(f"deletion:{self.code}", self.user_id, Kind.WITHDRAW, sent_at=self.issued_at, details=details)


def read(signed_request: str, secret: str) -> DeletionRequest | None:
    """The form field `signed_request`; None: refuse. An old `expires` is no reason to refuse: deleting late is better
    than not deleting."""
    signature, _, encoded = signed_request.partition(".")
    given, raw = _decoded(signature), _decoded(encoded)
    if not secret or given is None or raw is None:
        return None
    expected = hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(given, expected):
        return None
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict) or payload.get("algorithm") != ALGORITHM:
        return None
    user_id = ident(payload.get("user_id"))
    if not user_id:
        return None
    code = hmac.new(secret.encode(), f"deletion:{encoded}".encode(), hashlib.sha256).digest()
    text = base64.b32encode(code).decode()[:CODE_CHARACTERS]
    return DeletionRequest(user_id, moment(payload.get("issued_at")), text)


def answer(request: DeletionRequest, status_url: str) -> dict[str, str]:
    """The JSON Meta wants. `status_url`: our public page that tells the state in plain words."""
    return {"url": status_url, "confirmation_code": request.code}


def _decoded(text: str) -> bytes | None:
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
