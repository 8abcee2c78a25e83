"""Answers about procedures: made only of published fields, each aspect first, then the source and next taps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bot import limits
from bot.dialogue import payloads
from bot.dialogue import texts_vi as say
from bot.dialogue.contacts import counter_name
from bot.domain.messages import Button, Link, Reply
from bot.domain.records import Case, Document, Fee, Procedure, Supplement
from bot.domain.views import PublishedProcedure, UnitView
from knowledge.conditions import conditions_in, meets
from knowledge.normalise import normalise_folded

FIELDS = {
    "overview": ("processing_time", "fees", "receiving_place", "documents"),
    "documents": ("documents",),
    "fee": ("fees",),
    "duration": ("processing_time",),
    "place": ("receiving_place",),
    "steps": ("steps",),
    "form": ("forms",),
    "online": ("channels",),
    "eligibility": ("audience",),
    "result": ("result",),
    "legal_basis": ("legal_basis",),
}
"""Which published fields an aspect's answer is made of; an unverified one among them marks the answer."""
NEXT = {
    "overview": ("documents", "fee", "place"),
    "documents": ("fee", "place", "form"),
    "fee": ("documents", "duration", "place"),
    "duration": ("documents", "fee", "place"),
    "place": ("documents", "online", "fee"),
    "steps": ("documents", "place", "duration"),
    "form": ("documents", "place", "online"),
    "online": ("documents", "form", "fee"),
    "eligibility": ("documents", "place", "fee"),
    "result": ("duration", "documents", "place"),
    "legal_basis": ("overview", "documents", "fee"),
}
MAX_FORMS = 8
MAX_LOCAL_PLACES = 2
OPTIONAL_ASPECTS = {"form": "forms", "steps": "steps", "eligibility": "eligibility", "legal_basis": "legal_basis"}
"""Aspects offered as next taps only when the record holds something for them."""
CASE_ASPECTS = frozenset({"overview", "documents", "eligibility", "steps", "form"})
"""Aspects whose answer a circumstance may change."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The citizen's own words, and the circumstances told of before (ids of knowledge.conditions)."""

    text: str = ""
    conditions: frozenset[str] = frozenset()

    def meets(self, condition: str | None, record: Procedure) -> bool:
        told = self.conditions | conditions_in(self.text)
        return condition is not None and meets(condition, self.text, told, record.name, record.short_name)


def answer(
    published: PublishedProcedure,
    aspects: tuple[str, ...],
    view: UnitView,
    asked: Asked | None = None,
    *,
    overdue: bool = False,
) -> Reply:
    """The answer for one procedure and one or two aspects. Circumstances the citizen told of come first, with the
    papers and fees that fit them. `overdue`: it was not checked for so long that it may have changed."""
    record, asked = localised(published), asked or Asked()
    parts = []
    for aspect in aspects:
        head = say.OPENING[aspect].format(name=lower_first(record.short_name))
        parts.append("\n".join([head, *_LINES[aspect](record, view, asked)]))
        if aspect == "place" and published.supplement:
            parts[-1] += "".join(f"\n{line}" for line in _supplement_lines(published.supplement))
    if published.supplement and published.supplement.note:
        parts.append(say.LOCAL_NOTE.format(unit=view.name, note=published.supplement.note))
    cases = _cases(record, asked) if CASE_ASPECTS & set(aspects) else []
    parts += [say.CASE.format(when=case.when, note=case.note) for case in cases]
    fields = [field for aspect in aspects for field in FIELDS[aspect]]
    phone = f" ({view.counter_phone})" if view.counter_phone else ""
    if not record.is_verified(*fields):
        parts.append(say.UNVERIFIED.format(phone=phone))
    if overdue:
        parts.append(say.OVERDUE.format(checked=f"{record.as_of:%d/%m/%Y}", phone=phone))
    parts.append(source_line(record, view))
    instead = [one for one in alternatives(record, asked) if cases and one in view.procedures]
    taps = [Button(view.procedures[one].record.short_name, payloads.ask(aspects[0], one)) for one in instead]
    following = [aspect for aspect in NEXT[aspects[0]] if aspect not in aspects and _has(record, aspect)]
    taps += [Button(say.ASPECT_BUTTONS[aspect], payloads.ask(aspect, published.id)) for aspect in following]
    buttons = tuple(taps[: limits.NEXT_TAPS])
    wants_portal = bool({"form", "online", "overview"} & set(aspects))
    link = Link(say.PORTAL_LINK, record.portal_url) if wants_portal and record.portal_url else None
    addresses = [one for form in record.forms[:MAX_FORMS] if (one := view.address_of(form))]
    if "form" in aspects and len(addresses) == 1:
        link = Link(say.FORM_LINK, addresses[0])
    return Reply("\n\n".join(parts), buttons, link)


