"""An evaluation for people: a table for the terminal and a page with charts that needs nothing but itself.

Pure: everything comes from the judged lines and their summary. The layout of the page is evaluation_report.html.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from bot.domain.messages import Outcome
from bot.domain.views import LOCAL_ZONE
from bot.evaluation import Evaluation, Judged, intent_pair, lower_is_better

FIGURES = {
    "intent_accuracy": "Đúng ý định",
    "intent_macro_f1": "F1 trung bình các ý định",
    "procedure_top1": "Đúng thủ tục ngay",
    "procedure_top3": "Đúng trong ba lựa chọn",
    "position_accuracy": "Đúng chức danh",
    "outcome_accuracy": "Đúng cách xử lý",
    "wrong_answer_rate": "Trả lời sai",
    "refusal_rate": "Chưa biết, dù trong phạm vi",
    "choose_rate": "Hỏi lại, dù trong phạm vi",
    "out_of_scope_handled": "Xử lý đúng câu ngoài phạm vi",
    "emergency_recall": "Nhận ra khẩn cấp",
    "emergency_false_alarm_rate": "Báo khẩn cấp nhầm",
    "latency_p50_ms": "Thời gian trả lời, p50",
    "latency_p95_ms": "Thời gian trả lời, p95",
    "latency_p99_ms": "Thời gian trả lời, p99",
}
REGISTERS = {
    "dau": "có dấu",
    "khong_dau": "không dấu",
    "teencode": "teencode",
    "typo": "gõ sai",
    "mixed": "pha trộn",
}
OUTCOMES = {
    Outcome.ANSWER: "trả lời",
    Outcome.CHOOSE: "hỏi lại",
    Outcome.REFUSE: "chưa biết",
    Outcome.DOOR: "chỉ cửa",
    Outcome.FLOW: "biểu mẫu",
    Outcome.TALK: "trò chuyện",
    Outcome.IGNORED: "bỏ qua",
    Outcome.FAILED: "lỗi",
}
PLOTTED = (
    "intent_accuracy", "procedure_top1", "procedure_top3", "outcome_accuracy", "wrong_answer_rate", "refusal_rate",
)  # fmt: skip
LATENCY = "latency_"
NOTHING = "(không có)"
EXAMPLES = 5
TERMINAL_PAIRS = 15
TERMINAL_WIDTH = 120
"""Columns where standard error is no terminal."""
TEXT_CHARACTERS = 240
LATENCY_BINS = 30


@dataclass(frozen=True, slots=True)
class Confusion:
    """Lines expecting one thing and given another; `lines` holds all of them."""

    expected: str
    given: str
    lines: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class IntentRow:
    """`expected`, `given`: numbers of lines. `recall` of the expected, `precision` of the given ones; None of none."""

    name: str
    expected: int
    given: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure over the registers on an axis from `low` to `high`; places are percent of the axis."""

    label: str
    low: float
    high: float
    floor: float | None
    floor_at: float | None
    points: tuple[tuple[str, float, float], ...]
    """Register, value, place."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Times of the lines in equal bins from nought to `end` milliseconds; what took longer is in the last bin."""

    end: float
    counts: tuple[int, ...]
    marks: tuple[tuple[str, float, float], ...]
    """Name, milliseconds, place in percent."""


def confusions(judged: Sequence[Judged], pair: Callable[[Judged], tuple[str, str] | None]) -> list[Confusion]:
    """Most frequent first. `pair` gives what was expected and given, None where nothing is to be compared."""
    lines: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in judged:
        expected, given = pair(one) or ("", "")
        if expected != given:
            lines[expected, given or NOTHING].append(one)
    return [
        Confusion(*names, tuple(own)) for names, own in sorted(lines.items(), key=lambda row: (-len(row[1]), row[0]))
    ]


def intent_confusions(judged: Sequence[Judged]) -> list[Confusion]:
    return confusions(judged, lambda one: intent_pair(one) if one.line.expect.intents else None)


def procedure_confusions(judged: Sequence[Judged]) -> list[Confusion]:
    def pair(one: Judged) -> tuple[str, str] | None:
        right = one.line.expect.procedures
        return None if not right or one.procedure in right else (right[0], one.procedure or "")

    return confusions(judged, pair)


