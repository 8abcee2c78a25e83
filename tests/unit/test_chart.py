from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.web.console.chart import BASE, stacked

FIRST = date(2026, 11, 1)


def test_each_day_has_a_bar_whose_parts_stand_on_one_another() -> None:
    chart = stacked(FIRST, FIRST + timedelta(days=2), ("a", "b"), {FIRST: {"a": 3, "b": 1}})
    assert [bar.total for bar in chart.bars] == [4, 0, 0]
    lower, upper = chart.bars[0].parts
    assert (lower.kind, upper.kind) == ("a", "b")
    assert lower.y + lower.height == pytest.approx(BASE)
    assert upper.y + upper.height == pytest.approx(lower.y)
    assert lower.height == pytest.approx(3 * upper.height, abs=0.1)


def test_a_long_period_is_drawn_by_weeks_and_loses_no_count() -> None:
    counts = {FIRST + timedelta(days=number): {"a": 1} for number in range(90)}
    chart = stacked(FIRST, FIRST + timedelta(days=89), ("a",), counts)
    assert len(chart.bars) == 13
    assert sum(bar.total for bar in chart.bars) == 90
    assert chart.bars[-1].label == "24/01 đến 29/01"


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 4), (7, 8), (13, 20), (95, 100), (101, 200)])
def test_the_axis_ends_at_a_round_figure_at_or_above_the_highest_bar(most: int, top: int) -> None:
    chart = stacked(FIRST, FIRST, ("a",), {FIRST: {"a": most}})
    assert chart.lines[-1][1] == top
