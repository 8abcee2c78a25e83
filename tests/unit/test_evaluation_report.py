"""The evaluation as a table and as a page says what was measured, and the page needs nothing but itself."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import structlog
from rich.console import Console
from typer.testing import CliRunner

from bot import evaluation as evaluating
from bot import evaluation_report
from bot.domain.messages import Outcome, Turn
from bot.evaluation import Evaluation, Judged, Line, summarise
from bot.evaluation_report import (
    EXAMPLES,
    REGISTERS,
    histogram,
    intent_confusions,
    intent_rows,
    outcome_counts,
    page,
    plot,
    procedure_confusions,
    show,
)
from bot.main import app
from bot.services.knowledge import KnowledgeBase
from bot.system import System

AT = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)


def judged(expect: dict[str, Any], outcome: str = "talk", ms: float = 1.0, **given: Any) -> Judged:
    line = {key: given.pop(key) for key in ("id", "text", "register", "context") if key in given}
    asked = Line.model_validate({"id": "a", "text": "b", "expect": expect, **line})
    return Judged(asked, Turn(Outcome(outcome), (), {}, **given), ms)


def talk(expected: str, given: str, **line: Any) -> Judged:
    return judged({"intent": expected}, intent=given, **line)


def measured(*lines: Judged, **floors: float) -> Evaluation:
    return Evaluation(lines, summarise(lines), floors)


def written(evaluation: Evaluation) -> str:
    return page(evaluation, "cau.jsonl", AT)


def printed(evaluation: Evaluation) -> str:
    output = io.StringIO()
    show(evaluation, Console(file=output, soft_wrap=True, highlight=False))
    return output.getvalue()


class Reader(HTMLParser):
    """Elements, addresses and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag not in {"meta", "wbr"}:
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in {"src", "href", "action", "data"}]

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += " " + " ".join(data.split())


EVERYTHING = measured(
    *(talk("thank", "greet" if number % 9 == 0 else "thank", id=f"c{number}", register=register, ms=float(number))
      for register in (*REGISTERS, "tieng-la") for number in range(1, 20)),
    judged({"intent": "procedure_fee", "procedure": "tach-ho", "outcome": "answer"}, "answer", intent="procedure_fee",
           procedure="khai-tu", id="p1"),
    judged({"intent": "emergency", "outcome": "door"}, "door", intent="emergency"),
    intent_accuracy=0.99, wrong_answer_rate=0.5,
)  # fmt: skip


@pytest.mark.parametrize("field", ["id", "text", "register", "context"])
def test_markup_in_a_message_is_shown_and_not_obeyed(field: str) -> None:
    nasty = "<img src=x onerror=alert(1)> & </style><script>alert(2)</script> {{ 7 * 7 }}"
    own = {field: [nasty] if field == "context" else nasty}
    reader = Reader(written(measured(talk("thank", "greet", **own))))
    assert not reader.elements & {"img", "script"}
    assert nasty in reader.said


def test_markup_in_names_and_source_is_shown_and_not_obeyed() -> None:
    one = judged({"intent": "<b>x", "procedure": "<i>y"}, "answer", intent="<u>z", procedure="<s>v", model="<q>w")
    reader = Reader(page(measured(one), "<em>.jsonl", AT))
    assert not reader.elements & {"b", "i", "u", "s", "q", "em"}
    for name in ("<b>x", "<i>y", "<u>z", "<s>v", "<q>w", "<em>.jsonl"):
        assert name in reader.said


def test_markup_of_the_terminal_in_a_message_is_printed_as_it_is() -> None:
    text = printed(measured(talk("[bold]thank", "[/red]", id="[link=x]1", register="[i]dau")))
    for name in ("[bold]thank", "[/red]", "[link=x]1", "[i]dau"):
        assert name in text


def test_nothing_measured_still_gives_a_page_and_a_table() -> None:
    nothing = measured(intent_accuracy=0.9)
    reader = Reader(written(nothing))
    assert "Không có câu nào" in reader.said
    assert "✗ 1 trong 1 số đo không đạt mức" in reader.said
    assert "0 câu" in printed(nothing)
    assert "Nhầm ý định: không có" in printed(nothing)


def test_lines_without_register_or_expectation_give_a_page_and_a_table() -> None:
    free = measured(judged({}, "failed"), judged({}, "ignored"))
    assert "(không ghi) 1 1" in re.sub(r"\s+", " ", Reader(written(free)).said)
    assert "2" in printed(free)


