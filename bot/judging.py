"""Whether a newly trained model is worse than the running one: trains it, asks both the gate set, and says so."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from bot import limits
from bot.calibration import GATE_FILE, LabelledMessage, read_messages
from bot.domain.errors import NluUnavailableError
from bot.domain.models import Phase
from bot.gate import Figures, Observation, Report, figures, report
from bot.models import kept_models, tell
from bot.running import prepared, present_model, rasa_running
from bot.storage.staff import Actor
from bot.supervisor import free_port
from bot.system import System, opened
from bot.terminal import console, errors, fail, working
from bot.training import (
    RASA_PROJECT,
    ROOT,
    Origin,
    accept,
    model_id,
    model_path,
    refuse,
    running_model,
    taught,
    train,
)

USUAL_SECONDS = 60.0
"""A training takes about so long; its progress is shown against this."""
TRAINED_PERCENT, ASKED_PERCENT = 60, 97

Say = Callable[[Phase, int], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """`report`: None when nothing changed since the running model was trained."""

    candidate: Path
    report: Report | None


async def judge(system: System, say: Say, project: Path = RASA_PROJECT) -> Judged:
    """Trains a model of the present data and of what editors taught, and compares it with the running one. A worse
    one is marked as refused; which model runs does not change. Raises TrainingError."""
    data_dir = system.settings.data_dir
    loop = asyncio.get_running_loop()
    say(Phase.PREPARING, 1)
    running = running_model(data_dir, project)
    texts = await system.learning.training_texts()
    with taught(texts, project) as source:
        candidate = model_path(data_dir, source)
        if running == candidate or not running.is_file():
            return Judged(running, None)
        started = loop.time()
        seconds: dict[str, float] = {}

        def waited(_: str) -> None:
            share = min(1.0, (loop.time() - started) / USUAL_SECONDS)
            say(Phase.TRAINING, 2 + round((TRAINED_PERCENT - 2) * share))

        async def trained() -> None:
            made_of = Origin(model_id(project), len(texts))
            await train(data_dir, waited, project=source, made_of=made_of)
            seconds["train"] = round(loop.time() - started, 1)

        before, _ = await asyncio.gather(gate_figures(system, running), trained())
        say(Phase.ASKING_NEW, TRAINED_PERCENT)
        width = ASKED_PERCENT - TRAINED_PERCENT
        after = await gate_figures(
            system, candidate, lambda share: say(Phase.ASKING_NEW, TRAINED_PERCENT + round(width * share))
        )
    say(Phase.JUDGING, ASKED_PERCENT)
    seconds["all"] = round(loop.time() - started, 1)
    names = (running.parent.name, candidate.parent.name)
    found = report(
        names, before, after, [(one.intent, one.text) for one in read_messages(system.settings.calibration_messages)]
    )
    found = found.model_copy(update={"learned": len(texts), "seconds": seconds})
    if found.reasons:
        refuse(candidate, found.reasons)
    return Judged(candidate, found)


async def train_gated(system: System, project: Path = RASA_PROJECT) -> None:
    """Trains a model of the present data and lets it run only if it is not worse than the running one."""
    await prepared(system)
    judged = await judge(system, lambda phase, percent: None, project)
    found = judged.report
    if found is None:
        await _use(system, await _trained_present(system, project))
        console.print(f"Mô hình: {judged.candidate} (không có mô hình nào khác đang chạy để so sánh)")
        return
    if found.reasons:
        for reason in found.reasons:
            errors.print(f"[bold red]✗[/] {escape(reason)}")
        fail(
            f"Mô hình mới ({found.model}) kém mô hình đang chạy ({found.base}): đã từ chối, giữ mô hình cũ. "
            "Sửa nlu/rasa/data."
        )
    await _use(system, judged.candidate)
    console.print(
        f"Mô hình: {judged.candidate}\nHiểu đúng {found.before:.1%} → {found.after:.1%} so với mô hình {found.base}. "
        "`than-thien run` đang chạy sẽ chuyển sang mô hình này trong vài giây."
    )


async def train_and_accept(system: System, *, force: bool = False) -> None:
    """Trains a model of the present data and lets it run without asking the gate."""
    await prepared(system)
    path = await _trained_present(system, RASA_PROJECT, force=force)
    await _use(system, path)
    console.print(f"Mô hình: {path}")


async def _trained_present(system: System, project: Path, *, force: bool = False) -> Path:
    texts = await system.learning.training_texts()
    with taught(texts, project) as source:
        return await present_model(system.settings.data_dir, source, Origin(model_id(project), len(texts)), force=force)


async def _use(system: System, model: Path) -> None:
    """Accepts a model; the running processes follow."""
    accept(model)
    await system.models.keep(kept_models(system.settings.data_dir))
    unit_id = system.settings.default_unit
    await system.models.publish(Actor(None, unit_id), unit_id, model.parent.name)
    await tell(system)


async def try_model(system: System, project: Path = RASA_PROJECT) -> None:
    """The same without letting it run, for the console: each step as a line of JSON, the last one the report."""

    def say(phase: Phase, percent: int) -> None:
        print(json.dumps({"phase": phase.value, "percent": percent}), flush=True)  # noqa: T201

    await system.knowledge.refresh()
    judged = await judge(system, say, project)
    kept = judged.report.model_dump(mode="json") if judged.report else None
    print(json.dumps({"report": kept}, ensure_ascii=False), flush=True)  # noqa: T201


async def gate_figures(system: System, model: Path, asked: Callable[[float], None] | None = None) -> Figures:
    """What a model does with the gate set; kept beside it until anything else the answers depend on changes.
    `asked`: told the share of the messages asked so far."""
    conditions = gate_conditions(system)
    file = model.parent / GATE_FILE
    with contextlib.suppress(OSError, ValueError):
        kept = Figures.model_validate_json(file.read_text(encoding="utf-8"))
        if kept.conditions == conditions:
            return kept
    # A system of its own: a Rasa beside the one that may serve citizens, and no parses of another model in a cache.
    settings = system.settings.model_copy(update={"nlu_urls": None, "nlu_port": free_port(), "redis_url": None})
    async with opened(settings, system.knowledge) as own, rasa_running(own, model):
        with working(f"Hỏi mô hình {model.parent.name} các câu đối chứng"):
            try:
                found = figures(await _observations(own, asked), conditions)
            except NluUnavailableError as error:
                fail(f"Rasa không trả lời ({error}) nên chưa so sánh được. Chạy lại `than-thien train --gate`.")
    file.write_text(found.model_dump_json(indent=1), encoding="utf-8")
    return found


async def _observations(system: System, asked: Callable[[float], None] | None) -> list[Observation]:
    messages = read_messages(system.settings.calibration_messages)
    found: list[Observation] = []
    for start in range(0, len(messages), limits.LABELLED_AT_ONCE):
        together = messages[start : start + limits.LABELLED_AT_ONCE]
        found += await asyncio.gather(*(_observe(system, message) for message in together))
        if asked is not None:
            asked(len(found) / len(messages))
    return found


async def _observe(system: System, message: LabelledMessage) -> Observation:
    meaning = await system.nlu.parse(message.text)
    turn = await system.assistant.turn(system.settings.default_unit, {}, message.text, None, system.clock.now())
    return Observation(message.intent, meaning.intent, turn.outcome)


def gate_conditions(system: System) -> str:
    """Hash of everything besides the model that decides what the assistant does with the gate set."""
    known = system.knowledge.of(system.settings.default_unit)
    digest = hashlib.sha256(f"{system.settings.default_unit} {known.view.version if known else 0}".encode())
    code = (file for folder in ("bot/dialogue", "bot/services", "knowledge") for file in (ROOT / folder).rglob("*"))
    for file in sorted(
        one for one in (*code, system.settings.calibration_messages) if one.suffix in {".py", ".tsv", ".yaml", ".jsonl"}
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
