"""A draft of a procedure: what could be read of it, and how sure every field is. Not yet a valid record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError

from bot.domain.records import ID_PATTERN, Procedure
from knowledge.exchange.labels import FIELDS, NO_FEE_INFORMATION, label
from knowledge.files import mend
from knowledge.normalise import fold

State = Literal["read", "guessed", "empty"]
Content = dict[str, Any]
"""A procedure in its JSON form, possibly incomplete."""
Progress = Callable[[int, int], None]
"""Told how many of how many are done."""

_NEUTRAL: Content = {
    "code": None,
    "steps": [],
    "documents": [],
    "forms": [],
    "legal_basis": [],
    "common_questions": [],
    "cases": [],
    "changes": None,
    "effective_from": None,
    "portal_url": None,
    "verified": False,
    "unverified_fields": [],
    "eligibility": [],
    "check_again_by": None,
}
"""What a valid record may hold where nothing is known."""
_UNKNOWN_FEE = {"amount_vnd": None, "text": NO_FEE_INFORMATION, "when": None}
_ANSWERED = (
    "audience", "authority", "receiving_place", "steps", "documents", "forms", "processing_time", "fees", "channels",
    "result", "legal_basis", "eligibility",
)  # fmt: skip
"""Fields answers are made of; those guessed or empty are published as not verified until an editor confirms them."""
_CURATED = ("short_name", "citizen_phrases", "receiving_place", "verification_note", "sources")
"""Fields an editor writes better than a guess: a guess fills them only where they are empty."""


_NOT_TOLD = (
    "short_name", "citizen_phrases", "sources", "verification_note", "verified", "unverified_fields", "as_of",
    "check_again_by",
)  # fmt: skip
"""Fields that are ours, not the source's."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a field came about. `source`: the words of the file a guess was made of. `note`: what to confirm."""

    state: State
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """`id`: the record's id, suggested from its name where the file has none. `marks`: by field, and by path
    (`documents.2.when`) for what was guessed inside one. `place`: where in the file it stands."""

    id: str
    content: Content
    marks: Mapping[str, Mark]
    place: str = ""

    @property
    def guessed(self) -> tuple[str, ...]:
        return tuple(name for name in FIELDS if self.marks[name].state == "guessed")

    @property
    def empty(self) -> tuple[str, ...]:
        return tuple(name for name in FIELDS if self.marks[name].state == "empty")

    def source(self, file: str) -> str:
        """What was read, to know it again: the address or the document a foreign file names, else the file. Empty for
        our own formats, which are no source of ours."""
        if self.marks["verified"].state == "read":
            return ""
        named = self.content.get("portal_url") or next(iter(self.content.get("sources") or ()), None)
        return str(named or file)

    @property
    def told(self) -> Content:
        """The fields as the source says them."""
        read = (name for name in FIELDS if name not in _NOT_TOLD and self.marks[name].state != "empty")
        return {name: self.content[name] for name in read if name in self.content}

    def marks_json(self) -> dict[str, dict[str, str]]:
        """The marks as JSON, without the fields that were simply read."""
        return {
            path: {"state": mark.state, "source": mark.source, "note": mark.note}
            for path, mark in self.marks.items()
            if mark.state != "read"
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way. `place`: a path of the draft, or a place of the file (“Thủ tục!C7”)."""

    place: str
    text: str
    label: str = ""

    def __str__(self) -> str:
        return f"{self.label or self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Imported:
    """All a file gave. A row with a problem is still a draft, without what could not be read."""

    drafts: tuple[Draft, ...]
    problems: tuple[Problem, ...] = ()


@dataclass
class Drafting:
    """Collects the fields of one procedure while a file is read."""

    place: str = ""
    content: Content = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)

    def read(self, name: str, value: object) -> None:
        """A value as the file says it; an empty one leaves the field empty."""
        if not _is_empty(value):
            self.content[name], self.marks[name] = value, Mark("read")

    def guess(self, name: str, value: object, source: str, note: str = "") -> None:
        """A value made of words that say it only in part."""
        if not _is_empty(value):
            self.content[name], self.marks[name] = value, Mark("guessed", source, note)

    def doubt(self, path: str, source: str, note: str = "") -> None:
        """Marks something inside a field as guessed, and the field with it."""
        self.marks[path] = Mark("guessed", source, note)
        name = path.partition(".")[0]
        if self.marks.get(name, Mark("empty")).state != "guessed":
            self.marks[name] = Mark("guessed", source, note)

    def finish(self, record_id: str = "", *, own: bool = False) -> Draft:
        """The draft. `own`: the file says itself what is verified, as our own formats do."""
        content = {**_NEUTRAL, **self.content}
        marks = {**{name: Mark("empty") for name in FIELDS}, **self.marks}
        if not content.get("fees"):
            content["fees"], marks["fees"] = [dict(_UNKNOWN_FEE)], Mark("empty", note=NO_FEE_INFORMATION)
        elif content["fees"] == [_UNKNOWN_FEE]:
            marks["fees"] = Mark("empty", note=NO_FEE_INFORMATION)
        if not own:
            content["unverified_fields"] = [name for name in _ANSWERED if marks[name].state != "read"]
        content = normal(content)
        return Draft(
            record_id or slug(content.get("short_name") or content.get("name") or ""), content, marks, self.place
        )


def normal(content: Content) -> Content:
    """The content as the record's own JSON form when it is valid, so that equal records are equal to the letter."""
    try:
        return Procedure.model_validate(content).model_dump(mode="json")
    except ValidationError:
        return {name: content[name] for name in FIELDS if name in content}


def problems(draft: Draft) -> list[Problem]:
    """What is missing or wrong before the draft is a valid procedure, in Vietnamese, in the order of the fields."""
    found = []
    if not re.fullmatch(ID_PATTERN, draft.id) or len(draft.id) > 80:
        text = "ghi mã bằng chữ thường không dấu, chữ số và dấu gạch nối, tối đa 80 chữ"
        found.append(Problem("id", text, "Mã trong hệ thống"))
    try:
        Procedure.model_validate(draft.content)
    except ValidationError as error:
        for fault in error.errors():
            path = ".".join(str(part) for part in fault["loc"])
            text = "chưa có, cần bổ sung" if fault["type"] == "missing" else mend(dict(fault))
            found.append(Problem(path, text, label(path)))
    order = ["id", *FIELDS]
    return sorted(found, key=lambda one: order.index(one.place.partition(".")[0]) if one.place else 0)


def merged(draft: Draft, existing: Content | None) -> Content:
    """The existing record with what the draft knows put over it: what a file does not say is left as it is."""
    if existing is None:
        return draft.content
    known = {name: value for name, value in draft.content.items() if _overrides(draft, name, existing)}
    if draft.marks["verified"].state != "read" and "forms" in known:
        places = {_key(one["name"]): one.get("url") for one in existing.get("forms", ())}
        known["forms"] = [{**one, "url": one.get("url") or places.get(_key(one["name"]))} for one in known["forms"]]
    if draft.marks["unverified_fields"].state == "empty":
        doubtful = {name for name in draft.guessed if name in known and known[name] != existing.get(name)}
        doubtful |= set(existing.get("unverified_fields", ()))
        known["unverified_fields"] = [name for name in ("*", *FIELDS) if name in doubtful]
        known["sources"] = list(dict.fromkeys([*existing.get("sources", ()), *known.get("sources", ())]))
    return normal({**existing, **known})


def _overrides(draft: Draft, name: str, existing: Content) -> bool:
    state = draft.marks[name].state
    if state == "guessed" and name == "as_of":
        return str(draft.content[name]) > str(existing.get(name) or "")
    return state == "read" or (state == "guessed" and (name not in _CURATED or _is_empty(existing.get(name))))


def matched(draft: Draft, records: Mapping[str, Content]) -> str | None:
    """The id of the existing record the draft is about: by id, by code, then by name."""
    if draft.id in records:
        return draft.id
    for key in ("code", "name"):
        own = _key(draft.content.get(key))
        for record_id, record in records.items():
            if own and own == _key(record.get(key)):
                return record_id
    return None


def slug(name: str) -> str:
    """An id made of a name: `dang-ky-khai-sinh`."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"\([^)]*\)", " ", fold(name)))
    found = "-".join(words)
    return found if len(found) <= 80 else found[:81].rpartition("-")[0]


@lru_cache(maxsize=16_384)
def _key(value: str | None) -> str:
    return fold(value or "").removeprefix("thu tuc ").strip()


def _is_empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, list | tuple) and not value)
