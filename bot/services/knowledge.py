"""The published knowledge in memory: a view and two search indexes for every unit, renewed after a publication. The
views first, in tenths of a second; indexes only where phrases changed, in seconds, while the old ones still find."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import structlog

from bot import limits
from bot.domain import topics
from bot.domain.errors import StorageUnavailableError
from bot.domain.forms import is_kept
from bot.domain.records import Position, Procedure, Supplement, Unit
from bot.domain.texts import Texts, readable
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an index is made of; `others`: texts that name no record, and matters of somebody else."""

    phrases: Mapping[str, list[str]]
    others: tuple[tuple[str, ...], tuple[str, ...]]
    key: int

    @classmethod
    def of(cls, phrases: Mapping[str, list[str]], others: tuple[tuple[str, ...], tuple[str, ...]]) -> Wanted:
        return cls(phrases, others, hash((tuple(sorted((name, *texts) for name, texts in phrases.items())), others)))


def procedure_phrases(record: Procedure, more: Iterable[str] = ()) -> list[str]:
    """The texts by which a procedure is found."""
    questions = [f"{record.short_name} {question.question}" for question in record.common_questions]
    return [record.name, record.short_name, *record.citizen_phrases, *questions, *more]


def position_phrases(position: Position) -> list[str]:
    """The texts by which a position is found; the words around it ("số của …") are the same for all and left out."""
    return [position.title, *position.aliases, *position.matters]


_KINDS: Mapping[str, type[Procedure] | type[Supplement] | type[Unit]] = {
    "procedure": Procedure,
    "supplement": Supplement,
    "unit": Unit,
}


