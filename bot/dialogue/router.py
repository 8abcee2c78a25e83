"""Message, meaning and state in; what to say, what to remember and how it ended out. A pure function."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.dialogue import (
    attached,
    doors,
    lawful,
    offices,
    payloads,
    person,
    privacy,
    questions,
    reporting,
    signs,
    tickets,
)
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Bands, Context, out_of_scope, refuse, refused, with_menu
from bot.dialogue.editable import said
from bot.dialogue.explaining import PICKED, why
from bot.dialogue.state import State
from bot.dialogue.understanding import Understanding, ordinal_in
from bot.domain.filing import TicketFacts
from bot.domain.meaning import Meaning
from bot.domain.messages import Outcome, Reply, Turn
from bot.domain.tickets import TicketKind
from bot.domain.views import UnitView
from knowledge.normalise import normalise_folded

_GIVES_DATA = frozenset({"office_hours", "office_address", "lookup_contact", "verify_contact", "book_reception"})
_BELONGS = re.compile(
    r"\b(?:thuoc|xa nao|xa gi|phuong nao|sap nhap|(?:gio|nay) (?:la|o|ve|len|den|toi|di)|o (?:dau|cho nao)|dau roi)\b"
)
_NEVER_OVERRULED = frozenset({"emergency", "denounce", "lodge_complaint", "dossier_status", "ticket_status"})


def decide(
    view: UnitView,
    state: State,
    heard: Understanding,
    now: datetime,
    bands: Bands | None = None,
    facts: TicketFacts | None = None,
) -> Turn:
    """The assistant's turn. Emergencies come first and by rule, then taps, codes and offered choices, then what a
    form asked for, then the meaning Rasa found together with what the search found. Raises FactsNeededError when the
    turn depends on tickets and `facts` is None."""
    bands = bands or Bands()
    spoken_of = () if heard.corrects else questions.spoken_of(state, view)
    heard = replace(heard, procedures=heard.procedures.expecting(spoken_of, bands.favour, bands.follow_up))
    context = Context(view, state, heard, now, bands, facts)
    turn = _decided(context)
    return replace(turn, why=why(context, turn))


def _decided(context: Context) -> Turn:
    heard, state = context.heard, context.state
    if heard.payload is None and heard.emergency is not None:
        reply = doors.emergency(heard.emergency, context.view, context.now)
        return context.turn(Outcome.DOOR, reply, intent="emergency", confidence=1.0, reason=heard.emergency.id)
    formed = _of_a_form(context)
    turn = formed or _outside_forms(context)
    if state.draft is None or turn.state.get("draft") != state.draft.to_json():
        return turn
    of_the_form = formed is not None or (heard.payload or "").startswith(_FORM_VERBS)
    return turn if of_the_form and turn.outcome is Outcome.FLOW else reporting.reminded(turn, state.draft)


_FORM_VERBS = ("draft:", "report")
"""How the payloads of a report's own buttons begin."""


def _of_a_form(context: Context) -> Turn | None:
    """The turn of the form in hand; None when nothing is in hand or the message is about something else."""
    heard, state = context.heard, context.state
    checks_number = state.awaits == "number" and bool(heard.phones)
    if heard.payload is not None or checks_number or _answers_choice(context) is not None:
        return None
    if lawful.belongs_to_sealed(context):
        return lawful.door(context, "denounce")
    return tickets.answered(context) or reporting.carry_on(context)


