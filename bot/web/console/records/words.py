"""Vietnamese words of the pages about procedures."""

from __future__ import annotations

from bot.domain.freshness import Freshness
from bot.web.console.records.listing import State

STATES = {
    State.PUBLISHED: "Đang công bố",
    State.DRAFT: "Có bản nháp",
    State.IN_REVIEW: "Chờ duyệt",
    State.SCHEDULED: "Chờ tới ngày",
    State.SUSPENDED: "Tạm ngừng trả lời",
    State.WITHDRAWN: "Đã bãi bỏ",
    State.DUE: "Đến hạn kiểm tra",
    State.SOURCE: "Nguồn đã đổi",
}
TONES = {
    State.PUBLISHED: "good",
    State.DRAFT: "plain",
    State.IN_REVIEW: "info",
    State.SCHEDULED: "info",
    State.SUSPENDED: "bad",
    State.WITHDRAWN: "plain",
    State.DUE: "warn",
    State.SOURCE: "warn",
}
FRESHNESS = {
    Freshness.FRESH: ("Còn mới", "good"),
    Freshness.IN_GRACE: ("Đến hạn kiểm tra", "warn"),
    Freshness.OVERDUE: ("Quá hạn: câu trả lời kèm cảnh báo", "warn"),
    Freshness.REFUSED: ("Quá cũ: trợ lý không trả lời", "bad"),
}
REVISIONS = {
    "draft": ("Bản nháp", "plain"),
    "in_review": ("Chờ duyệt", "info"),
    "published": ("Đã công bố", "good"),
    "superseded": ("Đã thay", "plain"),
    "withdrawn": ("Đã rút", "plain"),
}
"""Of a revision: words and tone."""
KINDS = {"procedure": "thủ tục", "supplement": "phần bổ sung"}
