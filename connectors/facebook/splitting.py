"""Long texts into parts and long labels into titles, never inside a number, a fee, a phone number, a word or a URL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_LINE = re.compile(r"\n\s*")
_SENTENCE = re.compile(r"[.!?…][)\]\"”’]*([ \t]+)")
_SPACE = re.compile(r"\s+")
_LAST_WORD = re.compile(r"(\w+)[.!?…][)\]\"”’]*$")
_NUMBER_BEFORE = re.compile(r"\d[\s()\[\]\-–—.,:/+]*(?:(?:trăm|nghìn|ngàn|triệu|tỷ|tỉ)\s*)*$")
_JOINERS = "\u200d\ufe0f"
_TRAILING = " ,;:.–—-(/&"


def units(text: str) -> int:
    """UTF-16 units: letters beyond the basic plane, as emoji, count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, most: int, last: int | None = None) -> list[str]:
    """Parts of at most `most` units, the last one of at most `last`; none of them blank."""
    rest = text.strip()
    if last is not None and units(rest) > last:
        tail = split(rest, last)[-1]
        head = rest[: len(rest) - len(tail)]
        return [*split(head, most), tail]
    parts = []
    while units(rest) > most:
        at = _break(rest, most)
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*parts, rest] if rest else parts


def shortened(label: str, most: int) -> str:
    """A label of at most `most` units: whole words and "…" when some had to go."""
    text = " ".join(unicodedata.normalize("NFC", label).split())
    if units(text) <= most:
        return text
    end = _longest(text, most - 1)
    places = [one.start() for one in _SPACE.finditer(text[: end + 1]) if _keeps_numbers(text, one.start())]
    cut = text[: places[-1]].rstrip(_TRAILING) if places else ""
    return (cut or text[: _between_letters(text, end)]) + "…"


def _break(text: str, most: int) -> int:
    """Where the first part ends: at a paragraph, line, sentence or word, the first of them beyond the half."""
    end = _longest(text, most)
    window = text[: end + 1]
    for least in (end // 2, 1):
        for kind in (_paragraphs, _lines, _sentences, _words, _spaces if least == 1 else _nowhere):
            places = [place for place in kind(window, text) if least <= place <= end]
            if places:
                return places[-1]
    return _between_letters(text, end)


def _longest(text: str, most: int) -> int:
    """Length of the longest beginning of at most `most` units."""
    end = min(len(text), most)
    while units(text[:end]) > most:
        end -= max(1, (units(text[:end]) - most) // 2)
    return end


def _paragraphs(window: str, _: str) -> Iterator[int]:
    return (found.start() for found in _PARAGRAPH.finditer(window))


def _lines(window: str, _: str) -> Iterator[int]:
    return (found.start() for found in _LINE.finditer(window))


def _sentences(window: str, text: str) -> Iterator[int]:
    for found in _SENTENCE.finditer(window):
        at, follows = found.start(1), text[found.end() : found.end() + 1]
        if follows.islower() or not _keeps_numbers(text, at):
            continue
        word = _LAST_WORD.search(text[max(0, at - 12) : at])
        # "TP. Biên Hòa" is not the end of a sentence.
        if word is None or not (word[1].isupper() and len(word[1]) < 4):
            yield at


def _words(window: str, text: str) -> Iterator[int]:
    for found in _SPACE.finditer(window):
        if _keeps_numbers(text, found.start()):
            yield found.start()


def _spaces(window: str, _: str) -> Iterator[int]:
    return (found.start() for found in _SPACE.finditer(window))


def _nowhere(window: str, text: str) -> Iterator[int]:
    return iter(())


def _keeps_numbers(text: str, start: int) -> bool:
    """No number before a gap: more of it may follow, as in "0251 3822 501", "8.000 đồng" or "5 triệu đồng"."""
    return not _NUMBER_BEFORE.search(text[max(0, start - 24) : start])


def _between_letters(text: str, end: int) -> int:
    """The place at or before `end` that no letter of several characters spans; only for words without any gap."""
    at = end
    while at > 1 and (
        unicodedata.combining(text[at : at + 1] or " ") or {text[at : at + 1], text[at - 1]} & {*_JOINERS}
    ):
        at -= 1
    return at if at > 1 else max(end, 1)
