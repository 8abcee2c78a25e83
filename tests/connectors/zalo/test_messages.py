"""What a reply looks like on Zalo."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import Button, Link, Phone, Reply
from connectors.zalo import limits, messages
from connectors.zalo.messages import phone_code, render, render_plain
from connectors.zalo.splitting import shortened, split, units
from tests.servers.zalo_messages import check_message

COUNTER = Phone("Bộ phận Một cửa", "0251 3822 501")
PORTAL = Link("Cổng Dịch vụ công", "https://dichvucong.gov.vn/p/home?ma=1.001193")
WORDS = (
    "Lệ phí đăng ký khai sinh là 8.000 đồng; hộ nghèo được miễn. Nộp tại Bộ phận Một cửa TP. Biên Hòa, gọi "
    "0251 3822 501 hoặc (0251) 3.822.502 trước 16:30 ngày 23/11/2026. Tờ khai: "
    "https://dichvucong.gov.vn/p/home/dvc-chi-tiet.html?ma_thu_tuc=1.001193&a=b."
)
UNBREAKABLE = (
    "8.000 đồng", "0251 3822 501", "(0251) 3.822.502", "16:30", "23/11/2026", "TP. Biên",
    "https://dichvucong.gov.vn/p/home/dvc-chi-tiet.html?ma_thu_tuc=1.001193&a=b.",
)  # fmt: skip


def buttons(count: int) -> tuple[Button, ...]:
    return tuple(Button(f"Việc {at}", f"ask:fee:viec-{at}") for at in range(1, count + 1))


def shown(message: messages.Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = message["attachment"]["payload"]["buttons"]
    return found


def test_a_plain_text_is_one_message() -> None:
    assert render(Reply(" Xin chào ạ.\n")) == [{"text": "Xin chào ạ."}]


def test_choices_are_hidden_queries_with_the_mark() -> None:
    [message] = render(Reply("Bác cần gì ạ?", (Button("Lệ phí", "ask:fee:tach-ho"),)))
    assert message["text"] == "Bác cần gì ạ?"
    assert shown(message) == [{"title": "Lệ phí", "type": "oa.query.hide", "payload": "#ask:fee:tach-ho"}]


def test_link_and_phones_stand_below_the_choices() -> None:
    [message] = render(Reply("Bác cần gì ạ?", buttons(3), PORTAL, (COUNTER,)))
    assert message["text"] == "Bác cần gì ạ?"
    assert shown(message)[3:] == [
        {"title": "Cổng Dịch vụ công", "type": "oa.open.url", "payload": {"url": PORTAL.url}},
        {
            "title": "Bộ phận Một cửa: 0251 3822 501",
            "type": "oa.open.phone",
            "payload": {"phone_code": "842513822501"},
        },
    ]


def test_what_has_no_room_as_a_button_is_said() -> None:
    [message] = render(Reply("Bác cần gì ạ?", buttons(5), PORTAL, (COUNTER,)))
    assert len(shown(message)) == 5
    assert message["text"].split("\n")[1:] == [
        "Cổng Dịch vụ công: https://dichvucong.gov.vn/p/home?ma=1.001193",
        "Bộ phận Một cửa: 0251 3822 501",
    ]


def test_more_choices_than_buttons_are_numbered() -> None:
    [message] = render(Reply("Bác cần việc nào ạ?\n1. Việc 1\n2. Việc 2", buttons(7)))
    assert message["text"].split("\n")[1:] == [f"{at}. Việc {at}" for at in range(1, 8)]
    assert [one["title"] for one in shown(message)] == [f"Việc {at}" for at in range(1, 6)]


@pytest.mark.parametrize("count", [0, 1, 5, 6, 20])
def test_zalo_takes_every_number_of_choices(count: int) -> None:
    for message in render(Reply("?", buttons(count), PORTAL, (COUNTER,) * 3)):
        check_message({"recipient": {"user_id": "1"}, "message": message}, lambda *_: None)


def test_a_number_the_text_names_is_not_said_twice() -> None:
    [message] = render(Reply("Gọi 0251.3822.501 ạ.", buttons(5), None, (COUNTER, Phone("Công an", "0251 3822 50"))))
    assert message["text"] == "Gọi 0251.3822.501 ạ.\nCông an: 0251 3822 50"


@pytest.mark.parametrize("number", ["113", "1900 6789", "", "không có", "02513822501 máy lẻ 5"])
def test_a_number_no_button_can_dial_is_said(number: str) -> None:
    [message] = render(Reply("Xin gọi:", (), None, (Phone("Công an", number),)))
    assert "attachment" not in message
    assert message["text"] == (f"Xin gọi:\nCông an: {number}" if number else "Xin gọi:")


@pytest.mark.parametrize("url", ["ftp://x.vn", "javascript:alert(1)", "https://x.vn/a b", ""])
def test_a_link_no_button_can_open_is_said(url: str) -> None:
    [message] = render(Reply("Xem:", (), Link("Mẫu đơn", url)))
    assert message == {"text": f"Xem:\nMẫu đơn: {url}" if url else "Xem:"}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("0251 3822 501", "842513822501"),
        ("(0251) 3.822-501", "842513822501"),
        ("+84 912 345 678", "84912345678"),
        ("84912345678", "84912345678"),
        ("0841 234 567", "84841234567"),
        ("113", None),
        ("18001096", None),
        ("00912345678", None),
        ("x", None),
    ],
)
def test_numbers_are_written_as_zalo_wants_them(number: str, code: str | None) -> None:
    assert phone_code(number) == code


def test_a_long_label_keeps_whole_words_and_the_number() -> None:
    reply = Reply("?", (Button("Đăng ký khai sinh " * 9, "start"),), None, (Phone("Ban Chỉ huy " * 12, "0912345678"),))
    [tap, phone] = shown(render(reply)[0])
    assert len(tap["title"]) <= 100
    assert re.fullmatch(r"(Đăng ký khai sinh ?)+( Đăng| Đăng ký| Đăng ký khai)?…", tap["title"])
    assert len(phone["title"]) <= 100
    assert phone["title"].endswith("…: 0912345678")


def test_a_reply_of_buttons_only_still_has_words() -> None:
    assert render(Reply("  ", buttons(1)))[0]["text"] == "Việc 1"
    assert render(Reply("", (), None, (Phone("", "0912345678"),)))[0]["text"] == "0912345678"
    assert render(Reply(" \n")) == []


def test_a_long_text_has_its_buttons_below_the_last_part() -> None:
    parts = render(Reply("\n\n".join([WORDS] * 20), buttons(2)))
    assert len(parts) > 2
    assert all("attachment" not in part for part in parts[:-1])
    assert len(shown(parts[-1])) == 2


def test_decomposed_letters_are_composed() -> None:
    [message] = render(Reply(unicodedata.normalize("NFD", "ế" * 1_900)))
    assert message["text"] == "ế" * 1_900


def test_visitors_without_identity_get_words_only() -> None:
    [text] = render_plain(Reply("Bác cần gì ạ?", buttons(2), PORTAL, (COUNTER,)))
    assert text.split("\n") == [
        "Bác cần gì ạ?",
        "1. Việc 1",
        "2. Việc 2",
        "Cổng Dịch vụ công: https://dichvucong.gov.vn/p/home?ma=1.001193",
        "Bộ phận Một cửa: 0251 3822 501",
    ]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (messages.request_user_info("UBND xã " * 20, "Đang xin thông tin " * 50, "https://x.vn/a.png"), None),
        (messages.image("image-1", "Sơ đồ"), "image"),
        (messages.image("image-1"), "image"),
        (messages.gif("gif-1", 120, 90), "gif"),
        (messages.file("file-1"), "file"),
    ],
)
def test_other_messages_have_the_shape_zalo_takes(message: messages.Message, kind: str | None) -> None:
    asked: list[str] = []
    found, _ = check_message({"recipient": {"user_id": "1"}, "message": message}, lambda what, _: asked.append(what))
    assert found == (kind or "request_user_info")
    assert asked == ([kind] if kind else [])


# Splitting


@pytest.mark.parametrize("most", range(80, 400, 7))
def test_numbers_fees_phones_and_addresses_stay_whole(most: int) -> None:
    parts = split(f"{WORDS} {WORDS}\n{WORDS}", most)
    text = "\n".join(parts)
    assert all(units(part) <= most for part in parts)
    assert all(text.count(one) == 3 for one in UNBREAKABLE)


def test_paragraphs_are_kept_together_then_lines_then_sentences() -> None:
    assert split("Một hai ba.\n\nBốn năm.\nSáu bảy.", 22) == ["Một hai ba.", "Bốn năm.\nSáu bảy."]
    assert split("Một hai ba bốn.\nNăm sáu bảy. Tám.", 24) == ["Một hai ba bốn.", "Năm sáu bảy. Tám."]
    assert split("Một hai ba bốn. Năm sáu bảy tám.", 24) == ["Một hai ba bốn.", "Năm sáu bảy tám."]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab ếĐ1.\n 8🙏🏻\u0301"), max_size=300), st.integers(10, 60))
def test_splitting_loses_nothing_and_keeps_the_limit(text: str, most: int) -> None:
    parts = split(text, most)
    assert all(part.strip() and units(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.text(max_size=300), st.integers(3, 100))
def test_a_short_label_has_its_size(label: str, most: int) -> None:
    assert units(shortened(label, most)) <= most


REPLIES = st.builds(
    Reply,
    st.text(max_size=3_000),
    st.lists(st.builds(Button, st.text(max_size=150), st.just("start")), max_size=9).map(tuple),
    st.none() | st.builds(Link, st.text(max_size=150), st.sampled_from(["https://x.vn/ạ", "", "x"])),
    st.lists(st.builds(Phone, st.text(max_size=150), st.sampled_from(["0912345678", "113", ""])), max_size=3).map(
        tuple
    ),
)


@given(REPLIES)
def test_zalo_takes_whatever_is_rendered(reply: Reply) -> None:
    for message in render(reply):
        assert units(message["text"]) <= limits.TEXT_UNITS
        check_message({"recipient": {"user_id": "1"}, "message": message}, lambda *_: None)
    assert render(reply) == render(reply)
    assert all(0 < units(text) <= limits.TEXT_UNITS for text in render_plain(reply))
