"""Trains the Rasa model in its own environment and keeps it by the hash of all it is made of."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RASA_PROJECT = ROOT / "nlu" / "rasa"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
ARCHIVE = ".tar.gz"
CURRENT_FILE = "current"
REFUSED_FILE = "refused.json"
ORIGIN_FILE = "origin.json"
LEARNED_FILE = "learned.yml"
MODELS_KEPT = 3
NEEDED_DISK_MB = 200
_MARKUP = re.compile(r"[\[\](){}]")
"""Rasa would read entities into these."""


class TrainingError(Exception):
    """Training failed; the message says what is wrong and what to do."""


def rasa_environment() -> dict[str, str]:
    """The environment of every Rasa process: no telemetry, no network look-ups, one thread, no training cache."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("THANTHIEN_")},
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_MAX_CACHE_SIZE": "0",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONWARNINGS": "ignore",
        "PYTHONHASHSEED": "0",
        "GIT_PYTHON_REFRESH": "quiet",
        "LOG_LEVEL": "ERROR",
        "LOG_LEVEL_LIBRARIES": "ERROR",
    }


def sources(project: Path = RASA_PROJECT) -> list[Path]:
    """Every file a model depends on."""
    found = [project / "config.yml", project / "domain.yml", project / "requirements.txt"]
    found += sorted((project / "data").glob("*.yml")) + sorted((RASA_PROJECT / "components").glob("*.py"))
    return [*found, ROOT / "knowledge" / "normalise.py", ROOT / "knowledge" / "content" / "words.tsv"]


def model_id(project: Path = RASA_PROJECT) -> str:
    digest = hashlib.sha256()
    for file in sources(project):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def model_path(data_dir: Path, project: Path = RASA_PROJECT) -> Path:
    """Where the model of the present data is kept, whether or not it runs. Each has a folder of its own, because Rasa
    falls back to the newest archive of a folder when the named one is missing, and its id in the name, which is what
    Rasa reports."""
    return archive(data_dir, model_id(project))


def running_model(data_dir: Path, project: Path = RASA_PROJECT) -> Path:
    """The accepted model, which answers citizens; before any was accepted, or when it is gone, that of the present
    data. It may not be there yet."""
    try:
        accepted = archive(data_dir, (data_dir / "models" / CURRENT_FILE).read_text(encoding="utf-8").strip())
    except OSError:
        accepted = None
    return accepted if accepted is not None and accepted.is_file() else model_path(data_dir, project)


def accept(model: Path) -> None:
    """From now on this model runs, whatever was said against it."""
    models = model.parent.parent
    scratch = models / (CURRENT_FILE + ".new")
    scratch.write_text(model.parent.name + "\n", encoding="utf-8")
    scratch.replace(models / CURRENT_FILE)
    (model.parent / REFUSED_FILE).unlink(missing_ok=True)


