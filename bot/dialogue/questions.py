"""Questions about procedures: which one is meant, which aspect, and what to offer when that is not clear."""

from __future__ import annotations

from dataclasses import replace

from bot import limits
from bot.dialogue import payloads, procedures
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Context, choice_reply, out_of_scope, refusal, refuse
from bot.dialogue.procedures import Asked
from bot.dialogue.state import Choice, State
from bot.domain.freshness import Freshness, freshness
from bot.domain.meaning import Found, Hit
from bot.domain.messages import Outcome, Reply, Turn
from bot.domain.views import LOCAL_ZONE, PublishedProcedure, UnitView
from knowledge.conditions import conditions_in

STANDS_OUT = 0.4
USUAL_ASPECTS = ("documents", "fee", "place")
_PLAIN_CUES = frozenset({"steps", "legal_basis"})
"""Aspects whose key words ("theo thứ tự nào", "căn cứ nghị định nào") mean nothing else."""


def spoken_of(state: State, view: UnitView) -> tuple[str, ...]:
    """The procedures a follow-up may be about: the one answered last, or those offered."""
    offered = [parsed[1][1] for one in state.choices if (parsed := payloads.parse(one.payload)) and parsed[0] == "ask"]
    return tuple(dict.fromkeys(one for one in (*offered, state.procedure) if one and one in view.procedures))


def procedural(context: Context) -> float:
    """How likely Rasa holds any question about a procedure."""
    ranking = context.heard.meaning.ranking if context.heard.meaning else ()
    return sum(confidence for name, confidence in ranking if name.startswith("procedure_"))


def aspect_of(context: Context) -> str:
    """The aspect asked: Rasa's, or the one a plain key word names where Rasa is not sure."""
    meaning, cued = context.heard.meaning, context.heard.cued_aspects
    if meaning is None:
        return cued[0] if cued else "overview"
    ranked = [(name, confidence) for name, confidence in meaning.ranking if name.startswith("procedure_")]
    name, confidence = ranked[0] if ranked else ("procedure_overview", 0.0)
    if len(cued) == 1 and (confidence < context.bands.cue or cued[0] in _PLAIN_CUES):
        return cued[0]
    return name.removeprefix("procedure_")


def procedure_question(context: Context, aspect: str) -> Turn:
    """A question about a procedure: named now, carried over from before, or to be asked for."""
    heard, state, bands = context.heard, context.state, context.bands
    best, none = heard.procedures.best, heard.procedures.none
    if heard.procedures.failed:
        return refuse(context, reason="search failed")
    if aspect == "overview" and state.awaits == "procedure" and state.aspect:
        aspect = state.aspect
    aspects = (aspect, *_second_aspect(context, aspect))
    known = state.procedure if state.procedure in context.view.procedures else None
    another = best is not None and best.score >= bands.choose and best.id != known
    if known is not None and aspect != "overview" and (heard.names_nothing or (none >= bands.none and not another)):
        return answer_about(context, known, aspects)
    if best is not None and best.score >= bands.answer:
        if _unsure_of_aspect(context, aspect):
            return _offer_aspects(context, best.id)
        instead = _likely_alternative(context, best.id)
        if instead is not None:
            return _offer(context, aspect, also=instead)
        return answer_about(context, best.id, aspects)
    meant = context.heard.meaning is None or procedural(context) >= bands.meant
    mentions = best is not None and best.score >= bands.choose and (meant or none < bands.none)
    mentions = mentions and not heard.names_nothing
    if known is not None and (not mentions or known in {hit.id for hit in heard.procedures.hits[:2]}):
        return answer_about(context, known, aspects)
    if (mentions or (meant and _stands_out(heard.procedures))) and not heard.names_nothing:
        return _offer(context, aspect, also=known)
    if heard.names_nothing and any(choice.payload.startswith("ask:") for choice in state.choices):
        return _offer_again(context, aspect)
    if heard.names_nothing or meant:
        return _ask_which(context, aspect)
    return out_of_scope(context)


