"""How a report goes on and ends: the next question, the summary, the likely duplicate, the filing."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import draft as steps
from bot.dialogue import payloads, summary
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue.asides import REPORTS
from bot.dialogue.context import Context
from bot.dialogue.draft import Draft
from bot.dialogue.entities import national_phone
from bot.dialogue.state import State
from bot.domain.filing import CODE_MARK, DUE_MARK, AddToTicket, Effect, FileTicket, FollowTicket, GiveConsent
from bot.domain.messages import Button, Outcome, Reply, Turn
from bot.domain.tickets import TicketKind

CALL_BACK_PURPOSE = "call_back"
PUBLISH_PURPOSE = "publish"
_INTENTS = {
    TicketKind.REPORT: "report_problem",
    TicketKind.PROPOSAL: "suggest",
    TicketKind.FEEDBACK: "suggest",
    TicketKind.PRAISE: "praise",
    TicketKind.CONDUCT: "complain_staff",
    TicketKind.GUIDANCE: "lodge_complaint",
    TicketKind.CALL_BACK: "denounce",
    TicketKind.RECEPTION: "book_reception",
    TicketKind.PRIVACY: "privacy_request",
}
_FIXED_TEXTS = {TicketKind.GUIDANCE: tell.GUIDANCE_TEXT, TicketKind.CALL_BACK: tell.CALL_BACK_TEXT}
_FILED = {
    TicketKind.PRAISE: tell.FILED_PRAISE,
    TicketKind.FEEDBACK: tell.FILED_FEEDBACK,
    TicketKind.CONDUCT: tell.FILED_CONDUCT,
    TicketKind.GUIDANCE: tell.FILED_CALL,
    TicketKind.CALL_BACK: tell.FILED_CALL,
    TicketKind.RECEPTION: tell.FILED_RECEPTION,
}
LOOKED_FOR = frozenset({TicketKind.REPORT, TicketKind.PROPOSAL})
"""Kinds of which somebody else may have reported the same."""


def confirmed(context: Context, draft: Draft) -> Turn:
    """Filed, unless something is missing or somebody may have reported the same."""
    if draft.next_step() != steps.CONFIRM:
        return ask(context, draft)
    if draft.sure_kind in LOOKED_FOR:
        found = context.tickets(draft=draft.filing()).similar
        if found:
            asked = replace(draft, step=steps.SIMILAR, similar=found[0].code)
            return said(context, asked, summary.similar(found[0]))
    return file(context, draft)


def file(context: Context, draft: Draft, effects: tuple[Effect, ...] = ()) -> Turn:
    if draft.next_step() != steps.CONFIRM:
        return ask(context, draft)
    kind = draft.sure_kind
    if draft.publish:
        effects = (*effects, GiveConsent(PUBLISH_PURPOSE, tell.CONSENT_WORDING))
    phone = national_phone(draft.phone) if draft.phone else ""
    text = _FILED.get(kind, tell.FILED).format(
        unit=context.view.name,
        kind=tell.KIND_NAMES[kind.value],
        phone=phone,
        ticket_code=CODE_MARK,
        ticket_due=DUE_MARK,
    )
    filing = replace(draft.filing(), text=_FIXED_TEXTS.get(kind) or draft.filing().text)
    reply = Reply(text, (Button(tell.BUTTON_MINE, payloads.MINE),))
    return context.turn(
        Outcome.FLOW, reply, dropped(context), **_intent(context, draft), effects=(*effects, FileTicket(filing))
    )


def followed(context: Context, draft: Draft) -> Turn:
    """The citizen follows the ticket there is already; nothing is filed."""
    code = draft.similar
    if code is None:
        return confirmed(context, draft)
    own = any(one.code == code and not one.followed for one in context.tickets(code).own)
    if own:
        return added(context, draft)
    reply = Reply(tell.FOLLOWED.format(code=code), (Button(tell.BUTTON_MINE, payloads.MINE),))
    return context.turn(Outcome.FLOW, reply, dropped(context), effects=(FollowTicket(code),))


def added(context: Context, draft: Draft) -> Turn:
    """What was told goes to the citizen's own open ticket."""
    if draft.similar is None:
        return confirmed(context, draft)
    reply = Reply(tell.ADDED.format(code=draft.similar), (Button(tell.BUTTON_MINE, payloads.MINE),))
    effect = AddToTicket(draft.similar, draft.filing().text, draft.photos)
    return context.turn(Outcome.FLOW, reply, dropped(context), effects=(effect,))


def ask(context: Context, draft: Draft, prefix: str = "", effects: tuple[Effect, ...] = ()) -> Turn:
    """The next question, or the summary; a call back needs none."""
    step = draft.next_step()
    if step == steps.CONFIRM and draft.sure_kind in steps.WITHOUT_CONTENT:
        return file(context, draft.at(step), effects)
    asked = draft.at(step)
    reply = summary.question(asked)
    if prefix:
        rest = reply.text.removeprefix(tell.POLITE)
        reply = replace(reply, text=f"{prefix}{_capital(rest)}")
    return said(context, asked, reply, effects)


def said(context: Context, draft: Draft, reply: Reply | None = None, effects: tuple[Effect, ...] = ()) -> Turn:
    state = context.state.settled(draft=draft, photos=(), pin=None)
    return context.turn(
        Outcome.FLOW, reply or summary.question(draft), state, **_intent(context, draft), effects=effects
    )


def _intent(context: Context, draft: Draft) -> dict[str, str]:
    """Named by the form where the words had no meaning of their own."""
    meaning = context.heard.meaning
    known = meaning is not None and meaning.intent in {*REPORTS, *_INTENTS.values(), "affirm", "deny", "cancel"}
    return {} if known else {"intent": _INTENTS[draft.sure_kind]}


def dropped(context: Context) -> State:
    return context.state.settled(draft=None, photos=(), pin=None)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
