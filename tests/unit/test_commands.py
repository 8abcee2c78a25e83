"""Each failing step of set-up and of the commands says what is wrong and what to do."""

from __future__ import annotations

import logging
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
import typer
from typer.testing import CliRunner

from bot import bootstrap, running
from bot.config import Settings
from bot.main import app
from bot.system import opened


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THANTHIEN_DATA_DIR", str(tmp_path))
    handlers = logging.root.handlers[:]
    yield CliRunner()
    structlog.reset_defaults()  # a command points the log at its own, now closed, standard error
    logging.root.handlers[:] = handlers


def test_a_full_disk_is_named_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text("")
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda path: SimpleNamespace(free=1e9))
    with pytest.raises(bootstrap.SetupError, match=r"Only 1\.0 GB are free.*\n.*Free some space"):
        bootstrap.build("uv", tmp_path / "env", "python3", pins, "Rasa", editable=False)
    assert not (tmp_path / "env").exists()


def test_a_missing_python_310_is_named_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "works", lambda python, version: False)
    failed = subprocess.CompletedProcess([], 1, stdout="")
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(bootstrap.SetupError, match=r"No Python 3\.10.*\n.*Install it"):
        bootstrap.find_python_310("uv")


def test_an_environment_already_built_is_left_alone(tmp_path: Path) -> None:
    pins, env = tmp_path / "requirements.txt", tmp_path / "env"
    pins.write_text("one==1")
    (env / "bin").mkdir(parents=True)
    (env / "bin" / "python").write_text("")
    (env / "than-thien.stamp").write_text(bootstrap.stamp_of(pins))
    bootstrap.build("no-such-uv", env, "python3", pins, "Rasa", editable=False)


async def test_a_taken_port_is_named_before_minutes_of_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with opened(Settings(data_dir=tmp_path, port=port)) as system:
            with pytest.raises(typer.Exit):
                await running.check_port(system)
    assert f"Cổng {port} đang bị chương trình khác dùng" in capsys.readouterr().err


def test_a_broken_file_is_named_and_nothing_is_imported(command: CliRunner, tmp_path: Path) -> None:
    bad = tmp_path / "khai-sinh.yaml"
    bad.write_text("name: Khai sinh\nas_of: 2026-13-45\n")
    result = command.invoke(app, ["import", "procedures", str(bad)])
    assert result.exit_code == 1
    assert "khai-sinh.yaml" in result.output
    assert "chưa làm gì cả" in result.output


def test_a_database_without_tables_says_to_migrate(command: CliRunner, tmp_path: Path) -> None:
    result = command.invoke(app, ["import", "units", str(Path(__file__).parents[2] / "knowledge/content/units")])
    assert result.exit_code == 1
    assert "than-thien migrate" in result.output


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "NLU_URLS"])
def test_a_wrong_address_in_the_settings_is_named(
    command: CliRunner, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"THANTHIEN_{name}", "foo")
    result = command.invoke(app, ["check"])
    assert result.exit_code == 1
    assert f"THANTHIEN_{name}: ghi địa chỉ bắt đầu bằng" in result.output


def test_check_names_every_broken_part_of_an_empty_installation(command: CliRunner) -> None:
    result = command.invoke(app, ["check"])
    assert result.exit_code == 1
    assert "chưa nâng cấp: chạy `than-thien migrate`" in result.output
    assert "chưa huấn luyện" in result.output


def test_migrate_publishes_the_sample_once(command: CliRunner) -> None:
    for _ in range(2):
        assert command.invoke(app, ["migrate"]).exit_code == 0
    result = command.invoke(
        app, ["import", "procedures", str(Path(__file__).parents[2] / "knowledge/content/procedures")]
    )
    assert "Thêm 0, sửa 0, giữ nguyên 79." in result.output