def _likely_alternative(context: Context, procedure: str) -> str | None:
    """The procedure that fits the circumstances told of as well, when the search finds it likely too."""
    record = context.view.procedures[procedure].record
    instead = procedures.alternatives(record, Asked(context.heard.text))
    likely = [hit.id for hit in context.heard.procedures.hits if hit.score >= context.bands.choose]
    return next((one for one in likely if one in instead), None)


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
    reply = choice_reply(say.CHOOSE_ASPECT.format(name=name), choices)
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


def answer_about(context: Context, procedure: str, aspects: tuple[str, ...]) -> Turn:
    """The published answer; circumstances told of before hold while the conversation stays with the procedure. Nothing
    is answered from a record that is suspended or was not checked for too long."""
    published = context.view.procedures[procedure]
    today = context.now.astimezone(LOCAL_ZONE).date()
    state_of_record = freshness(published.record, context.view.freshness_rules, today)
    if published.suspended or state_of_record is Freshness.REFUSED:
        return _withheld(context, published, aspects)
    overdue = state_of_record is Freshness.OVERDUE
    goes_on = context.heard.payload is not None or context.state.procedure == procedure or context.heard.names_nothing
    before = frozenset(context.state.conditions if goes_on else ())
    reply = procedures.answer(published, aspects, context.view, Asked(context.heard.text, before), overdue=overdue)
    told = tuple(sorted(before | conditions_in(context.heard.text)))
    state = context.state.settled(procedure=procedure, aspect=aspects[0], insults=0, conditions=told)
    return context.turn(
        Outcome.ANSWER,
        reply,
        state,
        intent=f"procedure_{aspects[0]}",
        procedure=procedure,
        revision=published.revision,
        aspects=aspects,
    )


def _withheld(context: Context, published: PublishedProcedure, aspects: tuple[str, ...]) -> Turn:
    """An honest refusal with the counter's phone; the conversation stays with the procedure."""
    record = published.record
    sentence = say.REFUSE_SUSPENDED if published.suspended else say.REFUSE_OLD
    name = procedures.lower_first(record.short_name)
    return context.turn(
        Outcome.REFUSE,
        refusal(context, sentence, procedure=name, checked=f"{record.as_of:%d/%m/%Y}"),
        context.state.settled(procedure=published.id, aspect=aspects[0]),
        intent=f"procedure_{aspects[0]}",
        procedure=published.id,
        revision=published.revision,
        aspects=aspects,
        reason="suspended" if published.suspended else "not checked for too long",
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
    reply = choice_reply(say.CHOOSE, choices)
    conditions = tuple(sorted(conditions_in(context.heard.text)))
    state = replace(context.state, choices=choices, awaits=None, aspect=aspect, conditions=conditions)
    candidates = tuple(hit.id for hit in close)
    return context.turn(Outcome.CHOOSE, reply, state, intent=f"procedure_{aspect}", candidates=candidates)


def _offer_again(context: Context, aspect: str) -> Turn:
    """The same procedures as before, now for another aspect: the citizen asked on without choosing."""
    offered = [parsed[1][1] for choice in context.state.choices if (parsed := payloads.parse(choice.payload))]
    known = [one for one in offered if one in context.view.procedures]
    choices = tuple(Choice(context.view.procedures[one].record.short_name, payloads.ask(aspect, one)) for one in known)
    state = replace(context.state, choices=choices, awaits=None, aspect=aspect)
    reply = choice_reply(say.CHOOSE, choices)
    return context.turn(Outcome.CHOOSE, reply, state, intent=f"procedure_{aspect}", candidates=tuple(known))


def _ask_which(context: Context, aspect: str) -> Turn:
    text = say.WHICH_PROCEDURE.format(aspect=say.ASPECT_NAMES[aspect])
    state = context.state.settled(aspect=aspect, awaits="procedure")
    return context.turn(Outcome.CHOOSE, Reply(text), state, intent=f"procedure_{aspect}", candidates=())
