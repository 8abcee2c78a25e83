from __future__ import annotations

import pytest

from bot.domain.errors import InvalidContentError
from bot.domain.messages import Button, Link
from connectors.facebook import profile
from connectors.facebook.profile import PageProfile
from tests.servers import graph_rules

PROFILE = PageProfile(
    "Xin chào {{user_first_name}}!",
    (Button("Hỏi thủ tục", "procedures"),),
    (Button("Gặp cán bộ", "person"), Link("Cổng Dịch vụ công", "https://dichvucong.gov.vn/")),
)


def test_a_profile_is_written_as_meta_takes_it_in_both_locales() -> None:
    body = profile.body(PROFILE)
    graph_rules.profile(body, {})
    assert body["get_started"] == {"payload": "GET_STARTED"}
    assert [one["locale"] for one in body["persistent_menu"]] == ["default", "vi_VN"]
    assert body["ice_breakers"][0]["call_to_actions"] == [{"question": "Hỏi thủ tục", "payload": "procedures"}]
    assert [one["type"] for one in body["persistent_menu"][0]["call_to_actions"]] == ["postback", "web_url"]


def test_empty_parts_are_left_out() -> None:
    assert profile.body(PageProfile("Xin chào", (), ())).keys() == {"get_started", "greeting"}


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (PageProfile("a" * 161, (), ()), "greeting: 161 characters are too many, 160 fit"),
        (PageProfile(" ", (), ()), "greeting: is empty"),
        (PageProfile("a", (Button("b", "c"),) * 5, ()), "ice_breakers: 5 are too many, 4 fit"),
        (PageProfile("a", (Button("b", ""),), ()), "ice_breakers 1 payload: is empty"),
        (PageProfile("a", (), (Button("b", "c"),) * 21), "menu: 21 items are too many, 20 fit"),
        (PageProfile("a", (), (Button("b" * 31, "c"),)), "menu 1 label: 31 characters are too many, 30 fit"),
        (PageProfile("a", (), (Link("b", "http://c"),)), "menu 1 url: must begin with https://"),
    ],
)
def test_what_meta_would_refuse_is_named(wrong: PageProfile, problem: str) -> None:
    with pytest.raises(InvalidContentError) as error:
        profile.body(wrong)
    assert error.value.problems == [problem]
