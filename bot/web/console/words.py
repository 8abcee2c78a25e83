"""Vietnamese words for what the code names in English, and how times and counts are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot import limits
from bot.accounts import Refusal
from bot.domain.staff import Role
from bot.domain.ticket_names import KINDS, RESULTS
from bot.domain.views import LOCAL_ZONE
from bot.passwords import Weakness

ROLES: Mapping[Role, str] = {
    Role.OPERATOR: "Cán bộ trực trang",
    Role.HANDLER: "Cán bộ xử lý",
    Role.LEADER: "Lãnh đạo",
    Role.APPOINTED_OFFICER: "Người được giao giữ bí mật",
    Role.EDITOR: "Biên tập viên",
    Role.ADMINISTRATOR: "Quản trị kỹ thuật",
}
ROLE_HELP: Mapping[Role, str] = {
    Role.OPERATOR: "Nhận phiếu mới, trò chuyện với người dân, phân công.",
    Role.HANDLER: "Xử lý phiếu được giao và phiếu chưa ai nhận.",
    Role.LEADER: "Xem mọi phiếu của đơn vị, phiếu hạn chế, báo cáo, nhật ký. Cần mã xác thực khi đăng nhập.",
    Role.APPOINTED_OFFICER: "Mở phiếu hạn chế và nội dung niêm phong.",
    Role.EDITOR: "Soạn thủ tục, danh bạ, lời trả lời; không xem phiếu.",
    Role.ADMINISTRATOR: "Quản lý tài khoản và kênh; không đọc lời người dân. Cần mã xác thực khi đăng nhập.",
}
PLATFORMS = {"zalo": "Zalo", "facebook": "Facebook", "web": "Trang web", "counter": "Tại quầy"}

ACTIONS = {
    "staff.signed_in": "Đăng nhập",
    "staff.locked": "Tạm khóa vì nhập sai nhiều lần",
    "staff.created": "Thêm tài khoản",
    "staff.renamed": "Sửa họ tên, chức vụ",
    "staff.roles_changed": "Đổi vai trò",
    "staff.activated": "Cho dùng lại tài khoản",
    "staff.deactivated": "Ngừng tài khoản",
    "staff.password_changed": "Tự đổi mật khẩu",
    "staff.password_reset": "Đặt lại mật khẩu",
    "staff.second_factor_set": "Bật mã xác thực",
    "staff.second_factor_reset": "Đặt lại mã xác thực",
    "staff.unlocked": "Mở khóa đăng nhập",
    "channel.notice_read": "Đã đọc thông báo của nền tảng",
    "channel.unblocked": "Cho kênh gửi lại",
    "outbox.resent": "Gửi lại tin",
    "audit.pruned": "Xóa nhật ký quá hạn lưu",
    "ticket.read": "Mở phiếu hạn chế",
    "ticket.printed": "In phiếu hạn chế",
    "ticket.filed": "Lập phiếu tại quầy",
    "ticket.assigned": "Giao phiếu",
    "ticket.transferred": "Chuyển phiếu sang đơn vị khác",
    "ticket.reclassified": "Phân loại lại phiếu",
    "ticket.linked": "Gộp phiếu trùng",
    "ticket.held": "Giữ, thôi giữ hồ sơ phiếu",
    "ticket.extended": "Lùi hạn phiếu",
    "ticket.apologised": "Gửi thư xin lỗi",
    "ticket.closed": "Đóng phiếu",
    "ticket.reopened": "Mở lại phiếu",
    "ticket.person_named": "Ghi người bị phản ánh",
    "sealed.opened": "Mở nội dung niêm phong",
    "sealed.handed_over": "Bàn giao nội dung niêm phong",
    "report.exported": "Tải báo cáo",
    "record.started": "Mở bản nháp",
    "record.edited": "Sửa bản nháp",
    "record.sent": "Gửi duyệt",
    "record.sent_back": "Trả lại bản nháp",
    "record.discarded": "Bỏ bản nháp",
    "record.published": "Công bố",
    "record.withdrawn": "Rút khỏi công bố",
    "record.rolled_back": "Quay về bản cũ",
    "record.suspended": "Tạm ngừng trả lời",
    "record.resumed": "Trả lời lại",
    "record.amended": "Đổi cài đặt của đơn vị",
    "source.changed": "Nguồn của thủ tục đã đổi",
    "source.settled": "Đối chiếu xong nguồn đã đổi",
    "record.imported": "Nhập tệp thành bản nháp",
}
"""What the audit trail calls it; whoever adds an action adds its words."""
SUBJECTS = {
    "staff": "Tài khoản",
    "channel": "Kênh",
    "outbox": "Tin",
    "ticket": "Phiếu",
    "record": "Bản ghi",
    "sealed": "Niêm phong",
    "report": "Báo cáo",
    "procedure": "Thủ tục",
    "supplement": "Phần bổ sung",
    "unit": "Đơn vị",
    "import": "Tệp nhập",
    "texts": "Lời mẫu",
}

_DETAILS = {
    "roles": "vai trò",
    "before": "trước",
    "after": "sau",
    "unit": "đơn vị",
    "number": "bản",
    "back_to": "về bản",
    "from": "từ",
    "until": "đến",
    "fields": "phần",
    "file": "tệp",
    "records": "bản ghi",
    "count": "số lượng",
    "assignee_id": "giao cho",
    "to": "sang đơn vị",
    "kind": "loại",
    "category": "việc",
    "result": "kết quả",
    "new_day": "ngày hẹn",
    "other": "vào phiếu",
    "held": "giữ",
    "named": "có ghi người",
}
_VALUES = {
    **{role.value: name for role, name in ROLES.items()},
    **{kind.value: name for kind, name in KINDS.items()},
    **{result.value: name for result, name in RESULTS.items()},
    "True": "có",
    "False": "không",
    "None": "không có",
}

SIGNED_OUT = "Phiên làm việc đã hết. Xin đăng nhập lại; những gì đã nhập vẫn còn."
WEAKNESSES: Mapping[Weakness, str] = {
    Weakness.SHORT: f"Mật khẩu cần ít nhất {limits.PASSWORD_CHARACTERS_MIN} ký tự. Bốn từ tùy ý ghép lại là đủ.",
    Weakness.LONG: f"Mật khẩu dài quá {limits.PASSWORD_CHARACTERS} ký tự.",
    Weakness.COMMON: "Mật khẩu này quá quen thuộc hoặc giống mật khẩu cũ. Xin chọn mật khẩu khác.",
    Weakness.LIKE_LOGIN: "Mật khẩu không được chứa tên đăng nhập hay họ tên.",
    Weakness.REPEATED: "Mật khẩu chỉ là một dãy phím liền nhau hoặc lặp lại. Xin chọn mật khẩu khác.",
}
_FAILURES: Mapping[int, tuple[str, str]] = {
    400: ("Yêu cầu không đọc được", "Trình duyệt gửi thiếu hoặc sai dữ liệu. Xin quay lại trang trước và thử lại."),
    403: (
        "Không có quyền",
        "Tài khoản này không được dùng chức năng này ở đơn vị đang chọn. Cần dùng, xin hỏi người quản trị.",
    ),
    404: ("Không tìm thấy", "Trang hoặc mục này không có, đã bị xóa, hoặc thuộc đơn vị khác."),
    405: ("Không làm được như vậy", "Trang này không nhận thao tác vừa gửi. Xin quay lại trang trước và thử lại."),
    409: (
        "Đơn vị đang làm việc đã đổi",
        "Trang này mở lúc anh/chị đang làm việc cho đơn vị khác nên chưa lưu gì. Chọn lại đơn vị rồi gửi lại.",
    ),
    413: ("Dữ liệu gửi lên quá lớn", "Xin rút ngắn nội dung hoặc chọn tệp nhỏ hơn rồi gửi lại."),
    429: ("Thao tác quá nhanh", "Xin chờ một phút rồi thử lại."),
    500: ("Hệ thống gặp trục trặc", "Lỗi đã được ghi lại. Xin thử lại; nếu vẫn lỗi, xin báo người quản trị."),
    503: ("Hệ thống đang bận", "Chưa lưu được. Xin chờ ít giây rồi thử lại."),
}
STALE = (
    "Trang đã mở quá lâu",
    "Để tránh gửi nhầm, hệ thống chưa nhận thao tác vừa rồi. Xin quay lại trang trước, tải lại rồi gửi lần nữa.",
)


def failure(status: int, state: str = "") -> tuple[str, str]:
    """Title and what to do."""
    return STALE if state in {"stale", "foreign"} else _FAILURES.get(status, _FAILURES[500 if status >= 500 else 400])


def most(size: int) -> str:
    """How many bytes one form may bring."""
    return f"Mỗi lần gửi tối đa {size // 1_000_000} MB." if size >= 1_000_000 else ""


def refusal(reason: Refusal, until: datetime | None, now: datetime) -> str:
    if reason is Refusal.LOCKED:
        minutes = max(1, -(-int((until - now).total_seconds()) // 60)) if until else 1
        return (
            f"Đã nhập sai quá {limits.FAILED_SIGN_INS} lần nên việc đăng nhập tạm khóa. "
            f"Xin thử lại sau {minutes} phút, hoặc nhờ người quản trị mở khóa."
        )
    if reason is Refusal.WRONG_CODE:
        return "Mã xác thực không đúng hoặc đã dùng. Xin chờ mã mới trong ứng dụng rồi nhập lại."
    return "Tên đăng nhập hoặc mật khẩu không đúng."


def capital(text: str) -> str:
    """With a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def action(name: str) -> str:
    return ACTIONS.get(name, name)


