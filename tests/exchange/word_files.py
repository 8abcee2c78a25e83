"""Word and JSON files in the portal's structure, written afresh for the tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from docx import Document

Rows = Sequence[Sequence[str]]
WAYS = ("Hình thức nộp", "Thời hạn giải quyết", "Phí, lệ phí", "Mô tả")
PAPERS = ("Tên giấy tờ", "Mẫu đơn, tờ khai", "Số lượng")
LAWS = ("Số ký hiệu", "Trích yếu", "Ngày ban hành", "Cơ quan ban hành")
ONE_ORIGINAL = "\nBản chính: 1\nBản sao: 0"


def paragraph(text: str) -> Callable[[Any], None]:
    def write(document: Any) -> None:
        document.add_paragraph(text)

    return write


def table(header: Sequence[str], *rows: Sequence[str]) -> Callable[[Any], None]:
    def write(document: Any) -> None:
        made = document.add_table(rows=0, cols=len(header))
        for row in (header, *rows):
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = text

    return write


def word_file(*parts: Callable[[Any], None]) -> bytes:
    document = Document()
    for part in parts:
        part(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def portal_file(
    *,
    head: Sequence[str] = (
        "Mã thủ tục: 1.234567",
        "Tên thủ tục: Thủ tục cấp phép nuôi chim cút",
        "Cấp thực hiện: Cấp Xã",
    ),
    steps: Sequence[str] = ("Bước 1: Nộp đơn.", "Bước 2: Nhận kết quả."),
    ways: Rows = (("\nTrực tiếp", "\n05 Ngày làm việc", "\nPhí : 30.000 Đồng", ""),),
    papers: Sequence[tuple[str, Rows]] = (("Bao gồm", (("\nĐơn đề nghị", "\nMau01.docx", ONE_ORIGINAL),)),),
    laws: Rows = (("\n12/2020/NĐ-CP", "\nNghị định về chim cút", "\n05-02-2020", "\nChính phủ"),),
    tail: Sequence[str] = ("Yêu cầu, điều kiện thực hiện: - Có chuồng\n- Có chim",),
) -> bytes:
    """The export of an invented procedure, in the portal's order and wording."""
    return word_file(
        paragraph("Chi tiết thủ tục hành chính"),
        *map(paragraph, head),
        paragraph("Lĩnh vực: Chăn nuôi"),
        paragraph("Trình tự thực hiện: "),
        paragraph(""),
        *map(paragraph, steps),
        paragraph("Cách thức thực hiện: "),
        table(WAYS, *ways),
        paragraph("Thành phần hồ sơ: "),
        *(part for group, rows in papers for part in (paragraph(group), table(PAPERS, *rows))),
        paragraph("Đối tượng thực hiện: Công dân Việt Nam, Cán bộ, công chức, Tổ chức (không gồm doanh nghiệp, HTX)"),
        paragraph("Cơ quan thực hiện: Ủy ban nhân dân cấp xã"),
        paragraph("Cơ quan có thẩm quyền: Không có thông tin"),
        paragraph("Địa chỉ tiếp nhận HS: Không có thông tin"),
        paragraph("Kết quả thực hiện: Giấy phép"),
        paragraph("Căn cứ pháp lý: "),
        table(LAWS, *laws),
        *map(paragraph, tail),
        paragraph("Từ khóa: Không có thông tin"),
        paragraph("Để xem chi tiết thủ tục hành chính, vui lòng truy cập link sau: https://example.gov.vn/tthc?ma=1"),
    )


def rewritten(data: bytes, change: Callable[[str], str], part: str = "word/document.xml") -> bytes:
    """The file with the XML of one part changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content.decode()).encode() if name == part else content)
    return file.getvalue()


def portal_object(**changes: Any) -> dict[str, Any]:
    """The portal's JSON details of an invented procedure."""
    found: dict[str, Any] = {
        "code": "1.234567",
        "source_id": "0000",
        "name": "Thủ tục cấp phép nuôi chim cút",
        "category": {"code": "G00", "name": "Chăn nuôi"},
        "executing_agency": "Ủy ban nhân dân cấp xã",
        "subject_types": ["Công dân Việt Nam"],
        "results": ["Giấy phép"],
        "requirements": "",
        "channels": [
            {
                "method": "DIRECT",
                "fees": [{"type": "FEE", "value_vnd": 30000, "text": ""}],
                "processing": {"qty": 5, "unit": "WORKING_DAY"},
                "note": "",
            }
        ],
        "processing_cases": [],
        "legal_basis": [{"code": "12/2020/NĐ-CP", "name": "Nghị định số 12/2020/NĐ-CP ngày 05/02/2020 về chim cút"}],
        "steps_raw": [{"name": "", "text": "Bước 1: Nộp đơn.\n Bước 2: Nhận kết quả.\n"}],
        "checklist_raw": [
            {
                "group": "",
                "items": [
                    {"name": "- Đơn đề nghị", "original_qty": 1, "copy_qty": 0, "attachments": [{"fileName": "a.doc"}]}
                ],
            }
        ],
        "source": {"url": "https://example.gov.vn/1", "crawled_at": "2026-07-18T09:13:46Z"},
    }
    return {**found, **changes}
