"""Codes, numbers and places in a message: read however they are typed, returned in one form, or masked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import phonenumbers

from bot.domain.codes import ticket_code
from bot.domain.records import Place
from knowledge.normalise import fold, normalise_folded

REGION = "VN"
STARS = "*" * 6
SHOWN_DIGITS = 2

_JOINT = r"[\s.\-–—_/]"
_TICKET = re.compile(
    rf"(?<![a-z0-9])p{_JOINT}*a{_JOINT}*([2-9](?:{_JOINT}*[0-9oil]){{9}}){_JOINT}*([a-z0-9])(?![a-z0-9])"
)
_DOSSIER = re.compile(
    r"(?<![a-z0-9])(?:(\d{3})[\s.]?(\d{2})[\s.]?(\d{2})[\s.]?)?([a-z]\d{2})(?:[\s.]?(\d{2,3}))?(?:[\s.]?(\d{2,3}))?"
    rf"{_JOINT}{{1,3}}(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])){_JOINT}{{1,3}}(\d{{3,6}})(?![a-z0-9])"
)
"""Receiving body, day received, number of the day, as Quyết định 20/2020/QĐ-TTg and the older rule write them."""
_OTHER_DOSSIER = re.compile(r"\b([0-9a-z][0-9a-z.]{2,19})\s*-\s*(\d{6})\s*-\s*(\d{3,6})\b")
_PROCEDURE_CODE = re.compile(r"\b\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2}\.[a-z]\d{2})?\b")

_GROUP = re.compile(r"\+?\d+")
_GAP = re.compile(r"[\s.\-–—_()]{1,3}")
_MAX_GROUPS = 13
_CARD = re.compile(r"\b[a-z]{2}[\s.\-]?[1-5](?:[\s.\-]?\d){12}\b")
"""A health insurance card: the holder's group, the level of benefit, the province, ten digits."""
_DATE_GROUPS = re.compile(r"(?:0?[1-9]|[12]\d|3[01])([\s.\-–])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d")
_MONEY = re.compile(r"\s*(?:đ|đồng|dong|vnđ|vnd)\b", re.IGNORECASE)
_IDENTITY_DIGITS = frozenset({9, 12})
"""The old identity card (CMND) and the present one (CCCD)."""
_INSURANCE_DIGITS = 10
_SHORT_NUMBERS = frozenset({"111", "112", "113", "114", "115", "1022"})
_SPOKEN = {
    "khong": "0", "mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5", "lam": "5", "sau": "6",
    "bay": "7", "tam": "8", "chin": "9",
}  # fmt: skip
_SPOKEN_RUN = re.compile(rf"\b(?:{'|'.join(_SPOKEN)})(?:[\s.,\-]{{1,3}}(?:{'|'.join(_SPOKEN)})){{7,23}}\b")
_STUCK_NUMBER = re.compile(r"(?<=[^\W\d_])(?=\d)")
_NUMBER_WORDS = {
    "1": ("mot",), "2": ("hai",), "3": ("ba",), "4": ("bon", "tu"), "5": ("nam",), "6": ("sau",), "7": ("bay",),
    "8": ("tam",), "9": ("chin",), "10": ("muoi",),
}  # fmt: skip


@lru_cache(maxsize=4096)
def _bare(char: str) -> str:
    folded = fold(char)
    return folded if len(folded) == 1 else char


def _flat(text: str) -> str:
    """A composed text with every letter folded where it stands, so that places in both are the same."""
    return "".join(map(_bare, text))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def is_ticket_code(code: str) -> bool:
    """Whether a code in canonical form can have been given: its day exists and its check letter is right."""
    _, day, rest = code.split("-")
    try:
        return ticket_code(datetime.strptime(day, "%y%m%d").date(), int(rest[:-1])) == code  # noqa: DTZ007
    except ValueError:
        return False


