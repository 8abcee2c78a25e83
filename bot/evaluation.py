"""`than-thien evaluate FILE.jsonl`: asks the running pipeline each message and judges the answers.

Every figure is defined in `summarise`; a line without an expectation counts for none of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import limits
from bot.domain.errors import InvalidContentError
from bot.domain.messages import Outcome, Turn
from bot.running import rasa_for
from bot.system import System
from bot.terminal import errors, fail


class Expectation(BaseModel):
    model_config = ConfigDict(extra="ignore")
    intent: str | None = None
    intent_any: tuple[str, ...] = ()
    procedure: str | None = None
    procedure_any: tuple[str, ...] = ()
    position: str | None = None
    outcome: Outcome | None = None

    @property
    def intents(self) -> tuple[str, ...]:
        return self.intent_any or ((self.intent,) if self.intent else ())

    @property
    def procedures(self) -> tuple[str, ...]:
        return self.procedure_any or ((self.procedure,) if self.procedure else ())

    @property
    def out_of_scope(self) -> bool:
        return self.outcome is Outcome.REFUSE or self.intents[:1] == ("out_of_scope",)


class Line(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    id: str
    text: str = Field(max_length=limits.EVALUATION_LINE_CHARACTERS)
    register_: str | None = Field(None, alias="register")
    context: tuple[str, ...] = ()
    expect: Expectation = Expectation()


@dataclass(frozen=True, slots=True)
class Judged:
    line: Line
    turn: Turn
    latency_ms: float

    @property
    def procedure(self) -> str | None:
        """The procedure answered about or, when a choice was offered, the first of it."""
        if self.turn.procedure:
            return self.turn.procedure
        return self.turn.candidates[0] if self.turn.outcome is Outcome.CHOOSE and self.turn.candidates else None

    @property
    def offered(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in (self.procedure, *self.turn.candidates) if one))[: limits.CHOICES]

    @property
    def is_wrong_answer(self) -> bool:
        """Published data was given, but of another procedure, position or aspect than asked, or where none was due."""
        expect, turn = self.line.expect, self.turn
        if turn.outcome is not Outcome.ANSWER:
            return False
        if expect.outcome is not None and expect.outcome is not Outcome.ANSWER:
            return True
        about_a_procedure = turn.procedure is not None or turn.intent not in expect.intents
        if expect.procedures and about_a_procedure and turn.procedure not in expect.procedures:
            return True
        if expect.position and turn.position != expect.position:
            return True
        given = {turn.intent, *(f"procedure_{aspect}" for aspect in turn.aspects)}
        return bool(expect.intents) and not given & set(expect.intents)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.line.id,
            "outcome": self.turn.outcome.value,
            "intent": self.turn.intent,
            "confidence": round(self.turn.confidence, 4),
            "procedure": self.procedure,
            "candidates": list(self.turn.candidates),
            "position": self.turn.position,
            "reply": "\n\n".join(reply.text for reply in self.turn.replies),
            "latency_ms": round(self.latency_ms, 2),
        }


LOWER_IS_BETTER = (
    "wrong_answer_rate",
    "refusal_rate",
    "choose_rate",
    "emergency_false_alarm_rate",
    "latency_",
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The lines of one file as they were answered, their figures, and the floors the figures were held against."""

    judged: Sequence[Judged]
    summary: dict[str, Any]
    floors: dict[str, float]

    @property
    def missed(self) -> dict[str, str]:
        """The figures beyond their floor, each with a sentence."""
        return {name: text for name, floor in self.floors.items() if (text := beyond(self.summary, name, floor))}


async def evaluate(
    system: System, file: Path, unit: str | None, fail_under: Sequence[str], summary_only: bool
) -> Evaluation:
    """Asks every line of the file; the answers and, last, the summary go to standard output."""
    lines = read_lines(file)
    floors = read_floors(fail_under)
    await system.prepare()
    unit_id = unit or system.settings.default_unit
    if system.knowledge.of(unit_id) is None:
        fail(f"Không có đơn vị “{unit_id}” trong cơ sở dữ liệu.")
    async with rasa_for(system):
        judged = []
        for number, line in enumerate(lines, 1):
            judged.append(await ask(system, unit_id, line))
            if not summary_only:
                print(json.dumps(judged[-1].to_json(), ensure_ascii=False))  # noqa: T201
            if number % 200 == 0 and sys.stderr.isatty():
                errors.print(f"{number}/{len(lines)}")
    summary = summarise(judged)
    print(json.dumps(summary, ensure_ascii=False), flush=True)  # noqa: T201
    return Evaluation(judged, summary, floors)


async def ask(system: System, unit_id: str, line: Line) -> Judged:
    """One line, after its earlier messages; only the last message is timed."""
    state: dict[str, Any] = {}
    for earlier in line.context:
        state = (await system.assistant.turn(unit_id, state, earlier, None, system.clock.now())).state
    started = time.perf_counter()
    turn = await system.assistant.turn(unit_id, state, line.text, None, system.clock.now())
    return Judged(line, turn, (time.perf_counter() - started) * 1000)


