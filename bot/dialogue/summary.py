"""What is asked at each step of a report, and the summary the citizen confirms."""

from __future__ import annotations

from bot.dialogue import draft as steps
from bot.dialogue import payloads
from bot.dialogue import texts_tickets_vi as tell
from bot.dialogue.draft import Draft
from bot.dialogue.entities import national_phone
from bot.domain.filing import TicketFact
from bot.domain.messages import Button, ContactRequest, Reply
from bot.domain.tickets import TicketKind
from bot.domain.views import LOCAL_ZONE

_SHOWN = 300
_CANCEL = Button(tell.BUTTON_CANCEL, payloads.draft("cancel"))
_SKIP = Button(tell.BUTTON_SKIP, payloads.draft("skip"))
_ASK_PHONE = {
    TicketKind.CALL_BACK: tell.ASK_PHONE_CALL_BACK,
    TicketKind.GUIDANCE: tell.ASK_PHONE_GUIDANCE,
}


def question(draft: Draft) -> Reply:
    """What is asked at the draft's step."""
    match draft.step:
        case steps.KIND if draft.doubt == "complaint":
            buttons = (
                Button(tell.BUTTON_IS_REPORT, payloads.draft("report")),
                Button(tell.BUTTON_IS_COMPLAINT, payloads.draft("complaint")),
                _CANCEL,
            )
            return Reply(tell.ASK_KIND_COMPLAINT, buttons)
        case steps.KIND:
            return Reply(tell.ASK_KIND_REPORT, (Button(tell.BUTTON_SEND_REPORT, payloads.draft("report")), _CANCEL))
        case steps.WHAT:
            return Reply(tell.ASK_WHAT[draft.sure_kind.value], (_CANCEL,))
        case steps.WHERE:
            return Reply(tell.ASK_WHERE, (_SKIP, _CANCEL))
        case steps.PHONE:
            return _ask_phone(draft)
        case _:
            return summary(draft)


def _ask_phone(draft: Draft) -> Reply:
    if draft.offered is not None:
        text = tell.ASK_PHONE_OFFERED.format(phone=national_phone(draft.offered))
        return Reply(text, (Button(tell.BUTTON_AGREE, payloads.draft("agree")), _SKIP, _CANCEL))
    if draft.sure_kind in steps.CALLED_BACK:
        return Reply(_ASK_PHONE.get(draft.sure_kind, tell.ASK_PHONE), (_CANCEL,))
    return Reply(tell.ASK_PHONE, (_SKIP, _CANCEL), contact=ContactRequest(tell.SHARE_PHONE, tell.SHARE_PHONE_WHY))


def summary(draft: Draft) -> Reply:
    kind = draft.sure_kind
    lines = [tell.SUMMARY.format(kind=tell.KIND_NAMES[kind.value]), tell.SUMMARY_WHAT.format(text=_short(draft.text))]
    places = [draft.place or draft.hamlet or "", tell.SUMMARY_PIN if draft.latitude is not None else ""]
    if any(places):
        lines.append(tell.SUMMARY_WHERE.format(place=", ".join(one for one in places if one)))
    if draft.photos:
        lines.append(tell.SUMMARY_PHOTOS.format(count=len(draft.photos)))
    if draft.anonymous:
        conduct = kind is TicketKind.CONDUCT
        lines.append(tell.SUMMARY_ANONYMOUS_CONDUCT if conduct else tell.SUMMARY_ANONYMOUS)
    elif draft.phone:
        lines.append(tell.SUMMARY_PHONE.format(phone=national_phone(draft.phone)))
    if kind is TicketKind.PRAISE:
        lines.append(tell.SUMMARY_PRAISE)
    hides = draft.anonymous or kind in steps.CALLED_BACK or kind is TicketKind.PRIVACY
    lines.append(tell.SUMMARY_ASK_ANONYMOUS if hides else tell.SUMMARY_ASK)
    return Reply("\n".join(lines), tuple(_buttons(draft)))


def _buttons(draft: Draft) -> list[Button]:
    """Five at most: what Zalo shows."""
    if draft.sure_kind is TicketKind.PRAISE:
        return [
            Button(tell.BUTTON_SEND_PUBLISH, payloads.draft("publish")),
            Button(tell.BUTTON_SEND_QUIET, payloads.draft("send")),
            Button(tell.BUTTON_EDIT_WHAT, payloads.draft("what")),
            _CANCEL,
        ]
    buttons = [Button(tell.BUTTON_SEND, payloads.draft("send")), *edits(draft)]
    return [*buttons, _CANCEL]


def edits(draft: Draft) -> list[Button]:
    """The parts that can be changed."""
    buttons = [Button(tell.BUTTON_EDIT_WHAT, payloads.draft("what"))]
    if draft.is_placed or draft.sure_kind in steps.PLACED:
        buttons.append(Button(tell.BUTTON_EDIT_WHERE, payloads.draft("where")))
    if not draft.anonymous:
        label = tell.BUTTON_EDIT_PHONE if draft.phone else tell.BUTTON_ADD_PHONE
        buttons.append(Button(label, payloads.draft("phone")))
    return buttons


def similar(fact: TicketFact) -> Reply:
    """An open ticket that may be about the same; the citizen decides."""
    day = f"{fact.received_at.astimezone(LOCAL_ZONE):%d/%m/%Y}"
    own = fact.own and not fact.followed
    text = (tell.SIMILAR_OWN if own else tell.SIMILAR).format(code=fact.code, summary=_short(fact.summary), day=day)
    follow = (
        Button(tell.BUTTON_ADD_TO_IT, payloads.draft("add"))
        if own
        else Button(tell.BUTTON_FOLLOW, payloads.draft("follow"))
    )
    return Reply(text, (follow, Button(tell.BUTTON_ANYWAY, payloads.draft("anyway")), _CANCEL))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN].rstrip()}…"
