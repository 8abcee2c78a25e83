"""What a turn does to tickets, and what the dialogue is told about them.

A turn only says what shall happen (`Effect`); bot.storage.filing does it in the transaction that closes the event, so
that a ticket is filed exactly once, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.tickets import TicketKind, TicketState

CODE_MARK = "{ticket_code}"
DUE_MARK = "{ticket_due}"
"""In a turn's replies: replaced by the new ticket's code, and by the day and hour it is due, when it is filed."""


@dataclass(frozen=True, slots=True)
class Filing:
    """A confirmed report. `photos`: (event id, part) of citizens' files, as in the table media. `phone`: given with
    consent, E.164. `hamlet`: by its published name. Nothing else of the citizen is kept with it."""

    kind: TicketKind
    text: str
    category: str | None = None
    place: str = ""
    hamlet: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str | None = None
    anonymous: bool = False
    photos: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FileTicket:
    filing: Filing


@dataclass(frozen=True, slots=True)
class AddToTicket:
    """More words or files for an open ticket; a waiting one goes on."""

    code: str
    text: str
    photos: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FollowTicket:
    code: str


@dataclass(frozen=True, slots=True)
class WithdrawTicket:
    code: str


@dataclass(frozen=True, slots=True)
class RateTicket:
    """`stars` 1 to 5."""

    code: str
    stars: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ReopenTicket:
    """ "Chưa giải quyết xong": once, at the leader."""

    code: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """A person of the commune shall take the conversation over."""


@dataclass(frozen=True, slots=True)
class HandBack:
    """The citizen wants the assistant again."""


@dataclass(frozen=True, slots=True)
class GiveConsent:
    purpose: str
    wording: str


@dataclass(frozen=True, slots=True)
class SealWords:
    """The words of this turn's events are taken out of events and messages and sealed (Luật Tố cáo 2018, Điều 8)."""


@dataclass(frozen=True, slots=True)
class EraseData:
    """ "XÓA DỮ LIỆU": everything of the conversation that no law or open ticket holds."""


Effect = (
    FileTicket
    | AddToTicket
    | FollowTicket
    | WithdrawTicket
    | RateTicket
    | ReopenTicket
    | AskPerson
    | HandBack
    | GiveConsent
    | SealWords
    | EraseData
)


@dataclass(frozen=True, slots=True)
class TicketFact:
    """What may be told about a ticket. `own`: the asking conversation filed or follows it; of others only kind, state
    and dates are told, and of restricted kinds nothing."""

    code: str
    kind: TicketKind
    state: TicketState
    received_at: datetime
    due_at: datetime | None
    own: bool
    summary: str = ""
    """The beginning of the report; empty when not `own`, except of a likely duplicate, where category and place
    stand in for it."""
    last_reply: str = ""
    followed: bool = False
    """`own` only because the conversation follows it: it may be added to, but not withdrawn, rated or reopened."""
    reopened: int = 0
    rating: int | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """`own`: newest first, the open ones and those closed lately. `asked`: the ticket of the code in the message.
    `similar`: open tickets that may be about the same, likeliest first."""

    own: tuple[TicketFact, ...] = ()
    asked: TicketFact | None = None
    similar: tuple[TicketFact, ...] = ()
    consents: frozenset[str] = field(default_factory=frozenset)
    """Purposes the citizen agreed to and did not withdraw."""
    data_kept: tuple[tuple[str, int], ...] = ()
    """"XEM DỮ LIỆU": (what, how many)."""
