from __future__ import annotations

import json
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import limits as core
from bot.domain.channels import Attachment, Inbound, Kind
from connectors.facebook import limits
from connectors.facebook.events import opens_window, parse
from connectors.facebook.messages import marked
from tests.servers.graph import PretendGraph
from tests.servers.graph_events import Event, body, entry
from tests.servers.graph_state import APP_ID, CITIZEN, INBOX_APP, PAGE_ID, Sent
from tests.servers.graph_webhooks import GraphWebhooks

FOLDER = Path(__file__).parents[2] / "payloads" / "facebook"
NINE = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

KINDS = {
    "app_roles_changed": "thread",
    "citizen_answers_feedback_form": "other",
    "citizen_answers_feedback_form_without_id_and_timestamp": "other",
    "citizen_comes_from_lead_advertisement": "opened",
    "citizen_comments*": "comment",
    "citizen_follows_link*": "opened",
    "citizen_gets_started*": "opened",
    "citizen_opts_in*": "other",
    "citizen_posts_on_page": "other",
    "citizen_rates_answer": "other",
    "citizen_reacts": "reaction",
    "citizen_reacts_to_*": "other",
    "citizen_reacts_with_other_emoji": "reaction",
    "citizen_replies_to_comment": "comment",
    "citizen_sends_text_from_plugin_user_ref": "other",
    "citizen_shares_email_by_quick_reply": "shared_info",
    "citizen_shares_phone_by_quick_reply": "shared_info",
    "citizen_shares_post_publicly": "other",
    "citizen_stops_notifications": "other",
    "citizen_takes_reaction_back*": "reaction",
    "citizen_takes_reaction_to_post_back": "other",
    "citizen_unsends_message*": "edit",
    "citizen_*": "message",
    "dashboard_*": "other",
    "echo_*": "echo",
    "edited_comment*": "comment",
    "edited_message*": "edit",
    "entry_missing": "",
    "entry_with_empty_messaging": "",
    "entry_with_messaging_and_standby_and_changes": "message message comment",
    "entry_without_items": "",
    "event_without_content": "other",
    "feed_with_unknown_item": "other",
    "hidden_comment": "comment",
    "hidden_post": "other",
    "messages_delivered*": "receipt",
    "messages_read*": "seen",
    "no_entries": "",
    "one_bad_item_among_good": "message other other message",
    "other_object": "",
    "other_page": "message",
    "page_*": "other",
    "policy_*": "notice",
    "removed_comment*": "comment",
    "same_item_twice": "message message",
    "several_comments": "comment comment other",
    "several_entries": "message message message",
    "several_entries_of_all_kinds": "message message comment",
    "several_entries_of_two_pages": "message message",
    "several_items": "message message message",
    "several_items_of_all_kinds": "receipt echo message reaction other",
    "several_items_out_of_order": "message message message",
    "staff_*": "staff",
    "standby_delivery": "receipt",
    "standby_echo_*": "staff",
    "standby_picture": "message",
    "standby_postback": "message",
    "standby_read": "seen",
    "standby_text": "message",
    "thread_*": "thread",
    "unhidden_comment": "comment",
    "unknown_*": "other",
}
"""By name of the file, the longest pattern that fits; * stands at the end only."""


def parsed(name: str) -> list[tuple[str, Inbound]]:
    return parse(json.loads((FOLDER / f"{name}.json").read_bytes()), PAGE_ID, APP_ID)


def event(name: str) -> Inbound:
    ((page, found),) = parsed(name)
    assert page == PAGE_ID
    return found


def expected(name: str) -> str:
    fitting = [one for one in KINDS if one == name or (one.endswith("*") and name.startswith(one[:-1]))]
    return KINDS[max(fitting, key=len)]


@pytest.mark.parametrize("name", sorted(one.stem for one in FOLDER.glob("*.json")))
def test_every_recorded_body_is_understood(name: str) -> None:
    found = parsed(name)
    assert " ".join(one.kind for _, one in found) == expected(name)
    for _, one in found:
        assert one.external_id
        assert "fault" not in one.details
        json.dumps(dict(one.details), allow_nan=False)
    assert found == parsed(name)


def test_every_pattern_of_the_table_fits_a_body() -> None:
    names = [one.stem for one in FOLDER.glob("*.json")]
    assert [one for one in KINDS if not any(name.startswith(one.rstrip("*")) for name in names)] == []


