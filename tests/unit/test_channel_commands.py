"""`channel`, `outbox` and `check --ledger`: what they do, and what they say when something is wrong."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from bot.main import app
from bot.storage.credentials import Seal, SqlCredentials, kept_key
from bot.storage.database import Database
from bot.storage.revisions import Revisions
from knowledge import files
from tests.conftest import MONDAY_MORNING
from tests.fakes import FakeClock

ZALO = 'oa_id = "388"\nname = "Xã Tân An"\napp_id = "36"\napp_secret = "abc"\noa_secret = "def"\n'
FACEBOOK = 'page_id = "104"\napp_id = "73"\napp_secret = "ghi"\nverify_token = "jkl"\npage_token = "mno"\n'


class Command:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runner = CliRunner()

    def __call__(self, *words: str) -> Result:
        return self._runner.invoke(app, list(words))

    def add(self, platform: str, config: str, unit: str = "xa-tan-an") -> Result:
        file = self._folder / "channel.toml"
        file.write_text(config, encoding="utf-8")
        return self("channel", "add", platform, "--unit", unit, "--config", str(file))


async def _publish_units(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    units = {name: one.model_dump(mode="json") for name, one in files.read_units(files.UNITS).items()}
    await Revisions(database, FakeClock(MONDAY_MORNING)).publish("unit", None, units)
    await database.dispose()


@pytest.fixture(scope="module")
def with_units(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = Path(shutil.copyfile(migrated_file, tmp_path_factory.mktemp("units") / "units.db"))
    asyncio.run(_publish_units(file))
    return file


@pytest.fixture
def command(tmp_path: Path, with_units: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THANTHIEN_DATA_DIR", str(tmp_path))
    handlers = logging.root.handlers[:]
    shutil.copyfile(with_units, tmp_path / "than-thien.db")
    yield Command(tmp_path)
    structlog.reset_defaults()  # a command points the log at its own, now closed, standard error
    logging.root.handlers[:] = handlers


def test_templates_are_kept_with_the_channel_and_an_unknown_kind_is_named(command: Command, tmp_path: Path) -> None:
    wrong = command.add("zalo", ZALO + '[zbs_templates]\nansered = "77001"\n')
    assert wrong.exit_code != 0
    assert "zbs_templates.ansered" in wrong.stderr
    assert command.add("zalo", ZALO + '[zbs_templates]\nanswered = "77001"\nlate = "77002"\n').exit_code == 0

    async def secrets() -> Mapping[str, str]:
        database = Database(f"sqlite:///{tmp_path / 'than-thien.db'}")
        store = SqlCredentials(database, FakeClock(MONDAY_MORNING), Seal(kept_key(tmp_path)))
        found = (await store.credentials(1)).secrets
        await database.dispose()
        return found

    found = asyncio.run(secrets())
    assert (found["template_answered"], found["template_late"]) == ("77001", "77002")


def test_a_channel_is_added_listed_changed_and_switched_off(command: Command) -> None:
    assert "Chưa có kênh nào" in command("channel", "list").stdout
    added = command.add("zalo", ZALO + 'access_token = "a"\nrefresh_token = "r"\n')
    assert added.exit_code == 0
    assert "/webhooks/zalo" in added.stdout
    assert command.add("facebook", FACEBOOK).exit_code == 0
    assert command.add("facebook", FACEBOOK.replace("mno", "pqr")).exit_code == 0
    listed = command("channel", "list").stdout
    assert (listed.count("đang chạy"), "388" in listed, "104" in listed) == (2, True, True)
    assert command("channel", "off", "zalo", "388").exit_code == 0
    assert "đã tắt" in command("channel", "list").stdout
    assert command("channel", "off", "zalo", "999").exit_code == 1


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (ZALO.replace("oa_secret", "oa_sekret"), "oa_secret: thiếu"),
        (ZALO.replace('"36"', "36"), "app_id: phải là chữ trong dấu ngoặc kép"),
        (ZALO.replace('"36"', '"ba sáu"'), "app_id: sai dạng"),
        (ZALO.replace('"abc"', '""'), "app_secret: đang để trống"),
        (ZALO + 'access_token = "only one"\n', "refresh_token phải đi cùng"),
        ("oa_id: 1", "không phải TOML"),
    ],
)
def test_a_fault_of_the_file_is_named_by_its_field_and_no_secret_is_shown(
    command: Command, config: str, said: str
) -> None:
    result = command.add("zalo", config)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "def" not in result.output.replace("default", "")
    assert "Chưa có kênh nào" in command("channel", "list").stdout


def test_an_unknown_unit_and_a_missing_file_are_named(command: Command) -> None:
    result = command.add("zalo", ZALO, unit="xa-khac")
    assert (result.exit_code, "xa-khac" in result.stderr) == (1, True)
    missing = command("channel", "add", "zalo", "--unit", "xa-tan-an", "--config", "none.toml")
    assert (missing.exit_code, "none.toml" in missing.stderr) == (1, True)


def test_the_outbox_and_the_ledger_of_a_quiet_day_are_in_order(command: Command) -> None:
    assert "Không có tin nào bị kẹt" in command("outbox", "stuck").stdout
    assert command("outbox", "resend", "5").exit_code == 1
    assert command("outbox", "resend").exit_code == 1
    assert "zalo:9" in command("outbox", "resend", "--channel", "zalo:9").stderr
    ledger = command("check", "--ledger", "--day", "2026-11-20")
    assert (ledger.exit_code, "Chênh lệch: 0" in ledger.stdout) == (0, True)


def test_another_secret_key_is_found_by_check(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command.add("zalo", ZALO).exit_code == 0
    assert "THANTHIEN_SECRET_KEY" not in command("check").stdout
    monkeypatch.setenv("THANTHIEN_SECRET_KEY", "quite another key than before")
    result = command("check")
    assert (result.exit_code, "THANTHIEN_SECRET_KEY" in "".join(result.stdout.split())) == (1, True)
