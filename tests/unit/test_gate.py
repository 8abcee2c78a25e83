"""When a new model is worse than the running one, and which model runs after that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.checking import _model
from bot.config import Settings
from bot.domain.messages import Outcome
from bot.gate import MUST_NOT_ANSWER, Figures, Observation, faults, figures, report
from bot.main import app
from bot.running import trained_model
from bot.storage import migrate
from bot.system import opened
from bot.training import MODELS_KEPT, _forget_old, accept, model_id, model_path, refusal, refuse, running_model


def observed(*counts: tuple[str, int, int], answered: int = 0, first: int = 0) -> Figures:
    """Figures of a gate set: (intent, messages, understood), and which of 100 denunciations were answered with data."""
    read = [
        Observation(intent, intent if number < understood else "abuse", Outcome.CHOOSE)
        for intent, messages, understood in counts
        for number in range(messages)
    ]
    given = range(first, first + answered)
    read += [
        Observation("denounce", "denounce", Outcome.ANSWER if number in given else Outcome.DOOR)
        for number in range(100)
    ]
    return figures(read, "same")


LARGE = ("procedure_place", 1_000, 950)


def test_a_model_is_not_worse_than_itself() -> None:
    assert faults(observed(LARGE, answered=7), observed(LARGE, answered=7)) == ()


def test_a_better_model_has_no_faults() -> None:
    assert faults(observed(LARGE, answered=7), observed(("procedure_place", 1_000, 990), answered=2)) == ()


def test_an_intent_understood_less_is_named_before_and_after() -> None:
    (fault,) = faults(observed(LARGE, ("procedure_fee", 40, 38)), observed(LARGE, ("procedure_fee", 40, 35)))
    assert fault == "procedure_fee: hiểu đúng 95.0% → 87.5% (mất 3/40 câu)"


def test_a_fall_within_the_tolerance_is_no_fault() -> None:
    assert faults(observed(LARGE, ("procedure_fee", 60, 58)), observed(LARGE, ("procedure_fee", 60, 55))) == ()


def test_one_or_two_messages_of_a_small_gate_set_are_no_fault() -> None:
    assert faults(observed(("procedure_fee", 60, 58)), observed(("procedure_fee", 60, 56))) == ()


def test_one_or_two_messages_of_a_small_intent_are_no_fault_but_three_are() -> None:
    before = observed(LARGE, ("greet", 4, 4))
    assert faults(before, observed(LARGE, ("greet", 4, 2))) == ()
    (fault,) = faults(before, observed(LARGE, ("greet", 4, 1)))
    assert fault.startswith("greet: hiểu đúng 100.0% → 25.0%")


def test_a_fall_spread_over_all_intents_is_a_fault_of_the_whole() -> None:
    intents = [(f"intent-{number}", 100, 95) for number in range(10)]
    slightly = [(intent, messages, understood - 2) for intent, messages, understood in intents]
    assert faults(observed(*intents), observed(*slightly)) == ("toàn bộ: hiểu đúng 95.5% → 93.6%",)


def test_another_intents_gain_does_not_make_up_for_a_fall() -> None:
    before, after = (
        observed(LARGE, ("greet", 20, 10), ("thank", 20, 20)), observed(LARGE, ("greet", 20, 20), ("thank", 20, 10)),
    )  # fmt: skip
    assert [fault.partition(":")[0] for fault in faults(before, after)] == ["thank"]


def test_a_denunciation_newly_answered_with_published_data_counts_against_the_model() -> None:
    before = observed(LARGE)
    assert faults(before, observed(LARGE, answered=1)) == ()
    (fault,) = faults(before, observed(LARGE, answered=2))
    assert fault.endswith("bị trả lời 0.0% → 2.0% (thêm 2 câu)")


def test_other_messages_answered_than_before_are_newly_answered_though_no_more_of_them() -> None:
    assert "thêm 3 câu" in faults(observed(LARGE, answered=3), observed(LARGE, answered=3, first=50))[0]


@pytest.mark.parametrize("intent", sorted(MUST_NOT_ANSWER))
def test_only_published_data_counts_as_answered(intent: str) -> None:
    read = [Observation(intent, intent, outcome) for outcome in (Outcome.DOOR, Outcome.REFUSE, Outcome.CHOOSE)]
    assert figures(read, "").answered == ()
    assert figures([*read, Observation(intent, intent, Outcome.ANSWER)], "").answered == (3,)


def test_a_question_about_a_procedure_may_be_answered() -> None:
    assert figures([Observation("procedure_fee", "procedure_fee", Outcome.ANSWER)], "").answered == ()


def test_figures_are_read_back_as_they_were_kept() -> None:
    kept = observed(LARGE, answered=3)
    assert Figures.model_validate_json(kept.model_dump_json()) == kept


def model(data_dir: Path, name: str, *, age: int = 0) -> Path:
    archive = data_dir / "models" / name / f"{name}.tar.gz"
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.touch()
    os.utime(archive, (1e9 - age, 1e9 - age))
    return archive


def test_before_any_model_was_accepted_that_of_the_present_data_runs(tmp_path: Path) -> None:
    assert running_model(tmp_path) == model_path(tmp_path)


def test_the_accepted_model_runs_whatever_else_is_there(tmp_path: Path) -> None:
    old, _ = model(tmp_path, "old"), model(tmp_path, "new")
    accept(old)
    assert running_model(tmp_path) == old


def test_when_the_accepted_model_is_gone_that_of_the_present_data_runs(tmp_path: Path) -> None:
    old = model(tmp_path, "old")
    accept(old)
    old.unlink()
    assert running_model(tmp_path) == model_path(tmp_path)


def test_a_refusal_keeps_its_reasons_until_the_model_is_accepted_after_all(tmp_path: Path) -> None:
    new = model(tmp_path, "new")
    assert refusal(new) is None
    refuse(new, ["greet: hiểu đúng 100.0% → 25.0%"])
    assert refusal(new) == ("greet: hiểu đúng 100.0% → 25.0%",)
    accept(new)
    assert refusal(new) is None


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"reasons": 7}'])
def test_a_refusal_that_cannot_be_read_is_still_a_refusal(tmp_path: Path, kept: str) -> None:
    new = model(tmp_path, "new")
    (new.parent / "refused.json").write_text(kept)
    assert refusal(new)


def test_old_models_are_removed_but_not_the_running_one_nor_a_refusal(tmp_path: Path) -> None:
    archives = [model(tmp_path, f"m{age}", age=age) for age in range(MODELS_KEPT + 3)]
    running, refused, forgotten = archives[-3:]
    accept(running)
    refuse(refused, ["vì kém"])
    _forget_old(archives[0], running)
    assert running.exists()
    assert refusal(refused) == ("vì kém",)
    assert not refused.exists()
    assert not forgotten.parent.exists()
    assert all(archive.exists() for archive in archives[:MODELS_KEPT])


async def test_check_names_the_running_model_and_why_a_newer_one_was_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    accept(model(settings.data_dir, "old"))
    new = model(settings.data_dir, model_id())
    async with opened(settings) as system:
        changed = await _model(system)
        refuse(new, ["greet: hiểu đúng 100.0% → 25.0%"])
        refused = await _model(system)
    said = capsys.readouterr().out
    assert "Mô hình đang dùng: old." in said
    assert changed is not None
    assert "than-thien train --gate" in changed
    assert f"({model_id()}) đã bị từ chối: greet: hiểu đúng 100.0% → 25.0%." in said
    assert refused is not None
    assert "than-thien calibrate" in refused, "the old model of this test has no thresholds"


async def test_a_refused_model_is_not_trained_again_and_one_line_says_which_runs_instead(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    old = model(settings.data_dir, "old")
    accept(old)
    new = model(settings.data_dir, model_id())
    refuse(new, ["vì kém"])
    new.unlink()
    async with opened(settings) as system:
        await migrate.upgrade(system.database)
        await trained_model(system)
    assert not new.exists()
    assert running_model(settings.data_dir) == old
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"({model_id()}) đã bị từ chối; dùng mô hình old. Lý do: vì kém.")


async def test_a_model_of_the_present_data_that_nobody_refused_runs_without_a_gate(settings: Settings) -> None:
    accept(model(settings.data_dir, "old"))
    new = model(settings.data_dir, model_id())
    async with opened(settings) as system:
        await migrate.upgrade(system.database)
        await trained_model(system)
    assert running_model(settings.data_dir) == new


def test_gate_and_force_exclude_each_other_because_force_overwrites_what_is_compared() -> None:
    result = CliRunner().invoke(app, ["train", "--gate", "--force"])
    assert result.exit_code == 1
    assert "không dùng cùng --gate" in result.output


async def test_a_model_that_editors_taught_goes_on_running_until_the_data_themselves_change(settings: Settings) -> None:
    learned = model(settings.data_dir, "learned")
    (learned.parent / "origin.json").write_text(f'{{"base": "{model_id()}", "learned": 3}}')
    accept(learned)
    async with opened(settings) as system:
        await trained_model(system)
    assert running_model(settings.data_dir) == learned
    (learned.parent / "origin.json").write_text('{"base": "of an older version", "learned": 3}')
    new = model(settings.data_dir, model_id())
    async with opened(settings) as system:
        await migrate.upgrade(system.database)
        await trained_model(system)
    assert running_model(settings.data_dir) == new


def test_a_report_names_what_changed_for_each_intent_and_what_is_mixed_up() -> None:
    texts = [("procedure_fee", "phí"), ("procedure_fee", "tiền"), ("denounce", "tố cáo")]
    before, after = (
        figures([Observation(wanted, given, outcome) for (wanted, _), given, outcome in zip(
            texts, read, (Outcome.ANSWER, Outcome.ANSWER, met), strict=True)], "same")
        for read, met in (
            (("procedure_fee", "procedure_place", "denounce"), Outcome.DOOR),
            (("procedure_fee", "procedure_fee", "procedure_fee"), Outcome.ANSWER),
        )
    )  # fmt: skip
    found = report(("old", "new"), before, after, texts)
    assert (found.base, found.model, found.before, found.after) == ("old", "new", 0.6667, 0.6667)
    assert [(one.intent, one.before, one.after) for one in found.intents] == [
        ("denounce", 1, 0), ("procedure_fee", 1, 2),
    ]  # fmt: skip
    assert [(one.wanted, one.given, one.before, one.after) for one in found.confusions] == [
        ("denounce", "procedure_fee", 0, 1), ("procedure_fee", "procedure_place", 1, 0),
    ]  # fmt: skip
    assert [(one.text, one.before, one.after) for one in found.must_not] == [("tố cáo", False, True)]
    assert found.must_not_messages == 1
    assert found.reasons == faults(before, after) != ()