def test_a_text_has_its_person_words_time_and_id() -> None:
    found = event("citizen_sends_text")
    assert found.external_id.startswith("m_SS31OYpZH8")
    assert (found.citizen_id, found.sent_at, found.payload) == (CITIZEN, NINE, None)
    assert found.text == "Cho tôi hỏi làm giấy khai sinh cần những giấy tờ gì ạ?"
    assert found.details["message_ids"] == [found.external_id]


@pytest.mark.parametrize("name", ["timestamp_as_text", "timestamp_in_seconds", "ids_as_numbers", "time_as_text"])
def test_times_and_ids_may_have_other_types(name: str) -> None:
    found = event(f"citizen_sends_text_{name}")
    assert (found.citizen_id, found.sent_at) == (CITIZEN, NINE)


def test_a_text_is_composed_and_cut_and_storable() -> None:
    text = event("citizen_sends_text_decomposed").text
    assert text == unicodedata.normalize("NFC", text) == "Thủ tục đăng ký kết hôn ở xã mình thế nào?"
    assert event("citizen_sends_blank_text").text == " \n "
    assert event("citizen_sends_broken_surrogate").text == "khai sinh "
    long = parse(messaging({"mid": "m_1", "text": "ă\x00" * 9_000}), PAGE_ID, APP_ID)[0][1]
    assert long.text == "ă" * core.INBOUND_CHARACTERS


def test_taps_carry_the_payload_of_the_button_and_its_title() -> None:
    taps = {name: event(f"citizen_{name}") for name in ("chooses_quick_reply", "taps_menu", "taps_ice_breaker")}
    assert {name: (one.text, one.payload) for name, one in taps.items()} == {
        "chooses_quick_reply": ("Gặp cán bộ", "HUMAN"),
        "taps_menu": ("Gặp cán bộ", "HUMAN"),
        "taps_ice_breaker": ("Gửi phản ánh", "NEW"),
    }
    for name in ("citizen_taps_button_of_other_app", "citizen_taps_button_payload_null", "standby_postback"):
        assert event(name).payload is None
        assert event(name).text


def test_a_payload_longer_than_any_of_ours_is_left_out() -> None:
    for size in (core.PAYLOAD_CHARACTERS, core.PAYLOAD_CHARACTERS + 1):
        tapped = {"mid": "m_1", "text": "Lệ phí", "quick_reply": {"payload": "p" * size}}
        assert (parse(messaging(tapped), PAGE_ID, APP_ID)[0][1].payload is None) == (size > core.PAYLOAD_CHARACTERS)


def test_a_phone_or_mail_address_of_messengers_own_button_is_shared_information() -> None:
    phone, mail = event("citizen_shares_phone_by_quick_reply"), event("citizen_shares_email_by_quick_reply")
    assert (phone.details["shared"], phone.payload) == ({"phone": "+84912345678"}, None)
    assert mail.details["shared"] == {"email": "cong.dan@example.com"}


def test_the_start_and_links_open_the_conversation_with_their_reference() -> None:
    started = event("citizen_gets_started_from_link")
    assert (started.text, started.payload, started.details["reference"]) == ("", "GET_STARTED", "xa-tan-an-01")
    assert event("citizen_follows_link").details["reference"] == "T-PA-0042_x=1"
    assert event("citizen_writes_from_advertisement").details["reference"] == "tiep-dan"


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("album_of_three", ["image"] * 3),
        ("voice", ["audio"]),
        ("video", ["video"]),
        ("picture_and_file", ["image", "file"]),
        ("picture_without_url", ["image"]),
        ("like_as_image", ["sticker"]),
        ("like_as_sticker", ["sticker"]),
        ("like_in_both_shapes", ["sticker"]),
        ("like_old_top_key", ["sticker"]),
        ("unknown_attachment", ["file"]),
        ("attachments_empty", []),
    ],
)
def test_attachments_have_kinds(name: str, kinds: list[str]) -> None:
    assert [one.kind for one in event(f"citizen_sends_{name}").attachments] == kinds


