"""The portal's export "Chi tiết thủ tục hành chính" as Word. Headings and tables may come in any order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.domain.errors import RefusedFileError
from knowledge.exchange import portal, words
from knowledge.exchange.docx_blocks import Block, Paragraph, Table, read_word
from knowledge.exchange.drafts import Content, Draft, Drafting, Imported, Problem
from knowledge.exchange.labels import FIELDS

HEADINGS: dict[str, tuple[str, ...]] = {
    "code": ("ma thu tuc", "ma so thu tuc", "ma tthc"),
    "decision": ("so quyet dinh", "quyet dinh cong bo"),
    "name": ("ten thu tuc", "ten thu tuc hanh chinh"),
    "level": ("cap thuc hien",),
    "type": ("loai thu tuc",),
    "field": ("linh vuc",),
    "steps": ("trinh tu thuc hien",),
    "ways": ("cach thuc thuc hien",),
    "papers": ("thanh phan ho so", "thanh phan so luong ho so", "ho so"),
    "sets": ("so luong ho so", "so bo ho so"),
    "time": ("thoi han giai quyet", "thoi gian giai quyet"),
    "audience": ("doi tuong thuc hien", "doi tuong thuc hien thu tuc hanh chinh"),
    "authority": ("co quan thuc hien", "co quan truc tiep thuc hien", "co quan giai quyet"),
    "competent": ("co quan co tham quyen", "co quan co tham quyen quyet dinh"),
    "place": ("dia chi tiep nhan hs", "dia chi tiep nhan ho so", "noi tiep nhan", "dia chi tiep nhan"),
    "entrusted": ("co quan duoc uy quyen",),
    "partners": ("co quan phoi hop",),
    "result": ("ket qua thuc hien", "ket qua", "ket qua thuc hien thu tuc hanh chinh"),
    "laws": ("can cu phap ly", "can cu phap ly cua thu tuc hanh chinh"),
    "eligibility": (
        "yeu cau dieu kien thuc hien", "yeu cau dieu kien", "yeu cau dieu kien thuc hien thu tuc hanh chinh",
        "dieu kien thuc hien",
    ),
    "fees": ("phi le phi", "le phi", "phi"),
    "forms": ("ten mau don mau to khai", "mau don to khai", "mau don mau to khai"),
    "keywords": ("tu khoa",),
    "description": ("mo ta",),
    "link": ("de xem chi tiet thu tuc hanh chinh vui long truy cap link sau",),
    # what our own export adds
    "own": ("thong tin cua don vi",),
    "id": ("ma trong he thong",),
    "short_name": ("ten goi ngan",),
    "working_days": ("so ngay lam viec de tinh hen",),
    "sources": ("nguon",),
    "changes": ("thay doi gan day",),
    "effective_from": ("ngay co hieu luc",),
    "verified": ("da doi chieu voi nguon",),
    "unverified_fields": ("phan chua doi chieu",),
    "verification_note": ("ghi chu doi chieu",),
    "as_of": ("ngay kiem tra gan nhat",),
    "check_again_by": ("ngay phai kiem tra lai",),
    "phrases": ("cach hoi cua nguoi dan",),
    "questions": ("cau hoi thuong gap",),
    "cases": ("truong hop rieng",),
}  # fmt: skip
_BY_HEADING = {spelling: name for name, spellings in HEADINGS.items() for spelling in spellings}
_ONE_LINE = {"code", "decision", "name", "level", "type", "field", "audience", "authority", "competent", "place",
             "entrusted", "partners", "result", "keywords", "link", "id", "short_name", "working_days",
             "effective_from", "verified", "as_of", "check_again_by"}  # fmt: skip
COLUMNS: dict[str, tuple[str, ...]] = {
    "way": ("hinh thuc nop", "hinh thuc", "cach thuc"),
    "time": ("thoi han giai quyet", "thoi han", "thoi gian giai quyet"),
    "fee": ("phi le phi", "le phi", "phi"),
    "description": ("mo ta",),
    "paper": ("ten giay to", "thanh phan ho so"),
    "form": ("mau don to khai", "mau don"),
    "copies": ("so luong",),
    "note": ("ghi chu",),
    "number": ("so ky hieu", "so hieu"),
    "title": ("trich yeu", "ten van ban"),
    "date": ("ngay ban hanh",),
    "agency": ("co quan ban hanh",),
    "form_name": ("ten mau",),
    "url": ("dia chi tai",),
    "phrase": ("cau hoi cua nguoi dan",),
    "question": ("cau hoi",),
    "answer": ("cau tra loi",),
    "case": ("khi nao",),
    "case_note": ("dieu can biet",),
    "related": ("thu tuc lien quan",),
}
_BY_COLUMN = {spelling: name for name, spellings in COLUMNS.items() for spelling in spellings}
_FEE_LINE = re.compile(
    r"^(?P<kind>Phí|Lệ phí)\s*:\s*(?P<amount>[\d.,]*)\s*(?P<unit>Đồng|VNĐ|đ)?\s*(?:\((?P<text>.*)\))?"
    r"(?:\s*\[khi (?P<when>.*)\])?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_COPIES = re.compile(r"^(.*?)\s*:\s*(\d{1,3})?\s*$")


@dataclass
class _Sections:
    """The file sorted by heading: the text behind each, and the tables by their kind."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    ways: list[portal.Way] = field(default_factory=list)
    papers: list[portal.Paper] = field(default_factory=list)
    laws: list[portal.Law] = field(default_factory=list)
    forms: list[dict[str, str | None]] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    questions: list[dict[str, str]] = field(default_factory=list)
    cases: list[dict[str, object]] = field(default_factory=list)

    def text(self, name: str) -> str:
        return "\n".join(self.texts.get(name, ()))


