"""The published knowledge in memory: a view and two search indexes for every unit, rebuilt after a publication."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import structlog

from bot import limits
from bot.domain import topics
from bot.domain.errors import StorageUnavailableError
from bot.domain.records import Position, Procedure, Supplement, Unit
from bot.domain.texts import readable
from bot.domain.views import LOCAL_ZONE, PublishedProcedure, UnitView
from bot.ports import Clock, Signals
from bot.storage.learning import SqlLearning
from bot.storage.revisions import Published, Revisions
from knowledge.files import SearchTexts
from knowledge.search import SearchIndex

log = structlog.get_logger("knowledge")
KNOWLEDGE_TOPIC = topics.KNOWLEDGE


@dataclass(frozen=True, slots=True)
class UnitKnowledge:
    view: UnitView
    procedures: SearchIndex
    positions: SearchIndex


def procedure_phrases(record: Procedure, more: Iterable[str] = ()) -> list[str]:
    """The texts by which a procedure is found."""
    questions = [f"{record.short_name} {question.question}" for question in record.common_questions]
    return [record.name, record.short_name, *record.citizen_phrases, *questions, *more]


def position_phrases(position: Position) -> list[str]:
    """The texts by which a position is found; the words around it ("số của …") are the same for all and left out."""
    return [position.title, *position.aliases, *position.matters]


class KnowledgeBase:
    """Loads what is published and keeps up with it. Units with the same procedures share one index."""

    def __init__(
        self, revisions: Revisions, clock: Clock, texts: SearchTexts, learning: SqlLearning | None = None
    ) -> None:
        """`learning`: where editors' wordings are kept; without it there are none."""
        self._revisions = revisions
        self._clock = clock
        self._texts = texts
        self._learning = learning
        self._units: dict[str, UnitKnowledge] = {}
        self._indexes: dict[int, SearchIndex] = {}
        self._version = -1
        self._day: date | None = None
        self._loading = asyncio.Lock()

    @property
    def units(self) -> list[str]:
        return sorted(self._units)

    def of(self, unit_id: str) -> UnitKnowledge | None:
        return self._units.get(unit_id)

    def below(self, unit_id: str) -> list[str]:
        """The units that inherit from one, by name."""
        found = [known.view for known in self._units.values() if any(one.id == unit_id for one in known.view.chain[1:])]
        return [view.unit.id for view in sorted(found, key=lambda view: view.name)]

    async def refresh(self) -> bool:
        """Loads again when something was published or a new day began; True when it did."""
        async with self._loading:
            version, today = await self._revisions.version(), self._clock.now().astimezone(LOCAL_ZONE).date()
            if version == self._version and today == self._day:
                return False
            published = await self._revisions.published(today)
            suspended = await self._revisions.suspended("procedure")
            phrases, foreign = await self._learning.search_texts() if self._learning else ({}, ())
            self._units = await asyncio.to_thread(self._build, published, suspended, version, phrases, foreign)
            self._version, self._day = version, today
        log.info("knowledge.loaded", version=version, units=len(self._units), records=len(published))
        return True

    async def follow(self, signals: Signals) -> None:
        """Refreshes after each publication until cancelled."""
        subscription = signals.subscribe(KNOWLEDGE_TOPIC)
        try:
            while True:
                try:
                    await self.refresh()
                except StorageUnavailableError as error:
                    log.warning("knowledge.refresh_failed", error=str(error))
                await subscription.wait(limits.POLL_INTERVAL)
        finally:
            await subscription.close()

    def _build(
        self,
        published: list[Published],
        suspended: set[tuple[str, str]],
        version: int,
        learned: Mapping[str, tuple[str, ...]],
        foreign: tuple[str, ...],
    ) -> dict[str, UnitKnowledge]:
        units = {one.record_id: Unit.model_validate(one.content) for one in published if one.kind == "unit"}
        worded = {one.record_id: readable(one.content) for one in published if one.kind == "texts"}
        own: dict[str, dict[str, PublishedProcedure]] = {}
        supplements: dict[str, dict[str, Supplement]] = {}
        for one in published:
            if one.kind == "procedure":
                record = Procedure.model_validate(one.content)
                of_unit = own.setdefault(one.unit_id, {})
                of_unit[one.record_id] = PublishedProcedure(one.record_id, one.id, record, owner=one.unit_id)
            elif one.kind == "supplement":
                supplements.setdefault(one.unit_id, {})[one.record_id] = Supplement.model_validate(one.content)
        texts = self._texts
        others = (texts.no_procedure, (*texts.foreign, *foreign))
        indexes: dict[int, SearchIndex] = {}
        built = {}
        for unit_id, unit in units.items():
            chain = _chain(unit, units)
            procedures: dict[str, PublishedProcedure] = {}
            wordings: dict[str, str] = {}
            for link in reversed(chain):
                wordings.update(worded[link.id].texts if link.id in worded else {})
                procedures.update(own.get(link.id, {}))
                for name, supplement in supplements.get(link.id, {}).items():
                    if name in procedures:
                        procedures[name] = replace(procedures[name], supplement=supplement)
                for name in [name for name in procedures if (link.id, name) in suspended]:
                    procedures[name] = replace(procedures[name], suspended=True)
            templates = {link.id: worded[link.id].reply_templates for link in chain if link.id in worded}
            view = UnitView(chain, procedures, version, wordings, templates)
            before = self._units.get(unit_id)
            by_procedure = {
                name: procedure_phrases(one.record, (*texts.phrases.get(name, ()), *learned.get(name, ())))
                for name, one in procedures.items()
            }
            by_position = {name: position_phrases(position) for name, position in view.positions.items()}
            built[unit_id] = UnitKnowledge(
                view,
                self._index(by_procedure, others, before.procedures if before else None, indexes),
                self._index(by_position, ((), ()), before.positions if before else None, indexes),
            )
        self._indexes = indexes
        return built

    def _index(
        self,
        phrases: dict[str, list[str]],
        others: tuple[tuple[str, ...], tuple[str, ...]],
        before: SearchIndex | None,
        indexes: dict[int, SearchIndex],
    ) -> SearchIndex:
        """An index of the same phrases is used again: most publications change an answer, not how it is found."""
        key = hash((tuple(sorted((name, *texts) for name, texts in phrases.items())), others))
        if key not in indexes:
            indexes[key] = self._indexes.get(key) or SearchIndex(phrases, *others, like=before)
        return indexes[key]


def _chain(unit: Unit, units: dict[str, Unit]) -> tuple[Unit, ...]:
    chain = [unit]
    while chain[-1].parent and chain[-1].parent in units and len(chain) < 5:
        chain.append(units[chain[-1].parent])
    return tuple(chain)