def test_attachments_have_names_places_and_addresses() -> None:
    (file,) = event("citizen_sends_file").attachments
    assert file.name == "đơn.pdf"
    assert str(file.url).startswith("https://cdn.fbsbx.com/")
    (place,) = event("citizen_sends_location").attachments
    assert (place.name, place.latitude, place.longitude) == ("Vị trí của Lan", 10.957413, 106.842687)
    for name in ("fallback", "fallback_beside_type"):
        (link,) = event(f"citizen_shares_link_{name}").attachments
        assert (link.kind, link.name) == ("link", "Cổng Dịch vụ công Quốc gia")
    assert event("citizen_shares_link_fallback_payload_null").attachments == (Attachment("link"),)
    assert event("citizen_sends_unknown_attachment").details["unknown_attachments"] == ["hologram"]
    booked = event("citizen_books_appointment")
    assert (booked.attachments, booked.details["appointment"]["status"]) == ((), "PENDING")
    gif = messaging({"mid": "m_1", "attachments": [{"type": "image", "payload": {"url": "https://x.vn/a.GIF?b=1"}}]})
    assert parse(gif, PAGE_ID, APP_ID)[0][1].attachments[0].kind == "gif"


def test_our_own_echo_is_told_from_what_staff_and_other_tools_say() -> None:
    for name in ("echo_of_our_text", "echo_of_our_text_app_id_as_text", "echo_of_our_buttons"):
        ours = event(name)
        assert (ours.citizen_id, ours.details["application"]) == (CITIZEN, APP_ID)
        assert ours.details["metadata"].startswith("out:4")
        assert ours.external_id == "echo:" + ours.details["message_ids"][0]
    assert event("echo_of_our_buttons").text == "Chọn:"
    assert "metadata" not in event("echo_of_our_text_without_metadata").details
    inbox = event("staff_typed_in_page_inbox")
    assert (inbox.citizen_id, inbox.details["application"]) == (CITIZEN, INBOX_APP)
    assert "application" not in event("staff_typed_without_app_id").details
    assert event("staff_typed_in_own_tool").details["metadata"] == "crm-7781"


def test_an_echo_names_the_key_and_the_part_it_was_sent_with() -> None:
    sent = Sent("m_9", PAGE_ID, CITIZEN, {"message": marked({"text": "Dạ"}, "out#5", 2)}, NINE)
    echo = GraphWebhooks(PretendGraph(lambda: NINE), "").echo(sent)
    details = parse(json.loads(body(entry(echo))), PAGE_ID, APP_ID)[0][1].details
    assert (details["metadata"], details["part"], details["message_ids"]) == ("out#5", 2, ["m_9"])


def test_what_the_page_says_without_the_mark_of_an_echo_is_no_citizens_message() -> None:
    item = {"sender": {"id": PAGE_ID}, "recipient": {"id": CITIZEN}, "message": {"mid": "m_1", "text": "Dạ"}}
    ((_, found),) = parse({"object": "page", "entry": [{"id": PAGE_ID, "messaging": [item]}]}, PAGE_ID, APP_ID)
    assert (found.kind, found.citizen_id) == (Kind.STAFF, CITIZEN)


def test_receipts_reactions_and_edits_name_the_messages_they_are_about() -> None:
    delivered, read = event("messages_delivered"), event("messages_read")
    assert [one[:6] for one in delivered.details["message_ids"]] == ["m_Hh5w", "m_yvh_"]
    assert read.details["until"] == "2026-11-23T01:59:59.783000+00:00"
    reaction = event("citizen_reacts")
    assert (reaction.details["action"], reaction.details["reaction"]) == ("react", "sad")
    assert reaction.details["message_ids"][0].startswith("m_Hh5w")
    edits = [event("edited_message"), event("edited_message_count_as_text")]
    assert [one.details["count"] for one in edits] == [1, 2]
    assert {one.details["message_ids"][0] for one in edits} == {event("citizen_sends_text").external_id}
    assert len({one.external_id for one in edits}) == 2
    withdrawn = event("citizen_unsends_message")
    assert (withdrawn.text, withdrawn.details["deleted"]) == ("", True)


def test_thread_control_says_whose_the_thread_is() -> None:
    ours = ["thread_passed_to_us", "thread_passed_to_us_from_idle", "thread_passed_to_us_ids_as_numbers"]
    theirs = ["thread_passed_to_inbox", "thread_taken_by_inbox", "thread_requested"]
    assert [event(name).details["ours"] for name in ours + theirs] == [True] * 3 + [False] * 3
    assert [event(name).details["action"] for name in theirs] == ["passed", "taken", "requested"]
    assert event("app_roles_changed").details["roles"] == ["primary_receiver"]


