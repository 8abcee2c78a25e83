"""Every Vietnamese sentence the assistant says, in one place. `{…}` are filled with published data.

Style (domain paper 6): polite and plain, "Dạ" opens, "ạ" closes, the citizen is "ông/bà", the assistant is
"trợ lý". Short enough for a phone. No emoji in matters of death, complaint or emergency.
"""

GREETING = (
    "Dạ, xin chào ông/bà. Đây là trợ lý ảo trả lời tự động của {unit}, {province}.\n"
    "Trợ lý giúp ông/bà:\n"
    "• Hỏi thủ tục: giấy tờ, lệ phí, thời hạn, nơi nộp\n"
    "• Tìm số điện thoại, giờ làm việc, địa chỉ của xã\n"
    "• Gửi phản ánh, góp ý và theo dõi; biết nơi khiếu nại, tố cáo\n"
    "Ông/bà cứ nhắn như nói chuyện bình thường, không dấu cũng được ạ.\n"
    "Riêng tư: tin nhắn được lưu tối đa 30 ngày để trả lời. Xin đừng gửi ảnh căn cước, mật khẩu hay mã OTP."
)
GREETING_AGAIN = "Dạ, trợ lý xin nghe. Ông/bà cần hỏi thủ tục, số điện thoại hay giờ làm việc ạ?"
HELP = (
    "Dạ, ông/bà có thể hỏi trợ lý như sau:\n"
    "• “làm khai sinh cần giấy tờ gì”, “lệ phí chứng thực”, “tach ho mat may ngay”\n"
    "• “số điện thoại công an xã”, “thứ bảy có làm việc không”\n"
    "• “đèn đường ấp 3 bị hư” để gửi phản ánh, “phiếu của tôi” để xem trả lời\n"
    "• “gặp cán bộ” để nói chuyện với người thật\n"
    "Trợ lý chỉ trả lời từ thủ tục {unit} đã công bố; điều chưa chắc trợ lý sẽ nói rõ ạ."
)
IDENTITY = (
    "Dạ, đây là trợ lý ảo, một chương trình máy tính trả lời tự động của {unit}, không phải người thật.\n"
    "Câu trả lời chỉ để hướng dẫn; văn bản pháp luật và cán bộ tại {counter} là căn cứ cuối cùng. "
    "Ông/bà gõ “gặp cán bộ” để liên hệ người thật ạ."
)
THANKS = "Dạ, xin cảm ơn ông/bà. Ông/bà cần hỏi thêm điều gì, trợ lý luôn sẵn lòng giúp ạ."
GOODBYE = "Dạ, xin cảm ơn ông/bà đã liên hệ {unit}. Kính chúc ông/bà mạnh khỏe ạ."
AFFIRM_NOTHING = "Dạ. Ông/bà cần trợ lý giúp việc gì ạ? Ông/bà cứ nhắn tên thủ tục hoặc việc cần làm."
DENY_NOTHING = "Dạ, xin lỗi ông/bà vì trợ lý hiểu chưa đúng. Ông/bà vui lòng nói rõ hơn việc cần hỏi ạ."
CANCELLED = "Dạ, trợ lý đã dừng việc đang làm. Khi cần, ông/bà cứ nhắn lại ạ."
RESTARTED = "Dạ, mình bắt đầu lại từ đầu. Ông/bà cần hỏi việc gì ạ?"
EMPTY_MESSAGE = "Dạ, trợ lý chưa đọc được nội dung. Ông/bà vui lòng nhắn bằng chữ việc cần hỏi ạ."
ABUSE_FIRST = (
    "Dạ, trợ lý rất tiếc vì ông/bà đang bực mình. Nếu có việc chưa được giải quyết tốt, ông/bà vui lòng nói rõ việc đó, "
    "hoặc gọi {counter_phone} để gặp cán bộ ạ."
)
ABUSE_AGAIN = "Dạ, trợ lý sẵn sàng giúp khi ông/bà cho biết việc cần hỏi. Số của cán bộ: {counter_phone} ạ."

