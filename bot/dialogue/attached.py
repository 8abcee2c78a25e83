"""What is said to a message without words: a picture, a place, a voice, a sticker."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue import texts_vi as say
from bot.dialogue.context import Context, with_menu
from bot.domain.messages import Outcome, Turn

UNHEARD = frozenset({"audio", "video"})


def answer(context: Context, kinds: Sequence[str]) -> Turn:
    """The turn for attachments alone, of these kinds (see bot.domain.channels.Attachment). What was offered or asked
    before stays open: the words may follow."""
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
    return context.turn(Outcome.TALK, with_menu(sentence), context.state, reason="attachments only")
