"""What the assistant says about reports (phiếu), people and personal data. The style is that of texts_vi.py.

`{ticket_code}` and `{ticket_due}` are filled when the ticket is filed (see bot.domain.filing).
"""

CONSENT_WORDING = "2026-12-2"
"""Version of the two sentences that ask for a yes: ASK_PHONE… and SUMMARY_PRAISE. A change of them changes it
and bot.domain.notices.MAY_NOTIFY."""

KIND_NAMES = {
    "report": "phản ánh",
    "proposal": "kiến nghị",
    "feedback": "góp ý",
    "praise": "lời khen",
    "conduct": "phản ánh về phục vụ",
    "guidance": "yêu cầu hướng dẫn",
    "call_back": "yêu cầu gọi lại",
    "reception": "đăng ký gặp",
    "privacy": "yêu cầu về dữ liệu",
}
STATE_NAMES = {
    "new": "mới gửi, chờ tiếp nhận",
    "received": "đã tiếp nhận",
    "in_progress": "đang xử lý",
    "waiting": "chờ ông/bà trả lời thêm",
    "answered": "đã trả lời",
    "closed": "đã đóng",
}

POLITE = "Dạ, "

# A report, step by step

ASK_KIND_COMPLAINT = (
    "Dạ, để đi đúng cửa, xin hỏi ông/bà một câu. Việc này là:\n"
    "1. Phản ánh việc chung chưa ổn (rác, đèn, đường, tiếng ồn…), trợ lý ghi phiếu ngay.\n"
    "2. Khiếu nại một quyết định, việc làm của cơ quan đụng đến quyền lợi của ông/bà, phải nộp đơn mới được giải quyết."
)
ASK_KIND_REPORT = "Dạ, có phải ông/bà muốn gửi phản ánh để xã xử lý không ạ?"
ASK_WHAT = {
    "report": "Dạ, trợ lý xin ghi nhận. Ông/bà cho biết việc gì, ở đâu ạ. Có ảnh hoặc vị trí thì gửi luôn.",
    "proposal": "Dạ, ông/bà muốn kiến nghị điều gì ạ?",
    "feedback": "Dạ, ông/bà muốn góp ý điều gì ạ?",
    "praise": "Dạ, ông/bà muốn khen ai, việc gì ạ?",
    "conduct": (
        "Dạ, trợ lý xin cảm ơn ông/bà đã cho biết và xin lỗi vì trải nghiệm chưa tốt. Ông/bà kể việc gì, ngày nào, ở quầy nào ạ; "
        "không cần bằng chứng. Phiếu chỉ lãnh đạo xã và một người được giao xem."
    ),
    "reception": (
        "Dạ, ông/bà muốn gặp về việc gì ạ? Xin ghi thật ngắn, ví dụ “đất đai”, “hộ tịch”; xin đừng ghi nội dung vụ việc."
    ),
    "privacy": "Dạ, ông/bà muốn xem, sửa hay xóa dữ liệu nào của mình ạ?",
}
CONDUCT_THANKS = "Dạ, trợ lý xin cảm ơn ông/bà đã cho biết và xin lỗi vì trải nghiệm chưa tốt. "
PHOTO_KEPT = "Dạ, trợ lý đã nhận ảnh. "
PIN_KEPT = "Dạ, trợ lý đã nhận vị trí. "
ASK_WHERE = "Dạ, việc này ở đâu ạ? Ông/bà nhắn tên ấp, đường, gần chỗ nào, hoặc gửi vị trí. Có ảnh thì gửi luôn; không rõ thì gõ “bỏ qua”."
ASK_PHONE = (
    "Dạ, xin phép ông/bà cho số điện thoại để cán bộ gọi lại hoặc báo tin về phiếu này. Số chỉ dùng cho việc đó và xóa khi ông/bà yêu cầu. "
    "Nếu không tiện, ông/bà gõ “bỏ qua”."
)
SHARE_PHONE = "Chia sẻ số điện thoại"
SHARE_PHONE_WHY = (
    "Bấm để gửi số điện thoại của ông/bà. Xã chỉ dùng số để gọi lại hoặc báo tin về phiếu này, xóa khi ông/bà yêu cầu."
)
ASK_PHONE_AGAIN = "Dạ, trợ lý chưa thấy số điện thoại. Ông/bà nhắn lại số, hoặc gõ “bỏ qua” ạ."
ASK_PHONE_OFFERED = (
    "Dạ, xin phép ông/bà cho trợ lý lưu số {phone} để cán bộ gọi lại hoặc báo tin về phiếu này. Số chỉ dùng cho việc đó và xóa khi ông/bà yêu cầu. "
    "Ông/bà có đồng ý không ạ?"
)
ASK_PHONE_CALL_BACK = (
    "Dạ, ông/bà cho xin số điện thoại để người được giao gọi lại. Số chỉ dùng để gọi và chỉ người đó xem. "
    "Xin đừng gửi nội dung và tên ai ở đây ạ."
)
ASK_PHONE_GUIDANCE = (
    "Dạ, ông/bà cho xin số điện thoại để cán bộ tiếp công dân gọi hướng dẫn. Số chỉ dùng cho việc đó. "
    "Trợ lý không ghi nội dung khiếu nại ạ."
)
PHONE_NEEDED = "Dạ, không có số thì cán bộ không gọi lại được, nên trợ lý không ghi phiếu. Khi cần, ông/bà gọi {reception} hoặc đến {place} ạ."
SUMMARY = "Dạ, xin ông/bà xem lại {kind}:"
SUMMARY_PRAISE = "Lời khen được chuyển đến người được khen. Ông/bà có đồng ý cho xã đăng lời khen này (không nêu tên ông/bà) không ạ?"
SUMMARY_WHAT = "• Việc: {text}"
SUMMARY_WHERE = "• Nơi: {place}"
SUMMARY_PIN = "vị trí trên bản đồ"
SUMMARY_PHOTOS = "• Ảnh, tệp: {count}"
SUMMARY_PHONE = "• Gọi lại số: {phone}"
SUMMARY_ANONYMOUS = "• Không nêu tên"
SUMMARY_ANONYMOUS_CONDUCT = "• Không nêu tên (được xem như thông tin để kiểm tra)"
SUMMARY_ASK = "Đúng rồi thì ông/bà bấm “Gửi phiếu”; còn ảnh thì gửi thêm. Muốn giấu tên, gõ “không nêu tên” ạ."
SUMMARY_ASK_ANONYMOUS = "Đúng rồi thì ông/bà bấm “Gửi phiếu”; còn ảnh thì gửi thêm ạ."
EDIT_WHICH = "Dạ, ông/bà muốn sửa phần nào ạ?"
EDIT_WHAT = "Dạ, ông/bà viết lại nội dung giúp trợ lý ạ."
EDIT_WHERE = "Dạ, ông/bà nhắn lại nơi xảy ra, hoặc gửi vị trí ạ."
SIMILAR = "Dạ, đã có phiếu {code} ({summary}) gửi ngày {day}. Có phải cùng việc này không ạ? Ông/bà theo dõi phiếu đó thì cũng nhận được trả lời."
SIMILAR_OWN = "Dạ, ông/bà đã gửi phiếu {code} ngày {day}: “{summary}”. Ông/bà muốn bổ sung vào phiếu đó không ạ?"
FOLLOWED = "Dạ, ông/bà đã theo dõi phiếu {code}. Khi có trả lời, trợ lý nhắn cho ông/bà tại đây ạ."
FILED = (
    "Dạ, xin cảm ơn ông/bà, {unit} đã nhận {kind}. Mã phiếu: {ticket_code}\n"
    "Hạn trả lời: {ticket_due}\n"
    "Cán bộ xem và trả lời ông/bà tại đây. Gõ mã phiếu hoặc “phiếu của tôi” để xem tình trạng.\n"
    "Đây không phải giấy tiếp nhận hồ sơ ạ."
)
FILED_PRAISE = "Dạ, xin cảm ơn lời khen của ông/bà, trợ lý đã chuyển để cán bộ được biết. Mã phiếu: {ticket_code}"
FILED_FEEDBACK = (
    "Dạ, xin cảm ơn ông/bà, {unit} đã ghi nhận góp ý để phục vụ tốt hơn. Mã phiếu: {ticket_code}\n"
    "Cán bộ đọc mọi góp ý; khi có trả lời, trợ lý nhắn ông/bà tại đây ạ."
)
FILED_CONDUCT = (
    "Dạ, xin cảm ơn ông/bà. Phiếu {ticket_code} đã chuyển riêng đến lãnh đạo xã và người được giao; người bị phản ánh không xem được.\n"
    "Hạn trả lời: {ticket_due}\n"
    "Gõ mã phiếu để xem tình trạng. Đây không phải đơn khiếu nại, tố cáo ạ."
)
FILED_CALL = (
    "Dạ, trợ lý đã ghi: người được giao sẽ gọi số {phone}. Mã phiếu: {ticket_code}\n"
    "Hạn gọi lại: {ticket_due}\n"
    "Đây không phải là việc nhận đơn; xin ông/bà giữ đơn và giấy tờ để nộp trực tiếp ạ."
)
FILED_RECEPTION = (
    "Dạ, trợ lý đã ghi đăng ký gặp. Mã phiếu: {ticket_code}\n"
    "Hạn xác nhận: {ticket_due}\n"
    "Cán bộ tiếp công dân sẽ gọi số {phone} để hẹn giờ ạ."
)
CALL_BACK_TEXT = "Người dân cần được gọi lại. Không ghi nội dung."
GUIDANCE_TEXT = "Cần hướng dẫn thủ tục khiếu nại. Không ghi nội dung."
DRAFT_DROPPED = "Dạ, trợ lý đã bỏ phiếu đang ghi, không gửi gì cả. Khi cần, ông/bà cứ nhắn lại ạ."
DRAFT_RESUMED = "(Phiếu đang ghi dở: {question})"
QUESTIONS = {
    "kind": "xin chọn phản ánh hay khiếu nại.",
    "what": "xin cho biết việc gì.",
    "where": "xin cho biết ở đâu, hoặc gõ “bỏ qua”.",
    "phone": "xin số điện thoại, hoặc gõ “bỏ qua”.",
    "confirm": "xin xem lại và bấm “Gửi phiếu”.",
    "similar": "xin chọn theo dõi phiếu đã có hay gửi phiếu mới.",
}
FINISH_FIRST = "Dạ, ông/bà còn một phiếu đang ghi dở; xin gửi hoặc hủy phiếu đó trước ạ."
NOTHING_BEGUN = "Dạ, hiện không có phiếu nào đang ghi. Ông/bà cần phản ánh việc gì, xin nhắn ạ."
NOT_A_REPORT = "Dạ, trợ lý chưa ghi gì cả. Ông/bà cần hỏi việc gì, xin nói rõ thêm ạ."

