"""What differs between two contents of a record, field by field, for previews and for comparing revisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from knowledge.exchange.drafts import Content
from knowledge.exchange.labels import FIELDS, ITEMS, PARTS, SUPPLEMENT
from knowledge.normalise import fold

_KEYS: dict[str, tuple[str, ...]] = {
    "documents": ("name", "when"),
    "fees": ("when", "text"),
    "forms": ("name",),
    "legal_basis": ("number",),
    "common_questions": ("question",),
    "cases": ("when",),
    "contacts": ("value",),
}
"""By what an item of a list is known again, the surest first."""
_NAMES = FIELDS | SUPPLEMENT
_WAYS = {"phone": "điện thoại", "email": "thư điện tử", "website": "trang web"}
_ALIKE = 0.6
"""Texts at least so alike are one item that was reworded."""
_LOOKED_AT = 300
"""Characters of a text that are compared for likeness."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` None: added; `after` None: removed. `path`: in the new content, in the old one for what is gone."""

    label: str
    path: str
    before: str | None
    after: str | None


def differences(old: Content | None, new: Content) -> list[Difference]:
    """Every difference, in the order of the fields; empty exactly when both say the same. Papers, fees, steps and
    the like are matched by what they are, not by their place. A field one side lacks counts as empty."""
    before = old or {}
    names = [*_NAMES, *sorted({*before, *new} - _NAMES.keys())]
    return [one for name in names for one in _of_field(name, before.get(name), new.get(name))]


def shown(value: Any) -> str | None:
    """A value as an editor reads it; None for an empty one."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return "có" if value else "chưa"
    if isinstance(value, list | tuple):
        return "\n".join(shown(item) or "" for item in value)
    if isinstance(value, dict):
        return " · ".join(text for text in (shown(part) for part in value.values()) if text)
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        except ValueError:
            return value
    return f"{value:,}".replace(",", ".") if isinstance(value, int) else _WAYS.get(value, str(value))


def _of_field(name: str, old: Any, new: Any) -> Iterator[Difference]:
    if _plain(old) == _plain(new):
        return
    title = _NAMES.get(name, name)
    if isinstance(old or [], list | tuple) and isinstance(new or [], list | tuple):
        yield from _of_list(name, list(old or []), list(new or []))
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _of_parts(name, title, name, old, new)
    else:
        yield Difference(title, name, shown(old), shown(new))


def _of_list(name: str, old: list[Any], new: list[Any]) -> Iterator[Difference]:
    pairs = _pairs(name, old, new)
    title = ITEMS.get(name, _NAMES.get(name, name))
    for place, item in enumerate(new):
        path = f"{name}.{place}"
        if place not in pairs:
            yield Difference(title, path, None, shown(item) or "")
        elif isinstance(item, dict):
            before = old[pairs[place]]
            yield from _of_parts(name, f"{title} “{_heading(name, before)}”", path, before, item)
        elif item != old[pairs[place]]:
            yield Difference(title, path, shown(old[pairs[place]]), shown(item))
    kept = set(pairs.values())
    for place, item in enumerate(old):
        if place not in kept:
            yield Difference(title, f"{name}.{place}", shown(item) or "", None)
    order = [pairs[place] for place in sorted(pairs)]
    if order != sorted(order):
        was = [_heading(name, old[place]) for place in sorted(order)]
        now = [_heading(name, old[place]) for place in order]
        yield Difference(f"{_NAMES.get(name, name)}: thứ tự", name, "\n".join(was), "\n".join(now))


def _of_parts(name: str, title: str, path: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
    labels = PARTS.get(name, {})
    for part in [*labels, *sorted({*old, *new} - labels.keys())]:
        if _plain(old.get(part)) != _plain(new.get(part)):
            label = f"{title}: {labels.get(part, part)}"
            yield Difference(label, f"{path}.{part}", shown(old.get(part)), shown(new.get(part)))


def _pairs(name: str, old: list[Any], new: list[Any]) -> dict[int, int]:
    """Place in the new list → place in the old one, for what is the same item: equal, then of the same keys, then of
    the same surest key, then much alike."""
    pairs: dict[int, int] = {}
    left = dict(enumerate(old))

    def pair(key: Any) -> None:
        found: dict[Any, list[int]] = {}
        for place, item in left.items():
            found.setdefault(key(item), []).append(place)
        for place, item in enumerate(new):
            if place not in pairs and (own := found.get(key(item))):
                pairs[place] = own.pop(0)
                del left[pairs[place]]

    pair(lambda item: repr(_plain(item)))
    keys = _KEYS.get(name, ())
    if keys:
        pair(lambda item: tuple(fold(str(_part(item, key))) for key in keys))
        pair(lambda item: fold(str(_part(item, keys[0]))))
    for place, item in enumerate(new):
        if place in pairs or not left:
            continue
        likeness = {was: _likeness(_heading(name, before), _heading(name, item)) for was, before in left.items()}
        best = max(likeness, key=lambda was: likeness[was])
        if likeness[best] >= _ALIKE:
            pairs[place] = best
            del left[best]
    return pairs


def _heading(name: str, item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    keys = (("text",) if name == "fees" else ()) + _KEYS.get(name, ())
    return str(next((_part(item, key) for key in keys if _part(item, key)), shown(item) or ""))


def _part(item: Any, key: str) -> Any:
    return (item.get(key) or "") if isinstance(item, dict) else item


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one[:_LOOKED_AT].lower(), other[:_LOOKED_AT].lower(), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


def _plain(value: Any) -> Any:
    """Lists and tuples alike, empty values alike."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value] or None
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if _plain(part) is not None}
    return None if value == "" else value
