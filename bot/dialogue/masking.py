"""A citizen's words as editors may read them: without numbers, codes, addresses and, as far as rules tell, names."""

from __future__ import annotations

import re

from bot.dialogue.entities import masked
from knowledge.normalise import fold

NUMBER, CODE, MAIL, NAME, HOUSE = "[số]", "[mã]", "[email]", "[tên]", "[địa chỉ]"

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)\S+")
_STARRED = re.compile(r"\*{6}\d{0,2}")
_CODE = re.compile(
    r"(?<!\w)(?:p\W?a\W?[2-9][\d\s.\-]{8,14}\w|[a-z]?\d{2,3}(?:[.\s]\d{2,3}){0,4}\s?-\s?\d{6}\s?-\s?\d{3,6})(?!\w)",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"((?:tài khoản|tai khoan|stk|s[ốo] tk|tk)\W{0,3}(?:s[ốo]\W{0,3})?)(\d[\d\s.\-]{4,24}\d)", re.IGNORECASE
)
_LONG = re.compile(
    r"(?<![\w,.])(?!\d\.\d{6}\b)\d(?:[\s.\-]?\d){6,}(?!\w)(?!\s*(?:đ|đồng|dong|vnđ|vnd)\b)", re.IGNORECASE
)
_HOUSE = re.compile(
    r"\b(?:s[ốo] nh[àa]|nh[àa] s[ốo]|thửa(?: đất)?(?: số)?|tờ bản đồ(?: số)?)\W{0,2}\d+\w?(?:[/-]\d+\w?)*",
    re.IGNORECASE,
)
_CAPITALS = "".join(letter for letter in map(chr, range(0x41, 0x1EFA)) if letter.isupper())
_SMALL = "".join(letter for letter in map(chr, range(0x61, 0x1EFA)) if letter.islower())
_WORD = f"[{_CAPITALS}][{_SMALL}]*"
_FULL_NAME = rf"{_WORD}(?: {_WORD}){{0,4}}"
_SURNAMES = (
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đinh|Trịnh|Đoàn|Lâm|Mai|Trương|Tô|Tạ|Châu|Thạch"
    "|Kim|Sơn|Danh|Điểu|Vương|Cao|Thái|Hà|Lương|Nguyen|Tran|Pham|Hoang|Huynh|Vu|Vo|Dang|Bui|Do|Ho|Ngo|Duong|Dinh|Truong"
)
_CALLED = re.compile(
    rf"(?P<cue>\b(?:[Tt]ên (?:là|tôi là|em là|của \w+ là)?|[Hh]ọ tên|[Hh]ọ và tên|[Tt]ôi là|[Ee]m là|[Cc]on là"
    rf"|[Mm]ình là|[ÔôCcAaBb](?:ng|hú|nh|à|hị|ác|ô|ậu)|[Ee]m|[Cc]háu|[Cc]ụ|[Dd]ì|[Tt]hím|[Mm]ợ|[Dd]ượng|[Bb]é"
    rf"|[Cc]on|[Vv]ợ|[Cc]hồng)"
    rf"\s*[:,]?\s+)(?P<name>{_FULL_NAME})"
)
_FULL = re.compile(rf"\b(?:{_SURNAMES})(?: {_WORD}){{1,4}}")
_UPPER = re.compile(
    rf"\b(?:NGUYỄN|TRẦN|LÊ|PHẠM|HOÀNG|HUỲNH|PHAN|VŨ|VÕ|ĐẶNG|BÙI|ĐỖ|HỒ(?! SƠ)|NGÔ|DƯƠNG|LÝ)"
    rf"(?: [{_CAPITALS}]{{2,}}){{1,4}}\b"
)
_FLAT_NAME = re.compile(
    r"\b(?:ten (?:la|toi la|em la)?|ho ten|ho va ten)\s*:?\s*((?:nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|dang|bui"
    r"|do|ho|ngo|duong|ly|dinh|truong)(?: (?!sinh|o|can|muon|xin|so|la|co|lam|bi)[a-z]{1,7}){1,3})\b"
)
_PLACES = frozenset(
    "Tân An Đồng Nai Biên Hòa Việt Nam Một Cửa Dịch Vụ Công Quốc Gia Zalo Facebook Chủ Tịch Bí Thư Công An Ủy"
    " Ban".split()
)


def without_personal_data(text: str) -> str:
    """The text for editors and training. Names in small letters without a cue before them cannot be told."""
    plain = _MAIL.sub(MAIL, text)
    plain = _CODE.sub(CODE, plain)
    plain = _ACCOUNT.sub(rf"\g<1>{NUMBER}", plain)
    plain = _STARRED.sub(NUMBER, masked(plain))
    plain = _LONG.sub(NUMBER, plain)
    plain = _HOUSE.sub(HOUSE, plain)
    plain = _CALLED.sub(_named, plain)
    plain = _UPPER.sub(NAME, _FULL.sub(_full_name, plain))
    return " ".join(_flat_names_out(plain).split())


def _named(match: re.Match[str]) -> str:
    words = match["name"].split()
    return match[0] if words[0] in _PLACES else f"{match['cue']}{NAME}"


def _full_name(match: re.Match[str]) -> str:
    return match[0] if set(match[0].split()) <= _PLACES else NAME


def _flat_names_out(text: str) -> str:
    """Names after "tên là", in small letters and without diacritics."""
    flat = "".join(folded if len(folded := fold(char)) == 1 else char for char in text)
    for found in reversed(list(_FLAT_NAME.finditer(flat))):
        text = f"{text[: found.start(1)]}{NAME}{text[found.end(1) :]}"
    return text
