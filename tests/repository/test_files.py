from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bot.config import PREFIX, Settings
from tests.repository.material import ROOT

TOP_LEVEL = {
    "bot", "nlu", "connectors", "knowledge", "tests", "Dockerfile", "README.md", "pyproject.toml", "Makefile",
    "compose.yaml", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", ".ci", ".gitignore", ".dockerignore",
}  # fmt: skip
PINS = ("requirements.txt", "requirements-dev.txt", "nlu/rasa/requirements.txt")
TEXT = {".py", ".yml", ".yaml", ".toml", ".md", ".js", ".css", ".html", ".txt", ".tsv", ".jsonl", ".mako", ""}
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def kept_files() -> list[str]:
    """Files that are not ignored."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line]

    def is_kept(path: Path) -> bool:
        return path.name != ".git" and not any(fnmatch(path.name, pattern) for pattern in ignored)

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(filter(is_kept, folder.iterdir())):
            yield from walk(path) if path.is_dir() else [path]

    return [str(path.relative_to(ROOT)) for path in walk(ROOT)]


def test_the_top_level_holds_only_what_the_layout_names() -> None:
    entries = {name.partition("/")[0] for name in kept_files()}
    assert {name for name in entries - TOP_LEVEL if not re.fullmatch(r"requirements.*\.txt", name)} == set()


@pytest.mark.parametrize("name", PINS)
def test_pinned_files_hold_hashes_and_no_address(name: str) -> None:
    pins = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in pins
    assert "index-url" not in pins
    requirements = re.findall(r"^([a-zA-Z0-9._-]+(?:\[[^\]]+\])?)==", pins, re.MULTILINE)
    assert len(requirements) > 20
    assert pins.count("--hash=sha256:") >= len(requirements)


def test_no_file_depends_on_this_machine_or_on_folders_outside() -> None:
    machine = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/\w+|\.\./shared|/shared/")
    guilty = []
    for name in kept_files():
        file = ROOT / name
        if file.suffix in TEXT and name != "tests/repository/test_files.py":
            text = file.read_text(encoding="utf-8")
            guilty += [f"{name}: {match[0]}" for match in machine.finditer(text)]
    assert guilty == []


def test_every_setting_is_in_the_readme_and_the_other_way_round() -> None:
    in_table = re.findall(rf"^\|\s*`?({PREFIX}[A-Z_]+)`?\s*\|", README, re.MULTILINE)
    assert sorted(in_table) == sorted(PREFIX + name.upper() for name in Settings.model_fields)


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_make_targets_the_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    documents = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", documents, re.MULTILINE))
    assert {"run", "test"} <= named
    assert named - targets == set()


def test_the_files_the_documents_link_to_exist() -> None:
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        linked = [one for one in re.findall(r"\]\(([^)#]+)", text) if "://" not in one]
        assert [one for one in linked if not (ROOT / one).exists()] == []


def test_the_commands_the_makefile_runs_exist() -> None:
    modules = re.findall(r"-m ((?:bot|tests|nlu|knowledge)[\w.]*)", MAKEFILE)
    places = {one: ROOT / one.replace(".", "/") for one in modules}
    found = [one for one, at in places.items() if at.with_suffix(".py").exists() or (at / "__main__.py").exists()]
    assert found == modules
