"""What every field of a procedure is called in Vietnamese, in forms, previews, comparisons and messages."""

from __future__ import annotations

FIELDS: dict[str, str] = {
    "code": "Mã thủ tục",
    "name": "Tên thủ tục",
    "short_name": "Tên gọi ngắn",
    "field": "Lĩnh vực",
    "audience": "Đối tượng thực hiện",
    "level": "Cấp thực hiện",
    "authority": "Cơ quan thực hiện",
    "receiving_place": "Nơi tiếp nhận",
    "steps": "Các bước",
    "documents": "Giấy tờ",
    "forms": "Mẫu đơn",
    "processing_time": "Thời hạn",
    "fees": "Phí, lệ phí",
    "channels": "Cách nộp",
    "result": "Kết quả",
    "legal_basis": "Căn cứ pháp lý",
    "citizen_phrases": "Cách hỏi của người dân",
    "common_questions": "Câu hỏi thường gặp",
    "cases": "Trường hợp riêng",
    "changes": "Thay đổi gần đây",
    "effective_from": "Ngày có hiệu lực",
    "sources": "Nguồn",
    "portal_url": "Địa chỉ trên Cổng Dịch vụ công",
    "verified": "Đã đối chiếu với nguồn",
    "unverified_fields": "Phần chưa đối chiếu",
    "eligibility": "Yêu cầu, điều kiện",
    "verification_note": "Ghi chú đối chiếu",
    "as_of": "Ngày kiểm tra gần nhất",
    "check_again_by": "Ngày phải kiểm tra lại",
}

SUPPLEMENT: dict[str, str] = {
    "place": "Nơi nộp của đơn vị",
    "hours": "Giờ nhận hồ sơ",
    "contacts": "Liên hệ",
    "note": "Ghi chú cho người dân",
}
"""What a unit adds to a procedure it inherits."""

PARTS: dict[str, dict[str, str]] = {
    "documents": {
        "name": "tên giấy tờ",
        "original_or_copy": "loại bản",
        "quantity": "số lượng",
        "note": "ghi chú",
        "when": "khi nào cần",
    },
    "fees": {"text": "nội dung", "amount_vnd": "số tiền (đồng)", "when": "khi nào áp dụng"},
    "forms": {"name": "tên mẫu", "url": "địa chỉ tải"},
    "legal_basis": {"number": "số, ký hiệu", "title": "tên văn bản", "date": "ngày ban hành"},
    "common_questions": {"question": "câu hỏi", "answer": "câu trả lời"},
    "cases": {"when": "khi nào", "note": "điều cần biết", "related": "thủ tục liên quan"},
    "contacts": {"kind": "loại", "value": "số hoặc địa chỉ", "label": "tên gọi", "hours": "giờ", "note": "ghi chú"},
    "processing_time": {"text": "nội dung", "working_days": "số ngày làm việc"},
}

ITEMS: dict[str, str] = {
    "documents": "Giấy tờ",
    "fees": "Khoản thu",
    "forms": "Mẫu đơn",
    "legal_basis": "Văn bản",
    "common_questions": "Câu hỏi",
    "cases": "Trường hợp",
    "contacts": "Liên hệ",
    "steps": "Bước",
}
"""One item of a list."""

NO_FEE_INFORMATION = "Chưa có thông tin về phí, lệ phí"
"""What stands for a fee nobody has told us: never that it is free."""


def label(path: str) -> str:
    """The Vietnamese name of a path such as `documents.2.quantity`: “Giấy tờ 3: số lượng”."""
    field, _, rest = path.partition(".")
    name = FIELDS.get(field, field)
    places = [part for part in rest.split(".") if part]
    if places and places[0].isdigit():
        name = f"{ITEMS.get(field, name)} {int(places.pop(0)) + 1}"
    if places:
        name += ": " + PARTS.get(field, {}).get(places[0], places[0])
    return name
