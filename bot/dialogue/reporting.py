"""Reports by chat: begun by words, a photo or a button; asked for what is missing; confirmed; filed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot import limits
from bot.dialogue import draft as steps
from bot.dialogue import finishing, lawful, payloads, places, signs, summary
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue.asides import REPORTS, is_aside
from bot.dialogue.context import Context, with_menu
from bot.dialogue.draft import Draft
from bot.domain.filing import GiveConsent, SealWords
from bot.domain.messages import Button, Outcome, Reply, Turn
from bot.domain.tickets import TicketKind
from knowledge.categories import category_in

KINDS = {
    "report_problem": TicketKind.REPORT,
    "suggest": TicketKind.PROPOSAL,
    "praise": TicketKind.PRAISE,
    "complain_staff": TicketKind.CONDUCT,
}


# Beginning


def begin(context: Context, kind: TicketKind | None) -> Turn:
    """A report is begun with what this message tells already. `kind` None: to be recognised later."""
    heard, state = context.heard, context.state
    if state.draft is not None and state.draft.tells_something:
        return _finish_first(context, state.draft)
    draft = Draft.begun(context.now, kind=kind).shown((*state.photos, *heard.photos), heard.pin or state.pin)
    if signs.wants_no_name(heard.folded):
        draft = replace(draft, anonymous=kind not in steps.CALLED_BACK)
    if heard.payload is not None or not signs.tells_a_matter(heard.text, heard.folded):
        return finishing.ask(context, replace(draft, guided=True))
    if signs.speaks_of_bribery(heard.folded, of_staff=kind is TicketKind.CONDUCT):
        return lawful.bribery(context)
    draft = _with_words(context, draft)
    thanks = tell.CONDUCT_THANKS if kind is TicketKind.CONDUCT else ""
    return finishing.ask(context, replace(draft, guided=draft.next_step() != steps.CONFIRM), thanks)


def from_words(context: Context, intent: str) -> Turn:
    """A report as Rasa found it in the words, checked with one question where that is doubtful."""
    heard = context.heard
    door = lawful.about_procedure(context, intent, with_menu(tell.ASK_KIND_REPORT))
    if door is not None:
        return door
    if signs.names_denunciation(heard.folded):
        return lawful.door(context, "denounce")
    kind = KINDS[intent]
    if intent == "suggest" and signs.kind_named(heard.folded) is TicketKind.FEEDBACK:
        kind = TicketKind.FEEDBACK
    meaning, sorted_by_words = heard.meaning, category_in(heard.text) is not None
    if signs.names_complaint(heard.folded) and (signs.may_be_complaint(heard.folded) or not sorted_by_words):
        return _doubt(context, "complaint")
    unsure = meaning is not None and meaning.confidence < context.bands.give
    if unsure and not sorted_by_words and signs.kind_named(heard.folded) is None:
        return _doubt(context, "report", kind)
    return begin(context, kind)


def from_complaint(context: Context) -> Turn | None:
    """The word khiếu nại about an everyday matter: one question tells which door is right. None: it is a khiếu nại."""
    heard = context.heard
    if category_in(heard.text) is None or signs.may_be_complaint(heard.folded):
        return None
    return _doubt(context, "complaint")


def _finish_first(context: Context, draft: Draft) -> Turn:
    """One report at a time: what was told is not lost to another one."""
    reply = summary.question(draft)
    return finishing.said(context, draft, replace(reply, text=f"{tell.FINISH_FIRST}\n\n{reply.text}"))


def _doubt(context: Context, doubt: str, kind: TicketKind | None = None) -> Turn:
    if context.state.draft is not None and context.state.draft.tells_something:
        return _finish_first(context, context.state.draft)
    draft = Draft.begun(context.now, kind=kind, doubt=doubt).shown(context.heard.photos, context.heard.pin)
    if signs.tells_a_matter(context.heard.text, context.heard.folded):
        draft = _with_words(context, draft)
    return finishing.said(context, draft.at(steps.KIND))


def _with_words(context: Context, draft: Draft) -> Draft:
    """The draft with the message's words, what they are about and where."""
    heard = context.heard
    kind = draft.kind or _kind_of(context)
    told = replace(draft, kind=kind).told(heard.text.strip())
    where = places.whereabouts(heard.text, context.view)
    if where.place and not told.place and kind in {*steps.PLACED, *finishing.LOOKED_FOR}:
        told = replace(told, place=where.place, hamlet=where.hamlet)
    if kind in finishing.LOOKED_FOR:
        told = replace(told, category=category_in(told.text))
    if heard.phones and told.phone is None and len(heard.phones[0]) > 4:
        told = replace(told, offered=heard.phones[0])
    return told


