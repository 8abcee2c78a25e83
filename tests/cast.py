"""The fixed cast of test people. Everybody of Xã Tân An has the role of their name; each knows the password PASSWORD.

Lan, the operator: sees new tickets and conversations, nothing restricted. Hùng, the handler: works off what is his.
Mai, the leader: sees everything of the commune; signs in with a code. Tâm, the appointed officer: restricted tickets
and sealed texts. Ngọc, the editor: records, no ticket. Quân, the administrator: accounts and channels, no citizen's
words; signs in with a code. Bình is operator and leader of another unit and must see nothing of Tân An. Cúc was the
operator and is deactivated. Sơn has no role anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pyotp
from argon2 import PasswordHasher

from bot.domain.staff import Role
from bot.storage.credentials import Seal
from bot.storage.staff import Actor, SqlStaff

UNIT, OTHER_UNIT = "xa-tan-an", "dong-nai"
PASSWORD = "bốn con trâu gặm cỏ"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TERMINAL = Actor(None, None)
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Cheap to check: tests sign in often."""


@dataclass(frozen=True)
class Person:
    login: str
    name: str
    title: str
    roles: Mapping[str, frozenset[Role]]
    second_factor: bool = False
    active: bool = True


def _in(unit: str, *roles: Role) -> Mapping[str, frozenset[Role]]:
    return {unit: frozenset(roles)}


LAN = Person("lan", "Nguyễn Thị Lan", "Công chức Văn phòng – Thống kê", _in(UNIT, Role.OPERATOR))
HUNG = Person("hung", "Trần Văn Hùng", "Công chức Địa chính – Xây dựng", _in(UNIT, Role.HANDLER))
MAI = Person("mai", "Lê Thị Mai", "Chủ tịch UBND xã", _in(UNIT, Role.LEADER), second_factor=True)
TAM = Person("tam", "Phạm Minh Tâm", "Ủy viên Ủy ban Kiểm tra", _in(UNIT, Role.APPOINTED_OFFICER))
NGOC = Person("ngoc", "Đỗ Bảo Ngọc", "Công chức Tư pháp – Hộ tịch", _in(UNIT, Role.EDITOR))
QUAN = Person(
    "quan", "Vũ Hồng Quân", "Công chức phụ trách công nghệ", _in(UNIT, Role.ADMINISTRATOR), second_factor=True
)
BINH = Person("binh", "Hồ Thanh Bình", "Chuyên viên", _in(OTHER_UNIT, Role.OPERATOR, Role.LEADER), second_factor=True)
CUC = Person("cuc", "Ngô Thị Cúc", "Đã chuyển công tác", _in(UNIT, Role.OPERATOR), active=False)
SON = Person("son", "Đặng Văn Sơn", "", {})
CAST = (LAN, HUNG, MAI, TAM, NGOC, QUAN, BINH, CUC, SON)
BY_ROLE = {
    Role.OPERATOR: LAN,
    Role.HANDLER: HUNG,
    Role.LEADER: MAI,
    Role.APPOINTED_OFFICER: TAM,
    Role.EDITOR: NGOC,
    Role.ADMINISTRATOR: QUAN,
}


@cache
def password_hash() -> str:
    return QUICK.hash(PASSWORD)


async def hire(staff: SqlStaff, seal: Seal, *people: Person) -> dict[str, int]:
    """Creates their accounts; ids by login."""
    ids = {}
    for one in people or CAST:
        ids[one.login] = await staff.create(
            TERMINAL, one.login, one.name, one.title, password_hash(), one.roles, must_change_password=False
        )
        if one.second_factor:
            await staff.set_second_factor(TERMINAL, ids[one.login], seal.close(TOTP_SECRET))
        if not one.active:
            await staff.set_active(TERMINAL, ids[one.login], False)
    return ids


def code_at(moment: float) -> str:
    """The one-time code of those who have a second factor."""
    return pyotp.TOTP(TOTP_SECRET).at(int(moment))
