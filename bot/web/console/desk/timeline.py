"""A ticket's timeline as a page shows it: each step in words, and what became of the message that told the citizen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.ticket_names import EVENTS, KINDS, RESULTS
from bot.domain.tickets import TicketEvent, TicketKind, TicketResult, TicketStep
from bot.web.console.desk import words
from bot.web.console.words import local_time

SPEECH = frozenset({TicketEvent.REPLY, TicketEvent.QUESTION, TicketEvent.CITIZEN_WROTE, TicketEvent.APOLOGY})


@dataclass(frozen=True, slots=True)
class Names:
    """How ids are written: people, units, categories."""

    people: Mapping[int, str]
    unit: Callable[[str], str]
    category: Callable[[str | None], str]


@dataclass(frozen=True, slots=True)
class Line:
    """`look`: citizen, staff, note or event. `detail`: what the step's facts say; `text`: what somebody wrote.
    `sending`: of the message to the citizen, with its tone."""

    id: int
    at: datetime
    title: str
    who: str
    look: str
    detail: str
    text: str
    sending: str
    tone: str


def lines(steps: Sequence[TicketStep], names: Names) -> list[Line]:
    return [_line(step, names) for step in steps]


def _line(step: TicketStep, names: Names) -> Line:
    look = "event"
    if step.kind in SPEECH or (step.kind is TicketEvent.RATED and step.text):
        look = "citizen" if step.by_citizen else "staff"
    elif step.kind is TicketEvent.NOTE:
        look = "note"
    title = EVENTS[step.kind]
    if step.kind is TicketEvent.NOTE and "call" in step.details:
        title = "Gọi điện: gặp được công dân" if step.details["call"] == "reached" else "Gọi điện: chưa gặp được"
    sending = "" if step.sending is None else words.sending(step.sending, step.sending_reason)
    tone = {"sent": "good", "waiting": "plain"}.get(step.sending or "", "bad")
    who = "Công dân" if step.by_citizen else step.who or "Hệ thống"
    return Line(step.id, step.at, title, who, look, _detail(step, names), step.text, sending, tone)


def _detail(step: TicketStep, names: Names) -> str:
    details = step.details
    match step.kind:
        case TicketEvent.ASSIGNED:
            return f"Giao cho {names.people.get(details.get('assignee_id', 0), 'cán bộ khác')}"
        case TicketEvent.TRANSFERRED:
            return f"Từ {names.unit(details['before'])} sang {names.unit(details['unit_id'])}"
        case TicketEvent.RECLASSIFIED:
            return f"Từ {_sort(details['before'], names)} thành {_sort(details['new'], names)}"
        case TicketEvent.FILED | TicketEvent.EXTENDED | TicketEvent.DEADLINE if details.get("due_at"):
            return f"Hạn trả lời {local_time(datetime.fromisoformat(details['due_at']))}"
        case TicketEvent.CLOSED if details.get("result"):
            return RESULTS[TicketResult(details["result"])]
        case TicketEvent.RATED:
            return f"{words.stars(int(details.get('stars', 0)))} {details.get('stars', 0)}/5"
        case TicketEvent.LINKED:
            return f"Với phiếu {details.get('code', '')}"
        case TicketEvent.APOLOGY if details.get("new_day"):
            return f"Hẹn lại ngày {date.fromisoformat(details['new_day']):%d/%m/%Y}"
        case TicketEvent.FILE:
            return str(details.get("name", ""))
        case TicketEvent.CITIZEN_WROTE if details.get("files"):
            return f"Kèm {details['files']} tệp"
        case TicketEvent.HOLD:
            return "Giữ hồ sơ, không xóa" if details.get("held") else "Thôi giữ hồ sơ"
        case TicketEvent.NOTE if "about_staff_named" in details:
            return "Đã ghi người bị phản ánh" if details["about_staff_named"] else "Đã bỏ người bị phản ánh"
    return ""


def _sort(pair: Sequence[str | None], names: Names) -> str:
    kind, category = pair
    name = KINDS[TicketKind(kind or "")]
    return f"“{name}, {names.category(category)}”" if category else f"“{name}”"
