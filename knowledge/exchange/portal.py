"""What the national portal's words mean, whichever file they came in: ways, fees, times, papers, steps, laws."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.exchange import words
from knowledge.exchange.drafts import Drafting

SOURCE = "Cổng Dịch vụ công quốc gia"
NOTE = "Nhập từ {kind} của Cổng Dịch vụ công quốc gia; chưa đối chiếu."
CONFIRM_FREE = "ô chỉ ghi “Không” hoặc 0: xác nhận là miễn phí, hay chưa có thông tin"
CONFIRM_FREE_WORDS = "hiểu là không phải nộp: xác nhận lại"
CONFIRM_AMOUNT = "số tiền lấy từ câu chữ: xác nhận lại"
_CHANNELS = ("trực tiếp", "trực tuyến", "bưu chính")
_HANDED_IN = {"trực tiếp": "nộp trực tiếp", "trực tuyến": "nộp trực tuyến", "bưu chính": "nộp qua bưu chính"}
_STEP = re.compile(r"(?:^|(?<=[\s.;:]))[-+•*]?\s*Bước\s*(\d{1,2})\s*[:.)\-–]\s*", re.IGNORECASE)
_NOTES = ("luu y", "ghi chu", "chu y")
_PLAIN_GROUPS = ("", "bao gom", "thanh phan ho so", "ho so gom", "ho so bao gom", "giay to phai nop", "giay to can nop")
_CONDITION = re.compile(r"^(?:Đối với|Trường hợp|Trong trường hợp|Khi|Nếu)\s+(?:trường hợp\s+)?", re.IGNORECASE)
_PAPER = re.compile(
    r"^(?:phai |ban |cac |mot trong )?(?:giay|to khai|don|ban|van ban|ho chieu|the|can cuoc|ho so|bien ban|quyet dinh|"
    r"hop dong|phieu|so|danh sach|anh|mau|bao cao|di chuc|chung minh|trich luc|bang|xuat trinh|nop|hoa don|ke hoach|"
    r"du an|de an|thuyet minh|chung chi|cac|mot)\b"
)
_NEEDS = re.compile(
    r"^Trường hợp\s+([^.;]{3,200}?)\s+(?:thì\s+(?:phải\s+)?|phải\s+)(?:có|nộp|xuất trình)(?:\s+thêm)?\s+(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_FOR = re.compile(
    r"^([^.;:]{5,}?),?\s+(?:đối với|trong) trường hợp\s+(?!này|trên|sau|đó)([^.;():]{5,150})[.;]?$", re.IGNORECASE
)
_CONTAINS = re.compile(r"[\s,]*(?:(?:thành phần )?hồ sơ )?(?:bao )?gồm(?: có)?$", re.IGNORECASE)
_NUMBER = re.compile(r"\d+[\w.]*/(?:\d{4}/)?[A-ZĐ][\w.Đ-]*(?:-[\w.Đ-]+)*")
_KINDS = {"NĐ-CP": "Nghị định", "TT-": "Thông tư", "QH": "Luật", "NQ-": "Nghị quyết", "QĐ-": "Quyết định"}


@dataclass(frozen=True, slots=True)
class Fee:
    amount: int | None
    text: str
    source: str
    """The words as they stand in the file."""
    when: str | None = None
    kind: str = "Phí"


@dataclass(frozen=True, slots=True)
class Way:
    """A row of "Cách thức thực hiện"."""

    name: str
    time: str
    fees: tuple[Fee, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A row of "Thành phần hồ sơ". Copies None: the file does not say. `kind`, `quantity`: said in other words."""

    group: str
    name: str
    originals: int | None = None
    copies: int | None = None
    kind: str | None = None
    quantity: int | None = None
    note: str | None = None
    when: str | None = None
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Law:
    number: str
    title: str
    date: str | None = None


def put_name(drafting: Drafting, name: str) -> None:
    """The name, and guesses of what citizens call it."""
    full = words.inline(name)
    if words.says_nothing(full):
        return
    drafting.read("name", full)
    short = re.sub(r"^Thủ tục\s+", "", re.split(r"\s*[(;]", full)[0] or full, flags=re.IGNORECASE).strip(" .,")
    if len(short) > 80:
        first = re.split(r",\s|\stheo\s|\sđối với\s", short)[0]
        short = first if 20 <= len(first) <= 80 else short[:81].rpartition(" ")[0].strip(" .,")
    short = short[:1].upper() + short[1:]
    drafting.guess("short_name", short, full, "đặt tên ngắn như người dân hay gọi")
    drafting.guess("citizen_phrases", [words.lower_first(short)], full, "thêm các cách người dân hay hỏi")