def test_items_of_another_applications_thread_are_marked() -> None:
    marks = [one.details.get("standby", False) for _, one in parsed("entry_with_messaging_and_standby_and_changes")]
    assert marks == [False, True, False]
    assert event("standby_text").details["standby"] is True


def test_a_policy_notice_says_what_happened() -> None:
    assert [event(f"policy_{one}").details["action"] for one in ("warning", "block", "unblock")] == [
        "warning",
        "block",
        "unblock",
    ]
    assert "violated" in event("policy_block").details["reason"]


def test_a_comment_can_be_answered_and_found_again() -> None:
    found = event("citizen_comments")
    assert (found.text, found.sent_at) == ("Cho hỏi mai xã có làm việc không?", NINE)
    assert found.details["comment_id"] == "690891113073877_759878495960329"
    assert found.details["post_id"] == found.details["parent_id"] == f"{PAGE_ID}_690891113073877"
    assert (found.details["verb"], found.details["author"]) == ("add", "Trần Thị Lan")
    assert event("citizen_replies_to_comment").details["parent_id"] == "690891113073877_759878495960329"
    assert [one.kind for one in event("citizen_comments_with_picture_only").attachments] == ["image"]
    assert event("citizen_comments_without_from").citizen_id == ""
    for name in ("removed_comment", "removed_comment_old_shape", "hidden_comment", "unhidden_comment"):
        assert (event(name).text, event(name).details["comment_id"]) == ("", found.details["comment_id"])


def test_the_states_of_a_comment_are_different_events() -> None:
    names = ("citizen_comments", "edited_comment", "edited_comment_without_edited_time", "removed_comment")
    assert len({event(name).external_id for name in (*names, "hidden_comment", "unhidden_comment")}) == 6
    assert event("citizen_comments").external_id == event("citizen_comments_created_time_as_text").external_id


def test_unknown_events_keep_the_whole_item() -> None:
    assert event("unknown_event").details["item"]["hologram"]["shape"] == "round"
    assert event("citizen_posts_on_page").details["item"]["value"]["message"] == "Đèn đường tổ 3 hỏng"
    assert event("citizen_rates_answer").details["item"]["response_feedback"]["feedback"] == "Good response"


def test_a_page_is_named_even_where_the_entry_does_not() -> None:
    assert [page for page, _ in parsed("several_entries_of_two_pages")] == [PAGE_ID, "109512340987654"]
    assert parsed("citizen_answers_feedback_form_without_id_and_timestamp")[0][0] == PAGE_ID
    assert parse({"object": "page", "entry": [{"messaging": [{}]}]}, "ours", APP_ID)[0][0] == "ours"


def test_a_repetition_has_the_same_id_and_nothing_else_has() -> None:
    one, two = parsed("same_item_twice")
    assert one == two
    distinct = [name for name in (path.stem for path in FOLDER.glob("*.json")) if not name.startswith("several_")]
    ids: dict[str, Inbound] = {}
    for name in distinct:
        for _, found in parsed(name):
            if found.kind in (Kind.MESSAGE, Kind.OPENED, Kind.RECEIPT, Kind.SEEN, Kind.REACTION, Kind.THREAD):
                assert ids.setdefault(found.external_id, found) == found
    renamed = json.dumps(json.loads((FOLDER / "citizen_reacts.json").read_bytes()), sort_keys=True)
    assert parse(json.loads(renamed), PAGE_ID, APP_ID)[0][1].external_id == event("citizen_reacts").external_id


def test_only_acts_of_a_citizen_open_the_window() -> None:
    opening = ("sends_text", "taps_menu", "gets_started", "follows_link", "reacts", "shares_phone_by_quick_reply")
    assert all(opens_window(event(f"citizen_{name}")) for name in opening)
    others = (
        "messages_read",
        "messages_delivered",
        "citizen_takes_reaction_back",
        "edited_message",
        "citizen_comments",
    )
    assert not any(opens_window(event(name)) for name in (*others, "staff_typed_in_page_inbox", "echo_of_our_text"))


# Any JSON


def messaging(message: Any, **more: Any) -> dict[str, Any]:
    item = {"sender": {"id": CITIZEN}, "recipient": {"id": PAGE_ID}, "timestamp": 1795399200000, "message": message}
    return {"object": "page", "entry": [{"id": PAGE_ID, "messaging": [item | more]}]}