def _kind_of(context: Context) -> TicketKind:
    """The kind of words that were asked for: as Rasa sees it, or by the words themselves."""
    meaning = context.heard.meaning
    if meaning is not None and meaning.intent in KINDS and meaning.confidence >= context.bands.intent:
        return KINDS[meaning.intent]
    return signs.kind_named(context.heard.folded) or TicketKind.REPORT


# Carrying on


def carry_on(context: Context) -> Turn | None:
    """The turn for a message in the middle of a report; None when it is about something else."""
    heard, draft = context.heard, context.state.draft
    if draft is None:
        return None
    meaning = heard.meaning
    calls_off = meaning is not None and meaning.intent == "cancel" and meaning.confidence >= context.bands.give
    if signs.cancels(heard.folded) or (calls_off and len(heard.folded.split()) <= 6):
        return cancel(context)
    if heard.is_blank and not heard.folded.isdigit():
        return _shown(context, draft) if heard.photos or heard.pin else None
    if signs.goes_on(heard.folded):
        return finishing.said(context, draft)
    if signs.wants_no_name(heard.folded) and draft.sure_kind not in steps.CALLED_BACK:
        return _nameless(context, draft)
    if signs.names_denunciation(heard.folded) and signs.tells_of_denunciation(heard.folded):
        return lawful.door(context, "denounce")
    if signs.speaks_of_bribery(heard.folded, of_staff=draft.kind is TicketKind.CONDUCT):
        return lawful.bribery(context)
    edited = signs.edited(heard.folded) if draft.step in {steps.CONFIRM, steps.SIMILAR} else None
    if edited is not None:
        return _edit(context, draft, edited)
    return _STEPS[draft.step](context, draft.shown(heard.photos, heard.pin))


def tapped(context: Context, action: str) -> Turn:
    """A button of the form."""
    draft = context.state.draft
    if draft is None:
        return context.turn(Outcome.TALK, with_menu(tell.NOTHING_BEGUN), reason="no draft")
    if action in {"what", "where", "phone"}:
        return _edit(context, draft, action)
    actions: dict[str, Callable[[], Turn]] = {
        "send": lambda: finishing.confirmed(context, draft),
        "publish": lambda: finishing.confirmed(context, replace(draft, publish=True)),
        "skip": lambda: _skipped(context, draft),
        "agree": lambda: _with_phone(context, draft, draft.offered),
        "cancel": lambda: cancel(context),
        "resume": lambda: finishing.said(context, draft),
        "report": lambda: finishing.ask(context, _decided(draft)),
        "complaint": lambda: _complaint(context),
        "follow": lambda: finishing.followed(context, draft),
        "add": lambda: finishing.added(context, draft),
        "anyway": lambda: finishing.file(context, draft),
    }
    return actions[action]()


def cancel(context: Context) -> Turn:
    return context.turn(Outcome.FLOW, with_menu(tell.DRAFT_DROPPED), finishing.dropped(context), intent="cancel")