def intent_rows(judged: Sequence[Judged]) -> list[IntentRow]:
    """Every intent expected or given, the least recalled first."""
    pairs = [intent_pair(one) for one in judged if one.line.expect.intents]
    rows = []
    for name in {name for pair in pairs for name in pair if name}:
        expected = sum(pair[0] == name for pair in pairs)
        given = sum(pair[1] == name for pair in pairs)
        hit = sum(pair == (name, name) for pair in pairs)
        rows.append(IntentRow(name, expected, given, _ratio(hit, expected), _ratio(hit, given)))
    return sorted(rows, key=lambda row: (2.0 if row.recall is None else row.recall, -row.expected, row.name))


def outcome_counts(judged: Sequence[Judged]) -> dict[Outcome | None, dict[Outcome, int]]:
    """Expected outcome (None: not stated), given outcome, number of lines; in the order of `OUTCOMES`."""
    given = [name for name in OUTCOMES if any(one.turn.outcome is name for one in judged)]
    return {
        expected: {name: sum(one.turn.outcome is name for one in own) for name in given}
        for expected in (*OUTCOMES, None)
        if (own := [one for one in judged if one.line.expect.outcome is expected])
    }


def plot(evaluation: Evaluation, name: str) -> Plot | None:
    """The figure for all lines and per register; None where nothing measured it."""
    values = [
        (label, value)
        for label, figures in _columns(evaluation.summary).items()
        if (value := figures[name]) is not None
    ]
    if not values:
        return None
    floor = evaluation.floors.get(name)
    shown = [value for _, value in values] + ([] if floor is None else [floor])
    if lower_is_better(name):
        low, high = 0.0, max(0.05, math.ceil(max(shown) * 20) / 20)
    else:
        low, high = max(0.0, min(0.95, math.floor(min(shown) * 20) / 20)), 1.0

    def place(value: float) -> float:
        share: float = (value - low) / (high - low)
        return round(min(1.0, max(0.0, share)) * 100, 2)

    points = tuple((label, value, place(value)) for label, value in values)
    return Plot(FIGURES[name], low, high, floor, None if floor is None else place(floor), points)


def histogram(evaluation: Evaluation) -> Histogram | None:
    if not evaluation.judged:
        return None
    marks = {name: evaluation.summary[f"latency_{name}_ms"] for name in ("p50", "p95", "p99")}
    end = max(1.0, math.ceil(marks["p99"] * 1.15))
    counts = [0] * LATENCY_BINS
    for one in evaluation.judged:
        counts[min(LATENCY_BINS - 1, int(one.latency_ms / end * LATENCY_BINS))] += 1
    places = tuple((name, value, round(value / end * 100, 2)) for name, value in marks.items())
    return Histogram(end, tuple(counts), places)


def show(evaluation: Evaluation, console: Console) -> None:
    """Prints the figures per register and the most frequent confusions."""
    target = console if console.is_terminal else Console(file=console.file, width=TERMINAL_WIDTH)
    target.print(table(evaluation), soft_wrap=False)


def table(evaluation: Evaluation) -> Group:
    columns = _columns(evaluation.summary)
    figures = _table(f"Đánh giá {evaluation.summary['lines']} câu (phần trăm; thời gian: mili giây)")
    figures.add_column("Số đo", min_width=14)
    for label in columns:
        figures.add_column(Text(label), justify="right", no_wrap=True)
    figures.add_column("Mức", justify="right", no_wrap=True)
    figures.add_row("Số câu", *(str(own["lines"]) for own in columns.values()), "")
    for name in _names(evaluation.summary):
        cells = (Text(_bare(name, own[name]) if name in own else "") for own in columns.values())
        figures.add_row(FIGURES.get(name, name), *cells, _held(evaluation, name))
    judged = evaluation.judged
    return Group(
        figures,
        _pairs("Nhầm ý định", intent_confusions(judged)),
        _pairs("Nhầm thủ tục", procedure_confusions(judged)),
    )