class KnowledgeBase:
    """Loads what is published and keeps up with it. Units with the same phrases share one index, and most publications
    change an answer, not how it is found."""

    def __init__(
        self,
        revisions: Revisions,
        clock: Clock,
        texts: SearchTexts,
        learning: SqlLearning | None = None,
        public_url: str = "",
    ) -> None:
        """`learning`: where editors' wordings are kept; without it there are none. `public_url`: where citizens reach
        the web."""
        self._revisions = revisions
        self._clock = clock
        self._texts = texts
        self._learning = learning
        self._public_url = public_url.rstrip("/")
        self._units: dict[str, UnitKnowledge] = {}
        self._records: dict[int, Procedure | Supplement | Unit | Texts] = {}
        """By id of their revision, which never changes once it is published."""
        self._forms: frozenset[str] = frozenset()
        self._wanted: dict[str, tuple[Wanted, Wanted]] = {}
        self._indexes: dict[int, SearchIndex] = {}
        self._version = -1
        self._day: date | None = None
        self._loading = asyncio.Lock()
        self._indexing = asyncio.Lock()

    @property
    def units(self) -> list[str]:
        return sorted(self._units)

    def of(self, unit_id: str) -> UnitKnowledge | None:
        return self._units.get(unit_id)

    def has_form(self, address: str) -> bool:
        """Whether a published procedure refers to this file of ours."""
        return address in self._forms

    def below(self, unit_id: str) -> list[str]:
        """The units that inherit from one, by name."""
        found = [known.view for known in self._units.values() if any(one.id == unit_id for one in known.view.chain[1:])]
        return [view.unit.id for view in sorted(found, key=lambda view: view.name)]

    async def refresh(self, *, indexes: bool = True) -> bool:
        """Loads again when something was published or a new day began; True when it did. `indexes` False: only what is
        answered; how it is found follows with the next refresh."""
        async with self._loading:
            loaded = await self._load()
        if indexes:
            await self._index()
        return loaded

    async def _index(self) -> None:
        """Makes the indexes that are wanted, also those that come to be wanted meanwhile."""
        async with self._indexing:
            while missing := self._missing():
                made = await asyncio.to_thread(_made, missing)
                self._indexes = self._indexes | made
                self._adopt()

    async def follow(self, signals: Signals) -> None:
        """Refreshes after each publication until cancelled. An answer does not wait for an index that is being made."""
        subscription = signals.subscribe(KNOWLEDGE_TOPIC)
        indexing = asyncio.create_task(self._index())
        try:
            while True:
                try:
                    await self.refresh(indexes=False)
                except StorageUnavailableError as error:
                    log.warning("knowledge.refresh_failed", error=str(error))
                if indexing.done():
                    indexing.result()
                    indexing = asyncio.create_task(self._index())
                await subscription.wait(limits.POLL_INTERVAL)
        finally:
            indexing.cancel()
            await asyncio.gather(indexing, return_exceptions=True)
            await subscription.close()

    async def _load(self) -> bool:
        version, today = await self._revisions.version(), self._clock.now().astimezone(LOCAL_ZONE).date()
        if version == self._version and today == self._day:
            return False
        published = await self._revisions.published(today)
        suspended = await self._revisions.suspended("procedure")
        phrases, foreign = await self._learning.search_texts() if self._learning else ({}, ())
        views, wanted = await asyncio.to_thread(self._build, published, suspended, version, phrases, foreign)
        unknown = [pair for unit_id, pair in wanted.items() if unit_id not in self._units]
        new = {one.key: (one, None) for pair in unknown for one in pair if one.key not in self._indexes}
        made = await asyncio.to_thread(_made, new)
        self._indexes = self._indexes | made
        before, self._wanted = self._units, wanted
        self._units = {
            unit_id: replace(before[unit_id], view=view)
            if unit_id in before
            else UnitKnowledge(view, *(self._indexes[one.key] for one in wanted[unit_id]))
            for unit_id, view in views.items()
        }
        self._adopt()
        records = [one for one in self._records.values() if isinstance(one, Procedure)]
        self._forms = frozenset(form.url for one in records for form in one.forms if form.url and is_kept(form.url))
        self._version, self._day = version, today
        log.info("knowledge.loaded", version=version, units=len(views), records=len(published))
        return True

    def _missing(self) -> dict[int, tuple[Wanted, SearchIndex | None]]:
        """Indexes that are wanted and not made yet, each with the one whose settings it takes over."""
        return {
            one.key: (one, like)
            for unit_id, pair in self._wanted.items()
            for one, like in zip(pair, (self._units[unit_id].procedures, self._units[unit_id].positions), strict=True)
            if one.key not in self._indexes
        }

    def _adopt(self) -> None:
        """Units use the indexes there are, and those nobody wants are dropped."""
        wanted = {one.key for pair in self._wanted.values() for one in pair}
        self._indexes = {key: index for key, index in self._indexes.items() if key in wanted}
        self._units = {
            unit_id: UnitKnowledge(
                known.view,
                self._indexes.get(self._wanted[unit_id][0].key, known.procedures),
                self._indexes.get(self._wanted[unit_id][1].key, known.positions),
            )
            for unit_id, known in self._units.items()
        }

    def _build(
        self,
        published: list[Published],
        suspended: set[tuple[str, str]],
        version: int,
        learned: Mapping[str, tuple[str, ...]],
        foreign: tuple[str, ...],
    ) -> tuple[dict[str, UnitView], dict[str, tuple[Wanted, Wanted]]]:
        self._records = {one.id: self._records.get(one.id) or _read(one) for one in published}
        units: dict[str, Unit] = {}
        worded: dict[str, Texts] = {}
        own: dict[str, dict[str, PublishedProcedure]] = {}
        supplements: dict[str, dict[str, Supplement]] = {}
        for one in published:
            match self._records[one.id]:
                case Unit() as unit:
                    units[one.record_id] = unit
                case Procedure() as record:
                    mine = PublishedProcedure(one.record_id, one.id, record, owner=one.unit_id)
                    own.setdefault(one.unit_id, {})[one.record_id] = mine
                case Texts() as wording:
                    worded[one.unit_id] = wording
                case supplement:
                    supplements.setdefault(one.unit_id, {})[one.record_id] = supplement
        texts = self._texts
        others = (texts.no_procedure, (*texts.foreign, *foreign))
        views, wanted = {}, {}
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
            view = views[unit_id] = UnitView(chain, procedures, version, wordings, templates, self._public_url)
            by_procedure = {
                name: procedure_phrases(one.record, (*texts.phrases.get(name, ()), *learned.get(name, ())))
                for name, one in procedures.items()
            }
            by_position = {name: position_phrases(position) for name, position in view.positions.items()}
            wanted[unit_id] = (Wanted.of(by_procedure, others), Wanted.of(by_position, ((), ())))
        return views, wanted


def _read(one: Published) -> Procedure | Supplement | Unit | Texts:
    return readable(one.content) if one.kind == "texts" else _KINDS[one.kind].model_validate(one.content)


def _made(missing: Mapping[int, tuple[Wanted, SearchIndex | None]]) -> dict[int, SearchIndex]:
    return {key: SearchIndex(dict(one.phrases), *one.others, like=like) for key, (one, like) in missing.items()}


def _chain(unit: Unit, units: dict[str, Unit]) -> tuple[Unit, ...]:
    chain = [unit]
    while chain[-1].parent and chain[-1].parent in units and len(chain) < 5:
        chain.append(units[chain[-1].parent])
    return tuple(chain)
