"""Texts staff answer with, published by the unit: their variables filled in for a ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.notices import when
from bot.domain.texts import filled as in_words
from bot.domain.tickets import Ticket
from bot.domain.views import UnitView

_VARIABLE = re.compile(r"\{(\w+)\}")


class UnfilledError(ValueError):
    """A text still holds variables nothing is known for. `names`: of them."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class Offer:
    id: str
    title: str
    text: str


def variables_of(ticket: Ticket, view: UnitView | None) -> Mapping[str, str]:
    """What is known for this ticket, by the names of `ReplyTemplate.VARIABLES`."""
    place = view.receiving_place if view else None
    known = {
        "ma_phieu": ticket.code,
        "ten_don_vi": view.name if view else "",
        "han": when(ticket.due_at) if ticket.due_at else "",
        "noi_xay_ra": ticket.place or ticket.hamlet or "",
        "dien_thoai": (view.counter_phone or "") if view else "",
        "dia_chi": (place.address or "") if place else "",
    }
    return {name: value for name, value in known.items() if value}


def offers(ticket: Ticket, view: UnitView | None) -> list[Offer]:
    """The unit's texts for this kind; a variable nothing is known for stays to be seen and filled by a person."""
    if view is None:
        return []
    known = variables_of(ticket, view)
    fitting = [one for one in view.reply_templates if not one.kinds or ticket.kind in one.kinds]
    return [Offer(one.id, one.title, in_words(one.text, known)) for one in fitting]


def filled(text: str, ticket: Ticket, view: UnitView | None) -> str:
    """The text as it is sent. Raises UnfilledError."""
    done = in_words(text, variables_of(ticket, view))
    left = list(dict.fromkeys(_VARIABLE.findall(done)))
    if left:
        raise UnfilledError(left)
    return done
