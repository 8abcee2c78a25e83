"""Vietnamese words of the ticket desk: kinds, states, what happened, why something cannot be done, how long is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import limits
from bot.domain.ticket_names import EVENTS, FOLDERS, KINDS, RESULTS, STATES
from bot.domain.tickets import Folder, Refusal, Ticket, TicketEvent, TicketKind, TicketResult, TicketState, Urgency
from bot.web.console.words import local_date, local_time

STATE_TONES: Mapping[TicketState, str] = {
    TicketState.NEW: "warn",
    TicketState.ANSWERED: "good",
    TicketState.CLOSED: "good",
    TicketState.WAITING: "plain",
}
CLOSING = (
    TicketResult.SOLVED,
    TicketResult.EXPLAINED,
    TicketResult.NOT_COMPETENT,
    TicketResult.WITHDRAWN,
    TicketResult.ABUSE,
)
"""What a person may choose; a duplicate is joined instead."""
TABS: Mapping[Folder, str] = {**FOLDERS, Folder.ALL: "Đang mở", Folder.DONE: "Đã xong"}
"""Short, so that all fit side by side."""
EMPTY: Mapping[Folder, tuple[str, str]] = {
    Folder.ALL: ("Không có phiếu nào đang mở", "Phiếu người dân gửi sẽ hiện ở đây ngay khi đến."),
    Folder.MINE: ("Anh/chị chưa có phiếu nào", "Nhận phiếu trong ngăn “Chưa giao”."),
    Folder.UNASSIGNED: ("Phiếu nào cũng đã có người nhận", "Phiếu mới sẽ hiện ở đây."),
    Folder.DUE_SOON: ("Không có phiếu sắp đến hạn", "Phiếu đã qua bốn phần năm thời hạn sẽ hiện ở đây."),
    Folder.OVERDUE: ("Không có phiếu quá hạn", "Cảm ơn anh/chị đã trả lời người dân đúng hạn."),
    Folder.WAITING: ("Không chờ công dân nào", "Phiếu đã hỏi thêm công dân sẽ nằm ở đây cho đến khi họ trả lời."),
    Folder.DONE: ("Chưa có phiếu nào xong", "Phiếu đã trả lời hoặc đã đóng sẽ nằm ở đây."),
}
REFUSALS: Mapping[str, str] = {
    Refusal.STATE: "Phiếu đang ở trạng thái không làm được việc này. Xem lại trạng thái phiếu ở đầu trang.",
    Refusal.REASON_MISSING: "Xin ghi lý do.",
    Refusal.TEXT_MISSING: "Xin nhập nội dung.",
    Refusal.NO_ANSWER_YET: "Công dân chưa được trả lời. Xin ghi câu trả lời gửi công dân rồi đóng với kết quả này.",
    Refusal.ASSIGNEE: "Người này không được giao phiếu này (không còn làm việc ở đơn vị, hoặc không được xem).",
    Refusal.SAME: "Phiếu đã như vậy rồi, không có gì thay đổi.",
    Refusal.UNIT: "Không có đơn vị này.",
    Refusal.ONCE: "Việc này chỉ làm được một lần và đã làm rồi.",
    Refusal.OVERDUE: "Phiếu đã quá hạn nên không lùi hạn được nữa. Xin dùng thư xin lỗi và hẹn ngày mới.",
    Refusal.NOT_LATE: "Phiếu chưa quá hạn nên chưa cần thư xin lỗi.",
    Refusal.NO_RULE: "Đơn vị chưa quy định lùi hạn cho loại phiếu này.",
    Refusal.DAY: "Ngày hẹn mới đã qua. Xin chọn hôm nay hoặc ngày sau.",
    Refusal.KIND: "Không làm được việc này với loại phiếu này.",
    Refusal.DUPLICATE: "Không gộp được: phiếu kia không còn mở, là phiếu này, đã được gộp, hoặc thuộc đơn vị khác.",
}
NOT_ALLOWED = "Vai trò của anh/chị không làm được việc này."
_SENDING: Mapping[str, str] = {
    "waiting": "đang gửi",
    "sent": "đã gửi",
    "unreachable": "không tới được",
    "rejected": "nền tảng từ chối",
}
_REASONS: tuple[tuple[str, str], ...] = (
    ("template", "báo bằng tin mẫu ZBS, công dân xem câu trả lời khi nhắn lại"),
    ("window_closed", "đã quá hạn nhắn qua chat; xin gọi điện"),
    ("blocked", "công dân đã chặn hoặc bỏ theo dõi trang; xin gọi điện"),
    ("uncertain", "không rõ đã tới chưa; xin xem trên nền tảng trước khi gửi lại"),
    ("quota", "đã hết lượt gửi trong ngày"),
    ("token", "khóa truy cập của kênh hỏng; báo người quản trị"),
)


@dataclass(frozen=True, slots=True)
class Haste:
    """How urgent a ticket is, in a few words and a tone (good, warn, bad, info, plain)."""

    text: str
    tone: str


def span(length: timedelta) -> str:
    """`2 ngày`, `3 giờ`, `20 phút`: the largest unit that fits."""
    minutes = max(1, int(length.total_seconds() // 60))
    if minutes >= 24 * 60:
        return f"{minutes // (24 * 60)} ngày"
    return f"{minutes // 60} giờ" if minutes >= 60 else f"{minutes} phút"


def haste(ticket: Ticket, now: datetime) -> Haste:
    urgency = ticket.urgency(now)
    if urgency is Urgency.DONE:
        if ticket.late_at is not None:
            return Haste("Đã quá hạn", "warn")
        return Haste("Đúng hạn", "good") if ticket.due_at else Haste("Không có hạn", "plain")
    if urgency is Urgency.WAITING:
        since = f" {span(now - ticket.paused_at)}" if ticket.paused_at else ""
        return Haste(f"Chờ công dân{since}", "plain")
    if ticket.due_at is None:
        return Haste("Không có hạn", "plain")
    if urgency is Urgency.OVERDUE:
        return Haste(f"Quá hạn {span(now - ticket.due_at)}", "bad")
    left = f"Còn {span(ticket.due_at - now)}"
    return Haste(left, "warn") if urgency is Urgency.DUE_SOON else Haste(left, "info")


def sending(outcome: str, reason: str | None) -> str:
    """What became of a message, with what to do where it did not arrive."""
    known = next((text for begin, text in _REASONS if reason and reason.startswith(begin)), "")
    return f"{_SENDING.get(outcome, outcome)}: {known}" if known else _SENDING.get(outcome, outcome)


def refusal(reason: str) -> str:
    return REFUSALS.get(reason, REFUSALS[Refusal.STATE])


def window(platform_name: str, left: timedelta | None) -> Haste:
    """How long the citizen can still be written to."""
    if left is None:
        return Haste(f"{platform_name}: trả lời lúc nào cũng được", "info")
    if not left:
        return Haste(f"{platform_name}: đã hết hạn nhắn qua chat – cần gọi điện", "bad")
    tone = "warn" if left <= limits.WINDOW_SOON else "info"
    return Haste(f"{platform_name}: còn {span(left)}; sau đó cần gọi điện", tone)


def phone(number: str) -> str:
    """+84912345678 as 0912 345 678."""
    local = f"0{number[3:]}" if number.startswith("+84") else number
    return f"{local[:4]} {local[4:7]} {local[7:]}" if len(local) == 10 else local


def stars(count: int) -> str:
    return "★" * count + "☆" * (5 - count)


def file_size(size: int | None) -> str:
    if not size:
        return ""
    return f"{size / 1_000_000:.1f} MB".replace(".", ",") if size >= 1_000_000 else f"{max(1, size // 1_000)} KB"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "kind": lambda one: KINDS[TicketKind(one)],
    "state": lambda one: STATES[TicketState(one)],
    "state_tone": lambda one: STATE_TONES.get(TicketState(one), "info"),
    "result": lambda one: RESULTS[TicketResult(one)],
    "happened": lambda one: EVENTS[TicketEvent(one)],
    "folder": lambda one: FOLDERS[Folder(one)],
    "haste": haste,
    "sending": sending,
    "span": span,
    "phone": phone,
    "stars": stars,
    "file_size": file_size,
    "when_iso": lambda text: local_time(datetime.fromisoformat(text)),
    "day_iso": lambda text: local_date(datetime.fromisoformat(text)),
}