def read_lines(file: Path) -> list[Line]:
    """The lines of a file; every bad one is named. Raises InvalidContentError."""
    try:
        rows = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidContentError(
            [f"{file}: không đọc được tệp ({type(error).__name__}): kiểm tra đường dẫn và bảng mã UTF-8"]
        ) from error
    lines, problems = [], []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            lines.append(Line.model_validate_json(row))
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(str(part) for part in fault["loc"]) or "JSON"
            problems.append(f"{file.name}: dòng {number}: {place}: {fault['msg']}")
    if problems:
        raise InvalidContentError(problems)
    if not lines:
        raise InvalidContentError([f"{file.name}: tệp không có dòng nào: thêm ít nhất một câu"])
    return lines


def read_floors(options: Sequence[str]) -> dict[str, float]:
    floors = {}
    for option in options:
        name, _, value = option.partition("=")
        try:
            floors[name.strip()] = float(value)
        except ValueError:
            fail(f"--fail-under {option}: ghi dạng TÊN=SỐ, ví dụ intent_accuracy=0.93.")
    known = summarise([]).keys()
    unknown = [name for name in floors if name not in known]
    if unknown:
        fail(f"--fail-under: không có số đo {', '.join(unknown)}. Các số đo: {', '.join(sorted(known))}.")
    return floors


def lower_is_better(name: str) -> bool:
    return name.startswith(LOWER_IS_BETTER)


def beyond(summary: dict[str, Any], name: str, floor: float) -> str | None:
    """A sentence when the figure is on the wrong side of its floor or was not measured."""
    value = summary.get(name)
    if not isinstance(value, int | float):
        return f"{name}: không có số đo này"
    bad = value > floor if lower_is_better(name) else value < floor
    return f"{name} = {value:.4f}, {'cao' if lower_is_better(name) else 'thấp'} hơn mức {floor}" if bad else None


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """All figures over all lines, the same per register, and the latency."""
    registers: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        if one.line.register_:
            registers[one.line.register_].append(one)
    latencies = sorted(one.latency_ms for one in judged)

    def percentile(share: float) -> float:
        return round(latencies[min(len(latencies) - 1, int(share * len(latencies)))], 2) if latencies else 0.0

    return {
        "lines": len(judged),
        **figures(judged),
        "registers": {name: {"lines": len(own), **figures(own)} for name, own in sorted(registers.items())},
        "latency_p50_ms": percentile(0.50),
        "latency_p95_ms": percentile(0.95),
        "latency_p99_ms": percentile(0.99),
    }


def figures(judged: Sequence[Judged]) -> dict[str, float | None]:
    with_intent = [one for one in judged if one.line.expect.intents]
    with_procedure = [one for one in judged if one.line.expect.procedures]
    expecting = [one for one in judged if one.line.expect.model_fields_set]
    in_scope = [one for one in expecting if not one.line.expect.out_of_scope]
    foreign = [one for one in expecting if one.line.expect.out_of_scope]
    emergencies = [one for one in with_intent if one.line.expect.intents == ("emergency",)]
    calm = [one for one in with_intent if "emergency" not in one.line.expect.intents]
    handled = {Outcome.REFUSE, Outcome.DOOR, Outcome.TALK}
    return {
        "intent_accuracy": _share(with_intent, lambda one: one.turn.intent in one.line.expect.intents),
        "intent_macro_f1": _macro_f1(with_intent),
        "procedure_top1": _share(with_procedure, lambda one: one.procedure in one.line.expect.procedures),
        "procedure_top3": _share(with_procedure, lambda one: bool(set(one.offered) & set(one.line.expect.procedures))),
        "position_accuracy": _share(
            [one for one in judged if one.line.expect.position],
            lambda one: one.turn.position == one.line.expect.position,
        ),
        "outcome_accuracy": _share(
            [one for one in judged if one.line.expect.outcome],
            lambda one: one.turn.outcome is one.line.expect.outcome,
        ),
        "wrong_answer_rate": _share(expecting, lambda one: one.is_wrong_answer),
        "refusal_rate": _share(in_scope, lambda one: one.turn.outcome is Outcome.REFUSE),
        "choose_rate": _share(in_scope, lambda one: one.turn.outcome is Outcome.CHOOSE),
        "out_of_scope_handled": _share(foreign, lambda one: one.turn.outcome in handled),
        "emergency_recall": _share(emergencies, lambda one: one.turn.outcome is Outcome.DOOR),
        "emergency_false_alarm_rate": _share(calm, lambda one: one.turn.intent == "emergency"),
    }


def _share(judged: Sequence[Judged], condition: Callable[[Judged], bool]) -> float | None:
    return round(sum(map(condition, judged)) / len(judged), 4) if judged else None


def intent_pair(one: Judged) -> tuple[str, str]:
    """Expected and given intent of a line that expects one; of several right ones the one given, else the first."""
    given = one.turn.intent or ""
    return (given if given in one.line.expect.intents else one.line.expect.intents[0], given)


def _macro_f1(judged: Sequence[Judged]) -> float | None:
    """Mean F1 over the expected intents."""
    pairs = [intent_pair(one) for one in judged]
    scores = []
    for intent in {expected for expected, _ in pairs}:
        hit = sum(expected == given == intent for expected, given in pairs)
        wanted = sum(expected == intent for expected, _ in pairs)
        named = sum(given == intent for _, given in pairs)
        scores.append(2 * hit / (wanted + named))
    return round(sum(scores) / len(scores), 4) if scores else None
