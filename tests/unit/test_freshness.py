"""How long a record may be answered from after it was checked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from bot.domain.freshness import Freshness, due_on, freshness
from bot.domain.records import FreshnessRules, Procedure
from bot.domain.views import UnitView

RULES = FreshnessRules(check_every_days=365, warn_after_days=30, refuse_after_days=90)
CHECKED = date(2026, 1, 1)
DUE = date(2027, 1, 1)


@pytest.fixture
def record(sample_procedures: dict[str, Procedure]) -> Procedure:
    return sample_procedures["tach-ho"].model_copy(update={"as_of": CHECKED, "check_again_by": None})


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (0, Freshness.FRESH),
        (1, Freshness.IN_GRACE),
        (30, Freshness.IN_GRACE),
        (31, Freshness.OVERDUE),
        (90, Freshness.OVERDUE),
        (91, Freshness.REFUSED),
    ],
)
def test_a_record_grows_old_step_by_step(record: Procedure, late: int, expected: Freshness) -> None:
    assert freshness(record, RULES, DUE + timedelta(days=late)) is expected


def test_a_day_set_by_an_editor_counts_instead_of_the_rule(record: Procedure) -> None:
    sooner = record.model_copy(update={"check_again_by": date(2026, 3, 1)})
    assert due_on(sooner, RULES) == date(2026, 3, 1)
    assert freshness(sooner, RULES, date(2026, 7, 1)) is Freshness.REFUSED


def test_without_rules_nothing_is_ever_refused(record: Procedure) -> None:
    assert due_on(record, None) is None
    assert freshness(record, None, date(2099, 1, 1)) is Freshness.FRESH
    dated = record.model_copy(update={"check_again_by": DUE})
    assert freshness(dated, None, date(2099, 1, 1)) is Freshness.IN_GRACE


def test_a_unit_inherits_the_rules_and_may_set_its_own(view: UnitView) -> None:
    assert view.freshness_rules == FreshnessRules(check_every_days=365, warn_after_days=180, refuse_after_days=730)
    own = view.unit.model_copy(update={"freshness": RULES, "four_eyes": False})
    stricter = UnitView((own, *view.chain[1:]), view.procedures, 1)
    assert stricter.freshness_rules == RULES
    assert (view.four_eyes, stricter.four_eyes) == (True, False)


def test_answers_may_not_stop_before_they_warn() -> None:
    with pytest.raises(ValidationError, match="cảnh báo"):
        FreshnessRules(check_every_days=1, warn_after_days=10, refuse_after_days=9)
