"""Models of the understanding: the runs that make them, and which one answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    """Not worse than the running model; it answers once somebody publishes it."""
    REFUSED = "refused"
    """Worse; it can never be published from the console."""
    UNCHANGED = "unchanged"
    """Nothing was taught or changed since the running model was trained."""
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (RunState.WAITING, RunState.RUNNING)


class Phase(StrEnum):
    """What a run is doing, in this order."""

    PREPARING = "preparing"
    TRAINING = "training"
    ASKING_OLD = "asking_old"
    """The gate set, of the running model, unless its figures are kept."""
    ASKING_NEW = "asking_new"
    JUDGING = "judging"


class PublicationState(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A trained model. `bands`: its thresholds, as bot.calibration keeps them; `refused`: why it may not answer."""

    id: str
    base_id: str
    learned: int
    trained_at: datetime
    kept: bool
    refused: tuple[str, ...] | None = None
    bands: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ModelRun:
    """`report`: see bot.gate.Report; `staff`: the name of who asked for it, empty at the terminal."""

    id: int
    state: RunState
    unit_id: str
    staff: str
    requested_at: datetime
    started_at: datetime | None
    seen_at: datetime | None
    finished_at: datetime | None
    phase: str
    percent: int
    cancel_asked: bool
    model_id: str | None
    base_id: str | None
    report: Mapping[str, Any] | None
    reason: str
    log: str

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class ModelPublication:
    id: int
    model_id: str
    previous_id: str
    staff: str
    requested_at: datetime
    state: PublicationState
    done_at: datetime | None
    reason: str


MODELS_TOPIC = "models"