def ticket_code_in(text: str) -> str | None:
    """The first ticket code of a text in canonical form, mistyped or not (see `is_ticket_code`): in any case, with
    or without dashes, spaces and diacritics, with the letters O, I, L for 0 and 1."""
    match = _TICKET.search(_flat(_composed(text)))
    if match is None:
        return None
    digits = re.sub(_JOINT, "", match[1]).translate(str.maketrans("oil", "011"))
    return f"PA-{digits[:6]}-{digits[6:]}{match[2].upper()}"


def dossier_code_in(text: str) -> str | None:
    """The first dossier code (mã hồ sơ) of a text in canonical form: dots within the body, dashes around the day."""
    flat = _flat(_composed(text))
    if match := _DOSSIER.search(flat):
        *body, day, number = match.groups()
        return f"{'.'.join(part for part in body if part).upper()}-{day}-{number}"
    if match := _OTHER_DOSSIER.search(flat):
        return "-".join(match.groups()).upper()
    return None


def canonical_phone(written: str) -> str | None:
    """A number in one form for comparison (E.164, or a short number itself); what the plan does not know keeps its
    digits."""
    digits = re.sub(r"\D", "", written)
    if not digits:
        return None
    if len(digits) <= 4:
        return digits
    try:
        parsed = phonenumbers.parse(written, REGION)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def national_phone(number: str) -> str:
    """A canonical number as people write it."""
    try:
        parsed = phonenumbers.parse(number, REGION)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def phones_in(text: str) -> tuple[str, ...]:
    """Telephone numbers in a text, each once in canonical form, in digits or read out digit by digit."""
    return tuple(dict.fromkeys(one.phone for one in _numbers(_composed(text)) if one.phone))


def masked(text: str, phones: bool = True) -> str:
    """The text with numbers of identity and health insurance cards, and telephone numbers unless told otherwise,
    replaced by stars and their last two digits. Codes, dates, amounts and the state's short numbers stay."""
    composed = _composed(text)
    found = [one for one in _numbers(composed) if one.phone is None or (phones and one.phone not in _SHORT_NUMBERS)]
    for one in reversed(found):
        composed = f"{composed[: one.start]}{STARS}{one.digits[-SHOWN_DIGITS:]}{composed[one.end :]}"
    return composed if found else text


@dataclass(frozen=True, slots=True)
class _Number:
    """Where a personal number stands in a text; `phone`: its canonical form, None for a card's number."""

    start: int
    end: int
    digits: str
    phone: str | None = None


def _numbers(text: str) -> list[_Number]:
    """Telephone and card numbers of a composed text, in order."""
    flat = _flat(text)
    codes = [found.span() for pattern in (_TICKET, _DOSSIER, _PROCEDURE_CODE) for found in pattern.finditer(flat)]
    cards = [_Number(*found.span(), re.sub(r"\D", "", found[0])) for found in _CARD.finditer(flat)]
    taken = [*codes, *((one.start, one.end) for one in cards)]
    groups = [one for one in _GROUP.finditer(text) if not any(a <= one.start() < b for a, b in taken)]
    written = [number for run in _runs(text, groups) for number in _numbers_of(text, run)]
    return sorted([*cards, *written, *_spoken_numbers(flat)], key=lambda one: one.start)


