"""The proof that a domain is ours: a meta element in the page at `/`, or a page of its own (§3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME = "zalo-platform-site-verification"
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_PATH = re.compile(r"/zalo_verifier([A-Za-z0-9_-]{1,200})\.html")


def path(code: str) -> str:
    """Where Zalo looks for the page. Raises ValueError for what is no code."""
    return f"/zalo_verifier{_checked(code)}.html"


def meta(code: str) -> str:
    """The element for the head of the page at `/`."""
    return f'<meta name="{NAME}" content="{_checked(code)}" />'


def page(code: str) -> str:
    """The whole page, text/html."""
    return f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8" />{meta(code)}</head><body></body></html>\n'


def page_at(asked: str, codes: Iterable[str]) -> str | None:
    """The page for a path, when its code is one of ours."""
    found = _PATH.fullmatch(asked)
    return page(found[1]) if found and found[1] in set(codes) else None


def _checked(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise ValueError("a verification code has letters, digits, - and _ only")
    return code
