"""Content files: what is wrong is named with file, field and mend; all shipped content is sound."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import limits
from bot.domain.errors import InvalidContentError
from bot.domain.records import Procedure, Unit
from knowledge import files

Changer = Callable[[dict[str, Any]], object]


@pytest.fixture
def content() -> dict[str, Any]:
    """A sound procedure, ready to be spoiled."""
    data = yaml.safe_load((files.PROCEDURES / "tach-ho.yaml").read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def save(folder: Path, name: str, data: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InvalidContentError) as caught:
        files.read_procedures(path)
    return caught.value.problems


def test_a_sound_file_is_read_under_its_own_name(tmp_path: Path, content: dict[str, Any]) -> None:
    records = files.read_procedures(save(tmp_path, "tach-ho-moi.yaml", content))
    assert list(records) == ["tach-ho-moi"]
    assert records["tach-ho-moi"].name == content["name"]


@pytest.mark.parametrize(
    ("change", "field", "mend"),
    [
        (lambda data: data.pop("fees"), "fees", "thêm trường này"),
        (lambda data: data.pop("verification_note"), "verification_note", "thêm trường này"),
        (lambda data: data.update(le_phi="5.000 đồng"), "le_phi", "bỏ trường này hoặc sửa lại tên"),
        (lambda data: data.update(name=123), "name", "ghi bằng chữ"),
        (lambda data: data.update(name="  "), "name", "ghi nội dung"),
        (lambda data: data.update(name="a" * 4_001), "name", "rút ngắn"),
        (lambda data: data.update(name="Ta\u0301ch hộ"), "name", "Unicode NFC"),
        (lambda data: data.update(code="1001193"), "code", r"^\d\.\d{6}$"),
        (lambda data: data.update(steps="nộp hồ sơ"), "steps", "ghi thành danh sách"),
        (lambda data: data.update(processing_time="7 ngày"), "processing_time", "ghi thành các trường con"),
        (lambda data: data["processing_time"].update(working_days="bảy"), "processing_time.working_days", "số nguyên"),
        (lambda data: data["processing_time"].update(working_days=-1), "processing_time.working_days", "nhỏ hơn 0"),
        (lambda data: data["documents"][0].pop("when"), "documents.1.when", "thêm trường này"),
        (lambda data: data["documents"][0].update(quantity=101), "documents.1.quantity", "lớn hơn 100"),
        (lambda data: data.update(channels=["trực tiếp", "fax"]), "channels.2", "dùng một trong các giá trị"),
        (lambda data: data.update(channels=[]), "channels", "ít nhất 1"),
        (lambda data: data.update(sources=[]), "sources", "ít nhất 1"),
        (lambda data: data.update(citizen_phrases=["a"] * 1_000), "citizen_phrases", "tối đa"),
        (lambda data: data.update(as_of="20/11/2026"), "as_of", "2026-11-20"),
        (lambda data: data.update(verified="có"), "verified", "true hoặc false"),
        (lambda data: data.update(portal_url="dichvucong"), "portal_url", "https?://"),
    ],
)
def test_a_fault_names_file_field_and_mend(
    tmp_path: Path, content: dict[str, Any], change: Changer, field: str, mend: str
) -> None:
    change(content)
    (problem,) = problems_of(save(tmp_path, "tach-ho.yaml", content))
    assert problem.startswith(f"tach-ho.yaml: {field}: ")
    assert mend in problem
    assert not re.search(r"\{\w+\}", problem.replace("{6}", "")), "a placeholder was left"


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path, content: dict[str, Any]) -> None:
    save(tmp_path, "dung.yaml", content)
    save(tmp_path, "sai-hai-cho.yaml", {**content, "name": 1, "result": None})
    save(tmp_path, "sai-mot-cho.yaml", {**content, "as_of": "hôm qua"})
    told = [problem.split(": ")[:2] for problem in problems_of(tmp_path)]
    assert told == [["sai-hai-cho.yaml", "name"], ["sai-hai-cho.yaml", "result"], ["sai-mot-cho.yaml", "as_of"]]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("name: Tách hộ\n\tcode: 1", "dòng 2"),
        ("name: Tách: hộ", "dòng 1"),
        ("name: 'Tách hộ", "YAML"),
        ("name: [một, hai", "YAML"),
        ("chỉ là một câu", "tên trường: giá trị"),
        ("- một\n- hai", "tên trường: giá trị"),
        ("", "tên trường: giá trị"),
        ("!!python/object/apply:os.system ['true']", "YAML"),
    ],
)
def test_a_file_that_is_no_yaml_record_names_the_line(tmp_path: Path, written: str, told: str) -> None:
    path = tmp_path / "hong.yaml"
    path.write_text(written, encoding="utf-8")
    (problem,) = problems_of(path)
    assert problem.startswith("hong.yaml: ")
    assert told in problem


def test_a_tab_is_named_as_a_likely_cause(tmp_path: Path) -> None:
    path = tmp_path / "tab.yaml"
    path.write_text("name: Tách hộ\nsteps:\n\t- nộp", encoding="utf-8")
    assert "dấu tab" in problems_of(path)[0]


def test_a_file_in_another_encoding_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "cu.yaml"
    path.write_bytes("name: Tách hộ".encode("utf-16"))
    assert problems_of(path) == ["cu.yaml: không phải chữ UTF-8: lưu lại tệp với bảng mã UTF-8"]


def test_an_oversized_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "to.yaml"
    path.write_bytes(b"#" * (limits.IMPORT_FILE_BYTES + 1))
    (problem,) = problems_of(path)
    assert "1000 kB" in problem


@pytest.mark.parametrize("name", ["Tách hộ.yaml", "tach_ho.yaml", "TachHo.yaml", "-tach.yaml", "tach--ho.yaml"])
def test_a_bad_file_name_is_named(tmp_path: Path, content: dict[str, Any], name: str) -> None:
    (problem,) = problems_of(save(tmp_path, name, content))
    assert problem.startswith(f"{name}: tên tệp: ")


def test_a_missing_path_and_an_empty_folder_are_told_apart(tmp_path: Path) -> None:
    assert "không có tệp hay thư mục này" in problems_of(tmp_path / "khong-co")[0]
    assert "không có tệp .yaml nào" in problems_of(tmp_path)[0]


def test_a_unit_must_carry_the_name_of_its_file(tmp_path: Path, sample_units: dict[str, Unit]) -> None:
    save(tmp_path, "xa-khac.yaml", sample_units["xa-tan-an"].model_dump(mode="json"))
    with pytest.raises(InvalidContentError, match=r"xa-khac\.yaml: id: .*xa-tan-an.*giống nhau"):
        files.read_units(tmp_path)


def test_all_shipped_content_loads() -> None:
    assert len(files.read_procedures(files.PROCEDURES)) >= 70
    assert {"xa-tan-an", "dong-nai", "viet-nam"} <= set(files.read_units(files.UNITS))
    assert len(files.read_search_texts().no_procedure) >= 100


def test_every_procedure_says_where_and_when_it_was_read(sample_procedures: dict[str, Procedure]) -> None:
    for record in sample_procedures.values():
        assert record.sources
        assert record.as_of
        assert record.verification_note


def test_every_unverified_field_is_a_field(sample_procedures: dict[str, Procedure]) -> None:
    named = {field for record in sample_procedures.values() for field in record.unverified_fields}
    assert named <= {*Procedure.model_fields, "*"}


def test_no_two_procedures_share_code_name_or_short_name(sample_procedures: dict[str, Procedure]) -> None:
    for field in ("code", "name", "short_name"):
        values = [value for record in sample_procedures.values() if (value := getattr(record, field))]
        assert len(values) == len(set(values)), field


def test_fees_are_written_in_full_dong(sample_procedures: dict[str, Procedure]) -> None:
    fees = [fee for record in sample_procedures.values() for fee in record.fees if fee.amount_vnd]
    assert [fee.text for fee in fees if f"{fee.amount_vnd:,}".replace(",", ".") not in fee.text] == []


def test_every_phone_of_the_sample_commune_is_obviously_a_sample(sample_units: dict[str, Unit]) -> None:
    commune = sample_units["xa-tan-an"]
    assert commune.sample
    assert commune.receiving_place is not None
    phones = [contact.value for position in commune.positions for contact in position.contacts]
    for phone in [*phones, commune.receiving_place.phone or ""]:
        assert re.fullmatch(r"0251 000 \d{4}", phone)
    assert len(phones) == len(set(phones))


def test_the_national_emergency_numbers_are_the_real_ones(sample_units: dict[str, Unit]) -> None:
    positions = {position.id: position for position in sample_units["viet-nam"].positions}
    for number, position in {"113": "canh-sat-113", "114": "cuu-hoa-114", "115": "cap-cuu-115"}.items():
        phone = positions[position].phone
        assert phone is not None
        assert phone.value == number
    assert positions["tre-em-111"].contacts[0].value == "111"
