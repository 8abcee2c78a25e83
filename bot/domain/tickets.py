"""Tickets (phiếu): what a citizen brings forward, and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


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
