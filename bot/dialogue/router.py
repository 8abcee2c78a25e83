"""Message, meaning and state in; what to say, what to remember and how it ended out. A pure function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot import limits
from bot.dialogue import contacts, doors, hours, payloads, procedures
from bot.dialogue import texts_vi as say
from bot.dialogue.state import Choice, State
from bot.dialogue.understanding import Understanding, ordinal_in
from bot.domain.meaning import Hit
from bot.domain.messages import Button, Outcome, Phone, Reply, Turn
from bot.domain.views import UnitView
from knowledge.normalise import normalise_folded


@dataclass(frozen=True, slots=True)
class Bands:
    """Thresholds on calibrated scores: answer at or above the first, offer a choice at or above the second.

    `intent`: below it a model's intent is only a hint. `override`: how sure the search must be to be believed
    against a model that sees no procedure question. `none`: at or above it the text names no procedure.
    """

    answer: float = 0.62
    choose: float = 0.08
    position_answer: float = 0.45
    position_choose: float = 0.12
    intent: float = 0.42
    override: float = 0.9
    none: float = 0.5


@dataclass(frozen=True, slots=True)
class Context:
    view: UnitView
    state: State
    heard: Understanding
    now: datetime
    bands: Bands

    @property
    def names(self) -> dict[str, str]:
        return doors.names(self.view, self.now)

    def turn(self, outcome: Outcome, reply: Reply, state: State | None = None, **facts: object) -> Turn:
        meaning = self.heard.meaning
        known: dict[str, object] = {
            "intent": meaning.intent if meaning else None,
            "confidence": meaning.confidence if meaning else 0.0,
            "model": meaning.model if meaning else None,
            "candidates": tuple(hit.id for hit in self.heard.procedures.hits[: limits.CHOICES]),
        }
        kept = (state or self.state.settled()).to_json()
        return Turn(outcome, (reply,), kept, **{**known, **facts})  # type: ignore[arg-type]


def decide(view: UnitView, state: State, heard: Understanding, now: datetime, bands: Bands | None = None) -> Turn:
    """The assistant's turn. Emergencies come first and by rule, then taps, codes and offered choices, then the
    meaning Rasa found together with what the search found."""
    context = Context(view, state, heard, now, bands or Bands())
    if heard.payload is None and heard.emergency is not None:
        reply = doors.emergency(heard.emergency, view, now)
        return context.turn(Outcome.DOOR, reply, intent="emergency", confidence=1.0, reason=heard.emergency.id)
    if heard.payload is not None:
        return _tapped(context, heard.payload)
    if heard.is_blank:
        return context.turn(Outcome.TALK, _with_menu(say.EMPTY_MESSAGE), reason="blank")
    return _answer_to_question(context) or _by_rule(context) or _by_meaning(context)


def _tapped(context: Context, payload: str) -> Turn:
    parsed = payloads.parse(payload)
    if parsed is None:
        return _refuse(context, reason="unknown payload")
    verb, arguments = parsed
    if verb == "ask":
        aspect, procedure = arguments
        if procedure not in context.view.procedures:
            return _refuse(context, reason="procedure no longer published")
        return _procedure(context, procedure, (aspect,), intent=f"procedure_{aspect}")
    if verb == "contact":
        return _contact(context, arguments[0])
    simple: dict[str, Callable[[Context], Turn]] = {
        payloads.START: _greet,
        payloads.HELP: _help,
        payloads.PERSON: _person,
        payloads.HOURS: _office_hours,
        payloads.ADDRESS: _office_address,
        payloads.PROCEDURES: _procedure_menu,
        payloads.CONTACTS: _contact_menu,
        payloads.NONE_OF_THESE: lambda own: _refuse(own, reason="none of the choices"),
    }
    return simple[verb](context)


def _answer_to_question(context: Context) -> Turn | None:
    """Whether the message answers what was offered or asked last."""
    heard, state = context.heard, context.state
    if state.awaits == "number" and heard.phones:
        return _verify(context)
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
        return _tapped(
            replace(context, heard=replace(heard, payload=state.choices[chosen].payload)),
            state.choices[chosen].payload,
        )
    if intent == "deny" and short:
        return context.turn(Outcome.REFUSE, _refusal(context, say.REFUSE), intent="deny", reason="none of the choices")
    return None


def _by_rule(context: Context) -> Turn | None:
    heard = context.heard
    if heard.ticket_code:
        return _lawful(context, "ticket_status")
    if heard.dossier_code:
        return _lawful(context, "dossier_status")
    if heard.phones:
        asks = heard.meaning is None or heard.meaning.confidence_of("verify_contact", "lookup_contact") >= 0.3
        if asks or len(heard.folded.split()) <= 3:
            return _verify(context)
    return None


def _by_meaning(context: Context) -> Turn:
    heard, bands = context.heard, context.bands
    meaning, best = heard.meaning, heard.procedures.best
    if meaning is None:
        return _without_model(context)
    procedural = sum(confidence for name, confidence in meaning.ranking if name.startswith("procedure_"))
    if meaning.intent.startswith("procedure_") or procedural >= 0.5:
        aspect = next(name for name, _ in meaning.ranking if name.startswith("procedure_")).removeprefix("procedure_")
        return _procedure_question(context, aspect)
    sure_of_procedure = best is not None and best.score >= bands.override
    if sure_of_procedure and meaning.confidence < bands.override and meaning.intent in {"out_of_scope", "abuse"}:
        return _procedure_question(context, "overview")
    if meaning.confidence < bands.intent:
        if best is not None and best.score >= bands.answer:
            return _procedure_question(context, "overview")
        if best is not None and best.score >= bands.choose:
            return _offer(context, "overview")
        if meaning.intent == "out_of_scope" or heard.procedures.failed or best is None:
            return _refuse(context)
    handler = _HANDLERS.get(meaning.intent)
    return handler(context) if handler else _lawful(context, meaning.intent)


def _without_model(context: Context) -> Turn:
    """Rasa is away: key words and search still answer, and the citizen is told."""
    heard, best = context.heard, context.heard.procedures.best
    position = heard.positions.best
    aspect = heard.cued_aspects[0] if heard.cued_aspects else "overview"
    named = best is not None and best.score >= context.bands.choose
    carried_over = bool(heard.cued_aspects) and context.state.procedure in context.view.procedures
    if "so dien thoai" in heard.folded and position and position.score >= context.bands.position_choose:
        turn = _lookup_contact(context)
    elif named or carried_over:
        turn = _procedure_question(context, aspect)
    else:
        turn = _refuse(context, reason="model away")
    note = say.DEGRADED.format(counter_phone=context.view.counter_phone or "")
    replies = (*turn.replies[:-1], replace(turn.replies[-1], text=f"{turn.replies[-1].text}\n\n{note}"))
    return replace(turn, replies=replies, reason=turn.reason or "model away")


def _procedure_question(context: Context, aspect: str) -> Turn:
    """A question about a procedure: named now, carried over from before, or to be asked for."""
    heard, state, bands = context.heard, context.state, context.bands
    best = heard.procedures.best
    if heard.procedures.failed:
        return _refuse(context, reason="search failed")
    aspects = (aspect, *(one for one in heard.cued_aspects if one != aspect and aspect != "overview"))[:2]
    if aspect == "overview" and len(heard.cued_aspects) == 1:
        aspects = heard.cued_aspects
    known = state.procedure if state.procedure in context.view.procedures else None
    carried_over = aspects[0] != "overview" and (heard.names_nothing or heard.procedures.none >= bands.none)
    if known is not None and carried_over:
        return _procedure(context, known, aspects, intent=f"procedure_{aspects[0]}")
    if best is not None and best.score >= bands.answer:
        return _procedure(context, best.id, aspects, intent=f"procedure_{aspects[0]}")
    mentions = best is not None and best.score >= bands.choose
    if known is not None and (not mentions or known in {hit.id for hit in heard.procedures.hits[:2]}):
        return _procedure(context, known, aspects, intent=f"procedure_{aspects[0]}")
    if mentions:
        return _offer(context, aspects[0], also=known)
    if heard.cued_aspects or (heard.meaning is not None and heard.meaning.confidence >= bands.intent):
        return _ask_which(context, aspects[0])
    return _refuse(context)


def _procedure(context: Context, procedure: str, aspects: tuple[str, ...], intent: str) -> Turn:
    published = context.view.procedures[procedure]
    reply = procedures.answer(published, aspects, context.view, context.heard.text)
    state = context.state.settled(procedure=procedure, aspect=aspects[0], insults=0)
    return context.turn(
        Outcome.ANSWER,
        reply,
        state,
        intent=intent,
        procedure=procedure,
        revision=published.revision,
        aspects=aspects,
    )


def _offer(context: Context, aspect: str, also: str | None = None) -> Turn:
    """Did you mean: up to three procedures."""
    hits = list(context.heard.procedures.hits)
    close = [hit for hit in hits[: limits.CHOICES] if hit.score >= max(0.02, hits[0].score / 12)]
    if also and also not in {hit.id for hit in close}:
        close = [*close[: limits.CHOICES - 1], Hit(also, 0.0)]
    choices = tuple(
        Choice(context.view.procedures[hit.id].record.short_name, payloads.ask(aspect, hit.id))
        for hit in close
        if hit.id in context.view.procedures
    )
    reply = _choice_reply(say.CHOOSE, choices)
    state = replace(context.state, choices=choices, awaits=None, aspect=aspect)
    candidates = tuple(hit.id for hit in close)
    return context.turn(Outcome.CHOOSE, reply, state, intent=f"procedure_{aspect}", candidates=candidates)


def _choice_reply(question: str, choices: tuple[Choice, ...]) -> Reply:
    lines = [f"{number}. {choice.label}" for number, choice in enumerate(choices, 1)]
    buttons = tuple(Button(choice.label, choice.payload) for choice in choices)
    return Reply("\n".join([question, *lines]), (*buttons, Button(say.NONE_OF_THESE, payloads.NONE_OF_THESE)))


def _ask_which(context: Context, aspect: str) -> Turn:
    text = say.WHICH_PROCEDURE.format(aspect=say.ASPECT_NAMES[aspect])
    state = context.state.settled(aspect=aspect, awaits="procedure")
    return context.turn(Outcome.CHOOSE, Reply(text), state, intent=f"procedure_{aspect}", candidates=())


def _refusal(context: Context, sentence: str) -> Reply:
    phones = (Phone(context.names["counter"], context.view.counter_phone),) if context.view.counter_phone else ()
    buttons = (Button(say.BUTTON_PERSON, payloads.PERSON), Button(say.BUTTON_PROCEDURES, payloads.PROCEDURES))
    return Reply(sentence.format(**context.names), buttons, None, phones)


def _refuse(context: Context, reason: str | None = None) -> Turn:
    return context.turn(Outcome.REFUSE, _refusal(context, say.REFUSE), reason=reason)


def _out_of_scope(context: Context) -> Turn:
    return context.turn(Outcome.REFUSE, _refusal(context, say.REFUSE_OUT_OF_SCOPE), intent="out_of_scope")


def _with_menu(text: str) -> Reply:
    return Reply(
        text,
        (
            Button(say.BUTTON_PROCEDURES, payloads.PROCEDURES),
            Button(say.BUTTON_CONTACTS, payloads.CONTACTS),
            Button(say.BUTTON_HOURS, payloads.HOURS),
        ),
    )


def _talk(sentence: str, **changes: object) -> Callable[[Context], Turn]:
    def handler(context: Context) -> Turn:
        state = context.state.settled(**changes)
        return context.turn(Outcome.TALK, _with_menu(sentence.format(**context.names)), state)

    return handler


def _greet(context: Context) -> Turn:
    sentence = say.GREETING_AGAIN if context.state.greeted else say.GREETING
    state = context.state.settled(greeted=True)
    return context.turn(Outcome.TALK, _with_menu(sentence.format(**context.names)), state, intent="greet")


_help = _talk(say.HELP)


def _affirm(context: Context) -> Turn:
    return _talk(say.AFFIRM_NOTHING)(context)


def _abuse(context: Context) -> Turn:
    sentence = say.ABUSE_AGAIN if context.state.insults else say.ABUSE_FIRST
    state = context.state.settled(insults=context.state.insults + 1)
    return context.turn(Outcome.TALK, Reply(sentence.format(**context.names)), state)


def _person(context: Context) -> Turn:
    return context.turn(Outcome.DOOR, _refusal(context, say.PERSON), intent="talk_to_person")


def _office_hours(context: Context) -> Turn:
    return context.turn(Outcome.ANSWER, hours.office_hours(context.view, context.now), intent="office_hours")


def _office_address(context: Context) -> Turn:
    return context.turn(Outcome.ANSWER, hours.office_address(context.view), intent="office_address")


def _procedure_menu(context: Context) -> Turn:
    return context.turn(
        Outcome.TALK, Reply(say.PROCEDURE_MENU), context.state.settled(awaits="procedure"), intent="help"
    )


def _contact_menu(context: Context) -> Turn:
    return context.turn(Outcome.TALK, contacts.menu(context.view), intent="lookup_contact")


def _lookup_contact(context: Context) -> Turn:
    best = context.heard.positions.best
    if best is not None and best.score >= context.bands.position_answer:
        return _contact(context, best.id)
    likely = [hit.id for hit in context.heard.positions.hits if hit.score >= context.bands.position_choose]
    if likely:
        offered = likely[: limits.CHOICES]
        choices = tuple(Choice(context.view.positions[one].title, payloads.contact(one)) for one in offered)
        state = replace(context.state, choices=choices, awaits=None)
        reply = contacts.choose(likely, context.view)
        return context.turn(Outcome.CHOOSE, reply, state, intent="lookup_contact", candidates=tuple(offered))
    return context.turn(Outcome.ANSWER, contacts.unknown(context.view), intent="lookup_contact", position=None)


def _contact(context: Context, position_id: str) -> Turn:
    position = context.view.positions.get(position_id)
    if position is None:
        return _refuse(context, reason="position no longer published")
    reply = contacts.contact(position, context.view)
    return context.turn(Outcome.ANSWER, reply, intent="lookup_contact", position=position_id)


def _verify(context: Context) -> Turn:
    police = context.names["police"]
    if not context.heard.phones:
        state = context.state.settled(awaits="number")
        return context.turn(Outcome.ANSWER, contacts.verify_ask(police), state, intent="verify_contact")
    reply, position = contacts.verify(context.heard.phones[0], police, context.view)
    return context.turn(Outcome.ANSWER, reply, intent="verify_contact", position=position)


def _reception(context: Context) -> Turn:
    position = context.view.positions.get(doors.RECEPTION)
    title = position.title if position else context.names["counter"]
    reply = Reply(
        say.RECEPTION.format(title=title, phone=context.names["reception"]),
        (Button(say.BUTTON_HOURS, payloads.HOURS),),
    )
    return context.turn(Outcome.ANSWER, reply, intent="book_reception", position=doors.RECEPTION if position else None)


def _lawful(context: Context, intent: str) -> Turn:
    """The door for what chat cannot take in; a question about the door's own procedure is answered behind it."""
    if intent not in doors.INTENTS:
        return _refuse(context, reason="intent without handler")
    reply = doors.lawful(intent, context.view, context.now)
    if intent in {"dossier_status", "ticket_status"}:
        return context.turn(Outcome.FLOW, reply, intent=intent)
    published = context.view.procedures.get(doors.PROCEDURES.get(intent, ""))
    if published is None:
        return context.turn(Outcome.DOOR, reply, intent=intent)
    aspects = context.heard.cued_aspects[:1]
    if aspects:
        detail = procedures.answer(published, aspects, context.view, context.heard.text)
        reply = replace(reply, text=f"{reply.text}\n\n{detail.text}", buttons=detail.buttons)
    state = context.state.settled(procedure=published.id)
    return context.turn(
        Outcome.DOOR, reply, state, intent=intent, procedure=published.id, revision=published.revision, aspects=aspects
    )


_HANDLERS: dict[str, Callable[[Context], Turn]] = {
    "greet": _greet,
    "thank": _talk(say.THANKS),
    "goodbye": _talk(say.GOODBYE),
    "affirm": _affirm,
    "deny": _talk(say.DENY_NOTHING, procedure=None),
    "cancel": _talk(say.CANCELLED, procedure=None),
    "restart": _talk(say.RESTARTED, procedure=None, aspect=None),
    "help": _help,
    "bot_identity": _talk(say.IDENTITY),
    "lookup_contact": _lookup_contact,
    "verify_contact": _verify,
    "office_hours": _office_hours,
    "office_address": _office_address,
    "book_reception": _reception,
    "talk_to_person": _person,
    "privacy_request": _talk(say.PRIVACY),
    "subscribe": _talk(say.SUBSCRIBE),
    "unsubscribe": _talk(say.UNSUBSCRIBE),
    "abuse": _abuse,
    "out_of_scope": _out_of_scope,
    "emergency": lambda context: context.turn(
        Outcome.DOOR, doors.emergency(None, context.view, context.now), reason="model"
    ),
}
HANDLED_INTENTS = frozenset(_HANDLERS) | doors.INTENTS