# Doors

DOOR_BRIBE = (
    "Dạ, trợ lý xin lỗi vì việc ông/bà gặp phải. Việc đòi tiền, nhận tiền phải đi đường tố cáo để ông/bà được bảo vệ, "
    "nên trợ lý không ghi thêm ở đây và xin ông/bà đừng gửi nội dung, tên ai.\n"
    "Ông/bà gửi đơn có chữ ký hoặc đến trình bày tại {place}, hoặc cơ quan cấp trên. Họ tên người tố cáo được giữ bí mật.\n"
    "Điện thoại tiếp công dân: {reception}."
)
SEALED = (
    "Lời ông/bà vừa nhắn đã được niêm phong, chỉ người được giao mở xem. Xin đừng gửi thêm: Zalo, Facebook cũng giữ một bản tin nhắn "
    "theo quy định riêng của họ."
)

# Tickets

TICKET_OWN = "Dạ, phiếu {code} ({kind}): {state}."
TICKET_OTHER = "Dạ, phiếu {code} ({kind}): {state}. Nội dung chỉ người gửi xem được."
TICKET_WHEN = "Gửi {received}"
TICKET_DUE = ", hạn trả lời {due}"
TICKET_CLOSED = ", xong {closed}"
TICKET_TEXT = "Nội dung: {summary}"
TICKET_REPLY = "Trả lời gần nhất: {reply}"
TICKET_UNKNOWN = "Dạ, trợ lý không tìm thấy phiếu {code}. Ông/bà xem lại mã, hoặc gõ “phiếu của tôi” ạ."
TICKET_MISTYPED = (
    "Dạ, mã {code} có lẽ gõ nhầm một số hay chữ. Ông/bà xem lại mã giúp trợ lý, hoặc gõ “phiếu của tôi” ạ."
)
MINE = "Dạ, phiếu của ông/bà:"
MINE_LINE = "{number}. {code}: {state}. {summary}"
MINE_NONE = "Dạ, trong cuộc trò chuyện này ông/bà chưa có phiếu nào. Nếu có mã phiếu, ông/bà nhắn mã; muốn phản ánh thì nhắn việc cần báo ạ."
WHICH_TICKET = "Dạ, ông/bà muốn nói đến phiếu nào ạ?"
ASK_MORE = "Dạ, ông/bà nhắn nội dung hoặc gửi ảnh cần bổ sung cho phiếu {code} ạ."
PIN_AT = "Vị trí: {latitude:.6f}, {longitude:.6f}"
ADDED = "Dạ, trợ lý đã bổ sung vào phiếu {code}. Cán bộ sẽ xem ạ."
NOT_OPEN = "Dạ, phiếu {code} đã {state} nên không bổ sung được. Nếu việc chưa xong, ông/bà bấm “Chưa xong”, hoặc gửi phiếu mới ạ."
WITHDRAW_ASK = "Dạ, ông/bà chắc chắn muốn rút phiếu {code} không ạ? Rút rồi thì cán bộ không xử lý nữa."
WITHDRAWN = "Dạ, ông/bà đã rút phiếu {code}. Khi cần, ông/bà cứ gửi phiếu mới ạ."
WITHDRAW_KEPT = "Dạ, phiếu {code} vẫn được giữ và xử lý tiếp ạ."
ALREADY_DONE = "Dạ, phiếu {code} đã xong nên không cần rút ạ."
RATE_ASK = "Dạ, ông/bà hài lòng với trả lời của phiếu {code} thế nào ạ? (1 sao: rất chưa hài lòng, 5 sao: rất hài lòng)"
RATE_NOT_YET = "Dạ, phiếu {code} chưa có trả lời nên chưa đánh giá được. Khi có, trợ lý nhắn ông/bà ạ."
RATED = (
    "Dạ, xin cảm ơn ông/bà đã đánh giá {stars} sao. Ông/bà muốn nói thêm lý do không ạ? Nếu không, ông/bà gõ “bỏ qua”."
)
RATED_LOW = (
    "Dạ, xin cảm ơn ông/bà đã đánh giá {stars} sao, và xin lỗi vì chưa làm ông/bà hài lòng. Ông/bà cho biết lý do, "
    "hoặc bấm “Chưa xong” để lãnh đạo xem lại ạ."
)
COMMENTED = "Dạ, trợ lý đã ghi thêm ý của ông/bà. Xin cảm ơn ông/bà ạ."
RATE_NOTHING = (
    "Dạ, ông/bà chưa có phiếu nào có trả lời để đánh giá. Ông/bà muốn gửi góp ý hay lời khen về việc phục vụ không ạ?"
)
REOPEN_ASK = "Dạ, phiếu {code} còn điều gì chưa xong ạ? Ông/bà nhắn thêm, hoặc gõ “bỏ qua”; phiếu sẽ được chuyển lãnh đạo xem lại."
REOPENED = "Dạ, phiếu {code} đã được mở lại và chuyển lãnh đạo xã xem. Trợ lý xin lỗi vì việc chưa xong ạ."
REOPENED_BEFORE = (
    "Dạ, phiếu {code} đã được lãnh đạo xem lại một lần nên không mở lại nữa. Ông/bà có thể nói chuyện với cán bộ, "
    "gọi {leader_title}: {leader}, hoặc đăng ký gặp ạ."
)
REOPEN_OPEN = "Dạ, phiếu {code} {state}, chưa đóng. Ông/bà có thể bổ sung để cán bộ biết ạ."
HELD_ASK = "Nếu lời vừa rồi là trả lời cho phiếu {code}, ông/bà bấm “Gửi vào phiếu” ạ."

