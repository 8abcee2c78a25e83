"""A record as an editor types it: content into inputs, inputs into content, and what is to be mended."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from bot import limits
from bot.storage.editing import MODELS
from bot.web.console.records.fields import CHANNELS, DOUBTS, Input, Rows, items, rows_of
from knowledge.exchange.labels import FIELDS, label
from knowledge.exchange.words import amount_of, amounts_in, date_of, dong
from knowledge.files import mend
from knowledge.normalise import fold

Content = dict[str, Any]
_MENDS: Mapping[str, str] = {
    "money": "Ghi số tiền bằng đồng, ví dụ 50.000. Chưa biết thì để trống.",
    "number": "Ghi một số, ví dụ 2. Không có thì để trống.",
    "date": "Ghi ngày dạng 20/11/2026.",
    "url": "Ghi địa chỉ đầy đủ, bắt đầu bằng https://",
    "file": "Tải tệp lên, hoặc ghi địa chỉ đầy đủ bắt đầu bằng https://",
    "related": "Không có thủ tục này. Ghi đúng tên gọi ngắn, nhiều thủ tục thì cách nhau bằng dấu chấm phẩy.",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """`rows`: of each list as it stands in the form, empty rows too; `content`: what is kept, without them;
    `places`: where in the form the items kept stand."""

    content: Content
    rows: Mapping[str, list[Any]]
    places: Mapping[str, list[int]] = field(default_factory=dict)


def shown(item: Input, value: Any, names: Mapping[str, str]) -> str:
    """A value as it stands in its input. `names`: of procedures, by id."""
    if value is None:
        return ""
    if item.kind == "money" and isinstance(value, int):
        return dong(value).removesuffix(" đồng")
    if item.kind == "date":
        try:
            return f"{date.fromisoformat(str(value)):%d/%m/%Y}"
        except ValueError:
            return str(value)
    if item.kind == "related":
        return "; ".join(names.get(one, one) for one in value)
    if item.kind == "lines":
        return "\n".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)
    return str(value)


def pick(content: Mapping[str, Any], name: str) -> Any:
    """The value at a path such as `processing_time.text`."""
    head, _, rest = name.partition(".")
    value = content.get(head)
    if not rest:
        return value
    return value.get(rest) if isinstance(value, Mapping) else None


def read(kind: str, form: Iterable[tuple[str, str]], before: Mapping[str, Any], names: Mapping[str, str]) -> Typed:
    """What was typed. `before`: the draft as it was, for the order of what has none in the form. What is no number or
    date stays as it was typed, to be mended."""
    values: dict[str, list[str]] = {}
    for name, value in form:
        values.setdefault(name, []).append(_plain(value))
    ids = {fold(text): record_id for record_id, text in names.items()}
    content: Content = {}
    rows: dict[str, list[Any]] = {}
    places: dict[str, list[int]] = {}
    for item in items(kind):
        if isinstance(item, Rows):
            rows[item.name] = _typed_rows(item, values, ids)
            kept = [place for place, row in enumerate(rows[item.name]) if not _is_empty(row)]
            places[item.name] = kept
            content[item.name] = [rows[item.name][place] for place in kept]
            continue
        given = values.get(item.name, [])
        value = _value(item, given, before, ids)
        head, _, rest = item.name.partition(".")
        if rest:
            content.setdefault(head, {})[rest] = value
        else:
            content[head] = value
    return Typed(content, rows, places)


def changed_rows(typed: Typed, operation: str, kind: str) -> tuple[Rows, list[Any]] | None:
    """A list after `add:fees`, `remove:fees:1`, `up:fees:1`, `down:fees:1` or `clear:forms:1` (its file); None for
    anything else."""
    step, _, rest = operation.partition(":")
    name, _, number = rest.partition(":")
    spec = rows_of(kind, name)
    if spec is None:
        return None
    rows = list(typed.rows[name])
    if step == "add" and len(rows) < limits.RECORD_ROWS:
        rows.append({part.name: None for part in spec.parts} if spec.parts[0].name else "")
        return spec, rows
    place = int(number) if number.isascii() and number.isdigit() else -1
    if not 0 <= place < len(rows):
        return None
    if step == "remove":
        del rows[place]
    elif step == "clear" and spec.parts[0].name:
        rows[place] = {**rows[place], **{part.name: None for part in spec.parts if part.kind == "file"}}
    elif step in {"up", "down"}:
        other = place + (1 if step == "down" else -1)
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
    return spec, rows


def with_rows(typed: Typed, name: str, rows: list[Any]) -> Typed:
    """With these rows in place of a list's."""
    kept = [place for place, row in enumerate(rows) if not _is_empty(row)]
    content = {**typed.content, name: [rows[place] for place in kept]}
    return Typed(content, {**typed.rows, name: rows}, {**typed.places, name: kept})


def problems(kind: str, content: Mapping[str, Any], places: Mapping[str, list[int]] | None = None) -> dict[str, str]:
    """What must be mended before the content can be published, by path in the form; "" stands for the whole."""
    try:
        MODELS[kind].model_validate(content)
    except ValidationError as error:
        faults = error.errors()
    else:
        return {}
    specs = {item.name: item for item in items(kind)}
    found: dict[str, str] = {}
    for fault in faults:
        path = [str(part) for part in fault["loc"]]
        spec = specs.get(path[0]) if path else None
        part: Input | None = spec if isinstance(spec, Input) else specs.get(".".join(path))  # type: ignore[assignment]
        if isinstance(spec, Rows) and len(path) > 1:
            part = next((one for one in spec.parts if one.name == (path[2] if len(path) > 2 else "")), None)
            if places and path[0] in places:
                path[1] = str(places[path[0]][int(path[1])])
            path = path[:3]
        elif isinstance(spec, Input):
            path = path[:1]
        found.setdefault(".".join(path), _said(dict(fault), part))
    return found


