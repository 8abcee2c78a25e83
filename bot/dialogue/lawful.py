"""The lawful doors for what chat may not take in, and the words that are sealed because they were typed anyway."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import doors, payloads, questions, signs
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Context
from bot.domain.filing import SealWords
from bot.domain.messages import Button, Outcome, Reply, Turn
from bot.domain.tickets import TicketKind
from knowledge.categories import category_in

SEALED = "sealed"
"""Awaited after a denunciation: what is typed next may belong to it."""
_SEALS = frozenset({"denounce", "report_crime"})
_CALLS_BACK = {"denounce": TicketKind.CALL_BACK, "lodge_complaint": TicketKind.GUIDANCE}
_LODGED = {doors.PROCEDURES[intent]: intent for intent in _CALLS_BACK}
_SAID_BY_DOOR = frozenset({"place", "online"})
"""Aspects of which the door itself speaks: where to, and not through chat."""
_MAY_FOLLOW = frozenset(
    {"denounce", "report_crime", "lodge_complaint", "complain_staff", "report_problem", "out_of_scope", "abuse"}
)


def door(context: Context, intent: str) -> Turn:
    """The door of an intent; a question about the door's own procedure is answered in front of it."""
    reply = _with_call_back(context, intent, doors.lawful(intent, context.view, context.now))
    if intent == "dossier_status":
        return context.turn(Outcome.FLOW, reply, intent=intent)
    tells = intent in _SEALS and context.heard.payload is None and signs.tells_of_denunciation(context.heard.folded)
    turn = about_procedure(context, intent, reply)
    if turn is None or (intent in _CALLS_BACK and turn.aspects[0] in _SAID_BY_DOOR):
        turn = _bare(context, intent, reply)
    return sealed(turn) if tells else turn


def _bare(context: Context, intent: str, reply: Reply) -> Turn:
    """The door alone; the conversation is about its procedure from here on."""
    published = context.view.procedures.get(doors.PROCEDURES.get(intent, ""))
    return context.turn(
        Outcome.DOOR,
        reply,
        context.state.settled(procedure=published.id if published else context.state.procedure),
        intent=intent,
        procedure=published.id if published else None,
        revision=published.revision if published else None,
    )


def about_procedure(context: Context, intent: str, reply: Reply) -> Turn | None:
    """The answer to a question about the procedure behind a door, with the door below it."""
    published = context.view.procedures.get(doors.PROCEDURES.get(intent, ""))
    best, cued = context.heard.procedures.best, context.heard.cued_aspects
    if published is None or best is None or not cued:
        return None
    if best.id != published.id or best.score < context.bands.answer:
        return None
    return _above(questions.answer_about(context, published.id, cued[:1]), reply)


def before_door(context: Context, turn: Turn) -> Turn:
    """A turn about a procedure. Of a denunciation or a complaint the door stands below the answer; who wants to lodge
    one, or asks where to, is shown the door itself."""
    intent = _LODGED.get(turn.procedure or "")
    if intent is None or turn.outcome is not Outcome.ANSWER:
        return turn
    if turn.aspects[0] in _SAID_BY_DOOR or signs.wants_to_lodge(context.heard.folded):
        return door(context, intent)
    return _above(turn, doors.lawful(intent, context.view, context.now))


def _above(turn: Turn, reply: Reply) -> Turn:
    detail = turn.replies[0]
    return replace(turn, replies=(replace(detail, text=f"{detail.text}\n\n{reply.text}", phones=reply.phones),))


def bribery(context: Context) -> Turn:
    """Money for a favour was spoken of: the door of the denunciation, nothing collected, the words sealed."""
    reply = doors.lawful("denounce", context.view, context.now)
    reply = _with_call_back(context, "denounce", replace(reply, text=tell.DOOR_BRIBE.format(**context.names)))
    draft = context.state.draft
    about_staff = draft is not None and draft.kind is TicketKind.CONDUCT
    state = context.state.settled(draft=None if about_staff else draft)
    return sealed(context.turn(Outcome.DOOR, reply, state, intent="denounce", reason="bribery"))


def belongs_to_sealed(context: Context) -> bool:
    """Whether words after a denunciation tell more of it: sealed too, unless they are clearly about something else."""
    heard, meaning = context.heard, context.heard.meaning
    if context.state.awaits != SEALED or heard.is_blank or not signs.tells_of_denunciation(heard.folded):
        return False
    if signs.agrees(heard.folded) or signs.cancels(heard.folded) or signs.command(heard.folded) is not None:
        return False
    if context.state.draft is not None:
        grave = meaning is not None and meaning.intent in {*_SEALS, "complain_staff"}
        return grave and context.state.draft.sure_kind is not TicketKind.CALL_BACK
    best = heard.procedures.best
    if best is not None and best.score >= context.bands.answer and heard.cued_aspects:
        return False
    return meaning is None or meaning.confidence < context.bands.give or meaning.intent in _MAY_FOLLOW


def sealed(turn: Turn) -> Turn:
    """The same turn, with the citizen's words sealed and the citizen told so."""
    reply = turn.replies[-1]
    replies = (*turn.replies[:-1], replace(reply, text=f"{reply.text}\n{tell.SEALED}"))
    return replace(turn, replies=replies, state={**turn.state, "awaits": SEALED}, effects=(*turn.effects, SealWords()))


def _with_call_back(context: Context, intent: str, reply: Reply) -> Reply:
    """The door's buttons, first that somebody calls; where the matter may be an everyday one, that it is reported."""
    kind = _CALLS_BACK.get(intent)
    if kind is None:
        return reply
    first = [Button(tell.BUTTON_CALL_BACK, payloads.begin(kind))]
    if category_in(context.heard.text) is not None:
        first.append(Button(tell.BUTTON_IS_REPORT, payloads.REPORT))
    kept = [one for one in reply.buttons if one.label != say.BUTTON_HOURS]
    return replace(reply, buttons=(*first, *kept)[:5])
