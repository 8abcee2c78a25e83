"""The editor's form: what goes into it comes out of it, to the letter, for every shipped procedure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from bot.domain.records import Procedure
from bot.web.console.records.fields import Input, Rows, items
from bot.web.console.records.form import Typed, changed_rows, neutral, pick, problems, read, shown, warnings

TODAY = date(2026, 11, 23)


def inputs(content: dict[str, Any], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The fields a browser sends for a form that shows the content."""
    for item in items("procedure"):
        if isinstance(item, Rows):
            for place, row in enumerate(content[item.name]):
                for part in item.parts:
                    path = f"{item.name}.{place}" + (f".{part.name}" if part.name else "")
                    yield path, shown(part, row[part.name] if part.name else row, names)
        else:
            yield from of_input(item, pick(content, item.name), names)


def of_input(item: Input, value: Any, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    if item.kind in {"channels", "doubts"}:
        yield from ((item.name, one) for one in value)
    elif item.kind != "yes":
        yield item.name, shown(item, value, names).replace("\n", "\r\n")
    elif value:
        yield item.name, "1"


def test_every_shipped_procedure_passes_through_the_form_unchanged(sample_procedures: dict[str, Procedure]) -> None:
    names = {name: one.short_name for name, one in sample_procedures.items()}
    for name, record in sample_procedures.items():
        content = record.model_dump(mode="json")
        typed = read("procedure", inputs(content, names), content, names)
        assert typed.content == content, name
        assert problems("procedure", typed.content, typed.places) == {}


@pytest.fixture
def content(sample_procedures: dict[str, Procedure]) -> dict[str, Any]:
    return sample_procedures["dang-ky-khai-sinh"].model_dump(mode="json")


def typed(content: dict[str, Any], **changes: str) -> Typed:
    given = dict(inputs(content, {})) | {name.replace("__", "."): value for name, value in changes.items()}
    channels = [("channels", one) for one in content["channels"]]
    fields = [(name, value) for name, value in given.items() if name != "channels"]
    return read("procedure", [*fields, *channels], content, {})


def test_an_empty_row_is_dropped_and_what_is_wrong_is_named_where_it_stands(content: dict[str, Any]) -> None:
    empty = {f"documents__0__{name}": "" for name in ("name", "original_or_copy", "quantity", "when", "note")}
    found = typed(content, **empty, documents__2__quantity="vài")
    assert found.content["documents"] == [
        one | ({"quantity": "vài"} if place == 2 else {}) for place, one in enumerate(content["documents"]) if place
    ]
    assert problems("procedure", found.content, found.places) == {
        "documents.2.quantity": "Ghi một số, ví dụ 2. Không có thì để trống."
    }


@pytest.mark.parametrize(
    ("money", "kept"), [("50.000", 50_000), ("50,000 đồng", 50_000), ("0", 0), ("", None), ("vài chục", "vài chục")]
)
def test_money_is_read_as_people_write_it(content: dict[str, Any], money: str, kept: object) -> None:
    assert typed(content, fees__0__amount_vnd=money).content["fees"][0]["amount_vnd"] == kept


def test_letters_of_another_unicode_form_are_taken_for_what_they_are(content: dict[str, Any]) -> None:
    assert typed(content, result=unicodedata.normalize("NFD", "Giấy khai sinh")).content["result"] == "Giấy khai sinh"


def test_a_sum_that_differs_from_its_sentence_is_pointed_out(content: dict[str, Any]) -> None:
    found = warnings("procedure", typed(content, fees__2__amount_vnd="80.000"), TODAY)
    assert found == {"fees.2.amount_vnd": "Câu ghi 8.000 đồng nhưng số tiền là 80.000 đồng. Xem lại cho khớp."}


def test_rows_move_and_the_ends_stay(content: dict[str, Any]) -> None:
    found = typed(content)
    steps = content["steps"]
    for operation, expected in (
        ("down:steps:0", [steps[1], steps[0], *steps[2:]]), ("up:steps:0", steps), ("remove:steps:0", steps[1:]),
        ("add:steps", [*steps, ""]),
    ):  # fmt: skip
        done = changed_rows(found, operation, "procedure")
        assert done is not None
        assert done[1] == expected
    for operation in ("remove:steps:99", "add:name", "burn:everything", ""):
        assert changed_rows(found, operation, "procedure") is None


def test_a_new_procedure_lacks_what_only_its_editor_knows() -> None:
    missing = problems("procedure", neutral("Mượn sách", "Mượn sách", TODAY))
    assert {"field", "result", "receiving_place", "citizen_phrases", "sources"} <= set(missing)
    assert not {"short_name", "name", "fees", "documents", "as_of"} & set(missing)