def read_portal_docx(data: bytes) -> Imported:
    """The procedures of a file, usually one. Raises RefusedFileError."""
    file = read_word(data)
    parts = _documents(file.blocks)
    if not parts:
        raise RefusedFileError(
            "Không thấy mục “Tên thủ tục” hay “Trình tự thực hiện”: đây không phải bản “Chi tiết thủ tục hành chính” "
            "của Cổng Dịch vụ công."
        )
    drafts = [_draft(_sorted(blocks), file.created, number) for number, blocks in enumerate(parts, 1)]
    problems = [
        Problem(draft.place, "không thấy tên thủ tục", "Tên thủ tục") for draft in drafts if "name" not in draft.content
    ]
    return Imported(tuple(drafts), tuple(problems))


def is_portal_docx(blocks: Iterable[Block]) -> bool:
    return bool(_documents(tuple(blocks)))


def heading_of(line: str) -> tuple[str, str] | None:
    """The heading a line begins with and what follows it: “1.1. Trình tự thực hiện: …”."""
    plain = re.sub(r"^\s*(?:[-+*•a-eA-E]\s*[.)]?\s+|[\dIVX.]+[.)]\s*)", "", line)
    head, colon, rest = plain.partition(":")
    if len(head) > 70:
        return None
    name = _BY_HEADING.get(words.folded(re.sub(r"\(.*?\)", "", head)))
    return (name, rest.strip()) if name and (colon or plain == head) else None


