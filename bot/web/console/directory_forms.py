"""The forms of the directory: what was typed into the unit's JSON form, with what is wrong beside its field."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, time
from typing import Any

from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from bot.domain.records import Absence, Contact, Holiday, OpeningHours, Position, ReceivingPlace
from bot.web.console.words import capital
from knowledge.exchange.directory_xlsx import checked_phone
from knowledge.exchange.drafts import slug

Form = MultiMapping[Any]
Problems = dict[str, str]
"""By the field's name, with the row behind a dot: `contact-value.2`."""
PERIODS = 2
"""Opening periods of a day that the form offers."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEBSITE = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?")
TOO_LONG = "Nội dung quá dài hoặc có ký tự lạ. Xin sửa lại."


def position(form: Form, known: Mapping[str, Any], own: str = "") -> tuple[dict[str, Any], Problems]:
    """`known`: positions that may stand in, by id; `own`: the id of the one that is changed, empty for a new one."""
    problems: Problems = {}
    title = _text(form, "title")
    record_id = own or slug(title)
    if not title:
        problems["title"] = "Ghi tên chức danh hoặc bộ phận."
    elif not own and record_id in known:
        problems["title"] = "Đã có chức danh này. Mở chức danh đó để sửa, hoặc ghi tên khác."
    elif not record_id:
        problems["title"] = "Tên cần có chữ cái hoặc chữ số."
    content = {
        "id": record_id,
        "title": title,
        "department": _text(form, "department") or None,
        "aliases": _lines(form, "aliases"),
        "matters": _lines(form, "matters"),
        "contacts": _contacts(form, problems),
        "note": _text(form, "note") or None,
        "holder": _text(form, "holder") or None,
        "absences": _absences(form, known, own, problems),
    }
    return _checked(Position, content, problems)


def hours(form: Form) -> tuple[list[dict[str, Any]], Problems]:
    problems: Problems = {}
    found = []
    for weekday in range(7):
        before: time | None = None
        for number in range(PERIODS):
            name = f"{weekday}-{number}"
            opens, closes = _time(form, f"opens-{name}"), _time(form, f"closes-{name}")
            if opens is None and closes is None:
                continue
            if opens is None or closes is None:
                problems[f"opens-{name}"] = "Ghi cả giờ mở cửa và giờ đóng cửa."
            elif closes <= opens:
                problems[f"opens-{name}"] = "Giờ đóng cửa phải sau giờ mở cửa."
            elif before is not None and opens < before:
                problems[f"opens-{name}"] = "Buổi sau phải bắt đầu khi buổi trước đã xong."
            else:
                before = closes
                found.append(OpeningHours(weekday=weekday, opens=opens, closes=closes).model_dump(mode="json"))
    return found, problems


def holidays(form: Form) -> tuple[list[dict[str, Any]], Problems]:
    problems: Problems = {}
    found: dict[str, dict[str, Any]] = {}
    for number, (day, name, kind, confirmed, source) in enumerate(
        _rows(form, "date", "name", "kind", "confirmed", "source")
    ):
        if not day and not name:
            continue
        if _day(day) is None:
            problems[f"date.{number}"] = "Chọn ngày."
        elif not name:
            problems[f"name.{number}"] = "Ghi tên ngày nghỉ, ví dụ: Quốc khánh."
        elif day in found:
            problems[f"date.{number}"] = "Ngày này đã có ở dòng khác."
        else:
            content = {
                "date": day, "name": name, "kind": "working" if kind == "working" else "day_off",
                "confirmed": confirmed != "no", "source": source or None,
            }  # fmt: skip
            found[day], faults = _checked(Holiday, content, {})
            problems |= {f"name.{number}": text for text in faults.values()}
    return [found[day] for day in sorted(found)], problems


def place(form: Form) -> tuple[dict[str, Any], Problems]:
    """The address, the receiving place, the hamlets and the former communes."""
    problems: Problems = {}
    phone = _text(form, "place_phone")
    if phone:
        phone = _phone(phone, "place_phone", problems)
    counter = {"name": _text(form, "place_name"), "address": _text(form, "place_address") or None,
               "phone": phone or None, "note": _text(form, "place_note") or None}  # fmt: skip
    receiving = None
    if any(counter.values()):
        if not counter["name"]:
            problems["place_name"] = "Ghi tên nơi tiếp nhận hồ sơ."
        receiving, faults = _checked(ReceivingPlace, counter, {})
        if not problems and faults:
            problems["place_name"] = TOO_LONG
    url = _text(form, "map_url")
    if url and not re.fullmatch(r"https?://\S{1,490}", url):
        problems["map_url"] = "Liên kết phải bắt đầu bằng https://"
    content = {
        "address": _text(form, "address") or None,
        "map_url": url or None,
        "receiving_place": receiving,
        "hamlets": [_named(line) for line in _lines(form, "hamlets")],
        "former_units": [_named(line) for line in _lines(form, "former_units")],
    }
    return content, problems


def named_lines(places: Collection[Mapping[str, Any]]) -> str:
    """Places with what they are called besides, one a line, as the form takes them."""
    return "\n".join(", ".join([one["name"], *one.get("aliases", ())]) for one in places)


def _named(line: str) -> dict[str, Any]:
    names = [name for part in line.split(",") if (name := part.strip())]
    return {"name": names[0], "aliases": names[1:]}


def _contacts(form: Form, problems: Problems) -> list[dict[str, Any]]:
    found = []
    names = ("contact-kind", "contact-value", "contact-label", "contact-hours", "contact-note")
    for number, (kind, value, label, hours_, note) in enumerate(_rows(form, *names)):
        if not value:
            if label or hours_ or note:
                problems[f"contact-value.{number}"] = "Ghi số hoặc địa chỉ, hoặc xóa trống cả dòng."
            continue
        if kind == "email" and not _EMAIL.fullmatch(value):
            problems[f"contact-value.{number}"] = f"“{value}” không phải địa chỉ email."
        elif kind == "website" and not _WEBSITE.fullmatch(value):
            problems[f"contact-value.{number}"] = f"“{value}” không phải địa chỉ trang web."
        elif kind not in {"email", "website"}:
            value = _phone(value, f"contact-value.{number}", problems)
        content = {
            "kind": kind if kind in {"email", "website"} else "phone", "value": value, "label": label or None,
            "hours": hours_ or None, "note": note or None,
        }  # fmt: skip
        one, faults = _checked(Contact, content, {})
        if faults:
            problems.setdefault(f"contact-value.{number}", TOO_LONG)
        found.append(one)
    return found


def _absences(form: Form, known: Mapping[str, Any], own: str, problems: Problems) -> list[dict[str, Any]]:
    found = []
    names = ("absence-first", "absence-last", "absence-deputy", "absence-note")
    for number, (first, last, deputy, note) in enumerate(_rows(form, *names)):
        if not first and not last:
            continue
        starts, ends = _day(first), _day(last or first)
        if starts is None or ends is None or ends < starts:
            problems[f"absence-first.{number}"] = "Chọn ngày đầu, và ngày cuối không trước ngày đầu."
        elif deputy and (deputy == own or deputy not in known):
            problems[f"absence-deputy.{number}"] = "Chọn người thay là một chức danh khác trong danh bạ."
        else:
            content = {
                "first": starts.isoformat(), "last": ends.isoformat(), "deputy": deputy or None, "note": note or None,
            }  # fmt: skip
            one, faults = _checked(Absence, content, {})
            if faults:
                problems[f"absence-first.{number}"] = TOO_LONG
            found.append(one)
    return sorted(found, key=lambda one: str(one["first"]))


def _checked(model: type[BaseModel], content: dict[str, Any], problems: Problems) -> tuple[dict[str, Any], Problems]:
    """The content in the record's own JSON form when it is valid; else as it was typed, with the fields at fault."""
    try:
        return model.model_validate(content).model_dump(mode="json"), problems
    except ValidationError as error:
        for fault in error.errors():
            problems.setdefault(str(fault["loc"][0]) if fault["loc"] else "", TOO_LONG)
        return content, problems


def _phone(text: str, field: str, problems: Problems) -> str:
    try:
        return checked_phone(text)
    except ValueError as error:
        problems[field] = f"{capital(str(error).replace(': đặt ô ở dạng chữ', ''))}."
        return text


def _rows(form: Form, *names: str) -> list[tuple[str, ...]]:
    columns = [[str(one).strip() for one in form.getall(name, [])] for name in names]
    return list(zip(*columns, strict=False))


def _text(form: Form, name: str) -> str:
    return str(form.get(name, "")).replace("\r\n", "\n").strip()


def _lines(form: Form, name: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in _text(form, name).split("\n") if line.strip(" ,")))


def _time(form: Form, name: str) -> time | None:
    try:
        return time.fromisoformat(_text(form, name))
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def without(content: Collection[dict[str, Any]], record_id: str) -> list[dict[str, Any]]:
    return [one for one in content if one["id"] != record_id]
