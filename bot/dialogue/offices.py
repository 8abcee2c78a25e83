"""Questions about the commune's offices: hours, address, telephone numbers, who can be met."""

from __future__ import annotations

from dataclasses import replace

from bot import limits
from bot.dialogue import contacts, doors, hours, payloads
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Context, refuse
from bot.dialogue.dates import dates_in
from bot.dialogue.entities import places_in
from bot.dialogue.state import Choice
from bot.domain.messages import Button, Outcome, Phone, Reply, Turn
from bot.domain.records import Place, Position
from bot.domain.tickets import TicketKind
from bot.domain.views import LOCAL_ZONE


def office_hours(context: Context) -> Turn:
    asked = dates_in(context.heard.text, context.now)
    return _with_position(context, hours.office_hours(context.view, context.now, asked), "office_hours", say.HOURS_OF)


def places_named(context: Context) -> tuple[Place, ...]:
    """The unit's hamlets and former communes that the message names."""
    unit = context.view.unit
    return places_in(context.heard.text, (*unit.former_units, *unit.hamlets))


def office_address(context: Context) -> Turn:
    reply = hours.office_address(context.view, places_named(context))
    return _with_position(context, reply, "office_address", say.ADDRESS_OF)


def _with_position(context: Context, reply: Reply, intent: str, remark: str) -> Turn:
    """An answer about the office; a body named in the question that is not the counter gets its own line first."""
    position = contacts.called_by_name(context.heard.folded, context.view)
    if position is None:
        return context.turn(Outcome.ANSWER, reply, intent=intent)
    phone = position.phone
    if phone is not None and phone.value != context.view.counter_phone:
        text = f"{remark.format(title=position.title, phone=phone.value)}\n\n{reply.text}"
        reply = replace(reply, text=text, phones=(Phone(position.title, phone.value),))
    return context.turn(Outcome.ANSWER, reply, intent=intent, position=position.id)


def named_position(context: Context) -> Position | None:
    """The office a message names: surely found, or called by one of its published names."""
    best = context.heard.positions.best
    others = sum(hit.score for hit in context.heard.positions.hits[1:2])
    if best is not None and best.score >= max(context.bands.position_answer, others + context.bands.position_margin):
        return context.view.positions.get(best.id)
    return contacts.called_by_name(context.heard.folded, context.view)


def contact_menu(context: Context) -> Turn:
    return context.turn(Outcome.TALK, contacts.menu(context.view), intent="lookup_contact")


def lookup_contact(context: Context) -> Turn:
    named = named_position(context)
    if named is not None:
        return contact(context, named.id)
    likely = [hit.id for hit in context.heard.positions.hits if hit.score >= context.bands.position_choose]
    if likely:
        offered = likely[: limits.CHOICES]
        choices = tuple(Choice(context.view.positions[one].title, payloads.contact(one)) for one in offered)
        state = replace(context.state, choices=choices, awaits=None)
        reply = contacts.choose(likely, context.view)
        return context.turn(Outcome.CHOOSE, reply, state, intent="lookup_contact", candidates=tuple(offered))
    return context.turn(Outcome.REFUSE, contacts.unknown(context.view), intent="lookup_contact")


def contact(context: Context, position_id: str) -> Turn:
    position = context.view.positions.get(position_id)
    if position is None:
        return refuse(context, reason="position no longer published")
    reply = contacts.contact(position, context.view, context.now.astimezone(LOCAL_ZONE).date())
    return context.turn(Outcome.ANSWER, reply, intent="lookup_contact", position=position_id)


def verify(context: Context) -> Turn:
    police = context.names["police"]
    if not context.heard.phones:
        named = named_position(context)
        reply = contacts.verify_ask(police, named)
        state = context.state.settled(awaits="number")
        position = named.id if named else None
        return context.turn(Outcome.ANSWER, reply, state, intent="verify_contact", position=position)
    checked = [contacts.verify(number, police, context.view) for number in context.heard.phones[: limits.CHOICES]]
    text = "\n\n".join(reply.text for reply, _ in checked)
    phones = tuple(phone for reply, _ in checked for phone in reply.phones)
    position = next((position for _, position in checked if position), None)
    return context.turn(Outcome.ANSWER, Reply(text, (), None, phones), intent="verify_contact", position=position)


def reception(context: Context) -> Turn:
    position = context.view.positions.get(doors.RECEPTION)
    title = position.title if position else context.names["counter"]
    published = context.view.procedures.get(doors.PROCEDURES["book_reception"])
    book = Button(tell.BUTTON_BOOK, payloads.begin(TicketKind.RECEPTION))
    days = next((one.hours for one in position.contacts if one.hours), position.note) if position else None
    steps = (Button(say.ASPECT_BUTTONS["steps"], payloads.ask("steps", published.id)),) if published else ()
    text = say.RECEPTION.format(title=title, phone=context.names["reception"])
    reply = Reply(
        f"{text}\n{tell.RECEPTION_DAYS.format(days=days)}" if days else text,
        (book, *steps, Button(say.BUTTON_HOURS, payloads.HOURS)),
    )
    return context.turn(
        Outcome.ANSWER,
        reply,
        context.state.settled(procedure=published.id if published else None),
        intent="book_reception",
        procedure=published.id if published else None,
        revision=published.revision if published else None,
        position=doors.RECEPTION if position else None,
    )
