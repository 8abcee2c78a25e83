"""Phone numbers by position or matter, and the check whether a number is the commune's."""

from __future__ import annotations

from datetime import date

from bot import limits
from bot.dialogue import payloads
from bot.dialogue import texts_vi as say
from bot.dialogue.entities import canonical_phone, national_phone
from bot.domain.messages import Button, Link, Phone, Reply
from bot.domain.records import Absence, Position
from bot.domain.views import UnitView
from knowledge.normalise import normalise_folded

MENU_POSITIONS = 6
UNIT_NAMES = frozenset({"uy ban", "uy ban xa", "uy ban nhan dan", "uy ban nhan dan xa"})
"""What people call the commune itself; an office may list them as its aliases."""


def counter_name(view: UnitView) -> str:
    """The receiving counter as the unit calls it."""
    return view.receiving_place.name if view.receiving_place else say.COUNTER_OF.format(unit=view.name)


def contact(position: Position, view: UnitView, today: date) -> Reply:
    """All published contacts of a position; while it is away, those of whoever stands in come first."""
    absence = position.away(today)
    if absence is not None:
        return _away(position, absence, view, today)
    if not position.contacts:
        return Reply(say.CONTACT_NONE.format(title=position.title, counter_phone=view.counter_phone or say.NO_PHONE))
    sentence = say.CONTACT_HOLDER if position.holder else say.CONTACT
    lines = [sentence.format(title=position.title, holder=position.holder), *_lines(position)]
    return _reply(lines, view, position)


def _away(position: Position, absence: Absence, view: UnitView, today: date) -> Reply:
    note = say.AWAY_NOTE.format(note=absence.note) if absence.note else ""
    first, last = (f"{day:%d/%m/%Y}" for day in (absence.first, absence.last))
    sentence = say.AWAY_DAY if absence.first == absence.last else say.AWAY
    lines = [sentence.format(title=position.title, first=first, last=last, note=note)]
    deputy = view.stand_in(position, today)
    if deputy is None or not deputy.contacts:
        lines.append(say.AWAY_NOBODY.format(counter_phone=view.counter_phone or say.NO_PHONE))
    else:
        lines += [say.AWAY_DEPUTY.format(title=deputy.title), *_lines(deputy)]
    if position.contacts:
        lines += [say.AWAY_OWN.format(title=position.title), *_lines(position)]
    return _reply(lines, view, *([deputy] if deputy else []), position)


def _lines(position: Position) -> list[str]:
    lines = []
    for one in position.contacts:
        details = "; ".join(text for text in (one.label, one.hours, one.note) if text)
        lines.append(f"• {one.value}" + (f" ({details})" if details else ""))
    return [*lines, *([position.note] if position.note else [])]


def _reply(lines: list[str], view: UnitView, *positions: Position) -> Reply:
    """The lines with what can be tapped of the positions, in their order."""
    found = [(position, one) for position in positions for one in position.contacts]
    phones = tuple(Phone(one.label or position.title, one.value) for position, one in found if one.kind == "phone")
    sites = [one for _, one in found if one.kind == "website"]
    link = None
    if sites:
        site = sites[-1]
        link = Link(site.label or site.value, site.value if "://" in site.value else f"https://{site.value}")
    if view.unit.sample and any(position in view.unit.positions for position in positions):
        lines = [*lines, say.SAMPLE_DATA]
    return Reply("\n".join(lines), (Button(say.BUTTON_HOURS, payloads.HOURS),), link, phones)


def called_by_name(folded: str, view: UnitView) -> Position | None:
    """The position whose published name of two words or more stands in a text; the longest name wins."""
    found: tuple[int, Position] | None = None
    for position in view.positions.values():
        for name in (position.title, *position.aliases):
            spelling = normalise_folded(name)
            longer = found is None or len(spelling) > found[0]
            if " " in spelling and spelling not in UNIT_NAMES and longer and f" {spelling} " in f" {folded} ":
                found = (len(spelling), position)
    return found[1] if found else None


def choose(position_ids: list[str], view: UnitView) -> Reply:
    positions = view.positions
    offered = [positions[one] for one in position_ids if one in positions][: limits.CHOICES]
    lines = [f"{number}. {position.title}" for number, position in enumerate(offered, 1)]
    buttons = [Button(position.title, payloads.contact(position.id)) for position in offered]
    none = Button(say.NONE_OF_THESE, payloads.NONE_OF_THESE)
    return Reply("\n".join([say.CHOOSE_POSITION, *lines]), (*buttons, none))


def unknown(view: UnitView) -> Reply:
    text = say.CONTACT_UNKNOWN.format(counter=_counter(view), counter_phone=view.counter_phone or say.NO_PHONE)
    phones = (Phone(_counter(view), view.counter_phone),) if view.counter_phone else ()
    return Reply(text, menu(view).buttons[: limits.NEXT_TAPS], None, phones)


def menu(view: UnitView) -> Reply:
    own = [position for position in view.unit.positions if position.contacts]
    wanted = [one for one in own if one.matters][:MENU_POSITIONS] or own[:MENU_POSITIONS]
    return Reply(say.CONTACT_MENU, tuple(Button(one.title, payloads.contact(one.id)) for one in wanted))


def verify(number: str, police: str, view: UnitView) -> tuple[Reply, str | None]:
    """Whether a number (canonical form) is in the published directory: the answer and the position found."""
    for position, one in view.contacts():
        if one.kind == "phone" and canonical_phone(one.value) == number:
            text = say.VERIFY_LISTED.format(number=one.value, title=position.title)
            return Reply(text, (), None, (Phone(position.title, one.value),)), position.id
    text = say.VERIFY_NOT_LISTED.format(
        number=national_phone(number),
        police=police,
        counter=_counter(view),
        counter_phone=view.counter_phone or say.NO_PHONE,
    )
    return Reply(text), None


def verify_ask(police: str, position: Position | None = None) -> Reply:
    """Asks for the number; a position named in the question has its published number shown to compare with."""
    text = say.VERIFY_ASK.format(police=police)
    phone = position.phone if position else None
    if position is None or phone is None:
        return Reply(text)
    published = say.VERIFY_PUBLISHED.format(title=position.title, phone=phone.value)
    return Reply(f"{text}\n{published}", (), None, (Phone(position.title, phone.value),))


def _counter(view: UnitView) -> str:
    return view.receiving_place.name if view.receiving_place else view.name
