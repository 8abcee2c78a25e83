"""What is answered to every kind of emergency: a number to call first, and buttons that call."""

from __future__ import annotations

import re

import pytest

from bot.dialogue import doors
from bot.dialogue import texts_vi as say
from bot.dialogue.router import decide
from bot.dialogue.state import State
from bot.dialogue.understanding import Understanding
from bot.domain.messages import Outcome, Reply
from bot.domain.views import UnitView
from knowledge import files
from knowledge.emergencies import EmergencyCase, EmergencyRules
from tests.conftest import MONDAY_MORNING

CASES = EmergencyRules.load(files.EMERGENCIES).cases
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
GENERAL = pytest.param(None, id="suspected by the model")


def numbers_in(text: str) -> list[str]:
    return re.findall(r"(?<!\d)(?:11[1-5]|0251 000 \d{4})(?!\d)", text)


def reply_to(case: EmergencyCase | None, view: UnitView) -> Reply:
    return doors.emergency(case, view, MONDAY_MORNING)


@pytest.mark.parametrize("case", [*(pytest.param(case, id=case.id) for case in CASES), GENERAL])
def test_the_first_line_names_a_number_to_call(case: EmergencyCase | None, view: UnitView) -> None:
    assert numbers_in(reply_to(case, view).text.split("\n")[0])


@pytest.mark.parametrize("case", [*(pytest.param(case, id=case.id) for case in CASES), GENERAL])
def test_nothing_is_left_unfilled_and_nothing_is_asked_back(case: EmergencyCase | None, view: UnitView) -> None:
    reply = reply_to(case, view)
    assert not re.search(r"[{}]|\bNone\b|  ", reply.text)
    assert len(reply.text) < 1_000
    assert reply.buttons == ()


@EVERY_CASE
def test_every_call_button_reaches_a_published_number(case: EmergencyCase, view: UnitView) -> None:
    phones = reply_to(case, view).phones
    assert [phone.number for phone in phones] == [view.phone(position) for position in case.phones]
    assert all(phone.label and phone.number for phone in phones)


@EVERY_CASE
def test_the_first_button_calls_a_number_of_the_first_line(case: EmergencyCase, view: UnitView) -> None:
    reply = reply_to(case, view)
    assert reply.phones[0].number in reply.text.split("\n")[0]


def test_the_general_answer_calls_police_fire_ambulance_and_the_commune(view: UnitView) -> None:
    numbers = [phone.number for phone in reply_to(None, view).phones]
    assert numbers == ["113", "114", "115", view.phone("cong-an-xa")]


def test_a_commune_without_own_numbers_falls_back_to_the_national_ones(view: UnitView) -> None:
    bare = UnitView(view.chain[2:], {}, 1)
    for case in CASES:
        reply = reply_to(case, bare)
        assert "{" not in reply.text
        assert numbers_in(reply.text.split("\n")[0])
    assert "Công an xã: 113." in reply_to(None, bare).text


@EVERY_CASE
def test_the_router_shows_the_door_and_remembers_nothing(case: EmergencyCase, view: UnitView) -> None:
    before = State(procedure="tach-ho", choices=(), awaits="number", greeted=True)
    turn = decide(view, before, Understanding("cứu với", "cuu voi", emergency=case), MONDAY_MORNING)
    assert (turn.outcome, turn.intent, turn.reason) == (Outcome.DOOR, "emergency", case.id)
    assert turn.replies == (reply_to(case, view),)
    assert State.from_json(turn.state) == State(procedure="tach-ho", greeted=True)


def test_the_general_sentence_does_not_promise_help() -> None:
    assert "không thể cử người" in say.DOOR_EMERGENCY
