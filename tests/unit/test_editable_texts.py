"""Sentences a unit words itself, and posts somebody stands in for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.dialogue import contacts, editable
from bot.dialogue.router import decide
from bot.dialogue.state import State
from bot.dialogue.understanding import read
from bot.domain import notices
from bot.domain.meaning import Meaning
from bot.domain.records import Absence
from bot.domain.texts import APOLOGY_LETTER, GROUPS, SLOGANS, VARIABLES, WORDINGS, filled, problem
from bot.domain.views import UnitView
from tests.conftest import MONDAY_MORNING

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("name", WORDINGS)
def test_the_programs_own_wording_passes_its_own_checks_and_is_filled_whole(name: str, view: UnitView) -> None:
    text = editable.default(name)
    assert problem(name, text) == ""
    assert "{" not in filled(text, editable.samples(view, MONDAY_MORNING))


def test_every_wording_has_its_place_on_the_page_and_every_variable_its_words() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(WORDINGS)
    assert {one for wording in WORDINGS.values() for one in wording.allowed} <= set(VARIABLES)
    assert set(SLOGANS) <= set(WORDINGS)


def test_what_is_said_is_the_units_own_wording(view: UnitView) -> None:
    own = replace(view, texts={"GREETING": "Chào từ {ten_don_vi}. {bon_luon}", "bon_luon": "Luôn cười."})
    heard = replace(read("xin chào"), meaning=Meaning("greet", 0.99, (("greet", 0.99),), "model"))
    turn = decide(own, State(), heard, MONDAY_MORNING)
    assert turn.replies[0].text == "Chào từ xã Tân An. Luôn cười."


def test_the_letter_of_apology_is_the_units_own() -> None:
    moment = datetime(2026, 11, 20, 3, 0, tzinfo=MONDAY_MORNING.tzinfo)
    said = ("PA-1", "xã Tân An", moment, moment, "máy hỏng", TODAY)
    assert notices.apology(*said, letter="{ten_don_vi} xin lỗi về phiếu {ma_phieu}: {ly_do}") == (
        "XÃ TÂN AN\nXã Tân An xin lỗi về phiếu PA-1: máy hỏng."
    )
    assert "THƯ XIN LỖI" in APOLOGY_LETTER


def away(view: UnitView, **deputies: str | None) -> UnitView:
    """The view with these positions away this week; by id with underscores."""
    absences = {name.replace("_", "-"): deputy for name, deputy in deputies.items()}
    positions = tuple(
        one.model_copy(
            update={
                "absences": (Absence(first=TODAY, last=date(2026, 11, 27), deputy=absences[one.id], note="đi họp"),)
            }
        )
        if one.id in absences
        else one
        for one in view.unit.positions
    )
    return replace(view, chain=(view.unit.model_copy(update={"positions": positions}), *view.chain[1:]))


def test_somebody_away_is_answered_with_the_deputy_first(view: UnitView) -> None:
    own = away(view, chu_tich_ubnd="pho-chu-tich-ubnd")
    reply = contacts.contact(own.positions["chu-tich-ubnd"], own, TODAY)
    assert reply.text.startswith(
        "Dạ, Chủ tịch Ủy ban nhân dân xã vắng từ 23/11/2026 đến hết 27/11/2026 (đi họp).\n"
        "Trong thời gian đó, ông/bà vui lòng liên hệ Phó Chủ tịch Ủy ban nhân dân xã:\n• 0251 000 0006"
    )
    assert [one.number for one in reply.phones] == ["0251 000 0006", "0251 000 0005"]
    assert "vắng" not in contacts.contact(own.positions["chu-tich-ubnd"], own, date(2026, 11, 28)).text


def test_deputies_who_are_away_too_hand_on_and_a_circle_ends_at_the_counter(view: UnitView) -> None:
    own = away(view, chu_tich_ubnd="pho-chu-tich-ubnd", pho_chu_tich_ubnd="van-phong-hdnd-ubnd")
    assert own.stand_in(own.positions["chu-tich-ubnd"], TODAY) == own.positions["van-phong-hdnd-ubnd"]
    circle = away(view, chu_tich_ubnd="pho-chu-tich-ubnd", pho_chu_tich_ubnd="chu-tich-ubnd")
    reply = contacts.contact(circle.positions["chu-tich-ubnd"], circle, TODAY)
    assert "Việc gấp, ông/bà vui lòng gọi số chung 0251 000 0011 ạ." in reply.text
