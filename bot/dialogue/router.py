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
from bot.domain.meaning import Found, Hit
from bot.domain.messages import Button, Outcome, Phone, Reply, Turn
from bot.domain.records import Position
from bot.domain.views import UnitView
from knowledge.normalise import normalise_folded


@dataclass(frozen=True, slots=True)
class Bands:
    """Thresholds on calibrated scores: answer at or above the first, offer a choice at or above the second.

    `intent`: below it a model's intent is only a hint; `give`: the same where published data would be given.
    `override`: how sure the search must be to be believed
    against a model that is less sure than `overruled` and sees no procedure question. `none`: at or above it the
    text names no procedure. `cue`: below it a plain key word decides the aspect. `aspect`: below it
    the citizen is asked which part of the procedure is meant. `also`: an aspect at least so
    likely is answered too.
    """

    answer: float = 0.85
    choose: float = 0.04
    position_answer: float = 0.5
    position_margin: float = 0.2
    position_choose: float = 0.12
    intent: float = 0.33
    override: float = 0.85
    overruled: float = 0.9
    none: float = 0.4
    give: float = 0.5
    cue: float = 0.5
    aspect: float = 0.4
    meant: float = 0.6
    also: float = 0.05


_GIVES_DATA = frozenset({"office_hours", "office_address", "lookup_contact", "verify_contact", "book_reception"})
STANDS_OUT = 0.4
USUAL_ASPECTS = ("documents", "fee", "place")
_PLAIN_CUES = frozenset({"steps", "legal_basis"})
"""Aspects whose key words ("theo thứ tự nào", "căn cứ nghị định nào") mean nothing else."""
_NEVER_OVERRULED = frozenset({"emergency", "denounce", "lodge_complaint", "dossier_status", "ticket_status"})


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
    answered = _answer_to_question(context)
    if answered is None and heard.is_blank:
        return context.turn(Outcome.TALK, _with_menu(say.EMPTY_MESSAGE), reason="blank")
    return answered or _by_rule(context) or _by_meaning(context)


def _tapped(context: Context, payload: str) -> Turn:
    parsed = payloads.parse(payload)
    if parsed is None:
        return _refuse(context, reason="unknown payload")
    verb, arguments = parsed
    if verb == "ask":
        aspect, procedure = arguments
        if procedure not in context.view.procedures:
            return _refuse(context, reason="procedure no longer published")
        return _procedure(context, procedure, (aspect,))
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
        if asks or sum(word.isalpha() for word in heard.folded.split()) <= 2:
            return _verify(context)
    return None


def _by_meaning(context: Context) -> Turn:
    heard, bands = context.heard, context.bands
    meaning, best = heard.meaning, heard.procedures.best
    if meaning is None:
        return _without_model(context)
    if meaning.intent.startswith("procedure_") or _procedural(context) >= 0.5:
        return _procedure_question(context, _aspect(context))
    found = best.score if best is not None else 0.0
    if meaning.intent not in _NEVER_OVERRULED and meaning.confidence < bands.overruled and found >= bands.override:
        return _procedure_question(context, _aspect(context))
    if meaning.intent in {"deny", "affirm"} and found >= bands.answer:
        return _procedure_question(context, context.state.aspect or _aspect(context))
    if meaning.confidence < (bands.give if meaning.intent in _GIVES_DATA else bands.intent):
        if heard.procedures.failed:
            return _refuse(context, reason="search failed")
        if heard.procedures.none >= bands.none:
            return _out_of_scope(context)
        if found >= bands.choose:
            return _procedure_question(context, _aspect(context))
    handler = _HANDLERS.get(meaning.intent)
    return handler(context) if handler else _lawful(context, meaning.intent)


def _procedural(context: Context) -> float:
    """How likely Rasa holds any question about a procedure."""
    ranking = context.heard.meaning.ranking if context.heard.meaning else ()
    return sum(confidence for name, confidence in ranking if name.startswith("procedure_"))


def _aspect(context: Context) -> str:
    """The aspect asked: Rasa's, or the one a plain key word names where Rasa is not sure."""
    meaning, cued = context.heard.meaning, context.heard.cued_aspects
    if meaning is None:
        return cued[0] if cued else "overview"
    ranked = [(name, confidence) for name, confidence in meaning.ranking if name.startswith("procedure_")]
    name, confidence = ranked[0] if ranked else ("procedure_overview", 0.0)
    if len(cued) == 1 and (confidence < context.bands.cue or cued[0] in _PLAIN_CUES):
        return cued[0]
    return name.removeprefix("procedure_")


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
    note = say.DEGRADED.format(counter_phone=context.view.counter_phone or say.NO_PHONE)
    replies = (*turn.replies[:-1], replace(turn.replies[-1], text=f"{turn.replies[-1].text}\n\n{note}"))
    return replace(turn, replies=replies, reason=turn.reason or "model away")