WORDS = st.text(max_size=20) | st.sampled_from(["\ud83d", "\x00", "9" * 6_000, "https://[", "page", PAGE_ID, "feed"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.just(10**4_000)
ANYTHING = st.recursive(LEAVES, lambda one: st.lists(one, max_size=4) | st.dictionaries(WORDS, one, max_size=4))
KEYS = (
    "mid text is_echo app_id metadata attachments type payload url coordinates lat long sticker_id quick_reply "
    "referral ref reply_to commands is_deleted mids watermark action emoji num_edit reaction new_owner_app_id feedback "
    "title id item verb comment_id post_id from created_time edited_time sender_id photo value product elements name"
).split()
FILLED = st.recursive(
    LEAVES | ANYTHING,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(KEYS), one, max_size=6),
    max_leaves=25,
)
EVENTS = (
    "message postback referral reaction message_edit delivery read optin policy_enforcement pass_thread_control "
    "take_thread_control request_thread_control app_roles response_feedback messaging_feedback novelty"
).split()
ITEMS = st.dictionaries(
    st.sampled_from([*EVENTS, "sender", "recipient", "timestamp", "field", "value"]), FILLED, max_size=4
)
GOOD = {"sender": {"id": CITIZEN}, "recipient": {"id": PAGE_ID}, "message": {"mid": "m_good", "text": "hỏi"}}


@given(ANYTHING | FILLED)
def test_no_json_makes_it_fail(value: Any) -> None:
    for wrapped in (value, {"object": "page", "entry": value}, {"object": "page", "entry": [value]}, {"field": value}):
        parse(wrapped, PAGE_ID, APP_ID)


@settings(max_examples=100, deadline=None)
@given(st.lists(ITEMS | ANYTHING, max_size=3), st.lists(ITEMS | ANYTHING, max_size=3), st.sampled_from(EVENTS), FILLED)
def test_bad_items_are_kept_and_lose_no_neighbour(before: list[Any], after: list[Any], name: str, value: Any) -> None:
    known = {"sender": {"id": CITIZEN}, "recipient": {"id": PAGE_ID}, "timestamp": value, name: value}
    items = [*before, known, GOOD, *after]
    entries = [
        {"id": PAGE_ID, "messaging": items, "standby": items},
        {"id": PAGE_ID, "changes": [{"field": "feed", "value": one} for one in items]},
    ]
    found = parse({"object": "page", "entry": entries}, PAGE_ID, APP_ID)
    assert len(found) == 3 * len(items)
    assert [one.text for _, one in found if one.external_id == "m_good"] == ["hỏi", "hỏi"]
    for _, one in found:
        assert "fault" not in one.details
        assert 0 < len(one.external_id) <= limits.EXTERNAL_ID_CHARACTERS
        assert len(one.citizen_id) <= limits.ID_CHARACTERS
        assert one.sent_at is None or one.sent_at.tzinfo is UTC
        kept = [dict(one.details), one.text, one.payload, one.citizen_id, *(part.name for part in one.attachments)]
        assert "\\u0000" not in json.dumps(kept)
        json.dumps(kept, allow_nan=False, ensure_ascii=False).encode()


def test_a_deep_and_a_big_body_are_read_quickly() -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = {"message": [deep]}
    start = time.perf_counter()
    assert parse({"object": "page", "entry": [{"id": PAGE_ID, "messaging": [deep]}]}, PAGE_ID, APP_ID)
    many = {"object": "page", "entry": [{"id": PAGE_ID, "messaging": [GOOD] * 1_000}]}
    assert len(parse(many, PAGE_ID, APP_ID)) == 1_000
    assert time.perf_counter() - start < 2


def test_a_delivered_event_is_parsed_as_it_happened() -> None:
    meta = GraphWebhooks(PretendGraph(lambda: NINE), "")
    happened: list[Event] = [
        meta.says("Xin chào"), meta.taps("Lệ phí", "ask:fee:tach-ho"), meta.reads(), meta.comments("Mai có làm không?"),
    ]  # fmt: skip
    for one, kind in zip(happened, ("message", "message", "seen", "comment"), strict=True):
        ((page, found),) = parse(json.loads(body(entry(one))), PAGE_ID, APP_ID)
        assert (page, found.kind, found.sent_at) == (PAGE_ID, kind, NINE)
