"""Understands a message and decides the turn; no database session is open meanwhile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot import limits
from bot.dialogue import draft as steps
from bot.dialogue import texts_vi as say
from bot.dialogue.context import Bands, FactsNeededError, with_menu
from bot.dialogue.doors import names
from bot.dialogue.editable import said
from bot.dialogue.entities import canonical_phone, masked
from bot.dialogue.router import decide
from bot.dialogue.state import State
from bot.dialogue.understanding import Understanding, read
from bot.domain.errors import NluUnavailableError
from bot.domain.filing import Filing, TicketFacts
from bot.domain.meaning import Found, Meaning
from bot.domain.messages import Attached, Outcome, Reply, Turn
from bot.ports import Cache, Nlu, TicketDesk
from bot.services.knowledge import KnowledgeBase, UnitKnowledge
from knowledge.emergencies import EmergencyRules
from knowledge.normalise import normalise
from knowledge.search import SearchIndex

log = structlog.get_logger("assistant")


class Assistant:
    """The pipeline from a citizen's words to a turn, independent of any channel."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        nlu: Nlu,
        cache: Cache,
        rules: EmergencyRules,
        bands: Bands | None = None,
        desk: TicketDesk | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._nlu = nlu
        self._cache = cache
        self._rules = rules
        self._desk = desk
        self.bands = bands or Bands()
        self._bands_of: dict[str, Bands] = {}

    def adopt(self, model: str, bands: Bands) -> None:
        """From now on these thresholds hold for what this model read, and for what no model read. The thresholds of
        the models before are kept: an answer of theirs may still be on its way."""
        self._bands_of = {**self._bands_of, model: bands}
        self.bands = bands

    def _bands_for(self, meaning: Meaning | None) -> Bands:
        return self._bands_of.get(meaning.model, self.bands) if meaning else self.bands

    async def turn(
        self,
        unit_id: str,
        state: dict[str, Any],
        text: str,
        payload: str | None,
        now: datetime,
        attached: Sequence[Attached] = (),
        conversation_id: int | None = None,
    ) -> Turn:
        """One turn of a conversation. `state`: as the last turn left it, empty at the start. `attached`: what came
        beside the words. `conversation_id` None: nobody's, it has no tickets."""
        known = self._knowledge.of(unit_id)
        if known is None:
            raise LookupError(f"unit {unit_id} has nothing published")
        heard = await self.hear(unit_id, text, payload, attached)
        bands, before = self._bands_for(heard.meaning), State.from_json(state)
        try:
            return decide(known.view, before, heard, now, bands)
        except FactsNeededError as needed:
            facts = await self._facts(conversation_id, unit_id, needed.codes, needed.draft)
        return decide(known.view, before, heard, now, bands, facts)

    async def shared_phone(
        self, unit_id: str, state: dict[str, Any], phone: str | None, now: datetime, conversation_id: int | None
    ) -> Turn:
        """The turn for a number shared through the platform's form: an answer where one was asked for, kept otherwise
        nowhere."""
        draft = State.from_json(state).draft
        number = canonical_phone(f"+{phone}" if phone and phone.startswith("84") else phone or "")
        if number is None or draft is None or draft.step != steps.PHONE:
            return Turn(Outcome.IGNORED, (), state, reason="shared_info_unasked")
        return await self.turn(unit_id, state, number, None, now, (), conversation_id)

    async def _facts(
        self, conversation_id: int | None, unit_id: str, codes: Sequence[str], draft: Filing | None
    ) -> TicketFacts:
        if self._desk is None or conversation_id is None:
            return TicketFacts()
        return await self._desk.facts(conversation_id, unit_id, codes, draft)

    async def hear(
        self, unit_id: str, text: str, payload: str | None = None, attached: Sequence[Attached] = ()
    ) -> Understanding:
        """One message as rules, Rasa and search read it, apart from any conversation."""
        known = self._knowledge.of(unit_id)
        if known is None:
            raise LookupError(f"unit {unit_id} has nothing published")
        heard = read(text, payload, tuple(attached))
        return heard if payload is not None or heard.is_blank else await self._understand(known, heard)

    def apology(self, unit_id: str, state: dict[str, Any]) -> Turn:
        """The turn for a message that failed in every attempt."""
        known = self._knowledge.of(unit_id)
        if known is None:
            text = say.FAILED.format(counter_phone=say.COUNTER)
        else:
            phone = known.view.counter_phone or say.COUNTER
            text = said(known.view, "FAILED", {"counter_phone": phone, "unit": known.view.name})
        reply = Reply(text)
        return Turn(Outcome.FAILED, (reply,), state, reason="error")

    def invitation(self, unit_id: str, now: datetime) -> Reply | None:
        """What somebody who wrote a public comment is told in private."""
        known = self._knowledge.of(unit_id)
        return with_menu(said(known.view, "COMMENT_INVITE", names(known.view, now))) if known else None

    async def _understand(self, known: UnitKnowledge, heard: Understanding) -> Understanding:
        emergency = self._rules.detect(heard.text)
        meaning = None if emergency else await self._meaning(masked(heard.text[: limits.TEXT_CHARACTERS], phones=False))
        return replace(
            heard,
            emergency=emergency,
            meaning=meaning,
            procedures=_published(
                self._procedures(known.procedures, heard, self._bands_for(meaning)), known.view.procedures
            ),
            positions=_published(_search(known.positions, heard.contact_subject), known.view.positions),
        )

    def _procedures(self, index: SearchIndex, heard: Understanding, bands: Bands) -> Found:
        """The search, asked again for the bare subject when the aspect's words hid it."""
        found = _search(index, heard.asserted)
        subject = heard.procedure_subject
        if found.none < bands.none or subject is None:
            return found
        again = _search(index, subject)
        sure = again.best is not None and again.best.score >= bands.answer
        return again if sure and again.none < 1 - bands.answer else found

    async def _meaning(self, text: str) -> Meaning | None:
        models = await self._nlu.models()
        key = "parse:" + hashlib.sha256(f"{models}\n{normalise(text)}".encode()).hexdigest()
        kept = await self._cache.get(key) if models else None
        if kept is not None:
            data = json.loads(kept)
            return Meaning(data[0], data[1], tuple((name, score) for name, score in data[2]), data[3])
        try:
            meaning = await self._nlu.parse(text)
        except NluUnavailableError as error:
            log.warning("nlu.unavailable", error=str(error))
            return None
        value = json.dumps([meaning.intent, meaning.confidence, meaning.ranking, meaning.model])
        if models:
            await self._cache.set(key, value, limits.PARSE_CACHE_LIFETIME)
        return meaning


def _published(found: Found, records: Collection[str]) -> Found:
    """Without what was withdrawn a moment ago and is still in the index."""
    if all(hit.id in records for hit in found.hits):
        return found
    return replace(found, hits=tuple(hit for hit in found.hits if hit.id in records))


def _search(index: SearchIndex, text: str) -> Found:
    """A broken engine is told apart from nothing relevant."""
    try:
        return index.find(text)
    except (ValueError, IndexError, ArithmeticError) as error:
        log.error("search.failed", error=type(error).__name__)
        return Found(failed=True)
