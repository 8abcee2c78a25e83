"""Vietnamese text as citizens type it, brought to one form. The one implementation: used by search, by the
dialogue's rules and, inside the Rasa process, by the tokenizer. Standard library only, Python 3.10 and later.

`normalise` keeps diacritics where they were typed; `fold` strips them. The original text is never changed in
place: callers keep it for staff.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

WORDS_FILE = Path(__file__).parent / "content" / "words.tsv"
MAX_CHARACTERS = 2_000
"""Longer texts are cut for understanding only; the stored message stays whole."""
PASSES = 5
"""A word written out may tell what its neighbour means; in one pass "kh dc" would become "kh được"."""

_TOKEN = re.compile(r"(?:[^\W\d_]{1,6}[-.])?\w*\d\w*(?:[-.,:/]\w*\d\w*)*|[^\W\d_]+")
_AMOUNT = re.compile(r"(\d+)(k|tr)")
_ELONGATED = re.compile(r"([^\W\d_])\1{2,}")
_UNITS = {"k": "nghìn", "tr": "triệu"}
_VNI = re.compile(r"[a-z]+[0-9](?:[a-z]*[0-9]?)*[a-z]*")
_ONSETS = "b c ch d g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()
_RIMES = (
    "a ac ach ai am an ang anh ao ap at au ay e ec em en eng eo ep et eu enh ech i ia ich iec iem ien ieng iep "
    "iet ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oem oen oeo oet oi om on "
    "ong ooc oong op ot u ua uan uang uat uay ua uc ue uech uenh ui um un ung uoc uoi uom uon uong uop uot uou up "
    "ut uu uy uya uych uyen uyet uynh uyt uyp y yem yen yet yeu ac"
).split()
SYLLABLES = frozenset(set(_RIMES) | {onset + rime for onset in _ONSETS for rime in _RIMES} | {"gi", "qu"})
_TELEX_MARKS = (
    ("dd", "d"),
    ("aa", "a"),
    ("ee", "e"),
    ("oo", "o"),
    ("uw", "u"),
    ("ow", "o"),
    ("aw", "a"),
    ("w", "u"),
)


def fold(text: str) -> str:
    """The text in lower case without diacritics, đ as d."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    stripped = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", stripped.replace("đ", "d").replace("ð", "d"))


@lru_cache(maxsize=1)
def _words() -> dict[str, list[tuple[str, frozenset[str]]]]:
    table: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for line in WORDS_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            typed, standard, when = line.split("\t")
            cues = frozenset() if when == "always" else frozenset(when.split())
            table.setdefault(unicodedata.normalize("NFC", typed), []).append((standard, cues))
    return table


def _untelex(token: str) -> str:
    """A word left as raw Telex or VNI keystrokes, as letters; others unchanged. Accents are not rebuilt."""
    if not token.isascii() or len(token) < 2 or token in SYLLABLES:
        return token
    if any(char.isdigit() for char in token):
        bare = re.sub(r"[0-9]", "", token)
        return bare if _VNI.fullmatch(token) and len(bare) > 1 and token[0].isalpha() and bare in SYLLABLES else token
    bare = token
    for typed, letter in _TELEX_MARKS:
        bare = bare.replace(typed, letter)
    if bare in SYLLABLES:
        return bare
    for candidate in (bare[:-1], re.sub(r"(?<=[aeiouy])[sfrxj]", "", bare)):
        if bare[-1:] in "sfrxjz" and candidate in SYLLABLES:
            return candidate
        if candidate != bare and candidate in SYLLABLES and candidate != bare[:-1]:
            return candidate
    return token


def _parted(token: str) -> list[str]:
    """Two words run together ("trìnhtự"), apart again; a token that can be parted in no way or in several stays."""
    bare = fold(token)
    if not 5 <= len(bare) <= 12 or bare in SYLLABLES or not bare.isalpha() or len(bare) != len(token):
        return [token]
    places = [at for at in range(2, len(bare) - 1) if bare[:at] in SYLLABLES and bare[at:] in SYLLABLES]
    return [token[: places[0]], token[places[0] :]] if len(places) == 1 else [token]


def _expand(tokens: list[str]) -> list[str]:
    table = _words()
    folded = [fold(token) for token in tokens]
    out: list[str] = []
    for place, token in enumerate(tokens):
        amount = _AMOUNT.fullmatch(token)
        if amount or (token in _UNITS and place and tokens[place - 1].isdigit()):
            out.extend((amount[1], _UNITS[amount[2]]) if amount else (_UNITS[token],))
            continue
        neighbours = {word for word in folded[max(0, place - 2) : place + 3] if word != folded[place]}
        for standard, cues in table.get(token, ()):
            if not cues or cues & neighbours:
                out.extend(standard.split())
                break
        else:
            out.extend(_parted(_untelex(token)))
    return out


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """One spelling of what was typed: NFC, lower case, words separated by single spaces, lengthened letters
    shortened, Telex and VNI slips undone, unambiguous chat spellings and abbreviations written out.
    Digits and codes stay. Idempotent; never raises."""
    text = unicodedata.normalize("NFC", text[:MAX_CHARACTERS]).lower().replace("ð", "đ")
    known = _words()
    tokens = [word if word in known else _ELONGATED.sub(r"\1", word) for word in _TOKEN.findall(text)]
    for _ in range(PASSES):
        before, tokens = tokens, _expand(tokens)
        if tokens == before:
            break
    return " ".join(tokens)


def normalise_folded(text: str) -> str:
    """`normalise` without diacritics: the form features and rules are made on."""
    return fold(normalise(text))
