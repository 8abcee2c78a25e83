"""Reports in any order of messages: nothing crashes, nothing told is lost by something else in between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue import payloads
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.context import FactsNeededError
from bot.dialogue.draft import STEPS, Draft
from bot.dialogue.router import decide
from bot.dialogue.state import STATE_VERSION, State
from bot.dialogue.understanding import Understanding, read
from bot.domain.filing import AddToTicket, EraseData, FileTicket, FollowTicket, TicketFact, TicketFacts
from bot.domain.meaning import INTENTS, Found, Hit, Meaning
from bot.domain.messages import Attached, Outcome, Turn
from bot.domain.tickets import TicketKind, TicketState
from bot.domain.views import UnitView
from knowledge import files
from knowledge.emergencies import EmergencyRules
from tests.conftest import MONDAY_MORNING

CODE = "PA-261123-0001Y"
WORDS = (
    "", "1", "2", "5", "thôi", "hủy", "bỏ qua", "đúng rồi", "gửi đi", "không", "sai rồi", "tiếp tục", "chào em",
    "cảm ơn", "tôi muốn phản ánh", "rác ở ấp 3 không ai lấy", "den duong hu", "trước cổng chùa", "ấp 4", "0912345678",
    "không muốn nêu tên", "sửa nơi", "sửa nội dung", "thêm số điện thoại", "tôi khiếu nại rác không ai thu",
    "tôi khiếu nại quyết định xử phạt", "tôi tố cáo ông A nhận tiền của dân", "cán bộ đòi 500k", "làm lại từ đầu",
    "tách hộ khẩu cần giấy tờ gì", "số điện thoại công an xã là gì", "mấy giờ mở cửa", "gặp cán bộ", "XEM DỮ LIỆU",
    "XÓA DỮ LIỆU", "phiếu của tôi", "rút phiếu", "chưa xong", "rất hài lòng", "bổ sung", CODE, f"rút phiếu {CODE}",
    "cháy nhà rồi cứu với", "góp ý", "khen cô Lan nhiệt tình", "theo dõi", "😀", "{ticket_code} {0}", "x" * 3_000,
)  # fmt: skip
TAPS = (
    *sorted(payloads.SIMPLE),
    *(payloads.draft(one) for one in sorted(payloads.DRAFT_ACTIONS)),
    *(payloads.begin(one) for one in TicketKind),
    *(payloads.ticket(one, CODE) for one in sorted(payloads.TICKET_ACTIONS)),
    *(payloads.privacy(one) for one in sorted(payloads.PRIVACY_ACTIONS)),
    *(payloads.rate(stars, CODE) for stars in (1, 5)),
    "ask:fee:tach-ho", "contact:cong-an-xa", "none", "garbage",
)  # fmt: skip
ATTACHED = (
    (),
    (Attached("image", photo=(7, 0)),),
    (Attached("location", pin=(11.1, 107.0)), Attached("image", photo=(8, 1))),
    (Attached("sticker"),),
    (Attached("audio", photo=(9, 0)),),
)
MEANINGS = st.one_of(
    st.none(),
    st.builds(
        lambda intent, sure: Meaning(intent, sure, ((intent, sure), ("out_of_scope", (1 - sure) / 2)), "m"),
        st.sampled_from(INTENTS),
        st.sampled_from((0.2, 0.4, 0.6, 0.95)),
    ),
)
FOUND = st.sampled_from((Found(), Found((Hit("tach-ho", 0.95),), 0.02), Found((Hit("tach-ho", 0.2),), 0.7)))
DROPPED = frozenset(
    {tell.DRAFT_DROPPED, tell.PHONE_NEEDED, tell.NOT_A_REPORT, say.RESTARTED, tell.DOOR_BRIBE, say.DOOR_COMPLAINT}
)
"""How the citizen is told that a report was given up."""
RULES = EmergencyRules.load(files.EMERGENCIES)


def fact(state: TicketState, *, own: bool, **more: object) -> TicketFact:
    due = MONDAY_MORNING + timedelta(days=5)
    return TicketFact(CODE, TicketKind.REPORT, state, MONDAY_MORNING, due, own, **more)  # type: ignore[arg-type]


FACTS = st.sampled_from(
    (
        TicketFacts(),
        TicketFacts(own=(fact(TicketState.NEW, own=True, summary="rác"),)),
        TicketFacts(own=(fact(TicketState.WAITING, own=True),), similar=(fact(TicketState.NEW, own=True),)),
        TicketFacts(own=(fact(TicketState.ANSWERED, own=True, last_reply="xong"),)),
        TicketFacts(own=(fact(TicketState.CLOSED, own=True, reopened=1, rating=3, closed_at=MONDAY_MORNING),)),
        TicketFacts(own=(fact(TicketState.NEW, own=True, followed=True),)),
        TicketFacts(asked=fact(TicketState.RECEIVED, own=False), similar=(fact(TicketState.NEW, own=False),)),
        TicketFacts(data_kept=(("tin nhắn", 4),)),
    )
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[Understanding, TicketFacts]:
    facts = draw(FACTS)
    if draw(st.booleans()):
        return read("", draw(st.sampled_from(TAPS))), facts
    text = draw(st.sampled_from(WORDS))
    heard = read(text, None, draw(st.sampled_from(ATTACHED)))
    seen = Understanding(
        **{
            **{name: getattr(heard, name) for name in heard.__dataclass_fields__},
            "emergency": RULES.detect(text),
            "meaning": draw(MEANINGS),
            "procedures": draw(FOUND),
        }
    )
    return seen, facts


def turn_of(view: UnitView, state: State, heard: Understanding, facts: TicketFacts) -> Turn:
    try:
        return decide(view, state, heard, MONDAY_MORNING)
    except FactsNeededError:
        return decide(view, state, heard, MONDAY_MORNING, facts=facts)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(messages(), min_size=1, max_size=12))
def test_no_sequence_of_messages_crashes_or_loses_a_report(
    view: UnitView, said: Sequence[tuple[Understanding, TicketFacts]]
) -> None:
    state = State()
    for heard, facts in said:
        turn = turn_of(view, state, heard, facts)
        after = State.from_json(json.loads(json.dumps(turn.state)))
        assert turn.replies
        assert all(reply.text.strip() and len(reply.text) < 4_000 for reply in turn.replies)
        assert all(payloads.parse(one.payload) and one.label for reply in turn.replies for one in reply.buttons)
        if state.draft is not None and state.draft.tells_something and after.draft is None:
            done = any(isinstance(one, FileTicket | FollowTicket | AddToTicket | EraseData) for one in turn.effects)
            first = " ".join(turn.replies[0].text.split()[:5])
            assert done or any(one.startswith(first[:12]) for one in DROPPED), turn
        if state.draft is not None and after.draft is not None and turn.outcome is not Outcome.FLOW:
            assert after.draft.text == state.draft.text
            assert set(state.draft.photos) <= set(after.draft.photos)
        state = after


def test_a_draft_survives_its_storage_as_json() -> None:
    draft = Draft(
        "2026-11-23T02:00:00+00:00", "confirm", TicketKind.REPORT, "rác", "rubbish", "ấp 3", "ấp 3", 11.1, 107.0,
        "+84912345678", None, photos=((1, 0), (2, 3)), done=("where",), reminded=True,
    )  # fmt: skip
    assert Draft.from_json(json.loads(json.dumps(draft.to_json()))) == draft


@pytest.mark.parametrize(
    "stored",
    [
        None, {}, {"started_at": 5}, {"started_at": "2026-11-23", "step": "gone"},
        {"started_at": "2026-11-23", "kind": "gone"}, {"started_at": "2026-11-23", "photos": [1]},
    ],
)  # fmt: skip
def test_a_draft_of_another_program_is_dropped(stored: dict[str, object] | None) -> None:
    assert Draft.from_json(stored) is None
    assert State.from_json({"v": STATE_VERSION, "procedure": "tach-ho", "draft": stored}) == State("tach-ho")


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_its_question_and_its_reminder(step: str, view: UnitView) -> None:
    state = State(draft=Draft.begun(MONDAY_MORNING, step=step, text="rác", place="ấp 3", kind=TicketKind.REPORT))
    asked = decide(view, state, read("", payloads.draft("resume")), MONDAY_MORNING)
    assert asked.outcome is Outcome.FLOW
    aside = decide(view, state, read("", payloads.HOURS), MONDAY_MORNING)
    assert tell.QUESTIONS[step] in aside.replies[-1].text
    assert State.from_json(aside.state).draft == state.draft


def test_a_second_report_waits_until_the_first_is_sent_or_dropped(view: UnitView) -> None:
    state = State(draft=Draft.begun(MONDAY_MORNING, step="where", text="rác", kind=TicketKind.REPORT))
    turn = decide(view, state, read("", payloads.begin(TicketKind.CALL_BACK)), MONDAY_MORNING)
    assert turn.replies[0].text.startswith(tell.FINISH_FIRST)
    assert State.from_json(turn.state).draft == state.draft


@pytest.mark.parametrize("kind", TicketKind)
def test_every_kind_is_asked_for_summed_up_and_filed(kind: TicketKind, view: UnitView) -> None:
    begun = decide(view, State(), read("", payloads.begin(kind)), MONDAY_MORNING)
    state = State.from_json(begun.state)
    turn = begun
    for text in ("rác chất đống", "ấp 3", "0912345678", "gửi phiếu"):
        if state.draft is None:
            break
        turn = turn_of(view, state, read(text), TicketFacts())
        state = State.from_json(turn.state)
    filed = [one.filing for one in turn.effects if isinstance(one, FileTicket)]
    assert [one.kind for one in filed] == [kind]
    assert "{ticket_code}" in turn.replies[0].text
    assert filed[0].phone == "+84912345678" or kind is TicketKind.PRAISE
