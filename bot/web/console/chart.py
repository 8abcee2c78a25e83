"""A stacked bar chart as plain shapes for an inline SVG: the template draws them, the style sheet colours them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720, 200
BASE, TOP, LEFT = 170, 14, 44
MOST_BARS = 62
"""A longer period is drawn by weeks."""


@dataclass(frozen=True, slots=True)
class Part:
    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """`label`: what it stands for; `shown`: whether there is room to write it below."""

    x: float
    width: float
    label: str
    total: int
    parts: tuple[Part, ...]
    shown: bool


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    """(y, value) of the lines across."""


def stacked(first: date, last: date, kinds: Sequence[str], counts: Mapping[date, Mapping[str, int]]) -> Chart:
    """One bar a day, or a week when there are many days; `kinds` from the bottom up."""
    days = (last - first).days + 1
    step = 1 if days <= MOST_BARS else 7
    starts = [first + timedelta(days=offset) for offset in range(0, days, step)]
    sums = []
    for start in starts:
        of_days = [counts.get(start + timedelta(days=offset), {}) for offset in range(step)]
        sums.append({kind: sum(one.get(kind, 0) for one in of_days) for kind in kinds})
    highest = _round_up(max((sum(one.values()) for one in sums), default=0))
    scale = (BASE - TOP) / highest
    slot = (WIDTH - LEFT) / len(starts)
    bars = []
    for place, (start, own) in enumerate(zip(starts, sums, strict=True)):
        parts, y = [], float(BASE)
        for kind in kinds:
            height = own[kind] * scale
            if height:
                y -= height
                parts.append(Part(kind, round(y, 2), round(height, 2)))
        end = min(start + timedelta(days=step - 1), last)
        label = f"{start:%d/%m}" if step == 1 else f"{start:%d/%m} đến {end:%d/%m}"
        shown = place % max(1, len(starts) // 8) == 0
        x = round(LEFT + place * slot + slot * 0.12, 2)
        bars.append(Bar(x, round(slot * 0.76, 2), label, sum(own.values()), tuple(parts), shown))
    lines = tuple((round(BASE - value * scale, 2), value) for value in (0, highest // 2, highest))
    return Chart(tuple(bars), lines)


def _round_up(value: int) -> int:
    """The next even figure that reads well on an axis."""
    size: int = 10 ** max(0, len(str(value)) - 1)
    for factor in (1, 2, 4, 6, 8, 10):
        if value <= factor * size and factor * size >= 2:
            return factor * size
    return 20 * size
