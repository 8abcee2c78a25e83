"""Emergencies and the lawful doors: the number or the place first, nothing collected (design rule 4)."""

from __future__ import annotations

from datetime import datetime

from bot.dialogue import hours, payloads
from bot.dialogue import texts_vi as say
from bot.dialogue.contacts import counter_name
from bot.domain.messages import Button, Link, Phone, Reply
from bot.domain.views import LOCAL_ZONE, UnitView
from knowledge.emergencies import EmergencyCase

POLICE = "cong-an-xa"
HEALTH_STATION = "tram-y-te"
RECEPTION = "tiep-cong-dan"
LEADER = "chu-tich-ubnd"
HOTLINE = "tong-dai-1022"
GENERAL_EMERGENCY = ("canh-sat-113", "cuu-hoa-114", "cap-cuu-115", POLICE)


def names(view: UnitView, now: datetime) -> dict[str, str]:
    """What the texts' placeholders stand for in a unit; what it has not published is said in words."""
    positions = view.positions
    leader = view.reached(LEADER, now.astimezone(LOCAL_ZONE).date())
    hotline = positions.get(HOTLINE)
    counter_phone = view.counter_phone or view.phone(HOTLINE) or say.NO_PHONE
    return {
        "unit": view.name,
        "province": view.province_name or view.unit.kind,
        "counter": counter_name(view),
        "counter_phone": counter_phone,
        "when_open": hours.when_open(view, now),
        "police": view.phone(POLICE) or "113",
        "reception": view.phone(RECEPTION) or counter_phone,
        "leader": leader.phone.value if leader and leader.phone else counter_phone,
        "leader_title": leader.title if leader else say.LEADERS,
        "hotline": view.phone(HOTLINE) or "1022",
        "hotline_name": hotline.title if hotline else "1022",
        "place": say.RECEPTION_PLACE.format(unit=view.name),
    }


def emergency(case: EmergencyCase | None, view: UnitView, now: datetime) -> Reply:
    """The answer to an emergency: the rule's own, or the general numbers when only the model suspects one."""
    if case is None:
        return Reply(say.DOOR_EMERGENCY.format(**names(view, now)), (), None, _phones(view, GENERAL_EMERGENCY))
    local = {"cong_an_xa": view.phone(POLICE) or "113", "tram_y_te": view.phone(HEALTH_STATION) or "115"}
    return Reply(case.answer.format(**local), (), None, _phones(view, case.phones))


def _phones(view: UnitView, positions: tuple[str, ...]) -> tuple[Phone, ...]:
    known = view.positions
    return tuple(
        Phone(contact.label or known[one].title, contact.value)
        for one in positions
        if one in known and (contact := known[one].phone)
    )


def lawful(intent: str, view: UnitView, now: datetime) -> Reply:
    """The door for an intent that chat may not or cannot take in."""
    text = _TEXTS[intent].format(**names(view, now))
    phones = _phones(view, _PHONES.get(intent, ()))
    link = Link(say.DOSSIER_LINK, say.DOSSIER_URL) if intent == "dossier_status" else None
    procedure = PROCEDURES.get(intent)
    asks = [
        Button(say.ASPECT_BUTTONS[aspect], payloads.ask(aspect, procedure))
        for aspect in ("documents", "duration")
        if procedure in view.procedures
    ]
    return Reply(text, (*asks, Button(say.BUTTON_HOURS, payloads.HOURS)), link, phones)


_TEXTS = {
    "lodge_complaint": say.DOOR_COMPLAINT,
    "denounce": say.DOOR_DENOUNCE,
    "report_crime": say.DOOR_CRIME,
    "dossier_status": say.DOSSIER,
}
_PHONES = {
    "lodge_complaint": (RECEPTION,),
    "denounce": (RECEPTION,),
    "report_crime": (POLICE, "canh-sat-113"),
}
PROCEDURES = {
    "lodge_complaint": "khieu-nai-lan-dau",
    "denounce": "giai-quyet-to-cao",
    "report_problem": "phan-anh-kien-nghi",
    "suggest": "phan-anh-kien-nghi",
    "book_reception": "tiep-cong-dan",
}
"""The published procedure behind a door, where there is one."""
INTENTS = frozenset(_TEXTS)