REFUSE = (
    "Dạ, xin lỗi ông/bà, trợ lý chưa có thông tin chắc chắn về câu này nên không dám trả lời.\n"
    "Ông/bà vui lòng gọi {counter}: {counter_phone}{when_open}, hoặc hỏi lại bằng tên thủ tục ạ."
)
REFUSE_SUSPENDED = (
    "Dạ, thông tin về thủ tục {procedure} đang được cập nhật nên trợ lý tạm chưa trả lời.\n"
    "Ông/bà vui lòng gọi {counter}: {counter_phone}{when_open} để được hướng dẫn ạ."
)
REFUSE_OLD = (
    "Dạ, thông tin về thủ tục {procedure} được kiểm tra lần cuối ngày {checked}, đã quá lâu nên trợ lý không dám trả lời.\n"
    "Ông/bà vui lòng gọi {counter}: {counter_phone}{when_open} để được hướng dẫn đúng quy định hiện hành ạ."
)
REFUSE_OUT_OF_SCOPE = (
    "Dạ, việc này nằm ngoài phần trợ lý của {unit} được trả lời. Trợ lý chỉ giúp về thủ tục hành chính, số điện thoại, "
    "giờ làm việc và phản ánh ở xã.\n"
    "Nếu ông/bà cần hỏi cán bộ, xin gọi {counter_phone}{when_open} ạ."
)
CHOOSE = "Dạ, có phải ông/bà muốn hỏi về:"
CHOOSE_ASPECT = "Dạ, về {name}, ông/bà muốn hỏi phần nào ạ?"
CHOOSE_POSITION = "Dạ, có phải ông/bà muốn tìm số của:"
NO_PHONE = "(số chưa được công bố)"
NO_ADDRESS = "Dạ, địa chỉ của {unit} chưa được công bố ạ."
NONE_OF_THESE = "Không phải"
WHICH_PROCEDURE = "Dạ, ông/bà muốn hỏi {aspect} của thủ tục nào ạ? Ông/bà vui lòng nhắn tên thủ tục, ví dụ: “khai sinh”, “chứng thực bản sao”."
DEGRADED = "(Phần hiểu câu chữ đang tạm nghỉ, trợ lý có thể hiểu chưa hết ý. Số của cán bộ: {counter_phone}.)"
FAILED = (
    "Dạ, xin lỗi ông/bà, hệ thống vừa gặp trục trặc nên trợ lý chưa trả lời được tin nhắn này. "
    "Ông/bà vui lòng nhắn lại sau ít phút hoặc gọi {counter_phone} ạ."
)

