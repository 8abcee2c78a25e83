"""Which emergency a message speaks of: rules an editor can read, no model, answered before anything else.

The cue language of `content/emergencies.yaml`, matched word by word on normalised text:

* `cháy nhà` — these words in a row. A word is met by the same letters with the same diacritics or none (or đ alone),
  so `chay nha` meets it and `chạy nhà` does not; hỏi and ngã count as one.
* `tự tử!` — only where every one of its diacritics-bearing words was typed with diacritics.
* `~toi` — with whatever diacritics.
* `a | b` — either; `a + b` — both, in any order, at most six words between; `a > b` — in this order;
  `+2`, `>0` — with so many words between at most. `|` binds before `+` and `>`.

`ignore` (whole file) lists set phrases: words of a cue lying wholly inside one are not seen. `unless` (whole
file and per case) cancels the `cues` found near it. `strong` cues are never cancelled.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, product
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from knowledge.normalise import MAX_CHARACTERS, SYLLABLES, fold, normalise

GAP = 6
"""Words allowed between the two sides of `+` and `>`, unless the cue gives its own number."""
UNLESS_REACH = 15
"""Words within which an `unless` cancels a cue: a long letter may hold an emergency beside other matters."""
PIECE = MAX_CHARACTERS // 2
"""Characters looked at together: half of what `normalise` takes, so that nothing is cut when words are written out."""
MAX_PIECES = 10
"""Of a very long text so many pieces are looked at."""
OVERLAP = 100
"""Characters shared by neighbouring pieces, so that none cuts a cue."""
TYPO_LETTERS = 4
"""Shorter words are not corrected."""
PLACEHOLDERS = frozenset({"cong_an_xa", "tram_y_te"})

_BITS = {mark: 1 << place for place, mark in enumerate("\u0300\u0301\u0302\u0306\u0309\u031b\u0323")}
_BITS["\u0303"] = _BITS["\u0309"]
_D_BIT, _OTHER_BIT, _ANY = 1 << 8, 1 << 9, -1
_JOIN = re.compile(r"([+>])(\d*)")

Span = tuple[int, int]
Word = tuple[str, int]
Token = tuple[tuple[str, ...], int]
"""The folded readings of a word typed and the diacritics it was typed with."""


class EmergencyFileError(ValueError):
    """The file of emergencies cannot be used; the message names file, case, field and mend."""


@lru_cache(maxsize=8192)
def _word(typed: str) -> Word:
    """Its letters and its diacritics."""
    bits = 0
    if not typed.isascii():
        for char in unicodedata.normalize("NFD", typed):
            if char == "đ":
                bits |= _D_BIT
            elif unicodedata.combining(char):
                bits |= _BITS.get(char, _OTHER_BIT)
    return fold(typed), bits


@dataclass(frozen=True, slots=True, eq=False)
class _Phrase:
    words: tuple[Word, ...]
    typed: bool

    def starts_at(self, place: int, tokens: Sequence[Token]) -> bool:
        if place + len(self.words) > len(tokens):
            return False
        for ahead, (letters, marks) in enumerate(self.words):
            readings, typed = tokens[place + ahead]
            if letters not in readings or (self.typed and marks and not typed):
                return False
            if marks != _ANY and typed not in (0, marks, marks & _D_BIT):
                return False
        return True


@dataclass(frozen=True, slots=True, eq=False)
class _Cue:
    parts: tuple[tuple[_Phrase, ...], ...]
    joins: tuple[tuple[bool, int], ...]

    def spans(self, hits: Mapping[_Phrase, list[Span]]) -> set[Span]:
        """Where the cue is met."""
        if any(hits.keys().isdisjoint(part) for part in self.parts):
            return set()
        found = {hit for phrase in self.parts[0] for hit in hits.get(phrase, ())}
        for place, (part, (ordered, gap)) in enumerate(zip(self.parts[1:], self.joins, strict=True)):
            others = [hit for phrase in part for hit in hits.get(phrase, ())]
            found = {
                (min(start, other_start), max(end, other_end))
                for start, end in found
                for other_start, other_end in others
                if 0 <= other_start - end <= gap
                or (not ordered and 0 <= start - other_end <= gap)
                or (not ordered and place and start <= other_start and other_end <= end)
            }
        return found


@cache
def _phrase(written: str) -> _Phrase:
    words = [_word(word) for word in normalise(written).split()]
    if not words:
        raise ValueError(f"{written!r} holds no word; write words between the signs + > |")
    if "~" in written:
        if len(words) != len(written.split()):
            raise ValueError(f"{written!r}: write words with ~ in their standard spelling")
        pairs = zip(words, written.split(), strict=True)
        words = [(letters, _ANY if raw.startswith("~") else marks) for (letters, marks), raw in pairs]
    return _Phrase(tuple(words), written.endswith("!"))


def _cue(written: str) -> _Cue:
    pieces = _JOIN.split(written)
    parts = tuple(tuple(_phrase(phrase.strip()) for phrase in part.split("|")) for part in pieces[::3])
    joins = tuple((sign == ">", int(gap) if gap else GAP) for sign, gap in zip(pieces[1::3], pieces[2::3], strict=True))
    return _Cue(parts, joins)


def _checked_cue(written: str) -> str:
    _cue(written)
    return written


def _checked_answer(answer: str) -> str:
    if answer != unicodedata.normalize("NFC", answer):
        raise ValueError("letters are stored decomposed; save the text as NFC")
    if unknown := set(re.findall(r"\{([^{}]*)\}", answer)) - PLACEHOLDERS:
        raise ValueError(f"unknown {sorted(unknown)}; use only {sorted(PLACEHOLDERS)} in braces")
    if not re.search(r"\b1\d\d\b", answer.strip().partition("\n")[0]):
        raise ValueError("the first line names no number to call; begin with it")
    return answer.strip()


CueText = Annotated[str, AfterValidator(_checked_cue)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class EmergencyCase(BaseModel):
    """What is answered: the text, and the positions whose phones are shown as call buttons."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug
    answer: Annotated[str, AfterValidator(_checked_answer)]
    phones: tuple[Slug, ...] = Field(min_length=1)


