from __future__ import annotations

import pytest

from bot.domain.staff import Role
from bot.storage.audit import AuditTrail
from bot.web.console.services import Console
from tests import cast
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Visitor

NEW = {"login": "danh.trinh", "name": "Trịnh Công Danh", "title": "Công chức", "role": ["handler"]}


async def test_a_new_account_shows_its_password_once_and_works(
    sign_in: SignIn, stranger: Visitor, console: Console
) -> None:
    quan = await sign_in(cast.QUAN)
    page = await quan.post("/console/accounts/new", NEW)
    assert page.status == 200
    password = page.root.xpath("//code")[0].text_content()  # type: ignore[union-attr]
    made = await console.staff.by_login("danh.trinh")
    assert made is not None
    assert password not in (await quan.get(f"/console/accounts/{made.id}")).text
    assert "Trịnh Công Danh" in (await quan.get("/console/accounts")).words
    await stranger.get("/console/sign-in")
    await stranger.post("/console/sign-in", {"login": "danh.trinh", "password": password})
    assert (await stranger.get("/console/")).location == "/console/password"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"login": "Lê Văn"}, "chữ thường không dấu"),
        ({"login": "lan"}, "đã có người dùng"),
        ({"name": " "}, "Nhập họ và tên"),
        ({"name": "a" * 121}, "Dài quá 120"),
        ({"role": []}, "ít nhất một vai trò"),
        ({"role": ["king"]}, "ít nhất một vai trò"),
    ],
)
async def test_a_faulty_form_comes_back_with_the_fault_named_and_everything_typed(
    sign_in: SignIn, wrong: dict[str, object], said: str
) -> None:
    quan = await sign_in(cast.QUAN)
    page = await quan.post("/console/accounts/new", {**NEW, **wrong})
    assert page.status == 422
    assert said in page.words
    assert page.root.xpath("//input[@name='title']/@value") == ["Công chức"]  # type: ignore[union-attr]


async def test_script_in_a_name_stays_words(sign_in: SignIn, console: Console) -> None:
    quan = await sign_in(cast.QUAN)
    await quan.post("/console/accounts/new", {**NEW, "name": "<script>alert(1)</script>"})
    page = await quan.get("/console/accounts")
    assert "<script>alert(1)</script>" in page.words
    assert "<script>alert" not in page.text


async def test_roles_change_at_once_and_the_person_signs_in_again(
    sign_in: SignIn, console: Console, people: dict[str, int]
) -> None:
    lan, quan = await sign_in(cast.LAN), await sign_in(cast.QUAN)
    await quan.post(f"/console/accounts/{people['lan']}/roles", {"role": ["editor", "operator"]})
    assert (await lan.get("/console/")).status == 303
    account = await console.staff.by_id(people["lan"])
    assert account is not None
    assert account.roles == {cast.UNIT: {Role.EDITOR, Role.OPERATOR}}
    page = await quan.get("/console/audit?action=staff.roles_changed")
    assert "Cán bộ trực trang, Biên tập viên" in page.words or "Biên tập viên, Cán bộ trực trang" in page.words


async def test_the_last_administrator_cannot_be_removed(sign_in: SignIn, people: dict[str, int]) -> None:
    quan = await sign_in(cast.QUAN)
    for path, fields in (("roles", {"role": ["editor"]}), ("deactivate", {})):
        page = await quan.post(f"/console/accounts/{people['quan']}/{path}", fields)
        assert page.status == 422
        assert "quản trị cuối cùng" in page.words
    assert (await quan.get("/console/accounts")).status == 200


async def test_a_person_of_another_unit_is_as_good_as_unknown(sign_in: SignIn, people: dict[str, int]) -> None:
    quan = await sign_in(cast.QUAN)
    assert cast.BINH.name not in (await quan.get("/console/accounts")).words
    base = f"/console/accounts/{people['binh']}"
    assert (await quan.get(base)).status == 404
    for path in ("roles", "name", "deactivate", "activate", "unlock", "second-factor", "password"):
        assert (await quan.post(f"{base}/{path}")).status == 404


async def test_somebody_with_a_role_elsewhere_too_is_managed_there(
    sign_in: SignIn, console: Console, people: dict[str, int]
) -> None:
    await console.staff.set_roles(cast.TERMINAL, people["binh"], cast.UNIT, frozenset({Role.HANDLER}))
    quan = await sign_in(cast.QUAN)
    base = f"/console/accounts/{people['binh']}"
    assert "quản trị của đơn vị đó" in (await quan.get(base)).words
    for path in ("name", "deactivate", "unlock", "second-factor", "password"):
        assert (await quan.post(f"{base}/{path}")).status == 403
    assert (await quan.post(f"{base}/roles", {"role": []})).status == 303
    account = await console.staff.by_id(people["binh"])
    assert account is not None
    assert set(account.roles) == {cast.OTHER_UNIT}


async def test_password_and_second_factor_are_reset_and_everything_is_in_the_trail(
    sign_in: SignIn, stranger: Visitor, console: Console, people: dict[str, int]
) -> None:
    quan = await sign_in(cast.QUAN)
    base = f"/console/accounts/{people['mai']}"
    await quan.post(f"{base}/second-factor")
    password = (await quan.post(f"{base}/password")).root.xpath("//code")[0].text_content()  # type: ignore[union-attr]
    await stranger.get("/console/sign-in")
    await stranger.post("/console/sign-in", {"login": "mai", "password": password})
    assert (await stranger.get("/console/")).location == "/console/password"
    await quan.post(f"{base}/deactivate")
    await quan.post(f"{base}/activate")
    words = (await quan.get(f"/console/audit?staff={people['quan']}")).words
    for said in ("Đặt lại mã xác thực", "Đặt lại mật khẩu", "Ngừng tài khoản", "Cho dùng lại", cast.MAI.name):
        assert said in words
    assert password not in (await quan.get("/console/audit")).text
    assert (await AuditTrail(console.database).verify()).broken is None
