"""Whole conversations written as people read them, and the one who plays them.

A file of scripts holds conversations, each under a line `## what it shows`:

    > còn lệ phí?  [procedure_fee]     the citizen writes; Rasa would say this intent (`[procedure_fee 0.3]`: unsure)
    > @Lệ phí                          the citizen taps the button of this label
    > !ask:fee:tach-ho                 a tap sends this payload
    < answer tach-ho                   how it ended, and the procedure or position spoken of (`< answer` for any)
      + 07 ngày làm việc               the reply says this
      - chuyển tiền                    the reply does not say this
      ? Nơi nộp                        the reply offers this button
      # 113                            the reply has a button that calls this number
      = reason                         the reason kept with the turn
    * 2026-02-17 09:00                 the time in Việt Nam from here on (at first a Monday morning)
    * rasa away                        Rasa does not answer from here on; `* rasa back`
    * search unsure                    the search is never sure enough to answer; `* search sure`
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.dialogue import payloads
from bot.dialogue.state import State
from bot.domain.messages import Turn
from bot.domain.views import LOCAL_ZONE
from bot.services.assistant import Assistant
from tests.conftest import UNIT
from tests.fakes import FakeClock, FakeNlu

_WRITTEN = re.compile(r"(?P<text>.*?)\s+\[(?P<intent>\w+)(?: (?P<confidence>0\.\d+))?\]")


@dataclass(frozen=True, slots=True)
class Script:
    title: str
    lines: tuple[tuple[int, str], ...]
    """With their numbers in the file."""


def scripts_of(file: Path) -> Iterator[Script]:
    title, lines = "", list[tuple[int, str]]()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            if lines:
                yield Script(title, tuple(lines))
            title, lines = line[3:], []
        elif line.strip():
            lines.append((number, line.strip()))
    yield Script(title, tuple(lines))


class Conversation:
    """A citizen's side of a conversation; the state is carried over as the database would keep it."""

    def __init__(self, sure: Assistant, unsure: Assistant, nlu: FakeNlu, clock: FakeClock) -> None:
        self._assistants = {"search sure": sure, "search unsure": unsure}
        self._assistant = sure
        self._nlu = nlu
        self._clock = clock
        self.state: dict[str, Any] = {}
        self.turn: Turn | None = None

    @property
    def last(self) -> Turn:
        assert self.turn is not None, "nobody has said anything yet"
        return self.turn

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.last.replies)

    async def say(self, text: str, intent: str | None = None, confidence: float = 0.95) -> Turn:
        if intent:
            self._nlu.knows(text, intent, confidence)
        return await self._send(text, None)

    async def tap(self, label: str) -> Turn:
        buttons = [button for reply in self.last.replies for button in reply.buttons if button.label == label]
        assert buttons, f"no button {label!r}"
        return await self._send(label, buttons[0].payload)

    async def send_payload(self, payload: str) -> Turn:
        return await self._send("", payload)

    async def _send(self, text: str, payload: str | None) -> Turn:
        turn = await self._assistant.turn(UNIT, self.state, text, payload, self._clock.now())
        self.turn = turn
        self.state = json.loads(json.dumps(turn.state))
        assert State.from_json(self.state) == State.from_json(turn.state), "the state did not survive the database"
        assert turn.replies
        for reply in turn.replies:
            assert reply.text.strip()
            assert len(reply.text) < 4_000
            assert not re.search(r"[{}]|\bNone\b", reply.text)
            assert all(payloads.parse(button.payload) for button in reply.buttons)
        return turn

    async def play(self, script: Script) -> None:
        for number, line in script.lines:
            try:
                await self._play(line[0], line[1:].strip())
            except AssertionError as error:
                said = f"\n--- {replace(self.turn, replies=())}\n{self.text}" if self.turn else ""
                raise AssertionError(f"line {number}: {line}\n{error}{said}") from None

    async def _play(self, sign: str, rest: str) -> None:
        match sign:
            case ">" if rest.startswith("@"):
                await self.tap(rest[1:])
            case ">" if rest.startswith("!"):
                await self.send_payload(rest[1:])
            case ">":
                written = _WRITTEN.fullmatch(rest)
                assert written, "write the intent Rasa would find behind the words"
                await self.say(written["text"], written["intent"], float(written["confidence"] or 0.95))
            case "<":
                outcome, _, subject = rest.partition(" ")
                assert self.last.outcome.value == outcome
                assert not subject or subject in {self.last.procedure, self.last.position}
            case "+":
                assert rest in self.text
            case "-":
                assert rest not in self.text
            case "?":
                assert rest in [button.label for reply in self.last.replies for button in reply.buttons]
            case "#":
                assert rest in [phone.number for reply in self.last.replies for phone in reply.phones]
            case "=":
                assert self.last.reason == rest
            case "*" if rest.startswith("rasa "):
                self._nlu.away = {"rasa away": True, "rasa back": False}[rest]
            case "*" if rest in self._assistants:
                self._assistant = self._assistants[rest]
            case "*":
                self._clock.set(datetime.fromisoformat(rest).replace(tzinfo=LOCAL_ZONE))
            case _:
                raise AssertionError("a line of a script begins with > < + - ? # = or *")
