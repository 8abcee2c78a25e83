"""Which sentences a unit may word itself, and the variables each may name. The words it has by default are those of the
dialogue (`bot/dialogue/texts_vi.py`, by the same names) and of `bot/domain/notices.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError, field_validator

from bot.domain.records import Record, ReplyTemplate, Text

VARIABLES: Mapping[str, tuple[str, str]] = {
    "ten_don_vi": ("unit", "tên đơn vị"),
    "tinh": ("province", "tên tỉnh, thành phố"),
    "noi_tiep_nhan": ("counter", "nơi tiếp nhận hồ sơ"),
    "dien_thoai": ("counter_phone", "số điện thoại chung"),
    "gio_mo_cua": ("when_open", "đang mở cửa hay mở cửa khi nào, trong ngoặc"),
    "cong_an": ("police", "số Công an xã"),
    "tiep_cong_dan": ("reception", "số tiếp công dân"),
    "bon_xin": ("bon_xin", "khẩu hiệu “4 xin”"),
    "bon_luon": ("bon_luon", "khẩu hiệu “4 luôn”"),
    "nam_khong": ("nam_khong", "khẩu hiệu “5 không”"),
    "ma_phieu": ("ma_phieu", "mã phiếu"),
    "ngay_nhan": ("ngay_nhan", "ngày giờ tiếp nhận phiếu"),
    "han": ("han", "hạn trả lời đã hẹn"),
    "ly_do": ("ly_do", "lý do chậm do cán bộ ghi"),
    "ngay_hen": ("ngay_hen", "ngày hẹn mới"),
}
"""By the name an editor writes in braces: the name in the code, and what it stands for."""
SLOGANS: Mapping[str, str] = {
    "bon_xin": "Xin chào, xin lỗi, xin cảm ơn, xin phép.",
    "bon_luon": "Luôn mỉm cười, luôn nhẹ nhàng, luôn lắng nghe, luôn giúp đỡ.",
    "nam_khong": (
        "Không cửa quyền, hách dịch, gây khó khăn, phiền hà. Không quan liêu, vô cảm, vô trách nhiệm. "
        "Không tham nhũng, lãng phí, lợi ích nhóm. Không xu nịnh, chạy chọt, gian dối. "
        "Không lợi dụng chức vụ, quyền hạn trong thực thi công vụ."
    ),
}
_ANYWHERE = ("ten_don_vi", "tinh", "noi_tiep_nhan", "dien_thoai", "gio_mo_cua", "cong_an", "tiep_cong_dan",
             "bon_xin", "bon_luon", "nam_khong")  # fmt: skip
_BRACES = re.compile(r"\{([^{}]*)\}")
_BEGINNING = re.compile(r"(?:^|[.!?:]\s+|\n\s*)\Z")
"""What stands before the first word of a sentence."""
APOLOGY_LETTER = (
    "THƯ XIN LỖI VÀ HẸN LẠI NGÀY TRẢ LỜI\n\nKính gửi: Ông/Bà đã gửi phiếu {ma_phieu}\n\n"
    "{ten_don_vi} đã tiếp nhận phiếu {ma_phieu} lúc {ngay_nhan} và hẹn trả lời trước {han}. Đến nay việc giải quyết "
    "chưa xong. Lý do: {ly_do}\n\n{ten_don_vi} thành thật xin lỗi Ông/Bà về sự chậm trễ này và hẹn trả lời Ông/Bà "
    "trong ngày {ngay_hen}. Rất mong nhận được sự thông cảm của Ông/Bà.\n\nTrân trọng./."
)


@dataclass(frozen=True, slots=True)
class Wording:
    """`required`: what the sentence may not leave out; `longest`: in characters, as the platforms take it."""

    title: str
    help: str = ""
    allowed: tuple[str, ...] = _ANYWHERE
    required: tuple[str, ...] = ()
    longest: int = 600


WORDINGS: Mapping[str, Wording] = {
    "GREETING": Wording("Lời chào đầu tiên", "Nói rõ đây là trợ lý ảo của đơn vị nào.", required=("ten_don_vi",)),
    "GREETING_AGAIN": Wording("Lời chào khi quay lại"),
    "HELP": Wording("Hướng dẫn cách hỏi"),
    "IDENTITY": Wording("Khi hỏi “bạn là ai”", "Phải nói là chương trình tự động.", required=("ten_don_vi",)),
    "THANKS": Wording("Khi người dân cảm ơn"),
    "GOODBYE": Wording("Lời tạm biệt"),
    "REFUSE": Wording("Khi chưa có thông tin chắc chắn", "Phải có số để gọi.", required=("dien_thoai",)),
    "REFUSE_OUT_OF_SCOPE": Wording("Khi việc ngoài phạm vi", "Phải có số để gọi.", required=("dien_thoai",)),
    "ABUSE_FIRST": Wording("Khi người dân nặng lời"),
    "FAILED": Wording(
        "Lời xin lỗi khi hệ thống trục trặc", allowed=("ten_don_vi", "dien_thoai"), required=("dien_thoai",)
    ),
    "COMMENT_INVITE": Wording("Lời nhắn riêng khi có bình luận", required=("ten_don_vi",)),
    "PAGE_GREETING": Wording(
        "Lời chào trên trang Facebook", "Hiện trước khi nhắn; đặt lại bằng lệnh của người quản trị.",
        allowed=("ten_don_vi",), required=("ten_don_vi",), longest=160,
    ),
    "APOLOGY_LETTER": Wording(
        "Thư xin lỗi và hẹn lại ngày",
        "Bản soạn sẵn cho cán bộ; cán bộ đọc, sửa rồi mới gửi.",
        allowed=("ten_don_vi", "ma_phieu", "ngay_nhan", "han", "ly_do", "ngay_hen", "dien_thoai"),
        required=("ma_phieu", "ly_do", "ngay_hen"),
        longest=3_500,
    ),
    "bon_xin": Wording("4 xin", allowed=()),
    "bon_luon": Wording("4 luôn", allowed=()),
    "nam_khong": Wording("5 không", allowed=()),
}  # fmt: skip
"""By the name of the sentence."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Chào hỏi": ("GREETING", "GREETING_AGAIN", "HELP", "IDENTITY", "THANKS", "GOODBYE", "COMMENT_INVITE",
                 "PAGE_GREETING"),
    "Xin lỗi, không trả lời được": ("REFUSE", "REFUSE_OUT_OF_SCOPE", "ABUSE_FIRST", "FAILED", "APOLOGY_LETTER"),
    "Khẩu hiệu": ("bon_xin", "bon_luon", "nam_khong"),
}  # fmt: skip


