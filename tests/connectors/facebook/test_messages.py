from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import payloads
from bot.domain.messages import Button, ContactRequest, File, Link, Phone, Reply
from connectors.facebook.messages import (
    action,
    callable_number,
    marked,
    render,
    render_one,
    shape,
    to_comment,
    to_person,
    unmarked,
    upload,
)
from tests.servers import graph_rules
from tests.servers.graph_errors import RefusedError

PORTAL = Link("Cổng Dịch vụ công", "https://dichvucong.gov.vn/")
POLICE = Phone("Trực ban Công an xã", "0251 000 0012")
HOURS = Button("Giờ làm việc", "hours")
LONG = "Kính gửi bà con, xã xin trả lời như sau. " * 100


def template(message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = message["attachment"]["payload"]
    return found


def said(message: dict[str, Any]) -> str:
    return str(message["text"] if "text" in message else template(message).get("text", ""))


def test_words_alone_are_one_text() -> None:
    assert render(Reply("Chào bà con")) == [{"text": "Chào bà con"}]


def test_nothing_is_sent_for_a_reply_that_says_nothing() -> None:
    assert render(Reply(" \n")) == []
    assert render_one(Reply("")) is None


def test_buttons_are_quick_replies_with_our_payloads_as_they_are() -> None:
    payload = payloads.ask("fee", "tach-ho")
    assert render(Reply("Hỏi gì?", (Button("Lệ phí", payload), HOURS))) == [
        {
            "text": "Hỏi gì?",
            "quick_replies": [
                {"content_type": "text", "title": "Lệ phí", "payload": "ask:fee:tach-ho"},
                {"content_type": "text", "title": "Giờ làm việc", "payload": "hours"},
            ],
        }
    ]


def test_link_and_phones_are_buttons_below_the_text_and_the_number_can_be_read() -> None:
    (message,) = render(Reply("Nộp qua mạng hoặc gọi:", (HOURS,), PORTAL, (POLICE,)))
    assert template(message) == {
        "template_type": "button",
        "text": "Nộp qua mạng hoặc gọi:\nTrực ban Công an xã: 0251 000 0012",
        "buttons": [
            {"type": "web_url", "title": "Cổng Dịch vụ công", "url": "https://dichvucong.gov.vn/"},
            {"type": "phone_number", "title": "Trực ban Công an xã", "payload": "+842510000012"},
        ],
    }
    assert len(message["quick_replies"]) == 1


def test_a_number_that_stands_in_the_text_is_not_written_again() -> None:
    (message,) = render(Reply("Gọi (0251) 000-0012 nhé", phones=(POLICE,)))
    assert template(message)["text"] == "Gọi (0251) 000-0012 nhé"


def test_short_numbers_have_no_button_and_are_written() -> None:
    phones = (Phone("Cảnh sát 113", "113"), Phone("Cổng Dịch vụ công", "1800 1096"))
    assert render(Reply("Gọi ngay", phones=phones)) == [
        {"text": "Gọi ngay\nCảnh sát 113\nCổng Dịch vụ công: 1800 1096"}
    ]


def test_many_phones_are_cards() -> None:
    phones = tuple(Phone(f"Phòng {name}", f"0251 000 000{number}") for number, name in enumerate("ABCDE", 1))
    text, cards = render(Reply("Danh bạ", (HOURS,), None, phones))
    assert text == {"text": "Danh bạ"}
    assert template(cards)["elements"][0] == {
        "title": "Phòng A",
        "subtitle": "0251 000 0001",
        "buttons": [{"type": "phone_number", "title": "Phòng A", "payload": "+842510000001"}],
    }
    assert "quick_replies" in cards


def test_phones_beyond_ten_cards_are_written() -> None:
    phones = tuple(Phone(f"Ấp {number}", f"0251 000 00{number}") for number in range(10, 22))
    text, cards = render(Reply("Danh bạ", phones=phones))
    assert len(template(cards)["elements"]) == 10
    assert text["text"] == "Danh bạ\nẤp 20: 0251 000 0020\nẤp 21: 0251 000 0021"


@pytest.mark.parametrize("url", ["dichvucong.gov.vn", "javascript:alert(1)", "https://", "http://[", "https://a b"])
def test_what_is_no_web_address_is_written(url: str) -> None:
    (message,) = render(Reply("Xem", link=Link("Trang", url)))
    assert message == {"text": f"Xem\nTrang: {url}"}


def test_a_long_text_keeps_buttons_and_choices_on_its_last_part() -> None:
    parts = render(Reply(LONG, (HOURS,), PORTAL))
    assert len(parts) > 2
    assert ["quick_replies" in part for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "".join(" ".join(map(said, parts)).split()) == "".join(LONG.split())


def test_labels_that_had_to_be_cut_are_told_in_full_with_their_numbers() -> None:
    labels = ("Trạm Y tế xã", "Đăng ký khai sinh có yếu tố nước ngoài", "Đăng ký khai sinh lưu động")
    (message,) = render(Reply("Bà con hỏi:", tuple(Button(label, label) for label in labels)))
    assert message["text"] == "\n".join(["Bà con hỏi:", *(f"{n}. {label}" for n, label in enumerate(labels, 1))])
    assert [one["title"] for one in message["quick_replies"]] == [
        "Trạm Y tế xã",
        "2. Đăng ký khai…",
        "3. Đăng ký khai…",
    ]


def test_choices_the_text_already_lists_are_not_listed_again() -> None:
    choices = (Button("Đăng ký khai sinh lưu động", "a"), Button("Không phải", "none"))
    text = "Ý bà con là?\n1. Đăng ký khai sinh lưu động"
    (message,) = render(Reply(text, choices))
    assert message["text"] == text
    assert [one["title"] for one in message["quick_replies"]] == ["1. Đăng ký khai…", "Không phải"]


@pytest.mark.parametrize("buttons", [(HOURS,) * 14, (HOURS, Button("X", "")), (HOURS, Button("X", "p" * 1001))])
def test_choices_messenger_would_refuse_become_numbered_lines(buttons: tuple[Button, ...]) -> None:
    (message,) = render(Reply("Chọn:", buttons))
    assert "quick_replies" not in message
    lines = message["text"].split("\n")
    assert lines == ["Chọn:", *(f"{number}. {one.label}" for number, one in enumerate(buttons, 1))]


def test_a_private_reply_is_one_message_that_keeps_link_phones_and_choices() -> None:
    phones = tuple(Phone(f"Ấp {number}", f"0251 000 000{number}") for number in range(1, 5))
    for link, most in ((PORTAL, 640), (None, 1900)):
        message = render_one(Reply(LONG, (HOURS,), link, (POLICE,) if link else phones))
        assert message is not None
        text = said(message)
        assert graph_rules.length(text) <= most
        assert "sau.…\n" in text
        assert text.endswith("0251 000 0012" if link else "0251 000 0004")
        assert message["quick_replies"]
    assert render_one(Reply("Chào")) == {"text": "Chào"}


def test_calls_are_written_as_the_send_api_takes_them() -> None:
    text = {"text": "Chào"}
    assert to_person("1", text) == {"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": text}
    tagged = to_person("1", text, human_agent=True)
    assert (tagged["messaging_type"], tagged["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    assert to_comment("1_2", text)["recipient"] == {"comment_id": "1_2"}
    assert action("1", "typing_on") == {"recipient": {"id": "1"}, "sender_action": "typing_on"}
    for body in (tagged, to_comment("1_2", text), action("1", "mark_seen")):
        graph_rules.send(body)
    graph_rules.send(to_person("1", upload(File("a.jpg", "image/jpeg", 1, "ab/c"))), uploaded=True)


def test_a_question_for_the_number_offers_the_one_of_the_profile() -> None:
    [message] = render(Reply("Cho xin số ạ.", (HOURS,), contact=ContactRequest("Chia sẻ số", "Để gọi lại")))
    assert message["quick_replies"][-1] == {"content_type": "user_phone_number"}
    graph_rules.send(to_person("1", message))


@given(st.text(max_size=50), st.integers(0, 9999))
def test_a_mark_can_be_read_back(key: str, part: int) -> None:
    assert unmarked(marked({"text": "a"}, key, part)["metadata"]) == (key, part)


def test_foreign_metadata_is_no_mark() -> None:
    assert unmarked("crm-7781") == ("crm-7781", None)


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("0251 3822 501", "+842513822501"),
        ("(0251) 382-2501", "+842513822501"),
        ("096 306 1414", "+84963061414"),
        ("+84 963 061 414", "+84963061414"),
        ("113", None),
        ("1800 1096", None),
        ("(0251) 1022", None),
        ("", None),
        ("không có", None),
    ],
)
def test_only_numbers_with_an_international_form_can_be_called_by_button(number: str, dialled: str | None) -> None:
    assert callable_number(number) == dialled


def test_the_shape_of_a_body_holds_none_of_its_words() -> None:
    body = to_person("7201", {"text": "Nguyễn Văn A", "quick_replies": [{"title": "Lan"}]})
    assert not any(word in json.dumps(shape(body)) for word in ("7201", "Nguy", "Lan"))
    assert shape(body)["message"] == {"text": 12, "quick_replies": [{"title": 3}]}


TEXT = st.text(max_size=60) | st.sampled_from(["", " ", LONG, "0251 000 0012", "🙂" * 30, "https://a.vn/" + "b" * 90])
REPLIES = st.builds(
    Reply,
    TEXT,
    st.lists(st.builds(Button, TEXT, TEXT), max_size=15).map(tuple),
    st.none() | st.builds(Link, TEXT, TEXT | st.just("https://dichvucong.gov.vn/")),
    st.lists(st.builds(Phone, TEXT, st.sampled_from(["113", "0251 000 0012", "", "x"])), max_size=12).map(tuple),
)


@given(REPLIES)
def test_every_reply_is_within_the_limits_of_messenger(reply: Reply) -> None:
    messages = [*render(reply), *([one] if (one := render_one(reply)) else [])]
    for message in messages:
        try:
            graph_rules.send(to_person("1", marked(message, "out:1", 0)))
        except RefusedError as refused:
            pytest.fail(f"{refused.error.message}: {message}")
