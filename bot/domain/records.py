"""Published records: procedures and units. Validated by pydantic wherever they enter, immutable afterwards."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from bot.domain.forms import ADDRESS_PATTERN
from bot.domain.tickets import TicketKind

ID_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"


def _nfc(text: str) -> str:
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("chữ chưa ở dạng Unicode NFC: gõ lại bằng bộ gõ Unicode dựng sẵn")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000), AfterValidator(_nfc)]
Slug = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=80)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)]

FormUrl = Annotated[str, StringConstraints(pattern=rf"^(?:https?://\S+|{ADDRESS_PATTERN})$", max_length=500)]


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(Record):
    """A paper of the dossier (thành phần hồ sơ). `when`: the condition under which it is needed; None: always."""

    name: Text
    original_or_copy: Text | None
    quantity: int | None = Field(ge=0, le=100)
    note: Text | None
    when: Text | None


class Fee(Record):
    """A fee in đồng; `amount_vnd` None: set by the province or unknown, 0: free of charge."""

    amount_vnd: int | None = Field(ge=0)
    text: Text
    when: Text | None


class ProcessingTime(Record):
    """`working_days` None when the rule is in hours, calendar days or not given."""

    text: Text
    working_days: int | None = Field(ge=0, le=400)


class Form(Record):
    """`url`: on another site, or of a file of ours (`bot.domain.forms`)."""

    name: Text
    url: FormUrl | None = None


class LegalBasis(Record):
    number: Text
    title: Text
    date: date | None


class Question(Record):
    question: Text
    answer: Text


class Case(Record):
    """What a circumstance ("khi nào") changes, beyond papers and fees of its own; `related`: procedures the person
    may need instead, by id."""

    when: Text
    note: Text
    related: tuple[Slug, ...] = ()


class Procedure(Record):
    """An administrative procedure (thủ tục hành chính); parts as Nghị định 63/2010/NĐ-CP lists them."""

    code: Annotated[str, StringConstraints(pattern=r"^\d\.\d{6}$")] | None
    name: Text
    short_name: Text
    field: Text
    audience: tuple[Text, ...] = Field(min_length=1)
    level: Text
    authority: Text
    receiving_place: Text
    steps: tuple[Text, ...]
    documents: tuple[Document, ...]
    forms: tuple[Form, ...]
    processing_time: ProcessingTime
    fees: tuple[Fee, ...]
    channels: tuple[Literal["trực tiếp", "trực tuyến", "bưu chính"], ...] = Field(min_length=1)
    result: Text
    legal_basis: tuple[LegalBasis, ...]
    citizen_phrases: tuple[Text, ...] = Field(min_length=1, max_length=120)
    common_questions: tuple[Question, ...]
    cases: tuple[Case, ...] = ()
    changes: Text | None
    effective_from: date | None
    sources: tuple[Text, ...] = Field(min_length=1)
    portal_url: Url | None
    verified: bool
    unverified_fields: tuple[str, ...] = ()
    eligibility: tuple[Text, ...] = ()
    verification_note: Text
    as_of: date
    check_again_by: date | None = None

    def is_verified(self, *fields: str) -> bool:
        """Whether the named fields were read in a source. An unverified record that does not say which fields
        are doubtful is doubtful as a whole."""
        if "*" in self.unverified_fields or (not self.verified and not self.unverified_fields):
            return False
        return not set(self.unverified_fields) & set(fields)

    @field_validator("unverified_fields")
    @classmethod
    def _known_fields(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name != "*" and name not in cls.model_fields:
                raise ValueError(f'không có trường “{name}”: ghi đúng tên trường, hoặc "*" cho cả bản ghi')
        return names


class Contact(Record):
    """A published way to reach a position; numbers belong to positions, never to persons."""

    kind: Literal["phone", "email", "website"]
    value: Text
    label: Text | None = None
    hours: Text | None = None
    note: Text | None = None


class Absence(Record):
    """Days, both included, on which nobody is at a post; `deputy`: the id of the position that stands in."""

    first: date
    last: date
    deputy: Slug | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Absence:
        if self.last < self.first:
            raise ValueError("ngày cuối phải không trước ngày đầu")
        return self


class Position(Record):
    """A post (chức danh) or body of the unit that citizens may call. `holder`: the name of whoever has the post now,
    where the unit publishes it."""

    id: Slug
    title: Text
    department: Text | None = None
    aliases: tuple[Text, ...] = ()
    matters: tuple[Text, ...] = ()
    contacts: tuple[Contact, ...] = ()
    note: Text | None = None
    holder: Text | None = None
    absences: tuple[Absence, ...] = ()

    def away(self, day: date) -> Absence | None:
        return next((one for one in self.absences if one.first <= day <= one.last), None)

    @property
    def phone(self) -> Contact | None:
        return next((contact for contact in self.contacts if contact.kind == "phone"), None)


class Supplement(Record):
    """What a unit adds to a procedure it inherits, and all it may change of it: where and when it takes the dossier,
    whom to ask, a note. `place` stands instead of the inherited receiving place."""

    place: Text | None = None
    hours: Text | None = None
    contacts: tuple[Contact, ...] = ()
    note: Text | None = None
    as_of: date

    @model_validator(mode="after")
    def _says_something(self) -> Supplement:
        if not (self.place or self.hours or self.contacts or self.note):
            raise ValueError("chưa bổ sung gì: điền ít nhất một mục")
        return self


class OpeningHours(Record):
    """An opening period on a weekday, 0 = Monday; local time, Asia/Ho_Chi_Minh."""

    weekday: int = Field(ge=0, le=6)
    opens: time
    closes: time


class Holiday(Record):
    """A day off, or a swapped working day. An unconfirmed one is only mentioned, never counted."""

    date: date
    name: Text
    kind: Literal["day_off", "working"] = "day_off"
    confirmed: bool = True
    source: Text | None = None


class DeadlineRule(Record):
    """How long a stage of a ticket may take. accept: until somebody has it; answer: until the citizen is answered;
    extension: what the one extension adds; close: after the answer, until the ticket closes by itself. A rule with a
    category goes before the one without; eight working hours are a working day."""

    kind: TicketKind
    stage: Literal["accept", "answer", "extension", "close"]
    amount: int = Field(ge=1, le=400)
    unit: Literal["working_days", "calendar_days", "working_hours"]
    category: Slug | None = None
    source: Text


REPLY_VARIABLES = ("ten_don_vi", "ma_phieu", "han", "noi_xay_ra", "dien_thoai", "dia_chi")
"""What a reply template may name in braces: the unit, the ticket's code, its deadline, where it happened, the
telephone and the address of the receiving place."""


class ReplyTemplate(Record):
    """A text staff answer citizens with. `kinds`: of tickets it is offered for; none: for all."""

    id: Slug
    title: Text
    text: Text
    kinds: tuple[TicketKind, ...] = ()

    @field_validator("text")
    @classmethod
    def _known_variables(cls, text: str) -> str:
        for name in re.findall(r"\{([^{}]*)\}", text):
            if name not in REPLY_VARIABLES:
                known = ", ".join(f"{{{one}}}" for one in REPLY_VARIABLES)
                raise ValueError(f"không có biến {{{name}}}: dùng {known}")
        return text


class ReceivingPlace(Record):
    name: Text
    address: Text | None = None
    phone: Text | None = None
    note: Text | None = None


class Place(Record):
    """A place people name: `name` as the answers write it, `aliases` what it is called besides. Names that fit
    another place as well ("Tân An" for the unit itself) must not be among them."""

    name: Text
    aliases: tuple[Text, ...] = ()


class FreshnessRules(Record):
    """When a procedure must be checked again, and how many days after that answers warn and stop."""

    check_every_days: int = Field(ge=1, le=3_650)
    warn_after_days: int = Field(ge=0, le=3_650)
    refuse_after_days: int = Field(ge=0, le=3_650)

    @model_validator(mode="after")
    def _warned_before_refused(self) -> FreshnessRules:
        if self.refuse_after_days < self.warn_after_days:
            raise ValueError("số ngày ngừng trả lời phải không nhỏ hơn số ngày bắt đầu cảnh báo")
        return self


class Unit(Record):
    """A unit (đơn vị): commune or ward, its province, and the country at the root. What a unit leaves out it
    inherits from its parent. `four_eyes`: whether a second person must publish what one wrote. `hamlets`: ấp, khu
    phố; `former_units`: the communes merged into this one."""

    id: Slug
    kind: Text
    name: Text
    short_name: Text | None = None
    parent: Slug | None
    sample: bool = False
    aliases: tuple[Text, ...] = ()
    address: Text | None = None
    map_url: Url | None = None
    receiving_place: ReceivingPlace | None = None
    hours: tuple[OpeningHours, ...] | None = None
    holidays: tuple[Holiday, ...] = ()
    deadlines: tuple[DeadlineRule, ...] = ()
    reply_templates: tuple[ReplyTemplate, ...] = ()
    positions: tuple[Position, ...] = ()
    hamlets: tuple[Place, ...] = ()
    former_units: tuple[Place, ...] = ()
    freshness: FreshnessRules | None = None
    four_eyes: bool | None = None
    sources: tuple[Text, ...] = ()
    as_of: date
