"""Rules over folded words: what a short message in a form says, and which words are grave."""

from __future__ import annotations

import re

from bot.domain.tickets import TicketKind
from knowledge.categories import category_in

_CANCEL = re.compile(
    r"(?:da |a )?(?:thoi|huy|khoi|bo di|bo het|dung lai|khong (?:gui|bao|lam|can|muon|phan anh)(?: (?:gui|bao))? nua)"
    r"(?: (?:thoi|huy|bo|di|phieu|khong|gui|bao|can|nua|khoi|lai|a|nhe|nha|roi|het|ngang|giup|gium|dum|em|toi|vay"
    r"|phan|anh|muon|lam|luon))*"
)
_SKIP = re.compile(
    r"(?:da |a |thoi )?(?:bo qua|khong(?: co| can| cho| tien| ro| biet| nho| muon| de lai)?|chua co|de sau|khoi can"
    r"|khong co anh|khong de lai so)(?: (?:a|nhe|nha|di|so|dien|thoai|em|dau|them|gi|het))*"
)
_GO_ON = re.compile(
    r"(?:da )?(?:tiep tuc|ghi tiep|lam tiep|nhan tiep|gui tiep|tiep)(?: (?:di|phieu|phan anh|a|nha|nhe))*"
)
_YES_CORE = frozenset("dung gui ok oke okay duoc vang phai chuan u um uh co dongy roi".split())
_YES_AROUND = frozenset(
    "da a nha nhe di luon em quan tri giup dum gium vay do het phieu y dong xac chinh thong tin nay cho toi theo "
    "doi".split()
)
_NO = re.compile(
    r"(?:da )?(?:sai|khong dung|chua dung|khong phai|khong|chua|nham)(?: (?:roi|a|dau|nha|nhe|het|vay|sai))*"
)
_EDITS = (
    ("what", re.compile(r"\b(?:sua|doi|thay|ghi|viet) (?:lai )?(?:noi dung|viec|chu|cau|mo ta)\b")),
    ("where", re.compile(r"\b(?:sua|doi|thay|ghi) (?:lai )?(?:noi|dia diem|cho|vi tri|dia chi|duong|ap)\b")),
    ("phone", re.compile(r"\b(?:sua|doi|thay|ghi|them) (?:lai )?(?:so|dien thoai|so dien thoai)\b")),
)
_ANONYMOUS = re.compile(
    r"\b(?:khong (?:muon |can |cho )?(?:neu|de|ghi|lo|noi|xung|biet|khai)(?: lo)? (?:ho )?ten|an danh|giau ten|dau ten"
    r"|nac danh|giu kin (?:ho )?ten|khong lo danh tinh|giu bi mat (?:ho )?ten)\b"
)
_MONEY = r"\d[\d.,]*\s?(?:k|tr|trieu|nghin|ngan|dong|cu|lit|chai|ty)?"
_BRIBE = re.compile(
    r"\b(?:hoi lo|dut lot|lot tay|phong bi|tham nhung|tham o|nhan tien|an tien|voi tien|voi vinh|chay tien|tien chay"
    r"|an chan|bao ke|bien thu|nhan hoi)\b"
)
_BRIBE_BY_STAFF = re.compile(
    rf"\b(?:doi (?:them )?(?:tien|boi duong|chung|qua|{_MONEY})|boi duong|chung (?:chi|tien)|ca phe ca phao"
    r"|tien (?:ca phe|tra nuoc)|bieu qua|dua tien|vai tram|vai trieu)\b"
)
_OFFICIAL = re.compile(
    r"\b(?:can bo|chu tich|pho chu tich|bi thu|truong ap|truong thon|truong khu pho|lanh dao|nhan vien|cong chuc"
    r"|ke toan|dia chinh|tu phap|cong an|cb|ubnd|uy ban)\b"
)
_DENOUNCE = re.compile(r"\bto cao\b")
_COMPLAIN = re.compile(r"\bkhieu nai\b")
_WANTS_TO_LODGE = re.compile(r"\b(?:muon|dinh|tinh|se|quyet) (?:(?!hoi|biet|hieu|xem)\w+ ){0,3}(?:to cao|khieu nai)\b")
_OWN_RIGHT = re.compile(
    r"\b(?:quyet dinh|xu phat|phat (?:toi|tien|oan)|tien phat|bi phat|cuong che|thu hoi|boi thuong|den bu|giai toa"
    r"|tro cap|ho ngheo|can ngheo|ho so|so do|giay phep|cap giay|khong cap|cong nhan|ranh dat|tach thua|tu choi|ky luat"
    r"|dat cua (?:toi|gia dinh|nha)|ho tro thien tai|quyen loi)\b"
)
_STARS = (
    (1, re.compile(r"\b(?:rat khong hai long|rat chua hai long|qua te|rat te|that vong|te qua|kem qua)\b")),
    (2, re.compile(r"\b(?:chua hai long|khong hai long|chua tot|khong tot|kem|te)\b")),
    (5, re.compile(r"\b(?:rat hai long|hai long (?:lam|het suc|qua|tuyet doi)|tuyet voi|rat tot|qua tot|xuat sac)\b")),
    (4, re.compile(r"\b(?:hai long|tot)\b")),
    (3, re.compile(r"\b(?:binh thuong|tam duoc|tam on|trung binh)\b")),
)
_DIGIT_STARS = re.compile(r"\b([1-5]|mot|hai|ba|bon|nam) (?:sao|diem)\b|^([1-5])$")
_NUMBERS = {"mot": 1, "hai": 2, "ba": 3, "bon": 4, "nam": 5}
_REPORT_WORDS: tuple[tuple[TicketKind, re.Pattern[str]], ...] = (
    (TicketKind.PRAISE, re.compile(r"\b(?:khen|khen ngoi|tuyen duong|bieu duong)\b")),
    (TicketKind.CONDUCT, re.compile(r"\b(?:hach sach|hach dich|cua quyen|phien ha|nhung nhieu|sach nhieu|quat nat)\b")),
    (TicketKind.FEEDBACK, re.compile(r"\b(?:gop y|dong gop y kien)\b")),
    (TicketKind.PROPOSAL, re.compile(r"\b(?:kien nghi|de xuat|de nghi)\b")),
    (
        TicketKind.REPORT,
        re.compile(r"\b(?:phan anh|bao (?:tin|viec|voi|cho|giup|gium|dum|xa|la)|muon bao|can bao)\b|^bao\b"),
    ),
)
_MINE = re.compile(
    r"\b(?:phieu|phan anh) (?:cua|ma) (?:toi|minh|em|tui|anh|chi|bac|chau|con)\b|\bphieu (?:da|toi) gui\b|\bxem phieu\b"
)
_WITHDRAW = re.compile(r"\b(?:rut|huy|thu hoi|xoa)(?: lai)? (?:phieu|phan anh|kien nghi|gop y|yeu cau)\b")
_MORE = re.compile(
    r"\bbo sung\b|\b(?:them|gui them|noi them) (?:anh|hinh|thong tin|noi dung)?(?: \w+){0,2} ?(?:vao|cho) phieu\b"
)
_NOT_DONE = re.compile(
    r"(?:(?:van|viec nay|viec do|phieu nay|da|a) )*chua (?:(?:duoc )?(?:giai quyet|xu ly|lam|sua|don)|xong)"
    r"(?: (?:xong|gi|het|dut diem|ca|duoc|a|nha|ma|viec|dau|triet de))*"
)
_NOT_DONE_ANYWHERE = re.compile(r"\bchua (?:duoc )?(?:giai quyet|xu ly|xong|dut diem)|\bmo lai\b")
_SEE_DATA = re.compile(
    r"(?:cho (?:toi|minh|em) )?xem (?:lai )?(?:du lieu|thong tin)(?: (?:cua )?(?:toi|minh|em))?"
    r"(?: (?:dang luu|da luu))?"
)
_ERASE_DATA = re.compile(
    r"(?:(?:hay |xin |giup )?xoa (?:het |toan bo |sach )?(?:du lieu|thong tin|tin nhan)(?: (?:cua )?(?:toi|minh|em))?"
    r"(?: di)?)"
)
_WITHDRAW_CONSENT = re.compile(r"\brut (?:lai )?(?:su )?(?:dong y|chap thuan)\b")
_BARE = frozenset(
    "toi em anh chi co chu bac ong ba minh con chau tui ad admin xa phuong uy ban ubnd can bo nguoi ai do muon xin cho "
    "hoi duoc khong phan anh bao cao gop y kien nghi de xuat tin viec mot ve voi gui nho giup gium dum co la thi ma a "
    "da vang oi nha nhe nghen di nay do kia gi nao sao the lam o dau day kenh chuyen may cai mot chut ti van thac mac "
    "dang can phai qua len vao tu va hay hoac nen neu bi den noi ra khieu nai to lai hen roi chua".split()
)
_BARE_DENUNCIATION = _BARE | frozenset(
    "an danh giau ten lo dau bao ve bi mat don thu tuc giay to can gi huong dan cach buoc nop gap truc tiep tiep cong "
    "dan ngay luat quyen loi thoi han bao lau may giai quyet co quan cap tren duoc hay khong hong mau so dien thoai "
    "online qua mang zalo facebook chat nguoi khac ho moi vay luon nua cung biet xem nhan bi tra thu tuc".split()
)
ASKING = re.compile(
    r"\b(?:gi|nao|bao nhieu|bao lau|o dau|the nao|lam sao|khi nao|bao gio|ai|khong|sao|may gio|may ngay|chua|xin so"
    r"|cho (?:toi |em |minh )?(?:xin|hoi)|cho biet)\b"
)


