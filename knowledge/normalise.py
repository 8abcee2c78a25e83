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
from typing import NamedTuple

WORDS_FILE = Path(__file__).parent / "content" / "words.tsv"
MAX_CHARACTERS = 2_000
"""Longer texts are cut for understanding only; the stored message stays whole. Also the longest result."""
REACH = 2
"""Words on either side in which a cue is looked for."""
LONGEST = 4
"""Words of the longest phrase in the table."""

_TOKEN = re.compile(
    r"(?:https?://|www\.)[^\s<>]*\w|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
    r"|(?:[^\W\d_]{1,6}[-.])?\w*\d\w*(?:[-.,:/]\w*\d\w*)*|[^\W\d_]+"
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
)
_LOOSE_MARKS = re.compile("[\u0300-\u036f\u20d0-\u20ff]")
_EMOTICON = re.compile(r"(?<!\d)[:;=]['-]?[dpvox](?!\w)|\bt_t\b|\bk{3,}\b|(?:<3+|(?<!\d):3+)(?!\s*\w|[/:.,]\d)")
_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοðÐɖƉı\u2044\u2010\u2011\u2012",
    "ABESIJKMHOPCTYXaesijopcyxhdqwABEZHIKMNOPTYXođĐđĐi/---",
)
_NUMBER = re.compile(r"\d[\d.,]*")
_MILLIONS = re.compile(r"(\d+)(tr|triệu)(\d{1,3})")
_DIGITS_LETTERS = re.compile(r"(\d[\d.,:/]*)([^\W\d_]+)")
_LETTERS_DIGITS = re.compile(r"([^\W\d_]{2,})(\d{1,3}|\d{1,2}[-./]\d[-./\d]*)")
_STUCK = re.compile(r"([^\W\d_]{2,6})([-.])(\w+)")
_NUMBERED = frozenset(
    "ap to kp khu thon doi quan phuong lo khom so mau lan thu thang ngay nam lop quy phan muc tang phong cap".split()
)
"""Words a number follows, so that "to5" is "tổ 5" rather than a VNI slip."""
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_DOUBLE = re.compile(r"([a-z])\1")
_VNI = re.compile(r"[a-z]+[1-9][a-z1-9]*")
_ONSETS = "b c ch d g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()
_RIMES = (
    "a ac ach ai am an ang anh ao ap at au ay e ec em en eng eo ep et eu enh ech i ia ich iec iem ien ieng iep "
    "iet ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oem oen oeo oet oi om on "
    "ong ooc oong op ot u ua uan uang uat uay ua uc ue uech uenh ui um un ung uoc uoi uom uon uong uop uot uou up "
    "ut uu uy uya uych uyen uyet uynh uyt uyu uyp y yem yen yet yeu ac"
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
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_SHAPES = frozenset("\u0302\u0306\u031b")
_VOWELS = frozenset("aeiouy")
_SWAPPED_ENDS = {"gn": "ng", "hn": "nh", "hc": "ch"}
_SWAPPED_STARTS = {"hc": "ch", "hk": "kh", "gn": "ng", "hn": "nh", "hp": "ph", "ht": "th", "rt": "tr"}


class _Sense(NamedTuple):
    """One row of the word table: what was typed means `standard` where the words around it allow."""

    typed: tuple[str, ...]
    standard: tuple[str, ...]
    always: bool
    cues: frozenset[str]
    never: frozenset[str]


def fold(text: str) -> str:
    """The text in lower case without diacritics, đ as d."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.lower())
    stripped = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", stripped.replace("đ", "d").replace("ð", "d"))


_folded = lru_cache(maxsize=16_384)(fold)


@lru_cache(maxsize=1)
def _words() -> dict[str, list[_Sense]]:
    """The rows of the word table by the first word typed; phrases come before words."""
    table: dict[str, list[_Sense]] = {}
    for line in WORDS_FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            typed, standard, when = (tuple(unicodedata.normalize("NFC", cell).split()) for cell in line.split("\t"))
            never = frozenset(cue[1:] for cue in when if cue.startswith("-"))
            cues = frozenset(when) - {"always"} - {"-" + cue for cue in never}
            table.setdefault(typed[0], []).append(_Sense(typed, standard, "always" in when, cues, never))
    for senses in table.values():
        senses.sort(key=lambda sense: -len(sense.typed))
    return table


def _cued_by(word: str, cue: str) -> bool:
    return any(cue in sense.cues for sense in _words().get(word, ()))


def _is_vni(token: str) -> bool:
    """Whether the digits can be VNI keys: one tone at most, none but sắc and nặng on a stop, and every other digit
    after a letter it changes."""
    if not token.isascii() or not token[0].isalpha() or not _VNI.fullmatch(token):
        return False
    bare = re.sub(r"\d", "", token)
    digits = re.findall(r"\d", token)
    tones = [digit for digit in digits if digit < "6"]
    fits = all(
        any(letter in bare for letter in {"6": "aeo", "7": "ou", "8": "a", "9": "d"}[digit])
        for digit in digits
        if digit >= "6"
    )
    stopped = bare.endswith(("c", "ch", "p", "t"))
    return (
        len(bare) > 1
        and bare in SYLLABLES
        and fits
        and len(digits) < 4
        and len(tones) < 2
        and not (stopped and {*tones} & set("234"))
    )


def _numbered(token: str) -> re.Match[str] | None:
    """A word numbers follow with its number: "ấp3", "to5", "sn85"."""
    found = _LETTERS_DIGITS.fullmatch(token)
    known = found and (not found[1].isascii() or found[1] in _NUMBERED or _cued_by(found[1], "_0"))
    return found if known else None


def _untelex(token: str) -> str:
    """A word left as raw Telex keystrokes, as letters; others unchanged. Accents are not rebuilt."""
    bare = _folded(token)
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


def _single(token: str) -> str:
    """Every run of one letter as one, with the diacritics typed ("ạaa" is "ạ")."""
    kept: list[str] = []
    for char in token:
        if kept and _folded(kept[-1]) == _folded(char):
            kept[-1] = max(kept[-1], char)
        else:
            kept.append(char)
    return "".join(kept)


def _parted(token: str) -> tuple[str, ...]:
    """Two words run together ("trìnhtự"), apart again; a token that can be parted in no way or in several stays."""
    bare = _folded(token)
    if not 5 <= len(bare) <= 12 or not bare.isalpha() or len(bare) != len(token):
        return (token,)
    places = [at for at in range(2, len(bare) - 1) if bare[:at] in SYLLABLES and bare[at:] in SYLLABLES]
    return (token[: places[0]], token[places[0] :]) if len(places) == 1 else (token,)


def _tone_placed(token: str) -> str:
    """A syllable with its tone mark on the letter of the one spelling used here: hòa, thủy, khỏe, quý, toán."""
    letters: list[str] = []
    tone = ""
    for char in unicodedata.normalize("NFD", token):
        if char in _TONES:
            if tone:
                return token
            tone = char
        elif char in _SHAPES and letters:
            letters[-1] += char
        elif unicodedata.combining(char):
            return token
        else:
            letters.append(char)
    if not tone:
        return token
    vowels = [at for at, letter in enumerate(letters) if letter[0] in _VOWELS]
    if len(vowels) > 1 and "".join(letters[:2]) in ("qu", "gi"):
        vowels.remove(1)
    shaped = [at for at in vowels if _SHAPES.intersection(letters[at])]
    if not vowels or vowels[-1] - vowels[0] != len(vowels) - 1:
        return token
    closed = vowels[-1] < len(letters) - 1
    place = shaped[-1] if shaped else vowels[1 if len(vowels) > 2 or (closed and len(vowels) == 2) else 0]
    letters[place] += tone
    placed = unicodedata.normalize("NFC", "".join(letters))
    return token if _LOOSE_MARKS.search(placed) else placed


@lru_cache(maxsize=16_384)
def _mended(token: str, vni: bool) -> tuple[str, ...]:
    """A token that is in no row of the table, mended by itself; `vni`: its message was typed with VNI keys."""
    if token.isdigit() or "@" in token or "//" in token or token.startswith("www."):
        return (token,)
    if any(char.isdigit() for char in token):
        return _mended_number(token, vni)
    bare = _folded(token)
    if bare in SYLLABLES:
        return (token,) if token.isascii() else (_tone_placed(token),)
    shortened = _LONG_RUN.sub(r"\1", token)
    if shortened != token:
        return (shortened,)
    if len(token) < 2:
        return (token,)
    telex = _untelex(token)
    if telex != token and (token.isascii() or not _DOUBLE.search(bare)):
        return (telex,)
    if _DOUBLE.search(bare) and len(bare) == len(token) and _folded(once := _single(token)) in SYLLABLES:
        return (once,)
    if len(bare) == len(token) > 3:
        for swapped in (
            token[:-2] + _SWAPPED_ENDS.get(bare[-2:], token[-2:]),
            _SWAPPED_STARTS.get(bare[:2], token[:2]) + token[2:],
        ):
            if swapped != token and _folded(swapped) in SYLLABLES:
                return (swapped,)
    return _parted(token)


def _mended_number(token: str, vni: bool) -> tuple[str, ...]:
    """A token with digits: a unit or a word glued to its number comes off, a code stays whole."""
    if amount := _MILLIONS.fullmatch(token):
        return (amount[1], "triệu", amount[3])
    if found := _DIGITS_LETTERS.fullmatch(token):
        number, word = found.groups()
        known = len(word) > 1 and (word in _words() or _folded(word) in SYLLABLES)
        return (number, word) if known or _cued_by(word, "0_") else (token,)
    if found := _numbered(token):
        return (re.sub(r"\d", "", token),) if vni and _is_vni(token) else (found[1], found[2])
    if _is_vni(token):
        return (re.sub(r"\d", "", token),)
    if found := _STUCK.fullmatch(token):
        word, sign, rest = found.groups()
        if _folded(word) in (SYLLABLES if sign == "." else _NUMBERED) or not word.isascii():
            return (word, rest)
    parts = tuple(token.split("/"))
    if len(parts) > 1 and any(len(_mended(part, vni)) > 1 for part in parts):
        return parts
    return (token,)


def _around(tokens: list[str], start: int, end: int) -> set[str]:
    """The words beside tokens[start:end] in the notation of cues."""
    names = ["0" if _NUMBER.fullmatch(token) else _folded(token) for token in tokens[max(0, start - REACH) : start]]
    after = ["0" if _NUMBER.fullmatch(token) else _folded(token) for token in tokens[end : end + REACH]]
    found = {*names, *after}
    if names:
        found.add(names[-1] + "_")
    found.add("_" + after[0] if after else "_$")
    return found


def _sense_at(tokens: list[str], place: int) -> _Sense | None:
    """The first row of the table that fits there."""
    beside: set[str] | None = None
    length = 0
    for sense in _words().get(tokens[place], ()):
        size = len(sense.typed)
        if size > 1 and tuple(tokens[place : place + size]) != sense.typed:
            continue
        if sense.always and not sense.never:
            return sense
        if beside is None or size != length:
            beside, length = _around(tokens, place, place + size), size
        if (sense.always or not sense.cues.isdisjoint(beside)) and sense.never.isdisjoint(beside):
            return sense
    return None


def _written_out(tokens: list[str]) -> list[str]:
    """The tokens when no row and no mend fits any more. A word written out may tell what its neighbour means, so
    after each change the words within reach are read again."""
    vni = any(_is_vni(token) and not _numbered(token) for token in tokens)
    words = _words()
    place = 0
    while place < len(tokens):
        token = tokens[place]
        sense = _sense_at(tokens, place) if token in words else None
        if sense:
            size, new = len(sense.typed), sense.standard
        else:
            size, new = 1, _mended(token, vni)
        if new != tuple(tokens[place : place + size]):
            tokens[place : place + size] = new
        elif place > 1 and tokens[place - 2] == token == tokens[place - 1] and not token.isdigit():
            del tokens[place]
        else:
            place += 1
            continue
        place = max(0, place - REACH - LONGEST)
    return tokens


def _plain(text: str) -> str:
    """The text in composed lower-case letters, look-alikes of other alphabets replaced, invisible signs gone."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_ALIKE).lower()
    return _LOOSE_MARKS.sub("", unicodedata.normalize("NFKC", text.translate(_ALIKE)))


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """One spelling of what was typed: composed lower case, words separated by single spaces, one place for the tone
    mark, lengthened letters and words shortened, Telex and VNI slips undone, chat spellings, abbreviations and
    southern words written out where they are unambiguous. Numbers and codes stay. Idempotent; never raises."""
    tokens = _TOKEN.findall(_EMOTICON.sub(" ", _plain(text[:MAX_CHARACTERS]))[:MAX_CHARACTERS])
    while True:
        tokens = _written_out(tokens)
        result = " ".join(tokens)
        if len(result) <= MAX_CHARACTERS:
            return result
        tokens = result[: MAX_CHARACTERS + 1].split(" ")[:-1]


def normalise_folded(text: str) -> str:
    """`normalise` without diacritics: the form features and rules are made on."""
    return fold(normalise(text))