# A person

PERSON_OPEN = "Dạ, trợ lý đã báo cán bộ; cán bộ sẽ trả lời tại đây ngay khi có thể. Cần gấp, ông/bà gọi {counter}: {counter_phone}{when_open} ạ."
PERSON_CLOSED = (
    "Dạ, hiện ngoài giờ làm việc{when_open}. Trợ lý đã báo, cán bộ trả lời tại đây khi vào giờ. Cần gấp, ông/bà gọi {counter}: "
    "{counter_phone} ạ."
)
PERSON_MEANWHILE = "Trong lúc chờ, ông/bà vẫn hỏi trợ lý được."
HANDED_BACK = "Dạ, trợ lý xin tiếp tục giúp ông/bà. Ông/bà cần hỏi việc gì ạ?"
RECEPTION_DAYS = "Lịch tiếp: {days}"

# Personal data

PRIVACY = (
    "Dạ, về dữ liệu của ông/bà: {unit} chịu trách nhiệm, điện thoại {counter_phone}.\n"
    "• Tin nhắn giữ tối đa 30 ngày để trả lời; phiếu giữ 24 tháng rồi bỏ thông tin cá nhân.\n"
    "• Số điện thoại chỉ giữ khi ông/bà đồng ý. Zalo, Facebook cũng giữ một bản tin nhắn theo quy định riêng.\n"
    "• Gõ “XEM DỮ LIỆU” để xem đang giữ gì, “XÓA DỮ LIỆU” để xóa."
)
DATA_KEPT = "Dạ, trợ lý đang giữ của ông/bà trong cuộc trò chuyện này:"
DATA_LINE = "• {what}: {count}"
DATA_NONE = "Dạ, trợ lý không giữ dữ liệu nào của ông/bà ngoài tin nhắn vừa rồi ạ."
ERASE_ASK = (
    "Dạ, ông/bà muốn xóa tin nhắn và dữ liệu của mình? Xóa rồi không lấy lại được. Phiếu đang xử lý và dữ liệu luật buộc lưu thì còn giữ "
    "đến khi xong ạ."
)
ERASED = "Dạ, dữ liệu của ông/bà đang được xóa. Tin nhắn trên Zalo, Facebook do ứng dụng giữ, ông/bà tự xóa trong ứng dụng ạ."
ERASE_KEPT = "Dạ, trợ lý chưa xóa gì cả ạ."
CONSENT_WITHDRAWN = "Dạ, trợ lý đã ghi: ông/bà rút lại đồng ý. Số điện thoại đã lưu được xóa khỏi phiếu ạ."