def cancels(folded: str) -> bool:
    return _CANCEL.fullmatch(folded) is not None


def skips(folded: str) -> bool:
    return _SKIP.fullmatch(folded) is not None


def goes_on(folded: str) -> bool:
    return _GO_ON.fullmatch(folded) is not None


def agrees(folded: str) -> bool:
    words = set(folded.split())
    return bool(words & _YES_CORE or "dong y" in folded) and words <= _YES_CORE | _YES_AROUND


def disagrees(folded: str) -> bool:
    return _NO.fullmatch(folded) is not None


def edited(folded: str) -> str | None:
    """The part of a summary the citizen wants to change: `what`, `where` or `phone`."""
    return next((step for step, pattern in _EDITS if pattern.search(folded)), None)


def wants_no_name(folded: str) -> bool:
    return _ANONYMOUS.search(folded) is not None


def speaks_of_bribery(folded: str, of_staff: bool) -> bool:
    """Whether money for a favour is spoken of; `of_staff`: the report is about officials anyway."""
    officials = of_staff or _OFFICIAL.search(folded) is not None
    return officials and (_BRIBE.search(folded) or _BRIBE_BY_STAFF.search(folded)) is not None


def names_denunciation(folded: str) -> bool:
    return _DENOUNCE.search(folded) is not None


