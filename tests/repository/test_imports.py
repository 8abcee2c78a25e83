"""Which way imports run. The table is the rule; CONTRIBUTING.md explains it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.material import ROOT

OURS = ("bot", "connectors", "knowledge", "nlu")
SHELL = (
    "bot/system.py", "bot/main.py", "bot/running.py", "bot/conversation.py", "bot/checking.py", "bot/evaluation.py",
    "bot/platforms.py", "bot/connecting.py", "bot/calibration.py", "bot/channel_checks.py", "bot/page_profile.py",
    "bot/judging.py", "bot/models.py", "bot/users.py", "bot/exchanging.py",
)  # fmt: skip
CORE = ("bot.domain", "bot.ports", "bot.limits")

TABLE: dict[str, tuple[str, ...]] = {
    "bot/domain": ("bot.domain", "pydantic"),
    "bot/ports.py": ("bot.domain",),
    "bot/limits.py": (),
    "bot/config.py": ("pydantic", "pydantic_settings"),
    "bot/terminal.py": ("rich", "structlog", "typer"),
    "bot/bootstrap.py": (),
    "bot/training.py": (),
    "bot/gate.py": ("bot.domain", "pydantic"),
    "bot/evaluation_report.py": ("bot.domain", "bot.evaluation", "jinja2", "rich"),
    "bot/supervisor.py": (*CORE, "bot.training", "nlu.client", "structlog"),
    "bot/dialogue": (
        *CORE, "bot.dialogue", "knowledge.normalise", "knowledge.categories", "knowledge.conditions",
        "knowledge.emergencies", "phonenumbers",
    ),
    "bot/services": (
        *CORE, "bot.services", "bot.dialogue", "bot.storage.revisions", "bot.storage.learning", "knowledge",
        "structlog",
    ),
    "bot/services/previewing.py": (*CORE, "bot.dialogue", "pydantic"),
    "bot/learning.py": (
        *CORE, "bot.dialogue.masking", "bot.services", "bot.storage.harvest", "bot.storage.learning",
        "bot.storage.staff", "knowledge", "structlog",
    ),
    "bot/storage": (
        *CORE, "bot.storage", "knowledge.normalise", "knowledge.categories", "sqlalchemy", "alembic", "redis",
        "cryptography", "structlog",
    ),
    "bot/storage/editing.py": (*CORE, "bot.storage", "pydantic", "sqlalchemy"),
    "bot/passwords.py": ("bot.limits", "argon2"),
    "bot/accounts.py": (*CORE, "bot.passwords", "bot.storage", "pyotp"),
    "bot/web/console": (
        *CORE, "bot.web", "bot.accounts", "bot.media", "bot.passwords", "bot.services", "bot.config", "bot.storage",
        "bot.learning", "bot.dialogue.masking", "bot.dialogue.explaining", "bot.dialogue.editable",
        "knowledge.normalise", "knowledge.exchange", "knowledge.files",
        "aiohttp", "aiohttp_jinja2", "jinja2", "markupsafe", "multidict", "openpyxl", "pydantic", "segno",
        "structlog",
    ),
    "bot/media.py": (
        *CORE, "bot.storage.attachments", "aiohttp", "filetype", "PIL", "prometheus_client", "structlog",
    ),
    "bot/signing.py": (),
    "bot/bucket.py": (*CORE, "bot.signing", "aiohttp", "yarl"),
    "bot/erasing.py": (*CORE, "bot.storage.erasures", "structlog"),
    "bot/inviting.py": (*CORE, "bot.storage.comments", "prometheus_client", "structlog"),
    "bot/ticket_clock.py": (*CORE, "bot.storage", "structlog"),
    "bot/lanes.py": (*CORE, "structlog"),
    "bot/sender.py": (*CORE, "bot.lanes", "prometheus_client", "structlog"),
    "bot/worker.py": (
        *CORE, "bot.lanes", "bot.sender.OUTBOX_TOPIC", "bot.services", "bot.storage.transcripts", "prometheus_client",
        "structlog",
    ),
    "bot/web": (
        *CORE, "bot.web", "bot.services", "bot.config", "bot.storage",
        "bot.worker.INBOX_TOPIC", "bot.worker.MEDIA_TOPIC", "bot.worker.chat_topic", "bot.dialogue.payloads",
        "knowledge.exchange", "aiohttp", "aiohttp_jinja2", "jinja2", "segno",
        "pydantic", "prometheus_client", "structlog",
    ),
    "connectors": (*CORE, "connectors", "aiohttp", "structlog"),
    "nlu/client.py": (*CORE, "aiohttp", "pydantic"),
    "knowledge/normalise.py": (),
    "knowledge": (*CORE, "knowledge", "numpy", "pydantic", "scipy", "sklearn", "yaml"),
    "knowledge/exchange": (*CORE, "knowledge", "docx", "openpyxl", "phonenumbers", "pydantic", "yaml"),
}  # fmt: skip
"""Folder or file, what it may import besides the standard library. The longest entry that fits counts."""

NOBODY_IMPORTS = ("nlu.rasa", "bot.main")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def within(name: str, allowed: str) -> bool:
    return name == allowed or name.startswith(allowed + ".")


def sources() -> list[str]:
    found = [str(file.relative_to(ROOT)) for folder in OURS for file in sorted((ROOT / folder).rglob("*.py"))]
    return [name for name in found if not name.startswith("nlu/rasa/")]


def rule(source: str) -> tuple[str, ...] | None:
    places = [place for place in TABLE if source == place or source.startswith(place + "/")]
    return TABLE[max(places, key=len)] if places else None


@pytest.mark.parametrize(
    "source", [name for name in sources() if name not in SHELL and not name.endswith("__init__.py")]
)
def test_a_module_imports_only_what_the_table_allows(source: str) -> None:
    allowed = rule(source)
    assert allowed is not None, f"{source} is not in the table"
    outside = [name for name in imported(ROOT / source) if name.partition(".")[0] not in sys.stdlib_module_names]
    assert [name for name in outside if not any(within(name, one) for one in allowed)] == []


def test_no_package_imports_anything_when_it_is_entered() -> None:
    assert [name for name in sources() if name.endswith("__init__.py") and any(imported(ROOT / name))] == []


def test_nobody_imports_the_rasa_process_or_the_command() -> None:
    guilty = [
        (source, name)
        for source in sources()
        for name in imported(ROOT / source)
        if any(within(name, one) for one in NOBODY_IMPORTS)
    ]
    assert guilty == []


def test_only_the_shell_knows_everything() -> None:
    guilty = [
        source
        for source in sources()
        if source not in SHELL
        for name in imported(ROOT / source)
        if within(name, "bot.system")
    ]
    assert guilty == []


def test_connectors_do_not_know_each_other() -> None:
    for file in (ROOT / "connectors").rglob("*.py"):
        own = f"connectors.{file.parent.name}"
        assert [name for name in imported(file) if within(name, "connectors") and not within(name, own)] == []


def test_connectors_do_not_know_the_web_server() -> None:
    for file in (ROOT / "connectors").rglob("*.py"):
        assert [name for name in imported(file) if within(name, "aiohttp.web")] == []


def test_rasas_own_part_takes_only_the_normaliser_from_ours() -> None:
    for file in (ROOT / "nlu" / "rasa").rglob("*.py"):
        ours = [name for name in imported(file) if name.partition(".")[0] in OURS]
        assert [name for name in ours if not within(name, "knowledge.normalise") and not within(name, "nlu.rasa")] == []


def test_the_table_names_nothing_that_is_gone() -> None:
    assert [place for place in [*TABLE, *SHELL] if not (ROOT / place).exists()] == []
