"""Reads or writes files of procedures in a process of its own (`python -m knowledge.exchange.process`), so that a large
or hostile file keeps no citizen waiting: what takes seconds here would stop the answers, and it can be ended.

In: one line of JSON, {"do": "read" or "write", "size": bytes of the records, "stem" and "file" (its name) or "format"};
the records by id as JSON; the file.

Out, for reading: lines {"done", "total"}, one {"item"} a record, and {"problems"}, or {"refused"}. For
writing: the file itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.domain.errors import RefusedFileError
from knowledge.exchange.drafts import Content, Imported
from knowledge.exchange.labels import label
from knowledge.exchange.reading import Preview, previews, read_any, write

Say = Callable[[Mapping[str, Any]], None]
_STEPS = 20
"""How many records pass between two words about the progress."""


def read(data: bytes, stem: str, file: str, records: Mapping[str, Content], say: Say) -> None:
    try:
        imported = read_any(data, stem, lambda done, total: _told(say, done, 2 * total))
    except RefusedFileError as error:
        say({"refused": str(error)})
        return
    count = len(imported.drafts)
    for number, preview in enumerate(_previews(imported, records), 1):
        say({"item": item(preview, file)})
        _told(say, count + number, 2 * count)
    say({"problems": [(one.label or one.place, one.text) for one in imported.problems]})


def item(preview: Preview, file: str) -> dict[str, Any]:
    """A preview as JSON, with the fields named in Vietnamese."""
    content, draft = preview.content, preview.draft
    return {
        "record_id": preview.record_id,
        "title": str(content.get("short_name") or content.get("name") or preview.record_id),
        "place": draft.place,
        "is_new": preview.is_new,
        "content": content,
        "marks": draft.marks_json(),
        "changes": [(one.label, one.before, one.after) for one in preview.changes],
        "missing": [(one.label or label(one.place), one.text) for one in preview.missing],
        "source": draft.source(file),
        "told": draft.told,
    }


def _previews(imported: Imported, records: Mapping[str, Content]) -> Iterator[Preview]:
    for draft in imported.drafts:
        yield from previews(Imported((draft,)), records)


def _told(say: Say, done: int, total: int) -> None:
    if done % _STEPS == 0 or done == total:
        say({"done": done, "total": total})


def main() -> None:
    asked = json.loads(sys.stdin.buffer.readline())
    records = json.loads(sys.stdin.buffer.read(asked["size"]))
    if asked["do"] == "write":
        sys.stdout.buffer.write(write(asked["format"], records))
        return

    def say(line: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    read(sys.stdin.buffer.read(), asked["stem"], asked["file"], records, say)


if __name__ == "__main__":
    main()