def _documents(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks of each procedure: a new one begins with every "Chi tiết thủ tục hành chính" or repeated code."""
    parts: list[list[Block]] = [[]]
    seen: set[str] = set()
    for block in blocks:
        if isinstance(block, Paragraph):
            found = heading_of(block.text.split("\n")[0])
            name = found[0] if found else ""
            title = words.folded(block.text) == "chi tiet thu tuc hanh chinh"
            if title or (name == "code" and "code" in seen):
                parts.append([])
                seen = set()
            seen.add(name)
        parts[-1].append(block)
    return [part for part in parts if _headings(part) & {"name", "steps", "papers", "ways"}]


def _headings(blocks: Iterable[Block]) -> set[str]:
    lines = [
        line
        for block in blocks
        for line in (block.text.split("\n")[:1] if isinstance(block, Paragraph) else _first_column(block))
    ]
    return {found[0] for line in lines if (found := heading_of(line))}


def _first_column(table: Table) -> list[str]:
    return [row[0] for row in table.rows if len(row) == 2]


def _sorted(blocks: Sequence[Block]) -> _Sections:
    sections = _Sections()
    current, group = "", ""
    for block in blocks:
        if isinstance(block, Table):
            if _is_form(block):
                for name, value in block.rows:
                    current = _take_lines(sections, f"{name.rstrip(':')}: {value}", current)
            else:
                _take_table(sections, block, current, group)
            continue
        current = _take_lines(sections, block.text, current)
        if current == "papers":
            found = heading_of(block.text.split("\n")[0])
            group = (found[1] if found else block.text) if not found or found[1] else ""
    return sections


def _take_lines(sections: _Sections, text: str, current: str) -> str:
    """Files the lines behind their headings; the heading the text ends under."""
    for number, line in enumerate(text.split("\n")):
        found = heading_of(line) if number == 0 or current in _ONE_LINE else None
        if found:
            current, line = found
            sections.texts.setdefault(current, [])
        if line and current:
            sections.texts[current].append(line)
    return current


def _is_form(table: Table) -> bool:
    """A table of two columns, heading and text, instead of paragraphs."""
    known = sum(heading_of(row[0]) is not None for row in table.rows if len(row) == 2)
    return known >= 2 and all(len(row) == 2 for row in table.rows)


def _take_table(sections: _Sections, table: Table, current: str, group: str) -> None:
    columns, rows = _columns(table)
    cells = [{name: row[place] for name, place in columns.items() if place < len(row)} for row in rows]
    if "paper" in columns and "way" not in columns:
        own = group if current == "papers" else ""
        sections.papers += [_paper(cell, own) for cell in cells if cell.get("paper")]
    elif "way" in columns or (current == "ways" and columns):
        sections.ways += [_way(cell) for cell in cells if any(cell.values())]
    elif "number" in columns or "title" in columns:
        sections.laws += [
            portal.Law(cell.get("number", ""), cell.get("title", ""), words.date_of(cell.get("date", "")))
            for cell in cells
        ]
    elif "form_name" in columns:
        sections.forms += [{"name": cell["form_name"], "url": cell.get("url") or None} for cell in cells]
    elif "phrase" in columns:
        sections.phrases += [cell["phrase"] for cell in cells]
    elif "answer" in columns:
        sections.questions += [{"question": cell.get("question", ""), "answer": cell["answer"]} for cell in cells]
    elif "case" in columns:
        sections.cases += [
            {"when": cell["case"], "note": cell.get("case_note", ""), "related": words.lines_of(cell.get("related"))}
            for cell in cells
        ]
    elif current:
        sections.texts[current] += ["\n".join(filter(None, row)) for row in table.rows]


def _columns(table: Table) -> tuple[dict[str, int], Sequence[tuple[str, ...]]]:
    """Column names to places, and the rows below the header, which is one of the first three rows."""
    for number, row in enumerate(table.rows[:3]):
        found: dict[str, int] = {}
        for place, cell in enumerate(row):
            name = _BY_COLUMN.get(words.folded(cell))
            if name:
                found.setdefault(name, place)
        if found:
            return found, table.rows[number + 1 :]
    return {}, table.rows


def _way(cell: dict[str, str]) -> portal.Way:
    return portal.Way(
        cell.get("way", ""), cell.get("time", ""), tuple(fees_of(cell.get("fee", ""))), cell.get("description", "")
    )


def fees_of(text: str) -> list[portal.Fee]:
    """The fees of a cell: a line each where lines begin with "Phí" or "Lệ phí", otherwise the whole text."""
    entries: list[str] = []
    for line in words.clean(text).split("\n"):
        if entries and not re.match(r"(?:Phí|Lệ phí)\s*:", line, re.IGNORECASE):
            entries[-1] += f"\n{line}"
        elif not words.says_nothing(line):
            entries.append(line)
    return [fee for entry in entries if (fee := _fee(entry))]


def _fee(entry: str) -> portal.Fee | None:
    found = _FEE_LINE.match(entry)
    if found is None:
        amount = words.amount_of(entry)
        return portal.Fee(amount, "" if amount else words.inline(entry), entry)
    amount = words.amount_of(found["amount"]) if found["amount"] else None
    text = words.inline(found["text"])
    if amount is None and words.says_nothing(text):
        return None
    kind = "Lệ phí" if "lệ" in found["kind"].lower() else "Phí"
    return portal.Fee(amount, text, entry, words.inline(found["when"]) or None, kind)


def _paper(cell: dict[str, str], group: str) -> portal.Paper:
    """Copies as the portal writes them ("Bản chính: 1", "Bản sao: 0"), or one line with other words."""
    counts = {
        found[1].strip(): found[2] for line in cell.get("copies", "").split("\n") if (found := _COPIES.match(line))
    }
    amounts = {words.folded(name): int(number or 0) for name, number in counts.items()}
    forms = tuple(line for line in cell.get("form", "").split("\n") if line)
    note = cell.get("note") or None
    if set(amounts) == {"ban chinh", "ban sao"} and all(number is not None for number in counts.values()):
        return portal.Paper(group, cell["paper"], amounts["ban chinh"], amounts["ban sao"], note=note, forms=forms)
    if len(counts) == 1:
        [(name, number)] = counts.items()
        kind = None if words.folded(name) == "so luong" else words.lower_first(name)
        return portal.Paper(
            group, cell["paper"], kind=kind, quantity=int(number) if number else None, note=note, forms=forms
        )
    plain = re.search(r"\d{1,3}", cell.get("copies", ""))
    return portal.Paper(group, cell["paper"], quantity=int(plain[0]) if plain else None, note=note, forms=forms)


def _draft(sections: _Sections, created: str | None, number: int) -> Draft:
    drafting = Drafting(f"thủ tục thứ {number}")
    own = "id" in sections.texts
    code = re.search(r"\d\.\d{6}", sections.text("code"))
    drafting.read("code", code[0] if code else None)
    portal.put_name(drafting, sections.text("name"))
    for name in ("level", "field", "result"):
        portal.put_text(drafting, name, sections.text(name))
    authority = next(
        (text for name in ("authority", "competent") if not words.says_nothing(text := sections.text(name))), ""
    )
    portal.put_text(drafting, "authority", authority)
    portal.put_place(drafting, sections.text("place"), authority)
    drafting.read("audience", words.split_list(sections.text("audience")))
    portal.put_steps(drafting, sections.text("steps"))
    if not sections.ways:
        _ways_in_text(drafting, sections)
    portal.put_ways(drafting, sections.ways)
    papers = sections.papers or [portal.Paper("", line) for line in words.lines_of(sections.text("papers"))]
    portal.put_papers(drafting, papers)
    portal.put_laws(
        drafting, sections.laws or [portal.Law(line, line) for line in words.lines_of(sections.text("laws"))]
    )
    portal.put_lines(drafting, "eligibility", sections.text("eligibility"))
    link = re.search(r"https?://\S+", sections.text("link"))
    if own:
        _put_own(drafting, sections, link[0] if link else "")
    else:
        portal.put_origin(
            drafting, "tệp “Chi tiết thủ tục hành chính”", code[0] if code else "", link[0] if link else "", created
        )
    return drafting.finish(sections.text("id"), own=own)


def _ways_in_text(drafting: Drafting, sections: _Sections) -> None:
    """Files without the table: ways, time and fee in words."""
    time = sections.text("time")
    if not words.says_nothing(time):
        portal.put_time(drafting, time)
    text = sections.text("ways")
    named = [line for line in words.lines_of(text) if words.channel_of(line)]
    fees = tuple(fees_of(sections.text("fees")))
    sections.ways += [portal.Way(line, "", fees, line) for line in named] or [portal.Way("", "", fees)] * bool(fees)


def _put_own(drafting: Drafting, sections: _Sections, link: str) -> None:
    """What only our own export says, and says for certain."""
    for name in ("short_name", "changes", "verification_note"):
        drafting.read(name, sections.text(name))
    for name in ("effective_from", "as_of", "check_again_by"):
        drafting.read(name, words.date_of(sections.text(name)))
    drafting.read("portal_url", link)
    drafting.read("sources", words.lines_of(sections.text("sources")))
    drafting.read("verified", words.folded(sections.text("verified")) == "co")
    by_label = {words.folded(text): name for name, text in FIELDS.items()} | {"tat ca": "*"}
    parts = (by_label.get(words.folded(line)) for line in sections.text("unverified_fields").split(";"))
    drafting.read("unverified_fields", [name for name in parts if name])
    drafting.read("citizen_phrases", sections.phrases)
    drafting.read("common_questions", sections.questions)
    drafting.read("cases", sections.cases)
    if sections.forms:
        drafting.read("forms", sections.forms)
    days = re.search(r"\d+", sections.text("working_days"))
    if isinstance(drafting.content.get("processing_time"), dict):
        time: Content = drafting.content["processing_time"]
        drafting.content["processing_time"] = {**time, "working_days": int(days[0]) if days else None}
