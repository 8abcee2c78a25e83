"""Procedures as YAML: one record a file, as the content folder keeps them, or several by id in one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from bot.domain.errors import RefusedFileError
from bot.domain.records import Procedure
from knowledge.exchange import guard
from knowledge.exchange.drafts import Content, Draft, Drafting, Imported, Problem
from knowledge.exchange.labels import FIELDS

_KEYS = frozenset(Procedure.model_fields)


def read_yaml(data: bytes, record_id: str = "") -> Imported:
    """`record_id`: the id of a file that holds a single record, which is its name. Raises RefusedFileError."""
    guard.expect(data, "yaml")
    content = _loaded(data)
    if not isinstance(content, dict):
        raise RefusedFileError("Tệp YAML phải gồm các dòng “tên trường: giá trị”.")
    several = content if all(isinstance(one, dict) for one in content.values()) and not _KEYS & content.keys() else None
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for name, record in (several or {record_id: content}).items():
        draft, faults = draft_of_record(str(name), record, str(name) or "bản ghi")
        drafts.append(draft)
        problems += faults
    return Imported(tuple(drafts), tuple(problems))


def write_yaml(records: Mapping[str, Content]) -> bytes:
    """One record as a file of its own, several by id."""
    content = next(iter(records.values())) if len(records) == 1 else dict(records)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120).encode()


def draft_of_record(record_id: str, record: Content, place: str) -> tuple[Draft, list[Problem]]:
    """A draft of a record in our own form, possibly incomplete; unknown fields are named and left out."""
    drafting = Drafting(place)
    problems = [
        Problem(f"{place}: {name}", "không có trường này: bỏ hoặc sửa lại tên trường")
        for name in record
        if name not in _KEYS
    ]
    for name in FIELDS:
        drafting.read(name, _plain(record.get(name)))
    return drafting.finish(record_id, own=True), problems


def _loaded(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader)):
            raise RefusedFileError("Tệp YAML dùng dấu & và * để lặp lại nội dung: không nhận. Viết đầy đủ nội dung.")
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"dòng {mark.line + 1}" if mark else "không rõ dòng"
        raise RefusedFileError(f"Tệp YAML viết sai ở {where}: sửa thụt lề, dấu hai chấm hoặc dấu nháy.") from error
    except (ValueError, RecursionError) as error:
        raise RefusedFileError("Tệp YAML có ngày, số hoặc ký tự viết sai: ghi ngày dạng 2026-11-20.") from error


def _plain(value: Any) -> Any:
    """Text in NFC, dates in ISO form."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return value
