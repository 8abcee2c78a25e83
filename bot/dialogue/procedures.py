"""Answers about procedures: made only of published fields, each aspect first, then the source and next taps."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from bot import limits
from bot.dialogue import payloads
from bot.dialogue import texts_vi as say
from bot.domain.messages import Button, Link, Reply
from bot.domain.records import Document, Fee, Procedure
from bot.domain.views import PublishedProcedure, UnitView
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
_STOP_WORDS = frozenset(
    "co khong la va cua cho thi ma duoc can khi nao nguoi lam di toi giay to nop the nay do".split()
)
_USUAL_PAIRS = frozenset({("thu", "tuc"), ("ho", "so"), ("dang", "ky"), ("yeu", "cau"), ("le", "phi")})


def answer(published: PublishedProcedure, aspects: tuple[str, ...], view: UnitView, question: str = "") -> Reply:
    """The answer for one procedure and one or two aspects. `question` is the citizen's own wording: conditions it
    names put the fitting papers first."""
    record = published.record
    parts = []
    for aspect in aspects:
        head = say.OPENING[aspect].format(name=_lower_first(record.short_name))
        parts.append("\n".join([head, *_LINES[aspect](record, view, question)]))
    fields = [field for aspect in aspects for field in FIELDS[aspect]]
    if not record.is_verified(*fields):
        phone = f" ({view.counter_phone})" if view.counter_phone else ""
        parts.append(say.UNVERIFIED.format(phone=phone))
    parts.append(source_line(record, view))
    following = [aspect for aspect in NEXT[aspects[0]] if aspect not in aspects][: limits.NEXT_TAPS]
    buttons = tuple(Button(say.ASPECT_BUTTONS[aspect], payloads.ask(aspect, published.id)) for aspect in following)
    wants_portal = bool({"form", "online", "overview"} & set(aspects))
    link = Link(say.PORTAL_LINK, record.portal_url) if wants_portal and record.portal_url else None
    return Reply("\n\n".join(parts), buttons, link)


def source_line(record: Procedure, view: UnitView) -> str:
    basis = ", ".join(
        f"{law.title} ({law.number})" if len(law.title) < 40 else law.number for law in record.legal_basis[:2]
    )
    more = len(record.legal_basis) - 2
    if more > 0:
        basis += f" và {more} văn bản khác"
    code = say.SOURCE_CODE.format(code=record.code) if record.code else ""
    basis = basis or say.NO_BASIS.format(unit=view.name)
    return say.SOURCE.format(basis=f"{basis}. ", code=code[:1].upper() + code[1:], checked=f"{record.as_of:%d/%m/%Y}")


def counter_name(view: UnitView) -> str:
    return view.receiving_place.name if view.receiving_place else f"Bộ phận Một cửa {view.name}"


def _document(document: Document) -> str:
    details = [document.original_or_copy or ""]
    if document.quantity and document.quantity > 1:
        details.append(f"{document.quantity:02d} bản")
    inside = ", ".join(detail for detail in details if detail)
    note = f". {document.note}" if document.note else ""
    return f"{document.name}{f' ({inside})' if inside else ''}{note}"


def _pairs(text: str) -> set[tuple[str, str]]:
    words = [word for word in normalise_folded(text).split() if word not in _STOP_WORDS]
    return set(itertools.pairwise(words))


def _named_in(condition: str, question: str, record: Procedure) -> bool:
    """Whether the question speaks of a condition: it shares a pair of neighbouring content words with it, other than
    those any question about the procedure has."""
    telling = _pairs(condition) & _pairs(question)
    return bool(telling and telling - _pairs(record.name) - _pairs(record.short_name) - _USUAL_PAIRS)


def _documents(record: Procedure, view: UnitView, question: str) -> list[str]:
    always = [document for document in record.documents if not document.when]
    conditional = [document for document in record.documents if document.when]
    named = [document for document in conditional if _named_in(document.when or "", question, record)]
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


def _fees(record: Procedure, view: UnitView, question: str) -> list[str]:
    if not record.fees:
        return [say.NOT_PUBLISHED]
    fees = sorted(record.fees, key=lambda fee: not _named_in(fee.when or "", question, record))
    lines = [_fee(fee, view) for fee in fees]
    if any(fee.amount_vnd is None and "hỏi" not in fee.text for fee in record.fees):
        lines.append(say.FEE_PROVINCE.format(counter=counter_name(view)))
    return lines


def _duration(record: Procedure, view: UnitView, question: str) -> list[str]:
    return [f"• {record.processing_time.text}"]


def _place(record: Procedure, view: UnitView, question: str) -> list[str]:
    local = [f"• {say.LOCAL_PLACE.format(unit=view.name, place=place)}" for place in _local_places(record, view)]
    return [f"• {record.receiving_place}", *local]


def _local_places(record: Procedure, view: UnitView) -> list[str]:
    """The unit's own places that the published receiving place names: the counter, the commune police …"""
    named = f" {normalise_folded(record.receiving_place)} "
    found = []
    for position in view.unit.positions:
        spellings = [normalise_folded(text) for text in (position.title, *position.aliases)]
        places = [named.find(f" {spelling} ") for spelling in spellings if " " in spelling]
        if position.phone and any(place >= 0 for place in places):
            found.append((min(place for place in places if place >= 0), f"{position.title}, {position.phone.value}"))
    return [text for _, text in sorted(found)[:MAX_LOCAL_PLACES]]


