"""Staff of a unit: who they are, their roles, and what each role may do."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """A set of rights within one unit, not a job title."""

    OPERATOR = "operator"
    """Cán bộ trực trang: new tickets and conversations of the unit; nothing restricted."""
    HANDLER = "handler"
    """Cán bộ xử lý: the tickets assigned to them or to nobody."""
    LEADER = "leader"
    """Chủ tịch, Phó Chủ tịch: every ticket of the unit, restricted ones too, and the reports."""
    APPOINTED_OFFICER = "appointed_officer"
    """Người được giao giữ bí mật: restricted tickets and sealed texts."""
    EDITOR = "editor"
    """Biên tập viên: procedures, directory, texts; no ticket."""
    ADMINISTRATOR = "administrator"
    """Quản trị kỹ thuật: accounts, channels, settings; no citizen's words."""


class Permission(StrEnum):
    """What a route of the console asks for. `ANY`: whoever is signed in."""

    ANY = "any"
    TICKETS_READ = "tickets:read"
    TICKETS_WORK = "tickets:work"
    """Answer, assign to oneself, note, close."""
    TICKETS_ASSIGN = "tickets:assign"
    """Assign to others, transfer, re-classify, many at once."""
    TICKETS_RESTRICTED = "tickets:restricted"
    SEALED_READ = "sealed:read"
    CONVERSATIONS = "conversations"
    """Take a conversation over and write in it."""
    REPORTS = "reports"
    OUTBOX = "outbox"
    """See what could not be delivered, send it again."""
    RECORDS_EDIT = "records:edit"
    RECORDS_PUBLISH = "records:publish"
    SETTINGS = "settings"
    """How the unit works: whether a second person must publish, when records are due to be checked."""
    LEARNING = "learning"
    WHY = "why"
    """See what an answer rested on; a citizen's words masked unless one may read conversations."""
    COVERAGE = "coverage"
    """See how procedures are asked for, with masked questions."""
    MODELS = "models"
    CHANNELS = "channels"
    ACCOUNTS = "accounts"
    AUDIT = "audit"


_EVERYDAY = frozenset({Permission.TICKETS_READ, Permission.TICKETS_WORK, Permission.OUTBOX})
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OPERATOR: _EVERYDAY | {Permission.TICKETS_ASSIGN, Permission.CONVERSATIONS, Permission.WHY},
    Role.HANDLER: _EVERYDAY | {Permission.CONVERSATIONS, Permission.WHY},
    Role.LEADER: _EVERYDAY
    | {
        Permission.TICKETS_ASSIGN,
        Permission.TICKETS_RESTRICTED,
        Permission.CONVERSATIONS,
        Permission.REPORTS,
        Permission.COVERAGE,
        Permission.WHY,
        Permission.AUDIT,
        Permission.RECORDS_PUBLISH,
        Permission.SETTINGS,
    },
    Role.APPOINTED_OFFICER: frozenset(
        {Permission.TICKETS_READ, Permission.TICKETS_WORK, Permission.TICKETS_RESTRICTED, Permission.SEALED_READ}
    ),
    Role.EDITOR: frozenset(
        {
            Permission.RECORDS_EDIT,
            Permission.RECORDS_PUBLISH,
            Permission.LEARNING,
            Permission.MODELS,
            Permission.COVERAGE,
            Permission.WHY,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ACCOUNTS,
            Permission.CHANNELS,
            Permission.AUDIT,
            Permission.MODELS,
            Permission.OUTBOX,
            Permission.SETTINGS,
        }
    ),
}
SECOND_FACTOR_ROLES = frozenset({Role.LEADER, Role.ADMINISTRATOR})


def name_order(name: str) -> tuple[str, str]:
    """Vietnamese lists of people go by the given name, which is the last word."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d~"))
    folded = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return folded.rpartition(" ")[2], folded


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody signed in. `roles`: by unit."""

    id: int
    login: str
    name: str
    title: str = ""
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    def may(self, permission: Permission, unit_id: str) -> bool:
        if permission is Permission.ANY:
            return True
        return any(permission in PERMISSIONS[role] for role in self.roles.get(unit_id, ()))

    def units(self, permission: Permission = Permission.ANY) -> list[str]:
        """The units in which the person may do this."""
        return [unit for unit in self.roles if self.may(permission, unit)]

    @property
    def needs_second_factor(self) -> bool:
        return any(SECOND_FACTOR_ROLES & roles for roles in self.roles.values())
