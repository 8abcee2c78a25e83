from __future__ import annotations

import pytest

from bot.domain.staff import name_order
from bot.passwords import Passwords, Weakness, temporary_password, weakness


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("ngắn quá", Weakness.SHORT),
        ("x" * 129, Weakness.LONG),
        ("matkhau123", Weakness.COMMON),
        ("Mật Khẩu 2026", Weakness.COMMON),
        ("password!!1", Weakness.COMMON),
        ("1234567890", Weakness.REPEATED),
        ("qwertyuiop", Weakness.REPEATED),
        ("aaaaaaaaaaaa", Weakness.REPEATED),
        ("2026-11-23!", Weakness.COMMON),
        ("lan.nguyen2026", Weakness.LIKE_LOGIN),
        ("Nguyễn Thị Lan 1", Weakness.LIKE_LOGIN),
        ("nguyenthilan1", Weakness.LIKE_LOGIN),
        ("bốn con trâu gặm cỏ", None),
        ("k7#mQ2vx!pL", None),
    ],
)
def test_only_passwords_hard_to_guess_are_taken(password: str, expected: Weakness | None) -> None:
    assert weakness(password, "lan.nguyen", "Nguyễn Thị Lan") is expected


def test_a_temporary_password_is_never_the_same_and_never_weak() -> None:
    made = {temporary_password() for _ in range(200)}
    assert len(made) == 200
    assert {weakness(one, "lan.nguyen", "Nguyễn Thị Lan") for one in made} == {None}


async def test_the_same_words_fit_whichever_way_the_keyboard_composed_them() -> None:
    passwords = Passwords()
    hashed = await passwords.hash("bốn con trâu gặm cỏ")
    assert hashed.startswith("$argon2id$")
    assert await passwords.fits("bốn con trâu gặm cỏ".encode().decode(), hashed)
    assert await passwords.fits("bo\u0302\u0301n con trâu ga\u0323\u0306m co\u0309", hashed)
    assert not await passwords.fits("Bốn con trâu gặm cỏ", hashed)
    assert not await passwords.fits("bốn con trâu gặm cỏ", None)


def test_people_are_listed_by_their_given_names() -> None:
    names = ["Trần Văn Hùng", "Nguyễn Thị An", "Lê Đức", "Phạm Dung", "Bùi Văn An"]
    assert sorted(names, key=name_order) == ["Bùi Văn An", "Nguyễn Thị An", "Phạm Dung", "Lê Đức", "Trần Văn Hùng"]
