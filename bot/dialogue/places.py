"""Where something is: a hamlet by its published name, a former commune, or the place as the citizen said it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot import limits
from bot.dialogue.entities import composed_of, flat, places_in
from bot.domain.views import UnitView

_LEAD = r"(?:o|tai|truoc|phia truoc|sau|phia sau|gan|canh|ke|doi dien|ngay|dau|cuoi|ngoai|trong|ben hong|doc|tren|duoi)"
_NUMBERED = (
    r"(?:duong|hem|ngo|quoc lo|tinh lo|huong lo|ql|tl|dt|khu pho|kp|ap|thon|khu|to|km|so nha|nha so|lo)"
    r" ?(?:so )?\d[\w/.]*"
)
_LANDMARK = (
    r"(?:(?:cong|cua|hong|lung|mat|duong vao|loi vao) )?"
    r"(?:nha van hoa|truong|cho|chua|nha tho|nha|cau|nga ba|nga tu|tram|uy ban|ubnd|hem|ngo|duong|quoc lo|ap|san"
    r"|cong vien|nghia trang|khu|kenh|suoi|song|mieu|dinh|quan|cong ty|ben xe|cay xang|doan|bai|lo dat|xom|vong xoay"
    r"|benh vien|cong)"
)
_EXACT = re.compile(rf"\b(?:{_LEAD} )?{_NUMBERED}(?![\w])")
_BESIDE = re.compile(rf"\b{_LEAD} {_LANDMARK}(?![\w])")
_ENDS = frozenset(
    "bi hu hong tat khong chua may qua nhieu roi co da dang ma thi nay do sang chieu la van cu lai hoai tu luc ai lam "
    "duoc nen rat boc chay do nam xa dot gay toan suot ngay tuan thang con cho xin mong chat dong nghieng moc tran nho "
    "hoi xuong".split()
)
_WORDS_AFTER = 4
_WORD = re.compile(r"[ ]+([\w/]+)")
_NAMED_ROAD = re.compile(r"(?<!đèn )(?<!Đèn )\b[Đđ]ường((?: \w+)+)")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`place`: as said, "" when nothing was; `hamlet`: by its published name."""

    place: str = ""
    hamlet: str | None = None


def whereabouts(text: str, view: UnitView) -> Whereabouts:
    """The place a message tells besides its matter."""
    unit = view.unit
    named = places_in(text, (*unit.former_units, *unit.hamlets))
    hamlet = next((one.name for one in named if one in unit.hamlets), None)
    said = said_place(text) or ", ".join(one.name for one in named)
    return Whereabouts(said[: limits.PLACE_CHARACTERS], hamlet)


def answered(text: str, view: UnitView) -> Whereabouts:
    """The whole message as the answer to where it is."""
    return Whereabouts(" ".join(text.split())[: limits.PLACE_CHARACTERS], whereabouts(text, view).hamlet)


def said_place(text: str) -> str:
    """The words of a text that name a place: "trước cổng chùa", "hẻm 12, ấp 3", "đường Nguyễn Huệ"."""
    whole = composed_of(text)
    plain = flat(whole)
    spans = [one.span() for one in _EXACT.finditer(plain)]
    spans += [(one.start(), end) for one in _NAMED_ROAD.finditer(whole) if (end := _name_ends(whole, one.start(1)))]
    spans += [(one.start(), _end(plain, one.end())) for one in _BESIDE.finditer(plain)]
    if not spans:
        return ""
    start, end = min(spans)
    for first, last in sorted(spans):
        if _is_one_phrase(whole[end:first]):
            end = max(end, last)
    return whole[start:end].strip()


def _name_ends(text: str, start: int) -> int | None:
    """Where the capitals of a road's name end; None when there are none."""
    end = None
    for word in re.compile(r" (\w+)").finditer(text, start):
        if not word[1][0].isupper():
            break
        end = word.end()
    return end


def _is_one_phrase(between: str) -> bool:
    """Whether two places that these words part belong together ("hẻm 12, ấp 3")."""
    return len(between.split()) <= 1 and not re.search(r"[.;!?\n]", between)


def _end(plain: str, end: int) -> int:
    """Where the name of the place ends: before a verb, a punctuation mark, or after a few words."""
    for _ in range(_WORDS_AFTER):
        word = _WORD.match(plain, end)
        if word is None or word[1] in _ENDS:
            break
        end = word.end()
    return end