def localised(published: PublishedProcedure) -> Procedure:
    """The record with the place the unit named instead of the inherited one."""
    place = published.supplement.place if published.supplement else None
    return published.record.model_copy(update={"receiving_place": place}) if place else published.record


def _supplement_lines(supplement: Supplement) -> list[str]:
    hours = [f"• {say.LOCAL_HOURS.format(hours=supplement.hours)}"] if supplement.hours else []
    contacts = []
    for contact in supplement.contacts:
        label = f"{contact.label}: " if contact.label else ""
        more = ", ".join(text for text in (contact.hours, contact.note) if text)
        contacts.append(f"• {say.LOCAL_CONTACT.format(contact=label + contact.value)}{f' ({more})' if more else ''}")
    return hours + contacts


def _cases(record: Procedure, asked: Asked) -> list[Case]:
    return [case for case in record.cases if asked.meets(case.when, record)]


def alternatives(record: Procedure, asked: Asked) -> tuple[str, ...]:
    """The procedures the citizen may need instead, in the circumstances told of."""
    return tuple(dict.fromkeys(one for case in _cases(record, asked) for one in case.related))


def _has(record: Procedure, aspect: str) -> bool:
    return aspect not in OPTIONAL_ASPECTS or bool(getattr(record, OPTIONAL_ASPECTS[aspect]))


def source_line(record: Procedure, view: UnitView) -> str:
    basis = ", ".join(
        f"{law.title} ({law.number})" if len(law.title) < 40 else law.number for law in record.legal_basis[:2]
    )
    more = len(record.legal_basis) - 2
    if more > 0:
        basis += say.MORE_LAWS.format(count=more)
    code = say.SOURCE_CODE.format(code=record.code) if record.code else ""
    basis = basis or say.NO_BASIS.format(unit=view.name)
    return say.SOURCE.format(basis=f"{basis}. ", code=code[:1].upper() + code[1:], checked=f"{record.as_of:%d/%m/%Y}")


def _document(document: Document) -> str:
    details = [document.original_or_copy or ""]
    if document.quantity and document.quantity > 1:
        details.append(say.COPIES.format(count=document.quantity))
    inside = ", ".join(detail for detail in details if detail)
    note = f". {document.note}" if document.note else ""
    return f"{document.name}{f' ({inside})' if inside else ''}{note}"


