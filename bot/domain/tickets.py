"""Tickets (phiếu): what a citizen brings forward, and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class TicketKind(StrEnum):
    """What the citizen brings forward (domain words: reference 2.3). None of them is a lawful lodging."""

    REPORT = "report"
    """Phản ánh: something is out of order."""
    PROPOSAL = "proposal"
    """Kiến nghị: a solution or a change is proposed."""
    FEEDBACK = "feedback"
    """Góp ý: a comment on the service."""
    PRAISE = "praise"
    """Khen ngợi."""
    CONDUCT = "conduct"
    """Phản ánh thái độ, phiền hà, sách nhiễu: for the leader and the appointed officer only."""
    GUIDANCE = "guidance"
    """Yêu cầu hướng dẫn: a question for a person, or somebody to be called back about a khiếu nại, without its
    content."""
    CALL_BACK = "call_back"
    """Somebody who wants to denounce asks to be called: a number and nothing else; restricted."""
    RECEPTION = "reception"
    """Đăng ký tiếp công dân."""
    PRIVACY = "privacy"
    """A request about one's own personal data."""


RESTRICTED_KINDS = frozenset({TicketKind.CONDUCT, TicketKind.CALL_BACK})


class TicketState(StrEnum):
    NEW = "new"
    """Mới."""
    RECEIVED = "received"
    """Đã tiếp nhận: somebody has it."""
    IN_PROGRESS = "in_progress"
    """Đang xử lý."""
    WAITING = "waiting"
    """Chờ công dân: the clock is paused."""
    ANSWERED = "answered"
    """Đã trả lời: closes by itself when the citizen does not object."""
    CLOSED = "closed"


