"""Codes of tickets: `PA-YYMMDD-NNNNC`, kind-neutral and readable aloud."""

from __future__ import annotations

from datetime import date

CHECK_LETTERS = "ABCDEGHKLMNPQRSTVXY"
"""The letters of Vietnamese without diacritics, less I, O, U, which look like 1, 0, V. They are 19, a prime above
10: the ten digits modulo 19 change with every single wrong digit and with every two digits exchanged."""
NUMBERS_A_DAY = 9_999


def ticket_code(day: date, number: int) -> str:
    """The code of the day's ticket of this number, 1 to 9999."""
    digits = f"{day:%y%m%d}{number:04d}"
    return f"PA-{digits[:6]}-{digits[6:]}{CHECK_LETTERS[int(digits) % len(CHECK_LETTERS)]}"
