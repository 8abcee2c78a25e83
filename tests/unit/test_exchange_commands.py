"""`than-thien import procedures` for foreign files, and `than-thien export procedures`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from bot.config import Settings
from bot.domain.records import Unit
from bot.main import app
from bot.storage import migrate
from bot.storage.editing import Editing
from bot.system import opened
from knowledge import files
from knowledge.exchange.reading import read_any
from tests.conftest import UNIT
from tests.exchange.word_files import portal_file


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample_units: dict[str, Unit]) -> Iterator[CliRunner]:
    """The command over a database with the sample units and one procedure."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THANTHIEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    handlers = logging.root.handlers[:]
    record = files.read_procedures(files.PROCEDURES / "dang-ky-khai-sinh.yaml")["dang-ky-khai-sinh"]

    async def publish() -> None:
        async with opened(Settings()) as system:
            await migrate.upgrade(system.database)
            units = {name: one.model_dump(mode="json") for name, one in sample_units.items()}
            await system.revisions.publish("unit", None, units)
            await system.revisions.publish(
                "procedure", "dong-nai", {"dang-ky-khai-sinh": record.model_dump(mode="json")}
            )

    asyncio.run(publish())
    yield CliRunner()
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers


def drafts() -> list[tuple[str, str]]:
    async def read() -> list[tuple[str, str]]:
        async with opened(Settings()) as system:
            found = await Editing(system.database, system.clock).open_drafts("dong-nai")
            return [(one.key.record_id, one.content["result"]) for one in found]

    return asyncio.run(read())


def test_a_portal_file_becomes_a_draft_with_a_preview_and_is_not_published(command: CliRunner, tmp_path: Path) -> None:
    head = ("Mã thủ tục: 1.001193", "Tên thủ tục: Thủ tục đăng ký khai sinh")
    (tmp_path / "a.docx").write_bytes(portal_file(head=head))
    looked = command.invoke(app, ["import", "procedures", "a.docx", "--dry-run"])
    assert looked.exit_code == 0, looked.output
    assert "sửa dang-ky-khai-sinh" in looked.output
    assert "Kết quả: “Giấy khai sinh (kèm số định danh cá nhân)” → “Giấy phép”" in " ".join(looked.output.split())
    assert "đoán" in looked.output
    assert drafts() == []
    done = command.invoke(app, ["import", "procedures", "a.docx"])
    assert "1 bản nháp mới" in done.output
    assert drafts() == [("dang-ky-khai-sinh", "Giấy phép")]
    again = command.invoke(app, ["import", "procedures", "a.docx"])
    assert "đã có bản nháp" in again.output
    assert command.invoke(app, ["export", "procedures", "out.json", "--format", "json"]).exit_code == 0
    [published] = read_any((tmp_path / "out.json").read_bytes()).drafts
    assert published.content["result"].startswith("Giấy khai sinh")


@pytest.mark.parametrize("kind", ["yaml", "xlsx", "docx", "json"])
def test_an_export_imported_again_changes_nothing(command: CliRunner, tmp_path: Path, kind: str) -> None:
    path = f"dang-ky-khai-sinh.{kind}"
    assert command.invoke(app, ["export", "procedures", path, "--format", kind, "--unit", "xa-tan-an"]).exit_code == 0
    again = command.invoke(app, ["import", "procedures", path, "--dry-run"])
    assert again.exit_code == 0, again.output
    unchanged = "giữ nguyên 1" if kind == "yaml" else "1 không đổi"
    assert unchanged in " ".join(again.output.split())


def test_yaml_is_written_as_a_folder_the_import_takes(command: CliRunner, tmp_path: Path) -> None:
    assert command.invoke(app, ["export", "procedures", "out", "--format", "yaml"]).exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["dang-ky-khai-sinh.yaml"]
    again = command.invoke(app, ["import", "procedures", "out"])
    assert "giữ nguyên 1" in again.output


def test_a_commune_does_not_publish_a_copy_of_what_its_province_publishes(command: CliRunner) -> None:
    command.invoke(app, ["export", "procedures", "out", "--format", "yaml"])
    refused = command.invoke(app, ["import", "procedures", "out", "--unit", UNIT])
    assert refused.exit_code == 1
    assert "“dang-ky-khai-sinh” do đơn vị “dong-nai” công bố" in " ".join(refused.output.split())


def test_the_template_is_written_and_holds_nothing(command: CliRunner, tmp_path: Path) -> None:
    assert "tệp mẫu" in command.invoke(app, ["export", "procedures", "mau.xlsx", "--template"]).output
    assert read_any((tmp_path / "mau.xlsx").read_bytes()).drafts == ()
    assert command.invoke(app, ["export", "procedures", "mau.docx", "--template", "--format", "docx"]).exit_code == 1


def test_a_refused_file_ends_in_its_reason(command: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"%PDF-1.7")
    refused = command.invoke(app, ["import", "procedures", "a.xlsx"])
    assert refused.exit_code == 1
    assert "PDF" in refused.output