BUTTON_REPORT = "Phản ánh, góp ý"
BUTTON_SEND = "Gửi phiếu"
BUTTON_SEND_PUBLISH = "Gửi, cho đăng"
BUTTON_SEND_QUIET = "Gửi, không đăng"
BUTTON_EDIT_WHAT = "Sửa nội dung"
BUTTON_EDIT_WHERE = "Sửa nơi"
BUTTON_ADD_PHONE = "Thêm số điện thoại"
BUTTON_EDIT_PHONE = "Sửa số điện thoại"
BUTTON_SKIP = "Bỏ qua"
BUTTON_AGREE = "Đồng ý"
BUTTON_CANCEL = "Hủy phiếu"
BUTTON_RESUME = "Ghi tiếp phiếu"
BUTTON_IS_REPORT = "Phản ánh việc chung"
BUTTON_IS_COMPLAINT = "Khiếu nại"
BUTTON_SEND_REPORT = "Gửi phản ánh"
BUTTON_FOLLOW = "Theo dõi phiếu đó"
BUTTON_ADD_TO_IT = "Bổ sung phiếu đó"
BUTTON_ANYWAY = "Vẫn gửi phiếu mới"
BUTTON_CALL_BACK = "Xin gọi lại"
BUTTON_BOOK = "Đăng ký gặp"
BUTTON_MINE = "Phiếu của tôi"
BUTTON_MORE = "Bổ sung"
BUTTON_WITHDRAW = "Rút phiếu"
BUTTON_KEEP = "Giữ lại"
BUTTON_RATE = "Đánh giá"
BUTTON_STARS = "{stars} sao"
BUTTON_NOT_DONE = "Chưa xong"
BUTTON_INTO_TICKET = "Gửi vào phiếu"
BUTTON_INTO = "Thêm {code}"
BUTTON_FEEDBACK = "Gửi góp ý"
BUTTON_PRAISE = "Gửi lời khen"
BUTTON_HAND_BACK = "Hỏi trợ lý"
BUTTON_SEE_DATA = "Xem dữ liệu"
BUTTON_ERASE = "Xóa dữ liệu"
BUTTON_ERASE_YES = "Xóa hết"
BUTTON_WITHDRAW_CONSENT = "Rút đồng ý"
BUTTON_OTHER_REQUEST = "Yêu cầu khác"