class Texts(Record):
    """A unit's own wordings by name; what it leaves out it inherits, in the end from the program. Reply templates go
    before those of the unit's record."""

    texts: dict[str, Text] = Field(default_factory=dict)
    reply_templates: tuple[ReplyTemplate, ...] = ()

    @field_validator("texts")
    @classmethod
    def _sound(cls, texts: dict[str, str]) -> dict[str, str]:
        for name, text in texts.items():
            if found := problem(name, text):
                raise ValueError(found)
        return texts


def problem(name: str, text: str) -> str:
    """What is wrong with a wording, with the way to mend it; empty when it is sound."""
    wording = WORDINGS.get(name)
    if wording is None:
        return f"không có lời nào tên {name}"
    if len(text) > wording.longest:
        return f"Dài {len(text)} ký tự; tối đa {wording.longest} để hiện trọn trên điện thoại."
    names = _BRACES.findall(text)
    known = ", ".join(f"{{{one}}}" for one in wording.allowed) or "không biến nào"
    for one in names:
        if one not in wording.allowed:
            return f"Không dùng được biến {{{one}}} ở đây. Được dùng: {known}."
    if re.search(r"[{}]", _BRACES.sub("", text)):
        return f"Dấu ngoặc nhọn chỉ dùng cho biến, viết liền như {{ten_don_vi}}. Được dùng: {known}."
    missing = [one for one in wording.required if one not in names]
    if missing:
        return f"Thiếu biến {', '.join(f'{{{one}}}' for one in missing)}: lời này phải có."
    return ""


def readable(content: Mapping[str, Any]) -> Texts:
    """What is sound of a stored content; a wording an older program allowed is left out, not the whole."""
    texts = {name: text for name, text in dict(content.get("texts") or {}).items() if not problem(name, text)}
    try:
        return Texts.model_validate({**content, "texts": texts})
    except ValidationError:
        return Texts(texts=texts)


def filled(text: str, values: Mapping[str, str], typed: Collection[str] = ()) -> str:
    """The text with its variables, by the editors' names, replaced, with a capital letter where a sentence begins;
    unknown ones stay. `typed`: variables of a person's words, which are left as they were written."""

    def value(found: re.Match[str]) -> str:
        words = values.get(found[1], found[0])
        if found[1] in typed:
            return words
        begins = _BEGINNING.search(text, 0, found.start()) is not None
        return words[:1].upper() + words[1:] if begins else words

    return _BRACES.sub(value, text)


def for_editors(text: str) -> str:
    """A sentence of the code with the editors' names for its variables."""
    names = {code: name for name, (code, _) in VARIABLES.items()}
    return _BRACES.sub(lambda found: f"{{{names.get(found[1], found[1])}}}", text)
