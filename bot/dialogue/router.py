"""Message, meaning and state in; what to say, what to remember and how it ended out. A pure function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.dialogue import doors, offices, payloads, questions
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Bands, Context, out_of_scope, refusal, refuse, with_menu
from bot.dialogue.explaining import PICKED, why
from bot.dialogue.state import State
from bot.dialogue.understanding import Understanding, ordinal_in
from bot.domain.messages import Button, Outcome, Reply, Turn
from bot.domain.views import UnitView
from knowledge.normalise import normalise_folded

_GIVES_DATA = frozenset({"office_hours", "office_address", "lookup_contact", "verify_contact", "book_reception"})
_NEVER_OVERRULED = frozenset({"emergency", "denounce", "lodge_complaint", "dossier_status", "ticket_status"})


def decide(view: UnitView, state: State, heard: Understanding, now: datetime, bands: Bands | None = None) -> Turn:
    """The assistant's turn. Emergencies come first and by rule, then taps, codes and offered choices, then the
    meaning Rasa found together with what the search found."""
    bands = bands or Bands()
    spoken_of = () if heard.corrects else questions.spoken_of(state, view)
    heard = replace(heard, procedures=heard.procedures.expecting(spoken_of, bands.favour, bands.follow_up))
    context = Context(view, state, heard, now, bands)
    turn = _decided(context)
    return replace(turn, why=why(context, turn))


def _decided(context: Context) -> Turn:
    heard = context.heard
    if heard.payload is None and heard.emergency is not None:
        reply = doors.emergency(heard.emergency, context.view, context.now)
        return context.turn(Outcome.DOOR, reply, intent="emergency", confidence=1.0, reason=heard.emergency.id)
    if heard.payload is not None:
        return _tapped(context, heard.payload)
    answered = _answer_to_question(context)
    if answered is None and heard.is_blank:
        return context.turn(Outcome.TALK, with_menu(say.EMPTY_MESSAGE), reason="blank")
    return answered or _by_rule(context) or _by_meaning(context)


def _tapped(context: Context, payload: str) -> Turn:
    parsed = payloads.parse(payload)
    if parsed is None:
        return refuse(context, reason="unknown payload")
    verb, arguments = parsed
    if verb == "ask":
        aspect, procedure = arguments
        if procedure not in context.view.procedures:
            return refuse(context, reason="procedure no longer published")
        return questions.answer_about(context, procedure, (aspect,))
    if verb == "contact":
        return offices.contact(context, arguments[0])
    simple: dict[str, Callable[[Context], Turn]] = {
        payloads.START: _greet,
        payloads.HELP: _help,
        payloads.PERSON: _person,
        payloads.HOURS: offices.office_hours,
        payloads.ADDRESS: offices.office_address,
        payloads.PROCEDURES: _procedure_menu,
        payloads.CONTACTS: offices.contact_menu,
        payloads.NONE_OF_THESE: lambda own: refuse(own, reason="none of the choices"),
    }
    return simple[verb](context)


def _answer_to_question(context: Context) -> Turn | None:
    """Whether the message answers what was offered or asked last."""
    heard, state = context.heard, context.state
    if state.awaits == "number" and heard.phones:
        return offices.verify(context)
    if not state.choices:
        return None
    chosen = ordinal_in(heard.folded, len(state.choices))
    if chosen is None:
        labels = [normalise_folded(choice.label) for choice in state.choices]
        chosen = labels.index(heard.folded) if heard.folded in labels else None
    intent = heard.meaning.intent if heard.meaning and heard.meaning.confidence >= context.bands.intent else None
    short = len(heard.folded.split()) <= 4
    if chosen is None and intent == "affirm" and short and len(state.choices) == 1:
        chosen = 0
    if chosen is not None:
        turn = _tapped(
            replace(context, heard=replace(heard, payload=state.choices[chosen].payload)),
            state.choices[chosen].payload,
        )
        return replace(turn, extra={**turn.extra, PICKED: True})
    if intent == "deny" and short:
        return context.turn(Outcome.REFUSE, refusal(context, say.REFUSE), intent="deny", reason="none of the choices")
    return None


def _by_rule(context: Context) -> Turn | None:
    heard = context.heard
    if heard.ticket_code:
        return _lawful(context, "ticket_status")
    if heard.dossier_code:
        return _lawful(context, "dossier_status")
    if heard.phones:
        asks = heard.meaning is None or heard.meaning.confidence_of("verify_contact", "lookup_contact") >= 0.3
        if asks or sum(word.isalpha() for word in heard.folded.split()) <= 2:
            return offices.verify(context)
    return None


def _by_meaning(context: Context) -> Turn:
    heard, bands = context.heard, context.bands
    meaning, best = heard.meaning, heard.procedures.best
    if meaning is None:
        return _without_model(context)
    found = best.score if best is not None else 0.0
    if heard.procedures.failed and questions.procedural(context) >= 0.5:
        return refuse(context, reason="search failed")
    if questions.procedural(context) + meaning.confidence_of("out_of_scope") >= 0.5:
        known = context.state.procedure in context.view.procedures
        foreign = bands.foreign_chance(meaning, heard.procedures)
        if foreign >= (bands.foreign_later if known else bands.foreign) and not heard.names_nothing:
            return out_of_scope(context)
        return questions.procedure_question(context, questions.aspect_of(context))
    if meaning.intent not in _NEVER_OVERRULED and meaning.confidence < bands.overruled and found >= bands.override:
        return questions.procedure_question(context, questions.aspect_of(context))
    if meaning.intent in {"deny", "affirm"} and found >= bands.answer:
        return questions.procedure_question(context, context.state.aspect or questions.aspect_of(context))
    if meaning.confidence < (bands.give if meaning.intent in _GIVES_DATA else bands.intent):
        if heard.procedures.failed:
            return refuse(context, reason="search failed")
        if heard.procedures.none >= bands.none:
            return out_of_scope(context)
        if found >= bands.choose:
            return questions.procedure_question(context, questions.aspect_of(context))
    handler = _HANDLERS.get(meaning.intent)
    return handler(context) if handler else _lawful(context, meaning.intent)


def _without_model(context: Context) -> Turn:
    """Rasa is away: key words and search still answer, and the citizen is told."""
    heard, best = context.heard, context.heard.procedures.best
    position = heard.positions.best
    aspect = heard.cued_aspects[0] if heard.cued_aspects else "overview"
    named = best is not None and best.score >= context.bands.choose and heard.procedures.none < context.bands.none
    carried_over = bool(heard.cued_aspects) and context.state.procedure in context.view.procedures
    if "so dien thoai" in heard.folded and position and position.score >= context.bands.position_choose:
        turn = offices.lookup_contact(context)
    elif named or carried_over:
        turn = questions.procedure_question(context, aspect)
    else:
        turn = refuse(context, reason="model away")
    note = say.DEGRADED.format(counter_phone=context.view.counter_phone or say.NO_PHONE)
    replies = (*turn.replies[:-1], replace(turn.replies[-1], text=f"{turn.replies[-1].text}\n\n{note}"))
    return replace(turn, replies=replies, reason=turn.reason or "model away")


def _talk(sentence: str, **changes: object) -> Callable[[Context], Turn]:
    def handler(context: Context) -> Turn:
        state = context.state.settled(**changes)
        return context.turn(Outcome.TALK, with_menu(sentence.format(**context.names)), state)

    return handler


def _greet(context: Context) -> Turn:
    sentence = say.GREETING_AGAIN if context.state.greeted else say.GREETING
    state = context.state.settled(greeted=True)
    return context.turn(Outcome.TALK, with_menu(sentence.format(**context.names)), state, intent="greet")


_help = _talk(say.HELP)


def _abuse(context: Context) -> Turn:
    sentence = say.ABUSE_AGAIN if context.state.insults else say.ABUSE_FIRST
    state = context.state.settled(insults=context.state.insults + 1)
    return context.turn(Outcome.TALK, Reply(sentence.format(**context.names)), state)


def _person(context: Context) -> Turn:
    reply = refusal(context, say.PERSON)
    buttons = (Button(say.BUTTON_HOURS, payloads.HOURS), Button(say.BUTTON_ADDRESS, payloads.ADDRESS))
    return context.turn(Outcome.DOOR, replace(reply, buttons=buttons), intent="talk_to_person")


def _procedure_menu(context: Context) -> Turn:
    return context.turn(
        Outcome.TALK, Reply(say.PROCEDURE_MENU), context.state.settled(awaits="procedure", aspect=None), intent="help"
    )


def _lawful(context: Context, intent: str) -> Turn:
    """The door for what chat cannot take in; a question about the door's own procedure is answered behind it."""
    if intent not in doors.INTENTS:
        return refuse(context, reason="intent without handler")
    reply = doors.lawful(intent, context.view, context.now)
    if intent in {"dossier_status", "ticket_status"}:
        return context.turn(Outcome.FLOW, reply, intent=intent)
    published = context.view.procedures.get(doors.PROCEDURES.get(intent, ""))
    if published is None:
        return context.turn(Outcome.DOOR, reply, intent=intent)
    best = context.heard.procedures.best
    if (
        context.heard.cued_aspects
        and best is not None
        and best.id == published.id
        and best.score >= context.bands.answer
    ):
        turn = questions.answer_about(context, published.id, context.heard.cued_aspects[:1])
        detail = turn.replies[0]
        return replace(turn, replies=(replace(detail, text=f"{detail.text}\n\n{reply.text}", phones=reply.phones),))
    state = context.state.settled(procedure=published.id)
    return context.turn(Outcome.DOOR, reply, state, intent=intent, procedure=published.id, revision=published.revision)


_HANDLERS: dict[str, Callable[[Context], Turn]] = {
    "greet": _greet,
    "thank": _talk(say.THANKS),
    "goodbye": _talk(say.GOODBYE),
    "affirm": _talk(say.AFFIRM_NOTHING),
    "deny": _talk(say.DENY_NOTHING, procedure=None),
    "cancel": _talk(say.CANCELLED, procedure=None),
    "restart": _talk(say.RESTARTED, procedure=None, aspect=None),
    "help": _help,
    "bot_identity": _talk(say.IDENTITY),
    "lookup_contact": offices.lookup_contact,
    "verify_contact": offices.verify,
    "office_hours": offices.office_hours,
    "office_address": offices.office_address,
    "book_reception": offices.reception,
    "talk_to_person": _person,
    "privacy_request": _talk(say.PRIVACY),
    "subscribe": _talk(say.SUBSCRIBE),
    "unsubscribe": _talk(say.UNSUBSCRIBE),
    "abuse": _abuse,
    "out_of_scope": out_of_scope,
    "emergency": lambda context: context.turn(
        Outcome.DOOR, doors.emergency(None, context.view, context.now), reason="model"
    ),
}
HANDLED_INTENTS = frozenset(_HANDLERS) | doors.INTENTS
