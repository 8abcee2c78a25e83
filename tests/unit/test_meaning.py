"""What a message is about when the conversation is already about something."""

from __future__ import annotations

import pytest

from bot.domain.meaning import Found, Hit

UNSURE = Found((Hit("tach-ho", 0.2), Hit("dang-ky-tam-tru", 0.1)), none=0.7, foreign=0.1)


def total(found: Found) -> float:
    return sum(hit.score for hit in found.hits) + found.none


def test_without_a_subject_nothing_changes() -> None:
    assert UNSURE.expecting((), 20, 0.9) is UNSURE


def test_a_message_that_names_nothing_is_about_what_was_spoken_of() -> None:
    found = UNSURE.expecting(("dang-ky-khai-sinh",), 20, 0.9)
    assert found.best is not None
    assert found.best.id == "dang-ky-khai-sinh"
    assert total(found) == pytest.approx(1)


def test_what_was_offered_is_likelier_than_its_words_alone_make_it() -> None:
    found = UNSURE.expecting(("dang-ky-tam-tru",), 20, 0.0)
    assert [hit.id for hit in found.hits] == ["dang-ky-tam-tru", "tach-ho"]


def test_another_procedure_named_clearly_still_wins() -> None:
    clear = Found((Hit("dang-ky-ket-hon", 0.999),), none=0.001)
    found = clear.expecting(("dang-ky-khai-sinh",), 20, 0.9)
    assert found.best is not None
    assert found.best.id == "dang-ky-ket-hon"


def test_somebody_elses_matter_stays_one() -> None:
    found = Found((), none=0.95, foreign=0.95).expecting(("tach-ho",), 20, 0.9)
    assert found.foreign > 0.9


def test_a_failed_search_stays_failed() -> None:
    assert Found(failed=True).expecting(("tach-ho",), 20, 0.9).failed