OPENING = {
    "overview": "Dạ, thủ tục {name}:",
    "documents": "Dạ, thủ tục {name} cần giấy tờ sau:",
    "fee": "Dạ, lệ phí của thủ tục {name}:",
    "duration": "Dạ, thời hạn của thủ tục {name}:",
    "place": "Dạ, nơi nộp của thủ tục {name}:",
    "steps": "Dạ, các bước của thủ tục {name}:",
    "form": "Dạ, mẫu tờ khai của thủ tục {name}:",
    "online": "Dạ, cách nộp của thủ tục {name}:",
    "eligibility": "Dạ, ai được làm thủ tục {name}:",
    "result": "Dạ, kết quả của thủ tục {name}:",
    "legal_basis": "Dạ, căn cứ pháp lý của thủ tục {name}:",
}
ASPECT_NAMES = {
    "overview": "thông tin chung",
    "documents": "giấy tờ",
    "fee": "lệ phí",
    "duration": "thời hạn",
    "place": "nơi nộp",
    "steps": "các bước",
    "form": "mẫu tờ khai",
    "online": "cách nộp qua mạng",
    "eligibility": "điều kiện",
    "result": "kết quả",
    "legal_basis": "căn cứ pháp lý",
}
ASPECT_BUTTONS = {
    "overview": "Thông tin chung",
    "documents": "Giấy tờ cần có",
    "fee": "Lệ phí",
    "duration": "Bao lâu xong",
    "place": "Nơi nộp",
    "steps": "Các bước làm",
    "form": "Mẫu tờ khai",
    "online": "Nộp qua mạng",
    "eligibility": "Ai được làm",
    "result": "Kết quả nhận",
    "legal_basis": "Căn cứ pháp lý",
}
ALWAYS_NEEDED = "Trường hợp nào cũng cần:"
NEEDED_WHEN = "Thêm, tùy trường hợp:"
YOUR_CASE = "Trường hợp ông/bà nêu cần thêm:"
CASE = "Về trường hợp {when}: {note}"
NOT_PUBLISHED = "• Chưa có thông tin được công bố."
NO_DOCUMENTS = "• Thủ tục này không ghi giấy tờ phải nộp."
NO_FORM = "• Thủ tục này không có mẫu tờ khai riêng được công bố."
FORM_AT = "Tải mẫu trên Cổng Dịch vụ công quốc gia (nút bên dưới) hoặc xin tại nơi nộp hồ sơ."
FORM_BELOW = " (tải bằng nút bên dưới)"
FORM_OR_PLACE = "Không tải được thì xin mẫu giấy tại nơi nộp hồ sơ."
FORM_AT_PLACE = "Xin mẫu giấy tại nơi nộp hồ sơ."
FEE_MORE = "; còn {count} mức khác tùy trường hợp"
FEE_PROVINCE = "Mức thu do địa phương quy định, xin hỏi {counter}."
ONLINE_YES = "• Được nộp qua mạng tại Cổng Dịch vụ công quốc gia (dichvucong.gov.vn), đăng nhập bằng tài khoản VNeID."
ONLINE_NO = "• Thủ tục này chưa nhận hồ sơ qua mạng."
BY_POST_YES = "• Được gửi hồ sơ qua bưu chính."
IN_PERSON_YES = "• Được nộp trực tiếp: {place}"
LOCAL_PLACE = "Tại {unit}: {place}"
LOCAL_HOURS = "Giờ nhận hồ sơ: {hours}"
LOCAL_CONTACT = "Liên hệ: {contact}"
LOCAL_NOTE = "Lưu ý của {unit}: {note}"
RESULT_LINE = "Kết quả: {result}"
DURATION_LINE = "Thời hạn: {text}"
FEE_LINE = "Lệ phí: {text}"
PLACE_LINE = "Nơi nộp: {text}"
DOCUMENT_COUNT = "Giấy tờ: {count} loại luôn cần{more}."
DOCUMENT_MORE = ", {count} loại tùy trường hợp"
WHO_LINE = "Người được làm: {audience}."
SOURCE = "Nguồn: {basis}{code}Kiểm tra lần cuối {checked}."
SOURCE_CODE = "mã TTHC {code}. "
NO_BASIS = "hồ sơ thủ tục của {unit}"
COUNTER_OF = "Bộ phận Một cửa {unit}"
COUNTER = "Bộ phận Một cửa của xã"
RECEPTION_PLACE = "nơi tiếp công dân của UBND {unit}"
LEADERS = "Lãnh đạo xã"
MORE_LAWS = " và {count} văn bản khác"
COPIES = "{count:02d} bản"
UNVERIFIED = "Lưu ý: phần này chưa đối chiếu đủ với nguồn chính thức, cần hỏi lại Bộ phận Một cửa{phone}."
OVERDUE = (
    "Lưu ý: thông tin này kiểm tra lần cuối ngày {checked}, đã quá hạn kiểm tra lại nên có thể đã thay đổi. "
    "Ông/bà nên hỏi lại Bộ phận Một cửa{phone} trước khi đi."
)
PORTAL_LINK = "Xem trên Cổng Dịch vụ công"
FORM_LINK = "Tải tờ khai"
MAP_LINK = "Xem bản đồ"