def refuse(model: Path, reasons: Sequence[str]) -> None:
    (model.parent / REFUSED_FILE).write_text(
        json.dumps({"reasons": list(reasons)}, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def refusal(model: Path) -> tuple[str, ...] | None:
    """Why the gate refused this model; None when it did not."""
    try:
        return tuple(json.loads((model.parent / REFUSED_FILE).read_text(encoding="utf-8"))["reasons"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError):
        return ("lý do không đọc được",)


def archive(data_dir: Path, name: str) -> Path:
    """Where the model of this id is kept, with all that was computed for it."""
    return data_dir / "models" / name / (name + ARCHIVE)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model was made of: the id of the same data without what editors taught, and how many texts of theirs."""

    base: str
    learned: int


def origin(model: Path) -> Origin:
    """Of a model kept before editors could teach: the data alone."""
    try:
        kept = json.loads((model.parent / ORIGIN_FILE).read_text(encoding="utf-8"))
        return Origin(str(kept["base"]), int(kept["learned"]))
    except (OSError, ValueError, LookupError, TypeError):
        return Origin(model.parent.name, 0)


@contextmanager
def taught(texts: Sequence[tuple[str, str]], project: Path = RASA_PROJECT) -> Iterator[Path]:
    """The project with the (intent, text) that editors taught in a training file of their own; without any, the
    project itself."""
    if not texts:
        yield project
        return
    with tempfile.TemporaryDirectory(prefix="taught-") as folder:
        copy = Path(folder)
        for name in ("config.yml", "domain.yml", "requirements.txt"):
            shutil.copy(project / name, copy / name)
        shutil.copytree(project / "data", copy / "data")
        (copy / "data" / LEARNED_FILE).write_text(_training_file(texts), encoding="utf-8")
        yield copy


def _training_file(texts: Sequence[tuple[str, str]]) -> str:
    lines = ['version: "3.1"', "nlu:"]
    for intent, own in itertools.groupby(sorted(texts), key=lambda one: one[0]):
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {' '.join(_MARKUP.sub(' ', text).split())}" for _, text in own]
    return "\n".join(lines) + "\n"


async def train(
    data_dir: Path,
    progress: Callable[[str], None],
    *,
    force: bool = False,
    project: Path = RASA_PROJECT,
    made_of: Origin | None = None,
) -> Path:
    """The model of the present data; trains only when it is not there. Does not say that it runs. `made_of`: noted
    beside the model. Raises TrainingError."""
    target = model_path(data_dir, project)
    if target.exists() and not force:
        return target
    if not RASA_PYTHON.exists():
        raise TrainingError("Chưa có môi trường Rasa (.venv-rasa). Chạy `make setup` rồi thử lại.")
    target.parent.mkdir(parents=True, exist_ok=True)
    free_mb = shutil.disk_usage(target.parent).free // 1_000_000
    if free_mb < NEEDED_DISK_MB:
        raise TrainingError(f"Ổ đĩa chỉ còn {free_mb} MB, cần {NEEDED_DISK_MB} MB để huấn luyện. Dọn bớt rồi thử lại.")
    with tempfile.TemporaryDirectory(prefix="training-", dir=target.parent) as scratch:
        command = [
            str(RASA_PYTHON), "-m", "rasa", "train", "nlu", "--config", str(project / "config.yml"),
            "--domain", str(project / "domain.yml"), "--nlu", str(project / "data"), "--out", scratch,
            "--fixed-model-name", "model",
        ]  # fmt: skip
        log = data_dir / "logs" / "training.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=scratch, env=rasa_environment(), stdout=output, stderr=asyncio.subprocess.STDOUT
            )
            try:
                await _watch(process, progress)
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
        trained = Path(scratch) / ("model" + ARCHIVE)
        if process.returncode != 0 or not trained.exists():
            raise TrainingError(
                f"Huấn luyện mô hình thất bại. Xem chi tiết trong {log}, sửa dữ liệu ở nlu/rasa/data rồi thử lại."
            )
        trained.replace(target)
        for computed in target.parent.glob("*.json"):
            if computed.name != REFUSED_FILE:
                computed.unlink()
        if made_of is not None:
            noted = json.dumps({"base": made_of.base, "learned": made_of.learned})
            (target.parent / ORIGIN_FILE).write_text(noted, encoding="utf-8")
    _forget_old(target, running_model(data_dir, project))
    return target


async def _watch(process: asyncio.subprocess.Process, progress: Callable[[str], None]) -> None:
    started = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(process.wait())
    while not waiting.done():
        await asyncio.wait([waiting], timeout=1.0)
        progress(f"{asyncio.get_running_loop().time() - started:.0f} giây")


def _forget_old(*needed: Path) -> None:
    """Removes all but the newest archives and those needed; a refusal stays, so that it is not trained again."""
    archives = sorted(
        needed[0].parent.parent.glob("*/*" + ARCHIVE), key=lambda archive: archive.stat().st_mtime, reverse=True
    )
    for archive in archives[MODELS_KEPT:]:
        if archive in needed:
            continue
        if refusal(archive) is None:
            shutil.rmtree(archive.parent, ignore_errors=True)
        else:
            archive.unlink()
