"""What every handler of a turn is given, and the replies that several of them share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from bot import limits
from bot.dialogue import doors, payloads
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue import texts_vi as say
from bot.dialogue.editable import said
from bot.dialogue.state import Choice, State
from bot.dialogue.understanding import Understanding
from bot.domain.filing import Filing, TicketFacts
from bot.domain.meaning import Found, Meaning
from bot.domain.messages import Button, Outcome, Phone, Reply, Turn
from bot.domain.views import UnitView


@dataclass(frozen=True, slots=True)
class Bands:
    """Thresholds on calibrated scores: answer at or above the first, offer a choice at or above the second.

    `intent`: below it a model's intent is only a hint; `give`: the same where published data would be given.
    `override`: how sure the search must be to be believed
    against a model that is less sure than `overruled` and sees no procedure question. `none`: at or above it the
    text names no procedure. `cue`: below it a plain key word decides the aspect. `aspect`: below it
    the citizen is asked which part of the procedure is meant. `also`: an aspect at least so
    likely is answered too. `foreign`: at or above it a question is about a matter of somebody else; `foreign_later`:
    the same while a procedure is being spoken of. `favour`, `follow_up`: how much likelier a message is about the
    procedure spoken of or offered, see `Found.expecting`. `scope`: weights of that probability, see `foreign_chance`.
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
    foreign: float = 0.35
    foreign_later: float = 0.85
    favour: float = 20.0
    follow_up: float = 0.9
    scope: tuple[float, float, float, float] = (0.62, 0.13, -0.37, 1.84)

    def foreign_chance(self, meaning: Meaning, found: Found) -> float:
        """Probability that a question is about a matter of somebody else: a logistic function of `scope_signals`."""
        *weights, bias = self.scope
        weighted = sum(weight * signal for weight, signal in zip(weights, scope_signals(meaning, found), strict=True))
        return 1 / (1 + math.exp(-weighted - bias))


def scope_signals(meaning: Meaning, found: Found) -> tuple[float, float, float]:
    """What tells other people's matters from procedures, as log odds: Rasa's confidence in out_of_scope, the search's
    that the matter is somebody else's, and the search's in its best record."""
    best = found.best.score if found.best else 0.0
    return _log_odds(meaning.confidence_of("out_of_scope")), _log_odds(found.foreign), _log_odds(best)


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))


class FactsNeededError(Exception):
    """Raised where a turn depends on tickets: the caller looks them up and lets the turn be decided again, so that
    most turns cost no look at the database and deciding stays pure."""

    def __init__(self, codes: tuple[str, ...], draft: Filing | None) -> None:
        super().__init__("facts about tickets are needed")
        self.codes = codes
        self.draft = draft


@dataclass(frozen=True, slots=True)
class Context:
    view: UnitView
    state: State
    heard: Understanding
    now: datetime
    bands: Bands
    facts: TicketFacts | None = None

    def tickets(self, *codes: str, draft: Filing | None = None) -> TicketFacts:
        """What is known about tickets. Raises FactsNeededError before it was looked up."""
        if self.facts is None:
            raise FactsNeededError(codes, draft)
        return self.facts

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


def choice_reply(question: str, choices: tuple[Choice, ...]) -> Reply:
    lines = [f"{number}. {choice.label}" for number, choice in enumerate(choices, 1)]
    buttons = tuple(Button(choice.label, choice.payload) for choice in choices)
    return Reply("\n".join([question, *lines]), (*buttons, Button(say.NONE_OF_THESE, payloads.NONE_OF_THESE)))


def refusal(context: Context, sentence: str, procedure: str = "", checked: str = "") -> Reply:
    return _refusal(context, sentence.format(**context.names, procedure=procedure, checked=checked))


def refused(context: Context, name: str) -> Reply:
    """The same with a sentence the unit may word itself, by its name."""
    return _refusal(context, said(context.view, name, context.names))


def _refusal(context: Context, text: str) -> Reply:
    phones = (Phone(context.names["counter"], context.view.counter_phone),) if context.view.counter_phone else ()
    buttons = (Button(say.BUTTON_PERSON, payloads.PERSON), Button(say.BUTTON_PROCEDURES, payloads.PROCEDURES))
    return Reply(text, buttons, None, phones)


def refuse(context: Context, reason: str | None = None) -> Turn:
    return context.turn(Outcome.REFUSE, refused(context, "REFUSE"), reason=reason)


def out_of_scope(context: Context) -> Turn:
    return context.turn(Outcome.REFUSE, refused(context, "REFUSE_OUT_OF_SCOPE"), intent="out_of_scope")


def with_menu(text: str) -> Reply:
    return Reply(
        text,
        (
            Button(say.BUTTON_PROCEDURES, payloads.PROCEDURES),
            Button(tell.BUTTON_REPORT, payloads.REPORT),
            Button(say.BUTTON_CONTACTS, payloads.CONTACTS),
            Button(say.BUTTON_HOURS, payloads.HOURS),
        ),
    )
