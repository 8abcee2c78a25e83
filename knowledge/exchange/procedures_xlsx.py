"""Many procedures in one Excel workbook: the template, its export and its import. One row a procedure on the first
sheet; papers, fees, steps and the like are rows of their own on the other sheets, led by the procedure's id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from bot import limits
from bot.domain.errors import RefusedFileError
from knowledge.exchange import words
from knowledge.exchange.drafts import Content, Drafting, Imported, Problem, Progress, slug
from knowledge.exchange.labels import FIELDS
from knowledge.exchange.sheets import LINE_BREAK, Column, Row, Sheet, Workbooks, joined, write_workbook
from knowledge.normalise import fold

_ID = Column(
    "id", "Mã trong hệ thống", "Chữ thường không dấu, gạch nối; để trống thì máy tự đặt theo tên gọi ngắn.", 28
)
_YES_NO = ("Có", "Không")
_WAYS = {"direct": "trực tiếp", "online": "trực tuyến", "post": "bưu chính"}

MAIN = "Thủ tục"
MAIN_COLUMNS = (
    _ID,
    Column("code", FIELDS["code"], "Dạng 1.001193; để trống nếu chưa có.", 12),
    Column("name", FIELDS["name"], "Tên đầy đủ như quyết định công bố.", 44, required=True),
    Column("short_name", FIELDS["short_name"], "Tên người dân hay gọi.", 28, required=True),
    Column("field", FIELDS["field"], "Ví dụ: Hộ tịch.", 18, required=True),
    Column("audience", FIELDS["audience"], "Mỗi dòng một đối tượng (Alt+Enter để xuống dòng).", 28, required=True),
    Column("level", FIELDS["level"], "Ví dụ: Cấp xã.", 16, required=True),
    Column("authority", FIELDS["authority"], "", 32, required=True),
    Column("receiving_place", FIELDS["receiving_place"], "Nơi người dân nộp hồ sơ.", 36, required=True),
    Column("time", "Thời hạn giải quyết", "Ví dụ: 03 ngày làm việc.", 28, required=True),
    Column("working_days", "Số ngày làm việc", "Chỉ ghi khi thời hạn tính bằng ngày làm việc.", 12),
    Column("direct", "Nộp trực tiếp", "", 12, _YES_NO),
    Column("online", "Nộp trực tuyến", "", 12, _YES_NO),
    Column("post", "Nộp qua bưu chính", "", 12, _YES_NO),
    Column("result", FIELDS["result"], "Người dân nhận được gì.", 32, required=True),
    Column("changes", FIELDS["changes"], "", 32),
    Column("effective_from", FIELDS["effective_from"], "", 14, is_date=True),
    Column("sources", FIELDS["sources"], "Mỗi dòng một nguồn đã đọc.", 36, required=True),
    Column("portal_url", FIELDS["portal_url"], "Bắt đầu bằng https://", 28),
    Column("verified", FIELDS["verified"], "", 12, _YES_NO),
    Column("unverified_fields", FIELDS["unverified_fields"], "Mỗi dòng tên một phần; “tất cả” cho cả thủ tục.", 24),
    Column("verification_note", FIELDS["verification_note"], "", 32, required=True),
    Column("as_of", FIELDS["as_of"], "", 14, is_date=True, required=True),
    Column("check_again_by", FIELDS["check_again_by"], "", 14, is_date=True),
)  # fmt: skip
_OWNER = Column("id", "Mã trong hệ thống", "Mã ở bảng Thủ tục; hoặc mã thủ tục, hoặc tên. Trống: như dòng trên.", 28)
PARTS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "steps": ("Các bước", (Column("text", "Nội dung bước", "Mỗi dòng một bước, theo thứ tự.", 90, required=True),)),
    "documents": (
        "Giấy tờ",
        (
            Column("name", "Tên giấy tờ", "", 60, required=True),
            Column("original_or_copy", "Loại bản", "Ví dụ: bản chính, bản sao, xuất trình.", 22),
            Column("quantity", "Số lượng", "", 10),
            Column("note", "Ghi chú", "", 40),
            Column("when", "Khi nào cần", "Trống: luôn cần.", 40),
        ),
    ),
    "forms": ("Mẫu đơn", (Column("name", "Tên mẫu", "", 60, required=True), Column("url", "Địa chỉ tải", "", 40))),
    "fees": (
        "Phí, lệ phí",
        (
            Column("text", "Nội dung", "Câu trả lời cho người dân, ví dụ: 20.000 đồng mỗi lần.", 60, required=True),
            Column(
                "amount_vnd", "Số tiền (đồng)", "0 nếu miễn phí. Chưa biết thì để trống: không phải là miễn phí.", 16
            ),
            Column("when", "Khi nào áp dụng", "Trống: luôn áp dụng.", 44),
        ),
    ),
    "legal_basis": (
        "Căn cứ pháp lý",
        (
            Column("number", "Số, ký hiệu", "Ví dụ: 123/2015/NĐ-CP.", 24, required=True),
            Column("title", "Tên văn bản", "", 70, required=True),
            Column("date", "Ngày ban hành", "", 14, is_date=True),
        ),
    ),
    "eligibility": ("Điều kiện", (Column("text", "Nội dung điều kiện", "", 90, required=True),)),
    "common_questions": (
        "Câu hỏi",
        (Column("question", "Câu hỏi", "", 50, required=True), Column("answer", "Câu trả lời", "", 70, required=True)),
    ),
    "cases": (
        "Trường hợp",
        (
            Column("when", "Khi nào", "", 44, required=True),
            Column("note", "Điều cần biết", "", 60, required=True),
            Column("related", "Thủ tục liên quan", "Mỗi dòng mã trong hệ thống của một thủ tục.", 28),
        ),
    ),
    "citizen_phrases": ("Cách hỏi", (Column("text", "Câu người dân hay hỏi", "", 70, required=True),)),
}
_PLAIN = ("name", "short_name", "field", "level", "authority", "receiving_place", "result", "changes", "portal_url",
          "verification_note")  # fmt: skip
_INSTRUCTIONS = f"""Mẫu nhập thủ tục hành chính
1. Bảng “{MAIN}”: mỗi dòng một thủ tục. Cột có dấu * cần điền; thiếu thì vẫn nhập được vào bản nháp và được nhắc.
2. Các bảng còn lại: mỗi dòng một giấy tờ, một khoản phí, một bước… Cột đầu ghi mã của thủ tục; trống là như dòng trên.
3. Chưa biết mức phí thì để trống cột số tiền, ghi rõ ở cột nội dung. Không ghi 0: số 0 nghĩa là miễn phí.
4. Thủ tục không có dòng phí nào được hiểu là chưa có thông tin về phí, không phải là miễn phí.
5. Ngày ghi dạng 20/11/2026. Nhiều mục trong một ô: mỗi mục một dòng (Alt+Enter). Không đổi tên các bảng và tiêu đề.
6. Dấu {LINE_BREAK} trong một ô là chỗ xuống dòng bên trong một mục.
7. Tệp chỉ được nhập thành bản nháp. Hệ thống cho xem từng thay đổi trước; người khác duyệt rồi mới công bố.
8. Dòng có lỗi được nêu kèm ô, ví dụ “{MAIN}!C7”. Không dùng macro, không đặt mật khẩu cho tệp.""".split("\n")


def read_xlsx(data: bytes, progress: Progress | None = None) -> Imported:
    """Raises RefusedFileError."""
    book = Workbooks(data)
    if MAIN not in book:
        raise RefusedFileError(f"Không thấy bảng “{MAIN}”: dùng tệp mẫu, không đổi tên các bảng.")
    problems: list[Problem] = []
    draftings: dict[str, Drafting] = {}
    names: dict[str, str] = {}
    for row in book.rows(MAIN, MAIN_COLUMNS, problems):
        record_id = row.text("id") or slug(row.text("short_name") or row.text("name"))
        if not record_id:
            problems.append(Problem(row.place("name"), "thiếu tên thủ tục: dòng này bị bỏ qua"))
        elif record_id in draftings:
            problems.append(Problem(row.place("id"), f"mã “{record_id}” đã có ở dòng trên: dòng này bị bỏ qua"))
        elif len(draftings) == limits.UPLOAD_PROCEDURES:
            problems.append(
                Problem(row.place("id"), f"mỗi tệp tối đa {limits.UPLOAD_PROCEDURES} thủ tục: chia nhỏ tệp")
            )
            break
        else:
            draftings[record_id] = _main(row, problems)
            for key in (record_id, row.text("code"), row.text("name"), row.text("short_name")):
                names.setdefault(fold(key), record_id)
    for sheets, field in enumerate(PARTS, 1):
        _put_part(book, field, draftings, names, problems)
        if progress:
            progress(len(draftings) * sheets // (len(PARTS) + 1), len(draftings))
    drafts = [drafting.finish(record_id, own=True) for record_id, drafting in draftings.items()]
    if progress:
        progress(len(drafts), len(drafts))
    return Imported(tuple(drafts), tuple(problems))


def write_xlsx(records: Mapping[str, Content]) -> bytes:
    """Valid procedures by id; the empty template when there are none."""
    sheets = [Sheet(MAIN, MAIN_COLUMNS, [_main_row(record_id, record) for record_id, record in records.items()])]
    for field, (title, columns) in PARTS.items():
        rows = [
            (record_id, *_part_row(item, columns)) for record_id, record in records.items() for item in record[field]
        ]
        sheets.append(Sheet(title, (_OWNER, *columns), rows))
    return write_workbook(_INSTRUCTIONS, sheets)


def _main(row: Row, problems: list[Problem]) -> Drafting:
    drafting = Drafting(row.place("name"))
    code = row.text("code")
    if code and not re.fullmatch(r"\d\.\d{6}", code):
        problems.append(Problem(row.place("code"), f"mã “{code}” không đúng dạng 1.001193 (đặt ô ở dạng chữ)"))
    else:
        drafting.read("code", code)
    for name in _PLAIN:
        drafting.read(name, row.text(name))
    for name in ("audience", "sources"):
        drafting.read(name, row.lines(name))
    for name in ("effective_from", "as_of", "check_again_by"):
        drafting.read(name, _date(row, name, problems))
    if row.text("time"):
        days = _whole(row, "working_days", problems)
        drafting.read("processing_time", {"text": row.text("time"), "working_days": days})
    drafting.read("channels", [way for key, way in _WAYS.items() if _yes(row, key, problems)])
    drafting.read("verified", _yes(row, "verified", problems))
    by_label = {words.folded(text): name for name, text in FIELDS.items()} | {"tat ca": "*"}
    doubtful = []
    for line in row.lines("unverified_fields"):
        if part := by_label.get(words.folded(line)):
            doubtful.append(part)
        else:
            problems.append(Problem(row.place("unverified_fields"), f"không có phần nào tên “{line}”"))
    drafting.read("unverified_fields", doubtful)
    return drafting


def _put_part(
    book: Workbooks, field: str, draftings: Mapping[str, Drafting], names: Mapping[str, str], problems: list[Problem]
) -> None:
    title, columns = PARTS[field]
    found: dict[str, list[Any]] = {}
    guesses: list[tuple[str, str, str, str]] = []
    owner = ""
    for row in book.rows(title, (_OWNER, *columns), problems):
        owner = row.text("id") or owner
        record_id = names.get(fold(owner))
        if record_id is None:
            text = f"không có thủ tục “{owner}” ở bảng {MAIN}" if owner else "thiếu mã thủ tục"
            problems.append(Problem(row.place("id"), text))
            continue
        missing = [column for column in columns if column.required and not row.text(column.key)]
        if field == "fees" and missing:
            missing = [] if row.text("amount_vnd") else missing
        if missing:
            if set(row.cells) - {"id"}:
                problems.append(Problem(row.place(missing[0].key), f"thiếu “{missing[0].title}”: dòng này bị bỏ qua"))
            continue
        items = found.setdefault(record_id, [])
        item, guess = _item(field, row, problems)
        if guess:
            guesses.append((record_id, f"fees.{len(items)}.amount_vnd", *guess))
        items.append(item)
    for record_id, items in found.items():
        draftings[record_id].read(field, items)
    for record_id, path, source, note in guesses:
        draftings[record_id].doubt(path, source, note)


def _item(field: str, row: Row, problems: list[Problem]) -> tuple[Any, tuple[str, str] | None]:
    """One item of a list, and what was guessed of it."""
    if field in {"steps", "eligibility", "citizen_phrases"}:
        return row.text("text"), None
    if field == "fees":
        return _fee(row, problems)
    item: Content = {column.key: row.text(column.key) or None for column in PARTS[field][1]}
    if field == "documents":
        item["quantity"] = _whole(row, "quantity", problems)
    elif field == "legal_basis":
        item["date"] = _date(row, "date", problems)
    elif field == "cases":
        item["related"] = row.lines("related")
    return item, None


def _fee(row: Row, problems: list[Problem]) -> tuple[Content, tuple[str, str] | None]:
    said, text = row.text("amount_vnd"), row.text("text")
    amount, guess = words.amount_of(said) if said else None, None
    if said and amount is None:
        if words.is_bare_no(said) or words.says_free(said):
            amount, guess = 0, (said, "hiểu là miễn phí: xác nhận, hay chưa có thông tin")
        elif words.amounts_in(said) or re.search(r"\d", said):
            text = text or said
            guess = (said, "không phải một số tiền: để trống số tiền")
        else:
            problems.append(Problem(row.place("amount_vnd"), f"“{said}” không phải số tiền: ghi số, hoặc để trống"))
    if not text:
        text = "Không thu phí, lệ phí" if amount == 0 else words.dong(amount or 0)
    return {"amount_vnd": amount, "text": text, "when": row.text("when") or None}, guess


def _date(row: Row, key: str, problems: list[Problem]) -> str | None:
    found = words.date_of(row.cells.get(key))
    if found is None and row.text(key):
        problems.append(Problem(row.place(key), f"“{row.text(key)}” không phải ngày: ghi dạng 20/11/2026"))
    return found


def _whole(row: Row, key: str, problems: list[Problem]) -> int | None:
    text = row.text(key)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,4}", text):
        problems.append(Problem(row.place(key), f"“{text}” không phải số nguyên: ghi số, hoặc để trống"))
        return None
    return int(text)


def _yes(row: Row, key: str, problems: list[Problem]) -> bool:
    text = words.folded(row.text(key))
    if text in {"co", "x", "yes", "1", "true", "dung"}:
        return True
    if text and text not in {"khong", "no", "0", "false", "sai", "chua"}:
        problems.append(Problem(row.place(key), f"“{row.text(key)}”: ghi Có hoặc Không"))
    return False


def _main_row(record_id: str, record: Content) -> list[Any]:
    values: dict[str, Any] = {
        **{name: record[name] for name in _PLAIN},
        "id": record_id,
        "code": record["code"],
        "time": record["processing_time"]["text"],
        "working_days": record["processing_time"]["working_days"],
        "audience": joined(record["audience"]),
        "sources": joined(record["sources"]),
        "verified": "Có" if record["verified"] else "Không",
        "unverified_fields": joined(["tất cả" if one == "*" else FIELDS[one] for one in record["unverified_fields"]]),
        **{key: "Có" if way in record["channels"] else "Không" for key, way in _WAYS.items()},
        **{name: _day(record[name]) for name in ("effective_from", "as_of", "check_again_by")},
    }
    return [values[column.key] for column in MAIN_COLUMNS]


def _part_row(item: Any, columns: tuple[Column, ...]) -> list[Any]:
    if isinstance(item, str):
        return [item]
    values = {**item, "related": joined(item.get("related", ())), "date": _day(item.get("date"))}
    return [values[column.key] for column in columns]


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
