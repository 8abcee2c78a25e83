"""The text of a Word file as a row of paragraphs and tables, however its XML is built."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml

from bot.domain.errors import RefusedFileError
from knowledge.exchange import guard
from knowledge.exchange.words import clean, date_of

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_CREATED = "{http://purl.org/dc/terms/}created"
_DAMAGED = "Tệp Word bị hỏng, không đọc được nội dung: mở bằng Word rồi lưu lại."
_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    """Cleaned; line breaks inside it are kept."""


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[tuple[str, ...], ...]
    """Cleaned cells. A cell merged over rows is repeated in each; one merged over columns stands in the first."""


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class WordFile:
    blocks: tuple[Block, ...]
    created: str | None
    """The day the file was made, ISO, as its properties say."""


def read_word(data: bytes) -> WordFile:
    """Raises RefusedFileError."""
    guard.expect(data, "docx")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            body = parse_xml(archive.read(_main_part(archive))).find(qn("w:body"))
            created = _created(archive)
    except (KeyError, ValueError, SyntaxError, zipfile.BadZipFile) as error:
        raise RefusedFileError(_DAMAGED) from error
    if body is None:
        raise RefusedFileError(_DAMAGED)
    return WordFile(tuple(_blocks(body, 0)), created)


def _main_part(archive: zipfile.ZipFile) -> str:
    if "_rels/.rels" in archive.namelist():
        for relation in parse_xml(archive.read("_rels/.rels")).iter(_RELATION):
            if str(relation.get("Type")).endswith("/officeDocument"):
                return str(relation.get("Target")).lstrip("/")
    return "word/document.xml"


def _created(archive: zipfile.ZipFile) -> str | None:
    if "docProps/core.xml" not in archive.namelist():
        return None
    return next((date_of(one.text) for one in parse_xml(archive.read("docProps/core.xml")).iter(_CREATED)), None)


def _blocks(parent: Any, depth: int) -> Iterator[Block]:
    if depth > _DEEPEST:
        raise RefusedFileError(_DAMAGED)
    for element in parent:
        if element.tag == qn("w:p"):
            if text := _paragraph(element):
                yield Paragraph(text)
        elif element.tag == qn("w:tbl"):
            yield Table(tuple(_rows(element)))
        elif element.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins")}:
            yield from _blocks(element, depth + 1)


def _paragraph(element: Any) -> str:
    text = clean("".join(_pieces(element)))
    listed = element.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None
    return f"- {text}" if listed and text else text


def _pieces(element: Any) -> Iterator[str]:
    """Text as it is shown; what was deleted with tracked changes and the copies for old programs are left out."""
    for child in element:
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in {qn("w:br"), qn("w:cr")}:
            yield "\n"
        elif child.tag == qn("w:tab"):
            yield " "
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in {qn("w:pPr"), qn("w:rPr"), qn("w:del"), qn("w:instrText"), _FALLBACK}:
            yield from _pieces(child)


def _rows(table: Any) -> Iterator[tuple[str, ...]]:
    above: list[str] = []
    for row in _within(table, "w:tr"):
        cells: list[str] = []
        for cell in _within(row, "w:tc"):
            properties = cell.find(qn("w:tcPr"))
            merge = properties.find(qn("w:vMerge")) if properties is not None else None
            span = properties.find(qn("w:gridSpan")) if properties is not None else None
            continued = merge is not None and merge.get(qn("w:val"), "continue") == "continue"
            place = len(cells)
            text = above[place] if continued and place < len(above) else _cell(cell)
            width = str(span.get(qn("w:val"), "1")) if span is not None else "1"
            cells += [text, *[""] * (min(int(width), 60) - 1 if width.isdigit() else 0)]
        above = cells
        if any(cells):
            yield tuple(cells)


def _within(parent: Any, name: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also those inside content controls and tracked insertions."""
    for element in parent:
        if element.tag == qn(name):
            yield element
        elif element.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins")}:
            yield from _within(element, name)


def _cell(cell: Any) -> str:
    texts = [
        block.text if isinstance(block, Paragraph) else "\n".join(" ".join(filter(None, row)) for row in block.rows)
        for block in _blocks(cell, 1)
    ]
    return clean("\n".join(texts))
