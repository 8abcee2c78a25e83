"""The handbook: one template per chapter in bot/web/console/help, shown to those whose work it is about."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.domain.staff import Permission
from bot.web.console.auth import signed
from bot.web.console.permissions import requires
from bot.web.console.rendering import Nav, render

NAV = Nav("Trợ giúp", "/console/help", Permission.ANY, 900, "help", "?")
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Chapter:
    """`name`: of its template and its address."""

    name: str
    title: str
    about: str
    permission: Permission = Permission.ANY


CHAPTERS = (
    Chapter("dang-nhap", "Đăng nhập và bảo vệ tài khoản", "Mật khẩu, mã xác thực, đăng xuất, phiên hết giờ."),
    Chapter("lam-quen", "Làm quen với bàn làm việc", "Các mục, đổi đơn vị, phím tắt, bản nháp tự lưu."),
    Chapter("phieu", "Danh sách phiếu", "Các ngăn, tìm, lọc, nhận và giao phiếu.", Permission.TICKETS_READ),
    Chapter("xu-ly-phieu", "Xử lý một phiếu", "Trả lời, hỏi thêm, chuyển, lùi hạn, đóng.", Permission.TICKETS_WORK),
    Chapter("tro-chuyen", "Trò chuyện trực tiếp", "Nhận, viết, trả lại trợ lý ảo.", Permission.CONVERSATIONS),
    Chapter("han-che", "Phiếu hạn chế", "Ai được xem, giữ kín thế nào.", Permission.TICKETS_RESTRICTED),
    Chapter("niem-phong", "Nội dung niêm phong", "Mở, bàn giao, khi nào bị xóa.", Permission.SEALED_READ),
    Chapter("bao-cao", "Báo cáo", "Chọn kỳ, cách tính, tải về.", Permission.REPORTS),
    Chapter("tai-khoan", "Quản lý tài khoản", "Thêm người, đổi vai trò, đặt lại mật khẩu.", Permission.ACCOUNTS),
    Chapter("kenh", "Kênh Zalo, Facebook", "Cảnh báo, hạn khóa, thông báo của nền tảng.", Permission.CHANNELS),
    Chapter("tin-chua-gui", "Tin chưa gửi", "Vì sao tin không đi và cách gửi lại.", Permission.OUTBOX),
    Chapter("soan-thu-tuc", "Soạn và công bố thủ tục", "Sửa, duyệt, hẹn ngày, quay về.", Permission.RECORDS_PUBLISH),
    Chapter("nhap-xuat", "Nhập, xuất tệp", "Excel, Word, JSON thành bản nháp; tải về.", Permission.RECORDS_EDIT),
    Chapter("danh-ba", "Danh bạ", "Số điện thoại, vắng mặt, giờ, ngày nghỉ.", Permission.RECORDS_EDIT),
    Chapter("loi-mau", "Lời mẫu và khẩu hiệu", "Lời chào, xin lỗi, mẫu trả lời.", Permission.RECORDS_EDIT),
    Chapter("day-tro-ly", "Dạy trợ lý và mô hình", "Dạy cách hỏi mới, huấn luyện, quay lại.", Permission.LEARNING),
    Chapter("nhat-ky", "Nhật ký", "Ai đã làm gì, và cách kiểm tra nhật ký còn nguyên.", Permission.AUDIT),
)


@routes.get("/help")
@requires(Permission.ANY)
async def contents(request: web.Request) -> web.StreamResponse:
    who = signed(request)
    return await render(request, "help.html", {"chapters": [one for one in CHAPTERS if who.may(one.permission)]})


@routes.get("/help/{chapter}")
@requires(Permission.ANY)
async def chapter(request: web.Request) -> web.StreamResponse:
    found = next((one for one in CHAPTERS if one.name == request.match_info["chapter"]), None)
    if found is None or not signed(request).may(found.permission):
        raise web.HTTPNotFound
    return await render(request, f"{found.name}.html", {"chapter": found})