def put_text(drafting: Drafting, field: str, text: object) -> None:
    if not words.says_nothing(text):
        drafting.read(field, words.fitted([words.inline(text)])[0])


def put_lines(drafting: Drafting, field: str, text: object) -> None:
    drafting.read(field, words.fitted(words.lines_of(text)))


def put_place(drafting: Drafting, place: str, authority: str) -> None:
    put_text(drafting, "receiving_place", place)
    if "receiving_place" not in drafting.content and not words.says_nothing(authority):
        drafting.guess(
            "receiving_place", words.inline(authority), words.inline(authority), "lấy theo cơ quan thực hiện"
        )


def put_ways(drafting: Drafting, ways: Sequence[Way]) -> None:
    """Channels, processing time and fees."""
    named = {way: words.channel_of(way.name) for way in ways}
    found = set(named.values())
    drafting.read("channels", [channel for channel in _CHANNELS if channel in found])
    unknown = [way.name for way, channel in named.items() if channel is None and not words.says_nothing(way.name)]
    if unknown and "channels" in drafting.content:
        drafting.doubt("channels", "; ".join(unknown), "không nhận ra cách nộp này")
    _put_time(drafting, ways)
    _put_fees(drafting, ways)


def _put_time(drafting: Drafting, ways: Sequence[Way]) -> None:
    if "processing_time" in drafting.content:
        return
    said = {way: text for way in ways if (text := _time(way))}
    texts = list(dict.fromkeys(said.values()))
    if len(texts) == 1:
        put_time(drafting, texts[0])
    elif texts:
        joined = "; ".join(dict.fromkeys(f"{text} ({_way(way)})" for way, text in said.items()))
        put_time(drafting, joined)
        drafting.doubt("processing_time", joined, "thời hạn khác nhau theo cách nộp")
    else:
        hints = [way.description for way in ways if words.times_in(way.description)]
        if hints:
            put_time(drafting, hints[0])
            drafting.doubt("processing_time", hints[0], "lấy từ phần mô tả")


def put_time(drafting: Drafting, text: str) -> None:
    text = words.fitted([words.inline(text)])[0]
    drafting.read("processing_time", {"text": text, "working_days": words.working_days_of(text)})


def _time(way: Way) -> str:
    if words.says_nothing(way.time):
        return ""
    text = re.sub(r"(?<=\d )(Ngày|Giờ|Tháng|Phút|Năm)", lambda unit: unit[0].lower(), words.inline(way.time))
    return text.rstrip(" .") if len(text) < 40 else text


def _way(way: Way) -> str:
    return _HANDED_IN.get(words.channel_of(way.name) or "", words.inline(way.name) or "cách khác")


def _put_fees(drafting: Drafting, ways: Sequence[Way]) -> None:
    """A fee named in every way is one fee; one of some ways only is a fee "when handed in so"."""
    told = [way for way in ways if way.fees]
    places: dict[tuple[int | None, str, str | None], list[str]] = {}
    sources: dict[tuple[int | None, str, str | None], Fee] = {}
    for way in told:
        for fee in way.fees:
            key = (fee.amount, _told(fee.text), fee.when)
            places.setdefault(key, [])
            if _way(way) not in places[key]:
                places[key].append(_way(way))
            sources.setdefault(key, fee)
    every = len(dict.fromkeys(_way(way) for way in told))
    fees, doubts = [], []
    for key, where in places.items():
        fee = sources[key]
        text, amount, doubt = _meant(fee)
        when = " hoặc ".join(where) if len(where) < every else None
        doubts.append((fee, doubt))
        fees.append({"amount_vnd": amount, "text": text, "when": fee.when or when})
    drafting.read("fees", fees)
    for number, (fee, doubt) in enumerate(doubts):
        if doubt:
            drafting.doubt(f"fees.{number}.amount_vnd", fee.source, doubt)


def _told(text: str) -> str:
    return words.folded(text)


