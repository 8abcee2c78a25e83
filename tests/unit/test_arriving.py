"""What the worker hands to the dialogue: files by their number, the place on the map, the conversation."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.channels import Kind
from bot.domain.messages import Attached, Event, Outcome, Turn
from bot.worker import Worker
from tests.conftest import MONDAY_MORNING, UNIT
from tests.fakes import FakeClock


class Inbox:
    def __init__(self, event: Event) -> None:
        self.event: Event | None = event
        self.turn: Turn | None = None

    async def claim_many(self, owner: str, at_most: int) -> list[Event]:
        event, self.event = self.event, None
        return [event] if event else []

    async def finish(self, event: Event, owner: str, turn: Turn) -> None:
        self.turn = turn


class Signals:
    async def notify(self, topic: str) -> None:
        pass


class Assistant:
    def __init__(self) -> None:
        self.told: tuple[Any, ...] = ()

    async def turn(self, *told: Any) -> Turn:
        self.told = told
        return Turn(Outcome.TALK, (), {})


@pytest.mark.parametrize(
    ("attachment", "attached"),
    [
        ({"kind": "image", "url": "https://x/1", "event_id": 5, "part": 1}, Attached("image", photo=(5, 1))),
        ({"kind": "image", "url": None, "event_id": 5, "part": 1}, Attached("image")),
        ({"kind": "sticker", "url": "https://x/1", "event_id": 5, "part": 0}, Attached("sticker")),
        (
            {"kind": "location", "latitude": 11.1, "longitude": 107, "event_id": 5, "part": 0},
            Attached("location", pin=(11.1, 107.0)),
        ),
        ({"kind": "location", "latitude": 11.1}, Attached("location")),
    ],
)
async def test_an_attachment_is_handed_on_with_its_number_or_its_place(
    attachment: dict[str, Any], attached: Attached, clock: FakeClock
) -> None:
    event = Event(
        5, 9, UNIT, "đây", None, 1, MONDAY_MORNING, {}, kind=Kind.MESSAGE.value, attachments=(attachment,)
    )  # fmt: skip
    inbox, assistant = Inbox(event), Assistant()
    worker = Worker("w", inbox, assistant, Signals(), clock)  # type: ignore[arg-type]
    assert await worker.step()
    assert assistant.told == (UNIT, {}, "đây", None, MONDAY_MORNING, (attached,), 9)
    assert inbox.turn is not None
