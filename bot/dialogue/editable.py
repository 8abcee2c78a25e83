"""The sentences a unit may word itself, as they are said: its own, an inherited one, or the program's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.dialogue import doors
from bot.dialogue import texts_vi as say
from bot.domain.texts import APOLOGY_LETTER, SLOGANS, VARIABLES, WORDINGS, filled, for_editors
from bot.domain.views import UnitView

_OTHERS: Mapping[str, str] = {**SLOGANS, "APOLOGY_LETTER": APOLOGY_LETTER}


def said(view: UnitView, name: str, names: Mapping[str, str]) -> str:
    """A sentence of texts_vi.py as this unit words it, with its placeholders filled from `names` (`doors.names`)."""
    own = view.texts.get(name)
    if own is None:
        return str(getattr(say, name)).format(**names)
    known = {editors: names[code] for editors, (code, _) in VARIABLES.items() if code in names}
    return filled(own, known | slogans(view))


def slogans(view: UnitView) -> dict[str, str]:
    return {name: view.texts.get(name, text) for name, text in SLOGANS.items()}


def default(name: str) -> str:
    """The program's own wording with the editors' names for its variables."""
    return _OTHERS[name] if name in _OTHERS else for_editors(str(getattr(say, name)))


def samples(view: UnitView, now: datetime) -> dict[str, str]:
    """What the variables would stand for now, by the editors' names; invented where it is of a ticket."""
    known = doors.names(view, now)
    invented = {
        "ma_phieu": "PA-261123-0012", "ngay_nhan": "08:15 ngày 16/11/2026", "han": "17:00 ngày 20/11/2026",
        "ly_do": "Chờ đơn vị thi công bố trí xe.", "ngay_hen": "27/11/2026",
    }  # fmt: skip
    return {name: known.get(code, "") for name, (code, _) in VARIABLES.items()} | invented | slogans(view)


def inherited(view: UnitView, name: str, own: Mapping[str, str]) -> tuple[str, bool]:
    """What the unit would say without its own wording, and whether that comes from a unit above it."""
    assert name in WORDINGS  # noqa: S101  (the page asks for nothing else)
    above = view.texts.get(name)
    return (above, True) if above is not None and name not in own else (default(name), False)