def _procedure_question(context: Context, aspect: str) -> Turn:
    """A question about a procedure: named now, carried over from before, or to be asked for."""
    heard, state, bands = context.heard, context.state, context.bands
    best, none = heard.procedures.best, heard.procedures.none
    if heard.procedures.failed:
        return _refuse(context, reason="search failed")
    if aspect == "overview" and state.awaits == "procedure" and state.aspect:
        aspect = state.aspect
    aspects = (aspect, *_second_aspect(context, aspect))
    known = state.procedure if state.procedure in context.view.procedures else None
    another = best is not None and best.score >= bands.choose and best.id != known
    if known is not None and aspect != "overview" and (heard.names_nothing or (none >= bands.none and not another)):
        return _procedure(context, known, aspects)
    if best is not None and best.score >= bands.answer:
        if _unsure_of_aspect(context, aspect):
            return _offer_aspects(context, best.id)
        return _procedure(context, best.id, aspects)
    meant = context.heard.meaning is None or _procedural(context) >= bands.meant
    mentions = best is not None and best.score >= bands.choose and (meant or none < bands.none)
    mentions = mentions and not heard.names_nothing
    if known is not None and (not mentions or known in {hit.id for hit in heard.procedures.hits[:2]}):
        return _procedure(context, known, aspects)
    if (mentions or (meant and _stands_out(heard.procedures))) and not heard.names_nothing:
        return _offer(context, aspect, also=known)
    if heard.names_nothing and any(choice.payload.startswith("ask:") for choice in state.choices):
        return _offer_again(context, aspect)
    if heard.names_nothing or meant:
        return _ask_which(context, aspect)
    return _out_of_scope(context)


def _stands_out(found: Found) -> bool:
    """Whether one procedure leads clearly among the procedures, however likely it is that none is meant."""
    best = found.best
    return best is not None and best.score >= STANDS_OUT * sum(hit.score for hit in found.hits) and found.none < 0.99


def _unsure_of_aspect(context: Context, aspect: str) -> bool:
    """Whether Rasa sees a question about a procedure but hardly which, and no key word names it."""
    meaning = context.heard.meaning
    if meaning is None or aspect in {*context.heard.cued_aspects, context.state.aspect, "overview"}:
        return False
    return meaning.confidence_of(f"procedure_{aspect}") < context.bands.aspect


def _offer_aspects(context: Context, procedure: str) -> Turn:
    """Which part of the procedure: the three likeliest."""
    meaning = context.heard.meaning
    ranked = [name.removeprefix("procedure_") for name, _ in meaning.ranking] if meaning else []
    offered = dict.fromkeys([*(one for one in ranked if one in say.ASPECT_BUTTONS), *USUAL_ASPECTS])
    likely = list(offered)[: limits.CHOICES]
    choices = tuple(Choice(say.ASPECT_BUTTONS[aspect], payloads.ask(aspect, procedure)) for aspect in likely)
    name = context.view.procedures[procedure].record.short_name
    state = replace(context.state, choices=choices, awaits=None, procedure=procedure)
    reply = _choice_reply(say.CHOOSE_ASPECT.format(name=name), choices)
    return context.turn(Outcome.CHOOSE, reply, state, intent=f"procedure_{likely[0]}", candidates=(procedure,))


def _second_aspect(context: Context, aspect: str) -> tuple[str, ...]:
    """A second aspect to answer: named by a key word, or nearly as likely as the first."""
    cued = [one for one in context.heard.cued_aspects if one != aspect]
    if aspect != "overview" and cued:
        return (cued[0],)
    meaning = context.heard.meaning
    if meaning is None:
        return ()
    likely = [
        name.removeprefix("procedure_") for name, confidence in meaning.ranking if confidence >= context.bands.also
    ]
    return tuple(one for one in likely if one in say.OPENING and one != aspect)[:1]