def test_every_register_stands_in_the_page_and_in_the_table_the_known_ones_first() -> None:
    names = [*REGISTERS.values(), "tieng-la"]
    for text in (Reader(written(EVERYTHING)).said.partition("Số đo")[2], printed(EVERYTHING).partition("Số đo")[2]):
        places = [text.index(name) for name in names]
        assert places == sorted(places)


def test_every_figure_of_the_summary_stands_in_the_table() -> None:
    text = printed(EVERYTHING)
    for name in EVERYTHING.summary:
        if name not in {"lines", "registers"}:
            assert evaluation_report.FIGURES[name] in text


def test_a_figure_without_a_name_of_its_own_is_shown_under_its_key() -> None:
    summary = summarise([]) | {"new_figure": 0.5}
    summary["registers"] = {"dau": {"lines": 0, **summary}}
    assert "new_figure" in printed(Evaluation([], summary, {}))
    assert "new_figure" in written(Evaluation([], summary, {}))


def test_the_page_names_no_address_and_runs_nothing() -> None:
    text = written(EVERYTHING)
    reader = Reader(text)
    assert not re.search(r"//|url\(|@import", text)
    assert reader.addresses == []
    assert not reader.elements & {"script", "link", "img", "iframe", "object", "form"}
    assert "svg" in reader.elements
    assert reader.open == []


def test_the_page_suits_phones_dark_screens_and_paper() -> None:
    text = written(EVERYTHING)
    assert 'name="viewport" content="width=device-width' in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_met_and_missed_floors_are_told_apart_in_words() -> None:
    said = Reader(written(EVERYTHING)).said
    assert "✗ 1 trong 2 số đo không đạt mức" in said
    assert "✗ không đạt ≥ 99 %" in said
    assert "✓ đạt ≤ 50 %" in said
    assert "✗ ≥ 99" in printed(EVERYTHING)
    assert "✓ ≤ 50" in printed(EVERYTHING)


def test_without_floors_nothing_is_called_met_or_missed() -> None:
    for text in (Reader(written(measured(talk("thank", "greet")))).said, printed(measured(talk("thank", "greet")))):
        assert "✓" not in text
        assert "✗" not in text


def test_the_time_is_that_of_viet_nam() -> None:
    assert "01:30 21/11/2026" in written(EVERYTHING)


def test_confused_intents_are_counted_with_the_most_frequent_first() -> None:
    found = intent_confusions(
        [
            talk("help", "thank"),
            *(talk("thank", "greet", id=str(number)) for number in range(7)),
            talk("thank", "thank"),
            judged({"intent_any": ["deny", "cancel"]}, intent="cancel"),
            judged({"intent": "deny"}),
            judged({}, intent="greet"),
        ]
    )
    assert [(one.expected, one.given, len(one.lines)) for one in found] == [
        ("thank", "greet", 7),
        ("deny", "(không có)", 1),
        ("help", "thank", 1),
    ]


def test_at_most_five_examples_of_a_confusion_are_shown() -> None:
    lines = measured(*(talk("thank", "greet", id=f"cau-{number}") for number in range(7)))
    for text in (written(lines), printed(lines)):
        assert re.findall(r"cau-\d", text) == [f"cau-{number}" for number in range(EXAMPLES)]


def test_confused_procedures_tell_another_one_from_none() -> None:
    expect = {"procedure_any": ["tach-ho", "tam-tru"]}
    found = procedure_confusions(
        [
            judged(expect, "answer", procedure="tam-tru"),
            judged(expect, "answer", procedure="khai-tu"),
            judged(expect, "choose", candidates=("khai-tu", "tach-ho")),
            judged(expect, "refuse", candidates=("tach-ho",)),
            judged({}, "answer", procedure="khai-tu"),
        ]
    )
    assert [(one.expected, one.given, len(one.lines)) for one in found] == [
        ("tach-ho", "khai-tu", 2),
        ("tach-ho", "(không có)", 1),
    ]


def test_earlier_messages_stand_before_the_one_that_was_confused() -> None:
    assert "tách hộ › còn lệ phí?" in written(measured(talk("thank", "greet", text="còn lệ phí?", context=["tách hộ"])))


def test_a_very_long_message_is_cut() -> None:
    assert "x" * 300 not in written(measured(talk("thank", "greet", text="x" * 5000)))


