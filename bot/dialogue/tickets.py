"""Tickets already filed: their state, what is added to them, withdrawn, rated, reopened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot import limits
from bot.dialogue import hours, payloads, signs
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.asides import is_aside
from bot.dialogue.context import Context, with_menu
from bot.dialogue.editable import said
from bot.dialogue.entities import is_ticket_code, masked
from bot.dialogue.state import Choice
from bot.domain.filing import AddToTicket, RateTicket, ReopenTicket, TicketFact, WithdrawTicket
from bot.domain.messages import Button, Outcome, Phone, Reply, Turn
from bot.domain.tickets import GROUPS, Group, TicketKind, TicketState
from bot.domain.views import LOCAL_ZONE

MORE, COMMENT, REASON, STARS = "more", "comment", "reason", "stars"
AWAITED = frozenset({MORE, COMMENT, REASON, STARS})
LOW = 2
"""Stars of a citizen who is not content: the way to the leader is shown."""


def is_open(fact: TicketFact) -> bool:
    return GROUPS[fact.state] is not Group.DONE


def _is_filed(fact: TicketFact) -> bool:
    return fact.own and not fact.followed


def _is_answered(fact: TicketFact) -> bool:
    return _is_filed(fact) and not is_open(fact)


def _is_unrated(fact: TicketFact) -> bool:
    return _is_answered(fact) and fact.rating is None


# Telling


def status(context: Context, code: str) -> Turn:
    fact = _find(context, code)
    if fact is None:
        return _unknown(context, code)
    state = context.state.settled(ticket=code if fact.own else None)
    return context.turn(Outcome.FLOW, _described(context, fact), state, intent="ticket_status")


def mine(context: Context) -> Turn:
    """ "Phiếu của tôi": the newest ones, each to be opened."""
    own = context.tickets().own[: limits.TICKETS_LISTED]
    if not own:
        return context.turn(Outcome.FLOW, with_menu(tell.MINE_NONE), intent="ticket_status")
    if len(own) == 1:
        return status(context, own[0].code)
    lines = [
        tell.MINE_LINE.format(
            number=number, code=one.code, state=tell.STATE_NAMES[one.state.value], summary=_short(one.summary, 60)
        )
        for number, one in enumerate(own, 1)
    ]
    choices = tuple(Choice(one.code, payloads.ticket("show", one.code)) for one in own)
    buttons = tuple(Button(one.label, one.payload) for one in choices)
    state = context.state.settled(choices=choices)
    return context.turn(Outcome.FLOW, Reply("\n".join([tell.MINE, *lines]), buttons), state, intent="ticket_status")


def _described(context: Context, fact: TicketFact) -> Reply:
    names = {"code": fact.code, "kind": tell.KIND_NAMES[fact.kind.value], "state": tell.STATE_NAMES[fact.state.value]}
    lines = [(tell.TICKET_OWN if fact.own else tell.TICKET_OTHER).format(**names)]
    when = tell.TICKET_WHEN.format(received=_day(fact))
    if fact.due_at is not None and is_open(fact):
        when += tell.TICKET_DUE.format(due=hours.moment(fact.due_at.astimezone(LOCAL_ZONE)))
    if fact.closed_at is not None:
        when += tell.TICKET_CLOSED.format(closed=f"{fact.closed_at.astimezone(LOCAL_ZONE):%d/%m/%Y}")
    lines.append(f"{when}.")
    if fact.own and fact.summary:
        lines.append(tell.TICKET_TEXT.format(summary=_short(fact.summary, 200)))
    if fact.own and fact.last_reply:
        lines.append(tell.TICKET_REPLY.format(reply=_short(fact.last_reply, 500)))
    return Reply("\n".join(lines), (*_buttons(fact), Button(tell.BUTTON_MINE, payloads.MINE)))


def _buttons(fact: TicketFact) -> tuple[Button, ...]:
    """What the citizen may do with it now."""
    if not fact.own:
        return ()
    add = Button(tell.BUTTON_MORE, payloads.ticket("add", fact.code))
    if is_open(fact):
        withdraw = Button(tell.BUTTON_WITHDRAW, payloads.ticket("withdraw", fact.code))
        return (add, withdraw) if _is_filed(fact) else (add,)
    if not _is_filed(fact):
        return ()
    rate = (Button(tell.BUTTON_RATE, payloads.ticket("rate", fact.code)),) if fact.rating is None else ()
    return (*rate, Button(tell.BUTTON_NOT_DONE, payloads.ticket("reopen", fact.code)))


def _day(fact: TicketFact) -> str:
    return f"{fact.received_at.astimezone(LOCAL_ZONE):%d/%m/%Y}"


def _short(text: str, characters: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else f"{line[:characters].rstrip()}…"


def _find(context: Context, code: str) -> TicketFact | None:
    facts = context.tickets(code)
    known = (*((facts.asked,) if facts.asked else ()), *facts.own)
    return next((one for one in known if one.code == code), None)


def _unknown(context: Context, code: str) -> Turn:
    text = (tell.TICKET_UNKNOWN if is_ticket_code(code) else tell.TICKET_MISTYPED).format(code=code)
    reply = Reply(text, (Button(tell.BUTTON_MINE, payloads.MINE),))
    return context.turn(Outcome.FLOW, reply, intent="ticket_status", reason="no such ticket")


# Acting


def act(context: Context, action: str, code: str) -> Turn:
    """A button of a ticket, or words with its code."""
    fact = _find(context, code)
    if fact is None:
        return _unknown(context, code)
    allowed = fact.own if action in {"show", "add", "held"} else _is_filed(fact)
    if action == "show" or not allowed:
        return status(context, code)
    return _ACTIONS[action](context, fact)


def wished(context: Context, action: str) -> Turn:
    """Words without a code ("rút phiếu", "chưa xong"): about the one ticket they fit, or one that is chosen."""
    fits = {"withdraw": _is_filed, "add": lambda one: one.own, "reopen": _is_answered, "rate": _is_unrated}[action]
    own = [one for one in context.tickets().own if fits(one)]
    if action in {"withdraw", "add"}:
        own = [one for one in own if is_open(one)]
    spoken_of = [one for one in own if one.code == context.state.ticket]
    if len(spoken_of or own) == 1:
        return _ACTIONS[action](context, (spoken_of or own)[0])
    if not own:
        return _nothing_to_rate(context) if action == "rate" else mine(context)
    choices = tuple(Choice(one.code, payloads.ticket(action, one.code)) for one in own[: limits.TICKETS_OFFERED])
    lines = [f"{number}. {one.code}: {_short(one.summary, 60)}" for number, one in enumerate(own[: len(choices)], 1)]
    reply = Reply("\n".join([tell.WHICH_TICKET, *lines]), tuple(Button(one.label, one.payload) for one in choices))
    return context.turn(Outcome.FLOW, reply, context.state.settled(choices=choices), intent="ticket_status")


def rate(context: Context, stars: int, code: str) -> Turn:
    """Stars were tapped or said; the comment may follow."""
    fact = _find(context, code)
    if fact is None:
        return _unknown(context, code)
    if not _is_answered(fact):
        return _rate(context, fact)
    low = stars <= LOW
    buttons = (Button(tell.BUTTON_NOT_DONE, payloads.ticket("reopen", code)),) if low else ()
    reply = Reply((tell.RATED_LOW if low else tell.RATED).format(stars=stars), buttons)
    state = context.state.settled(awaits=COMMENT, ticket=code, held=str(stars))
    return context.turn(Outcome.FLOW, reply, state, intent="rate_service", effects=(RateTicket(code, stars),))


def answered(context: Context) -> Turn | None:
    """The words or files that were asked for; None when the message is about something else."""
    heard, state, code = context.heard, context.state, context.state.ticket
    if state.awaits not in AWAITED or code is None:
        return None
    stars = signs.stars_in(heard.folded)
    if state.awaits == STARS:
        return rate(context, stars, code) if stars is not None and len(heard.folded.split()) <= 8 else None
    skips = signs.skips(heard.folded) or signs.cancels(heard.folded)
    if not skips and is_aside(context):
        return None
    words = masked(heard.text.strip(), phones=False)
    if state.awaits == MORE:
        if signs.cancels(heard.folded):
            return status(context, code)
        return _add(context, code, words)
    if state.awaits == COMMENT:
        if skips or not words or not state.held:
            return context.turn(
                Outcome.FLOW, with_menu(said(context.view, "THANKS", context.names)), intent="rate_service"
            )
        rating = RateTicket(code, int(state.held), words[: limits.COMMENT_CHARACTERS])
        return context.turn(Outcome.FLOW, with_menu(tell.COMMENTED), intent="rate_service", effects=(rating,))
    if signs.cancels(heard.folded):
        return status(context, code)
    reason = "" if skips else words
    reply = Reply(tell.REOPENED.format(code=code), (Button(tell.BUTTON_MINE, payloads.MINE),))
    return context.turn(Outcome.FLOW, reply, intent="ticket_status", effects=(ReopenTicket(code, reason),))


def offer_waiting(context: Context, turn: Turn) -> Turn:
    """After words that were not understood or began a report: perhaps they answer what staff asked about a ticket."""
    waiting = next((one for one in context.tickets().own if one.state is TicketState.WAITING), None)
    if waiting is None:
        return turn
    held = masked(context.heard.text.strip(), phones=False)[: limits.DRAFT_CHARACTERS]
    first, *others = turn.replies
    text = f"{first.text}\n\n{tell.HELD_ASK.format(code=waiting.code)}"
    button = Button(tell.BUTTON_INTO_TICKET, payloads.ticket("held", waiting.code))
    reply = Reply(text, (button, *first.buttons), first.link, first.phones)
    state = {**turn.state, "held": held, "ticket": waiting.code}
    return replace(turn, replies=(reply, *others), state=state)


def _add_asked(context: Context, fact: TicketFact) -> Turn:
    """Words with the code are added at once; otherwise they are asked for."""
    heard = context.heard
    if not is_open(fact):
        text = tell.NOT_OPEN.format(code=fact.code, state=tell.STATE_NAMES[fact.state.value].removeprefix("đã "))
        return context.turn(Outcome.FLOW, Reply(text, _buttons(fact)), intent="ticket_status")
    if heard.payload is None and heard.photos:
        return _add(context, fact.code, masked(heard.text.strip(), phones=False))
    state = context.state.settled(awaits=MORE, ticket=fact.code)
    return context.turn(Outcome.FLOW, Reply(tell.ASK_MORE.format(code=fact.code)), state, intent="ticket_status")


def _held(context: Context, fact: TicketFact) -> Turn:
    """Words, photos or a place that came before it was known where they belong."""
    state = context.state
    if not (state.held or state.photos or state.pin) or not is_open(fact):
        return _add_asked(context, fact)
    if state.held and state.draft is not None:
        brought = replace(state, photos=(*state.photos, *state.draft.photos), draft=None)
        return _add(replace(context, state=brought), fact.code, state.held)
    return _add(context, fact.code, state.held)


def _add(context: Context, code: str, words: str) -> Turn:
    photos = tuple(dict.fromkeys((*context.state.photos, *context.heard.photos)))[: limits.DRAFT_PHOTOS]
    pin = context.heard.pin or context.state.pin
    if pin is not None:
        words = f"{words}\n{tell.PIN_AT.format(latitude=pin[0], longitude=pin[1])}".strip()
    if not words and not photos:
        state = context.state.settled(awaits=MORE, ticket=code)
        return context.turn(Outcome.FLOW, Reply(tell.ASK_MORE.format(code=code)), state, intent="ticket_status")
    buttons = (Button(tell.BUTTON_MORE, payloads.ticket("add", code)), Button(tell.BUTTON_MINE, payloads.MINE))
    state = context.state.settled(ticket=code, photos=(), pin=None)
    effect = AddToTicket(code, words[: limits.DRAFT_CHARACTERS], photos)
    reply = Reply(tell.ADDED.format(code=code), buttons)
    return context.turn(Outcome.FLOW, reply, state, intent="ticket_status", effects=(effect,))


def _withdraw(context: Context, fact: TicketFact) -> Turn:
    if not is_open(fact):
        return context.turn(Outcome.FLOW, Reply(tell.ALREADY_DONE.format(code=fact.code)), intent="ticket_status")
    choices = (
        Choice(tell.BUTTON_WITHDRAW, payloads.ticket("withdraw-yes", fact.code)),
        Choice(tell.BUTTON_KEEP, payloads.ticket("keep", fact.code)),
    )
    buttons = tuple(Button(one.label, one.payload) for one in choices)
    state = context.state.settled(choices=choices, ticket=fact.code)
    reply = Reply(tell.WITHDRAW_ASK.format(code=fact.code), buttons)
    return context.turn(Outcome.FLOW, reply, state, intent="ticket_status")


def _withdrawn(context: Context, fact: TicketFact) -> Turn:
    if not is_open(fact):
        return _withdraw(context, fact)
    reply = with_menu(tell.WITHDRAWN.format(code=fact.code))
    return context.turn(Outcome.FLOW, reply, intent="ticket_status", effects=(WithdrawTicket(fact.code),))


def _kept(context: Context, fact: TicketFact) -> Turn:
    return context.turn(Outcome.FLOW, with_menu(tell.WITHDRAW_KEPT.format(code=fact.code)), intent="ticket_status")


def _rate(context: Context, fact: TicketFact) -> Turn:
    if not _is_answered(fact):
        return context.turn(Outcome.FLOW, Reply(tell.RATE_NOT_YET.format(code=fact.code)), intent="rate_service")
    stars = signs.stars_in(context.heard.folded) if context.heard.payload is None else None
    if stars is not None:
        return rate(context, stars, fact.code)
    buttons = tuple(
        Button(tell.BUTTON_STARS.format(stars=number), payloads.rate(number, fact.code)) for number in range(5, 0, -1)
    )
    state = context.state.settled(awaits=STARS, ticket=fact.code)
    return context.turn(
        Outcome.FLOW, Reply(tell.RATE_ASK.format(code=fact.code), buttons), state, intent="rate_service"
    )


def _nothing_to_rate(context: Context) -> Turn:
    buttons = (
        Button(tell.BUTTON_FEEDBACK, payloads.begin(TicketKind.FEEDBACK)),
        Button(tell.BUTTON_PRAISE, payloads.begin(TicketKind.PRAISE)),
    )
    return context.turn(Outcome.FLOW, Reply(tell.RATE_NOTHING, buttons), intent="rate_service")


def _reopen(context: Context, fact: TicketFact) -> Turn:
    if is_open(fact):
        text = tell.REOPEN_OPEN.format(code=fact.code, state=tell.STATE_NAMES[fact.state.value])
        return context.turn(Outcome.FLOW, Reply(text, _buttons(fact)), intent="ticket_status")
    if fact.reopened:
        return _reopened_before(context, fact)
    state = context.state.settled(awaits=REASON, ticket=fact.code)
    return context.turn(Outcome.FLOW, Reply(tell.REOPEN_ASK.format(code=fact.code)), state, intent="ticket_status")


def _reopened_before(context: Context, fact: TicketFact) -> Turn:
    names = context.names
    buttons = (
        Button(say.BUTTON_PERSON, payloads.PERSON),
        Button(tell.BUTTON_BOOK, payloads.begin(TicketKind.RECEPTION)),
    )
    phones = (Phone(names["leader_title"], names["leader"]),) if names["leader"] != say.NO_PHONE else ()
    reply = Reply(tell.REOPENED_BEFORE.format(code=fact.code, **names), buttons, None, phones)
    return context.turn(Outcome.FLOW, reply, intent="ticket_status", reason="reopened before")


_ACTIONS: dict[str, Callable[[Context, TicketFact], Turn]] = {
    "add": _add_asked,
    "held": _held,
    "withdraw": _withdraw,
    "withdraw-yes": _withdrawn,
    "keep": _kept,
    "rate": _rate,
    "reopen": _reopen,
}
