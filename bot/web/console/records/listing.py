"""The list of a unit's procedures: its own and those it inherits, in every state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from aiohttp import web

from bot.domain.freshness import Freshness, due_on, freshness
from bot.domain.views import PublishedProcedure, UnitView
from bot.storage.shelf import Standing
from bot.web.console.records.working import today, view_of
from bot.web.console.services import CONSOLE
from knowledge.normalise import fold


class State(StrEnum):
    PUBLISHED = "published"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    DUE = "due"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Line:
    """`states`: all that hold; `owner`: the unit that publishes it, "" for one's own."""

    record_id: str
    title: str
    code: str
    field: str
    owner: str
    states: frozenset[State]
    standing: Standing | None
    checked: date | None
    due: date | None
    freshness: Freshness | None
    words: str
    supplemented: bool = False


async def lines(request: web.Request) -> list[Line]:
    """Everything the unit has, by name."""
    console, view, day = request.app[CONSOLE], view_of(request), today(request)
    own = await console.shelf.standings(view.unit.id)
    supplements = await console.shelf.standings(view.unit.id, "supplement")
    suspended = await console.shelf.suspensions([one.id for one in view.chain])
    differing = {one.record_id for one in await console.snapshots.open_changes(view.unit.id)}
    found = []
    for record_id in [*view.procedures, *(one for one in own if one not in view.procedures)]:
        published = view.procedures.get(record_id)
        inherited = published is not None and published.owner != view.unit.id
        standing = (supplements if inherited else own).get(record_id)
        states = _states(published, standing, view, day)
        if record_id in suspended:
            states.add(State.SUSPENDED)
        if record_id in differing:
            states.add(State.SOURCE)
        found.append(_line(record_id, published, standing, states, view, day))
    return sorted(found, key=lambda one: fold(one.title))


def chosen(found: Sequence[Line], state: str, question: str) -> list[Line]:
    """Those in a state whose name, code, field or phrases hold every word, with or without diacritics; names first."""
    words = fold(question).split()
    held = [one for one in found if (not state or state in one.states) and all(word in one.words for word in words)]
    return sorted(held, key=lambda one: not all(word in fold(one.title) for word in words))


def counts(found: Sequence[Line]) -> Mapping[str, int]:
    return {state.value: sum(state in one.states for one in found) for state in State}


def _states(published: PublishedProcedure | None, standing: Standing | None, view: UnitView, day: date) -> set[State]:
    states = set()
    if published is not None:
        states.add(State.PUBLISHED)
        if freshness(published.record, view.freshness_rules, day) is not Freshness.FRESH:
            states.add(State.DUE)
    if standing is not None:
        if standing.open_state:
            states.add(State(standing.open_state))
        if standing.starts:
            states.add(State.SCHEDULED)
        if standing.withdrawn and published is None:
            states.add(State.WITHDRAWN)
    return states


def _line(
    record_id: str, published: PublishedProcedure | None, standing: Standing | None, states: set[State],
    view: UnitView, day: date,
) -> Line:  # fmt: skip
    if published is None:
        assert standing is not None  # noqa: S101  (it comes from the one or the other)
        words = fold(f"{standing.title} {standing.field} {record_id}")
        return Line(
            record_id, standing.title, "", standing.field, "", frozenset(states), standing, None, None, None, words
        )
    record = published.record
    own = published.owner == view.unit.id
    owner = "" if own else next((one.short_name or one.name for one in view.chain if one.id == published.owner), "")
    words = fold(" ".join([record.name, record.short_name, record.field, record.code or "", *record.citizen_phrases]))
    return Line(
        record_id, record.short_name, record.code or "", record.field, owner, frozenset(states), standing,
        record.as_of, due_on(record, view.freshness_rules), freshness(record, view.freshness_rules, day), words,
        published.supplement is not None,
    )  # fmt: skip
