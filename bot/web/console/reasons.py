"""Why a message did not go out or a channel stands still, in words, and what to do. Reasons come from the connectors;
they are found by how they begin, the longest first."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.messages import Stuck

_CALL = "Gửi lại cũng không tới. Gọi điện nếu có số, hoặc chờ người dân nhắn lại."
_WAIT = "Không cần làm gì: tin tự gửi khi nền tảng cho phép."
_CHANNEL = "Báo người quản trị sửa kênh; sửa xong tin tự gửi."

_UNDELIVERED: Mapping[str, tuple[str, str]] = {
    "window_closed": ("Đã quá hạn trả lời qua chat", _CALL),
    "blocked": ("Người dân chặn hoặc bỏ quan tâm trang", _CALL),
    "zalo:-213": ("Người dân chưa quan tâm OA", _CALL),
    "zalo:-227": ("Tài khoản Zalo của người dân ngừng hoạt động", _CALL),
    "person_unavailable": ("Tài khoản Facebook của người dân không nhận tin", _CALL),
    "no_such_person": ("Tài khoản Facebook của người dân không còn", _CALL),
    "no_such_phone": ("Số điện thoại không có tài khoản Zalo", _CALL),
    "human_agent_refused": ("Đã quá 24 giờ, Facebook không cho gửi", _CALL),
    "not sent": ("Chờ quá lâu, đã quá hạn trả lời", _CALL),
    "uncertain": ("Không rõ tin đã tới hay chưa", "Xem hội thoại trên nền tảng trước khi gửi lại."),
    "timeout": ("Nền tảng không trả lời", "Thử gửi lại; vẫn lỗi thì kiểm tra đường truyền của máy chủ."),
    "not_connected": ("Máy chủ không ra được Internet", "Kiểm tra đường truyền, rồi gửi lại."),
    "rate_limited": ("Nền tảng đang giới hạn số tin", _WAIT),
    "quota": ("Đã dùng hết hạn mức tin", _WAIT),
    "citizen_quota": ("Người dân đã nhận đủ số tin trong ngày", _WAIT),
    "night": ("Nền tảng không cho gửi ban đêm", _WAIT),
    "token": ("Khóa truy cập của kênh không dùng được", _CHANNEL),
    "password_changed": ("Khóa truy cập của kênh không dùng được", _CHANNEL),
    "app_": ("Ứng dụng của kênh chưa chạy hoặc đã bị gỡ", _CHANNEL),
    "permission_missing": ("Kênh thiếu quyền gửi tin", _CHANNEL),
    "no_credentials": ("Kênh chưa có khóa", _CHANNEL),
    "credentials_missing": ("Kênh chưa có khóa", _CHANNEL),
    "send:": ("Kênh đang có lỗi", _CHANNEL),
    "zalo oauth": ("Zalo không gia hạn khóa truy cập", _CHANNEL),
    "page_restricted": ("Trang đang bị Facebook hạn chế", _CHANNEL),
    "judged_abusive": ("Facebook cho là tin làm phiền", _CHANNEL),
    "policy": ("Nền tảng cho là tin trái chính sách", "Sửa lời cho phù hợp; đừng gửi lại nguyên văn."),
    "thread_taken": ("Ứng dụng khác đang giữ hội thoại này", "Trả lời trong hộp thư của Trang."),
    "file": ("Tệp đính kèm không đúng loại hoặc quá lớn", "Gửi lại bằng tệp khác."),
    "upload": ("Nền tảng không nhận tệp đính kèm", "Thử gửi lại."),
}
_ALARMS: Mapping[str, tuple[str, str]] = {
    "token_missing": ("Chưa có khóa truy cập", "Lấy khóa rồi chạy lệnh than-thien channel tokens."),
    "no tokens": ("Chưa có khóa truy cập", "Quản trị OA cấp quyền, rồi chạy lệnh than-thien channel tokens."),
    "token": ("Khóa truy cập bị từ chối", "Lấy khóa mới rồi chạy lệnh than-thien channel tokens."),
    "zalo oauth": ("Zalo không gia hạn khóa", "Quản trị OA cấp quyền lại, rồi chạy lệnh than-thien channel tokens."),
    "zalo_oauth": ("Zalo không gia hạn khóa", "Quản trị OA cấp quyền lại, rồi chạy lệnh than-thien channel tokens."),
    "no credentials": ("Thiếu mã và khóa của ứng dụng", "Chạy lại lệnh than-thien channel add."),
    "no_credentials": ("Thiếu khóa của Trang hoặc ứng dụng", "Chạy lại lệnh than-thien channel add."),
    "the channel's secrets": ("Không đọc được khóa: SECRET_KEY đã đổi", "Đặt lại SECRET_KEY cũ, hoặc nhập lại khóa."),
    "zalo:-209": ("Ứng dụng Zalo chưa kích hoạt", "Bật ở developers.zalo.me."),
    "zalo:-212": ("Ứng dụng chưa đăng ký API Official Account", "Đăng ký ở developers.zalo.me."),
    "zalo:-221": ("OA chưa được xác thực", "Gửi hồ sơ xác thực ở oa.zalo.me."),
    "zalo:-223": ("OA chưa cấp đủ quyền", "Đánh dấu mọi nhóm quyền rồi cấp quyền lại."),
    "zalo:-224": ("Gói OA không có quyền này", "Nâng gói ở oa.zalo.me."),
    "quota": ("Đã dùng hết hạn mức tin", "Chờ hạn mức mới hoặc nâng gói."),
    "password_changed": ("Khóa mất hiệu lực vì quản trị Trang đổi mật khẩu", "Lấy khóa Trang mới."),
    "app_not_live": ("Ứng dụng chưa ở chế độ Trực tiếp", "Công bố ở developers.facebook.com."),
    "app_removed": ("Quản trị Trang đã gỡ ứng dụng", "Thêm lại ứng dụng rồi lấy khóa mới."),
    "permission_missing": ("Thiếu quyền gửi tin", "Cấp pages_messaging và pages_manage_metadata rồi lấy khóa mới."),
    "page_restricted": ("Trang đang bị hạn chế gửi", "Xem mục Chất lượng Trang trên Facebook."),
}
_OTHER = ("Nền tảng từ chối tin", "Thử gửi lại một lần; vẫn lỗi thì báo người quản trị kèm lý do kỹ thuật.")
_OTHER_ALARM = ("Kênh có lỗi", "Chạy lệnh than-thien check trên máy chủ để xem cách sửa.")
_WAITING = ("Đang chờ gửi lâu hơn thường lệ", "Hệ thống vẫn tự thử lại. Nhiều tin cùng chờ thì xem mục Kênh.")


def undelivered(one: Stuck) -> tuple[str, str]:
    """Why, and what to do."""
    reason = (one.reason or "").removeprefix("send: ").removeprefix("send:")
    return _found(_UNDELIVERED, reason) or (_WAITING if one.outcome is None else _OTHER)


def alarm(text: str) -> tuple[str, str]:
    """What is wrong with a channel, and what to do."""
    return _found(_ALARMS, text.removeprefix("send:").strip()) or _OTHER_ALARM


def _found(table: Mapping[str, tuple[str, str]], reason: str) -> tuple[str, str] | None:
    fitting = [beginning for beginning in table if reason.startswith(beginning)]
    return table[max(fitting, key=len)] if fitting else None
