"""Any file of procedures: what it is, is told by its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from knowledge.exchange import (
    decision_docx,
    guard,
    portal_docx,
    portal_docx_writing,
    portal_json,
    procedures_xlsx,
    procedures_yaml,
)
from knowledge.exchange.differences import Difference, differences
from knowledge.exchange.docx_blocks import read_word
from knowledge.exchange.drafts import Content, Draft, Imported, Problem, Progress, matched, merged, problems

Format = Literal["yaml", "xlsx", "docx", "json"]
MEDIA_TYPES: Mapping[str, str] = {
    "yaml": "application/yaml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
}
_WRITERS = {
    "yaml": procedures_yaml.write_yaml,
    "xlsx": procedures_xlsx.write_xlsx,
    "docx": portal_docx_writing.write_portal_docx,
    "json": portal_json.write_portal_json,
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing one draft would do to a record. `record_id`: the existing one it is about, or the new id.
    `content`: the draft over the existing record, which is what is kept as the new draft. `missing`: what stands in
    the way of publishing it."""

    draft: Draft
    record_id: str
    is_new: bool
    content: Content
    changes: tuple[Difference, ...]
    missing: tuple[Problem, ...]


def read_any(data: bytes, record_id: str = "", progress: Progress | None = None) -> Imported:
    """The drafts of a file of any kind we read. `record_id`: for a YAML file of one record. Raises RefusedFileError."""
    match guard.kind_of(data):
        case "docx":
            if portal_docx.is_portal_docx(read_word(data).blocks):
                return portal_docx.read_portal_docx(data)
            return decision_docx.read_decision_docx(data)
        case "xlsx":
            return procedures_xlsx.read_xlsx(data, progress)
        case "json":
            return portal_json.read_portal_json(data)
        case "yaml":
            return procedures_yaml.read_yaml(data, record_id)


def previews(imported: Imported, records: Mapping[str, Content]) -> list[Preview]:
    """Every draft beside the record it is about, among `records` by id. Importing the same file again, after its
    content was taken over, shows no change."""
    found = []
    for draft in imported.drafts:
        known = matched(draft, records)
        existing = records[known] if known else None
        content = merged(draft, existing)
        record_id = known or draft.id
        missing = problems(Draft(record_id, content, draft.marks, draft.place))
        changes = tuple(differences(existing, content))
        found.append(Preview(draft, record_id, known is None, content, changes, tuple(missing)))
    return found


def write(format: Format, records: Mapping[str, Content]) -> bytes:  # noqa: A002 - the word of the trade
    """Valid procedures by id as a file; an XLSX of none is the empty template."""
    return _WRITERS[format](records)
