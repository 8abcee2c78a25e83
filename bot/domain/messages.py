"""What a citizen and the assistant say to each other, independent of any platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.filing import Effect


class Outcome(StrEnum):
    """How a citizen's message was met. Every inbound event ends with one of these."""

    ANSWER = "answer"
    """Published data was given."""
    CHOOSE = "choose"
    """Up to three readings were offered: did you mean."""
    REFUSE = "refuse"
    """An honest don't-know, with a way to a person."""
    DOOR = "door"
    """The emergency number or the lawful door was shown; nothing was collected."""
    FLOW = "flow"
    """A form or look-up was begun or carried on."""
    TALK = "talk"
    """Greeting, help, thanks and the like."""
    IGNORED = "ignored"
    """Needs no answer (a receipt, an empty event); the reason is kept."""
    FAILED = "failed"
    """Our fault after all attempts: the citizen got an apology and a phone number, staff see it in `check`."""


@dataclass(frozen=True, slots=True)
class Button:
    """A quick reply: `label` is shown, `payload` comes back (see bot.dialogue.payloads)."""

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Phone:
    label: str
    number: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of staff. `size` in bytes; `key`: where it lies (bot.ports.MediaStore)."""

    name: str
    content_type: str
    size: int
    key: str


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """Asks for the telephone number through the platform's own form, where it has one."""

    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a message is about, for a template that was approved beforehand and needs no open window. `kind` as of
    bot.domain.notices.NoticeKind; `values` by the name of the template's parameter, no words of the citizen."""

    kind: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of the assistant. A platform that lacks buttons, links or phones shows them as text; `elsewhere` is
    what to say of files it does not take."""

    text: str
    buttons: tuple[Button, ...] = ()
    link: Link | None = None
    phones: tuple[Phone, ...] = ()
    files: tuple[File, ...] = ()
    elsewhere: str = ""
    contact: ContactRequest | None = None
    notice: Notice | None = None

    def naming(self, files: Iterable[File]) -> str:
        """The line that stands in place of files; empty without any."""
        names = ", ".join(one.name for one in files)
        return f"Kèm theo: {names}. {self.elsewhere}".strip() if names else ""

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "buttons": [{"label": one.label, "payload": one.payload} for one in self.buttons],
            "link": {"label": self.link.label, "url": self.link.url} if self.link else None,
            "phones": [{"label": one.label, "number": one.number} for one in self.phones],
        } | self._seldom()

    def _seldom(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.files:
            found |= {"files": [asdict(one) for one in self.files], "elsewhere": self.elsewhere}
        if self.contact:
            found["contact"] = asdict(self.contact)
        if self.notice:
            found["notice"] = {"kind": self.notice.kind, "values": dict(self.notice.values)}
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reply:
        link = data.get("link")
        return cls(
            data["text"],
            tuple(Button(one["label"], one["payload"]) for one in data.get("buttons", ())),
            Link(link["label"], link["url"]) if link else None,
            tuple(Phone(one["label"], one["number"]) for one in data.get("phones", ())),
            tuple(File(**one) for one in data.get("files", ())),
            data.get("elsewhere", ""),
            ContactRequest(**data["contact"]) if "contact" in data else None,
            Notice(**data["notice"]) if "notice" in data else None,
        )


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One event of a citizen as a connector parsed it.

    `external_id` is the platform's id of the event, `citizen_id` its id of the person.
    """

    external_id: str
    citizen_id: str
    text: str
    payload: str | None = None
    kind: str = "message"
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """Something that came beside a citizen's words. `kind` as of bot.domain.channels.Attachment; `photo`: (event id,
    part) of a file that is kept, as in the table media; `pin`: latitude and longitude in degrees."""

    kind: str
    photo: tuple[int, int] | None = None
    pin: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A saved inbound event a worker has claimed, with the conversation it belongs to."""

    id: int
    conversation_id: int
    unit_id: str
    text: str
    payload: str | None
    attempts: int
    received_at: datetime
    state: dict[str, Any]
    """The conversation's stored state; empty when none or its lifetime has passed."""
    kind: str = "message"
    with_ids: tuple[int, ...] = ()
    """The later events of the same burst; their words are in `text`, one line each."""
    shared_phone: str | None = None
    """Of an event of Kind.SHARED_INFO, as the platform wrote it."""
    attachments: tuple[dict[str, Any], ...] = ()
    """Of the whole burst, as bot.domain.channels.Attachment, each with the `event_id` it came with and its `part`: its
    place among the attachments of that event, from 0, as in the table media."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outbox row a sender has claimed. `uncertain`: an earlier attempt may have arrived and its echo was awaited in
    vain. `alarm`: what the channel's administrator must mend. `expired`: it was held up until no platform takes it any
    more; by what. `phone`: of the ticket the message is about, given by its citizen to be told of it (E.164)."""

    id: int
    conversation_id: int
    channel_id: int
    platform: str
    citizen_id: str
    attempts: int
    reply: Reply
    account: str = ""
    parts_sent: int = 0
    by_staff: bool = False
    last_inbound_at: datetime | None = None
    uncertain: bool = False
    alarm: str | None = None
    expired: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Stuck:
    """An outbox row a person must look at; without an outcome it waits, for longer than it should. `ticket`: the code
    of the one it tells of."""

    id: int
    platform: str
    account: str
    outcome: str | None
    reason: str | None
    attempts: int
    parts_sent: int
    created_at: datetime
    conversation_id: int
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of a conversation as the web chat shows it."""

    seq: int
    direction: str
    client_id: str | None
    reply: Reply
    at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What the dialogue decided about one message: what to say and what to remember."""

    outcome: Outcome
    replies: tuple[Reply, ...]
    state: dict[str, Any]
    intent: str | None = None
    confidence: float = 0.0
    procedure: str | None = None
    revision: int | None = None
    position: str | None = None
    aspects: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    reason: str | None = None
    model: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    why: dict[str, Any] = field(default_factory=dict)
    """What the decision rested on (bot.dialogue.explaining), kept with every answer."""
    effects: tuple[Effect, ...] = ()
    """What happens to tickets, consents and the conversation in the transaction that closes the event."""