class _CaseData(EmergencyCase):
    strong: list[CueText] = []
    cues: list[CueText] = []
    unless: list[CueText] = []


class _FileData(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ignore: list[CueText] = []
    unless: list[CueText] = []
    cases: list[_CaseData] = Field(min_length=1)


def _near(one: Span, others: Iterable[Span]) -> bool:
    return any(start - one[1] <= UNLESS_REACH and one[0] - end <= UNLESS_REACH for start, end in others)


def _deletions(word: str) -> list[str]:
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


class EmergencyRules:
    """The compiled rules. Built once, shared by all threads."""

    def __init__(self, data: _FileData) -> None:
        self.cases = tuple(EmergencyCase(id=case.id, answer=case.answer, phones=case.phones) for case in data.cases)
        """All cases, most pressing first."""
        self._unless = [tuple(map(_cue, [*data.unless, *case.unless])) for case in data.cases]
        self._ignore = {phrase for cue in map(_cue, data.ignore) for part in cue.parts for phrase in part}
        self._led: dict[_Phrase, list[tuple[int, bool, _Cue]]] = {}
        """By a phrase of their first part: place of the case, whether `unless` applies, cue."""
        phrases = set(self._ignore)
        for place, case in enumerate(data.cases):
            strong, weak = map(_cue, case.strong), map(_cue, case.cues)
            for is_weak, cue in [*((False, cue) for cue in strong), *((True, cue) for cue in weak)]:
                phrases.update(phrase for part in cue.parts for phrase in part)
                for phrase in cue.parts[0]:
                    self._led.setdefault(phrase, []).append((place, is_weak, cue))
            phrases.update(phrase for cue in self._unless[place] for part in cue.parts for phrase in part)
        self._one_word: dict[str, list[_Phrase]] = {}
        self._longer: dict[tuple[str, str], list[_Phrase]] = {}
        self._misspelt: dict[str, set[str]] = {}
        for phrase in phrases:
            if len(phrase.words) == 1:
                self._one_word.setdefault(phrase.words[0][0], []).append(phrase)
            else:
                self._longer.setdefault((phrase.words[0][0], phrase.words[1][0]), []).append(phrase)
            for letters, _ in phrase.words:
                if len(letters) >= TYPO_LETTERS:
                    for typed in (letters, *_deletions(letters)):
                        self._misspelt.setdefault(typed, set()).add(letters)

    @classmethod
    def load(cls, path: Path) -> EmergencyRules:
        """The rules of the file. Raises EmergencyFileError saying what to mend, or OSError."""
        try:
            raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
            data = _FileData.model_validate(raw)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise EmergencyFileError(f"{path}: not readable as YAML in UTF-8; mend: {error}") from error
        except ValidationError as error:
            problems = "\n".join(_problem(raw, item["loc"], item["msg"]) for item in error.errors())
            raise EmergencyFileError(f"{path}:\n{problems}") from error
        ids = [case.id for case in data.cases]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise EmergencyFileError(f"{path}: case {', '.join(twice)}, field id: used twice; rename one")
        return cls(data)

    def detect(self, text: str) -> EmergencyCase | None:
        """The most pressing emergency the text speaks of, or None. Never raises."""
        starts = range(0, min(len(text), MAX_PIECES * PIECE), PIECE - OVERLAP)
        found = [self._place(text[start : start + PIECE]) for start in starts]
        places = [place for place in found if place is not None]
        return self.cases[min(places)] if places else None

    def _place(self, text: str) -> int | None:
        """The place of the first case met, in the order of priority."""
        words = map(_word, normalise(text).split())
        tokens: list[Token] = [(self._readings(letters), marks) for letters, marks in words]
        everything: dict[_Phrase, list[Span]] = {}
        following = [*(readings for readings, _ in tokens[1:]), ()]
        for start, ((readings, _), nexts) in enumerate(zip(tokens, following, strict=False)):
            for phrase in chain(
                *(self._one_word.get(letters, ()) for letters in readings),
                *(self._longer.get(pair, ()) for pair in product(readings, nexts)),
            ):
                if phrase.starts_at(start, tokens):
                    everything.setdefault(phrase, []).append((start, start + len(phrase.words)))
        seen = self._outside_set_phrases(everything)
        awake = [cue for phrase in seen for cue in self._led.get(phrase, ())]
        for place, weak, cue in sorted(awake, key=itemgetter(0, 1)):
            spans = cue.spans(seen)
            if spans and not weak:
                return place
            if spans:
                contexts = [span for context in self._unless[place] for span in context.spans(everything)]
                if any(not _near(span, contexts) for span in spans):
                    return place
        return None

    def _outside_set_phrases(self, hits: dict[_Phrase, list[Span]]) -> dict[_Phrase, list[Span]]:
        covers = [span for phrase in self._ignore & hits.keys() for span in hits[phrase]]
        if not covers:
            return hits
        seen = {
            phrase: [span for span in spans if not any(a <= span[0] and span[1] <= b for a, b in covers)]
            for phrase, spans in hits.items()
        }
        return {phrase: spans for phrase, spans in seen.items() if spans}

    def _readings(self, letters: str) -> tuple[str, ...]:
        """The word itself; with the Telex slip oo undone; if no syllable, also the cue words one slip away."""
        if "oo" in letters:
            return (letters, letters.replace("oo", "o"))
        if len(letters) < TYPO_LETTERS or letters in SYLLABLES:
            return (letters,)
        meant = {word for typed in (letters, *_deletions(letters)) for word in self._misspelt.get(typed, ())}
        return (letters, *(meant - {letters}))


def _problem(raw: Any, where: tuple[int | str, ...], message: str) -> str:
    case, field = "(whole file)", ".".join(map(str, where)) or "(top)"
    if len(where) > 1 and where[0] == "cases" and isinstance(where[1], int):
        entry, number = raw["cases"][where[1]], f"number {where[1] + 1}"
        case = entry.get("id", number) if isinstance(entry, dict) else number
        field = ".".join(map(str, where[2:])) or "(case)"
    return f"  case {case}, field {field}: {message.removeprefix('Value error, ')}"