def _outside_forms(context: Context) -> Turn:
    heard = context.heard
    if heard.payload is not None:
        return _tapped(context, heard.payload)
    turn = _answer_to_question(context)
    if turn is None and heard.is_blank:
        return attached.answer(context)
    turn = turn or _by_rule(context) or _by_meaning(context)
    begun = turn.state.get("draft") is not None and context.state.draft is None
    if begun or (turn.outcome is Outcome.REFUSE and turn.intent != "deny"):
        return tickets.offer_waiting(context, turn)
    return turn


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
    if verb == payloads.REPORT:
        return reporting.begin(context, TicketKind(arguments[0]) if arguments else None)
    if verb == "draft":
        return reporting.tapped(context, arguments[0])
    if verb == "ticket":
        return tickets.act(context, arguments[0], arguments[1])
    if verb == "rate":
        return tickets.rate(context, int(arguments[0]), arguments[1])
    if verb == "privacy":
        return privacy.act(context, arguments[0])
    simple: dict[str, Callable[[Context], Turn]] = {
        payloads.START: _greet,
        payloads.HELP: _help,
        payloads.PERSON: person.ask,
        payloads.HAND_BACK: person.hand_back,
        payloads.MINE: tickets.mine,
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
    chosen = _answers_choice(context)
    if chosen is not None:
        payload = state.choices[chosen].payload
        turn = _tapped(replace(context, heard=replace(heard, payload=payload)), payload)
        return replace(turn, extra={**turn.extra, PICKED: True})
    if state.choices and _says(context, "deny") and len(heard.folded.split()) <= _SHORT:
        return context.turn(Outcome.REFUSE, refused(context, "REFUSE"), intent="deny", reason="none of the choices")
    return None


_SHORT = 4
"""Words of an answer that only picks or rejects."""


def _answers_choice(context: Context) -> int | None:
    """Which of the offered choices the message names, from 0. A question before something is lost has two: do it, or
    keep it."""
    heard, choices = context.heard, context.state.choices
    if not choices:
        return None
    chosen = ordinal_in(heard.folded, len(choices))
    if chosen is not None:
        return chosen
    labels = [normalise_folded(choice.label) for choice in choices]
    if heard.folded in labels:
        return labels.index(heard.folded)
    short = len(heard.folded.split()) <= _SHORT
    yes = short and (_says(context, "affirm") or signs.agrees(heard.folded))
    if len(choices) == 2 and ":keep" in choices[1].payload:
        no = signs.disagrees(heard.folded) or signs.cancels(heard.folded) or (short and _says(context, "deny"))
        return 0 if yes else 1 if no else None
    return 0 if short and len(choices) == 1 and _says(context, "affirm") else None


def _says(context: Context, intent: str) -> bool:
    meaning = context.heard.meaning
    return meaning is not None and meaning.intent == intent and meaning.confidence >= context.bands.intent


def _by_rule(context: Context) -> Turn | None:
    heard = context.heard
    if heard.ticket_code:
        return tickets.act(context, signs.about_ticket(heard.folded), heard.ticket_code)
    if heard.dossier_code:
        return lawful.door(context, "dossier_status")
    wish = signs.command(heard.folded)
    if wish == "mine":
        return tickets.mine(context)
    if wish in {"withdraw", "add", "reopen"} and not (wish == "add" and _names_procedure(context)):
        return tickets.wished(context, wish)
    if wish is not None and wish != "add":
        return privacy.request(context)
    if heard.phones:
        asks = heard.meaning is None or heard.meaning.confidence_of("verify_contact", "lookup_contact") >= 0.3
        if asks or sum(word.isalpha() for word in heard.folded.split()) <= 2:
            return offices.verify(context)
    return offices.office_address(context) if _asks_where_a_place_belongs(context) else None


def _names_procedure(context: Context) -> bool:
    """Whether the search is sure of another procedure: "bổ sung nơi sinh vô giấy khai sinh" adds to no ticket."""
    best = context.heard.procedures.best
    sure = best is not None and best.id != context.state.procedure and best.score >= context.bands.override
    words = context.heard.folded.split()
    return sure and len(words) > _SHORT and "phieu" not in words


def _asks_where_a_place_belongs(context: Context) -> bool:
    """Whether a hamlet or a former commune is asked for, and nothing that Rasa or the search would know better."""
    heard = context.heard
    if not _BELONGS.search(heard.folded) or not offices.places_named(context):
        return False
    if heard.meaning is None or heard.meaning.intent in {"office_address", "out_of_scope"}:
        best = heard.procedures.best
        return best is None or best.score < context.bands.answer
    return questions.procedural(context) >= 0.5 and heard.procedures.none >= context.bands.none


def _by_meaning(context: Context) -> Turn:
    heard, bands = context.heard, context.bands
    meaning, best = heard.meaning, heard.procedures.best
    if meaning is None:
        return _without_model(context)
    said = _bare_answer(heard.folded)
    if said is not None:
        return replace(_HANDLERS[said](context), intent=said)
    found = best.score if best is not None else 0.0
    if heard.procedures.failed and questions.procedural(context) >= 0.5:
        return refuse(context, reason="search failed")
    if questions.procedural(context) + meaning.confidence_of("out_of_scope") >= 0.5:
        known = context.state.procedure in context.view.procedures
        foreign = bands.foreign_chance(meaning, heard.procedures)
        if foreign >= (bands.foreign_later if known else bands.foreign) and not heard.names_nothing:
            return out_of_scope(context)
        return _about_procedure(context, questions.aspect_of(context))
    if _overruled(context, meaning, found):
        return _about_procedure(context, questions.aspect_of(context))
    if meaning.intent in {"deny", "affirm"} and found >= (bands.choose if heard.corrects else bands.override):
        return _about_procedure(context, context.state.aspect or questions.aspect_of(context))
    if meaning.confidence < (bands.give if meaning.intent in _GIVES_DATA else bands.intent):
        if heard.procedures.failed:
            return refuse(context, reason="search failed")
        if heard.procedures.none >= bands.none:
            return out_of_scope(context)
        if found >= bands.choose:
            return _about_procedure(context, questions.aspect_of(context))
    handler = _HANDLERS.get(meaning.intent)
    if handler is None and meaning.intent not in doors.INTENTS:
        return refuse(context, reason="intent without handler")
    return handler(context) if handler else lawful.door(context, meaning.intent)


def _overruled(context: Context, meaning: Meaning, found: float) -> bool:
    """Whether the search is so sure of a procedure that Rasa's hesitant intent gives way; not to the procedure that
    only stands behind a report or a door, whose name every report has in it."""
    best, bands = context.heard.procedures.best, context.bands
    if meaning.intent in _NEVER_OVERRULED or best is None:
        return False
    behind = doors.PROCEDURES.get(meaning.intent, _REPORTS_BEHIND.get(meaning.intent))
    return best.id != behind and meaning.confidence < bands.overruled and found >= bands.override


_REPORTS_BEHIND = dict.fromkeys(("complain_staff", "praise", "ticket_status"), doors.PROCEDURES["report_problem"])


def _bare_answer(folded: str) -> str | None:
    """ "Sai rồi", "dạ phải ạ" and their like mean only that, whatever a model makes of so few words."""
    if len(folded.split()) > _SHORT:
        return None
    return "deny" if signs.disagrees(folded) else "affirm" if signs.agrees(folded) else None


def _about_procedure(context: Context, aspect: str) -> Turn:
    return lawful.before_door(context, questions.procedure_question(context, aspect))


def _without_model(context: Context) -> Turn:
    """Rasa is away: key words and search still answer, and the citizen is told."""
    heard, best = context.heard, context.heard.procedures.best
    position = heard.positions.best
    aspect = heard.cued_aspects[0] if heard.cued_aspects else "overview"
    named = best is not None and best.score >= context.bands.choose and heard.procedures.none < context.bands.none
    carried_over = bool(heard.cued_aspects) and context.state.procedure in context.view.procedures
    kind = signs.kind_named(heard.folded)
    if signs.names_denunciation(heard.folded) or signs.names_complaint(heard.folded):
        turn = lawful.door(context, "denounce" if signs.names_denunciation(heard.folded) else "lodge_complaint")
    elif kind is not None and not (named and heard.cued_aspects):
        turn = reporting.begin(context, kind)
    elif "so dien thoai" in heard.folded and position and position.score >= context.bands.position_choose:
        turn = offices.lookup_contact(context)
    elif named or carried_over:
        turn = _about_procedure(context, aspect)
    else:
        turn = refuse(context, reason="model away")
    note = say.DEGRADED.format(counter_phone=context.view.counter_phone or say.NO_PHONE)
    replies = (*turn.replies[:-1], replace(turn.replies[-1], text=f"{turn.replies[-1].text}\n\n{note}"))
    return replace(turn, replies=replies, reason=turn.reason or "model away")


def _talk(name: str, **changes: object) -> Callable[[Context], Turn]:
    def handler(context: Context) -> Turn:
        state = context.state.settled(**changes)
        return context.turn(Outcome.TALK, with_menu(said(context.view, name, context.names)), state)

    return handler


def _greet(context: Context) -> Turn:
    name = "GREETING_AGAIN" if context.state.greeted else "GREETING"
    state = context.state.settled(greeted=True)
    return context.turn(Outcome.TALK, with_menu(said(context.view, name, context.names)), state, intent="greet")


_help = _talk("HELP")


def _abuse(context: Context) -> Turn:
    name = "ABUSE_AGAIN" if context.state.insults else "ABUSE_FIRST"
    state = context.state.settled(insults=context.state.insults + 1)
    return context.turn(Outcome.TALK, Reply(said(context.view, name, context.names)), state)


def _procedure_menu(context: Context) -> Turn:
    return context.turn(
        Outcome.TALK, Reply(say.PROCEDURE_MENU), context.state.settled(awaits="procedure", aspect=None), intent="help"
    )


def _reported(intent: str) -> Callable[[Context], Turn]:
    return lambda context: reporting.from_words(context, intent)


def _complaint(context: Context) -> Turn:
    return reporting.from_complaint(context) or lawful.door(context, "lodge_complaint")


def _praise(context: Context) -> Turn:
    """ "Rất hài lòng" and no more is a rating where there is something to rate."""
    rates = signs.only_rates(context.heard.folded)
    if rates and any(one.own and one.rating is None and not tickets.is_open(one) for one in context.tickets().own):
        return tickets.wished(context, "rate")
    return reporting.from_words(context, "praise")


_HANDLERS: dict[str, Callable[[Context], Turn]] = {
    "greet": _greet,
    "thank": _talk("THANKS"),
    "goodbye": _talk("GOODBYE"),
    "affirm": _talk("AFFIRM_NOTHING"),
    "deny": _talk("DENY_NOTHING", procedure=None),
    "cancel": _talk("CANCELLED", procedure=None),
    "restart": _talk("RESTARTED", procedure=None, aspect=None, draft=None, photos=(), pin=None),
    "help": _help,
    "bot_identity": _talk("IDENTITY"),
    "lookup_contact": offices.lookup_contact,
    "verify_contact": offices.verify,
    "office_hours": offices.office_hours,
    "office_address": offices.office_address,
    "book_reception": offices.reception,
    "talk_to_person": person.ask,
    "privacy_request": privacy.request,
    "lodge_complaint": _complaint,
    "report_problem": _reported("report_problem"),
    "suggest": _reported("suggest"),
    "complain_staff": _reported("complain_staff"),
    "praise": _praise,
    "ticket_status": tickets.mine,
    "rate_service": lambda context: tickets.wished(context, "rate"),
    "subscribe": _talk("SUBSCRIBE"),
    "unsubscribe": _talk("UNSUBSCRIBE"),
    "abuse": _abuse,
    "out_of_scope": out_of_scope,
    "emergency": lambda context: context.turn(
        Outcome.DOOR, doors.emergency(None, context.view, context.now), reason="model"
    ),
}
HANDLED_INTENTS = frozenset(_HANDLERS) | doors.INTENTS
