"""What an editor's form asks for, field by field: one specification for showing, reading and checking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from knowledge.exchange.labels import FIELDS, PARTS

Kind = Literal[
    "line", "text", "lines", "money", "number", "date", "url", "yes", "channels", "doubts", "related", "way", "file"
]
"""line: one line; text: several; lines: one item a line; doubts: names of fields; related: procedures by name; file: a
link, or a file that is kept."""


@dataclass(frozen=True, slots=True)
class Input:
    """`name`: within the record, or within a row. `aspect`: of the preview that shows it."""

    name: str
    label: str
    kind: Kind = "text"
    required: bool = False
    hint: str = ""
    choices: str = ""
    """Id of the list of suggestions."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of alike items. One part without a name: the items are plain texts."""

    name: str
    label: str
    one: str
    parts: tuple[Input, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    items: tuple[Input | Rows, ...]
    aspect: str = ""
    hint: str = ""


def _input(name: str, kind: Kind = "text", *, required: bool = False, hint: str = "", choices: str = "") -> Input:
    head, _, part = name.partition(".")
    label = FIELDS.get(head, head) if not part else f"{FIELDS[head]}: {PARTS[head][part]}"
    return Input(name, label, kind, required, hint, choices)


def _part(
    rows: str, name: str, kind: Kind = "text", *, required: bool = False, hint: str = "", choices: str = ""
) -> Input:
    label = PARTS[rows][name]
    return Input(name, label[:1].upper() + label[1:], kind, required, hint, choices)


_WHEN = "Viết tiếp sau chữ “khi”, ví dụ: trẻ bị bỏ rơi. Luôn cần thì để trống."
PROCEDURE = (
    Section("ten", "Tên và phạm vi", (
        _input("short_name", "line", required=True, hint="Tên trong câu trả lời và trên nút bấm."),
        _input("name", required=True, hint="Tên đầy đủ như quyết định công bố."),
        _input("code", "line", hint="Dạng 1.001193."),
        _input("field", "line", required=True, choices="known-fields"),
        _input("level", "line", required=True, choices="known-levels"),
        _input("authority", required=True),
        _input("audience", "lines", required=True, hint="Mỗi dòng một đối tượng."),
    )),
    Section("giay-to", "Giấy tờ", (
        Rows("documents", FIELDS["documents"], "giấy tờ", (
            _part("documents", "name", required=True),
            _part("documents", "original_or_copy", "line", choices="known-copies"),
            _part("documents", "quantity", "number"),
            _part("documents", "when", hint=_WHEN),
            _part("documents", "note"),
        )),
    ), "documents"),
    Section("phi", "Phí, lệ phí", (
        Rows("fees", FIELDS["fees"], "khoản thu", (
            _part("fees", "text", required=True, hint="Câu người dân đọc, ví dụ: 50.000 đồng một lần."),
            _part("fees", "amount_vnd", "money", hint="Ghi 0 khi miễn phí; chưa biết mức thu thì để trống."),
            _part("fees", "when", hint="Viết tiếp sau chữ “khi”. Áp dụng cho mọi người thì để trống."),
        ), "Không có khoản nào: trợ lý nói chưa có thông tin, không nói miễn phí."),
    ), "fee"),
    Section("thoi-han", "Thời hạn", (
        _input("processing_time.text", required=True, hint="Câu người dân đọc, ví dụ: 03 ngày làm việc."),
        _input("processing_time.working_days", "number", hint="Chỉ ghi khi thời hạn tính bằng ngày làm việc."),
    ), "duration"),
    Section("noi-nop", "Nơi nộp và cách nộp", (
        _input("receiving_place", required=True, hint="Địa chỉ, giờ riêng từng xã ghi ở phần bổ sung của xã."),
        _input("channels", "channels", required=True),
        _input("portal_url", "url", hint="Bắt đầu bằng https://"),
    ), "place"),
    Section("mau-don", "Mẫu đơn", (
        Rows("forms", FIELDS["forms"], "mẫu đơn", (
            _part("forms", "name", required=True),
            _part("forms", "url", "file"),
        )),
    ), "form"),
    Section("cac-buoc", "Các bước", (
        Rows("steps", FIELDS["steps"], "bước", (Input("", "Nội dung bước", required=True),)),
    ), "steps"),
    Section("ket-qua", "Kết quả và điều kiện", (
        _input("result", required=True),
        _input("eligibility", "lines", hint="Mỗi dòng một điều kiện."),
    ), "result"),
    Section("truong-hop", "Trường hợp riêng và câu hỏi thường gặp", (
        Rows("cases", FIELDS["cases"], "trường hợp", (
            _part("cases", "when", required=True, hint="Viết tiếp sau chữ “khi”."),
            _part("cases", "note", required=True),
            _part("cases", "related", "related", hint="Thủ tục người dân có thể cần thay cho thủ tục này."),
        )),
        Rows("common_questions", FIELDS["common_questions"], "câu hỏi", (
            _part("common_questions", "question", required=True),
            _part("common_questions", "answer", required=True),
        )),
    ), "overview"),
    Section("cach-hoi", "Cách hỏi của người dân", (
        _input("citizen_phrases", "lines", required=True, hint="Mỗi dòng một cách hỏi, viết như người dân hay nói."),
    ), "overview"),
    Section("can-cu", "Căn cứ pháp lý", (
        Rows("legal_basis", FIELDS["legal_basis"], "văn bản", (
            _part("legal_basis", "number", "line", required=True, hint="Ví dụ: 60/2014/QH13."),
            _part("legal_basis", "title", required=True),
            _part("legal_basis", "date", "date"),
        )),
        _input("changes", hint="Điều mới so với trước, để cán bộ biết."),
    ), "legal_basis"),
    Section("kiem-tra", "Nguồn và kiểm tra", (
        _input("as_of", "date", required=True, hint="Người dân thấy ngày này trong câu trả lời."),
        _input("check_again_by", "date", hint="Để trống thì theo quy định kiểm tra định kỳ của đơn vị."),
        _input("effective_from", "date", hint="Có ngày sau hôm nay: bản công bố chờ tới ngày đó."),
        _input("sources", "lines", required=True, hint="Mỗi dòng một nguồn: tên văn bản hoặc địa chỉ trang."),
        _input("verified", "yes"),
        _input("unverified_fields", "doubts", hint="Câu trả lời dùng phần được đánh dấu sẽ kèm lời nhắc."),
        _input("verification_note", required=True, hint="Đã đối chiếu với gì, còn gì phải xem lại."),
    ), "overview"),
)  # fmt: skip

SUPPLEMENT = (
    Section("bo-sung", "Phần của đơn vị", (
        Input("place", "Nơi nộp", hint="Thay cho nơi nộp chung, ví dụ: Bộ phận một cửa, số 12 đường Lê Lợi."),
        Input("hours", "Giờ nhận hồ sơ", hint="Ví dụ: Thứ Hai đến Thứ Sáu, 7 giờ 30 đến 11 giờ."),
        Rows("contacts", "Liên hệ", "liên hệ", (
            Input("kind", "Loại", "way", required=True),
            Input("value", "Số hoặc địa chỉ", "line", required=True, hint="Số của cơ quan, không của riêng ai."),
            Input("label", "Tên gọi", "line"),
            Input("hours", "Giờ liên hệ", "line"),
            Input("note", "Ghi chú", "line"),
        )),
        Input("note", "Ghi chú cho người dân", hint="Hiện trong mọi câu trả lời về thủ tục này ở đơn vị."),
        Input("as_of", "Ngày kiểm tra gần nhất", "date", required=True),
    ), "place"),
)  # fmt: skip
SECTIONS: Mapping[str, tuple[Section, ...]] = {"procedure": PROCEDURE, "supplement": SUPPLEMENT}
CHANNELS = ("trực tiếp", "trực tuyến", "bưu chính")
WAYS = (("phone", "Điện thoại"), ("email", "Thư điện tử"), ("website", "Trang web"))
DOUBTS = (
    "audience", "authority", "receiving_place", "steps", "documents", "forms", "processing_time", "fees", "channels",
    "result", "legal_basis", "eligibility",
)  # fmt: skip
"""Fields answers are made of, which may be marked as not verified."""
LOCKED = (
    "Thủ tục này do {owner} công bố. Đơn vị cấp dưới chỉ bổ sung nơi nộp, giờ nhận hồ sơ, liên hệ và ghi chú; các phần "
    "khác giữ như bản chung để mọi nơi trong tỉnh trả lời như nhau. Thấy sai, xin báo {owner}."
)


def rows_of(kind: str, name: str) -> Rows | None:
    """The specification of a list."""
    found = (item for section in SECTIONS[kind] for item in section.items if isinstance(item, Rows))
    return next((item for item in found if item.name == name), None)


def items(kind: str) -> list[Input | Rows]:
    return [item for section in SECTIONS[kind] for item in section.items]