def _runs(text: str, groups: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Groups of digits that only spaces, dots, dashes and brackets part."""
    run: list[re.Match[str]] = []
    for group in groups:
        if run and not _GAP.fullmatch(text, run[-1].end(), group.start()):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _numbers_of(text: str, run: Sequence[re.Match[str]]) -> Iterator[_Number]:
    at = 0
    while at < len(run):
        start = run[at].start()
        ends = [group.end() for group in run[at : at + _MAX_GROUPS]]
        if _DATE_GROUPS.fullmatch(text, start, ends[min(2, len(ends) - 1)]):
            at += 3
            continue
        number = _number_from(text, start, ends)
        at += ends.index(number.end) + 1 if number else 1
        if number:
            yield number


def _number_from(text: str, start: int, ends: Sequence[int]) -> _Number | None:
    """The number that begins here. One group speaks for itself; of several a telephone number of the plan comes first,
    then a card's, then what could be a telephone number."""
    written = [(end, text[start:end], re.sub(r"\D", "", text[start:end])) for end in ends]
    telephones = [(end, one, digits) for end, one, digits in written if _is_telephone(one, digits)]
    end, one, digits = written[0]
    if telephones and telephones[0][0] == end:
        return _Number(start, end, digits, canonical_phone(one))
    if len(digits) in _IDENTITY_DIGITS or len(digits) == _INSURANCE_DIGITS:
        return _Number(start, end, digits)
    for end, one, digits in telephones:
        if _is_valid(one):
            return _Number(start, end, digits, canonical_phone(one))
    for end, _, digits in reversed(written):
        if len(digits) in _IDENTITY_DIGITS and not _MONEY.match(text, end):
            return _Number(start, end, digits)
    if telephones:
        end, one, digits = telephones[-1]
        return _Number(start, end, digits, canonical_phone(one))
    return None


def _is_telephone(written: str, digits: str) -> bool:
    """Whether digits can be a telephone number of the country or, with a plus, of another; a card's nine digits, or
    twelve from 0, cannot."""
    if digits in _SHORT_NUMBERS:
        return written == digits
    if written.startswith("+"):
        lengths = range(8, 16)
    elif digits.startswith("0"):
        lengths = range(13, 17) if digits.startswith("0084") else range(10, 12)
    elif digits.startswith("84"):
        lengths = range(11, 14)
    elif digits.startswith(("1800", "1900")):
        lengths = range(8, 11, 2)
    else:
        return False
    if len(digits) not in lengths:
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(written, REGION))
    except phonenumbers.NumberParseException:
        return False


def _spoken_numbers(flat: str) -> Iterator[_Number]:
    """Numbers read out digit by digit. Words of the sentence around a telephone number ("… phải không") may be
    digits as well."""
    for run in _SPOKEN_RUN.finditer(flat):
        words = list(re.finditer(r"[a-z]+", run[0]))
        digits = "".join(_SPOKEN[word[0]] for word in words)
        first, count = 0, len(digits)
        if count not in _IDENTITY_DIGITS:
            parts = [(at, size) for at in range(len(digits)) for size in (11, 10) if at + size <= len(digits)]
            valid = [(at, size) for at, size in parts if _is_valid(digits[at : at + size])]
            if not valid:
                continue
            first, count = valid[0]
        said = digits[first : first + count]
        start, end = run.start() + words[first].start(), run.start() + words[first + count - 1].end()
        yield _Number(start, end, said, None if count in _IDENTITY_DIGITS else canonical_phone(said))


def _is_valid(written: str) -> bool:
    """Whether the numbering plan has this telephone number."""
    digits = re.sub(r"\D", "", written)
    return _is_telephone(written, digits) and phonenumbers.is_valid_number(phonenumbers.parse(written, REGION))


def places_in(text: str, places: Iterable[Place]) -> tuple[Place, ...]:
    """Places a text names, in order: longer names before shorter ones, with or without diacritics, the number of a
    hamlet in digits or words."""
    rest = f" {normalise_folded(_STUCK_NUMBER.sub(' ', text))} "
    spellings = sorted(((name, place) for place in places for name in _spellings(place)), key=lambda one: -len(one[0]))
    found: list[tuple[int, Place]] = []
    for name, place in spellings:
        at = rest.find(f" {name} ")
        if at >= 0:
            found.append((at, place))
            rest = rest.replace(f" {name} ", f" {'-' * len(name)} ")
    return tuple(dict.fromkeys(place for _, place in sorted(found, key=lambda one: one[0])))


def _spellings(place: Place) -> Iterator[str]:
    for name in (place.name, *place.aliases):
        spelling = normalise_folded(name)
        yield spelling
        kind, _, number = spelling.rpartition(" ")
        if kind and number in _NUMBER_WORDS:
            yield f"{kind} so {number}"
            yield from (f"{kind} {word}" for word in _NUMBER_WORDS[number])
