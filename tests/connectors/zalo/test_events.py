"""What becomes of every event Zalo sends."""

from __future__ import annotations

import copy
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue import payloads
from bot.domain.channels import Attachment, Inbound, Kind
from connectors.zalo.events import opens_window, parse
from tests.servers.zalo_events import payload, payload_names
from tests.servers.zalo_state import CITIZEN, OA_ID

STAFF_ID = "3184572090651243308"
VISITOR = "anonymous:7140925538816402917:c7b1e9d0a2f34415"
PHOTO = "https://f6-group.photo.talk.zdn.vn"
SENT = "a4d0243feee163bd3af2"


def body_of(name: str) -> Any:
    return json.loads(payload(name))


def read(body: Any) -> tuple[str, Inbound]:
    [found] = parse(body, OA_ID)
    return found


def event(name: str) -> Inbound:
    return read(body_of(name))[1]


def kind_of(name: str) -> Kind:
    """By the names of the files: what each must become."""
    beginnings = {
        "anonymous_sends": Kind.MESSAGE,
        "another_citizen_sends": Kind.MESSAGE,
        "citizen_clicks_chat": Kind.OPENED,
        "citizen_follows": Kind.OPENED,
        "citizen_reacted": Kind.REACTION,
        "citizen_took_reaction": Kind.REACTION,
        "citizen_received": Kind.RECEIPT,
        "citizen_replies": Kind.MESSAGE,
        "citizen_saw": Kind.SEEN,
        "citizen_sends_group": Kind.OTHER,
        "citizen_sends": Kind.MESSAGE,
        "citizen_submits": Kind.SHARED_INFO,
        "citizen_taps": Kind.MESSAGE,
        "citizen_unfollows": Kind.LEFT,
        "citizen_withdraws": Kind.WITHDRAW,
        "console_test": Kind.MESSAGE,
        "daily_quota": Kind.NOTICE,
        "event_without_timestamp": Kind.MESSAGE,
        "extension_purchased": Kind.NOTICE,
        "oa_answered": Kind.ECHO,
        "oa_answers": Kind.ECHO,
        "oa_sent_group": Kind.OTHER,
        "oa_sent": Kind.ECHO,
        "staff": Kind.STAFF,
        "template_delivered": Kind.RECEIPT,
        "template": Kind.NOTICE,
        "unknown_app": Kind.MESSAGE,
        "unknown_attachment": Kind.MESSAGE,
        "unknown_oa": Kind.MESSAGE,
    }
    fitting = [beginning for beginning in beginnings if name.startswith(beginning)]
    return beginnings[max(fitting, key=len)] if fitting else Kind.OTHER


@pytest.mark.parametrize("name", payload_names())
def test_every_recorded_event_has_its_kind(name: str) -> None:
    account, found = read(body_of(name))
    assert found.kind is kind_of(name)
    assert account == ("388613280878800000" if name == "unknown_oa" else OA_ID)
    assert (found.sent_at is None) == (name in ("console_test", "event_without_timestamp") or "short_old" in name)
    assert found.text == unicodedata.normalize("NFC", found.text)


@pytest.mark.parametrize("name", payload_names())
def test_a_repetition_has_the_same_id_whatever_its_order(name: str) -> None:
    body = body_of(name)
    reverse = dict(reversed(list(body.items())))
    assert read(reverse)[1].external_id == event(name).external_id
    assert len(event(name).external_id) <= 200


def test_no_two_recorded_events_have_the_same_id() -> None:
    ids: dict[str, str] = {}
    for name in payload_names():
        found = event(name).external_id
        assert found not in ids or {name, ids[found]} <= SAME, (name, ids[found])
        ids[found] = name


SAME = {
    "citizen_received_message",
    "citizen_received_message_sides_swapped",
    "citizen_saw_message",
    "citizen_saw_message_single_id",
    "template_delivered_by_hashed_phone",
    "template_delivered_by_phone",
    "template_delivered_without_tracking_id",
}
"""The same event in the words of several sources."""