def _steps(record: Procedure, view: UnitView, question: str) -> list[str]:
    return [f"{number}. {step}" for number, step in enumerate(record.steps, 1)] or [say.NOT_PUBLISHED]


def _forms(record: Procedure, view: UnitView, question: str) -> list[str]:
    if not record.forms:
        return [say.NO_FORM]
    lines = [f"• {form.name}" for form in record.forms[:MAX_FORMS]]
    return [*lines, say.FORM_AT if record.portal_url else say.FORM_AT_PLACE]


def _online(record: Procedure, view: UnitView, question: str) -> list[str]:
    lines = [say.ONLINE_YES if "trực tuyến" in record.channels else say.ONLINE_NO]
    if "bưu chính" in record.channels:
        lines.append(say.BY_POST_YES)
    if "trực tiếp" in record.channels:
        lines.append(say.IN_PERSON_YES.format(place=_first_sentence(record.receiving_place)))
    return lines


def _eligibility(record: Procedure, view: UnitView, question: str) -> list[str]:
    audience = say.WHO_LINE.format(audience=", ".join(_lower_first(one) for one in record.audience))
    return [f"• {line}" for line in (audience, *record.eligibility)]


def _first_sentence(text: str) -> str:
    return text.split(". ")[0]


def _lower_first(text: str) -> str:
    first = text.split(maxsplit=1)[0]
    return text if first.isupper() or text.startswith(("Việt", "UBND")) else text[:1].lower() + text[1:]


def _result(record: Procedure, view: UnitView, question: str) -> list[str]:
    return [f"• {record.result}"]


def _legal_basis(record: Procedure, view: UnitView, question: str) -> list[str]:
    if not record.legal_basis:
        return [say.NOT_PUBLISHED]
    return [
        f"• {law.title}, số {law.number}" + (f", ngày {law.date:%d/%m/%Y}" if law.date else "")
        for law in record.legal_basis
    ]


def _overview(record: Procedure, view: UnitView, question: str) -> list[str]:
    always = sum(1 for document in record.documents if not document.when)
    conditional = len(record.documents) - always
    more = say.DOCUMENT_MORE.format(count=conditional) if conditional else ""
    fee = record.fees[0] if record.fees else None
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


_LINES: dict[str, Callable[[Procedure, UnitView, str], list[str]]] = {
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