def _documents(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    always = [document for document in record.documents if not document.when]
    conditional = [document for document in record.documents if document.when]
    named = [document for document in conditional if asked.meets(document.when, record)]
    others = [document for document in conditional if document not in named]
    if not record.documents:
        return [say.NO_DOCUMENTS]
    lines = []
    if named:
        lines += [say.YOUR_CASE, *(f"• Khi {document.when}: {_document(document)}" for document in named)]
    if always:
        lines += [
            *([say.ALWAYS_NEEDED] if conditional else []),
            *(f"• {_document(document)}" for document in always),
        ]
    if others:
        lines += [say.NEEDED_WHEN, *(f"• Khi {document.when}: {_document(document)}" for document in others)]
    return lines


def _fee(fee: Fee, view: UnitView) -> str:
    text = fee.text
    return f"• Khi {fee.when}: {text}" if fee.when else f"• {text}"


def _fees(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    if not record.fees:
        return [say.NOT_PUBLISHED]
    lines = [_fee(fee, view) for fee in _fitting(record, asked)]
    if any(fee.amount_vnd is None and "hỏi" not in fee.text for fee in record.fees):
        lines.append(say.FEE_PROVINCE.format(counter=counter_name(view)))
    return lines


def _fitting(record: Procedure, asked: Asked) -> list[Fee]:
    """The fees, those for the circumstances told of first."""
    return sorted(record.fees, key=lambda fee: not asked.meets(fee.when, record))


def _duration(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    return [f"• {record.processing_time.text}"]


def _place(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    local = [f"• {say.LOCAL_PLACE.format(unit=view.name, place=place)}" for place in _local_places(record, view)]
    return [f"• {record.receiving_place}", *local]


_spelled = lru_cache(maxsize=4_096)(normalise_folded)
"""Of published texts, which come again and again."""


def _local_places(record: Procedure, view: UnitView) -> list[str]:
    """The unit's own places that the published receiving place names: the counter, the commune police …"""
    named = f" {_spelled(record.receiving_place)} "
    found = []
    for position in view.unit.positions:
        spellings = [_spelled(text) for text in (position.title, *position.aliases)]
        places = [named.find(f" {spelling} ") for spelling in spellings if " " in spelling]
        if position.phone and any(place >= 0 for place in places):
            found.append((min(place for place in places if place >= 0), f"{position.title}, {position.phone.value}"))
    return [text for _, text in sorted(found)[:MAX_LOCAL_PLACES]]


def _steps(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    return [f"{number}. {step}" for number, step in enumerate(record.steps, 1)] or [say.NOT_PUBLISHED]


def _forms(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    if not record.forms:
        return [say.NO_FORM]
    forms = [(form.name, view.address_of(form)) for form in record.forms[:MAX_FORMS]]
    count = sum(1 for _, address in forms if address)
    if count == 1:
        return [*(f"• {name}{say.FORM_BELOW if address else ''}" for name, address in forms), say.FORM_OR_PLACE]
    lines = [f"• {name}: {address}" if address else f"• {name}" for name, address in forms]
    if count:
        return [*lines, say.FORM_OR_PLACE]
    return [*lines, say.FORM_AT if record.portal_url else say.FORM_AT_PLACE]


def _online(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    lines = [say.ONLINE_YES if "trực tuyến" in record.channels else say.ONLINE_NO]
    if "bưu chính" in record.channels:
        lines.append(say.BY_POST_YES)
    if "trực tiếp" in record.channels:
        lines.append(say.IN_PERSON_YES.format(place=_first_sentence(record.receiving_place)))
    return lines


def _eligibility(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    audience = say.WHO_LINE.format(audience=", ".join(lower_first(one) for one in record.audience))
    return [f"• {line}" for line in (audience, *record.eligibility)]


def _first_sentence(text: str) -> str:
    return text.split(". ")[0]


def lower_first(text: str) -> str:
    """A name as it stands within a sentence; abbreviations keep their capitals."""
    first = text.split(maxsplit=1)[0]
    return text if first.isupper() or text.startswith(("Việt", "UBND")) else text[:1].lower() + text[1:]


def _result(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    return [f"• {record.result}"]


def _legal_basis(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    if not record.legal_basis:
        return [say.NOT_PUBLISHED]
    return [
        f"• {law.title}, số {law.number}" + (f", ngày {law.date:%d/%m/%Y}" if law.date else "")
        for law in record.legal_basis
    ]


def _overview(record: Procedure, view: UnitView, asked: Asked) -> list[str]:
    always = sum(1 for document in record.documents if not document.when)
    conditional = len(record.documents) - always
    more = say.DOCUMENT_MORE.format(count=conditional) if conditional else ""
    fee = next(iter(_fitting(record, asked)), None)
    fees = say.FEE_MORE.format(count=len(record.fees) - 1) if len(record.fees) > 1 else ""
    return [
        f"• {say.RESULT_LINE.format(result=record.result)}",
        f"• {say.DURATION_LINE.format(text=record.processing_time.text)}",
        *(
            [f"• {say.FEE_LINE.format(text=fee.text)}" + (f" (khi {fee.when})" if fee.when else "") + fees]
            if fee
            else []
        ),
        *([f"• {say.DOCUMENT_COUNT.format(count=always, more=more)}"] if record.documents else []),
        f"• {say.PLACE_LINE.format(text=_first_sentence(record.receiving_place))}",
    ]


_LINES: dict[str, Callable[[Procedure, UnitView, Asked], list[str]]] = {
    "overview": _overview,
    "documents": _documents,
    "fee": _fees,
    "duration": _duration,
    "place": _place,
    "steps": _steps,
    "form": _forms,
    "online": _online,
    "eligibility": _eligibility,
    "result": _result,
    "legal_basis": _legal_basis,
}
