"""Whole conversations written as people read them, and the one who plays them.

A file of scripts holds conversations, each under a line `## what it shows`:

    > còn lệ phí?  [procedure_fee]     the citizen writes; Rasa would say this intent (`[procedure_fee 0.3]`: unsure)
    > @Lệ phí                          the citizen taps the button of this label
    > !ask:fee:tach-ho                 a tap sends this payload
    > (ảnh) (vị trí) đây  [intent]     a photo and a place on the map beside the words, or without words
    < answer tach-ho                   how it ended, and the procedure or position spoken of (`< answer` for any)
      + 07 ngày làm việc               the reply says this
      - chuyển tiền                    the reply does not say this
      ? Nơi nộp                        the reply offers this button
      # 113                            the reply has a button that calls this number
      = reason                         the reason kept with the turn
      ! FileTicket kind='report' | 'ấp 3'   the turn has this effect, with these words in it; `! nothing`: it has none
    * 2026-02-17 09:00                 the time in Việt Nam from here on (at first a Monday morning)
    * rasa away                        Rasa does not answer from here on; `* rasa back`
    * search unsure                    the search is never sure enough to answer; `* search sure`
    * staff answered: đã dọn           staff answer the last ticket (`asked`: wait for the citizen, `closed`)
    * somebody reports rubbish ấp 3    another citizen has filed an open report of this category and hamlet
`{ticket_code}` stands for the code of the last ticket filed, `{first_code}` of the first.
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
from bot.dialogue.entities import masked
from bot.dialogue.state import State
from bot.domain.filing import Filing
from bot.domain.messages import Attached, Turn
from bot.domain.tickets import TicketKind, TicketState
from bot.domain.views import LOCAL_ZONE
from bot.services.assistant import Assistant
from tests.conftest import UNIT
from tests.fakes import FakeClock, FakeNlu
from tests.fakes.desk import FakeDesk

_WRITTEN = re.compile(r"(?P<text>.*?)\s+\[(?P<intent>\w+)(?: (?P<confidence>0\.\d+))?\]")
_BESIDE = re.compile(r"\((ảnh|vị trí)\)\s*")
_STAFF_STATES = {"answered": TicketState.ANSWERED, "asked": TicketState.WAITING, "closed": TicketState.CLOSED}
CITIZEN, SOMEBODY_ELSE = 1, 2
"""Ids of conversations."""


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

    def __init__(self, sure: Assistant, unsure: Assistant, nlu: FakeNlu, clock: FakeClock, desk: FakeDesk) -> None:
        self._assistants = {"search sure": sure, "search unsure": unsure}
        self._assistant = sure
        self._nlu = nlu
        self._clock = clock
        self.desk = desk
        self._events = 0
        self.state: dict[str, Any] = {}
        self.turn: Turn | None = None

    @property
    def last(self) -> Turn:
        assert self.turn is not None, "nobody has said anything yet"
        return self.turn

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.last.replies)

    async def say(
        self, text: str, intent: str | None = None, confidence: float = 0.95, beside: tuple[str, ...] = ()
    ) -> Turn:
        if intent:
            self._nlu.knows(masked(text, phones=False), intent, confidence)
        return await self._send(text, None, beside)

    async def tap(self, label: str) -> Turn:
        buttons = [button for reply in self.last.replies for button in reply.buttons if button.label == label]
        assert buttons, f"no button {label!r}"
        return await self._send(label, buttons[0].payload)

    async def send_payload(self, payload: str) -> Turn:
        return await self._send("", payload)

    async def _send(self, text: str, payload: str | None, beside: tuple[str, ...] = ()) -> Turn:
        self._events += 1
        attached = tuple(
            Attached("image", photo=(self._events, part)) if one == "ảnh" else Attached("location", pin=(11.1, 107.05))
            for part, one in enumerate(beside)
        )
        decided = await self._assistant.turn(
            UNIT, self.state, text, payload, self._clock.now(), attached, conversation_id=CITIZEN
        )
        turn = self.desk.perform(decided, CITIZEN)
        self.turn = turn
        self.state = json.loads(json.dumps(turn.state))
        assert State.from_json(self.state) == State.from_json(turn.state), "the state did not survive the database"
        assert turn.replies
        for reply in turn.replies:
            assert reply.text.strip()
            assert len(reply.text) < 4_000
            assert not re.search(r"[{}]|\bNone\b", reply.text)
            assert all(payloads.parse(button.payload) for button in reply.buttons)
            assert len({button.label for button in reply.buttons}) == len(reply.buttons)
        return turn

    async def play(self, script: Script) -> None:
        for number, line in script.lines:
            try:
                await self._play(line[0], self._filled(line[1:].strip()))
            except AssertionError as error:
                said = f"\n--- {replace(self.turn, replies=())}\n{self.text}" if self.turn else ""
                raise AssertionError(f"line {number}: {line}\n{error}{said}") from None

    def _filled(self, line: str) -> str:
        codes = list(self.desk.kept)
        return line.replace("{ticket_code}", codes[-1]).replace("{first_code}", codes[0]) if codes else line

    async def _play(self, sign: str, rest: str) -> None:
        match sign:
            case ">" if rest.startswith("@"):
                await self.tap(rest[1:])
            case ">" if rest.startswith("!"):
                await self.send_payload(rest[1:])
            case ">":
                beside = tuple(_BESIDE.findall(rest))
                words = _BESIDE.sub("", rest)
                written = _WRITTEN.fullmatch(words)
                assert written or (beside and not words), "write the intent Rasa would find behind the words"
                if written is None:
                    await self.say("", beside=beside)
                else:
                    confidence = float(written["confidence"] or 0.95)
                    await self.say(written["text"], written["intent"], confidence, beside)
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
            case "!" if rest == "nothing":
                assert self.desk.effects == ()
            case "!":
                name, _, held = rest.partition(" ")
                found = [repr(one) for one in self.desk.effects if type(one).__name__ == name]
                assert any(all(words.strip() in one for words in held.split("|")) for one in found), self.desk.effects
            case "*" if rest.startswith("staff "):
                done, _, reply = rest.removeprefix("staff ").partition(": ")
                state = _STAFF_STATES[done]
                closed_at = self._clock.now() if state is TicketState.CLOSED else None
                self.desk.change(self.desk.last_code, state=state, last_reply=reply, closed_at=closed_at)
            case "*" if rest.startswith("somebody reports "):
                category, hamlet = rest.removeprefix("somebody reports ").split(" ", 1)
                filing = Filing(TicketKind.REPORT, "việc của người khác", category, hamlet, hamlet)
                self.desk.file(filing, SOMEBODY_ELSE)
            case "*" if rest.startswith("rasa "):
                self._nlu.away = {"rasa away": True, "rasa back": False}[rest]
            case "*" if rest in self._assistants:
                self._assistant = self._assistants[rest]
            case "*":
                self._clock.set(datetime.fromisoformat(rest).replace(tzinfo=LOCAL_ZONE))
            case _:
                raise AssertionError("a line of a script begins with > < + - ? # = ! or *")
