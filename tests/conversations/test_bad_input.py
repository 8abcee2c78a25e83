"""Messages nobody planned for, stale buttons, foreign states and failing parts: each gets a clear reply."""

from __future__ import annotations

import json

import pytest

from bot.dialogue.state import STATE_VERSION, Choice, State
from bot.domain.messages import Outcome
from knowledge.search import SearchIndex
from tests.conversations.scripts import Conversation
from tests.fakes import FakeNlu

COUNTER = "0251 000 0011"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "😀😀😀", "❤️👍🏻", "...!?", "\u200b\u200d", "--"])
async def test_a_message_without_words_is_told_so_and_not_sent_to_rasa(
    conversation: Conversation, nlu: FakeNlu, text: str
) -> None:
    turn = await conversation.say(text)
    assert (turn.outcome, turn.reason) == (Outcome.TALK, "blank")
    assert "chưa đọc được nội dung" in conversation.text
    assert nlu.asked == []


async def test_rasa_is_not_shown_the_number_of_an_identity_card(conversation: Conversation, nlu: FakeNlu) -> None:
    await conversation.say("căn cước của tôi 079 090 001234, số 0912345678, làm khai sinh")
    assert nlu.asked == ["căn cước của tôi ******34, số 0912345678, làm khai sinh"]


async def test_what_another_model_understood_is_not_used_any_more(conversation: Conversation, nlu: FakeNlu) -> None:
    nlu.says("greet")
    assert [(await conversation.say("xin chào nha")).intent for _ in range(2)] == ["greet", "greet"]
    nlu.model = "next-model"
    nlu.says("goodbye")
    assert [(await conversation.say("xin chào nha")).intent for _ in range(2)] == ["goodbye", "goodbye"]
    assert len(nlu.asked) == 2


async def test_nothing_is_kept_while_the_model_is_not_known(conversation: Conversation, nlu: FakeNlu) -> None:
    nlu.model = ""
    nlu.says("greet")
    await conversation.say("xin chào nha")
    nlu.says("goodbye")
    assert (await conversation.say("xin chào nha")).intent == "goodbye"


@pytest.mark.parametrize(
    "text",
    [
        "How much is the gold price today?",
        "请问今天天气怎么样",
        "오늘 날씨 어때요",
        "<script>alert(document.cookie)</script>",
        "<b>xin</b> &lt;chào&gt; [nhấn](http://x.vn)",
        "'; DROP TABLE events; --",
        "1' OR '1'='1",
        "/restart",
        "/session_start",
        '/inform{"procedure": "tach-ho"}',
        "{unit} {counter_phone} {0} %s",
        "{{ config.items() }}",
        "../../etc/passwd",
        "\x00\x1b[31m đỏ",
        "\u202egnơhk",
        "x" * 10_000,
        "không hiểu gì hết " * 600,
    ],
    ids=lambda text: text[:20],
)
async def test_a_foreign_message_is_refused_with_a_phone_and_never_echoed(
    conversation: Conversation, nlu: FakeNlu, text: str
) -> None:
    nlu.says("out_of_scope", 0.9)
    turn = await conversation.say(text)
    assert turn.outcome is Outcome.REFUSE
    assert COUNTER in conversation.text
    assert text not in conversation.text
    assert text not in json.dumps(conversation.state, ensure_ascii=False)


async def test_a_very_long_question_is_understood_by_its_beginning(conversation: Conversation, nlu: FakeNlu) -> None:
    nlu.says("procedure_documents")
    turn = await conversation.say("tách hộ khẩu cần giấy tờ gì " + "ạ " * 5_000)
    assert turn.outcome in {Outcome.ANSWER, Outcome.CHOOSE}
    assert turn.candidates[0] == "tach-ho"
    assert len(nlu.asked[0]) <= 2_000


async def test_a_long_message_with_an_emergency_gets_the_number(conversation: Conversation) -> None:
    turn = await conversation.say("chào em, cho hỏi chút " * 50 + "cháy nhà rồi cứu với")
    assert (turn.outcome, turn.reason) == (Outcome.DOOR, "fire")


@pytest.mark.parametrize(
    "payload",
    ["ask:fee:da-bo", "contact:da-bo", "ask:fee", "ask:gia:tach-ho", "contact:", "flow:7", "xyz", ":", "ask:fee:a:b"],
)
async def test_a_stale_or_forged_button_is_refused_politely(conversation: Conversation, payload: str) -> None:
    turn = await conversation.send_payload(payload)
    assert turn.outcome is Outcome.REFUSE
    assert turn.reason
    assert COUNTER in conversation.text
    assert payload not in conversation.text or payload == ":"


