from __future__ import annotations

from datetime import timedelta

import pytest

from bot import limits
from bot.domain.staff import Role
from bot.web.console.services import Console
from tests import cast
from tests.fakes import FakeClock
from tests.web.console.fixtures import SignIn
from tests.web.console.visitor import Page, Visitor

NEW_PASSWORD = "sông Đồng Nai nước trong"


async def attempt(visitor: Visitor, login: str, password: str, **more: str) -> Page:
    await visitor.get("/console/sign-in")
    return await visitor.post("/console/sign-in", {"login": login, "password": password, **more})


async def test_a_stranger_is_led_to_the_sign_in_page_and_back_afterwards(stranger: Visitor) -> None:
    page = await stranger.get("/console/sessions?x=1", follow=True)
    assert page.heading == "Đăng nhập"
    page = await stranger.post(
        "/console/sign-in", {"login": " LAN ", "password": cast.PASSWORD, "next": "/console/sessions?x=1"}
    )
    assert page.location == "/console/sessions?x=1"
    page = await stranger.get("/console/")
    assert (page.status, page.heading) == (200, "Chào Nguyễn Thị Lan")


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example/", "/console/../chat", "/chat", "/console/\\evil", ""]
)
async def test_nobody_is_led_elsewhere_after_signing_in(stranger: Visitor, next_page: str) -> None:
    page = await attempt(stranger, "lan", cast.PASSWORD, next=next_page)
    assert str(page.location).startswith("/console/")
    assert "evil" not in str(page.location).replace("\\evil", "")


