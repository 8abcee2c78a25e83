"""The official Vietnamese word for every value of a ticket, for staff and reports."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.tickets import Folder, TicketEvent, TicketKind, TicketResult, TicketState, Urgency

KINDS: Mapping[TicketKind, str] = {
    TicketKind.REPORT: "Phản ánh",
    TicketKind.PROPOSAL: "Kiến nghị",
    TicketKind.FEEDBACK: "Góp ý",
    TicketKind.PRAISE: "Khen ngợi",
    TicketKind.CONDUCT: "Phản ánh thái độ, phiền hà",
    TicketKind.GUIDANCE: "Yêu cầu hướng dẫn",
    TicketKind.CALL_BACK: "Yêu cầu gọi lại",
    TicketKind.RECEPTION: "Đăng ký tiếp công dân",
    TicketKind.PRIVACY: "Yêu cầu về dữ liệu cá nhân",
}
STATES: Mapping[TicketState, str] = {
    TicketState.NEW: "Mới",
    TicketState.RECEIVED: "Đã tiếp nhận",
    TicketState.IN_PROGRESS: "Đang xử lý",
    TicketState.WAITING: "Chờ công dân",
    TicketState.ANSWERED: "Đã trả lời",
    TicketState.CLOSED: "Đã đóng",
}
RESULTS: Mapping[TicketResult, str] = {
    TicketResult.SOLVED: "Đã giải quyết",
    TicketResult.EXPLAINED: "Đã giải thích, hướng dẫn",
    TicketResult.NOT_COMPETENT: "Không thuộc thẩm quyền",
    TicketResult.DUPLICATE: "Trùng phiếu khác",
    TicketResult.WITHDRAWN: "Công dân rút",
    TicketResult.ABUSE: "Không có nội dung giải quyết",
}
FOLDERS: Mapping[Folder, str] = {
    Folder.ALL: "Đang giải quyết",
    Folder.MINE: "Của tôi",
    Folder.UNASSIGNED: "Chưa giao",
    Folder.DUE_SOON: "Sắp đến hạn",
    Folder.OVERDUE: "Quá hạn",
    Folder.WAITING: "Chờ công dân",
    Folder.DONE: "Đã trả lời, đã đóng",
}
URGENCIES: Mapping[Urgency, str] = {
    Urgency.NO_DEADLINE: "Không có hạn",
    Urgency.IN_TIME: "Còn hạn",
    Urgency.DUE_SOON: "Sắp đến hạn",
    Urgency.OVERDUE: "Quá hạn",
    Urgency.WAITING: "Tạm dừng, chờ công dân",
    Urgency.DONE: "Xong",
}
EVENTS: Mapping[TicketEvent, str] = {
    TicketEvent.FILED: "Gửi phiếu",
    TicketEvent.RECEIVED: "Tiếp nhận",
    TicketEvent.ASSIGNED: "Giao xử lý",
    TicketEvent.TRANSFERRED: "Chuyển đơn vị khác",
    TicketEvent.RECLASSIFIED: "Phân loại lại",
    TicketEvent.NOTE: "Ghi chú nội bộ",
    TicketEvent.REPLY: "Trả lời công dân",
    TicketEvent.QUESTION: "Hỏi thêm công dân",
    TicketEvent.CITIZEN_WROTE: "Công dân bổ sung",
    TicketEvent.ANSWERED: "Đã trả lời xong",
    TicketEvent.CLOSED: "Đóng phiếu",
    TicketEvent.REOPENED: "Mở lại",
    TicketEvent.RATED: "Công dân đánh giá",
    TicketEvent.WITHDRAWN: "Công dân rút phiếu",
    TicketEvent.EXTENDED: "Lùi hạn",
    TicketEvent.DEADLINE: "Tính lại hạn",
    TicketEvent.WARNED: "Cảnh báo hạn",
    TicketEvent.ESCALATED: "Báo lãnh đạo vì quá hạn",
    TicketEvent.APOLOGY: "Gửi thư xin lỗi",
    TicketEvent.LINKED: "Gộp phiếu trùng",
    TicketEvent.FOLLOWED: "Có người theo dõi thêm",
    TicketEvent.FILE: "Đính kèm tệp",
    TicketEvent.HOLD: "Lưu giữ theo yêu cầu pháp lý",
    TicketEvent.ANONYMISED: "Xóa nội dung theo thời hạn",
}
PLATFORMS: Mapping[str, str] = {
    "zalo": "Zalo",
    "facebook": "Facebook",
    "web": "Trang web",
    "counter": "Tại quầy, điện thoại",
}
UNKNOWN_PLACE = "Không rõ địa bàn"
