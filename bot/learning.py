"""Learning from citizens' messages: the harvest that the clock repeats, and what an editor teaches from it."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

import structlog

from bot import limits
from bot.dialogue.masking import without_personal_data
from bot.domain.errors import StorageUnavailableError
from bot.domain.learning import SEALED_INTENTS, Decision, Sample, Taught, sounds_sealed
from bot.domain.meaning import INTENTS
from bot.ports import Signals
from bot.services.gleaning import Gleaner
from bot.services.knowledge import KNOWLEDGE_TOPIC, KnowledgeBase, procedure_phrases
from bot.storage.harvest import SqlHarvest
from bot.storage.learning import SqlLearning
from bot.storage.staff import Actor
from knowledge import files
from knowledge.grouping import Known, grouped, near_copies
from knowledge.normalise import normalise_folded

log = structlog.get_logger("learning")
TEACHABLE = tuple(intent for intent in INTENTS if intent not in SEALED_INTENTS | {"out_of_scope", "abuse"})
_PLACEHOLDER = re.compile(r"\[(?:số|mã|email|tên|địa chỉ)\]")

Texts = Iterable[tuple[str, str]]
"""(where it is known: kind:name, the text)"""


class Harvester:
    """`announce`: tells the open pages of a unit."""

    def __init__(
        self, harvest: SqlHarvest, gleaner: Gleaner, announce: Callable[[str], Awaitable[None]] | None = None
    ) -> None:
        self._harvest = harvest
        self._gleaner = gleaner
        self._announce = announce

    async def run(self) -> None:
        """Repeats the harvest until cancelled; of several processes the quicker one wins a batch."""
        while True:
            try:
                await self.gather()
            except StorageUnavailableError as error:
                log.warning("learning.storage_unavailable", error=str(error))
            except Exception as error:
                # The next minute tries the same events again; citizens are answered meanwhile.
                log.error("learning.failed", error=type(error).__name__)
            await asyncio.sleep(limits.LEARNING_INTERVAL.total_seconds())

    async def gather(self) -> int:
        """Reads what closed since the last time; how many samples were found."""
        found = 0
        for _ in range(limits.LEARNING_BATCHES):
            start, end, turns = await self._harvest.next_turns()
            if end == start:
                break
            gleaned = await asyncio.to_thread(self._gleaner.glean, turns)
            if not await self._harvest.save(start, end, gleaned, await self._groups(gleaned.samples)):
                break
            found += len(gleaned.samples)
            if self._announce is not None:
                for unit_id in {one.unit_id for one in gleaned.samples}:
                    await self._announce(unit_id)
        if found:
            log.info("learning.gathered", samples=found)
        return found

    async def _groups(self, samples: Sequence[Sample]) -> dict[int, int]:
        by_unit: dict[str, list[Sample]] = defaultdict(list)
        for one in samples:
            by_unit[one.unit_id].append(one)
        groups: dict[int, int] = {}
        for unit_id, own in by_unit.items():
            leaders = await self._harvest.leaders(unit_id)
            found = await asyncio.to_thread(grouped, leaders, [one.text for one in own])
            for one, group in zip(own, found, strict=True):
                if group is None:
                    groups[one.event_id] = 0
                else:
                    groups[one.event_id] = group if group > 0 else -own[-1 - group].event_id
        return groups


class Teacher:
    """`search_texts` and `training_texts`: what the search and the model know already; `gate_texts`: what new models
    are judged by."""

    def __init__(
        self,
        learning: SqlLearning,
        signals: Signals,
        search_texts: Callable[[], Texts],
        training_texts: Callable[[], Texts],
        gate_texts: Callable[[], Texts],
    ) -> None:
        self._learning = learning
        self._signals = signals
        self._search_texts = search_texts
        self._training_texts = training_texts
        self._gate_texts = gate_texts

    async def teach(
        self, actor: Actor, unit_id: str, group_id: int, kind: Decision, target: str, texts: Sequence[str]
    ) -> Taught:
        """Takes what is new of the texts. The group is closed although nothing was: it says nothing new."""
        wanted = list(dict.fromkeys(text for one in texts if (text := teachable(one))))
        learned = [(f"{one.kind.value}:{one.target}", one.text) for one in await self._learning.learned()]
        taken, dropped = await asyncio.to_thread(self._new_ones, kind, wanted, learned)
        await self._learning.teach(actor, unit_id, group_id, kind, target, taken)
        if taken and kind is not Decision.INTENT:
            await self._signals.notify(KNOWLEDGE_TOPIC)
        return Taught(tuple(taken), tuple(dropped))

    async def take_back(self, actor: Actor, learned_id: int) -> bool:
        done = await self._learning.take_back(actor, learned_id)
        await self._signals.notify(KNOWLEDGE_TOPIC)
        return done

    def _new_ones(
        self, kind: Decision, wanted: Sequence[str], learned: list[tuple[str, str]]
    ) -> tuple[list[str], list[tuple[str, str]]]:
        own = self._training_texts() if kind is Decision.INTENT else self._search_texts()
        of_kind = [one for one in learned if one[0].startswith("intent:") == (kind is Decision.INTENT)]
        known = Known([*own, *of_kind, *self._gate_texts()])
        taken: list[str] = []
        dropped = []
        for text in wanted:
            place = known.near(text)
            if place is None and any(near_copies(text, one) for one in taken):
                place = "same:"
            if place is None and sounds_sealed(normalise_folded(text), {}):
                place = "sealed:"
            if place is None:
                taken.append(text)
            else:
                dropped.append((text, place))
        return taken, dropped


def teacher(learning: SqlLearning, signals: Signals, knowledge: KnowledgeBase) -> Teacher:
    """One that knows the published records, and the texts and training data of this version of the program."""

    def search_texts() -> Iterator[tuple[str, str]]:
        texts = files.read_search_texts()
        records = {
            name: one.record
            for unit_id in knowledge.units
            if (known := knowledge.of(unit_id))
            for name, one in known.view.procedures.items()
        }
        for name, record in records.items():
            yield from ((f"phrase:{name}", text) for text in procedure_phrases(record))
        for name, phrases in texts.phrases.items():
            yield from ((f"phrase:{name}", text) for text in phrases)
        yield from (("none:", text) for text in texts.no_procedure)
        yield from (("foreign:out_of_scope", text) for text in texts.foreign)

    return Teacher(
        learning,
        signals,
        search_texts,
        lambda: ((f"intent:{intent}", text) for intent, text in files.read_training()),
        lambda: (("gate:", text) for text in files.read_gate_texts()),
    )


def teachable(text: str) -> str:
    """A text as it may be taught: masked, without what stands for the masked parts; empty when little is left."""
    plain = " ".join(_PLACEHOLDER.sub(" ", without_personal_data(text)).split())[: limits.LEARNING_CHARACTERS]
    return plain if sum(char.isalpha() for char in plain) >= 2 else ""