async def test_a_button_still_works_after_the_subject_changed(conversation: Conversation) -> None:
    await conversation.say("tách hộ khẩu cần giấy tờ gì", "procedure_documents")
    old = conversation.last.replies[0].buttons[0].payload
    await conversation.say("đăng ký kết hôn cần giấy tờ gì", "procedure_documents")
    turn = await conversation.send_payload(old)
    assert turn.procedure == "tach-ho"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"v": STATE_VERSION + 1, "procedure": "tach-ho", "choices": [{"nhan": "khác"}]},
        {"v": 0, "procedure": "tach-ho", "greeted": True},
        {"procedure": "tach-ho"},
    ],
)
async def test_a_state_of_another_version_is_dropped(conversation: Conversation, state: dict[str, object]) -> None:
    conversation.state = state
    turn = await conversation.say("còn lệ phí?", "procedure_fee")
    assert turn.outcome is Outcome.CHOOSE
    assert "của thủ tục nào" in conversation.text
    assert turn.state["v"] == STATE_VERSION


async def test_a_procedure_withdrawn_meanwhile_is_not_carried_over(conversation: Conversation) -> None:
    conversation.state = State(procedure="da-bo").to_json()
    turn = await conversation.say("còn lệ phí?", "procedure_fee")
    assert turn.outcome is Outcome.CHOOSE


async def test_a_choice_withdrawn_meanwhile_is_refused(conversation: Conversation) -> None:
    conversation.state = State(choices=(Choice("Cũ", "ask:fee:da-bo"),)).to_json()
    turn = await conversation.say("1", "affirm")
    assert (turn.outcome, turn.reason) == (Outcome.REFUSE, "procedure no longer published")


def test_a_state_survives_its_storage_as_json() -> None:
    choices = (Choice("Lệ phí – “tách hộ”", "ask:fee:tach-ho"), Choice("2", "contact:bi-thu"))
    state = State("tach-ho", "fee", choices, "number", greeted=True, insults=2)
    assert State.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_a_state_lacking_newer_fields_is_read_with_their_defaults() -> None:
    assert State.from_json({"v": STATE_VERSION, "procedure": "tach-ho"}) == State(procedure="tach-ho")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("tôi khiếu nại quyết định thu hồi đất của ông Nguyễn Văn Tèo", "lodge_complaint"),
        ("tôi tố cáo bà Trần Thị Lụa nhận năm triệu", "denounce"),
        ("thằng Cu Tí nhà bên bán ma túy", "report_crime"),
        ("cán bộ Lê Văn Sửu đòi tiền tôi", "complain_staff"),
        ("ông Tám Khùng đốt rác trước nhà tôi", "report_problem"),
        ("cháy nhà bà Năm Lúa rồi cứu với", "thank"),
    ],
)
async def test_nothing_of_a_complaint_crime_or_emergency_is_kept_or_repeated(
    conversation: Conversation, text: str, intent: str
) -> None:
    turn = await conversation.say(text, intent)
    assert turn.outcome is Outcome.DOOR
    kept = json.dumps([conversation.state, turn.extra, conversation.text], ensure_ascii=False)
    for name in ("Tèo", "Lụa", "năm triệu", "Cu Tí", "Sửu", "Khùng", "Năm Lúa"):
        assert name not in kept


async def test_an_emergency_does_not_wait_for_rasa(conversation: Conversation, nlu: FakeNlu) -> None:
    await conversation.say("cháy nhà rồi cứu với")
    assert nlu.asked == []


async def test_the_same_words_are_parsed_once(conversation: Conversation, nlu: FakeNlu) -> None:
    await conversation.say("Cám ơn em!", "thank")
    await conversation.say("cám ơn EM", "thank")
    assert nlu.asked == ["Cám ơn em!"]


async def test_words_said_while_rasa_is_away_are_parsed_again_later(conversation: Conversation, nlu: FakeNlu) -> None:
    nlu.away = True
    assert (await conversation.say("cám ơn em", "thank")).outcome is Outcome.REFUSE
    assert "đang tạm nghỉ" in conversation.text
    nlu.away = False
    assert (await conversation.say("cám ơn em", "thank")).outcome is Outcome.TALK


@pytest.fixture
def broken_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(self: SearchIndex, text: str, limit: int = 10) -> None:
        raise ValueError("told to fail")

    monkeypatch.setattr(SearchIndex, "find", find)


@pytest.mark.usefixtures("broken_search")
async def test_a_failing_search_is_told_apart_from_nothing_relevant(conversation: Conversation) -> None:
    turn = await conversation.say("tách hộ khẩu cần giấy tờ gì", "procedure_documents")
    assert (turn.outcome, turn.reason) == (Outcome.REFUSE, "search failed")
    assert COUNTER in conversation.text


@pytest.mark.usefixtures("broken_search")
async def test_small_talk_hours_and_emergencies_work_without_the_search(conversation: Conversation) -> None:
    assert (await conversation.say("chào em", "greet")).outcome is Outcome.TALK
    assert (await conversation.say("mấy giờ làm việc", "office_hours")).outcome is Outcome.ANSWER
    assert (await conversation.say("cháy nhà rồi cứu với")).outcome is Outcome.DOOR


@pytest.mark.usefixtures("broken_search")
async def test_without_search_and_rasa_a_person_is_named(conversation: Conversation, nlu: FakeNlu) -> None:
    nlu.away = True
    turn = await conversation.say("tách hộ khẩu cần giấy tờ gì")
    assert turn.outcome is Outcome.REFUSE
    assert COUNTER in conversation.text
    assert "đang tạm nghỉ" in conversation.text
