"""The taps below what staff send mean something to the dialogue."""

from __future__ import annotations

import pytest

from bot.dialogue import payloads
from bot.domain import notices
from bot.domain.codes import ticket_code
from bot.domain.messages import Button
from tests.conftest import MONDAY_MORNING

CODE = ticket_code(MONDAY_MORNING.date(), 17)


@pytest.mark.parametrize("button", [*notices.below_answer(CODE), *notices.below_question(CODE)])
def test_a_tap_below_a_message_of_staff_is_understood(button: Button) -> None:
    parsed = payloads.parse(button.payload)
    assert parsed is not None
    assert parsed[1][-1] == CODE
