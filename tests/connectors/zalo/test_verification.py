"""The proof of the domain."""

from __future__ import annotations

import pytest

from connectors.zalo import verification

CODE = "Tj-U1h_p4KCPskOhZe"


def test_the_element_and_the_page_hold_the_code() -> None:
    element = f'<meta name="zalo-platform-site-verification" content="{CODE}" />'
    assert verification.meta(CODE) == element
    assert element in verification.page(CODE)


def test_the_page_lies_where_zalo_looks() -> None:
    path = verification.path(CODE)
    assert path == f"/zalo_verifier{CODE}.html"
    assert verification.page_at(path, [CODE]) == verification.page(CODE)


@pytest.mark.parametrize("path", ["/", "/zalo_verifier.html", "/zalo_verifierXYZ.html", f"/x/zalo_verifier{CODE}.html"])
def test_nothing_else_is_a_proof(path: str) -> None:
    assert verification.page_at(path, [CODE]) is None


@pytest.mark.parametrize("code", ["", '"><script>', "a b", "mã"])
def test_what_is_no_code_never_enters_a_page(code: str) -> None:
    with pytest.raises(ValueError, match="code"):
        verification.meta(code)