def reminded(turn: Turn, draft: Draft) -> Turn:
    """An answer to something else, with a line about the report that waits."""
    line = tell.DRAFT_RESUMED.format(question=tell.QUESTIONS[draft.step])
    last = turn.replies[-1]
    buttons = (
        *last.buttons[:3],
        Button(tell.BUTTON_RESUME, payloads.draft("resume")),
        Button(tell.BUTTON_CANCEL, payloads.draft("cancel")),
    )
    return replace(turn, replies=(*turn.replies[:-1], replace(last, text=f"{last.text}\n\n{line}", buttons=buttons)))


# The steps


def _at_kind(context: Context, draft: Draft) -> Turn | None:
    heard = context.heard
    complaint = draft.doubt == "complaint"
    if complaint and (heard.folded in {"2", "khieu nai"} or heard.folded.endswith("la khieu nai")):
        return _complaint(context)
    if heard.folded in {"1", "phan anh"} or signs.agrees(heard.folded) or "phan anh" in heard.folded:
        return finishing.ask(context, _decided(draft))
    if signs.disagrees(heard.folded):
        return _complaint(context) if complaint else _not_a_report(context)
    if is_aside(context):
        return None
    more = _with_words(context, draft) if signs.tells_a_matter(heard.text, heard.folded) else draft
    return finishing.said(context, more)


def _at_what(context: Context, draft: Draft) -> Turn | None:
    heard = context.heard
    everyday = category_in(heard.text) is not None and not signs.may_be_complaint(heard.folded)
    if is_aside(context) and not (everyday and "?" not in heard.text):
        return None
    if not signs.tells_a_matter(heard.text, heard.folded) and draft.kind is not TicketKind.RECEPTION:
        return finishing.said(context, draft)
    if draft.kind is TicketKind.RECEPTION and len(heard.text) > limits.SUBJECT_CHARACTERS:
        return finishing.said(context, draft)
    return finishing.ask(context, _with_words(context, replace(draft, text="")))


def _at_where(context: Context, draft: Draft) -> Turn | None:
    heard = context.heard
    if signs.skips(heard.folded):
        return _skipped(context, draft)
    where = places.answered(heard.text, context.view)
    named = bool(places.said_place(heard.text)) or where.hamlet is not None
    if is_aside(context) and not (named and "?" not in heard.text):
        return None
    if signs.agrees(heard.folded):
        return finishing.said(context, draft)
    return finishing.ask(context, replace(draft, place=where.place, hamlet=where.hamlet))


def _at_phone(context: Context, draft: Draft) -> Turn | None:
    heard = context.heard
    if heard.phones and len(heard.phones[0]) > 4:
        return _with_phone(context, draft, heard.phones[0])
    if draft.offered is not None and signs.agrees(heard.folded):
        return _with_phone(context, draft, draft.offered)
    if signs.skips(heard.folded) or (draft.offered is not None and signs.disagrees(heard.folded)):
        return _skipped(context, draft)
    if is_aside(context):
        return None
    if draft.sure_kind in steps.WITHOUT_CONTENT:
        told = draft.sure_kind is TicketKind.CALL_BACK and signs.tells_of_denunciation(heard.folded)
        turn = finishing.said(context, draft)
        return replace(lawful.sealed(turn), effects=(SealWords(),)) if told else turn
    meaning = heard.meaning
    if meaning is not None and meaning.intent in REPORTS and signs.tells_a_matter(heard.text, heard.folded):
        draft = draft.told(heard.text.strip())
    return finishing.said(context, draft, Reply(tell.ASK_PHONE_AGAIN, summary.question(draft).buttons))


def _at_confirm(context: Context, draft: Draft) -> Turn | None:
    heard = context.heard
    if signs.agrees(heard.folded):
        return finishing.confirmed(context, draft)
    if signs.disagrees(heard.folded):
        return finishing.said(context, draft, Reply(tell.EDIT_WHICH, (*summary.edits(draft), _CANCEL)))
    if heard.phones and draft.phone is None and sum(word.isalpha() for word in heard.folded.split()) <= 4:
        return finishing.said(context, replace(draft, offered=heard.phones[0]).at(steps.PHONE))
    if is_aside(context):
        return None
    if not signs.tells_a_matter(heard.text, heard.folded):
        return finishing.said(context, draft)
    return finishing.ask(context, _with_words(context, draft))