@pytest.mark.parametrize(
    "name",
    [name for name in payload_names() if kind_of(name) not in (Kind.OTHER, Kind.NOTICE)],
)
def test_every_event_of_a_person_names_the_person(name: str) -> None:
    expected = {"another_citizen_sends_text": "301927465512840633"}.get(name, CITIZEN)
    if "anonymous" in name:
        expected = VISITOR
    if name.startswith("template_delivered"):
        expected = ""
    assert event(name).citizen_id == expected


def test_a_text_arrives_as_typed() -> None:
    found = event("citizen_sends_text")
    assert found.text == "Xin chào, tôi muốn hỏi thủ tục đăng ký khai sinh cho cháu"
    assert (found.payload, found.attachments) == (None, ())
    assert found.external_id == "user_send_text:96d3cdf3af15356a192b"
    assert found.sent_at == datetime(2026, 11, 23, 2, 0, 7, 13_000, UTC)
    assert found.details == {"message_ids": ["96d3cdf3af15356a192b"]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("citizen_sends_text_decomposed", "Dạ cho em hỏi giờ làm việc của Ủy ban nhân dân xã ạ"),
        ("citizen_sends_text_in_escapes", "Địa chỉ bộ phận một cửa ở đâu ạ?"),
        ("citizen_sends_ticket_code", "#TRACUU PA-261120-00017"),
        ("citizen_sends_empty_text", ""),
        ("citizen_sends_image_with_caption", "Đèn đường trước nhà văn hóa thôn Tân Lập hỏng ba hôm nay"),
        ("oa_answered_by_api_with_buttons", "Bác cần gì ạ?"),
        ("oa_sent_list", "Thông báo của xã"),
    ],
)
def test_words_are_found(name: str, text: str) -> None:
    assert (event(name).text, event(name).payload) == (text, None)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("citizen_sends_text_with_numeric_timestamp", datetime(2026, 11, 23, 2, 1, 10, 130_000, UTC)),
        ("citizen_sends_text_with_timestamp_in_seconds", datetime(2026, 11, 23, 2, 1, 17, tzinfo=UTC)),
    ],
)
def test_times_come_in_several_shapes(name: str, at: datetime) -> None:
    assert event(name).sent_at == at


def tapped(text: str) -> Inbound:
    body = body_of("citizen_sends_text")
    body["message"]["text"] = text
    [(_, found)] = parse(body, OA_ID, lambda one: payloads.parse(one) is not None)
    return found


@pytest.mark.parametrize("said", ["ask:fee:tach-ho", "contact:cong-an", "start", "none"])
def test_a_tap_is_known_by_its_mark(said: str) -> None:
    assert tapped(f"#{said}").payload == said
    assert tapped(f"#{said}").text == f"#{said}"


@pytest.mark.parametrize(
    "text", ["start", "#khaisinh", "#phan-anh", "# xin chào", "#", "#TRACUU 12", "##start", "#x:y"]
)
def test_a_citizen_who_types_a_mark_is_read_as_words(text: str) -> None:
    assert (tapped(text).payload, tapped(text).text) == (None, text)


@pytest.mark.parametrize(
    ("name", "attachment"),
    [
        ("citizen_sends_image", Attachment("image", f"{PHOTO}/52188403167705121/5b1c8f.jpg")),
        ("citizen_sends_image_without_thumbnail", Attachment("image", f"{PHOTO}/52188403167705126/5b1c8f.jpg")),
        ("citizen_sends_gif", Attachment("gif", f"{PHOTO}/52188403167705127/a.gif")),
        ("citizen_sends_audio", Attachment("audio", "https://voice-aac-dl.zdn.vn/example/1f0a.amr")),
        ("citizen_sends_video", Attachment("video", "https://video-dl.zdn.vn/example/9c2e.mp4")),
        (
            "citizen_sends_sticker",
            Attachment("sticker", "https://zalo-api.zadn.vn/api/emoticon/sticker/webpc?eid=46961&size=130"),
        ),
        (
            "citizen_sends_link",
            Attachment("link", "https://dichvucong.gov.vn/", "Cổng Dịch vụ công quốc gia"),
        ),
        ("citizen_sends_link_without_description", Attachment("link", "https://dichvucong.gov.vn/")),
        (
            "citizen_sends_file",
            Attachment(
                "file", "https://f21-zfcloud.zdn.vn/example/4d2f.pdf", "Đơn đề nghị xác nhận cư trú.pdf", 1_024_000
            ),
        ),
        (
            "citizen_sends_file_with_decomposed_name",
            Attachment("file", "https://f21-zfcloud.zdn.vn/example/77aa.docx", "Giấy chứng sinh.docx", 20_480),
        ),
        ("citizen_sends_file_without_optional_fields", Attachment("file", "https://f21-zfcloud.zdn.vn/example/0b1c")),
        ("citizen_sends_location", Attachment("location", latitude=10.762622, longitude=106.660172)),
        ("citizen_sends_location_in_numbers", Attachment("location", latitude=10.762622, longitude=106.660172)),
        ("citizen_sends_location_beside_attachments", Attachment("location", latitude=10.762622, longitude=106.660172)),
        ("citizen_sends_business_card", Attachment("contact", "https://zalo.me/84900000001")),
    ],
)
def test_what_comes_beside_words(name: str, attachment: Attachment) -> None:
    assert event(name).attachments == (attachment,)


