"""What Zalo answers, typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.zalo.values import JsonObject, an_object, ident, message_id, moment, number, words

FREE = "reply"
"""The kind of quota within 48 hours of the citizen's last interaction."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message Zalo took. `paid`: it was counted against a package or money. `quota_left`: of what it was counted
    against."""

    message_id: str
    paid: bool = False
    quota_left: int | None = None

    @classmethod
    def of(cls, data: JsonObject) -> Accepted:
        quota = an_object(data.get("quota"))
        left = number(quota.get("remain", quota.get("remainingQuota")))
        kind = quota.get("quota_type", FREE)
        return cls(message_id(data.get("message_id") or data.get("msg_id")), kind != FREE, left)


@dataclass(frozen=True, slots=True)
class OaInfo:
    """For the check at the start: what kind of OA this is decides what it may send. `zbs_linked`: templates and
    messages after 48 hours can be paid for."""

    oa_id: str
    name: str
    is_verified: bool
    oa_type: int | None
    package: str
    zbs_linked: bool

    @classmethod
    def of(cls, data: JsonObject) -> OaInfo:
        return cls(
            ident(data.get("oa_id")) or ident(data.get("oaid")),
            words(data.get("name"), 200),
            data.get("is_verified") in (True, "true", 1),
            number(data.get("oa_type")),
            words(data.get("package_name"), 200),
            bool(data.get("linked_ZCA")),
        )


@dataclass(frozen=True, slots=True)
class UserDetail:
    """`shared`: name, phone, address, city, district, as far as the citizen ever shared them with the OA."""

    user_id: str
    name: str
    is_follower: bool
    shared: dict[str, str]

    @classmethod
    def of(cls, data: JsonObject) -> UserDetail:
        fields = ("name", "phone", "address", "city", "district")
        given = {one: words(an_object(data.get("shared_info")).get(one), 300).strip() for one in fields}
        return cls(
            ident(data.get("user_id")),
            words(data.get("display_name"), 200),
            data.get("user_is_follower") in (True, "true", 1),
            {name: value for name, value in given.items() if value},
        )


@dataclass(frozen=True, slots=True)
class Quota:
    """`last_interaction` as Zalo counts it, taps on menu and icons included; None: never."""

    last_interaction: datetime | None
    free_left: int | None

    @classmethod
    def of(cls, data: JsonObject) -> Quota:
        return cls(moment(data.get("last_interaction")), number(an_object(data.get("cs_reply")).get("remain")))