def _meant(fee: Fee) -> tuple[str, int | None, str]:
    """Text, amount and what to confirm. Nothing is free unless words say so, and even then somebody confirms it."""
    text, amount = re.sub(r"^(Miễn phí)\s+Đồng\b", r"\1", _unwrapped(fee.text)), fee.amount
    if words.is_bare_no(text) or (amount == 0 and not text):
        return "Không thu phí, lệ phí", 0, CONFIRM_FREE
    if amount:
        if not text:
            return f"{fee.kind} {words.dong(amount)}", amount, ""
        named = amount in words.amounts_in(text) or f"{amount:,}".replace(",", ".") in text
        return (text if named else f"{words.dong(amount)}: {text}"), amount, ""
    if words.says_free(text) and not any(words.amounts_in(text)):
        return text, 0, CONFIRM_FREE_WORDS
    amounts = words.amounts_in(text)
    if len(amounts) == 1 and amounts[0] and not re.search(r"\btừ\b|\bđến\b|tối đa|tối thiểu|không quá", text.lower()):
        return text, amounts[0], CONFIRM_AMOUNT
    return text, None, ""


def _unwrapped(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if text.startswith("(") and text.find(")") == len(text) - 1 else text


def put_papers(drafting: Drafting, papers: Sequence[Paper]) -> None:
    """Papers and forms. Rows that are notes or headings are no papers; an editor sees them beside the field."""
    counted = any(paper.originals or paper.copies or paper.kind or paper.quantity for paper in papers)
    documents: list[dict[str, Any]] = []
    doubts: list[tuple[str, str, str]] = []
    left_out: list[str] = []
    for paper in papers:
        name = words.unbulleted(words.inline(paper.name))
        group = words.unbulleted(words.inline(paper.group))
        if words.says_nothing(name):
            continue
        if counted and not _is_paper(paper, name):
            left_out.append(name)
            continue
        place = len(documents)
        document, guesses = _document(paper, name, group)
        documents.append(document)
        doubts += [(f"documents.{place}.{part}", source, note) for part, (source, note) in guesses.items()]
    drafting.read("documents", documents)
    for path, source, note in doubts:
        drafting.doubt(path, source, note)
    if left_out:
        drafting.doubt("documents", "\n".join(left_out), "các dòng này là lưu ý, không tính là giấy tờ")
    forms = dict.fromkeys(form for paper in papers for form in paper.forms if not words.says_nothing(form))
    drafting.read("forms", [{"name": words.inline(form), "url": None} for form in forms])


def _is_paper(paper: Paper, name: str) -> bool:
    if paper.kind or paper.quantity or paper.originals or paper.copies:
        return True
    group = words.folded(paper.group)
    return not (group.startswith(_NOTES) or name.endswith(":") or not _PAPER.match(words.folded(name)))


def _document(paper: Paper, name: str, group: str) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    """A paper, and by part the words and the reason of what was guessed."""
    kind, quantity = _copies(paper, words.folded(group))
    titled = group.endswith(":")
    group = _CONTAINS.sub("", group.rstrip(" :"))
    when, note, plain = paper.when, paper.note, words.folded(group)
    guesses: dict[str, tuple[str, str]] = {}
    if when is None:
        conditions = []
        if _CONDITION.match(group):
            conditions.append((words.lower_first(_CONDITION.sub("", group)), group))
        elif plain in _PLAIN_GROUPS or plain.startswith((*_NOTES, "ho so", "giay to phai", "thanh phan ho so")):
            pass
        elif titled:
            conditions.append((words.lower_first(group), group))
        else:
            note = ". ".join(filter(None, [note, group]))
            guesses["note"] = (group, "dòng chữ đứng trước nhóm giấy tờ")
        if found := _NEEDS.match(name):
            conditions.append((words.lower_first(found[1]), name))
            name = found[2][:1].upper() + found[2][1:]
        elif found := _FOR.match(name):
            conditions.append((words.lower_first(found[2]), name))
            name = found[1]
        when = "; ".join(text for text, _ in conditions) or None
        if conditions:
            guesses["when"] = ("\n".join(source for _, source in conditions), "điều kiện lấy từ câu chữ")
    if quantity is None and not kind:
        guesses["quantity"] = (name, "chưa rõ số bản")
    name = words.fitted([name.rstrip(" ;.")])[0]
    return {"name": name, "original_or_copy": kind, "quantity": quantity, "note": note, "when": when}, guesses


def _copies(paper: Paper, group: str) -> tuple[str | None, int | None]:
    if paper.kind or paper.quantity is not None:
        return paper.kind, paper.quantity
    originals, copies = paper.originals or 0, paper.copies or 0
    original = "xuất trình bản chính" if "xuat trinh" in group and "nop" not in group else "bản chính"
    if originals and not copies:
        return original, min(originals, 100)
    if copies and not originals:
        return "bản sao", min(copies, 100)
    if originals and copies:
        if originals == copies:
            return "bản chính và bản sao", min(originals, 100)
        return f"{originals} bản chính và {copies} bản sao", None
    return None, None


def put_steps(drafting: Drafting, text: str) -> None:
    """Steps by their own numbers ("Bước 1: …"), otherwise a line a step, which is a guess."""
    plain = words.clean(text)
    if words.says_nothing(plain):
        return
    marks = list(_STEP.finditer(plain))
    if marks:
        ends = [mark.start() for mark in marks[1:]] + [len(plain)]
        parts = [plain[: marks[0].start()], *(plain[mark.end() : end] for mark, end in zip(marks, ends, strict=True))]
        drafting.read("steps", words.fitted([words.clean(part.strip(" -+*•\n")) for part in parts]))
        return
    steps = words.fitted(_steps_by_line(plain))
    drafting.guess("steps", steps, plain[:1_000], "nguồn không đánh số bước: mỗi dòng được coi là một bước")


def _steps_by_line(text: str) -> list[str]:
    steps: list[str] = []
    bullet, open_heading = "", False
    for line in text.split("\n"):
        own = line[0] if line[0] in "-+*•–" else ""
        plain = words.unbulleted(line)
        if not plain:
            continue
        if steps and not own and plain[0].islower() and plain == line:
            steps[-1] += f" {plain}"
        elif steps and open_heading and (own != bullet or steps[-1].endswith(":")):
            steps[-1] += f"\n{plain}"
            open_heading = own != bullet
        else:
            steps.append(plain)
            bullet, open_heading = own, plain.endswith(":")
    return steps


def put_laws(drafting: Drafting, laws: Sequence[Law]) -> None:
    found: dict[str, dict[str, Any]] = {}
    doubts: dict[str, tuple[str, str]] = {}
    for law in laws:
        number = _NUMBER.search(words.inline(law.number)) or _NUMBER.search(words.inline(law.title))
        key = number[0] if number else words.inline(law.number)
        if words.says_nothing(key):
            continue
        title = words.inline(law.title)
        if words.says_nothing(title) or words.folded(title) == words.folded(key):
            kind = next((name for sign, name in _KINDS.items() if sign in key), "Văn bản")
            title = f"{kind} {key}"
            doubts[f"{key}.title"] = (words.inline(law.number), "nguồn không ghi tên văn bản")
        day = law.date
        if day is None:
            dated = re.search(
                re.escape(key) + r"\s*(ngày\s*\d{1,2}\s*(?:/|tháng)\s*\d{1,2}\s*(?:/|năm)\s*\d{4})", title
            )
            day = words.date_of(dated[1]) if dated else None
            if day:
                doubts[f"{key}.date"] = (title, "ngày lấy từ tên văn bản")
        found.setdefault(key, {"number": key, "title": words.fitted([title])[0], "date": day})
    drafting.read("legal_basis", list(found.values()))
    for name, (source, note) in doubts.items():
        key, _, part = name.rpartition(".")
        drafting.doubt(f"legal_basis.{list(found).index(key)}.{part}", source, note)


def put_origin(drafting: Drafting, kind: str, code: str, url: str, checked: str | None) -> None:
    """Where it came from. The day of the file is a guess of the day of the check."""
    drafting.read("sources", [", ".join(filter(None, [SOURCE, code and f"mã {code}", url]))])
    if url:
        drafting.read("portal_url", url)
    if checked:
        drafting.guess("as_of", checked, checked, "ngày của tệp: ghi ngày thật sự đối chiếu")
    drafting.guess("verification_note", NOTE.format(kind=kind), kind)
