"""Every sentence the assistant says, and every intent it must know an answer to."""

from __future__ import annotations

import ast
import inspect
import re
import string
import unicodedata
from collections.abc import Iterator

import pytest

from bot.dialogue import (
    attached,
    contacts,
    context,
    doors,
    finishing,
    hours,
    lawful,
    offices,
    person,
    privacy,
    procedures,
    questions,
    reporting,
    router,
    summary,
    tickets,
)
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.draft import STEPS, WITHOUT_CONTENT
from bot.domain.meaning import INTENTS, PROCEDURE_ASPECTS
from bot.domain.tickets import TicketKind, TicketState
from bot.domain.views import UnitView
from tests.conftest import MONDAY_MORNING


def _texts() -> Iterator[tuple[str, str]]:
    for name, value in [*vars(say).items(), *vars(tell).items()]:
        if not name.isupper():
            continue
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name}.{key}", text) for key, text in value.items())
        else:
            yield from ((f"{name}.{number}", text) for number, text in enumerate(value))


TEXTS = dict(_texts())
SENTENCES = [pytest.param(name, text, id=name) for name, text in TEXTS.items()]
FORMATTED = frozenset(
    keyword.arg
    for module in (
        attached,
        contacts,
        context,
        doors,
        finishing,
        hours,
        lawful,
        offices,
        person,
        privacy,
        procedures,
        questions,
        reporting,
        router,
        summary,
        tickets,
    )
    for call in ast.walk(ast.parse(inspect.getsource(module)))
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "format"
    for keyword in call.keywords
    if keyword.arg
)
"""Placeholders which the code that fills the texts names."""


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_no_two_sentences_have_one_name() -> None:
    assert {name for name in vars(say) if name.isupper()} & {name for name in vars(tell) if name.isupper()} == set()


def test_every_kind_and_state_of_a_ticket_has_its_name() -> None:
    assert set(tell.KIND_NAMES) == set(TicketKind)
    assert set(tell.STATE_NAMES) == set(TicketState)
    assert set(tell.QUESTIONS) == set(STEPS)
    assert {TicketKind(one) for one in tell.ASK_WHAT} == set(TicketKind) - WITHOUT_CONTENT


def test_there_are_sentences_to_check() -> None:
    assert len(TEXTS) > 100
    assert all(isinstance(text, str) for text in TEXTS.values())


@pytest.mark.parametrize(("name", "text"), SENTENCES)
def test_a_sentence_is_composed_unicode(name: str, text: str) -> None:
    assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize(("name", "text"), SENTENCES)
def test_a_placeholder_is_known_to_the_code_that_fills_it(name: str, text: str, view: UnitView) -> None:
    assert placeholders(text) <= FORMATTED | set(doors.names(view, MONDAY_MORNING))


@pytest.mark.parametrize(("name", "text"), SENTENCES)
def test_the_citizen_is_addressed_as_elder(name: str, text: str) -> None:
    spoken = re.sub(r"“[^”]*”", "", text).lower()
    assert not re.search(r"\b(em|con|cháu|bạn|mày)\b", spoken)
    assert not re.search(r"\bquý vị|\bkhách hàng", spoken)


@pytest.mark.parametrize(("name", "text"), SENTENCES)
def test_a_sentence_has_no_stray_spaces(name: str, text: str) -> None:
    assert "  " not in text
    assert not re.search(r" [,.;:!?]| \n|\n ", text)


@pytest.mark.parametrize(("name", "text"), SENTENCES)
def test_a_sentence_fits_a_phone(name: str, text: str) -> None:
    assert 0 < len(text) <= 600


@pytest.mark.parametrize("name", [name for name in TEXTS if "DOOR" in name or "ABUSE" in name])
def test_no_emoji_where_matters_are_grave(name: str) -> None:
    assert not any(unicodedata.category(char) == "So" for char in TEXTS[name])


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("ASPECT_BUTTONS") or "BUTTON_" in name])
def test_a_button_label_fits_the_platforms(name: str) -> None:
    assert len(TEXTS[name]) <= 20


def test_the_greeting_says_who_speaks_what_it_can_do_and_what_is_kept() -> None:
    for part in ("trợ lý ảo trả lời tự động của {unit}", "Hỏi thủ tục", "số điện thoại", "Riêng tư"):
        assert part in say.GREETING


@pytest.mark.parametrize("aspect", PROCEDURE_ASPECTS)
def test_every_aspect_has_its_words_and_its_answer(aspect: str) -> None:
    assert aspect in say.OPENING
    assert aspect in say.ASPECT_NAMES
    assert aspect in say.ASPECT_BUTTONS
    assert aspect in procedures.FIELDS
    assert aspect in procedures.NEXT
    assert set(procedures.NEXT[aspect]) <= set(PROCEDURE_ASPECTS) - {aspect}


def test_eleven_aspects_are_answered() -> None:
    assert len(PROCEDURE_ASPECTS) == len(set(PROCEDURE_ASPECTS)) == 11


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_has_a_handler(intent: str) -> None:
    assert intent.startswith("procedure_") or intent in router.HANDLED_INTENTS


def test_no_handler_waits_for_an_intent_that_does_not_exist() -> None:
    assert set(INTENTS) >= router.HANDLED_INTENTS


def test_every_placeholder_value_of_a_unit_is_filled(view: UnitView) -> None:
    assert [name for name, value in doors.names(view, MONDAY_MORNING).items() if not value.strip()] == []
