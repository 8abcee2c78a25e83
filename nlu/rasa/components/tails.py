"""How citizens end a message once they have told their case: the last words say which aspect they ask about, whatever
stands before them. Training joins them to cases told without a question, so that the model learns to listen there."""

TAILS: dict[str, tuple[str, ...]] = {
    "procedure_documents": (
        "cần những gì", "phải đem theo giấy gì", "hồ sơ gồm những gì", "thì mang theo gì", "phải nộp mấy loại giấy",
        "có cần photo giấy gì không", "cần mang bản gốc hay bản sao", "giấy tờ cần có là gì", "thì đem giấy nào lên",
        "phải có những giấy nào", "cần hồ sơ gì ạ", "thiếu hộ khẩu giấy thì mang gì thay",
        "có phải nộp ảnh không, mấy tấm", "nhờ em liệt kê giấy tờ cần nộp", "giấy tờ gồm có gì",
        "cần nộp giấy gì trước", "xin hỏi thành phần hồ sơ",
    ),
    "procedure_fee": (
        "tốn bao nhiêu", "lệ phí bao nhiêu", "có tốn phí gì không", "phí nhiêu vậy", "chi phí thế nào",
        "có được miễn phí không", "thì đóng mấy đồng", "nộp lệ phí bao nhiêu vậy em", "giá bao nhiêu",
        "có thu tiền không", "mất bao nhiêu tiền lệ phí", "làm hết nhiêu", "tiền phí ra sao", "có phải đóng tiền không",
    ),
    "procedure_duration": (
        "bao lâu có", "mấy ngày xong", "bao lâu thì có kết quả", "chừng nào lấy được", "mất bao lâu", "khi nào có giấy",
        "mấy hôm là xong", "bao nhiêu ngày làm việc", "bao giờ thì nhận được", "phải chờ bao lâu",
        "làm lẹ thì mấy ngày", "xong trong mấy tiếng", "trong bao lâu phải đi làm", "bao lâu mới giải quyết xong",
        "thì mấy tuần mới có",
    ),
    "procedure_place": (
        "làm ở đâu", "nộp ở đâu", "thì tới chỗ nào", "đến cơ quan nào", "xin ở đâu", "làm chỗ nào vậy em", "thì ra đâu",
        "nộp hồ sơ ở chỗ nào", "lên xã hay lên tỉnh làm", "phải tới đâu để làm", "thì đi đâu làm ạ",
        "làm ở xã nào cũng được hay phải về quê", "chỗ nào nhận hồ sơ", "nộp nơi nào", "thì vô phòng nào nộp",
        "phải qua công an hay ủy ban", "xin giấy này ở đâu", "cơ quan nào làm", "ra xã hay ra công an làm",
        "thì đăng ký chỗ nào", "tới đâu xin",
    ),
    "procedure_steps": (
        "trình tự ra sao", "quy trình gồm mấy bước", "làm gì trước làm gì sau", "phải qua những bước nào",
        "bước đầu tiên là gì", "thì làm theo thứ tự nào", "chỉ em từng bước", "phải làm cái gì trước",
        "trình tự thực hiện thế nào", "quy trình sao vậy ad", "qua mấy khâu", "đi những đâu trước sau",
        "hướng dẫn từng bước giùm", "nộp xong rồi tới bước gì", "trước hết phải làm gì",
    ),
    "procedure_form": (
        "có mẫu đơn không", "mẫu đơn lấy ở đâu", "tải tờ khai ở đâu", "dùng mẫu nào", "điền mẫu gì", "xin cái mẫu đơn",
        "có mẫu sẵn không", "tờ khai ghi sao", "viết tay hay đánh máy tờ khai", "cho link tải mẫu với",
        "phải viết đơn theo mẫu nào", "xin file tờ khai", "đơn viết như thế nào", "có tờ khai không, gửi em xin",
        "mẫu số mấy", "điền tờ khai mục nào",
    ),
    "procedure_online": (
        "nộp online được không", "có làm trên dịch vụ công không", "nộp qua bưu điện được không",
        "nộp trực tuyến được chưa", "có phải lên tận nơi không hay làm qua mạng", "làm trên điện thoại được không",
        "gửi bưu điện về nhà được không", "ở nhà nộp qua mạng có được không",
        "nộp hồ sơ trên cổng dịch vụ công thế nào", "có nhận hồ sơ online không", "khỏi lên xã, nộp mạng được hông",
    ),
    "procedure_eligibility": (
        "có được làm không", "có đủ điều kiện không", "ai được làm", "người khác làm thay được không",
        "nhờ con đi làm giùm được không", "vắng mặt có được không", "thì có được xét không", "điều kiện gì mới được",
        "có làm được không", "đối tượng nào được hưởng", "mình tôi đi có được không", "có cần chồng đi cùng không",
        "ủy quyền cho người khác được không", "có bị từ chối không", "vậy có được đăng ký không",
        "phải có điều kiện gì", "chưa đủ tuổi có được không", "có bắt buộc phải có mặt không", "em có được hưởng không",
    ),
    "procedure_result": (
        "nhận được giấy gì", "kết quả là giấy gì", "được cấp mấy bản", "giấy đó dùng được bao lâu",
        "thì được cấp cái gì", "nhận kết quả ở đâu", "được hưởng bao nhiêu một tháng", "giấy có giá trị mấy tháng",
        "xong thì cầm giấy gì về", "có thời hạn mấy năm", "lấy kết quả chỗ nào", "kết quả trả bản giấy hay điện tử",
        "giấy này có hạn không", "được trợ cấp mấy trăm một tháng", "có được cấp sổ mới không",
    ),
    "procedure_legal_basis": (
        "theo luật nào", "căn cứ nghị định nào", "quy định ở đâu", "theo thông tư số mấy", "dựa vào văn bản nào",
        "cơ sở pháp lý là gì", "điều mấy luật nào nói", "căn cứ pháp lý nào", "quy định nào bắt vậy",
        "nghị định số mấy nói chuyện này", "văn bản nào ghi", "theo quy định gì",
    ),
    "procedure_overview": (
        "thì làm sao", "phải làm gì", "thủ tục thế nào", "giờ làm sao", "hướng dẫn giùm em", "chỉ giùm tôi với",
        "cần hướng dẫn", "thì sao vậy ad", "nhờ xã chỉ cách", "thì phải làm thế nào", "cho hỏi thủ tục", "làm sao giờ",
    ),
}  # fmt: skip