def test_an_intent_has_recall_of_what_was_meant_and_precision_of_what_was_said() -> None:
    silent = judged({"intent": "deny"})
    rows = intent_rows([talk("thank", "thank"), talk("thank", "greet"), talk("help", "thank"), silent])
    assert [(row.name, row.expected, row.given, row.recall, row.precision) for row in rows] == [
        ("deny", 1, 0, 0, None),
        ("help", 1, 0, 0, None),
        ("thank", 2, 2, 0.5, 0.5),
        ("greet", 0, 1, None, 0),
    ]


def test_outcomes_are_counted_by_what_was_expected() -> None:
    counts = outcome_counts(
        [judged({"outcome": "answer"}, "answer"), judged({"outcome": "answer"}, "refuse"), judged({}, "talk")]
    )
    answer, refuse, talked = Outcome.ANSWER, Outcome.REFUSE, Outcome.TALK
    assert counts == {answer: {answer: 1, refuse: 1, talked: 0}, None: {answer: 0, refuse: 0, talked: 1}}


def test_the_axis_of_a_chart_holds_every_value_and_the_floor() -> None:
    lines = [talk("thank", "thank" if number < 83 else "greet", register="dau") for number in range(100)]
    chart = plot(measured(*lines, intent_accuracy=0.6), "intent_accuracy")
    assert chart is not None
    assert (chart.low, chart.high, chart.floor_at) == (0.6, 1.0, 0.0)
    assert chart.points == (("Tất cả", 0.83, 57.5), ("có dấu", 0.83, 57.5))
    assert plot(measured(*lines), "procedure_top1") is None


def test_the_axis_of_faults_begins_at_nought() -> None:
    lines = (judged({"outcome": "refuse"}, outcome) for outcome in ("answer", "refuse"))
    chart = plot(measured(*lines), "wrong_answer_rate")
    assert chart is not None
    assert (chart.low, chart.high) == (0.0, 0.5)


def test_every_latency_falls_in_a_bin_the_slowest_in_the_last() -> None:
    lines = [judged({}, ms=float(number % 10)) for number in range(999)]
    chart = histogram(measured(*lines, judged({}, ms=90_000.0)))
    assert chart is not None
    assert sum(chart.counts) == 1000
    assert chart.counts[-1] == 1
    assert all(0 <= place <= 100 for _, _, place in chart.marks)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """The command without Rasa and published knowledge: every message is taken for a greeting."""

    async def prepare(self: System) -> None: ...

    async def ask(system: object, unit: str, line: Line) -> Judged:
        return Judged(line, Turn(Outcome.TALK, (), {}, intent="greet"), 1.0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THANTHIEN_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(System, "prepare", prepare)
    monkeypatch.setattr(KnowledgeBase, "of", lambda self, unit: object())
    monkeypatch.setattr(evaluating, "ask", ask)
    monkeypatch.setattr(evaluating, "rasa_for", lambda system: nullcontext())
    rows = ({"id": name, "text": name, "expect": {"intent": name}} for name in ("greet", "thank"))
    Path("cau.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    handlers = logging.root.handlers[:]
    yield CliRunner()
    structlog.reset_defaults()  # a command points the log at its own, now closed, standard error
    logging.root.handlers[:] = handlers


def test_standard_output_holds_only_json_and_the_page_is_written_though_a_floor_is_missed(command: CliRunner) -> None:
    options = ["--fail-under", "intent_accuracy=0.9", "--report", "bao-cao.html"]
    result = command.invoke(app, ["evaluate", "cau.jsonl", *options])
    assert [next(iter(json.loads(row))) for row in result.stdout.splitlines()] == ["id", "id", "lines"]
    assert "thank" in result.stderr
    assert "✗ ≥ 90" in result.stderr
    assert "Báo cáo: bao-cao.html" in result.stderr
    assert "intent_accuracy = 0.5000" in result.stderr
    assert result.exit_code == 1
    assert "✗ không đạt ≥ 90 %" in Path("bao-cao.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_explained_after_the_figures(command: CliRunner) -> None:
    result = command.invoke(app, ["evaluate", "cau.jsonl", "--summary-only", "--report", "khong-co/bao-cao.html"])
    assert json.loads(result.stdout)["lines"] == 2
    assert "khong-co/bao-cao.html" in result.stderr
    assert result.exit_code == 1