def subject(text: str, people: Mapping[int, str]) -> str:
    """kind:id in words; `people`: names by id of the account."""
    kind, _, number = text.partition(":")
    if kind == "staff" and number.isdecimal() and int(number) in people:
        return people[int(number)]
    return f"{SUBJECTS.get(kind, kind)} {number}".strip()


def detail(details: Mapping[str, Any], people: Mapping[int, str]) -> str:
    """What the audit trail adds to an action: what has a word in words, everything else by name and value. `people`:
    names by id of the account."""
    parts = []
    for name, value in details.items():
        values = [one for held in value.values() for one in held] if isinstance(value, Mapping) else value
        many = list(values) if isinstance(values, list | tuple) else [values]
        known = {str(one): person for one, person in people.items()} if name == "assignee_id" else _VALUES
        text = ", ".join(known.get(str(one), str(one)) for one in many) or "không có"
        parts.append(f"{_DETAILS.get(name, name)}: {text}")
    return "; ".join(parts)


def local_time(moment: datetime) -> str:
    return f"{moment.astimezone(LOCAL_ZONE):%H:%M %d/%m/%Y}"


def local_date(moment: datetime) -> str:
    return f"{moment.astimezone(LOCAL_ZONE):%d/%m/%Y}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, or how far ahead, in words."""
    gap = now - moment
    span = abs(gap)
    if span < timedelta(minutes=1):
        return "vừa xong" if gap >= timedelta(0) else "ngay bây giờ"
    if span < timedelta(hours=1):
        length = f"{int(span.total_seconds() // 60)} phút"
    elif span < timedelta(days=1):
        length = f"{int(span.total_seconds() // 3600)} giờ"
    else:
        length = f"{span.days} ngày"
    return f"{length} trước" if gap > timedelta(0) else f"còn {length}"


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def number(value: float) -> str:
    """1234567 as 1.234.567."""
    return f"{value:,.0f}".replace(",", ".")


def browser(agent: str) -> str:
    """A browser's own name for itself as people call it."""
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "máy Mac"),
        ("Linux", "Linux"),
    )
    names = (
        ("Edg/", "Edge"),
        ("coc_coc", "Cốc Cốc"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    name = next((word for mark, word in names if mark in agent), "Trình duyệt khác")
    system = next((word for mark, word in systems if mark in agent), "")
    return f"{name} trên {system}" if system else name


FILTERS: Mapping[str, Callable[..., Any]] = {
    "local_time": local_time,
    "local_date": local_date,
    "ago": ago,
    "iso": iso,
    "number": number,
    "browser": browser,
    "role": lambda role: ROLES[Role(role)],
    "action": action,
    "subject": subject,
    "detail": detail,
    "platform": lambda name: PLATFORMS.get(name, name),
}
