"""The figures of `than-thien evaluate` are what the contract says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.domain.errors import InvalidContentError
from bot.domain.messages import Outcome, Reply, Turn
from bot.evaluation import Judged, Line, beyond, figures, read_floors, read_lines, summarise


def judged(expect: dict[str, Any], outcome: str, register: str | None = None, ms: float = 1.0, **turn: Any) -> Judged:
    line = Line.model_validate({"id": "a", "text": "b", "register": register, "expect": expect})
    return Judged(line, Turn(Outcome(outcome), (Reply("Dạ"),), {}, **turn), ms)


def fee_of(procedure: str, outcome: str = "answer", **turn: Any) -> Judged:
    """A question about the fee of splitting a household, answered with the given procedure."""
    expect = {"intent": "procedure_fee", "procedure": "tach-ho", "outcome": "answer"}
    return judged(expect, outcome, **{"intent": "procedure_fee", "procedure": procedure, "aspects": ("fee",), **turn})


def lines_file(folder: Path, *rows: str) -> Path:
    path = folder / "cau.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InvalidContentError) as caught:
        read_lines(path)
    return caught.value.problems


def test_a_line_is_read_with_register_context_and_expectation(tmp_path: Path) -> None:
    row = {"id": 7, "text": "còn lệ phí?", "register": "dau", "context": ["tách hộ"], "expect": {"intent": "thank"}}
    (line,) = read_lines(lines_file(tmp_path, json.dumps(row), "", "  "))
    assert (line.id, line.register_, line.context) == ("7", "dau", ("tách hộ",))
    assert line.expect.intents == ("thank",)


def test_register_context_and_expectation_may_be_left_out(tmp_path: Path) -> None:
    (line,) = read_lines(lines_file(tmp_path, '{"id": "1", "text": "chào", "note": "không dùng"}'))
    assert (line.register_, line.context, line.expect.intents) == (None, (), ())


def test_every_bad_line_is_named_with_its_number_and_field(tmp_path: Path) -> None:
    rows = ['{"id": "1", "text": "chào"}', "không phải json", '{"id": "3"}', "", '{"id":"5","text":"a","expect":7}']
    problems = problems_of(lines_file(tmp_path, *rows))
    assert [problem.split(": ")[:3] for problem in problems] == [
        ["cau.jsonl", "dòng 2", "JSON"],
        ["cau.jsonl", "dòng 3", "text"],
        ["cau.jsonl", "dòng 5", "expect"],
    ]


def test_an_unknown_outcome_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(lines_file(tmp_path, '{"id":"1","text":"a","expect":{"outcome":"maybe"}}'))
    assert "dòng 1: expect.outcome" in problem


def test_a_missing_empty_or_foreign_file_is_explained(tmp_path: Path) -> None:
    assert "không đọc được tệp" in problems_of(tmp_path / "khong-co.jsonl")[0]
    assert "không có dòng nào" in problems_of(lines_file(tmp_path, "", " "))[0]
    (tmp_path / "cau.jsonl").write_bytes("chào".encode("utf-16"))
    assert "UTF-8" in problems_of(tmp_path / "cau.jsonl")[0]


@pytest.mark.parametrize(
    ("one", "wrong"),
    [
        (fee_of("tach-ho"), False),
        (fee_of("dang-ky-tam-tru"), True),
        (fee_of("tach-ho", intent="procedure_place", aspects=("place",)), True),
        (fee_of("tach-ho", intent="procedure_place", aspects=("place", "fee")), False),
        (fee_of("dang-ky-tam-tru", "choose"), False),
        (fee_of("dang-ky-tam-tru", "refuse"), False),
        (judged({"outcome": "refuse"}, "answer"), True),
        (judged({"outcome": "refuse"}, "refuse"), False),
        (judged({"position": "bi-thu"}, "answer", position="cong-an-xa"), True),
        (judged({"position": "bi-thu"}, "answer", position="bi-thu"), False),
        (judged({"procedure_any": ["a", "b"]}, "answer", procedure="b"), False),
        (judged({}, "answer", procedure="b"), False),
    ],
)
def test_a_wrong_answer_gives_published_data_of_something_else(one: Judged, wrong: bool) -> None:
    assert one.is_wrong_answer is wrong


def test_of_a_choice_the_first_counts_as_given_and_three_as_offered() -> None:
    one = judged({"procedure": "a"}, "choose", candidates=("b", "a", "c", "d"))
    assert one.procedure == "b"
    assert one.offered == ("b", "a", "c")


def test_candidates_of_a_refusal_are_not_given() -> None:
    assert judged({"procedure": "a"}, "refuse", candidates=("a",)).procedure is None


def test_procedures_found_first_and_among_three() -> None:
    found = figures(
        [
            fee_of("tach-ho"),
            fee_of("khac", candidates=("khac", "tach-ho")),
            judged({"procedure": "tach-ho"}, "choose", candidates=("tach-ho", "khac")),
            judged({"procedure": "tach-ho"}, "choose", candidates=("a", "b", "c", "tach-ho")),
        ]
    )
    assert found["procedure_top1"] == 0.5
    assert found["procedure_top3"] == 0.75


def test_intents_are_counted_and_averaged_per_intent() -> None:
    found = figures(
        [
            judged({"intent": "thank"}, "talk", intent="thank"),
            judged({"intent": "thank"}, "talk", intent="thank"),
            judged({"intent": "thank"}, "talk", intent="greet"),
            judged({"intent_any": ["greet", "help"]}, "talk", intent="greet"),
        ]
    )
    assert found["intent_accuracy"] == 0.75
    thank, greet = 2 * 2 / (3 + 2), 2 * 1 / (1 + 2)
    assert found["intent_macro_f1"] == round((thank + greet) / 2, 4)


def test_refusals_and_choices_are_counted_over_what_is_in_scope() -> None:
    found = figures(
        [
            fee_of("tach-ho"),
            fee_of("x", "refuse"),
            fee_of("x", "choose"),
            fee_of("khac"),
            judged({"intent": "out_of_scope"}, "refuse", intent="out_of_scope"),
            judged({"outcome": "refuse"}, "answer"),
            judged({"outcome": "refuse"}, "talk"),
            judged({"outcome": "refuse"}, "choose"),
        ]
    )
    assert found["refusal_rate"] == found["choose_rate"] == 0.25
    assert found["out_of_scope_handled"] == 0.5
    assert found["wrong_answer_rate"] == 0.25
    assert found["outcome_accuracy"] == round(2 / 7, 4)


def test_emergencies_caught_and_false_alarms() -> None:
    found = figures(
        [
            judged({"intent": "emergency"}, "door", intent="emergency"),
            judged({"intent": "emergency"}, "answer", intent="greet"),
            judged({"intent": "thank"}, "door", intent="emergency"),
            judged({"intent": "thank"}, "talk", intent="thank"),
            judged({"intent_any": ["report_crime", "emergency"]}, "door", intent="emergency"),
        ]
    )
    assert found["emergency_recall"] == 0.5
    assert found["emergency_false_alarm_rate"] == 0.5


def test_positions_are_counted() -> None:
    lines = [judged({"position": "bi-thu"}, "answer", position=given) for given in ("bi-thu", "bi-thu", None, "khac")]
    assert figures(lines)["position_accuracy"] == 0.5


def test_lines_without_an_expectation_count_for_nothing() -> None:
    assert set(figures([judged({}, "answer", procedure="a")]).values()) == {None}


def test_the_summary_gives_all_figures_per_register_and_the_latency() -> None:
    lines = [
        judged({"intent": "thank"}, "talk", "dau" if number < 90 else "typo", float(number), intent="thank")
        for number in range(100)
    ]
    summary = summarise([*lines[:-1], judged({"intent": "greet"}, "talk", "typo", 99.0, intent="thank")])
    assert summary["lines"] == 100
    assert summary["intent_accuracy"] == 0.99
    assert summary["registers"]["dau"]["lines"] == 90
    assert summary["registers"]["dau"]["intent_accuracy"] == 1
    assert summary["registers"]["typo"]["intent_accuracy"] == 0.9
    assert (summary["latency_p50_ms"], summary["latency_p95_ms"], summary["latency_p99_ms"]) == (50, 95, 99)


def test_a_line_of_the_answer_has_the_agreed_fields() -> None:
    answer = fee_of("tach-ho", confidence=0.123456).to_json()
    agreed = "id outcome intent confidence procedure candidates position reply latency_ms".split()
    assert sorted(answer) == sorted(agreed)
    assert (answer["outcome"], answer["procedure"], answer["confidence"]) == ("answer", "tach-ho", 0.1235)
    assert answer["reply"] == "Dạ"


@pytest.mark.parametrize(
    ("name", "value", "floor", "broken"),
    [
        ("intent_accuracy", 0.92, 0.93, True),
        ("intent_accuracy", 0.93, 0.93, False),
        ("procedure_top3", 1.0, 0.98, False),
        ("emergency_recall", 0.99, 1.0, True),
        ("out_of_scope_handled", 0.5, 0.9, True),
        ("wrong_answer_rate", 0.021, 0.02, True),
        ("wrong_answer_rate", 0.02, 0.02, False),
        ("refusal_rate", 0.0, 0.05, False),
        ("choose_rate", 0.2, 0.1, True),
        ("emergency_false_alarm_rate", 0.01, 0.0, True),
        ("latency_p95_ms", 151.0, 150.0, True),
        ("latency_p95_ms", 20.0, 150.0, False),
    ],
)
def test_a_floor_holds_below_for_rates_of_faults_and_above_for_the_rest(
    name: str, value: float, floor: float, broken: bool
) -> None:
    complaint = beyond({name: value}, name, floor)
    assert (complaint is not None) is broken
    assert complaint is None or name in complaint


def test_a_floor_for_a_figure_that_was_not_measured_fails() -> None:
    assert beyond({"intent_accuracy": None}, "intent_accuracy", 0.5) is not None
    assert beyond({}, "khong_co", 0.5) is not None


def test_floors_are_read_as_name_and_value() -> None:
    assert read_floors(["intent_accuracy=0.93", " refusal_rate = 0.1"]) == {
        "intent_accuracy": 0.93,
        "refusal_rate": 0.1,
    }


@pytest.mark.parametrize("option", ["intent_accuracy", "intent_accuracy=cao", "=,"])
def test_a_floor_that_is_no_number_is_explained(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        read_floors([option])
    assert "TÊN=SỐ" in capsys.readouterr().err


def test_a_floor_for_a_figure_that_does_not_exist_is_refused_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit):
        read_floors(["intent_acuracy=0.9"])
    assert "intent_acuracy" in capsys.readouterr().err
