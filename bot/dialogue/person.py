"""Talking to a person: staff are asked to take the conversation over, and it is handed back; a meeting is booked."""

from __future__ import annotations

from bot.dialogue import payloads
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Context, with_menu
from bot.domain.filing import AskPerson, HandBack
from bot.domain.messages import Button, Outcome, Phone, Reply, Turn


def ask(context: Context) -> Turn:
    """Staff are told; the citizen is told when somebody answers. Until then the assistant goes on answering."""
    view, names = context.view, context.names
    sentence = tell.PERSON_OPEN if view.is_open(context.now) else tell.PERSON_CLOSED
    phones = (Phone(names["counter"], view.counter_phone),) if view.counter_phone else ()
    buttons = (Button(say.BUTTON_HOURS, payloads.HOURS), Button(tell.BUTTON_REPORT, payloads.REPORT))
    reply = Reply(f"{sentence.format(**names)}\n{tell.PERSON_MEANWHILE}", buttons, None, phones)
    return context.turn(Outcome.DOOR, reply, intent="talk_to_person", effects=(AskPerson(),))


def hand_back(context: Context) -> Turn:
    return context.turn(Outcome.TALK, with_menu(tell.HANDED_BACK), intent="talk_to_person", effects=(HandBack(),))
