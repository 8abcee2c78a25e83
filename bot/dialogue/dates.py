"""Days a message speaks of, resolved from the present moment in Việt Nam."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from bot.domain.views import LOCAL_ZONE
from knowledge.normalise import fold, normalise

SATURDAY, SUNDAY = 5, 6
WEEK = 7

_WEEKDAYS = {"2": 0, "hai": 0, "3": 1, "ba": 1, "4": 2, "tu": 2, "5": 3, "nam": 3, "6": 4, "sau": 4, "7": 5, "bay": 5}
_WEEKDAYS_TYPED = frozenset({*"234567", "hai", "ba", "tư", "tu", "năm", "nam", "sáu", "sau", "bảy", "bẩy", "bay"})
_WEEKS = {
    "tuan nay": 0, "tuan sau": 1, "tuan toi": 1, "tuan ke": 1, "tuan ke tiep": 1, "tuan sau nua": 2, "tuan truoc": -1,
    "tuan roi": -1, "tuan qua": -1, "tuan vua roi": -1, "tuan vua qua": -1,
}  # fmt: skip
_NEXT = frozenset({"toi", "sap toi", "sau"})
_LAST = frozenset({"roi", "vua roi", "vua qua", "truoc"})
_STEPS = {"nay": 0, "sau": 1, "toi": 1, "ngoai": -1, "truoc": -1, "roi": -1}
"""Năm nay, năm sau, tháng tới … : how many years or months from now."""
_RELATIVE = {"nay": 0, "mai": 1, "mot": 2, "qua": -1}

_COUNTED = frozenset("cai con lan dua be chau vo chong nguoi muc loai hang dieu nha giay tang ngoi so tap".split())
"""Things that "thứ hai", "thứ ba" count: no day of the week behind them."""
_EVERY = frozenset("moi cac hang nhung may tung".split())
_OTHER_MAI = frozenset("chi co ba ong anh em chau be thi ten hoa ban nguyen tran le pham thuong khuyen".split())
"""Before a bare "mai" they make it a name or another word, or leave it open."""
_BEFORE_NAY = frozenset({"", "da", "alo", "vay"})
_RELATIVE_TYPED = frozenset("nay này mai mốt mot qua kia kìa".split())
_ADDRESSES = frozenset("nha hem so duong kiet ngo dinh tu dieu khoan thua to".split())
"""Before "12/3": a house, a street or a legal text."""
_UNITS = frozenset("gio trieu nghin ngan dong lan phan m2 ha bua buoi ca tieng tram nguoi ngay tet".split())
_FRACTIONS = frozenset({"1/2", "1/3", "1/4", "2/3", "3/4", "24/7"})
_SHORT_CUES = frozenset("tuan sang chieu lam mo dong nghi truc".split())
"""One of them must be said for "t7" and "cn", which are a month and a certificate as well."""
_SAME_DAY = frozenset({"", "la", "ngay", "la ngay", "tuc la"})
_UNTIL = frozenset({"den", "toi", "cho den", "cho toi", "den ngay", "toi ngay"})

_WEEK = (
    r"(?: cua)?(?: (?P<week>tuan (?:nay|sau nua|sau|toi|ke tiep|ke|truoc|roi|qua|vua roi|vua qua)|nay|sap toi"
    r"|toi(?! (?:thu|chu|cn|t\d|ngay|\d))|sau|vua roi|vua qua|roi|truoc)(?!\S))?"
)
_YEAR = r"(?: nam (?P<year>\d{4}|nay|sau|toi|ngoai|truoc|roi)(?!\S)| (?P<gone>vua roi|vua qua|roi)(?!\S))?"
_FIGURES = r"\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?"


@dataclass(frozen=True, slots=True)
class _Said:
    """One mention: `typed` as its words stand in the text, diacritics included; the folded words around it."""

    match: re.Match[str]
    typed: list[str]
    before: str
    after: str
    words: frozenset[str]
    accented: bool
    today: date


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    days: tuple[date, ...]
    weekday: bool


def dates_in(text: str, now: datetime) -> tuple[date, ...]:
    """The days a text names, in order, each once, in local time. A day without a year is the next one, today
    included, unless it is said to be over. What may be something else, does not exist, contradicts itself, is
    lunar or only bounds a span ("từ thứ hai đến thứ sáu") names none; "cuối tuần" names Saturday and Sunday."""
    typed = normalise(text).split()
    folded = [fold(word) for word in typed]
    line, words = " ".join(folded), frozenset(folded)
    today = now.astimezone(LOCAL_ZONE).date()
    mentions: list[_Mention] = []
    for pattern, resolve in _KINDS:
        for match in pattern.finditer(line):
            start, end = match.span()
            if any(start < one.end and one.start < end for one in mentions):
                continue
            first = line.count(" ", 0, start)
            last = first + match[0].count(" ") + 1
            before = folded[first - 1] if first else ""
            after = "".join(folded[last : last + 1])
            said = _Said(match, typed[first:last], before, after, words, not text.isascii(), today)
            try:
                days = resolve(said)
            except (ValueError, OverflowError):
                days = ()
            mentions.append(_Mention(start, end, days, resolve is _weekday))
    mentions.sort(key=lambda one: one.start)
    return tuple(dict.fromkeys(day for one in _agreeing(mentions, line) for day in one.days))


def _agreeing(mentions: list[_Mention], line: str) -> list[_Mention]:
    """Without the ends of a span, and with a weekday beside a date taken for the same day ("thứ ba 24/11")."""
    kept = list(mentions)
    for one, other in pairwise(mentions):
        between = line[one.end : other.start].strip()
        if between in _UNTIL:
            kept = [left for left in kept if left not in (one, other)]
        elif between in _SAME_DAY and one.weekday != other.weekday and one.days and other.days:
            named, exact = (one, other) if one.weekday else (other, one)
            same = exact.days[0].weekday() == named.days[0].weekday()
            kept = [left for left in kept if left is not named and (same or left is not exact)]
    return kept


def _nothing(said: _Said) -> tuple[date, ...]:
    return ()


def _figures(said: _Said) -> tuple[date, ...]:
    """20/11, 20-11-2026, 20.11.26. Without a year, dots and dashes count only behind "ngày"."""
    figures = said.match["figures"]
    day, month, *year = re.split(r"[/.\-]", figures)
    if not said.match["day"]:
        if said.before in _ADDRESSES or (figures in _FRACTIONS and (said.after in _UNITS or figures == "24/7")):
            return ()
        if not year and "/" not in figures:
            return ()
    return _day(said, int(day), int(month), year[0] if year else None)


def _spelt(said: _Said) -> tuple[date, ...]:
    """Ngày 20 tháng 11 năm 2026; "sau" is not the sixth month unless it is typed so."""
    day, month = int(said.match["of"]), said.match["month"]
    if month.isdigit():
        return _day(said, day, int(month))
    if "sáu" in said.typed:
        return ()
    months = said.today.month - 1 + _STEPS[month]
    return (date(said.today.year + months // 12, months % 12 + 1, day),)


def _alone(said: _Said) -> tuple[date, ...]:
    """Ngày 20: the next one of its number."""
    day = int(said.match["number"])
    if said.after in _UNITS or said.after == "thang":
        return ()
    year, month = said.today.year, said.today.month
    if day < said.today.day:
        year, month = year + month // 12, month % 12 + 1
    return (date(year, month, day),)


def _day(said: _Said, day: int, month: int, written_year: str | None = None) -> tuple[date, ...]:
    today, named = said.today, said.match["year"]
    if written_year or (named and named.isdigit()):
        year = int(written_year or named)
        if year < 100:
            year += 2000 if 2000 + year <= today.year + 10 else 1900
        return (date(year, month, day),) if 1900 <= year <= 2100 else ()
    if named:
        return (date(today.year + _STEPS[named], month, day),)
    this = today.year
    if month == 2 and day == 29 and not calendar.isleap(this):
        this += -1 if said.match["gone"] else 1
    found = date(this, month, day)
    if said.match["gone"]:
        return (found if found <= today else found.replace(year=this - 1),)
    return (found if found >= today else found.replace(year=this + 1),)


def _weekday(said: _Said) -> tuple[date, ...]:
    name, short = said.match["name"], said.match["short"]
    if said.before in _COUNTED | _EVERY or (name and said.after in _UNITS):
        return ()
    if said.match["named"] and not _typed_as_weekday(said):
        return ()
    if (short or said.match["sunday"] == "cn") and not said.words & _SHORT_CUES and not said.match["week"]:
        return ()
    wanted = _WEEKDAYS[name or short] if name or short else SUNDAY
    return _in_week(said, wanted)


def _typed_as_weekday(said: _Said) -> bool:
    """Whether the accents say thứ tư, not thứ tự or thư từ. In a text with accents a bare "thu hai" is open."""
    first, second = said.typed[:2] if " " in said.match["named"] else ("thứ", said.typed[0].removeprefix("thứ"))
    return second in _WEEKDAYS_TYPED and (
        first == "thứ" or (first == "thu" and (second.isdigit() or not said.accented))
    )


def _weekend(said: _Said) -> tuple[date, ...]:
    if said.before in _EVERY:
        return ()
    week = said.match["week"]
    weeks = _WEEKS.get(week, 1 if week == "sau" else -1 if week in _LAST else 0)
    monday = said.today + timedelta(days=WEEK * weeks - said.today.weekday())
    days = (monday + timedelta(days=SATURDAY), monday + timedelta(days=SUNDAY))
    return tuple(day for day in days if weeks or day >= said.today)


def _in_week(said: _Said, weekday: int) -> tuple[date, ...]:
    """The day of this name in the week spoken of; weeks begin on Monday. By itself: the next one, today included."""
    today, week = said.today, said.match["week"]
    if week in _WEEKS:
        return (today + timedelta(days=weekday - today.weekday() + WEEK * _WEEKS[week]),)
    ahead = (weekday - today.weekday()) % WEEK
    if week in _LAST:
        return (today + timedelta(days=ahead - WEEK),)
    if week in _NEXT and ahead == 0 and "toi" not in said.typed and "tôi" not in said.typed:
        ahead = WEEK
    return (today + timedelta(days=ahead),)


def _relative(said: _Said) -> tuple[date, ...]:
    *prefix, word = said.match[0].split()
    if "tôi" in said.typed or said.typed[-1] not in _RELATIVE_TYPED or said.typed == ["toi", "qua"]:
        return ()
    if word == "kia":
        days = 3 if said.typed[-1] == "kìa" else 2
        return (said.today + timedelta(days=days if prefix == ["ngay"] else -days),)
    if not prefix:
        other_mai = word == "mai" and said.before in _OTHER_MAI
        other_nay = word == "nay" and (said.before not in _BEFORE_NAY or said.typed != ["nay"])
        if other_mai or other_nay or (word == "mot" and said.typed != ["mốt"]):
            return ()
    return (said.today + timedelta(days=_RELATIVE[word]),)


_DAY_OF_WEEK = (
    r"(?:(?P<named>thu ?(?P<name>[2-7]|hai|ba|tu|nam|sau|bay))|(?P<sunday>ch(?:u|ua) nhat|cn)|t(?P<short>[2-7]))"
)
_FROM_NOW = (
    r"(?:hom|bua|sang|trua|chieu|toi) (?:nay|qua)|(?:ngay|hom|bua) kia"
    r"|(?:(?:ngay|hom|bua|sang|trua|chieu|toi) )?(?:mai|mot)|nay"
)
_KINDS: tuple[tuple[re.Pattern[str], Callable[[_Said], tuple[date, ...]]], ...] = tuple(
    (re.compile(rf"(?<!\S)(?:{pattern})(?!\S)"), resolve)
    for pattern, resolve in (
        (r"(?:mung|mong) \S+(?: thang \S+)?|ram(?: thang \S+)?", _nothing),
        (rf"(?:ngay )?(?:{_FIGURES}|\d{{1,2}} thang \S+) (?:am lich|am|al)", _nothing),
        (r"mai (?:mot|sau|nay|tang|vang)|duong day ngay mai", _nothing),
        (rf"(?P<day>ngay )?(?P<figures>{_FIGURES}){_YEAR}", _figures),
        (rf"(?:ngay |hom )?(?P<of>\d{{1,2}}) thang (?P<month>\d{{1,2}}|nay|sau|toi|truoc|roi){_YEAR}", _spelt),
        (r"ngay (?P<number>\d{1,2})", _alone),
        (_DAY_OF_WEEK + _WEEK, _weekday),
        (rf"cuoi tuan{_WEEK}", _weekend),
        (_FROM_NOW, _relative),
    )
)
"""Each kind of mention and what it means; a kind takes its words before the kinds below it."""
