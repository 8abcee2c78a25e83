"""Performs what the console asks of models: training and comparing one, and letting another answer.

A run is a process of its own (`than-thien try-model`), so that citizens are answered meanwhile and it can be stopped;
its lines become the progress everybody sees. One run at a time, in whichever process claims it; a performer that
falls silent loses it. Every process follows the newest publication that took effect."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from bot import limits
from bot.calibration import BANDS_FILE, read_calibration
from bot.dialogue.context import Bands
from bot.domain.errors import NluUnavailableError, StorageUnavailableError
from bot.domain.models import MODELS_TOPIC, KeptModel, ModelPublication, ModelRun, PublicationState, RunState
from bot.supervisor import RasaError
from bot.system import System
from bot.training import (
    ARCHIVE,
    RASA_PROJECT,
    RASA_PYTHON,
    ROOT,
    accept,
    archive,
    origin,
    refusal,
)
from bot.web.console.live import announce

log = structlog.get_logger("models")
TICK = 1.0
_COMMAND = "from bot.main import main; main()"


class ModelRunner:
    def __init__(self, system: System, project: Path = RASA_PROJECT) -> None:
        self._system = system
        self._project = project
        self._known: object = None

    async def run(self) -> None:
        """Works until cancelled; what it was doing then is stopped and noted as cancelled."""
        subscription = self._system.signals.subscribe(MODELS_TOPIC)
        try:
            while True:
                try:
                    await self.step()
                except StorageUnavailableError as error:
                    log.warning("models.storage_unavailable", error=str(error))
                except Exception as error:
                    log.error("models.failed", error=type(error).__name__)
                await subscription.wait(limits.MODEL_POLL)
        finally:
            await subscription.close()

    async def step(self) -> None:
        """Notes which models lie here, then performs a publication or a run that waits."""
        await self._note_models()
        publication = await self._system.models.waiting_publication()
        if publication is not None and (self._system.host is not None or not self._system.owns_rasa):
            await self._publish(publication)
        if RASA_PYTHON.exists():
            run = await self._system.models.claim()
            if run is not None:
                await self._perform(run)

    async def _note_models(self) -> None:
        data_dir = self._system.settings.data_dir
        found = await asyncio.to_thread(kept_models, data_dir)
        if found and found != self._known:
            await self._system.models.keep(found)
            if self._known is None and self._system.host is not None:
                running = self._system.host.model.parent.name
                await self._system.models.note_current(running, self._system.settings.default_unit)
            self._known = found

    async def _publish(self, publication: ModelPublication) -> None:
        system = self._system
        model = archive(system.settings.data_dir, publication.model_id)
        try:
            if not model.is_file():
                raise RasaError("Tệp của mô hình không còn trên máy này.")
            if system.host is not None and system.host.model == model:
                pass  # it was accepted at the terminal, and this process started with it
            elif system.host is not None:
                await system.host.replace(model, lambda: adopt(system, model))
            else:
                await self._load_elsewhere(model, publication.previous_id)
        except (RasaError, NluUnavailableError) as error:
            log.error("models.not_published", model=publication.model_id, error=type(error).__name__)
            await system.models.settle(publication.id, PublicationState.FAILED, str(error))
        else:
            await asyncio.to_thread(accept, model)
            await system.models.settle(publication.id, PublicationState.ACTIVE)
            log.info("models.published", model=publication.model_id)
        await tell(system)

    async def _load_elsewhere(self, model: Path, previous_id: str) -> None:
        """One server after the other, so that the others answer meanwhile; what was changed is changed back when one
        fails. Raises RasaError, NluUnavailableError."""
        system = self._system
        folder = system.settings.nlu_models
        if folder is None:
            raise RasaError(
                "Máy chủ Rasa chạy nơi khác: đặt THANTHIEN_NLU_MODELS (nơi Rasa thấy thư mục models), "
                "hoặc chép thư mục của mô hình sang đó rồi khởi động lại Rasa."
            )
        changed: list[str] = []
        try:
            for url in system.nlu_urls:
                changed.append(url)
                await system.nlu.load(url, f"{folder}/{model.parent.name}/{model.name}")
                if await system.nlu.model(url) != model.name:
                    raise RasaError(f"Máy chủ Rasa thứ {len(changed)} không nạp được mô hình.")
        except (RasaError, NluUnavailableError):
            for url in changed:
                with contextlib.suppress(NluUnavailableError):
                    await system.nlu.load(url, f"{folder}/{previous_id}/{previous_id}{ARCHIVE}")
            raise

    async def _perform(self, run: ModelRun) -> None:
        system = self._system
        await tell(system)
        tail: deque[str] = deque(maxlen=limits.MODEL_LOG_LINES)
        state, report, reason = RunState.FAILED, None, ""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _COMMAND, "try-model", "--project", str(self._project),
            env=self._environment(), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, start_new_session=True, limit=limits.MODEL_LINE_BYTES,
        )  # fmt: skip
        try:
            async with asyncio.timeout(limits.MODEL_RUN_TIMEOUT.total_seconds()):
                goes_on, report = await self._watch(run.id, process, tail)
                code = await process.wait() if goes_on else 0
            if not goes_on:
                state = RunState.CANCELLED
            elif code != 0 or report is None:
                reason = next((line for line in reversed(tail) if "✗" in line), "")
            elif report.get("report") is None:
                state = RunState.UNCHANGED
            else:
                state = RunState.REFUSED if report["report"]["reasons"] else RunState.PASSED
        except TimeoutError:
            reason = "timeout"
        except asyncio.CancelledError:
            state = RunState.CANCELLED
            raise
        finally:
            _end(process)
            await process.wait()
            kept = (report or {}).get("report") if state is not RunState.CANCELLED else None
            await self._note_models()
            await system.models.finish(run.id, state, report=kept, reason=reason, log="\n".join(tail))
            log.info("models.run_ended", run_id=run.id, state=state.value)
            await tell(system)

    async def _watch(
        self, run_id: int, process: asyncio.subprocess.Process, tail: deque[str]
    ) -> tuple[bool, dict[str, Any] | None]:
        """Reads the lines until they end, or until somebody asks to cancel (False)."""
        assert process.stdout is not None  # noqa: S101
        report: dict[str, Any] | None = None
        phase, percent, noted = "", 0, ("", -1)
        reading = asyncio.ensure_future(process.stdout.readline())
        while True:
            await asyncio.wait([reading], timeout=TICK)
            if reading.done():
                line = reading.result().decode(errors="replace").strip()
                if not reading.result():
                    return True, report
                if line.startswith("{"):
                    said = json.loads(line)
                    report = said if "report" in said else report
                    phase, percent = said.get("phase", phase), said.get("percent", percent)
                elif line:
                    tail.append(line)
                reading = asyncio.ensure_future(process.stdout.readline())
                if (phase, percent) == noted:
                    continue
            if not await self._system.models.progress(run_id, phase, percent):
                reading.cancel()
                return False, None
            if (phase, percent) != noted:
                noted = (phase, percent)
                await tell(self._system)

    def _environment(self) -> dict[str, str]:
        settings = self._system.settings
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "THANTHIEN_DATA_DIR": str(settings.data_dir),
            "THANTHIEN_DATABASE_URL": settings.database,
            "THANTHIEN_DEFAULT_UNIT": settings.default_unit,
            "THANTHIEN_CALIBRATION_MESSAGES": str(settings.calibration_messages),
            "THANTHIEN_NLU_URLS": "",
            "THANTHIEN_REDIS_URL": "",
        }


async def tell(system: System) -> None:
    """Wakes the other processes, and the open pages of every unit: models serve all of them."""
    await system.signals.notify(MODELS_TOPIC)
    for unit_id in system.knowledge.units:
        await announce(system.signals, unit_id, "models")


async def follow(system: System) -> None:
    """Takes over the thresholds of the model that answers, after each publication, until cancelled."""
    subscription = system.signals.subscribe(MODELS_TOPIC)
    seen: int | None = None
    try:
        while True:
            try:
                current = await system.models.current()
                if current is not None and current.id != seen:
                    model = await system.models.model(current.model_id)
                    if seen is not None and model is not None and model.bands is not None:
                        system.assistant.adopt(model.id + ARCHIVE, Bands(**_tuples(model.bands)))
                        system.nlu.forget_models()
                    seen = current.id
            except StorageUnavailableError as error:
                log.warning("models.storage_unavailable", error=str(error))
            await subscription.wait(limits.MODEL_POLL)
    finally:
        await subscription.close()


def adopt(system: System, model: Path) -> None:
    """The thresholds kept with a model, which was calibrated before it was judged."""
    calibration = read_calibration(model)
    system.assistant.adopt(model.name, calibration.bands if calibration else Bands())


def kept_models(data_dir: Path) -> list[KeptModel]:
    """What lies in the models' folder, newest first."""
    found = []
    for folder in (data_dir / "models").glob("*/"):
        model = archive(data_dir, folder.name)
        if not model.is_file():
            continue
        made_of, calibration = origin(model), read_calibration(model)
        bands = json.loads((folder / BANDS_FILE).read_text(encoding="utf-8")) if calibration else None
        trained_at = datetime.fromtimestamp(model.stat().st_mtime, UTC)
        kept = None if bands is None else {**bands["bands"], "scope": bands["scope"]}
        found.append(KeptModel(folder.name, made_of.base, made_of.learned, trained_at, True, refusal(model), kept))
    return sorted(found, key=lambda one: one.trained_at, reverse=True)


def _tuples(bands: Any) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in bands.items()}


def _end(process: asyncio.subprocess.Process) -> None:
    """The process and what it started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