def page(evaluation: Evaluation, source: str, at: datetime) -> str:
    """The page. `source`: name of the file that was asked; `at`: when, aware."""
    judged, summary = evaluation.judged, evaluation.summary
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=_percent, number=_number, bare=lambda value, name: _bare(name, value))
    return environment.get_template("evaluation_report.html").render(
        source=source,
        at=at.astimezone(LOCAL_ZONE).strftime("%H:%M %d/%m/%Y"),
        models=sorted({one.turn.model for one in judged if one.turn.model}),
        summary=summary,
        headlines=[
            {
                "name": name,
                "label": FIGURES.get(name, name),
                "value": _shown(name, summary[name], 2),
                "unit": _unit(name),
                "floor": _floor(evaluation, name),
                "missed": name in evaluation.missed,
            }
            for name in sorted(_names(summary), key=lambda name: name not in evaluation.floors)
            if name in evaluation.floors or not name.startswith(LATENCY)
        ],
        floors=evaluation.floors,
        missed=evaluation.missed,
        columns=_columns(summary),
        figures={name: FIGURES.get(name, name) for name in _names(summary) if not name.startswith(LATENCY)},
        plots=[one for name in PLOTTED if (one := plot(evaluation, name))],
        intents=intent_rows(judged),
        confusions={
            "ý định": intent_confusions(judged),
            "thủ tục": procedure_confusions(judged),
        },
        outcomes=outcome_counts(judged),
        outcome_names=OUTCOMES,
        histogram=histogram(evaluation),
        register_names=REGISTERS,
        examples=EXAMPLES,
        text_characters=TEXT_CHARACTERS,
    )


def _names(summary: dict[str, Any]) -> list[str]:
    return [name for name in summary if name not in {"lines", "registers"}]


def _columns(summary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The figures of all lines, then of each register, the known ones in their order."""
    registers = summary["registers"]
    names = [*(name for name in REGISTERS if name in registers), *(name for name in registers if name not in REGISTERS)]
    return {"Tất cả": summary, **{REGISTERS.get(name, name): registers[name] for name in names}}


def _table(title: str) -> Table:
    return Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )


def _pairs(title: str, found: Sequence[Confusion]) -> Table | Text:
    if not found:
        return Text(f"{title}: không có.")
    pairs = _table(f"{title}: {sum(len(one.lines) for one in found)} câu")
    pairs.add_column("Số câu", justify="right")
    for column in ("Mong đợi", "Nhận được", "Ví dụ"):
        pairs.add_column(column, overflow="fold")
    for one in found[:TERMINAL_PAIRS]:
        ids = " ".join(line.line.id for line in one.lines[:EXAMPLES])
        pairs.add_row(str(len(one.lines)), Text(one.expected), Text(one.given), Text(ids))
    if len(found) > TERMINAL_PAIRS:
        pairs.caption = f"và {len(found) - TERMINAL_PAIRS} cặp khác"
        pairs.caption_justify = "left"
    return pairs


def _held(evaluation: Evaluation, name: str) -> Text:
    floor = _floor(evaluation, name)
    if floor is None:
        return Text()
    return Text(f"✗ {floor}", "bold red") if name in evaluation.missed else Text(f"✓ {floor}", "green")


def _floor(evaluation: Evaluation, name: str) -> str | None:
    floor = evaluation.floors.get(name)
    if floor is None:
        return None
    return f"{'≤' if lower_is_better(name) else '≥'} {_number(floor if name.startswith(LATENCY) else floor * 100)}"


def _unit(name: str) -> str:
    return "ms" if name.startswith(LATENCY) else "%"


def _bare(name: str, value: float | None, digits: int = 1) -> str:
    """The figure in its unit, without it."""
    if value is None:
        return "–"
    return f"{value if name.startswith(LATENCY) else value * 100:.{digits}f}".replace(".", ",")


def _shown(name: str, value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{_bare(name, value, digits)} {_unit(name)}"


def _percent(value: float) -> str:
    return f"{value * 100:.1f} %".replace(".", ",")


def _number(value: float) -> str:
    return f"{value:.6g}".replace(".", ",")


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
