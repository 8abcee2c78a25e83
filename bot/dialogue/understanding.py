"""What is known about one message before anything is decided."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.dialogue.entities import dossier_code_in, phones_in, ticket_code_in
from bot.domain.meaning import PROCEDURE_ASPECTS, Found, Meaning
from bot.domain.messages import Attached
from knowledge.emergencies import EmergencyCase
from knowledge.normalise import fold, normalise_folded

SUBJECT_WORDS = 4

_ORDINALS = (
    (
        "1",
        "mot",
        "nhat",
        "dau",
        "dau tien",
        "thu nhat",
        "cai dau",
        "cai dau tien",
        "cai thu nhat",
        "so 1",
        "cai 1",
        "so mot",
        "cai mot",
    ),
    ("2", "hai", "nhi", "thu hai", "thu 2", "cai thu hai", "cai thu 2", "so 2", "cai 2", "so hai", "cai hai", "o giua"),
    (
        "3",
        "ba",
        "thu ba",
        "thu 3",
        "cuoi",
        "cuoi cung",
        "cai cuoi",
        "cai thu ba",
        "cai thu 3",
        "so 3",
        "cai 3",
        "so ba",
        "cai ba",
    ),
)
_SMALL_WORDS = frozenset(
    "le phi chi tien ton mat dong nop bao nhieu nhiu het may giay to gi can ho so nhung ngay lau khi nao gio "
    "chung o dau cho noi online qua mang truc tuyen duoc khong mau don khai bieu dieu kien ai lam quy trinh "
    "buoc cac ket xong co luat nghi dinh thong tu cu the thi sao vay a da oi u con cai do nay kia thu tuc vu "
    "viec roi luon them nua hoi xin toi em anh ong ba minh chau bac chu muon biet dum giup voi nhe nha buu "
    "dien va hay hoac la nhu phai tra lay nhan thoi han buoi sang chieu mien giam tai ve nguoi khac tiep tren "
    "thoai vneid dich cong gom phap ly giai quyet di nghen ne hen ma ad quan tri gap lien ngay mai hom nao vao "
    "ha hay ra vo len xuong gian lanh dang ky gui theo kem cam cang xong luon nua toi den tuan bua lan muc tiep "
    "con van bay may cha nhu biet duoi ngoai trong khi day minh nhung cung".split()
)
_CONTACT_WORDS = re.compile(
    r"\b(?:so dien thoai|dien thoai|duong day nong|hotline|zalo|phu trach|lien he|bao nhieu|quan tri|so may"
    r"|cho (?:toi |em |anh |chi |minh |con |chau |bac )?(?:xin|hoi)|(?<!tre )em"
    r"|xin|so|goi|ai|cua|voi|vay|nao|duoc|khong|muon|toi|a|da|nhe|nha|giup|la)\b"
)
"""Whole phrases where a word alone may be part of an office's name: điện lực, bảo hiểm, hội phụ nữ."""
_NAMES_OF_SMALL_WORDS = re.compile(
    r"(?<!\bho )\bso do\b|\bho chieu\b|\btien dien\b|\btu phap\b|\bnhan (?:con|cha|me)\b|(?<!\bto )\bkhai tu\b"
    r"|\bgiam ho\b(?! so)|\bgiay (?:chung|bao) tu\b|\bbao tu cho\b|\bnguoi co cong\b|\bchung chu ky\b|\bcai vneid\b"
    r"|\bnguoi nha mat\b"
)
"""Sổ đỏ, hộ chiếu, khai tử, giám hộ … : names of their own although each word is a small one ("hồ sơ đó" is not sổ
đỏ, "tờ khai từ đâu" no khai tử)."""
_PARTICLES = frozenset("a da vang nhe nha nhen nghen di do ne em anh chi toi minh chon lay cho thua vay la muc".split())
_CORRECTION = re.compile(
    r"\b(?:y (?:cua )?(?:toi|em|minh|con|chau|anh|chi|bac) (?:la|muon|hoi)|nham|lon roi|hoi cai khac|chu khong phai"
    r"|khong phai (?:cai do|cai nay|vay|the|la)|khong khong|doi lai la|sua lai la)\b"
)
_DENIED_PART = re.compile(r"\bchu (?:khong|ko|k|hong|hok|hk|kg) phai (?:la )?[^,.;:?!\n]*")
_ASPECT_CUES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (aspect, re.compile(rf"\b(?:{pattern})\b"))
    for aspect, pattern in (
        ("fee", "le phi|chi phi|(?:ton|mat) tien|ton phi|bao nhieu tien|(?:het|phi|gia) bao nhieu|mien phi"),
        ("documents", "giay to (?:gi|nao)|giay gi|can (?:gi|nhung gi)|ho so gom|(?:mang theo|chuan bi) gi"),
        (
            "duration",
            "bao lau|may (?:ngay|bua|hom|tuan)|(?:khi nao|bao gio) (?:co|xong)|chung nao|mat bao nhieu ngay|thoi han",
        ),
        ("place", "o dau|nop dau|cho nao|noi nop|(?:den|ra|toi|len) dau"),
        ("online", "online|qua mang|truc tuyen|buu dien|buu chinh|dich vu cong|vneid"),
        ("form", "to khai|mau don|bieu mau|mau giay"),
        ("steps", "quy trinh|trinh tu|(?:cac|tung|may|nhung) buoc|thu tu (?:nao|sao|the nao)|tuan tu"),
        ("legal_basis", "can cu phap ly|luat nao|nghi dinh nao|thong tu nao|can cu nao|quy dinh nao"),
        ("eligibility", "dieu kien|ai duoc lam|doi tuong nao"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message as rules, Rasa and search see it. `meaning` is None when no Rasa server answered; phones and codes
    are in canonical form, a ticket's code perhaps mistyped (see `entities.is_ticket_code`)."""

    text: str
    folded: str
    payload: str | None = None
    meaning: Meaning | None = None
    procedures: Found = field(default_factory=Found)
    positions: Found = field(default_factory=Found)
    emergency: EmergencyCase | None = None
    phones: tuple[str, ...] = ()
    dossier_code: str | None = None
    ticket_code: str | None = None
    cued_aspects: tuple[str, ...] = ()
    attached: tuple[Attached, ...] = ()

    @property
    def photos(self) -> tuple[tuple[int, int], ...]:
        return tuple(one.photo for one in self.attached if one.photo)

    @property
    def pin(self) -> tuple[float, float] | None:
        return next((one.pin for one in self.attached if one.pin), None)

    @property
    def names_nothing(self) -> bool:
        """Whether only aspect words and small words were said: a follow-up on what was spoken of before."""
        return set(self.folded.split()) <= _SMALL_WORDS and not _NAMES_OF_SMALL_WORDS.search(self.folded)

    @property
    def corrects(self) -> bool:
        """Whether the message takes back what was understood before ("không, ý tui là …", "nhầm, …")."""
        return _CORRECTION.search(self.folded) is not None

    @property
    def asserted(self) -> str:
        """The text without what it says is not meant ("… chứ không phải tạm ngừng")."""
        return _DENIED_PART.sub(" ", fold(self.text)) if "chu " in self.folded else self.text

    @property
    def procedure_subject(self) -> str | None:
        """What is left of a short question when its aspect is taken away ("khai sinh nộp online được không"): the
        bare aspect questions that name no procedure would otherwise drown it."""
        if not self.cued_aspects:
            return None
        names = [name for match in _NAMES_OF_SMALL_WORDS.findall(self.folded) for name in match.split()]
        kept = [word for word in self.folded.split() if word not in _SMALL_WORDS or word in names]
        return " ".join(kept) if 1 <= len(kept) <= SUBJECT_WORDS else None

    @property
    def contact_subject(self) -> str:
        """The message without the words every question for a phone number has, so that the office meant remains."""
        return " ".join(_CONTACT_WORDS.sub(" ", self.folded).split()) or self.folded

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to read: no letters, no number to check, no tap."""
        has_letters = any(char.isalpha() for char in self.folded)
        return not (has_letters or self.payload or self.phones or self.dossier_code or self.ticket_code)


def ordinal_in(folded: str, count: int) -> int | None:
    """Which of `count` offered choices a short answer names, from 0."""
    words = [word for word in folded.split() if word not in _PARTICLES]
    bare = " ".join(words)
    for place, spellings in enumerate(_ORDINALS[:count]):
        if bare in spellings:
            return place
    if bare in {"cuoi", "cuoi cung", "cai cuoi", "cai cuoi cung"} and count:
        return count - 1
    return None


def aspects_in(folded: str) -> tuple[str, ...]:
    """Aspects of a procedure that plain key words name: the second question of a message, and the only sign left
    when Rasa is away."""
    return tuple(aspect for aspect, pattern in _ASPECT_CUES if pattern.search(folded))


def read(text: str, payload: str | None = None, attached: tuple[Attached, ...] = ()) -> Understanding:
    """What rules alone see; Rasa's and the search's part are added by the caller."""
    folded = normalise_folded(text)
    ticket = ticket_code_in(text)
    return Understanding(
        text=text,
        folded=folded,
        payload=payload,
        phones=phones_in(text),
        dossier_code=None if ticket else dossier_code_in(text),
        ticket_code=ticket,
        cued_aspects=aspects_in(folded),
        attached=attached,
    )


assert {aspect for aspect, _ in _ASPECT_CUES} <= set(PROCEDURE_ASPECTS)  # noqa: S101