CONTACT = "Dạ, {title}:"
CONTACT_NONE = "Dạ, {title} chưa có số điện thoại được công bố. Ông/bà vui lòng gọi số chung {counter_phone} ạ."
CONTACT_UNKNOWN = (
    "Dạ, trợ lý chưa tìm thấy số theo ý ông/bà. Số chung của {counter}: {counter_phone}. "
    "Ông/bà có thể hỏi theo chức danh, ví dụ “số của công an xã”, “ai phụ trách đất đai”."
)
CONTACT_HOLDER = "Dạ, {title} ({holder}):"
AWAY = "Dạ, {title} vắng từ {first} đến hết {last}{note}."
AWAY_DAY = "Dạ, {title} vắng ngày {first}{note}."
AWAY_NOTE = " ({note})"
AWAY_DEPUTY = "Trong thời gian đó, ông/bà vui lòng liên hệ {title}:"
AWAY_NOBODY = "Việc gấp, ông/bà vui lòng gọi số chung {counter_phone} ạ."
AWAY_OWN = "Số của {title}:"
SAMPLE_DATA = "(Dữ liệu mẫu, không phải số thật.)"
VERIFY_LISTED = (
    "Dạ, số {number} CÓ trong danh bạ đã công bố của xã: {title}.\n"
    "Kẻ gian có thể giả số gọi đến. Cán bộ không bao giờ yêu cầu chuyển tiền, đọc mã OTP hay cài ứng dụng qua điện thoại. "
    "Nếu còn nghi ngờ, ông/bà hãy tự gọi lại số này."
)
VERIFY_NOT_LISTED = (
    "Dạ, số {number} KHÔNG có trong danh bạ đã công bố của xã.\n"
    "Xin ông/bà đừng chuyển tiền, đừng đọc mã OTP, đừng bấm đường dẫn lạ hay cài ứng dụng theo lời họ. "
    "Để hỏi lại, xin gọi Công an xã {police} hoặc {counter} {counter_phone}."
)
VERIFY_ASK = (
    "Dạ, ông/bà nhắn cho trợ lý số điện thoại cần kiểm tra, trợ lý sẽ đối chiếu với danh bạ đã công bố của xã.\n"
    "Cán bộ không bao giờ yêu cầu chuyển tiền, đọc mã OTP hay cài ứng dụng qua điện thoại. "
    "Nếu nghi bị lừa, xin gọi Công an xã {police} hoặc 113."
)

VERIFY_PUBLISHED = "Số đã công bố của {title}: {phone}."
HOURS_OF = "Dạ, giờ riêng của {title} chưa được công bố, xin gọi {phone} để hỏi. Giờ chung của xã như sau."
ADDRESS_OF = (
    "Dạ, địa chỉ riêng của {title} chưa được công bố, xin gọi {phone} để hỏi đường. Địa chỉ chung của xã như sau."
)

