"""The gate with real training: a project of five intents, then the same with two labels swapped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer

from bot.calibration import read_messages
from bot.config import Settings
from bot.domain.messages import Outcome
from bot.judging import train_gated
from bot.running import prepared, rasa_running, trained_model
from bot.system import opened
from bot.training import RASA_PROJECT, model_path, refusal, running_model
from tests.servers import free_port
from tests.servers.chat import UNIT

pytestmark = pytest.mark.rasa

INTENTS = ("procedure_documents", "procedure_fee", "out_of_scope", "denounce", "greet")
EXAMPLES = 300
"""Lines of each intent's file: enough to tell them apart, trained in seconds."""
GATE_MESSAGES = 40
"""Of each of these intents: the others' a model of five intents can only guess."""


def small_project(folder: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    for name in ("config.yml", "requirements.txt"):
        shutil.copy(RASA_PROJECT / name, folder / name)
    domain = "\n".join(f"  - {intent}" for intent in INTENTS)
    (folder / "domain.yml").write_text(f'version: "3.1"\nintents:\n{domain}\n')
    for intent in INTENTS:
        lines = (RASA_PROJECT / "data" / f"{intent}.yml").read_text().splitlines()
        (folder / "data" / f"{intent}.yml").write_text("\n".join([*lines[:EXAMPLES], ""]))
    return folder


def gated_settings(folder: Path) -> Settings:
    """Settings with the gate set of the small project."""
    settings = Settings(data_dir=folder / "data", nlu_port=free_port())
    chosen = folder / "messages.jsonl"
    with chosen.open("w", encoding="utf-8") as file:
        for intent in INTENTS:
            of_intent = [one for one in read_messages(settings.calibration_messages) if one.intent == intent]
            file.writelines(one.model_dump_json() + "\n" for one in of_intent[:GATE_MESSAGES])
    return settings.model_copy(update={"calibration_messages": chosen})


def swap_labels(project: Path, one: str, other: str) -> None:
    """Exchanges the contents of the two intents; a second time puts them back."""
    label = "- intent: {}\n"
    files = [project / "data" / f"{intent}.yml" for intent in (one, other)]
    first, second = (file.read_text() for file in files)
    files[0].write_text(second.replace(label.format(other), label.format(one)))
    files[1].write_text(first.replace(label.format(one), label.format(other)))


async def test_a_spoiled_model_is_refused_with_reasons_and_the_old_one_goes_on_answering(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = small_project(tmp_path / "project")
    async with opened(gated_settings(tmp_path)) as system:
        await prepared(system)
        await trained_model(system, project)
        old = running_model(tmp_path / "data")
        assert old == model_path(tmp_path / "data", project)

        swap_labels(project, "procedure_fee", "denounce")
        spoiled = model_path(tmp_path / "data", project)
        with pytest.raises(typer.Exit) as ended:
            await train_gated(system, project)
        assert ended.value.exit_code == 1
        said = capsys.readouterr().err
        assert "procedure_fee: hiểu đúng" in said
        assert "denounce: hiểu đúng" in said
        assert f"({spoiled.parent.name}) kém mô hình đang chạy ({old.parent.name})" in said
        assert len(refusal(spoiled) or ()) >= 2
        assert running_model(tmp_path / "data") == old

        spoiled.unlink()
        await trained_model(system, project)
        assert not spoiled.exists(), "the refused model was trained again"
        assert f"dùng mô hình {old.parent.name}" in capsys.readouterr().err
        async with rasa_running(system):
            turn = await system.assistant.turn(
                UNIT, {}, "lệ phí đăng ký kết hôn là bao nhiêu", None, system.clock.now()
            )
        assert (turn.outcome, turn.intent, turn.procedure) == (Outcome.ANSWER, "procedure_fee", "dang-ky-ket-hon")
        assert turn.model == old.name
