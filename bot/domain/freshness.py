"""Whether a record was checked lately enough to be answered from."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from bot.domain.records import FreshnessRules, Procedure


class Freshness(StrEnum):
    FRESH = "fresh"
    IN_GRACE = "in_grace"
    """Due to be checked again; only the editors are told."""
    OVERDUE = "overdue"
    """Answers warn that it may have changed."""
    REFUSED = "refused"
    """Too old to be answered from."""


def due_on(record: Procedure, rules: FreshnessRules | None) -> date | None:
    """The last day by which the record should be checked again; None where nobody set one."""
    if record.check_again_by is not None:
        return record.check_again_by
    return record.as_of + timedelta(days=rules.check_every_days) if rules else None


def freshness(record: Procedure, rules: FreshnessRules | None, today: date) -> Freshness:
    due = due_on(record, rules)
    if due is None or today <= due:
        return Freshness.FRESH
    late = (today - due).days
    if rules is None or late <= rules.warn_after_days:
        return Freshness.IN_GRACE
    return Freshness.OVERDUE if late <= rules.refuse_after_days else Freshness.REFUSED
