"""Tables of a published decision ("Quyết định công bố danh mục thủ tục hành chính"), as far as they can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.domain.errors import RefusedFileError
from knowledge.exchange import portal, words
from knowledge.exchange.docx_blocks import Paragraph, Table, WordFile, read_word
from knowledge.exchange.drafts import Draft, Drafting, Imported
from knowledge.exchange.portal_docx import fees_of

_COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("ma tthc", "ma so tthc", "ma thu tuc", "ma so", "ma ho so", "so ho so"),
    "name": ("ten thu tuc", "ten tthc", "thu tuc hanh chinh"),
    "time": ("thoi han", "thoi gian giai quyet", "thoi gian thuc hien"),
    "place": ("dia diem", "noi tiep nhan", "noi thuc hien"),
    "way": ("cach thuc", "hinh thuc nop"),
    "direct": ("truc tiep",),
    "online": ("truc tuyen",),
    "post": ("buu chinh", "bcci", "qua buu chinh"),
    "fees": ("phi le phi", "le phi", "phi", "muc phi"),
    "laws": ("can cu phap ly", "van ban qppl", "van ban quy pham", "ten vbqppl"),
    "authority": ("co quan thuc hien", "co quan giai quyet", "co quan co tham quyen", "tham quyen"),
    "field": ("linh vuc",),
    "level": ("cap thuc hien",),
}
_CHANNELS = {"direct": "trực tiếp", "online": "trực tuyến", "post": "bưu chính"}
_NUMBER = re.compile(r"Số\s*:?\s*(\d+[\w/.-]*QĐ-[\w.Đ-]+)", re.IGNORECASE)
_GROUP = re.compile(r"^(?:[IVX]+|[A-Z]|\d{1,2})\s*[.)\-–:]?\s+|^Lĩnh vực\s*:?\s*", re.IGNORECASE)
_HEADER_ROWS = 4


def read_decision_docx(data: bytes) -> Imported:
    """Raises RefusedFileError when no table lists procedures."""
    return of_word(read_word(data))


def of_word(file: WordFile) -> Imported:
    paragraphs = [block.text for block in file.blocks if isinstance(block, Paragraph)]
    head = "\n".join([*_cells(file)[:40], *paragraphs[:40]])
    number = _NUMBER.search(head)
    day = words.date_of(head) if "ngày" in head else None
    decision = f"Quyết định số {number[1]}" if number else "Quyết định công bố thủ tục hành chính"
    drafts: list[Draft] = []
    heading = ""
    for block in file.blocks:
        if isinstance(block, Paragraph):
            heading = block.text if re.search(r"lĩnh vực|cấp (?:xã|tỉnh|huyện)", block.text, re.IGNORECASE) else heading
        else:
            drafts += _of_table(block, heading, decision, day, len(drafts))
    if not drafts:
        raise RefusedFileError(
            "Không thấy bảng có cột “Tên thủ tục hành chính”, cũng không thấy mục “Trình tự thực hiện”: "
            "chỉ đọc được bản “Chi tiết thủ tục hành chính” và bảng danh mục của quyết định công bố."
        )
    return Imported(tuple(drafts))


def _of_table(table: Table, heading: str, decision: str, day: str | None, before: int) -> Iterator[Draft]:
    columns, rows = _columns(table)
    if "name" not in columns:
        return
    field, number = _field_in(heading), before
    for row in rows:
        cells = {name: row[place] for name, place in columns.items() if place < len(row)}
        said = {cell for cell in row if not words.says_nothing(cell)}
        name = words.unbulleted(words.inline(cells.get("name", "")))
        if len(said) <= 2 and len([cell for cell in said if not re.fullmatch(r"[\dIVX.]+", cell)]) == 1:
            title = next(cell for cell in said if not re.fullmatch(r"[\dIVX.]+", cell))
            if len(columns) > 2:
                field = _field_in(title) or _GROUP.sub("", words.inline(title)).capitalize()
                continue
        if words.says_nothing(name) or _column(name) == "name":
            continue
        number += 1
        yield _draft(cells, field, heading, decision, day, f"dòng “{name[:60]}”")


def _draft(cells: dict[str, str], field: str, heading: str, decision: str, day: str | None, place: str) -> Draft:
    drafting = Drafting(place)
    code = re.search(r"\d\.\d{6}", cells.get("code", "") or cells.get("name", ""))
    drafting.read("code", code[0] if code else None)
    portal.put_name(drafting, words.unbulleted(re.sub(r"\(?\d\.\d{6}[^)]*\)?", "", words.inline(cells["name"]))))
    portal.put_text(drafting, "field", cells.get("field"))
    if "field" not in drafting.content:
        drafting.guess("field", field, field, "lấy theo tiêu đề nhóm")
    portal.put_text(drafting, "level", cells.get("level"))
    level = re.search(r"cấp (xã|tỉnh|huyện)", heading, re.IGNORECASE)
    if "level" not in drafting.content and level:
        drafting.guess("level", f"Cấp {level[1].lower()}", heading, "lấy theo tiêu đề bảng")
    portal.put_text(drafting, "authority", cells.get("authority"))
    portal.put_place(drafting, cells.get("place", ""), cells.get("authority", ""))
    if not words.says_nothing(cells.get("time")):
        portal.put_time(drafting, cells["time"])
    _put_ways(drafting, cells)
    laws = re.split(r"[;\n]", words.clean(cells.get("laws", "")))
    portal.put_laws(drafting, [portal.Law(law, words.unbulleted(law)) for law in laws if re.search(r"\d+/\d{4}", law)])
    if "legal_basis" in drafting.content:
        drafting.doubt("legal_basis", cells["laws"], "tách từ một ô của bảng")
    drafting.read("sources", [decision])
    if day:
        drafting.guess("as_of", day, day, "ngày của quyết định: ghi ngày thật sự đối chiếu")
    drafting.guess("verification_note", f"Nhập từ bảng của {decision}; chưa đối chiếu.", decision)
    return drafting.finish()


def _put_ways(drafting: Drafting, cells: dict[str, str]) -> None:
    marked = [name for key, name in _CHANNELS.items() if words.folded(cells.get(key, "")) not in {"", "khong", "0"}]
    text = cells.get("way", "") if not marked else ""
    said = "\n".join([text, cells.get("place", "")])
    named = marked or [name for name in _CHANNELS.values() if words.folded(name) in words.folded(said)]
    fees = tuple(fees_of(cells.get("fees", "")))
    portal.put_ways(drafting, [portal.Way(name, "", fees) for name in named or [""]])
    if named and not marked:
        drafting.doubt("channels", said.strip(), "tìm thấy trong câu chữ")
    if "fees" in drafting.content:
        drafting.doubt("fees", cells["fees"], "lấy từ một ô của bảng")


def _columns(table: Table) -> tuple[dict[str, int], Sequence[tuple[str, ...]]]:
    """The header is the row among the first ones that names most columns; headers are often merged over two rows."""
    best: dict[str, int] = {}
    below = 0
    for number, row in enumerate(table.rows[:_HEADER_ROWS]):
        found: dict[str, int] = {}
        for place, cell in enumerate(row):
            if name := _column(cell):
                found.setdefault(name, place)
        if len(found) >= max(len(best), 1) and "name" in found:
            best, below = found, number + 1
    return best, table.rows[below:]


def _column(cell: str) -> str | None:
    text = words.folded(cell)
    if len(text) > 80:
        return None
    return next((name for name, starts in _COLUMNS.items() if text.startswith(starts)), None)


def _field_in(text: str) -> str:
    found = re.search(r"lĩnh vực\s*:?\s*([^;:.()\n]{3,80})", text, re.IGNORECASE)
    return words.inline(found[1]).capitalize() if found else ""


def _cells(file: WordFile) -> list[str]:
    return [cell for block in file.blocks if isinstance(block, Table) for row in block.rows for cell in row if cell]
