"""Messages without words: each kind of attachment has its own polite answer."""

from __future__ import annotations

import pytest

from bot.dialogue import texts_vi as say
from bot.dialogue.state import Choice, State
from bot.domain.messages import Attached, Outcome
from bot.domain.records import Procedure
from bot.services.assistant import Assistant
from tests.conftest import MONDAY_MORNING, UNIT
from tests.fakes import FakeNlu
from tests.servers.sample import few_procedures


@pytest.fixture(scope="session")
def sample_procedures() -> dict[str, Procedure]:
    return few_procedures()


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("image",), "đã nhận được ảnh."),
        (("image", "image", "gif"), "đã nhận được ảnh."),
        (("file",), "đã nhận được tệp."),
        (("image", "file", "location"), "đã nhận được ảnh, tệp và vị trí."),
        (("link",), "đã nhận được đường dẫn."),
        (("location",), "ở đó có việc gì"),
        (("location", "sticker"), "ở đó có việc gì"),
        (("audio",), "đoạn ghi âm nhưng chưa nghe"),
        (("video", "image"), "đoạn phim và ảnh nhưng chưa nghe"),
        (("sticker",), say.ATTACHED_STICKER),
        (("something new",), say.EMPTY_MESSAGE),
    ],
)
async def test_what_came_without_words_is_named_and_asked_about(
    assistant: Assistant, nlu: FakeNlu, kinds: tuple[str, ...], said: str
) -> None:
    turn = await assistant.turn(UNIT, {}, "", None, MONDAY_MORNING, [Attached(kind) for kind in kinds])
    assert said in turn.replies[0].text
    assert (turn.outcome, nlu.asked) == (Outcome.TALK, [])


async def test_words_beside_a_photo_are_answered_as_words(assistant: Assistant, nlu: FakeNlu) -> None:
    nlu.says("greet")
    turn = await assistant.turn(UNIT, {}, "xin chào", None, MONDAY_MORNING, [Attached("image")])
    assert "trợ lý ảo" in turn.replies[0].text


async def test_a_photo_leaves_open_what_was_offered(assistant: Assistant) -> None:
    state = State(choices=(Choice("Lệ phí", "hours"),)).to_json()
    turn = await assistant.turn(UNIT, state, " ", None, MONDAY_MORNING, [Attached("image")])
    assert State.from_json(turn.state).choices


async def test_the_invitation_below_a_comment_names_the_unit_and_its_phone(assistant: Assistant) -> None:
    reply = assistant.invitation(UNIT, MONDAY_MORNING)
    assert reply is not None
    assert ("{" in reply.text, "0251" in reply.text) == (False, True)
    assert assistant.invitation("nowhere", MONDAY_MORNING) is None
