"""Procedures as Word, in the structure of the portal's "Chi tiết thủ tục hành chính"; what only we know follows it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Pt

from knowledge.exchange.drafts import Content
from knowledge.exchange.labels import FIELDS
from knowledge.exchange.words import clean, dong

TITLE = "Chi tiết thủ tục hành chính"
OWN_TITLE = "Thông tin của đơn vị"
_NOTHING = "Không có thông tin"
_WAYS = {"trực tiếp": "Trực tiếp", "trực tuyến": "Trực tuyến", "bưu chính": "Dịch vụ bưu chính"}
_COPIES = {"bản chính": (1, 0), "bản sao": (0, 1)}


def write_portal_docx(records: Mapping[str, Content]) -> bytes:
    """Valid procedures by id, each on pages of its own."""
    document = Document()
    font = document.styles["Normal"].font
    font.name, font.size = "Times New Roman", Pt(13)
    document.styles["Normal"].element.rPr.rFonts.set(qn("w:eastAsia"), "Times New Roman")
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    for number, (record_id, record) in enumerate(records.items()):
        if number:
            document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _write(document, record_id, record)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _write(document: Any, record_id: str, record: Content) -> None:
    _title(document, TITLE)
    _line(document, "Mã thủ tục", record["code"])
    _line(document, "Tên thủ tục", record["name"])
    _line(document, "Cấp thực hiện", record["level"])
    _line(document, "Lĩnh vực", record["field"])
    _lines(document, "Trình tự thực hiện", [f"Bước {at}: {step}" for at, step in enumerate(record["steps"], 1)])
    _line(document, "Cách thức thực hiện", "")
    fees = "\n".join(_fee(fee) for fee in record["fees"])
    time = record["processing_time"]["text"]
    ways = [(_WAYS[channel], time, fees, "") for channel in record["channels"]]
    _table(document, ("Hình thức nộp", "Thời hạn giải quyết", "Phí, lệ phí", "Mô tả"), ways)
    _line(document, "Thành phần hồ sơ", "")
    for when, papers in _groups(record["documents"]):
        _plain(document, f"Trường hợp {when}" if when else "Bao gồm")
        rows = [(paper["name"], "", _copies(paper), paper["note"] or "") for paper in papers]
        _table(document, ("Tên giấy tờ", "Mẫu đơn, tờ khai", "Số lượng", "Ghi chú"), rows)
    _line(document, "Đối tượng thực hiện", _enumeration(record["audience"]))
    _line(document, "Cơ quan thực hiện", record["authority"])
    _line(document, "Địa chỉ tiếp nhận HS", record["receiving_place"])
    _line(document, "Kết quả thực hiện", record["result"])
    _line(document, "Căn cứ pháp lý", "")
    laws = [(law["number"], law["title"], _day(law["date"], "-"), "") for law in record["legal_basis"]]
    _table(document, ("Số ký hiệu", "Trích yếu", "Ngày ban hành", "Cơ quan ban hành"), laws)
    _lines(document, "Yêu cầu, điều kiện thực hiện", [f"- {text}" for text in record["eligibility"]])
    if record["portal_url"]:
        _line(document, "Để xem chi tiết thủ tục hành chính, vui lòng truy cập link sau", record["portal_url"])
    _write_own(document, record_id, record)


def _write_own(document: Any, record_id: str, record: Content) -> None:
    _title(document, OWN_TITLE)
    _line(document, "Mã trong hệ thống", record_id)
    _line(document, FIELDS["short_name"], record["short_name"])
    _line(document, "Số ngày làm việc để tính hẹn", record["processing_time"]["working_days"])
    for name in ("changes", "verification_note"):
        _line(document, FIELDS[name], record[name])
    for name in ("effective_from", "as_of", "check_again_by"):
        _line(document, FIELDS[name], _day(record[name], "/"))
    _line(document, FIELDS["verified"], "có" if record["verified"] else "chưa")
    doubtful = ["tất cả" if name == "*" else FIELDS[name] for name in record["unverified_fields"]]
    _line(document, FIELDS["unverified_fields"], "; ".join(doubtful))
    _lines(document, FIELDS["sources"], [f"- {source}" for source in record["sources"]])
    _line(document, "Mẫu đơn, tờ khai", "")
    _table(document, ("Tên mẫu", "Địa chỉ tải"), [(form["name"], form["url"] or "") for form in record["forms"]])
    _line(document, FIELDS["common_questions"], "")
    questions = [(one["question"], one["answer"]) for one in record["common_questions"]]
    _table(document, ("Câu hỏi", "Câu trả lời"), questions)
    _line(document, FIELDS["cases"], "")
    cases = [(one["when"], one["note"], "\n".join(one["related"])) for one in record["cases"]]
    _table(document, ("Khi nào", "Điều cần biết", "Thủ tục liên quan"), cases)
    _line(document, FIELDS["citizen_phrases"], "")
    _table(document, ("Câu hỏi của người dân",), [(phrase,) for phrase in record["citizen_phrases"]])


def _fee(fee: dict[str, Any]) -> str:
    kind = "Lệ phí" if "lệ phí" in fee["text"].lower() else "Phí"
    amount = "" if fee["amount_vnd"] is None else dong(fee["amount_vnd"]).removesuffix(" đồng")
    when = f" [khi {fee['when']}]" if fee["when"] else ""
    return f"{kind} : {amount} Đồng ({fee['text']}){when}"


def _groups(papers: Sequence[dict[str, Any]]) -> list[tuple[str | None, list[dict[str, Any]]]]:
    """Papers of the same condition that follow one another."""
    groups: list[tuple[str | None, list[dict[str, Any]]]] = []
    for paper in papers:
        if groups and groups[-1][0] == paper["when"]:
            groups[-1][1].append(paper)
        else:
            groups.append((paper["when"], [paper]))
    return groups


def _copies(paper: dict[str, Any]) -> str:
    kind, quantity = paper["original_or_copy"], paper["quantity"]
    if kind in _COPIES and quantity:
        original, copy = _COPIES[kind]
        return f"Bản chính: {original * quantity}\nBản sao: {copy * quantity}"
    if kind is None and quantity is None:
        return ""
    return f"{kind or 'Số lượng'}: {'' if quantity is None else quantity}"


def _enumeration(items: Sequence[str]) -> str:
    if any("," in item or item[:1].islower() for item in items):
        return "; ".join(items) + (";" if len(items) == 1 else "")
    return ", ".join(items)


def _day(value: str | None, between: str) -> str:
    return f"{date.fromisoformat(value):%d{between}%m{between}%Y}" if value else ""


def _title(document: Any, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_before = Pt(12)
    run = paragraph.add_run(text)
    run.bold, run.font.size = True, Pt(14)


def _line(document: Any, heading: str, text: object) -> None:
    paragraph = document.add_paragraph()
    paragraph.add_run(f"{heading}: ").bold = True
    paragraph.add_run(_NOTHING if text is None else clean(text))


def _lines(document: Any, heading: str, texts: Sequence[str]) -> None:
    _line(document, heading, "" if texts else None)
    for text in texts:
        _plain(document, text)


def _plain(document: Any, text: str) -> None:
    document.add_paragraph(clean(text))


def _table(document: Any, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=len(rows) + 1, cols=len(header), style=document.styles["Table Grid"])
    for place, column in enumerate(table.columns):
        first, *below = column.cells
        first.paragraphs[0].add_run(header[place]).bold = True
        for cell, row in zip(below, rows, strict=True):
            cell.text = clean(row[place])
