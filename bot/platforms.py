"""Binds the platforms' pure functions to the core: what the web asks of Zalo and Facebook, where their media lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue import payloads
from bot.domain.channels import Credentials, Inbound
from connectors.facebook import deletion
from connectors.facebook import events as facebook_events
from connectors.facebook import limits as facebook_limits
from connectors.facebook import signature as facebook_signature
from connectors.zalo import events as zalo_events
from connectors.zalo import limits as zalo_limits
from connectors.zalo import signature as zalo_signature

MEDIA_HOSTS: dict[str, tuple[str, ...]] = {
    "zalo": zalo_limits.MEDIA_HOSTS,
    "facebook": facebook_limits.MEDIA_HOSTS,
}


class ZaloGateway:
    platform = "zalo"

    def accounts(self, body: object) -> set[str]:
        found: set[str] = set()
        for item in body if isinstance(body, list) else [body]:
            if isinstance(item, dict):
                ends = [_member(item.get(end), "id") for end in ("sender", "recipient")]
                # A body that names the OA outright has a citizen or nobody at the ends.
                named = [_text(item.get("oa_id")), _text(item.get("oaId"))]
                found |= {one for one in (named if any(named) else ends) if one}
        return found

    def verify(self, raw: bytes, body: object, headers: Mapping[str, str], known: Credentials) -> str | None:
        app_id = known.secrets.get("app_id", "")
        if isinstance(body, dict) and _text(body.get("app_id")) not in ("", app_id):
            return None
        return zalo_signature.verify(
            headers.get(zalo_signature.HEADER),
            raw,
            app_id=app_id,
            oa_id=known.account,
            secret=known.secrets.get("oa_secret", ""),
        )

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        return bool(headers.get(zalo_signature.HEADER, "").strip())

    def challenge(self, query: Mapping[str, str], known: Credentials) -> str | None:
        return None

    def parse(self, body: object, known: Credentials) -> list[tuple[str, Inbound]]:
        return zalo_events.parse(body, known.account, lambda text: payloads.parse(text) is not None)


class FacebookGateway:
    platform = "facebook"

    def accounts(self, body: object) -> set[str]:
        entries = body.get("entry") if isinstance(body, dict) else None
        return {_member(one, "id") for one in entries if _member(one, "id")} if isinstance(entries, list) else set()

    def verify(self, raw: bytes, body: object, headers: Mapping[str, str], known: Credentials) -> str | None:
        return facebook_signature.verify(
            headers.get(facebook_signature.HEADER), raw, known.secrets.get("app_secret", "")
        )

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        return facebook_signature.HEADER in headers

    def challenge(self, query: Mapping[str, str], known: Credentials) -> str | None:
        return facebook_signature.challenge(query, known.secrets.get("verify_token", ""))

    def parse(self, body: object, known: Credentials) -> list[tuple[str, Inbound]]:
        return facebook_events.parse(body, known.account, known.secrets.get("app_id", ""))


def deletion_asked(signed_request: str, app_secret: str) -> tuple[Inbound, str] | None:
    request = deletion.read(signed_request, app_secret)
    return (request.inbound(), request.code) if request else None


def _member(value: Any, name: str) -> str:
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _text(value: object) -> str:
    """An id, which may come as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return value if isinstance(value, str) else str(value)[:40]
