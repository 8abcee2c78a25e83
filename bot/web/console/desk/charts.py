"""Charts drawn as SVG on the server, without script or inline style. A table with its numbers stands beside each."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from bot.domain.reports import Breakdown, Figure, Row

WIDTH, NAME, BAR, GAP, COUNT, LEGEND = 420, 20, 20, 12, 50, 34
"""Of a bar chart, in SVG units: names stand above their bars, counts behind them, so that it fits a phone."""
ROWS = 8
"""More are summed up as the rest."""
_LETTERS = 44
"""Of a name."""
_SERIES = (("on_time", "Đúng hạn"), ("late", "Quá hạn"), ("rest", "Còn trong hạn"))


@dataclass(frozen=True, slots=True)
class Share:
    figure: Figure
    svg: Markup


def bars(breakdown: Breakdown) -> Markup:
    """One bar a row: on time, late and the rest of what was received, one after the other; empty without rows."""
    rows = _shortened(breakdown.rows)
    if not rows:
        return Markup("")
    most = max(row.received for row in rows) or 1
    step = NAME + BAR + GAP
    height = LEGEND + len(rows) * step
    told = "; ".join(f"{row.name}: nhận {row.received}, đúng hạn {row.on_time}, quá hạn {row.late}" for row in rows)
    parts = [_legend()]
    for number, row in enumerate(rows):
        parts.append(_bar(row, LEGEND + number * step, (WIDTH - COUNT) / most))
    return Markup(
        '<svg class="bars" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{key}-chart {key}-told">'
        '<title id="{key}-chart">{title}</title><desc id="{key}-told">{told}</desc>{parts}</svg>'
    ).format(
        width=WIDTH, height=height, key=breakdown.key, title=breakdown.label, told=told, parts=Markup("").join(parts)
    )


def share(figure: Figure) -> Share:
    """A percentage as a ring."""
    value = figure.value or 0.0
    length = 2 * 3.14159265 * 40
    svg = Markup(
        '<svg class="ring" viewBox="0 0 100 100" role="img" aria-labelledby="{key}-ring">'
        '<title id="{key}-ring">{title}</title>'
        '<circle class="ring-whole" cx="50" cy="50" r="40"/>'
        '<circle class="ring-part" cx="50" cy="50" r="40" stroke-dasharray="{part:.1f} {length:.1f}" '
        'transform="rotate(-90 50 50)"/><text x="50" y="56" text-anchor="middle">{text}</text></svg>'
    ).format(
        key=figure.key,
        title=f"{figure.label}: {figure.shown}",
        part=length * value / 100,
        length=length,
        text="–" if figure.value is None else f"{figure.value:.0f}%",
    )
    return Share(figure, svg)


def _bar(row: Row, top: int, scale: float) -> Markup:
    left, name = 0.0, row.name if len(row.name) <= _LETTERS else f"{row.name[: _LETTERS - 1]}…"
    drawn = [Markup('<text class="chart-name" x="0" y="{y}">{name}</text>').format(y=top + 15, name=name)]
    for series, count in (("on_time", row.on_time), ("late", row.late), ("rest", _rest(row))):
        if count:
            width = count * scale
            drawn.append(
                Markup('<rect class="bar-{series}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}"/>').format(
                    series=series, x=left, y=top + NAME, width=max(width - 1.5, 1.0), height=BAR
                )
            )
            left += width
    drawn.append(
        Markup('<text class="chart-count" x="{x:.1f}" y="{y}">{count}</text>').format(
            x=left + 6, y=top + NAME + 16, count=row.received
        )
    )
    return Markup("").join(drawn)


def _legend() -> Markup:
    drawn, left = [], 0
    for series, name in _SERIES:
        drawn.append(
            Markup(
                '<rect class="bar-{series}" x="{x}" y="4" width="14" height="14"/>'
                '<text class="chart-count" x="{text}" y="16">{name}</text>'
            ).format(series=series, x=left, text=left + 20, name=name)
        )
        left += 36 + 9 * len(name)
    return Markup("").join(drawn)


def _rest(row: Row) -> int:
    """Neither late nor answered in time: still within the deadline."""
    return max(0, row.received - row.on_time - row.late)


def _shortened(rows: tuple[Row, ...]) -> list[Row]:
    if len(rows) <= ROWS:
        return list(rows)
    left = rows[ROWS - 1 :]
    rest = Row(
        f"{len(left)} mục khác",
        sum(one.received for one in left),
        sum(one.answered for one in left),
        sum(one.on_time for one in left),
        sum(one.late for one in left),
    )
    return [*rows[: ROWS - 1], rest]
