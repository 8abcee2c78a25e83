"""Reading the small print of foreign files: clean text, bullets, dates, amounts, times, ways to hand in."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from knowledge.normalise import fold

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_SPACES = re.compile(r"[^\S\n]+")
_BULLET = re.compile(r"^\s*(?:[-+*•–—·●○▪■▫◦‣⁃]+|\(\d+(?:\.\d+)*\)|\(?\d{1,2}(?:\.\d{1,2})*[.)](?=\s|\D)|[a-zđ]\))\s*")
_NOTHING = frozenset(
    ["", "-", "--", "...", "…", "khong co thong tin", "chua co thong tin", "dang cap nhat", "null", "none", "n/a"]
)
_FREE = re.compile(
    r"^(?:(?:phi|le phi|muc thu|muc phi) )*(?:mien (?:phi|le phi|thu)|khong (?:thu|mat|phai nop|co (?:phi|le phi))|"
    r"0 ?(?:dong|d|vnd))\b"
)
_NUMBER = r"\d{1,3}(?:[.,]\d{3})+|\d+"
_MONEY = re.compile(rf"(?<![\d.,/])({_NUMBER})\s*(?:đồng|dong|đ\b|vnđ|vnd)", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,3})\s*(?:\([^)]*\)\s*)?(ngày làm việc|ngày|giờ làm việc|giờ|tháng|phút|năm)", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})")
_LONG_DATE = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
LONGEST = 4_000
"""Characters of a text in a record."""


def clean(text: object) -> str:
    """NFC, one kind of space, no invisible or control characters, no empty lines."""
    plain = (
        unicodedata.normalize("NFC", str(text or "")).replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n")
    )
    plain = _CONTROL.sub(" ", _INVISIBLE.sub("", plain))
    lines = (_SPACES.sub(" ", line).strip() for line in plain.split("\n"))
    return "\n".join(line for line in lines if line)


def inline(text: object) -> str:
    """The cleaned text on one line."""
    return " ".join(clean(text).split("\n"))


def says_nothing(text: object) -> bool:
    """Whether a cell is empty or only says that there is no information."""
    return fold(inline(text)).strip(" .") in _NOTHING


def unbulleted(line: str) -> str:
    """A line without its bullet or number."""
    return _BULLET.sub("", line, count=1).strip()


def lines_of(text: object) -> list[str]:
    """The items of a text that has one a line, without bullets and lines that say nothing."""
    return [found for line in clean(text).split("\n") if not says_nothing(found := unbulleted(line))]


def lower_first(text: str) -> str:
    """The text to stand within a sentence; abbreviations ("UBND") stay."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def fitted(texts: list[str]) -> list[str]:
    """Texts no longer than a record takes, long ones cut at the ends of sentences."""
    found: list[str] = []
    for text in texts:
        rest = text
        while len(rest) > LONGEST:
            cut = max(rest.rfind(". ", 0, LONGEST) + 1, rest.rfind("; ", 0, LONGEST) + 1) or LONGEST
            found.append(rest[:cut].strip())
            rest = rest[cut:].strip()
        found.append(rest)
    return [text for text in found if text]


def folded(text: object) -> str:
    """For comparing headings: lower case, no diacritics, words apart by single spaces, no punctuation."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(clean(text))))


def date_of(value: object) -> str | None:
    """A date in ISO form from a cell: a date, 2026-11-20, 20/11/2026, 20-11-2026, "ngày 20 tháng 11 năm 2026"."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = inline(value)
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        pass
    found = _LONG_DATE.search(text) or _DATE.search(text)
    if found is None:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def dong(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + " đồng"


def amount_of(text: str) -> int | None:
    """The number of a cell that holds one amount and nothing else: 50.000, "50,000 đồng"."""
    found = re.fullmatch(rf"({_NUMBER})(?:[.,]0+)?\s*(?:đồng|dong|đ|vnđ|vnd)?", inline(text).lower())
    return int(re.sub(r"\D", "", found[1])) if found else None


def amounts_in(text: str) -> list[int]:
    """Every amount of money named in a text."""
    return [int(re.sub(r"\D", "", found)) for found in _MONEY.findall(text)]


def says_free(text: str) -> bool:
    """Whether the words begin by saying that nothing is to be paid; that some people are exempt is not enough."""
    return _FREE.match(folded(text)) is not None


def is_bare_no(text: str) -> bool:
    """“Không” alone: free of charge, or nothing written? Somebody must confirm it."""
    return folded(text) in {"khong", "khong co", "khong quy dinh", "0"}


def times_in(text: str) -> list[tuple[int, str]]:
    """Every period a text names, as number and unit."""
    return [(int(number), unit.lower()) for number, unit in _TIME.findall(text)]


def working_days_of(text: str) -> int | None:
    """The working days of a text that names one period and nothing else."""
    times = times_in(text)
    return times[0][0] if len(times) == 1 and times[0][1] == "ngày làm việc" and times[0][0] <= 400 else None


def channel_of(text: str) -> str | None:
    """The way of handing in a cell names."""
    words = folded(text)
    if "buu chinh" in words or "buu dien" in words or words == "postal":
        return "bưu chính"
    if "truc tuyen" in words or "qua mang" in words or "dien tu" in words or words == "online":
        return "trực tuyến"
    return "trực tiếp" if "truc tiep" in words or words == "direct" else None


def split_list(text: str) -> list[str]:
    """The items of an enumeration: by ";", otherwise by "," outside brackets and before a capital letter."""
    text = inline(text)
    if ";" in text:
        parts = text.split(";")
    else:
        parts, depth = [""], 0
        for letter in text:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth <= 0:
                parts.append("")
            else:
                parts[-1] += letter
        joined: list[str] = []
        for part in parts:
            if joined and part.strip()[:1].islower():
                joined[-1] += f",{part}"
            else:
                joined.append(part)
        parts = joined
    return [part.strip().rstrip(".") for part in parts if not says_nothing(part)]