def _procedure(context: Context, procedure: str, aspects: tuple[str, ...]) -> Turn:
    published = context.view.procedures[procedure]
    reply = procedures.answer(published, aspects, context.view, context.heard.text)
    state = context.state.settled(procedure=procedure, aspect=aspects[0], insults=0)
    return context.turn(
        Outcome.ANSWER,
        reply,
        state,
        intent=f"procedure_{aspects[0]}",
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


def _offer_again(context: Context, aspect: str) -> Turn:
    """The same procedures as before, now for another aspect: the citizen asked on without choosing."""
    offered = [parsed[1][1] for choice in context.state.choices if (parsed := payloads.parse(choice.payload))]
    known = [one for one in offered if one in context.view.procedures]
    choices = tuple(Choice(context.view.procedures[one].record.short_name, payloads.ask(aspect, one)) for one in known)
    state = replace(context.state, choices=choices, awaits=None, aspect=aspect)
    reply = _choice_reply(say.CHOOSE, choices)
    return context.turn(Outcome.CHOOSE, reply, state, intent=f"procedure_{aspect}", candidates=tuple(known))


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


def _abuse(context: Context) -> Turn:
    sentence = say.ABUSE_AGAIN if context.state.insults else say.ABUSE_FIRST
    state = context.state.settled(insults=context.state.insults + 1)
    return context.turn(Outcome.TALK, Reply(sentence.format(**context.names)), state)


def _person(context: Context) -> Turn:
    reply = _refusal(context, say.PERSON)
    buttons = (Button(say.BUTTON_HOURS, payloads.HOURS), Button(say.BUTTON_ADDRESS, payloads.ADDRESS))
    return context.turn(Outcome.DOOR, replace(reply, buttons=buttons), intent="talk_to_person")


def _office_hours(context: Context) -> Turn:
    return _with_position(context, hours.office_hours(context.view, context.now), "office_hours", say.HOURS_OF)


def _office_address(context: Context) -> Turn:
    return _with_position(context, hours.office_address(context.view), "office_address", say.ADDRESS_OF)


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


def _named_position(context: Context) -> Position | None:
    """The office a message names: surely found, or called by one of its published names."""
    best = context.heard.positions.best
    others = sum(hit.score for hit in context.heard.positions.hits[1:2])
    if best is not None and best.score >= max(context.bands.position_answer, others + context.bands.position_margin):
        return context.view.positions.get(best.id)
    return contacts.called_by_name(context.heard.folded, context.view)


def _procedure_menu(context: Context) -> Turn:
    return context.turn(
        Outcome.TALK, Reply(say.PROCEDURE_MENU), context.state.settled(awaits="procedure", aspect=None), intent="help"
    )


def _contact_menu(context: Context) -> Turn:
    return context.turn(Outcome.TALK, contacts.menu(context.view), intent="lookup_contact")


def _lookup_contact(context: Context) -> Turn:
    named = _named_position(context)
    if named is not None:
        return _contact(context, named.id)
    likely = [hit.id for hit in context.heard.positions.hits if hit.score >= context.bands.position_choose]
    if likely:
        offered = likely[: limits.CHOICES]
        choices = tuple(Choice(context.view.positions[one].title, payloads.contact(one)) for one in offered)
        state = replace(context.state, choices=choices, awaits=None)
        reply = contacts.choose(likely, context.view)
        return context.turn(Outcome.CHOOSE, reply, state, intent="lookup_contact", candidates=tuple(offered))
    return context.turn(Outcome.REFUSE, contacts.unknown(context.view), intent="lookup_contact")


def _contact(context: Context, position_id: str) -> Turn:
    position = context.view.positions.get(position_id)
    if position is None:
        return _refuse(context, reason="position no longer published")
    reply = contacts.contact(position, context.view)
    return context.turn(Outcome.ANSWER, reply, intent="lookup_contact", position=position_id)


def _verify(context: Context) -> Turn:
    police = context.names["police"]
    if not context.heard.phones:
        named = _named_position(context)
        reply = contacts.verify_ask(police, named)
        state = context.state.settled(awaits="number")
        position = named.id if named else None
        return context.turn(Outcome.ANSWER, reply, state, intent="verify_contact", position=position)
    checked = [contacts.verify(number, police, context.view) for number in context.heard.phones[: limits.CHOICES]]
    text = "\n\n".join(reply.text for reply, _ in checked)
    phones = tuple(phone for reply, _ in checked for phone in reply.phones)
    position = next((position for _, position in checked if position), None)
    return context.turn(Outcome.ANSWER, Reply(text, (), None, phones), intent="verify_contact", position=position)


def _reception(context: Context) -> Turn:
    position = context.view.positions.get(doors.RECEPTION)
    title = position.title if position else context.names["counter"]
    published = context.view.procedures.get(doors.PROCEDURES["book_reception"])
    steps = (Button(say.ASPECT_BUTTONS["steps"], payloads.ask("steps", published.id)),) if published else ()
    reply = Reply(
        say.RECEPTION.format(title=title, phone=context.names["reception"]),
        (*steps, Button(say.BUTTON_HOURS, payloads.HOURS)),
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
    best = context.heard.procedures.best
    if (
        context.heard.cued_aspects
        and best is not None
        and best.id == published.id
        and best.score >= context.bands.answer
    ):
        turn = _procedure(context, published.id, context.heard.cued_aspects[:1])
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
