"""`user add|list|reset` and `audit verify`, as somebody at the server's terminal types them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.main import app
from tests.unit.test_commands import command  # noqa: F401

PASSWORD = "bốn con trâu gặm cỏ"
ADD = ["user", "add", "Quan", "--name", "Vũ Hồng Quân", "--role", "administrator", "--role", "editor"]


@pytest.fixture
def terminal(command: CliRunner, monkeypatch: pytest.MonkeyPatch) -> CliRunner:  # noqa: F811
    """An installation with the sample commune."""
    monkeypatch.setattr("bot.services.knowledge.SearchIndex", lambda *args, **kwargs: None)
    assert command.invoke(app, ["migrate"]).exit_code == 0
    return command


def twice(password: str) -> str:
    return f"{password}\n{password}\n"


def test_the_first_account_is_made_listed_and_reset(terminal: CliRunner) -> None:
    assert "Chưa có tài khoản" in terminal.invoke(app, ["user", "list"]).stdout
    made = terminal.invoke(app, ADD, input=twice(PASSWORD))
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    listed = terminal.invoke(app, ["user", "list"]).stdout
    assert "quan  Vũ Hồng Quân  xa-tan-an: administrator, editor" in listed
    assert terminal.invoke(app, ["user", "reset", "quan"], input=twice("sông Đồng Nai nước trong")).exit_code == 0
    verified = terminal.invoke(app, ["audit", "verify"])
    assert "Nhật ký còn nguyên: 3 dòng" in verified.stdout
    known = verified.stdout.split()[-1]
    assert terminal.invoke(app, ["audit", "verify", "--known", known]).exit_code == 0
    assert terminal.invoke(app, ["audit", "verify", "--known", "0" * 64]).exit_code == 1


def test_what_is_wrong_is_said_and_nothing_is_made(terminal: CliRunner) -> None:
    for arguments, typed, said in (
        (ADD, twice("matkhau123"), "quá quen thuộc"),
        (ADD, twice("ngắn"), "ít nhất 10 ký tự"),
        ([*ADD, "--unit", "xa-khac"], "", "Chưa có đơn vị"),
        (["user", "add", "Lê Văn", "--name", "x", "--role", "editor"], "", "chữ thường không dấu"),
        (["user", "reset", "nobody"], "", "Không có tài khoản"),
    ):
        result = terminal.invoke(app, arguments, input=typed)
        assert result.exit_code == 1, arguments
        assert said in result.output
    assert "Chưa có tài khoản" in terminal.invoke(app, ["user", "list"]).stdout
    terminal.invoke(app, ADD, input=twice(PASSWORD))
    assert "Đã có tài khoản" in terminal.invoke(app, ADD, input=twice(PASSWORD)).output


def test_an_altered_trail_is_named_with_its_row_and_fails(terminal: CliRunner, tmp_path: Path) -> None:
    terminal.invoke(app, ADD, input=twice(PASSWORD))
    terminal.invoke(app, ["user", "reset", "quan"], input=twice("sông Đồng Nai nước trong"))
    with sqlite3.connect(tmp_path / "than-thien.db") as connection:
        connection.execute("UPDATE audit SET action = 'nothing' WHERE id = 2")
    connection.close()
    result = terminal.invoke(app, ["audit", "verify"])
    assert result.exit_code == 1
    assert "dòng 2 không khớp" in result.output