OPEN_NOW = "Dạ, hiện {place} đang mở cửa, đến {closes} ạ."
CLOSED_NOW = "Dạ, hiện {place} chưa mở cửa. Lần mở cửa tới: {opens} ạ."
CLOSED_UNKNOWN = "Dạ, hiện {place} chưa mở cửa ạ."
DATE_OPEN = "{day} {place} làm việc {times}{name}."
DATE_OFF = "{day} {place} nghỉ{name}."
DATE_OPEN_BEFORE = "{day} {place} đã làm việc {times}{name}."
DATE_OFF_BEFORE = "{day} {place} đã nghỉ{name}."
DATE_UNSURE = (
    "Ngày này ({name}) chưa có thông báo chính thức về việc nghỉ, xin gọi {counter_phone} hỏi lại trước khi đi."
)
YEAR_UNSURE = "Lịch nghỉ lễ năm {year} chưa được công bố, xin hỏi lại trước khi đi."
POLITELY = "Dạ, {sentence}"
DATE_NAME = " ({name})"
WEEKLY_DAY_OFF = "ngày nghỉ hằng tuần"
TODAY = "hôm nay, {day},"
STILL_OPEN = "Hiện đang mở cửa, đến {closes} ạ."
OPENS_NEXT = "Lần mở cửa tới: {opens} ạ."
OPENS_AFTER = "Sau đó mở cửa lại {opens} ạ."
HOURS_HEAD = "Giờ làm việc:"
HOURS_UNKNOWN = "Dạ, giờ làm việc chưa được công bố. Ông/bà vui lòng gọi {counter_phone} để hỏi ạ."
CLOSED_DAYS = "• {days}: nghỉ"
HOLIDAY_OFF = "• {day} ({name}): nghỉ"
HOLIDAY_WORKING = "• {day} ({name}): có làm việc"
HOLIDAY_UNSURE = "• {day} ({name}): chưa có thông báo chính thức, xin hỏi lại"
HOLIDAYS_HEAD = "Sắp tới:"
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
WHEN_OPEN_NOW = " (đang mở cửa đến {closes})"
WHEN_OPENS = " (mở cửa {opens})"
ADDRESS = "Dạ, trụ sở {unit}: {address}"
ADDRESS_THERE = "Trụ sở {unit}: {address}"
FORMER_UNIT = "Dạ, {place} nay thuộc {unit}, {province}; giấy tờ, thủ tục làm tại {unit}."
HAMLET = "Dạ, {place} thuộc {unit}, {province}."
ADDRESS_COUNTER = "Nơi tiếp nhận hồ sơ: {name}{address}"

DOOR_COMPLAINT = (
    "Dạ, tin nhắn không thay cho đơn khiếu nại, nên trợ lý không nhận nội dung khiếu nại ở đây.\n"
    "Ông/bà nộp đơn có chữ ký, hoặc trình bày trực tiếp, tại {place}. Thời hiệu thường là 90 ngày kể từ ngày nhận được "
    "hoặc biết được quyết định, hành vi hành chính (Luật Khiếu nại 2011).\n"
    "Điện thoại tiếp công dân: {reception}."
)
DOOR_DENOUNCE = (
    "Dạ, để bảo vệ ông/bà, xin đừng gửi nội dung tố cáo và tên người bị tố cáo qua đây; tin nhắn còn được lưu ở các nền tảng.\n"
    "Ông/bà gửi đơn có chữ ký hoặc đến trình bày trực tiếp tại {place}, hoặc tại cơ quan cấp trên. "
    "Tố cáo Chủ tịch UBND xã thì gửi cấp trên trực tiếp. Họ tên, địa chỉ người tố cáo được giữ bí mật theo Luật Tố cáo.\n"
    "Điện thoại tiếp công dân: {reception}."
)
DOOR_CRIME = (
    "Dạ, việc này xin ông/bà báo ngay Công an xã {police} hoặc gọi 113. Nếu đang nguy hiểm, giữ an toàn cho mình trước.\n"
    "Trợ lý không nhận tin báo tội phạm qua tin nhắn, xin đừng gửi chi tiết ở đây."
)
DOOR_EMERGENCY = (
    "Nếu đang khẩn cấp, xin gọi ngay: 113 (công an), 114 (cháy, cứu hộ), 115 (cấp cứu), 112 (tìm kiếm cứu nạn).\n"
    "Công an xã: {police}. Trợ lý không thể cử người đến giúp, xin ông/bà gọi điện ngay."
)
RECEPTION = (
    "Dạ, ông/bà muốn gặp lãnh đạo xã hoặc đăng ký tiếp công dân, xin gọi {title}: {phone}, hoặc bấm “Đăng ký gặp” để được gọi hẹn giờ.\n"
    "Chỉ cần số điện thoại và việc tóm tắt; xin đừng gửi nội dung vụ việc qua đây ạ."
)
DOSSIER = (
    "Dạ, tình trạng hồ sơ chỉ xem được trên trang tra cứu chính thức hoặc tại quầy, vì cần cả mã hồ sơ lẫn thông tin của người nộp.\n"
    "Ông/bà bấm nút bên dưới, nhập mã hồ sơ ghi trên giấy hẹn; hoặc gọi {counter}: {counter_phone}{when_open} ạ."
)
DOSSIER_LINK = "Tra cứu hồ sơ"
DOSSIER_URL = "https://dichvucong.gov.vn"
SUBSCRIBE = (
    "Dạ, hiện trợ lý chưa gửi được tin báo kết quả. Ngày trả kết quả ghi trên giấy hẹn; ông/bà có thể gọi "
    "{counter_phone} để hỏi ạ."
)
UNSUBSCRIBE = "Dạ, trợ lý không tự gửi tin cho ông/bà; trợ lý chỉ trả lời khi ông/bà nhắn ạ."

