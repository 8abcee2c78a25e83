"""The directory of a unit in one Excel workbook: positions, phones, opening hours, holidays."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import phonenumbers
from pydantic import ValidationError

from bot.domain.errors import RefusedFileError
from bot.domain.records import Absence, Contact, Holiday, OpeningHours, Position, Unit
from knowledge.exchange import words
from knowledge.exchange.drafts import Content, Problem, slug
from knowledge.exchange.sheets import Column, Row, Sheet, Workbooks, joined, write_workbook

WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_KINDS = {"phone": "Điện thoại", "email": "Email", "website": "Trang web"}
_DAYS = {"day_off": "Nghỉ", "working": "Làm bù"}
_YES_NO = ("Có", "Không")

POSITIONS = (
    "Chức danh",
    (
        Column("id", "Mã", "Chữ thường không dấu, gạch nối; để trống thì máy tự đặt.", 24),
        Column("title", "Chức danh", "Ví dụ: Công chức tư pháp – hộ tịch.", 40, required=True),
        Column("department", "Bộ phận", "", 32),
        Column("aliases", "Tên gọi khác", "Mỗi dòng một tên người dân hay gọi.", 32),
        Column("matters", "Việc phụ trách", "Mỗi dòng một việc.", 40),
        Column("note", "Ghi chú", "", 32),
        Column("holder", "Người giữ chức danh", "Không bắt buộc; chỉ ghi khi đơn vị đồng ý nêu tên.", 28),
    ),
)
CONTACTS = (
    "Liên hệ",
    (
        Column("position", "Mã chức danh", "Mã hoặc tên ở bảng Chức danh. Trống: như dòng trên.", 28),
        Column("kind", "Loại", "", 14, tuple(_KINDS.values())),
        Column("value", "Số hoặc địa chỉ", "Đặt ô ở dạng chữ để giữ số 0 ở đầu.", 28, required=True),
        Column("label", "Tên hiển thị", "", 28),
        Column("hours", "Giờ gọi được", "", 28),
        Column("note", "Ghi chú", "", 32),
    ),
)
ABSENCES = (
    "Vắng mặt",
    (
        Column("position", "Mã chức danh", "Mã hoặc tên ở bảng Chức danh.", 28, required=True),
        Column("first", "Từ ngày", "", 14, is_date=True, required=True),
        Column("last", "Đến hết ngày", "", 14, is_date=True, required=True),
        Column("deputy", "Người thay", "Mã hoặc tên chức danh của người thay.", 28),
        Column("note", "Lý do nói với dân", "", 32),
    ),
)
HOURS = (
    "Giờ làm việc",
    (
        Column("weekday", "Thứ", "", 14, WEEKDAYS, required=True),
        Column("opens", "Mở cửa", "Ví dụ 07:30.", 12, required=True),
        Column("closes", "Đóng cửa", "Ví dụ 11:30.", 12, required=True),
    ),
)
HOLIDAYS = (
    "Ngày nghỉ",
    (
        Column("date", "Ngày", "", 14, is_date=True, required=True),
        Column("name", "Tên", "Ví dụ: Quốc khánh.", 36, required=True),
        Column("kind", "Nghỉ hay làm bù", "", 16, tuple(_DAYS.values())),
        Column("confirmed", "Đã có thông báo chính thức", "Chưa thì ghi Không: ngày này chỉ được nhắc.", 18, _YES_NO),
        Column("source", "Nguồn", "", 40),
    ),
)
_INSTRUCTIONS = """Danh bạ, giờ làm việc và ngày nghỉ của đơn vị
1. Bảng “Chức danh”: mỗi dòng một chức danh hoặc bộ phận. Số điện thoại thuộc về chức danh, không thuộc về người.
2. Bảng “Liên hệ”: mỗi dòng một số điện thoại, email hoặc trang web. Mọi số được kiểm tra: số sai bị nêu kèm ô.
3. Bảng “Giờ làm việc”: mỗi buổi một dòng. Bảng “Ngày nghỉ”: ngày nghỉ và ngày làm bù.
4. Bảng “Vắng mặt”: mỗi lần vắng một dòng; trong những ngày đó trợ lý đưa số của người thay.
5. Bảng để trống hoàn toàn thì phần đó của đơn vị giữ nguyên. Nội dung nhập vào thành bản nháp để duyệt.""".split("\n")


def read_directory_xlsx(data: bytes, unit: Unit) -> tuple[Content, tuple[Problem, ...]]:
    """The unit in its JSON form with what the workbook says put over it; a sheet without rows leaves its part alone.
    Every problem names its cell, and its row is left out. Raises RefusedFileError."""
    book = Workbooks(data)
    sheets = (POSITIONS, CONTACTS, ABSENCES, HOURS, HOLIDAYS)
    if not any(title in book for title, _ in sheets):
        raise RefusedFileError("Không thấy bảng “Chức danh”, “Liên hệ”, “Giờ làm việc” hay “Ngày nghỉ”: dùng tệp mẫu.")
    problems: list[Problem] = []
    content = unit.model_dump(mode="json")
    positions = _positions(book, problems) or {position["id"]: position for position in content["positions"]}
    if contacts := _contacts(book, positions, problems):
        positions = {name: {**one, "contacts": contacts.get(name, [])} for name, one in positions.items()}
    else:
        known = {position["id"]: position["contacts"] for position in content["positions"]}
        positions = {name: {**one, "contacts": known.get(name, [])} for name, one in positions.items()}
    known = {position["id"]: position.get("absences", []) for position in content["positions"]}
    absences = _absences(book, positions, problems) or known
    content["positions"] = [{**one, "absences": absences.get(name, [])} for name, one in positions.items()]
    if hours := [one for row in book.rows(*HOURS, problems) if (one := _kept(_opening, row, problems))]:
        content["hours"] = hours
    if holidays := [one for row in book.rows(*HOLIDAYS, problems) if (one := _kept(_holiday, row, problems))]:
        content["holidays"] = holidays
    return Unit.model_validate(content).model_dump(mode="json"), tuple(problems)


def write_directory_xlsx(unit: Unit) -> bytes:
    """The directory of a unit; the template when it has none."""
    positions = [
        (one.id, one.title, one.department, joined(one.aliases), joined(one.matters), one.note, one.holder)
        for one in unit.positions
    ]
    contacts = [
        (one.id, _KINDS[contact.kind], contact.value, contact.label, contact.hours, contact.note)
        for one in unit.positions
        for contact in one.contacts
    ]
    absences = [
        (one.id, absence.first, absence.last, absence.deputy, absence.note)
        for one in unit.positions
        for absence in one.absences
    ]
    hours = [(WEEKDAYS[one.weekday], f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in unit.hours or ()]
    holidays = [
        (one.date, one.name, _DAYS[one.kind], "Có" if one.confirmed else "Không", one.source) for one in unit.holidays
    ]
    sheets = [
        Sheet(*POSITIONS, positions),
        Sheet(*CONTACTS, contacts),
        Sheet(*ABSENCES, absences),
        Sheet(*HOURS, hours),
        Sheet(*HOLIDAYS, holidays),
    ]
    return write_workbook(_INSTRUCTIONS, sheets)


def _positions(book: Workbooks, problems: list[Problem]) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for row in book.rows(*POSITIONS, problems):
        position = _kept(_position, row, problems)
        if position is None:
            continue
        if position["id"] in found:
            problems.append(Problem(row.place("id"), f"mã “{position['id']}” đã có ở dòng trên: dòng này bị bỏ qua"))
        else:
            found[position["id"]] = position
    return found


def _contacts(book: Workbooks, positions: dict[str, Content], problems: list[Problem]) -> dict[str, list[Content]]:
    names = {words.folded(text): name for name, one in positions.items() for text in (one["title"], name)}
    found: dict[str, list[Content]] = {}
    owner = ""
    for row in book.rows(*CONTACTS, problems):
        owner = row.text("position") or owner
        name = names.get(words.folded(owner))
        if name is None:
            text = f"không có chức danh “{owner}”" if owner else "thiếu mã chức danh"
            problems.append(Problem(row.place("position"), f"{text}: dòng này bị bỏ qua"))
        elif contact := _kept(_contact, row, problems):
            found.setdefault(name, []).append(contact)
    return found


def _absences(book: Workbooks, positions: dict[str, Content], problems: list[Problem]) -> dict[str, list[Content]]:
    names = {words.folded(text): name for name, one in positions.items() for text in (one["title"], name)}

    def read(row: Row) -> Content:
        deputy = row.text("deputy")
        if deputy and words.folded(deputy) not in names:
            raise _CellError("deputy", f"không có chức danh “{deputy}”")
        first, last = (_date(row, key) for key in ("first", "last"))
        if last < first:
            raise _CellError("last", "ngày cuối phải không trước ngày đầu")
        return Absence(
            first=first, last=last, deputy=names.get(words.folded(deputy)), note=row.text("note") or None
        ).model_dump(mode="json")

    found: dict[str, list[Content]] = {}
    for row in book.rows(*ABSENCES, problems):
        name = names.get(words.folded(row.text("position")))
        if name is None:
            problems.append(
                Problem(row.place("position"), f"không có chức danh “{row.text('position')}”: dòng này bị bỏ qua")
            )
        elif absence := _kept(read, row, problems):
            found.setdefault(name, []).append(absence)
    return found


class _CellError(ValueError):
    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


def _kept(read: Callable[[Row], Content], row: Row, problems: list[Problem]) -> Content | None:
    """What a row says, or None with the problem at its cell."""
    try:
        return read(row)
    except _CellError as error:
        problems.append(Problem(row.place(error.key), f"{error}: dòng này bị bỏ qua"))
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        problems.append(Problem(row.place(key), "nội dung quá dài hoặc sai dạng: dòng này bị bỏ qua"))
    return None


def _position(row: Row) -> Content:
    title = _needed(row, "title", "tên chức danh")
    own = row.text("id") or slug(title)
    return Position.model_validate(
        {
            "id": own,
            "title": title,
            "department": row.text("department") or None,
            "aliases": row.lines("aliases"),
            "matters": row.lines("matters"),
            "note": row.text("note") or None,
            "holder": row.text("holder") or None,
        }
    ).model_dump(mode="json")


def _contact(row: Row) -> Content:
    value = _needed(row, "value", "số hoặc địa chỉ")
    kind = _choice(row, "kind", _KINDS, "phone")
    if kind == "phone":
        value = checked_phone(value)
    elif kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise _CellError("value", f"“{value}” không phải địa chỉ email")
    elif kind == "website" and not re.fullmatch(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?", value):
        raise _CellError("value", f"“{value}” không phải địa chỉ trang web")
    rest = {name: row.text(name) or None for name in ("label", "hours", "note")}
    return Contact.model_validate({"kind": kind, "value": value, **rest}).model_dump(mode="json")


def checked_phone(text: str) -> str:
    """The number as it was written when it can be called from Việt Nam. Raises a ValueError that says why not."""
    digits = re.sub(r"\D", "", text)
    if 3 <= len(digits) <= 5 and digits.startswith("1"):
        return text  # 113, 1022
    if digits.startswith(("1800", "1900")) and 8 <= len(digits) <= 10:
        return text
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException as error:
        raise _CellError("value", f"“{text}” không phải số điện thoại") from error
    if not digits.startswith(("0", "84")):
        raise _CellError("value", f"“{text}” thiếu số 0 ở đầu: đặt ô ở dạng chữ")
    if not phonenumbers.is_possible_number(number):
        raise _CellError("value", f"“{text}” không phải số điện thoại gọi được ở Việt Nam")
    return text


def _opening(row: Row) -> Content:
    day = words.folded(_needed(row, "weekday", "thứ"))
    names = {words.folded(name): number for number, name in enumerate(WEEKDAYS)}
    names |= {f"thu {number + 2}": number for number in range(6)} | {"cn": 6}
    if day not in names:
        raise _CellError("weekday", f"“{row.text('weekday')}” không phải một thứ trong tuần")
    opens, closes = _time(row, "opens", "giờ mở cửa"), _time(row, "closes", "giờ đóng cửa")
    if closes <= opens:
        raise _CellError("closes", "giờ đóng cửa phải sau giờ mở cửa")
    return OpeningHours(weekday=names[day], opens=opens, closes=closes).model_dump(mode="json")


def _date(row: Row, key: str) -> date:
    day = words.date_of(row.cells.get(key))
    if day is None:
        raise _CellError(key, f"“{row.text(key)}” không phải ngày: ghi dạng 02/09/2026")
    return date.fromisoformat(day)


def _holiday(row: Row) -> Content:
    day = _date(row, "date")
    confirmed = _choice(row, "confirmed", {"yes": "Có", "no": "Không"}, "yes") == "yes"
    return Holiday(
        date=day,
        name=_needed(row, "name", "tên ngày nghỉ"),
        kind="working" if _choice(row, "kind", _DAYS, "day_off") == "working" else "day_off",
        confirmed=confirmed,
        source=row.text("source") or None,
    ).model_dump(mode="json")


def _needed(row: Row, key: str, name: str) -> str:
    if text := row.text(key):
        return text
    raise _CellError(key, f"thiếu {name}")


def _choice(row: Row, key: str, choices: dict[str, str], usual: str) -> str:
    text = words.folded(row.text(key))
    found = next((name for name, shown in choices.items() if words.folded(shown) == text), None)
    if found is None and text:
        raise _CellError(key, f"“{row.text(key)}”: chọn {' hoặc '.join(choices.values())}")
    return found or usual


def _time(row: Row, key: str, name: str) -> time:
    value: Any = row.cells.get(key)
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    found = re.fullmatch(r"(\d{1,2})\s*(?:[:hg.]\s*(\d{2})?)?\s*(?:giờ)?", _needed(row, key, name).lower())
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise _CellError(key, f"“{row.text(key)}” không phải giờ: ghi dạng 07:30")
    return time(int(found[1]), int(found[2] or 0))
