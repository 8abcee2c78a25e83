"""Label and definition, in words, of every figure and breakdown of the reports."""

from __future__ import annotations

DEFINITIONS: dict[str, tuple[str, str]] = {
    "received": (
        "Phiếu nhận trong kỳ",
        "Số phiếu nhận trong kỳ, mọi kênh; không gồm phản ánh về thái độ cán bộ.",
    ),
    "open": (
        "Đang giải quyết",
        "Số phiếu đến lúc lập báo cáo chưa có câu trả lời, không kể nhận khi nào.",
    ),
    "answered": (
        "Đã trả lời",
        "Trong số phiếu nhận trong kỳ, số phiếu đã trả lời hoặc đã đóng.",
    ),
    "on_time": (
        "Đúng hạn",
        "Trong số phiếu nhận trong kỳ, số phiếu đã trả lời mà chưa lần nào quá hạn.",
    ),
    "late": (
        "Quá hạn",
        "Trong số phiếu nhận trong kỳ, số phiếu đã có lần quá hạn, kể cả sau đó đã trả lời hoặc hẹn lại.",
    ),
    "reopened": (
        "Mở lại",
        "Trong số phiếu nhận trong kỳ, số phiếu từng phải mở lại sau khi trả lời.",
    ),
    "rule_766_a": (
        "Xử lý phản ánh, kiến nghị đúng hạn (QĐ 766/QĐ-TTg)",
        "Số phiếu xử lý đúng hạn hoặc trước hạn chia cho tổng số phiếu thuộc thẩm quyền nhận trong kỳ đã xử lý hoặc đã đến hạn. Không tính phiếu không thuộc thẩm quyền, trùng, công dân rút, không có nội dung.",
    ),
    "rule_766_b": (
        "Hài lòng về xử lý phản ánh, kiến nghị (QĐ 766/QĐ-TTg)",
        "Tổng số phiếu (như trên) trừ số phiếu công dân không hài lòng (1–2 sao hoặc yêu cầu mở lại) hoặc quá hạn, chia cho tổng số phiếu.",
    ),
    "ratings": (
        "Lượt đánh giá",
        "Số phiếu nhận trong kỳ được công dân chấm điểm.",
    ),
    "satisfied": (
        "Tỷ lệ hài lòng",
        "Số phiếu được chấm 4–5 sao chia cho số phiếu được chấm điểm.",
    ),
    "stars": (
        "Điểm trung bình",
        "Trung bình số sao công dân chấm, từ 1 đến 5.",
    ),
    "first_answer_median": (
        "Thời gian đến câu trả lời đầu tiên, trung vị",
        "Một nửa số phiếu được cán bộ trả lời hoặc gọi được lần đầu trong khoảng này kể từ lúc nhận, tính cả ngoài giờ.",
    ),
    "first_answer_p90": (
        "Thời gian đến câu trả lời đầu tiên, 90%",
        "Chín phần mười số phiếu được cán bộ trả lời hoặc gọi được lần đầu trong khoảng này, tính cả ngoài giờ.",
    ),
    "transferred": (
        "Chuyển đơn vị khác",
        "Số lần trong kỳ chuyển phiếu sang đơn vị khác vì không thuộc trách nhiệm.",
    ),
    "apologies": (
        "Thư xin lỗi",
        "Số thư xin lỗi và hẹn lại đã gửi trong kỳ.",
    ),
    "messages": (
        "Tin nhắn của công dân",
        "Số tin nhắn công dân gửi trong kỳ, mọi kênh.",
    ),
    "bot_only": (
        "Chỉ trợ lý ảo trả lời",
        "Số lượt trò chuyện trong kỳ không có tin nhắn nào của cán bộ, chia cho số lượt trò chuyện. Một lượt là một cuộc trò chuyện trong một ngày công dân có nhắn tin.",
    ),
    "with_staff": (
        "Có cán bộ trả lời",
        "Số lượt trò chuyện trong kỳ có ít nhất một tin nhắn của cán bộ trong ngày, chia cho số lượt trò chuyện. Một lượt là một cuộc trò chuyện trong một ngày công dân có nhắn tin.",
    ),
    "conduct": (
        "Phản ánh thái độ, phiền hà",
        "Số phiếu phản ánh về thái độ, phiền hà nhận trong kỳ; dưới 5 chỉ ghi “<5”.",
    ),
    "conduct_answered": (
        "Phản ánh thái độ, phiền hà đã trả lời",
        "Trong số đó, số phiếu đã trả lời hoặc đã đóng; dưới 5 chỉ ghi “<5”.",
    ),
    "by_kind": (
        "Theo loại phiếu",
        "Phiếu nhận trong kỳ, chia theo loại.",
    ),
    "by_category": (
        "Theo việc",
        "Phiếu nhận trong kỳ, chia theo việc được phản ánh (rác, đèn đường, đường sá …).",
    ),
    "by_area": (
        "Theo địa bàn",
        "Phiếu nhận trong kỳ, chia theo ấp, khu phố nơi xảy ra sự việc.",
    ),
    "by_unit": (
        "Theo đơn vị",
        "Phiếu nhận trong kỳ, chia theo đơn vị đang trả lời.",
    ),
    "by_channel": (
        "Theo kênh",
        "Phiếu nhận trong kỳ, chia theo kênh công dân dùng.",
    ),
    "conversations": (
        "Lượt trò chuyện",
        "Một cuộc trò chuyện trong một ngày công dân có nhắn tin tính là một lượt.",
    ),
}