async def test_a_wrong_password_and_an_unknown_login_are_answered_alike_up_to_the_lock(stranger: Visitor) -> None:
    answers = {}
    for login in ("lan", "nobody", cast.CUC.login):
        seen = []
        for _ in range(limits.FAILED_SIGN_INS + 1):
            page = await attempt(stranger, login, "không phải")
            seen.append((page.status, page.words.replace(login, "…")))
            stranger = Visitor(stranger._client, stranger._clock)
        answers[login] = seen
    assert answers["lan"] == answers["nobody"] == answers[cast.CUC.login]
    assert "tạm khóa" in answers["lan"][-1][1]
    assert "không đúng" in answers["lan"][-2][1]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit per address has a test of its own."""
    monkeypatch.setattr(limits, "SIGN_INS_PER_MINUTE", 1_000)


async def test_a_locked_account_does_not_open_even_to_its_owner_until_time_has_passed(
    stranger: Visitor, clock: FakeClock
) -> None:
    for _ in range(limits.FAILED_SIGN_INS):
        await attempt(stranger, "lan", "không phải")
    page = await attempt(stranger, "lan", cast.PASSWORD)
    assert page.status == 401
    assert "15 phút" in page.words
    clock.advance(limits.SIGN_IN_LOCK)
    assert (await attempt(stranger, "lan", cast.PASSWORD)).status == 303


async def test_an_administrator_opens_the_lock(stranger: Visitor, sign_in: SignIn, people: dict[str, int]) -> None:
    for _ in range(limits.FAILED_SIGN_INS):
        await attempt(stranger, "lan", "không phải")
    quan = await sign_in(cast.QUAN)
    assert "1 tài khoản đang tạm khóa" in (await quan.get("/console/")).words
    page = await quan.get(f"/console/accounts/{people['lan']}")
    assert "Tạm khóa đến" in page.words
    await quan.post(f"/console/accounts/{people['lan']}/unlock")
    assert (await attempt(stranger, "lan", cast.PASSWORD)).status == 303


async def test_a_code_opens_once_and_wrong_ones_lock(stranger: Visitor, clock: FakeClock) -> None:
    page = await attempt(stranger, "mai", cast.PASSWORD)
    assert page.status == 303
    assert (await stranger.get("/console/")).location == "/console/code"
    code = cast.code_at(clock.now().timestamp())
    await stranger.get("/console/code")
    assert (await stranger.post("/console/code", {"code": code})).status == 303
    again = Visitor(stranger._client, clock)
    await attempt(again, "mai", cast.PASSWORD)
    await again.get("/console/code")
    page = await again.post("/console/code", {"code": code})
    assert "đã dùng" in page.words
    for _ in range(limits.FAILED_SIGN_INS):
        page = await again.post("/console/code", {"code": "000000"})
    assert "tạm khóa" in page.words
    assert (await attempt(again, "mai", cast.PASSWORD)).status in {303, 401}
    assert (await stranger.get("/console/")).status == 200


async def test_knowing_the_password_gives_no_more_tries_at_the_code(stranger: Visitor) -> None:
    """Signing in with the right password in between must not set the count back."""
    statuses = []
    for _ in range(limits.FAILED_SIGN_INS):
        visitor = Visitor(stranger._client, stranger._clock)
        statuses.append((await attempt(visitor, "mai", cast.PASSWORD)).status)
        if statuses[-1] == 303:
            await visitor.get("/console/code")
            await visitor.post("/console/code", {"code": "000000"})
    assert 401 in statuses


async def test_a_temporary_password_and_a_missing_second_factor_stop_everything_else(
    stranger: Visitor, console: Console
) -> None:
    _, temporary = await console.accounts.create(
        cast.TERMINAL, "thanh", "Bùi Văn Thành", "", {cast.UNIT: frozenset({Role.LEADER})}
    )
    await attempt(stranger, "thanh", temporary)
    assert (await stranger.get("/console/audit")).location == "/console/password"
    await stranger.get("/console/password")
    changed = {"present": temporary, "new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
    wrong = await stranger.post("/console/password", {**changed, "new_password_again": "khác hẳn đi"})
    assert "không giống nhau" in wrong.words
    assert "hiện tại không đúng" in (await stranger.post("/console/password", {**changed, "present": "sai"})).words
    assert (await stranger.post("/console/password", changed)).status == 303
    assert (await stranger.get("/console/audit")).location == "/console/second-factor"


async def test_an_own_new_password_ends_the_other_sessions(sign_in: SignIn) -> None:
    here, there = await sign_in(cast.LAN), await sign_in(cast.LAN)
    changed = {"present": cast.PASSWORD, "new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
    assert (await here.post("/console/password", changed)).status == 303
    assert (await here.get("/console/")).status == 200
    assert (await there.get("/console/")).status == 303


async def test_signing_out_everywhere_ends_every_session(sign_in: SignIn) -> None:
    here, there = await sign_in(cast.LAN), await sign_in(cast.LAN)
    await here.post("/console/sessions/end-all")
    assert {(await one.get("/console/")).status for one in (here, there)} == {303}


async def test_signing_in_gives_a_new_cookie_that_scripts_and_other_sites_cannot_use(stranger: Visitor) -> None:
    await stranger.get("/console/sign-in")
    before = stranger.token
    page = await stranger.post("/console/sign-in", {"login": "lan", "password": cast.PASSWORD})
    assert stranger.token != before
    cookie = next(one for one in page.headers.getall("Set-Cookie") if one.startswith("tt_console="))  # type: ignore[attr-defined]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Path=/console"))
    assert "Secure" not in cookie  # http on loopback


async def test_the_cookie_stays_on_https_where_the_public_address_has_it(stranger: Visitor, console: Console) -> None:
    host = stranger._client.make_url("").authority
    console.settings.public_url = f"https://{host}"
    await stranger.get("/console/sign-in")
    page = await stranger.post("/console/sign-in", {"login": "lan", "password": cast.PASSWORD})
    assert "Secure" in page.headers["Set-Cookie"]


async def test_what_was_typed_survives_the_end_of_the_session_without_script(
    sign_in: SignIn, clock: FakeClock, console: Console
) -> None:
    quan = await sign_in(cast.QUAN)
    await quan.get("/console/accounts/new")
    clock.advance(limits.SESSION_IDLE + timedelta(seconds=1))
    typed = {"login": "danh", "name": "Trịnh <b>Công</b> Danh", "title": "", "role": ["handler", "editor"]}
    page = await quan.post("/console/accounts/new", typed)
    assert (page.status, page.heading) == (401, "Đăng nhập")
    fields = [(one.get("name"), (one.text or "").lstrip("\n")) for one in page.root.xpath("//form//textarea")]  # type: ignore[union-attr]
    hidden = {one.get("name"): one.get("value") for one in page.root.xpath("//input[@type='hidden']")}  # type: ignore[union-attr]
    assert ("kept:name", "Trịnh <b>Công</b> Danh") in fields
    answer = {
        "login": "quan", "password": cast.PASSWORD, "code": cast.code_at(clock.now().timestamp()),
        "kept_path": hidden["kept_path"],
    }  # fmt: skip
    for name, value in fields:
        answer[name] = [*answer.get(name, []), value]  # type: ignore[misc]
    page = await quan.post("/console/sign-in", answer)
    assert page.heading == "Gửi tiếp"
    form = page.root.xpath("//form[@action='/console/accounts/new']")[0]  # type: ignore[union-attr]
    kept: dict[str, list[str]] = {}
    for one in form.xpath(".//textarea"):
        kept.setdefault(one.get("name"), []).append((one.text or "").lstrip("\n"))
    page = await quan.post("/console/accounts/new", kept, csrf=form.xpath(".//input[@name='csrf']/@value")[0])
    assert page.heading.startswith("Mật khẩu tạm")
    made = await console.staff.by_login("danh")
    assert made is not None
    assert made.name == "Trịnh <b>Công</b> Danh"
    assert made.roles == {cast.UNIT: {Role.HANDLER, Role.EDITOR}}


async def test_a_form_made_for_one_unit_is_not_taken_after_switching_to_another(
    sign_in: SignIn, console: Console, people: dict[str, int]
) -> None:
    roles = frozenset({Role.OPERATOR})
    await console.staff.set_roles(cast.TERMINAL, people["lan"], cast.OTHER_UNIT, roles)
    lan = await sign_in(cast.LAN)
    old = lan.csrf
    page = await lan.post("/console/unit", {"unit": cast.UNIT})
    assert page.status == 303
    assert "xã Tân An" in (await lan.get("/console/")).words
    page = await lan.post("/console/sessions/end-all", csrf=old)
    assert page.status == 409
    assert (await lan.get("/console/")).status == 200


async def test_too_many_sign_ins_from_one_address_are_slowed_down(
    stranger: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = next(value for key, value in _console_app(stranger).items() if "sign_in_rate" in str(key))
    monkeypatch.setattr(rate, "_per_minute", 3)
    statuses = [(await attempt(stranger, f"login{number}", "x")).status for number in range(4)]
    assert statuses == [401, 401, 401, 429]


def _console_app(visitor: Visitor):  # type: ignore[no-untyped-def]
    return visitor._client.app._subapps[0]  # type: ignore[union-attr]
