"""The citizen's own data: what is kept, seeing it, having it deleted, taking a yes back."""

from __future__ import annotations

from collections.abc import Callable

from bot.dialogue import payloads, signs
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue.context import Context, with_menu
from bot.dialogue.state import Choice
from bot.domain.filing import EraseData, WithdrawConsent
from bot.domain.messages import Button, Outcome, Reply, Turn
from bot.domain.tickets import TicketKind

_INTENT = "privacy_request"


def request(context: Context) -> Turn:
    """A question or wish about personal data, as Rasa found it."""
    folded = context.heard.folded
    asked = signs.command(folded)
    if asked in _ACTIONS or asked == "consent":
        return act(context, "withdraw" if asked == "consent" else asked or "see")
    if "xoa" in folded.split():
        return _erase(context)
    return explain(context)


def explain(context: Context) -> Turn:
    buttons = (
        Button(tell.BUTTON_SEE_DATA, payloads.privacy("see")),
        Button(tell.BUTTON_ERASE, payloads.privacy("erase")),
        Button(tell.BUTTON_WITHDRAW_CONSENT, payloads.privacy("withdraw")),
        Button(tell.BUTTON_OTHER_REQUEST, payloads.begin(TicketKind.PRIVACY)),
    )
    return context.turn(Outcome.TALK, Reply(tell.PRIVACY.format(**context.names), buttons), intent=_INTENT)


def act(context: Context, action: str) -> Turn:
    return _ACTIONS[action](context)


def _see(context: Context) -> Turn:
    """ "XEM DỮ LIỆU"."""
    kept = context.tickets().data_kept
    buttons = (
        Button(tell.BUTTON_ERASE, payloads.privacy("erase")),
        Button(tell.BUTTON_OTHER_REQUEST, payloads.begin(TicketKind.PRIVACY)),
    )
    lines = [tell.DATA_LINE.format(what=what, count=count) for what, count in kept if count]
    text = "\n".join([tell.DATA_KEPT, *lines]) if lines else tell.DATA_NONE
    return context.turn(Outcome.FLOW, Reply(text, buttons), intent=_INTENT)


def _erase(context: Context) -> Turn:
    """ "XÓA DỮ LIỆU": asked once more before anything is lost."""
    choices = (
        Choice(tell.BUTTON_ERASE_YES, payloads.privacy("erase-yes")),
        Choice(tell.BUTTON_KEEP, payloads.privacy("keep")),
    )
    buttons = tuple(Button(one.label, one.payload) for one in choices)
    state = context.state.settled(choices=choices)
    return context.turn(Outcome.FLOW, Reply(tell.ERASE_ASK, buttons), state, intent=_INTENT)


def _erased(context: Context) -> Turn:
    """Nothing is remembered either, a report half told included."""
    state = type(context.state)(greeted=context.state.greeted)
    return context.turn(Outcome.FLOW, Reply(tell.ERASED), state, intent=_INTENT, effects=(EraseData(),))


def _kept(context: Context) -> Turn:
    return context.turn(Outcome.TALK, with_menu(tell.ERASE_KEPT), intent=_INTENT)


def _consent_withdrawn(context: Context) -> Turn:
    reply = with_menu(tell.CONSENT_WITHDRAWN)
    return context.turn(Outcome.FLOW, reply, intent=_INTENT, effects=(WithdrawConsent(),))


_ACTIONS: dict[str, Callable[[Context], Turn]] = {
    "see": _see,
    "erase": _erase,
    "erase-yes": _erased,
    "keep": _kept,
    "withdraw": _consent_withdrawn,
}
