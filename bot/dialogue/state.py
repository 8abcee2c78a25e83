"""What a conversation remembers between two messages: small, versioned, stored as JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.dialogue.draft import Draft

STATE_VERSION = 1


_PLAIN = ("procedure", "aspect", "awaits", "greeted", "insults", "ticket", "held")


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class State:
    """`choices`: what was offered last; `awaits`: what the next message should bring (`number`, `procedure`; of the
    `ticket` spoken of `more`, `comment`, `reason`, `stars`; `sealed`: after a denunciation, words that may belong to
    it); `draft`: a report half told; `photos`, `pin`: brought before it was said what they show; `held`: words that may
    belong to the ticket, or the stars its comment follows; `aspect`: the aspect asked while the procedure is not known
    yet; `conditions`: the circumstances the citizen told of in the question (see knowledge.conditions)."""

    procedure: str | None = None
    aspect: str | None = None
    choices: tuple[Choice, ...] = ()
    awaits: str | None = None
    greeted: bool = False
    insults: int = 0
    conditions: tuple[str, ...] = ()
    draft: Draft | None = None
    photos: tuple[tuple[int, int], ...] = ()
    pin: tuple[float, float] | None = None
    ticket: str | None = None
    held: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "v": STATE_VERSION,
            **{name: getattr(self, name) for name in (*_PLAIN, "conditions", "photos", "pin")},
            "choices": [{"label": one.label, "payload": one.payload} for one in self.choices],
            "draft": self.draft.to_json() if self.draft else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> State:
        """The stored state; one written by another version of the program is dropped, not guessed at."""
        if data.get("v") != STATE_VERSION:
            return cls()
        fields = {name: data[name] for name in _PLAIN if name in data}
        pin = data.get("pin")
        return cls(
            choices=tuple(Choice(one["label"], one["payload"]) for one in data.get("choices", ())),
            conditions=tuple(data.get("conditions", ())),
            draft=Draft.from_json(data.get("draft")),
            photos=tuple((event, part) for event, part in data.get("photos", ())),
            pin=(pin[0], pin[1]) if pin else None,
            **fields,
        )

    def settled(self, **changes: Any) -> State:
        """The state after a turn that left nothing open."""
        return replace(self, **{"choices": (), "awaits": None, "held": "", **changes})
