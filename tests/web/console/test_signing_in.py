from __future__ import annotations

from tests import cast
from tests.web.console.visitor import Visitor


async def test_the_right_password_opens_the_home_page(stranger: Visitor) -> None:
    page = await stranger.sign_in(cast.LAN)
    assert (page.status, page.heading) == (200, "Chào Nguyễn Thị Lan")


async def test_a_stranger_is_led_to_the_sign_in_page_and_back_afterwards(stranger: Visitor) -> None:
    page = await stranger.get("/console/sessions?x=1", follow=True)
    assert page.heading == "Đăng nhập"
    page = await stranger.post(
        "/console/sign-in", {"login": "lan", "password": cast.PASSWORD, "next": "/console/sessions?x=1"}
    )
    assert page.location == "/console/sessions?x=1"
