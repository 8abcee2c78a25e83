"""The portal's Word export as drafts: what is read, what is guessed, what stays empty."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from bot.domain.errors import RefusedFileError
from knowledge.exchange.drafts import Draft, problems
from knowledge.exchange.portal_docx import read_portal_docx
from tests.exchange import word_files as word

NO_FEE = [{"amount_vnd": None, "text": "Chưa có thông tin về phí, lệ phí", "when": None}]


def only(data: bytes) -> Draft:
    [draft] = read_portal_docx(data).drafts
    return draft


def fees(*cells: str) -> Draft:
    names = ("Trực tiếp", "Trực tuyến", "Dịch vụ bưu chính")
    return only(word.portal_file(ways=[(name, "5 Ngày", cell, "") for name, cell in zip(names, cells, strict=False)]))


def test_every_section_of_the_export_is_read() -> None:
    draft = only(word.portal_file())
    expected = {
        "code": "1.234567",
        "name": "Thủ tục cấp phép nuôi chim cút",
        "level": "Cấp Xã",
        "field": "Chăn nuôi",
        "steps": ["Nộp đơn.", "Nhận kết quả."],
        "channels": ["trực tiếp"],
        "processing_time": {"text": "05 ngày làm việc", "working_days": 5},
        "fees": [{"amount_vnd": 30000, "text": "Phí 30.000 đồng", "when": None}],
        "audience": ["Công dân Việt Nam", "Cán bộ, công chức", "Tổ chức (không gồm doanh nghiệp, HTX)"],
        "authority": "Ủy ban nhân dân cấp xã",
        "result": "Giấy phép",
        "legal_basis": [{"number": "12/2020/NĐ-CP", "title": "Nghị định về chim cút", "date": "2020-02-05"}],
        "eligibility": ["Có chuồng", "Có chim"],
        "forms": [{"name": "Mau01.docx", "url": None}],
        "portal_url": "https://example.gov.vn/tthc?ma=1",
    }
    assert {name: draft.content[name] for name in expected} == expected
    assert {draft.marks[name].state for name in expected} == {"read"}
    assert problems(draft) == []


def test_what_the_export_does_not_say_is_marked_as_a_guess_or_as_empty() -> None:
    draft = only(word.portal_file())
    assert draft.id == "cap-phep-nuoi-chim-cut"
    assert draft.marks["short_name"].state == draft.marks["receiving_place"].state == "guessed"
    assert draft.marks["short_name"].source == "Thủ tục cấp phép nuôi chim cút"
    assert draft.content["receiving_place"] == "Ủy ban nhân dân cấp xã"
    assert {"changes", "effective_from", "common_questions", "cases"} <= set(draft.empty)
    assert draft.content["verified"] is False
    assert "receiving_place" in draft.content["unverified_fields"]


@pytest.mark.parametrize("cell", ["", "\n", "\u00a0", "Không có thông tin", "-", "Phí :  Đồng", "Phí :  Đồng ()"])
def test_an_empty_fee_is_unknown_and_never_free(cell: str) -> None:
    draft = fees(cell)
    assert draft.content["fees"] == NO_FEE
    assert draft.marks["fees"].state == "empty"
    assert "fees" in draft.content["unverified_fields"]


@pytest.mark.parametrize("cell", ["Không", "Không có", "Phí : 0 Đồng", "Phí :  Đồng (Không)"])
def test_a_bare_no_is_a_guess_that_somebody_must_confirm(cell: str) -> None:
    draft = fees(cell)
    assert draft.content["fees"][0]["amount_vnd"] == 0
    assert draft.marks["fees"].state == "guessed"
    assert draft.marks["fees.0.amount_vnd"].source == " ".join(cell.split())
    assert "xác nhận" in draft.marks["fees.0.amount_vnd"].note


@pytest.mark.parametrize(
    ("cell", "amount", "text", "state"),
    [
        ("Phí :  Đồng (Chưa quy định.)", None, "Chưa quy định.", "read"),
        ("Lệ phí : 50.000 Đồng (Cấp mới: 50.000 đồng/lần)", 50000, "Cấp mới: 50.000 đồng/lần", "read"),
        ("Lệ phí : 50000 Đồng", 50000, "Lệ phí 50.000 đồng", "read"),
        ("Lệ phí : 50.000 Đồng (mỗi bản)", 50000, "50.000 đồng: mỗi bản", "read"),
        ("Từ 5.000 đồng đến 20.000 đồng", None, "Từ 5.000 đồng đến 20.000 đồng", "read"),
        ("Thu không quá 20.000 đồng", None, "Thu không quá 20.000 đồng", "read"),
        ("10.000 đồng/trường hợp", 10000, "10.000 đồng/trường hợp", "guessed"),
        ("Phí :  Đồng (Theo quy định; hộ nghèo miễn phí)", None, "Theo quy định; hộ nghèo miễn phí", "read"),
        ("Miễn lệ phí", 0, "Miễn lệ phí", "guessed"),
    ],
)  # fmt: skip
def test_fees_are_taken_as_they_are_written(cell: str, amount: int | None, text: str, state: str) -> None:
    draft = fees(cell)
    assert draft.content["fees"] == [{"amount_vnd": amount, "text": text, "when": None}]
    assert draft.marks["fees"].state == state


def test_fees_that_differ_by_way_say_when_they_apply() -> None:
    draft = fees("Phí : 20.000 Đồng", "Phí : 10.000 Đồng", "Phí : 20.000 Đồng\nPhí : 8.000 Đồng (mỗi bản sao)")
    assert [(fee["amount_vnd"], fee["when"]) for fee in draft.content["fees"]] == [
        (20000, "nộp trực tiếp hoặc nộp qua bưu chính"),
        (10000, "nộp trực tuyến"),
        (8000, "nộp qua bưu chính"),
    ]


def test_several_rows_of_one_way_and_other_times_are_all_kept() -> None:
    ways = [("Trực tiếp", "5 Ngày làm việc", "", ""), ("Trực tiếp", "10 Ngày", "", ""), ("Trực tuyến", "3 Giờ", "", "")]
    draft = only(word.portal_file(ways=ways))
    text = "5 ngày làm việc (nộp trực tiếp); 10 ngày (nộp trực tiếp); 3 giờ (nộp trực tuyến)"
    assert draft.content["processing_time"] == {"text": text, "working_days": None}
    assert draft.marks["processing_time"].state == "guessed"
    assert draft.content["channels"] == ["trực tiếp", "trực tuyến"]


def test_a_time_named_only_in_the_description_is_a_guess() -> None:
    draft = only(word.portal_file(ways=[("Trực tiếp", "", "", "Trong 07 ngày làm việc kể từ ngày nhận đủ hồ sơ")]))
    assert draft.content["processing_time"]["working_days"] == 7
    assert draft.marks["processing_time"].state == "guessed"


def test_groups_of_papers_become_conditions() -> None:
    papers = [
        ("Bao gồm", [("Đơn", "", word.ONE_ORIGINAL)]),
        ("+ Trường hợp nuôi trên 100 con", [("Sơ đồ chuồng", "", "Bản chính: 0\nBản sao: 2")]),
        ("Đối với hộ nghèo", [("Giấy chứng nhận hộ nghèo", "", "Bản chính: 1\nBản sao: 1")]),
        ("Giấy tờ phải xuất trình:", [("Thẻ căn cước", "", word.ONE_ORIGINAL)]),
    ]
    found = only(word.portal_file(papers=papers)).content["documents"]
    assert [(one["name"], one["original_or_copy"], one["quantity"], one["when"]) for one in found] == [
        ("Đơn", "bản chính", 1, None),
        ("Sơ đồ chuồng", "bản sao", 2, "nuôi trên 100 con"),
        ("Giấy chứng nhận hộ nghèo", "bản chính và bản sao", 1, "hộ nghèo"),
        ("Thẻ căn cước", "xuất trình bản chính", 1, None),
    ]


def test_conditions_inside_the_name_of_a_paper_are_guesses_with_their_source() -> None:
    name = "Trường hợp chim nhập khẩu thì phải có giấy kiểm dịch"
    draft = only(word.portal_file(papers=[("", [(name, "", word.ONE_ORIGINAL)])]))
    [paper] = draft.content["documents"]
    assert (paper["name"], paper["when"]) == ("Giấy kiểm dịch", "chim nhập khẩu")
    assert draft.marks["documents.0.when"].source == name


def test_notes_among_the_papers_are_left_out_and_shown_beside_the_field() -> None:
    rows = [("Đơn", "", word.ONE_ORIGINAL), ("Lưu ý: người nộp giữ biên nhận", "", "Bản chính: 0\nBản sao: 0")]
    draft = only(word.portal_file(papers=[("Bao gồm", rows)]))
    assert [paper["name"] for paper in draft.content["documents"]] == ["Đơn"]
    assert draft.marks["documents"].source == "Lưu ý: người nộp giữ biên nhận"


def test_a_paper_without_copies_is_kept_without_a_number() -> None:
    rows = [("Đơn", "", word.ONE_ORIGINAL), ("Giấy khám bệnh", "", "Bản chính: 0\nBản sao: 0")]
    draft = only(word.portal_file(papers=[("Bao gồm", rows)]))
    assert draft.content["documents"][1]["quantity"] is None
    assert draft.marks["documents.1.quantity"].state == "guessed"


def test_steps_without_numbers_are_a_line_each_and_guessed() -> None:
    steps = ("+ Nộp đơn.", "+ Xã kiểm tra như sau:", "* Xem chuồng;", "* Đếm chim.", "+ Trả kết quả.")
    draft = only(word.portal_file(steps=steps))
    assert draft.content["steps"] == ["Nộp đơn.", "Xã kiểm tra như sau:\nXem chuồng;\nĐếm chim.", "Trả kết quả."]
    assert draft.marks["steps"].state == "guessed"


def test_steps_on_one_line_are_split_at_their_numbers() -> None:
    draft = only(word.portal_file(steps=("- Bước 1: Nộp đơn; - Bước 2: Chờ. Bước 3. Nhận.",)))
    assert draft.content["steps"] == ["Nộp đơn;", "Chờ.", "Nhận."]


def test_decomposed_letters_and_odd_spaces_are_mended() -> None:
    text = unicodedata.normalize("NFD", "Kết quả thực hiện: Giấy\u00a0phép\u200b nuôi")
    draft = only(word.portal_file(tail=(text,)))
    assert unicodedata.is_normalized("NFC", draft.content["result"])
    spaced = only(word.portal_file(head=("Mã thủ tục: 1.234567", "Tên thủ tục: Cấp\u00a0 phép\u200b")))
    assert spaced.content["name"] == "Cấp phép"


def test_sections_in_another_order_and_headings_with_numbers_are_found() -> None:
    data = word.word_file(
        word.paragraph("1. Căn cứ pháp lý"),
        word.table(("Trích yếu", "Số ký hiệu"), ("Luật chim", "1/2020/QH14")),
        word.paragraph("2. THÀNH PHẦN HỒ SƠ:"),
        word.table(("Số lượng", "Tên giấy tờ"), ("Bản chính: 2\nBản sao: 0", "Đơn")),
        word.paragraph("3. Cách thức thực hiện:"),
        word.table(("Phí, lệ phí", "Hình thức nộp"), ("Không thu lệ phí", "Qua bưu điện")),
        word.paragraph("4. Tên thủ tục: Cấp phép"),
    )
    content = only(data).content
    assert content["legal_basis"][0]["number"] == "1/2020/QH14"
    assert content["documents"][0]["quantity"] == 2
    assert content["channels"] == ["bưu chính"]
    assert content["name"] == "Cấp phép"


def test_a_file_without_tables_gives_what_its_words_give() -> None:
    data = word.word_file(
        word.paragraph("Tên thủ tục: Cấp phép"),
        word.paragraph("Trình tự thực hiện: Nộp đơn."),
        word.paragraph("Cách thức thực hiện: Nộp trực tiếp tại xã"),
        word.paragraph("Thời hạn giải quyết: 03 ngày làm việc"),
        word.paragraph("Lệ phí: Không"),
        word.paragraph("Thành phần hồ sơ: Đơn đề nghị"),
    )
    draft = only(data)
    assert draft.content["channels"] == ["trực tiếp"]
    assert draft.content["processing_time"]["working_days"] == 3
    assert draft.marks["fees"].state == "guessed"
    assert [paper["name"] for paper in draft.content["documents"]] == ["Đơn đề nghị"]
    assert "Căn cứ pháp lý" not in [one.label for one in problems(draft)]
    assert "Kết quả" in [one.label for one in problems(draft)]


def test_merged_cells_missing_grids_and_a_table_of_headings_are_read() -> None:
    def merged(document: Any) -> None:
        made = document.add_table(rows=3, cols=4)
        for row, texts in zip(
            made.rows, (word.WAYS, ("Trực tiếp", "5 Ngày", "Không", ""), ("Trực tuyến", "", "", "")), strict=True
        ):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        made.cell(1, 1).merge(made.cell(2, 1))
        made.cell(1, 2).merge(made.cell(2, 2))
        made._tbl.remove(made._tbl.tblGrid)

    data = word.word_file(
        word.table(("Mã thủ tục", "1.234567"), ("Tên thủ tục", "Cấp phép"), ("Lĩnh vực", "Chăn nuôi")),
        word.paragraph("Cách thức thực hiện:"),
        merged,
    )
    draft = only(data)
    assert (draft.content["code"], draft.content["field"]) == ("1.234567", "Chăn nuôi")
    assert draft.content["channels"] == ["trực tiếp", "trực tuyến"]
    assert draft.content["processing_time"]["text"] == "5 ngày"


def test_lists_content_controls_and_tracked_changes_are_read_as_they_are_shown() -> None:
    def inside(document: Any) -> None:
        space = nsdecls("w")
        document.element.body.insert(0, parse_xml(
            f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>Tên thủ tục: Cấp </w:t></w:r>"
            "<w:ins><w:r><w:t>phép</w:t></w:r></w:ins><w:del><w:r><w:delText>bằng</w:delText></w:r></w:del>"
            "</w:p></w:sdtContent></w:sdt>"
        ))  # fmt: skip

    assert only(word.word_file(inside, word.paragraph("Trình tự thực hiện: Nộp."))).content["name"] == "Cấp phép"


def test_several_procedures_of_one_file_are_kept_apart() -> None:
    parts = [
        part
        for name in ("A", "B")
        for part in (
            word.paragraph("Chi tiết thủ tục hành chính"),
            word.paragraph(f"Mã thủ tục: 1.00000{ord(name) - 64}"),
            word.paragraph(f"Tên thủ tục: Cấp phép {name}"),
        )
    ]
    assert [draft.content["code"] for draft in read_portal_docx(word.word_file(*parts)).drafts] == [
        "1.000001",
        "1.000002",
    ]


def test_a_text_longer_than_a_record_takes_is_cut_at_sentences() -> None:
    draft = only(word.portal_file(steps=("Bước 1: " + "Xã xem hồ sơ. " * 600,)))
    assert len(draft.content["steps"]) > 1
    assert all(len(step) <= 4000 and step.endswith(".") for step in draft.content["steps"])
    assert problems(draft) == []


def test_the_same_law_twice_and_a_law_without_a_title_are_one_and_a_guess() -> None:
    laws = [("\t23/2015/NĐ-CP", "", "16-02-2015", ""), ("Nghị định 23/2015/NĐ-CP", "", "", "")]
    draft = only(word.portal_file(laws=laws))
    assert draft.content["legal_basis"] == [
        {"number": "23/2015/NĐ-CP", "title": "Nghị định 23/2015/NĐ-CP", "date": "2015-02-16"}
    ]
    assert draft.marks["legal_basis.0.title"].state == "guessed"


def test_a_word_file_about_something_else_is_refused_with_what_was_missing() -> None:
    with pytest.raises(RefusedFileError, match="Tên thủ tục"):
        read_portal_docx(word.word_file(word.paragraph("Kính gửi ông bà")))