def wants_to_lodge(folded: str) -> bool:
    """Whether somebody wants to denounce or complain, not only to know about it."""
    return _WANTS_TO_LODGE.search(folded) is not None


def tells_of_denunciation(folded: str) -> bool:
    """Whether more is said than the bare wish to denounce or a question how to; it is sealed."""
    return any(word not in _BARE_DENUNCIATION for word in folded.split())


def may_be_complaint(folded: str) -> bool:
    """Whether a decision or act about somebody's own right is spoken of (domain paper 2.3)."""
    return _OWN_RIGHT.search(folded) is not None


def names_complaint(folded: str) -> bool:
    return _COMPLAIN.search(folded) is not None


def tells_a_matter(text: str, folded: str) -> bool:
    """Whether a message says what it is about, beyond the wish to report."""
    left = [word for word in folded.split() if word not in _BARE]
    return len(left) >= 2 or (bool(left) and category_in(text) is not None)


def kind_named(folded: str) -> TicketKind | None:
    """The kind of ticket plain words name."""
    return next((kind for kind, pattern in _REPORT_WORDS if pattern.search(folded)), None)


def stars_in(folded: str) -> int | None:
    """A rating of 1 to 5 in words or digits."""
    if found := _DIGIT_STARS.search(folded):
        written = found[1] or found[2]
        return _NUMBERS.get(written) or int(written)
    return next((stars for stars, pattern in _STARS if pattern.search(folded)), None)


def command(folded: str) -> str | None:
    """What a message asks of tickets or personal data, by words that mean nothing else."""
    if _SEE_DATA.fullmatch(folded):
        return "see"
    if _ERASE_DATA.fullmatch(folded):
        return "erase"
    if _WITHDRAW_CONSENT.search(folded):
        return "consent"
    if _WITHDRAW.search(folded):
        return "withdraw"
    if _MINE.search(folded):
        return "mine"
    if _NOT_DONE.fullmatch(folded):
        return "reopen"
    return "add" if folded.startswith("bo sung") or (_MORE.search(folded) and "phieu" in folded) else None


def about_ticket(folded: str) -> str:
    """What a message that names a ticket's code wants of it."""
    if _WITHDRAW.search(folded):
        return "withdraw"
    if _MORE.search(folded):
        return "add"
    if _NOT_DONE_ANYWHERE.search(folded):
        return "reopen"
    return "rate" if "danh gia" in folded or stars_in(folded) else "show"


def only_rates(folded: str) -> bool:
    """Whether a message is a rating and nothing besides."""
    stars = stars_in(folded)
    return stars is not None and len(folded.split()) <= 5