def _at_similar(context: Context, draft: Draft) -> Turn | None:
    heard = context.heard
    if signs.agrees(heard.folded) or "theo doi" in heard.folded or "bo sung" in heard.folded:
        return finishing.followed(context, draft)
    if signs.disagrees(heard.folded) or "gui" in heard.folded.split() or "moi" in heard.folded.split():
        return finishing.file(context, draft)
    return None if is_aside(context) else finishing.confirmed(context, draft)


_STEPS: dict[str, Callable[[Context, Draft], Turn | None]] = {
    steps.KIND: _at_kind,
    steps.WHAT: _at_what,
    steps.WHERE: _at_where,
    steps.PHONE: _at_phone,
    steps.CONFIRM: _at_confirm,
    steps.SIMILAR: _at_similar,
}
_CANCEL = Button(tell.BUTTON_CANCEL, payloads.draft("cancel"))


def _shown(context: Context, draft: Draft) -> Turn:
    """Photos or a place on the map without words."""
    heard = context.heard
    draft = draft.shown(heard.photos, heard.pin)
    kept = tell.PIN_KEPT if heard.pin else tell.PHOTO_KEPT
    return finishing.said(context, draft) if draft.step == steps.SIMILAR else finishing.ask(context, draft, kept)


def _nameless(context: Context, draft: Draft) -> Turn:
    """No name: no number is asked for either. Other words of the message are part of the report."""
    heard = context.heard
    draft = replace(draft, anonymous=True, phone=None).shown(heard.photos, heard.pin)
    if draft.step == steps.WHAT and len(heard.folded.split()) > _ONLY_NO_NAME:
        draft = _with_words(context, draft)
    return finishing.ask(context, draft)


_ONLY_NO_NAME = 9
"""Words of a message that only asks for it."""


def _skipped(context: Context, draft: Draft) -> Turn:
    if draft.step == steps.PHONE and draft.sure_kind in steps.CALLED_BACK:
        reply = with_menu(tell.PHONE_NEEDED.format(**context.names))
        return context.turn(Outcome.FLOW, reply, finishing.dropped(context), reason="no number")
    if draft.step not in {steps.WHERE, steps.PHONE}:
        return finishing.said(context, draft)
    return finishing.ask(context, replace(draft, done=(*draft.done, draft.step)))


def _edit(context: Context, draft: Draft, part: str) -> Turn:
    if part == "phone":
        return finishing.said(context, draft.at(steps.PHONE, phone=None, offered=None, anonymous=False))
    if part == "where":
        cleared = draft.at(steps.WHERE, place="", hamlet=None, latitude=None, longitude=None)
        return finishing.said(context, cleared, Reply(tell.EDIT_WHERE, (_CANCEL,)))
    return finishing.said(context, draft.at(steps.WHAT), Reply(tell.EDIT_WHAT, (_CANCEL,)))


def _decided(draft: Draft) -> Draft:
    """After the question whether it is a report."""
    sure = replace(draft, doubt=None, kind=draft.sure_kind, step=steps.WHAT)
    return replace(sure, guided=sure.next_step() != steps.CONFIRM)


def _complaint(context: Context) -> Turn:
    without = replace(context, state=replace(context.state, draft=None))
    return lawful.door(without, "lodge_complaint")


def _not_a_report(context: Context) -> Turn:
    return context.turn(Outcome.TALK, with_menu(tell.NOT_A_REPORT), finishing.dropped(context), intent="deny")


def _with_phone(context: Context, draft: Draft, phone: str | None) -> Turn:
    if phone is None:
        return finishing.said(context, draft)
    consent = GiveConsent(finishing.CALL_BACK_PURPOSE, tell.CONSENT_WORDING)
    return finishing.ask(context, replace(draft, phone=phone, anonymous=False), effects=(consent,))
