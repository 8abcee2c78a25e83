"""What is exported and imported again is the same record, in every format; importing twice changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.forms import address_of
from bot.domain.records import Procedure
from knowledge.exchange import reading
from knowledge.exchange.differences import differences
from knowledge.exchange.portal_json import read_portal_json
from knowledge.exchange.reading import Format, previews, read_any, write
from tests.exchange.word_files import portal_file, portal_object

FORMATS: tuple[Format, ...] = ("yaml", "xlsx", "docx", "json")
Records = dict[str, dict[str, Any]]


@pytest.mark.parametrize("kind", FORMATS)
def test_all_shipped_procedures_come_back_unchanged(kind: Format, records: Records) -> None:
    found = read_any(write(kind, records))
    assert found.problems == ()
    assert {draft.id: differences(records[draft.id], draft.content) for draft in found.drafts} == {
        name: [] for name in records
    }
    assert {draft.id: draft.content for draft in found.drafts} == records


@pytest.mark.parametrize("kind", FORMATS)
def test_rare_values_come_back_unchanged(kind: Format, records: Records) -> None:
    rare = {
        **records["dang-ky-khai-sinh"],
        "code": None,
        "audience": ["Tổ chức, doanh nghiệp"],
        "documents": [
            {"name": "Đơn (mẫu: 1)", "original_or_copy": None, "quantity": None, "note": None, "when": None},
            {"name": "Thẻ", "original_or_copy": "xuất trình", "quantity": None, "note": "Mang theo", "when": "đi thay"},
            {"name": "Ảnh 3x4", "original_or_copy": None, "quantity": 2, "note": None, "when": "đi thay"},
            {"name": "Sổ", "original_or_copy": "bản sao", "quantity": 3, "note": None, "when": None},
        ],
        "fees": [
            {"amount_vnd": None, "text": "Hỏi (tại quầy)", "when": "đăng ký (quá hạn)"},
            {"amount_vnd": 12500, "text": "12.500 đồng/bản", "when": None},
        ],
        "forms": [
            {"name": "Mẫu 1", "url": "https://example.gov.vn/mau.doc"},
            {"name": "Mẫu 2", "url": address_of("a" * 64, "mau-2", "docx")},
        ],
        "legal_basis": [{"number": "1/2020/QH14", "title": "Luật A, B: C", "date": None}],
        "channels": ["trực tuyến"],
        "eligibility": [],
        "unverified_fields": ["*"],
        "effective_from": "2027-01-01",
        "check_again_by": "2027-06-30",
        "portal_url": "https://example.gov.vn/1",
    }
    record = Procedure.model_validate(rare).model_dump(mode="json")
    [draft] = read_any(write(kind, {"rare": record}), "rare").drafts
    assert differences(record, draft.content) == []
    assert draft.content == record


@pytest.mark.parametrize("kind", FORMATS)
def test_importing_what_is_already_there_shows_no_change(kind: Format, records: Records) -> None:
    few = {name: records[name] for name in list(records)[:5]}
    assert [(one.is_new, one.changes, one.missing) for one in previews(read_any(write(kind, few)), few)] == [
        (False, (), ())
    ] * 5


def test_importing_a_foreign_file_twice_changes_nothing_the_second_time(records: Records) -> None:
    data = portal_file(head=("Mã thủ tục: 1.001193", "Tên thủ tục: Thủ tục đăng ký khai sinh", "Cấp thực hiện: Cấp Xã"))
    [first] = previews(read_any(data), records)
    assert (first.record_id, first.is_new) == ("dang-ky-khai-sinh", False)
    assert first.changes
    [second] = previews(read_any(data), {**records, first.record_id: first.content})
    assert second.changes == ()


def test_a_foreign_file_leaves_alone_what_it_does_not_say_and_what_an_editor_wrote(records: Records) -> None:
    old = records["dang-ky-khai-sinh"]
    data = portal_file(
        head=("Mã thủ tục: 1.001193", "Tên thủ tục: Thủ tục đăng ký khai sinh"), ways=[("Trực tiếp", "5 Ngày", "", "")]
    )
    [preview] = previews(read_any(data), records)
    kept = ("short_name", "citizen_phrases", "common_questions", "cases", "changes", "fees", "level", "verified")
    assert {name: preview.content[name] for name in kept} == {name: old[name] for name in kept}
    assert preview.content["result"] == "Giấy phép"


def test_a_foreign_file_that_names_a_form_leaves_the_editors_file_with_it() -> None:
    existing = previews(read_portal_json(json.dumps(portal_object()).encode()), {})[0].content
    file = address_of("a" * 64, "don", "pdf")
    records = {"nuoi-chim": {**existing, "forms": [{"name": "A.doc", "url": file}]}}
    [again] = previews(read_portal_json(json.dumps(portal_object()).encode()), records)
    assert again.content["forms"] == [{"name": "a.doc", "url": file}]


def test_a_new_procedure_is_previewed_with_all_that_it_lacks(records: Records) -> None:
    [preview] = previews(read_any(portal_file(tail=())), {})
    assert preview.is_new
    assert {change.before for change in preview.changes} == {None}


def test_the_media_type_of_every_format_is_known() -> None:
    assert set(reading.MEDIA_TYPES) == set(FORMATS)