BUTTON_PROCEDURES = "Hỏi thủ tục"
BUTTON_CONTACTS = "Số điện thoại"
BUTTON_HOURS = "Giờ làm việc"
BUTTON_ADDRESS = "Địa chỉ"
BUTTON_PERSON = "Gặp cán bộ"
PROCEDURE_MENU = "Dạ, ông/bà muốn hỏi thủ tục nào ạ? Ông/bà chọn hoặc nhắn tên thủ tục."
CONTACT_MENU = "Dạ, ông/bà cần số của ai ạ? Ông/bà chọn hoặc nhắn chức danh, việc cần hỏi."

ATTACHED_NAMES = {
    "image": "ảnh",
    "gif": "ảnh",
    "file": "tệp",
    "location": "vị trí",
    "link": "đường dẫn",
    "contact": "danh thiếp",
    "audio": "đoạn ghi âm",
    "video": "đoạn phim",
}
ATTACHED = (
    "Dạ, trợ lý đã nhận được {things}. Ông/bà vui lòng cho biết cần hỏi gì ạ.\n"
    "Trợ lý tự động chưa đọc được nội dung bên trong, nên xin ông/bà nhắn thêm vài chữ."
)
ATTACHED_PLACE = "Dạ, trợ lý đã nhận được vị trí. Ông/bà vui lòng cho biết ở đó có việc gì, hoặc cần hỏi gì ạ."
ATTACHED_UNHEARD = (
    "Dạ, trợ lý đã nhận được {things} nhưng chưa nghe, chưa xem được. Ông/bà vui lòng nhắn bằng chữ việc cần hỏi ạ."
)
ATTACHED_STICKER = "Dạ, trợ lý xin cảm ơn ông/bà. Cần hỏi việc gì, ông/bà cứ nhắn ạ."

COMMENT_INVITE = (
    "Dạ, xin chào ông/bà. Đây là trợ lý ảo trả lời tự động của {unit}. Trợ lý đã thấy bình luận của ông/bà; để giữ riêng tư, "
    "trợ lý không trả lời công khai dưới bài viết.\n"
    "Ông/bà cần hỏi thủ tục, số điện thoại hay giờ làm việc thì nhắn ngay tại đây ạ. Số của cán bộ: {counter_phone}."
)

PAGE_GREETING = (
    "Xin chào ông/bà. Đây là trợ lý ảo của {unit}: hỏi thủ tục, số điện thoại, giờ làm việc, cứ nhắn tại đây."
)
PAGE_STARTERS = (
    "Tôi muốn hỏi thủ tục hành chính",
    "Số điện thoại của xã là số nào?",
    "Hôm nay xã có làm việc không?",
    "Tôi muốn gặp cán bộ",
)
PAGE_WEBSITE = "Trang thông tin của xã"
