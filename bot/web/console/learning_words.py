"""Vietnamese words of the pages about learning, models and coverage."""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialogue.explaining import Path
from bot.domain.learning import Decision, Figure, Reason
from bot.domain.models import Phase, RunState

INTENTS: Mapping[str, str] = {
    "greet": "Chào hỏi",
    "thank": "Cảm ơn",
    "goodbye": "Tạm biệt",
    "affirm": "Đồng ý",
    "deny": "Không phải",
    "cancel": "Thôi, bỏ qua",
    "restart": "Làm lại từ đầu",
    "help": "Hỏi trợ lý làm được gì",
    "bot_identity": "Hỏi trợ lý là ai",
    "procedure_overview": "Thủ tục: hỏi chung",
    "procedure_documents": "Thủ tục: giấy tờ cần nộp",
    "procedure_fee": "Thủ tục: lệ phí",
    "procedure_duration": "Thủ tục: bao lâu có kết quả",
    "procedure_place": "Thủ tục: nộp ở đâu",
    "procedure_steps": "Thủ tục: các bước",
    "procedure_form": "Thủ tục: mẫu đơn, tờ khai",
    "procedure_online": "Thủ tục: nộp trực tuyến",
    "procedure_eligibility": "Thủ tục: ai được làm",
    "procedure_result": "Thủ tục: nhận được gì",
    "procedure_legal_basis": "Thủ tục: căn cứ pháp lý",
    "lookup_contact": "Hỏi số điện thoại",
    "verify_contact": "Kiểm tra số điện thoại",
    "office_hours": "Hỏi giờ làm việc",
    "office_address": "Hỏi địa chỉ trụ sở",
    "report_problem": "Phản ánh sự việc",
    "suggest": "Góp ý, kiến nghị",
    "praise": "Khen ngợi",
    "complain_staff": "Phản ánh thái độ cán bộ",
    "lodge_complaint": "Khiếu nại",
    "denounce": "Tố cáo",
    "report_crime": "Tố giác tội phạm",
    "book_reception": "Đăng ký tiếp công dân",
    "ticket_status": "Hỏi phiếu đã gửi",
    "dossier_status": "Hỏi hồ sơ đã nộp",
    "rate_service": "Đánh giá phục vụ",
    "talk_to_person": "Muốn gặp cán bộ",
    "privacy_request": "Yêu cầu về dữ liệu cá nhân",
    "subscribe": "Đăng ký nhận tin",
    "unsubscribe": "Thôi nhận tin",
    "emergency": "Khẩn cấp",
    "abuse": "Xúc phạm",
    "out_of_scope": "Ngoài phạm vi",
}
REASONS: Mapping[Reason, str] = {
    Reason.REFUSED: "Không trả lời được",
    Reason.CHOSEN: "Phải hỏi lại mới trả lời",
    Reason.CORRECTED: "Người dân nói lại cho đúng",
    Reason.BADLY_RATED: "Người dân không hài lòng",
    Reason.ESCALATED: "Người dân xin gặp cán bộ",
}
DECISIONS: Mapping[Decision, str] = {
    Decision.INTENT: "Ý của câu",
    Decision.PHRASE: "Cách hỏi thủ tục",
    Decision.FOREIGN: "Ngoài phạm vi",
    Decision.IGNORED: "Bỏ qua",
}
FIGURES: Mapping[Figure, tuple[str, str]] = {
    Figure.ANSWERED: (
        "Trả lời ngay",
        "Trợ lý đưa ngay nội dung đã công bố của thủ tục, cho câu viết hoặc cho nút bấm hỏi tiếp.",
    ),
    Figure.CHOSEN: (
        "Trả lời sau khi chọn",
        "Trợ lý chưa chắc nên đưa ra các lựa chọn, người dân chọn thủ tục này và được trả lời.",
    ),
    Figure.OFFERED: (
        "Phải hỏi lại",
        "Trợ lý chưa chắc và đưa ra các lựa chọn, thủ tục này đứng đầu; chưa tính người dân chọn gì sau đó.",
    ),
    Figure.REFUSED: (
        "Không trả lời",
        "Trợ lý nói chưa có thông tin chắc chắn, dù tìm thấy thủ tục này giống câu hỏi nhất.",
    ),
    Figure.BADLY_RATED: (
        "Không hài lòng",
        "Sau câu trả lời, người dân nói lại cho đúng hoặc thả cảm xúc buồn, giận, không thích.",
    ),
}
ASKED = "Được hỏi"
ASKED_MEANS = "Tổng của bốn cột trả lời ngay, sau khi chọn, phải hỏi lại và không trả lời."
NEVER_MEANS = "Thủ tục đang công bố mà trong kỳ không có câu hỏi nào được nhận ra."
PATHS: Mapping[str, str] = {
    Path.EMERGENCY_RULE: "Quy tắc khẩn cấp nhận ra từ ngữ nguy hiểm nên đưa số điện thoại khẩn cấp trước tiên.",
    Path.TAP: "Người dân bấm nút, không cần đoán ý.",
    Path.PICKED: "Người dân chọn một trong các lựa chọn vừa đưa ra.",
    Path.CODE: "Trong câu có mã phiếu, mã hồ sơ hoặc số điện thoại cần kiểm tra.",
    Path.SURE: "Điểm tìm kiếm của thủ tục đạt ngưỡng trả lời ngay.",
    Path.CARRIED_OVER: "Câu không nêu thủ tục khác nên hiểu là hỏi tiếp thủ tục đang nói.",
    Path.OFFERED: "Điểm tìm kiếm chưa đạt ngưỡng trả lời nên đưa ra các lựa chọn gần nhất.",
    Path.ASKED_BACK: "Câu hỏi về thủ tục nhưng không nêu thủ tục nào nên hỏi lại.",
    Path.FOREIGN: "Khả năng là việc của cơ quan khác đạt ngưỡng từ chối.",
    Path.NOTHING_FOUND: "Không thủ tục nào đủ điểm để trả lời hay đưa ra lựa chọn.",
    Path.INTENT: "Ý của câu do mô hình nhận ra quyết định, không liên quan thủ tục.",
    Path.MODEL_AWAY: "Mô hình không hoạt động lúc đó nên chỉ dùng từ khóa và tìm kiếm.",
    Path.NO_WORDS: "Tin không có chữ.",
}
OUTCOMES: Mapping[str, str] = {
    "answer": "Trả lời bằng dữ liệu đã công bố",
    "choose": "Hỏi lại để chọn",
    "refuse": "Nói chưa có thông tin chắc chắn",
    "door": "Chỉ nơi có thẩm quyền",
    "flow": "Đang làm theo bước",
    "talk": "Trò chuyện",
    "ignored": "Không cần trả lời",
    "failed": "Lỗi của hệ thống",
}
BANDS: Mapping[str, str] = {
    "answer": "Điểm để trả lời ngay",
    "choose": "Điểm để đưa vào lựa chọn",
    "none": "Khả năng không nêu thủ tục nào",
    "foreign": "Khả năng là việc của cơ quan khác",
    "foreign_later": "Như trên, khi đang nói về một thủ tục",
    "intent": "Độ tin để theo ý mô hình nhận ra",
    "give": "Độ tin để đưa số điện thoại, giờ làm việc",
    "override": "Điểm để tìm kiếm được tin hơn mô hình",
    "position_answer": "Điểm để đưa số của một chức danh",
}
PHASES: Mapping[str, str] = {
    "": "Đang chờ máy chủ nhận việc",
    Phase.PREPARING: "Chuẩn bị dữ liệu",
    Phase.TRAINING: "Huấn luyện mô hình mới",
    Phase.ASKING_OLD: "Hỏi mô hình đang dùng các câu đối chứng",
    Phase.ASKING_NEW: "Hỏi mô hình mới các câu đối chứng",
    Phase.JUDGING: "So sánh hai mô hình",
}
STATES: Mapping[RunState, tuple[str, str]] = {
    RunState.WAITING: ("Đang chờ", "info"),
    RunState.RUNNING: ("Đang chạy", "info"),
    RunState.PASSED: ("Không kém mô hình đang dùng", "good"),
    RunState.REFUSED: ("Bị từ chối vì kém hơn", "bad"),
    RunState.UNCHANGED: ("Không có gì mới để huấn luyện", "plain"),
    RunState.FAILED: ("Thất bại", "bad"),
    RunState.CANCELLED: ("Đã hủy", "plain"),
}
FAILURES: Mapping[str, str] = {
    "silent": "Tiến trình huấn luyện dừng giữa chừng (máy chủ tắt hoặc khởi động lại). Xin chạy lại.",
    "timeout": "Quá thời gian cho phép. Xin chạy lại lúc máy chủ ít việc.",
}
FIELDS: Mapping[str, str] = {
    "fees": "lệ phí",
    "documents": "giấy tờ",
    "processing_time": "thời hạn",
    "receiving_place": "nơi nhận",
    "steps": "các bước",
    "forms": "mẫu đơn",
    "channels": "cách nộp",
    "audience": "đối tượng",
    "eligibility": "điều kiện",
    "result": "kết quả",
    "legal_basis": "căn cứ pháp lý",
    "name": "tên",
    "short_name": "tên gọi",
    "citizen_phrases": "cách hỏi",
    "common_questions": "câu hỏi thường gặp",
    "as_of": "ngày kiểm tra",
}


def gate_reason(reason: str) -> str:
    """A reason of bot.gate, its intent in Vietnamese and its shares with a comma."""
    intent, colon, rest = reason.partition(":")
    return f"{INTENTS.get(intent, intent)}{colon}{rest}".replace(".", ",") if colon else reason


def place(where: str, procedures: Mapping[str, str]) -> str:
    """What a text was found to be a near-copy of. `where`: kind:name."""
    kind, _, name = where.partition(":")
    if kind == "phrase":
        return f"cách hỏi đã có của “{procedures.get(name, name)}”"
    if kind == "intent":
        return f"câu mẫu đã có của “{INTENTS.get(name, name)}”"
    return {
        "foreign": "câu ngoài phạm vi đã có",
        "none": "câu nói chuyện đã có",
        "gate": "câu đối chứng dùng để chấm mô hình, không được dạy",
        "same": "một câu khác trong cùng lần này",
        "sealed": "nội dung cần giữ kín, không được dạy",
    }.get(kind, "câu đã có")