class Group(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    DONE = "done"


GROUPS: Mapping[TicketState, Group] = {
    TicketState.NEW: Group.OPEN,
    TicketState.RECEIVED: Group.OPEN,
    TicketState.IN_PROGRESS: Group.OPEN,
    TicketState.WAITING: Group.PAUSED,
    TicketState.ANSWERED: Group.DONE,
    TicketState.CLOSED: Group.DONE,
}


class TicketResult(StrEnum):
    """How a closed one ended."""

    SOLVED = "solved"
    EXPLAINED = "explained"
    NOT_COMPETENT = "not_competent"
    """Không thuộc thẩm quyền: the citizen was told whose it is."""
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    ABUSE = "abuse"


class TicketEvent(StrEnum):
    """What happened to a ticket; one row each."""

    FILED = "filed"
    RECEIVED = "received"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    RECLASSIFIED = "reclassified"
    NOTE = "note"
    REPLY = "reply"
    """To the citizen and the followers."""
    QUESTION = "question"
    """To the citizen; the clock waits."""
    CITIZEN_WROTE = "citizen_wrote"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    RATED = "rated"
    WITHDRAWN = "withdrawn"
    EXTENDED = "extended"
    DEADLINE = "deadline"
    """Computed anew."""
    WARNED = "warned"
    ESCALATED = "escalated"
    APOLOGY = "apology"
    LINKED = "linked"
    FOLLOWED = "followed"
    FILE = "file"
    HOLD = "hold"
    ANONYMISED = "anonymised"


class Folder(StrEnum):
    """How the queue is cut. All but the last hold tickets nobody has answered yet."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    DUE_SOON = "due_soon"
    """Four fifths of the working time have passed, or nobody has accepted it in time."""
    OVERDUE = "overdue"
    WAITING = "waiting"
    DONE = "closed"
    """Answered or closed, newest first."""


class Urgency(StrEnum):
    NO_DEADLINE = "no_deadline"
    IN_TIME = "in_time"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    WAITING = "waiting"
    """For the citizen: the clock stands still."""
    DONE = "done"


class Refusal(StrEnum):
    """Why a ticket cannot be moved so."""

    STATE = "state"
    """Not in this state."""
    REASON_MISSING = "reason_missing"
    TEXT_MISSING = "text_missing"
    NO_ANSWER_YET = "no_answer_yet"
    """The citizen must be answered before it is closed with this result."""
    ASSIGNEE = "assignee"
    """Nobody of the unit who may have it."""
    SAME = "same"
    """It is so already."""
    UNIT = "unit"
    """No such unit."""
    ONCE = "once"
    """May be done once and was."""
    OVERDUE = "overdue"
    """Too late for an extension: a letter of apology names the new day."""
    NOT_LATE = "not_late"
    NO_RULE = "no_rule"
    """The unit publishes no rule for it."""
    DAY = "day"
    """The day is past."""
    KIND = "kind"
    """Not for this kind."""
    DUPLICATE = "duplicate"
    """Of itself, of another unit or of one that is a duplicate itself."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is now. `course`: what its due moments are computed from (bot.domain.deadlines.Course). `told`:
    what the citizen was told once."""

    id: int
    code: str
    unit_id: str
    kind: TicketKind
    category: str | None
    state: TicketState
    restricted: bool
    text: str
    place: str
    hamlet: str | None
    latitude: float | None
    longitude: float | None
    phone: str | None
    anonymous: bool
    conversation_id: int | None
    platform: str
    assignee_id: int | None
    assignee: str
    about_staff_id: int | None
    position_id: str | None
    received_at: datetime
    course: Mapping[str, Any]
    accept_due_at: datetime | None
    due_at: datetime | None
    half_due_at: datetime | None
    soon_due_at: datetime | None
    late_at: datetime | None
    paused_at: datetime | None
    extensions: int
    escalated_at: datetime | None
    first_answer_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    result: TicketResult | None
    reopened: int
    rating: int | None
    rating_comment: str | None
    duplicate_of_id: int | None
    legal_hold: bool
    anonymised_at: datetime | None
    told: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def group(self) -> Group:
        return GROUPS[self.state]

    def urgency(self, now: datetime) -> Urgency:
        if self.group is Group.DONE:
            return Urgency.DONE
        if self.group is Group.PAUSED:
            return Urgency.WAITING
        if self.due_at is not None and self.due_at < now:
            return Urgency.OVERDUE
        unaccepted = self.state is TicketState.NEW and self.accept_due_at is not None and self.accept_due_at < now
        if unaccepted or (self.soon_due_at is not None and self.soon_due_at <= now):
            return Urgency.DUE_SOON
        return Urgency.NO_DEADLINE if self.due_at is None else Urgency.IN_TIME

    @property
    def map_url(self) -> str | None:
        if self.latitude is None or self.longitude is None:
            return None
        return f"https://www.openstreetmap.org/?mlat={self.latitude:.6f}&mlon={self.longitude:.6f}&zoom=17"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue is shown. `search`: words in any spelling, with or without diacritics, or a code."""

    folder: Folder = Folder.ALL
    kind: TicketKind | None = None
    category: str | None = None
    state: TicketState | None = None
    hamlet: str | None = None
    platform: str | None = None
    assignee_id: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class QueueLine:
    """`ticket.text` is cut to its beginning. `followers`: without the one who filed it."""

    ticket: Ticket
    urgency: Urgency
    followers: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class QueuePage:
    """`next`: opaque, for the page after this one; None: it was the last."""

    lines: tuple[QueueLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class TicketStep:
    """One line of a ticket's timeline. `who`: of staff, empty for the citizen and the clock. `sending`: what became
    of the message that told the citizen: waiting, sent, or why not."""

    id: int
    at: datetime
    kind: TicketEvent
    who: str
    by_citizen: bool
    internal: bool
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)
    sending: str | None = None
    sending_reason: str | None = None


@dataclass(frozen=True, slots=True)
class TicketFile:
    """`media_id`: of a citizen's file; `state` of it: waiting, kept, refused. `file_key`: where the bytes lie."""

    id: int
    name: str | None
    content_type: str | None
    size: int | None
    file_key: str | None
    media_id: int | None
    state: str
    by_staff: bool


@dataclass(frozen=True, slots=True)
class ReplyWindow:
    """How long the platform lets the commune write. `free_until`: without cost, and for the assistant too;
    `closes_at`: for a person; None: without limit. After it only the telephone is left."""

    platform: str
    free_until: datetime | None
    closes_at: datetime | None

    def left(self, now: datetime) -> timedelta | None:
        """None: without limit; zero: closed."""
        return None if self.closes_at is None else max(self.closes_at - now, timedelta())

    def free_left(self, now: datetime) -> timedelta | None:
        return None if self.free_until is None else max(self.free_until - now, timedelta())


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message of the ticket that did not reach the citizen."""

    outbox_id: int
    platform: str
    outcome: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Everything of one ticket. `duplicates`: those joined to it; `similar`: what may be about the same, likeliest
    first; `present`: other staff who have it before them."""

    ticket: Ticket
    urgency: Urgency
    steps: tuple[TicketStep, ...]
    files: tuple[TicketFile, ...]
    followers: int
    duplicate_of: str | None
    duplicates: tuple[str, ...]
    window: ReplyWindow | None
    unreachable: str | None
    undelivered: tuple[Undelivered, ...]
    present: tuple[str, ...]
    taken_over_by: str | None = None