def warnings(kind: str, typed: Typed, today: date) -> dict[str, str]:
    """What looks wrong and may be right, by path in the form."""
    found: dict[str, str] = {}
    for place, fee in enumerate(typed.rows.get("fees", [])):
        amount, named = fee.get("amount_vnd"), amounts_in(fee.get("text") or "")
        if isinstance(amount, int) and named and amount not in named:
            said = ", ".join(dong(one) for one in named)
            found[f"fees.{place}.amount_vnd"] = f"Câu ghi {said} nhưng số tiền là {dong(amount)}. Xem lại cho khớp."
    checked = date_of(typed.content.get("as_of") or "")
    if checked and checked > today.isoformat():
        found["as_of"] = "Ngày này ở sau hôm nay."
    again = date_of(typed.content.get("check_again_by") or "") if kind == "procedure" else None
    if again and again <= today.isoformat():
        found["check_again_by"] = "Ngày này đã qua: thủ tục bị tính là quá hạn kiểm tra ngay khi công bố."
    return found


def titles(kind: str, found: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(path, name of the field, text) in the order of the form, for the list above it."""
    order = [item.name.partition(".")[0] for item in items(kind)]
    listed = sorted(
        found, key=lambda path: order.index(path.partition(".")[0]) if path.partition(".")[0] in order else -1
    )
    own = {item.name: item.label for item in items(kind)}
    return [(path, own.get(path) or (label(path) if path else "Cả bản ghi"), found[path]) for path in listed]


def neutral(short_name: str, name: str, today: date) -> Content:
    """A new procedure with nothing in it yet."""
    several = {"lines", "channels", "doubts"}
    empty: Content = {
        one.name.partition(".")[0]: [] if isinstance(one, Rows) or one.kind in several else None
        for one in items("procedure")
    }
    return {
        **empty,
        "short_name": short_name, "name": name, "as_of": today.isoformat(), "verified": False,
        "unverified_fields": [], "channels": ["trực tiếp"], "level": "", "field": "", "authority": "",
        "receiving_place": "", "result": "", "verification_note": "",
        "processing_time": {"text": "", "working_days": None},
    }  # fmt: skip


def _typed_rows(spec: Rows, values: Mapping[str, list[str]], ids: Mapping[str, str]) -> list[Any]:
    """In the order in which they stand in the form, whatever their numbers."""
    order: list[str] = []
    for name in values:
        head, _, rest = name.partition(".")
        number = rest.partition(".")[0]
        if head == spec.name and number.isdigit() and number not in order:
            order.append(number)
    rows: list[Any] = []
    for number in order[: limits.RECORD_ROWS]:
        if spec.parts[0].name:
            row = {
                one.name: _value(one, values.get(f"{spec.name}.{number}.{one.name}", []), {}, ids) for one in spec.parts
            }
            rows.append(row)
        else:
            rows.append(_value(spec.parts[0], values.get(f"{spec.name}.{number}", []), {}, ids))
    return rows


def _value(item: Input, given: list[str], before: Mapping[str, Any], ids: Mapping[str, str]) -> Any:
    text = given[0] if given else ""
    match item.kind:
        case "lines":
            return [line for line in (one.strip() for one in text.split("\n")) if line]
        case "channels":
            return _ordered(given, before.get(item.name), CHANNELS)
        case "doubts":
            return _ordered(given, before.get(item.name), ("*", *FIELDS))
        case "yes":
            return bool(given)
        case "related":
            wanted = [one.strip() for one in text.split(";") if one.strip()]
            return [ids.get(fold(one), one) for one in wanted]
        case "money":
            amount = amount_of(text)
            return text or None if amount is None else amount
        case "number":
            return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else text or None
        case "date":
            return date_of(text) or text or None
        case _:
            return text if item.required else text or None


def _ordered(given: list[str], before: Any, known: Iterable[str]) -> list[str]:
    """What was ticked, in the order it had before; what is new follows in the usual order."""
    chosen = set(given) & set(known)
    first = [one for one in (before if isinstance(before, list | tuple) else ()) if one in chosen]
    return [*first, *(one for one in known if one in chosen and one not in first)]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _is_empty(row: Any) -> bool:
    if isinstance(row, Mapping):
        return all(value in (None, "", []) for name, value in row.items() if name != "kind")
    return not row


def _said(fault: dict[str, Any], part: Input | None) -> str:
    if part is not None and part.kind in _MENDS and fault["type"] not in {"greater_than_equal", "less_than_equal"}:
        return _MENDS[part.kind]
    if fault["type"] in {"missing", "string_too_short", "string_type"}:
        return "Chưa có, cần bổ sung."
    if fault["type"] == "too_short":
        return "Cần ít nhất một mục."
    if fault["type"] == "string_pattern_mismatch" and part is not None and part.name == "code":
        return "Mã có dạng 1.001193. Chưa có mã thì để trống."
    text = mend(fault)
    return text[:1].upper() + text[1:]


DOUBT_OPTIONS = [("*", "Cả bản ghi"), *((name, FIELDS[name]) for name in DOUBTS)]
