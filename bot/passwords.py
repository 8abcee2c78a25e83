"""Passwords of staff: how they are kept, and which ones are too easy."""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot import limits

_LETTERS = "abcdefghkmnpqrstuvwxyz"
_DIGITS = "23456789"
_COMMON = frozenset(
    """
    password passw0rd passwd matkhau matkhaumoi mkmoi admin administrator quantri quantrivien user test guest
    root qwerty qwertyuiop asdfghjkl zxcvbnm abc abcd abcde abcdef abcxyz iloveyou welcome letmein anhyeuem
    emyeuanh yeuem yeuanh vietnam viet saigon hanoi hochiminh dongnai xaphuong ubnd ubndxa uyban uybannhandan
    chinhquyen thanthien canbo congchuc monkey dragon football superman sunshine princess hello secret changeme
    default login master
    """.split()
)
_SEQUENCES = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
)


class Weakness(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    LIKE_LOGIN = "like_login"
    REPEATED = "repeated"


def weakness(password: str, login: str, name: str = "") -> Weakness | None:
    """Length counts most; beside it only what anybody would try first is refused."""
    if len(password) < limits.PASSWORD_CHARACTERS_MIN:
        return Weakness.SHORT
    if len(password) > limits.PASSWORD_CHARACTERS:
        return Weakness.LONG
    folded = _folded(password)
    if len(set(folded)) < 4 or any(folded in sequence for sequence in _SEQUENCES):
        return Weakness.REPEATED
    core = re.sub(r"[\W\d_]+", "", folded)
    own = {_folded(login), _folded(name)} - {""}
    if any(one in folded or core == one for one in own):
        return Weakness.LIKE_LOGIN
    if core in _COMMON or not core:
        return Weakness.COMMON
    return None


def temporary_password() -> str:
    """Easy to read aloud and to type, about 57 bits: four letters, four digits, four letters."""
    return "-".join("".join(secrets.choice(kind) for _ in range(4)) for kind in (_LETTERS, _DIGITS, _LETTERS))


class Passwords:
    """Argon2id with the library's parameters, in a thread: a hash takes about a tenth of a second."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._unknown = self._hasher.hash(secrets.token_urlsafe(16))
        self._at_once = asyncio.Semaphore(limits.SIGN_IN_HASHES)

    async def hash(self, password: str) -> str:
        async with self._at_once:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def fits(self, password: str, known: str | None) -> bool:
        """Whether the password is the one of the hash; None takes as long and is never right."""
        async with self._at_once:
            fits = await asyncio.to_thread(self._verify, known or self._unknown, _normal(password))
        return fits and known is not None

    def _verify(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """The same letters whichever keyboard typed them, and no more than anybody needs."""
    return unicodedata.normalize("NFC", password)[: 2 * limits.PASSWORD_CHARACTERS]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return re.sub(r"\s+", "", "".join(letter for letter in plain if not unicodedata.combining(letter)))