def test_an_album_keeps_its_order() -> None:
    urls = [one.url for one in event("citizen_sends_album_of_three").attachments]
    assert urls == [f"{PHOTO}/5218840316770512{last}/5b1c8f.jpg" for last in (3, 4, 5)]


@pytest.mark.parametrize(
    ("name", "details"),
    [
        ("citizen_replies_to_message", {"message_ids": ["96d3cdf3af159e6a55b6"], "reply_to": "93f8c4b28f589705ce4a"}),
        (
            "citizen_sends_business_card",
            {"message_ids": ["96d3cdf3af15fc074d50"], "contact_phones": ["84900000001"]},
        ),
        ("unknown_attachment", {"message_ids": ["96d3cdf3af15683e725c"], "unknown_attachments": ["hologram"]}),
        ("citizen_sends_text_without_msg_id", {}),
        ("citizen_follows_from_profile", {"event": "follow", "reference": "oa_profile"}),
        ("citizen_follows_without_source", {"event": "follow"}),
        ("citizen_clicks_chat_button", {"event": "user_click_chatnow"}),
        ("citizen_withdraws_consent", {"event": "user_withdraw"}),
        ("citizen_received_message", {"message_ids": [SENT]}),
        ("citizen_saw_message_single_id", {"message_ids": [SENT]}),
        ("citizen_saw_three_messages", {"message_ids": [SENT, SENT[:-1] + "3", SENT[:-1] + "4"]}),
        ("citizen_reacted", {"message_ids": [SENT], "action": "react", "emoji": "/-heart"}),
        ("citizen_took_reaction_back", {"message_ids": [SENT], "action": "unreact", "emoji": "/-remove"}),
        ("oa_answered_by_api", {"message_ids": ["96d3cdf3af15fe2ef495"]}),
        ("staff_typed_in_own_tool", {"message_ids": ["96d3cdf3af15c5b76da3"], "staff_id": STAFF_ID}),
        (
            "template_delivered_by_phone",
            {
                "message_ids": ["15a0cc0bbb13bd4ce403"],
                "delivered_at": "2026-11-23T02:00:04.321000+00:00",
                "tracking_id": "ticket-123-ready",
            },
        ),
    ],
)
def test_what_else_is_kept(name: str, details: dict[str, Any]) -> None:
    assert event(name).details == details


PERSON = {"name": "Nguyễn Văn Thử", "phone": "84900000001"}
NEW = {**PERSON, "address": "Tổ 3, ấp Bình Hòa, Xã Tân An, Tỉnh Đồng Nai"}
OLD = {**PERSON, "address": "Tổ 3, ấp Bình Hòa, Xã Tân An, Vĩnh Cửu, Đồng Nai"}


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("citizen_submits_info", NEW),
        ("citizen_submits_info_sides_swapped", NEW),
        ("citizen_submits_info_older_shape", OLD),
        ("citizen_submits_info_numeric_phone", OLD),
        ("citizen_submits_info_as_text", OLD),
        ("citizen_submits_info_partly", PERSON),
    ],
)
def test_shared_data_has_one_shape_and_no_more_than_is_needed(name: str, shared: dict[str, str]) -> None:
    assert (event(name).details, event(name).text) == ({"shared": shared}, "")


