"""The gate with real training: a project of five intents, then the same with two labels swapped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer

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


def swap_labels(project: Path, one: str, other: str) -> None:
    for intent, new in ((one, other), (other, one)):
        file = project / "data" / f"{intent}.yml"
        file.write_text(file.read_text().replace(f"- intent: {intent}\n", f"- intent: {new}\n"))


async def test_a_spoiled_model_is_refused_with_reasons_and_the_old_one_goes_on_answering(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = small_project(tmp_path / "project")
    async with opened(Settings(data_dir=tmp_path / "data", nlu_port=free_port())) as system:
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
