"""What is said to a message without words: a picture, a place, a voice, a sticker."""

from __future__ import annotations

from dataclasses import replace

from bot import limits
from bot.dialogue import payloads, tickets
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Context, with_menu
from bot.domain.messages import Button, Outcome, Reply, Turn

UNHEARD = frozenset({"audio", "video"})


def answer(context: Context) -> Turn:
    """The turn for attachments alone, or for nothing at all. What was offered or asked before stays open, and photos
    and the place are kept: the words may follow."""
    heard, state = context.heard, context.state
    kinds = [one.kind for one in heard.attached]
    named = list(dict.fromkeys(say.ATTACHED_NAMES[kind] for kind in kinds if kind in say.ATTACHED_NAMES))
    things = f"{', '.join(named[:-1])} và {named[-1]}" if len(named) > 1 else "".join(named)
    if not named:
        sentence = say.ATTACHED_STICKER if "sticker" in kinds else say.EMPTY_MESSAGE
    elif UNHEARD & set(kinds):
        sentence = say.ATTACHED_UNHEARD.format(things=things)
    elif set(kinds) <= {"location", "sticker"}:
        sentence = say.ATTACHED_PLACE
    else:
        sentence = say.ATTACHED.format(things=things)
    reply = with_menu(sentence)
    if heard.photos or heard.pin:
        photos = tuple(dict.fromkeys((*state.photos, *heard.photos)))[: limits.DRAFT_PHOTOS]
        state = replace(state, photos=photos, pin=heard.pin or state.pin)
        reply = _belonging(context, sentence)
    reason = "attachments only" if kinds else "blank"
    return context.turn(Outcome.TALK, reply, state, reason=reason)


def _belonging(context: Context, sentence: str) -> Reply:
    """Where photos or a place may belong: a new report, or an open ticket of the citizen's."""
    still_open = [one for one in context.tickets().own if tickets.is_open(one)][: limits.TICKETS_OFFERED]
    buttons = [Button(tell.BUTTON_REPORT, payloads.REPORT)]
    buttons += [Button(tell.BUTTON_INTO.format(code=one.code), payloads.ticket("held", one.code)) for one in still_open]
    return Reply(sentence, tuple(buttons)) if still_open else with_menu(sentence)
