"""The portal's details of procedures as JSON, and our own export, which adds the whole record to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.errors import RefusedFileError
from knowledge.exchange import guard, portal, words
from knowledge.exchange.drafts import Content, Draft, Drafting, Imported, Problem
from knowledge.exchange.procedures_yaml import draft_of_record

OWN = "than_thien"
"""Where our own export keeps the whole record."""
_LISTS = ("procedures", "data", "items", "results", "records", "content")
_METHODS = {"DIRECT": "Trực tiếp", "ONLINE": "Trực tuyến", "POSTAL": "Dịch vụ bưu chính"}
_UNITS = {"WORKING_DAY": "ngày làm việc", "DAY": "ngày", "HOUR": "giờ", "WORKING_HOUR": "giờ làm việc",
          "MONTH": "tháng", "MINUTE": "phút", "YEAR": "năm"}  # fmt: skip


def read_portal_json(data: bytes) -> Imported:
    """One procedure, or a list of them. Raises RefusedFileError."""
    guard.expect(data, "json")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise RefusedFileError("Tệp JSON viết sai hoặc bị cắt ngang, không đọc được: tải lại tệp.") from error
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for number, item in enumerate(_items(content), 1):
        place = f"mục {number}"
        if not isinstance(item, dict) or not (item.get("name") or OWN in item):
            problems.append(Problem(place, "không phải một thủ tục: thiếu “name”"))
            continue
        own = item.get(OWN)
        if isinstance(own, dict) and isinstance(own.get("record"), dict):
            draft, faults = draft_of_record(str(own.get("id") or ""), own["record"], place)
            drafts.append(draft)
            problems += faults
        else:
            drafts.append(_draft(item, place))
    if not drafts and not problems:
        raise RefusedFileError("Tệp JSON không có thủ tục nào.")
    return Imported(tuple(drafts), tuple(problems))


def write_portal_json(records: Mapping[str, Content]) -> bytes:
    """Valid procedures by id: one as the portal's object, several as a list."""
    items = [_written(record_id, record) for record_id, record in records.items()]
    return json.dumps(items[0] if len(items) == 1 else items, ensure_ascii=False, indent=1).encode()


