"""What a conversation remembers between two messages: small, versioned, stored as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

STATE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class State:
    """`choices`: what was offered last; `awaits`: what the next message should bring (`number`, `procedure`);
    `aspect`: the aspect asked while the procedure is not known yet; `conditions`: the circumstances the citizen
    told of in the question (see knowledge.conditions)."""

    procedure: str | None = None
    aspect: str | None = None
    choices: tuple[Choice, ...] = ()
    awaits: str | None = None
    greeted: bool = False
    insults: int = 0
    conditions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"v": STATE_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> State:
        """The stored state; one written by another version of the program is dropped, not guessed at."""
        if data.get("v") != STATE_VERSION:
            return cls()
        fields = {name: data[name] for name in ("procedure", "aspect", "awaits", "greeted", "insults") if name in data}
        choices = tuple(Choice(one["label"], one["payload"]) for one in data.get("choices", ()))
        return cls(choices=choices, conditions=tuple(data.get("conditions", ())), **fields)

    def settled(self, **changes: Any) -> State:
        """The state after a turn that left nothing open."""
        return replace(self, **{"choices": (), "awaits": None, **changes})
