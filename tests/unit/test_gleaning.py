"""What is learned from turns that are over, and what never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.dialogue import payloads
from bot.domain.learning import Figure, HeardTurn, Reason
from bot.services.gleaning import Gleaner
from knowledge.emergencies import EmergencyRules

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HITS = [["khai-sinh", 0.6], ["ket-hon", 0.1]]
BANDS = {"choose": 0.04, "answer": 0.85}


@pytest.fixture
def gleaner(emergency_rules: EmergencyRules) -> Gleaner:
    return Gleaner(emergency_rules)


def turn(
    text: str,
    outcome: str,
    *,
    number: int = 1,
    payload: str | None = None,
    intent: str = "procedure_fee",
    procedure: str | None = None,
    path: str = "offered",
    previous: HeardTurn | None = None,
    **why: Any,
) -> HeardTurn:
    kept = {"path": path, "hits": HITS, "bands": BANDS, "intents": [[intent, 0.9]], **why}
    meta = {"intent": intent, "procedure": procedure, "why": kept}
    return HeardTurn(number, 5, "xa", AT, "message", text, payload, outcome, meta, previous)


UNSURE = turn("phi lam khai sinh", "choose")


def test_a_refused_message_is_a_sample_and_counts_for_the_likeliest_procedure(gleaner: Gleaner) -> None:
    gleaned = gleaner.glean([turn("khai sinh kiểu Mỹ", "refuse", path="nothing_found")])
    (sample,) = gleaned.samples
    assert (sample.text, sample.reasons, sample.procedure_id) == ("khai sinh kiểu Mỹ", (Reason.REFUSED,), "khai-sinh")
    assert [(one.procedure_id, one.figure) for one in gleaned.counted] == [("khai-sinh", Figure.REFUSED)]


def test_a_refused_message_that_names_no_procedure_counts_for_none(gleaner: Gleaner) -> None:
    gleaned = gleaner.glean([turn("hát karaoke", "refuse", path="foreign", hits=[["khai-sinh", 0.01]])])
    assert [(one.procedure_id, one.figure) for one in gleaned.counted] == [("", Figure.REFUSED)]


def test_a_picked_choice_teaches_what_the_message_before_meant(gleaner: Gleaner) -> None:
    picked = turn(
        "", "answer", number=2, payload="ask:fee:ket-hon", procedure="ket-hon", path="picked", previous=UNSURE
    )
    gleaned = gleaner.glean([UNSURE, picked])
    (sample,) = gleaned.samples
    assert (sample.event_id, sample.reasons, sample.procedure_id) == (1, (Reason.CHOSEN,), "ket-hon")
    assert [(one.event_id, one.procedure_id, one.figure) for one in gleaned.counted] == [
        (1, "khai-sinh", Figure.OFFERED), (2, "ket-hon", Figure.CHOSEN),
    ]  # fmt: skip


def test_none_of_the_choices_makes_the_message_before_a_refused_one(gleaner: Gleaner) -> None:
    none = turn("", "refuse", number=2, payload=payloads.NONE_OF_THESE, path="tap", previous=UNSURE)
    gleaned = gleaner.glean([UNSURE, none])
    assert [(one.event_id, one.reasons) for one in gleaned.samples] == [(1, (Reason.REFUSED,))]
    assert [one.figure for one in gleaned.counted] == [Figure.OFFERED]


def test_a_correction_marks_the_answer_before_it_as_badly_rated(gleaner: Gleaner) -> None:
    answered = turn("phí khai sinh", "answer", procedure="khai-sinh", path="sure")
    corrects = turn(
        "không, ý tui là kết hôn",
        "answer",
        number=2,
        procedure="ket-hon",
        path="sure",
        previous=answered,
        corrects=True,
    )
    gleaned = gleaner.glean([answered, corrects])
    (sample,) = gleaned.samples
    assert (sample.event_id, sample.reasons, sample.procedure_id) == (1, (Reason.CORRECTED,), "ket-hon")
    assert (1, Figure.BADLY_RATED) in [(one.event_id, one.figure) for one in gleaned.counted]


def test_asking_for_a_person_makes_a_sample_of_the_message_before(gleaner: Gleaner) -> None:
    person = turn("cho gặp cán bộ", "door", number=2, intent="talk_to_person", path="intent", previous=UNSURE)
    assert [(one.event_id, one.reasons) for one in gleaner.glean([UNSURE, person]).samples] == [
        (1, (Reason.ESCALATED,))
    ]


def test_a_message_that_went_wrong_in_two_ways_is_one_sample(gleaner: Gleaner) -> None:
    refused = turn("khai sinh kiểu Mỹ", "refuse", path="nothing_found")
    person = turn("", "door", number=2, payload=payloads.PERSON, path="tap", previous=refused)
    (sample,) = gleaner.glean([refused, person]).samples
    assert sample.reasons == (Reason.REFUSED, Reason.ESCALATED)


@pytest.mark.parametrize(("reaction", "samples"), [("angry", 1), ("/-weak", 1), ("love", 0), ("", 0)])
def test_a_displeased_reaction_rates_the_answer_badly(gleaner: Gleaner, reaction: str, samples: int) -> None:
    answered = turn("phí khai sinh", "answer", procedure="khai-sinh", path="sure")
    reacted = replace(turn("", "ignored", number=2), kind="reaction", meta={}, reacted=answered, reaction=reaction)
    gleaned = gleaner.glean([reacted])
    assert len(gleaned.samples) == len(gleaned.counted) == samples


def test_a_sure_answer_is_counted_but_nothing_to_learn_from(gleaner: Gleaner) -> None:
    gleaned = gleaner.glean([turn("phí khai sinh", "answer", procedure="khai-sinh", path="sure")])
    assert gleaned.samples == ()
    assert [one.figure for one in gleaned.counted] == [Figure.ANSWERED]


@pytest.mark.parametrize(
    "secret",
    [
        turn("ông trưởng ấp lấy đất", "door", intent="denounce"),
        turn("tôi không đồng ý quyết định", "door", intent="lodge_complaint"),
        turn("nó vô nhà tôi", "door", intent="report_crime"),
        turn("cô ấy la tôi", "flow", intent="complain_staff"),
        turn("xóa dữ liệu của tôi", "talk", intent="privacy_request"),
        turn("cháy nhà rồi", "door", intent="greet", path="emergency_rule"),
        turn("cứu tôi với có người đuối nước", "refuse", intent="greet"),
        turn("ông ấy lạ lắm", "refuse", intents=[["greet", 0.6], ["denounce", 0.2]]),
        turn("muốn tố cáo chuyện này", "refuse", intent="procedure_place"),
        turn("cán bộ đòi hối lộ", "refuse", intent="out_of_scope"),
        turn("nộp đơn tố cáo ở đâu", "answer", procedure="giai-quyet-to-cao"),
        turn("chuyện trong nhà", "refuse", hits=[["bao-ve-khan-cap-tre-em", 0.5]]),
    ],
)
def test_what_is_sealed_is_neither_shown_nor_counted(gleaner: Gleaner, secret: HeardTurn) -> None:
    gleaned = gleaner.glean([secret])
    assert (gleaned.samples, gleaned.counted) == ((), ())
    assert [one.event_id for one in gleaned.sealed] == [1]


def test_a_sealed_message_is_no_sample_of_what_follows_it(gleaner: Gleaner) -> None:
    secret = turn("tố cáo ông A", "refuse", intent="out_of_scope")
    person = turn("cho gặp cán bộ", "door", number=2, intent="talk_to_person", previous=secret)
    assert gleaner.glean([person]).samples == ()


def test_a_long_story_and_a_tap_are_no_samples(gleaner: Gleaner) -> None:
    assert gleaner.glean([turn("à " * 200, "refuse"), turn("", "refuse", number=2, payload="ask:fee:x")]).samples == ()