@pytest.mark.parametrize("name", [name for name in payload_names() if kind_of(name) in (Kind.OTHER, Kind.NOTICE)])
def test_other_events_are_kept_whole(name: str) -> None:
    body = body_of(name)
    assert event(name).details["item"] == body
    assert event(name).details["event"] == body.get("event_name", "none")


@pytest.mark.parametrize(
    ("name", "citizen"),
    [
        ("citizen_called", CITIZEN),
        ("unknown_event", CITIZEN),
        ("user_info_updated", CITIZEN),
        ("citizen_sends_group_text", ""),
        ("oa_sent_group_text", ""),
        ("tag_added", ""),
    ],
)
def test_other_events_name_a_person_where_they_have_one(name: str, citizen: str) -> None:
    assert event(name).citizen_id == citizen


def test_a_rating_names_the_message_it_is_about() -> None:
    found = event("citizen_rates_service")
    assert found.details["message_ids"] == ["7e4c33cfc20b05575c18"]
    assert found.details["tracking_id"] == "ticket-123-rating"


def test_the_same_reaction_given_again_is_another_event() -> None:
    body = body_of("citizen_reacted")
    again = body | {"timestamp": "1795399999999"}
    assert read(body)[1].external_id != read(again)[1].external_id


def test_a_message_without_id_is_told_apart_by_its_content() -> None:
    body = body_of("citizen_sends_text_without_msg_id")
    other = copy.deepcopy(body)
    other["message"]["text"] = "alo"
    assert read(body)[1].external_id != read(other)[1].external_id


@pytest.mark.parametrize("name", payload_names())
def test_the_window_opens_with_what_citizens_do(name: str) -> None:
    assert opens_window(event(name)) == (kind_of(name) in (Kind.MESSAGE, Kind.OPENED, Kind.SHARED_INFO))


@pytest.mark.parametrize("path", [("sender",), ("sender", "id"), ("recipient", "id")])
def test_a_message_of_nobody_or_of_the_oa_to_itself_is_not_answered(path: tuple[str, ...]) -> None:
    body = body_of("citizen_sends_text")
    place = body if len(path) == 1 else body[path[0]]
    place[path[-1]] = CITIZEN if path[0] == "recipient" else OA_ID if len(path) == 2 else {}
    assert read(body)[1].kind is Kind.OTHER


def test_a_long_text_is_cut_and_unstorable_letters_go() -> None:
    body = body_of("citizen_sends_text")
    body["message"]["text"] = "a\x00\ud800" + "ế" * 9_000
    found = read(body)[1]
    assert len(found.text) == 8_000
    assert found.text.startswith("aếế")


def test_one_bad_item_never_loses_its_neighbours() -> None:
    good = body_of("citizen_sends_text")
    found = parse([None, good, 7, {"event_name": ["?"]}, {"event_name": "follow", "follower": 3}], OA_ID)
    assert [one.kind for _, one in found] == [Kind.OTHER, Kind.MESSAGE, Kind.OTHER, Kind.OTHER, Kind.OTHER]


def test_a_fault_of_ours_keeps_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("connectors.zalo.attachments.read", fail)
    found = event("citizen_sends_image")
    assert (found.kind, found.details["fault"]) == (Kind.OTHER, "RuntimeError")


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just(OA_ID), st.just("#start")
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


def check_storable(found: Inbound) -> None:
    json.dumps(found.details, allow_nan=False).encode()
    (found.text + found.citizen_id + found.external_id).encode()
    assert "\x00" not in found.text + found.citizen_id + found.external_id
    assert len(found.external_id) <= 200
    assert len(found.citizen_id) <= 200


@given(JSON)
def test_parsing_never_fails(body: Any) -> None:
    for account, found in parse(body, OA_ID):
        assert account == OA_ID
        check_storable(found)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(payload_names()), st.data())
def test_parsing_never_fails_on_a_spoilt_event(name: str, data: st.DataObject) -> None:
    body = body_of(name)
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = body
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and data.draw(st.booleans()):
                place = place[key]
                continue
            place[key] = data.draw(JSON)
            break
    [(_, found)] = parse(body, OA_ID)
    check_storable(found)


def test_deep_nesting_is_cut() -> None:
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]
    check_storable(read({"event_name": "user_send_text", "message": deep})[1])