def _items(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    if isinstance(content, dict) and "name" not in content:
        found = next((content[key] for key in _LISTS if isinstance(content.get(key), list | dict)), None)
        if found is not None:
            return _items(found)
    return [content]


def _draft(item: dict[str, Any], place: str) -> Draft:
    drafting = Drafting(place)
    code = words.inline(item.get("code"))
    drafting.read("code", code)
    portal.put_name(drafting, _text(item.get("name")))
    portal.put_text(drafting, "field", _text(item.get("category")))
    authority = _text(item.get("executing_agency"))
    portal.put_text(drafting, "authority", authority)
    portal.put_place(drafting, _text(item.get("receiving_address")), authority)
    _put_level(drafting, item, authority)
    drafting.read("audience", [words.inline(_text(one)) for one in _list(item.get("subject_types"))])
    results = [words.inline(_text(one)) for one in _list(item.get("results"))]
    portal.put_text(drafting, "result", "; ".join(result.rstrip(" .;") for result in results if result))
    portal.put_lines(drafting, "eligibility", item.get("requirements"))
    portal.put_ways(drafting, [_way(one) for one in _list(item.get("channels")) if isinstance(one, dict)])
    if "processing_time" not in drafting.content:
        _put_cases(drafting, item)
    steps = [one for one in _list(item.get("steps_raw")) if isinstance(one, dict)]
    portal.put_steps(drafting, "\n".join(f"{_text(one.get('name'))}\n{_text(one.get('text'))}" for one in steps))
    portal.put_papers(drafting, _papers(item))
    portal.put_laws(
        drafting,
        [
            portal.Law(_text(one.get("code")), _text(one.get("name")), words.date_of(one.get("date")))
            for one in _list(item.get("legal_basis"))
            if isinstance(one, dict)
        ],
    )
    source = item["source"] if isinstance(item.get("source"), dict) else {}
    url = words.inline(source.get("url"))
    checked = words.date_of(source.get("crawled_at") or source.get("updated_at") or "")
    portal.put_origin(drafting, "dữ liệu chi tiết", code, url if url.startswith("http") else "", checked)
    return drafting.finish()


def _put_level(drafting: Drafting, item: dict[str, Any], authority: str) -> None:
    """The portal's details name no level; who decides tells it."""
    portal.put_text(drafting, "level", _text(item.get("level")))
    if "level" not in drafting.content:
        plain = words.folded(authority)
        signs = {
            "xa": "Cấp xã",
            "phuong": "Cấp xã",
            "tinh": "Cấp tỉnh",
            "so": "Cấp tỉnh",
            "bo": "Cấp bộ",
            "cuc": "Cấp bộ",
        }
        level = next((name for word, name in signs.items() if word in plain.split()), None)
        drafting.guess("level", level, authority, "suy từ cơ quan thực hiện")


def _way(channel: dict[str, Any]) -> portal.Way:
    processing = channel["processing"] if isinstance(channel.get("processing"), dict) else {}
    fees = tuple(fee for one in _list(channel.get("fees")) if isinstance(one, dict) and (fee := _fee(one)))
    name = _METHODS.get(str(channel.get("method")), _text(channel.get("method")))
    return portal.Way(name, _period(processing), fees, _text(channel.get("note")))


def _fee(fee: dict[str, Any]) -> portal.Fee | None:
    """A value of 0 is what the portal stores for an empty cell: it says nothing unless the words do."""
    value = fee.get("value_vnd")
    amount = value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
    text = words.unbulleted(words.inline(_text(fee.get("text"))))
    if amount is None and words.says_nothing(text):
        return None
    kind = "Lệ phí" if "CHARGE" in str(fee.get("type")) else "Phí"
    return portal.Fee(amount, text, text or f"{value} đồng", kind=kind)


def _period(processing: dict[str, Any]) -> str:
    quantity, unit = processing.get("qty"), _UNITS.get(str(processing.get("unit")))
    if not isinstance(quantity, int) or quantity <= 0 or unit is None:
        return ""
    return f"{quantity:02} {unit}"


def _put_cases(drafting: Drafting, item: dict[str, Any]) -> None:
    """Times of single cases, where the ways name none."""
    cases = [one for one in _list(item.get("processing_cases")) if isinstance(one, dict)]
    periods = list(dict.fromkeys(filter(None, (_period(case) for case in cases))))
    if periods:
        portal.put_time(drafting, " hoặc ".join(periods) + (", tùy trường hợp" if len(periods) > 1 else ""))
        drafting.doubt("processing_time", "; ".join(periods), "lấy từ thời hạn của từng trường hợp")


def _papers(item: dict[str, Any]) -> list[portal.Paper]:
    papers = []
    for group in _list(item.get("checklist_raw")):
        if not isinstance(group, dict):
            continue
        for one in _list(group.get("items")):
            if isinstance(one, dict):
                attached = [words.inline(_text(file)) for file in _list(one.get("attachments"))]
                papers.append(
                    portal.Paper(
                        words.inline(group.get("group")),
                        _text(one.get("name")),
                        _count(one.get("original_qty")),
                        _count(one.get("copy_qty")),
                        forms=tuple(filter(None, attached)),
                    )
                )
    return papers


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    """A text, or the name of an object that has one."""
    if isinstance(value, dict):
        return _text(next((value[key] for key in ("name", "fileName", "title", "text") if value.get(key)), ""))
    return words.clean(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100 else None


def _written(record_id: str, record: Content) -> dict[str, Any]:
    methods = {words.channel_of(name): method for method, name in _METHODS.items()}
    fees = [{"type": "FEE", "value_vnd": fee["amount_vnd"], "text": _fee_text(fee)} for fee in record["fees"]]
    days = record["processing_time"]["working_days"]
    processing = {"qty": days, "unit": "WORKING_DAY"} if days else {"qty": None, "unit": "OTHER"}
    groups: dict[str, list[dict[str, Any]]] = {}
    for paper in record["documents"]:
        group = f"Trường hợp {paper['when']}" if paper["when"] else "Bao gồm"
        copies = "bản sao" in (paper["original_or_copy"] or "")
        count = paper["quantity"] or 0
        groups.setdefault(group, []).append(
            {"name": paper["name"], "original_qty": 0 if copies else count, "copy_qty": count if copies else 0}
        )
    return {
        "code": record["code"],
        "name": record["name"],
        "category": {"name": record["field"]},
        "executing_agency": record["authority"],
        "subject_types": record["audience"],
        "results": [record["result"]],
        "requirements": "\n".join(record["eligibility"]),
        "channels": [
            {
                "method": methods[channel],
                "fees": fees,
                "processing": processing,
                "note": record["processing_time"]["text"],
            }
            for channel in record["channels"]
        ],
        "legal_basis": [
            {"code": law["number"], "name": law["title"], "date": law["date"]} for law in record["legal_basis"]
        ],
        "steps_raw": [{"name": f"Bước {number}", "text": text} for number, text in enumerate(record["steps"], 1)],
        "checklist_raw": [{"group": group, "items": items} for group, items in groups.items()],
        "source": {"url": record["portal_url"]},
        OWN: {"id": record_id, "record": record},
    }


def _fee_text(fee: dict[str, Any]) -> str:
    return f"{fee['text']} (khi {fee['when']})" if fee["when"] else str(fee["text"])
