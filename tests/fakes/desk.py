"""A desk that keeps tickets in memory and does what turns say, as the database does in the transaction of a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.dialogue.entities import ticket_code
from bot.domain.filing import (
    CODE_MARK,
    DUE_MARK,
    AddToTicket,
    Effect,
    EraseData,
    FileTicket,
    Filing,
    FollowTicket,
    GiveConsent,
    RateTicket,
    ReopenTicket,
    TicketFact,
    TicketFacts,
    WithdrawConsent,
    WithdrawTicket,
)
from bot.domain.messages import Turn
from bot.domain.tickets import GROUPS, RESTRICTED_KINDS, Group, TicketKind, TicketState
from bot.domain.views import LOCAL_ZONE
from tests.fakes import FakeClock

NO_DUE = "khi có kết quả"
WITHOUT_DEADLINE = frozenset({TicketKind.PRAISE, TicketKind.FEEDBACK})


@dataclass
class Kept:
    filing: Filing
    fact: TicketFact
    conversation_id: int
    followers: set[int] = field(default_factory=set)
    added: list[AddToTicket] = field(default_factory=list)


class FakeDesk:
    """`kept`: tickets by code, in the order they were filed. `effects`: of the last turn."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.kept: dict[str, Kept] = {}
        self.effects: tuple[Effect, ...] = ()
        self.consents: set[str] = set()
        self.looked = 0

    @property
    def last_code(self) -> str:
        return list(self.kept)[-1]

    async def facts(
        self, conversation_id: int, unit_id: str, codes: Sequence[str], draft: Filing | None
    ) -> TicketFacts:
        self.looked += 1
        mine = [one for one in self.kept.values() if conversation_id in {one.conversation_id, *one.followers}]
        own = tuple(replace(one.fact, own=True, followed=one.conversation_id != conversation_id) for one in mine)
        asked = next((self._seen(self.kept[code], conversation_id) for code in codes if code in self.kept), None)
        similar = () if draft is None else tuple(
            self._alike(one, conversation_id)
            for one in self.kept.values()
            if GROUPS[one.fact.state] is not Group.DONE
            and (one.filing.kind, one.filing.category, one.filing.hamlet) == (draft.kind, draft.category, draft.hamlet)
        )  # fmt: skip
        kept = (("tin nhắn", 3), ("phiếu", len(mine)), ("số điện thoại", len(self.consents & {"call_back"})))
        return TicketFacts(own[::-1], asked, similar, frozenset(self.consents), kept if conversation_id else ())

    def _seen(self, one: Kept, conversation_id: int) -> TicketFact | None:
        own = conversation_id in {one.conversation_id, *one.followers}
        if own:
            return replace(one.fact, own=True, followed=one.conversation_id != conversation_id)
        return None if one.filing.kind in RESTRICTED_KINDS else replace(one.fact, summary="", last_reply="")

    def _alike(self, one: Kept, conversation_id: int) -> TicketFact:
        if one.conversation_id == conversation_id:
            return replace(one.fact, own=True)
        return replace(one.fact, summary=f"{one.filing.category}, {one.filing.place}")

    def file(self, filing: Filing, conversation_id: int) -> str:
        now = self._clock.now()
        code = ticket_code(now.astimezone(LOCAL_ZONE).date(), len(self.kept) + 1)
        due = None if filing.kind in WITHOUT_DEADLINE else now + timedelta(days=7)
        fact = TicketFact(code, filing.kind, TicketState.NEW, now, due, own=False, summary=filing.text[:80])
        self.kept[code] = Kept(filing, fact, conversation_id)
        return code

    def change(self, code: str, **changes: object) -> None:
        self.kept[code].fact = replace(self.kept[code].fact, **changes)  # type: ignore[arg-type]

    def perform(self, turn: Turn, conversation_id: int) -> Turn:
        """The turn as the citizen receives it, its effects done."""
        self.effects = turn.effects
        for effect in turn.effects:
            match effect:
                case FileTicket(filing):
                    turn = self._marked(turn, self.file(filing, conversation_id))
                case AddToTicket(code):
                    self.kept[code].added.append(effect)
                case FollowTicket(code):
                    self.kept[code].followers.add(conversation_id)
                case WithdrawTicket(code):
                    self.change(code, state=TicketState.CLOSED, closed_at=self._clock.now())
                case RateTicket(code, stars):
                    self.change(code, rating=stars)
                case ReopenTicket(code):
                    reopened = self.kept[code].fact.reopened + 1
                    self.change(code, state=TicketState.IN_PROGRESS, reopened=reopened, closed_at=None)
                case GiveConsent(purpose):
                    self.consents.add(purpose)
                case WithdrawConsent() | EraseData():
                    self.consents.clear()
        return turn

    def _marked(self, turn: Turn, code: str) -> Turn:
        due = self.kept[code].fact.due_at
        said = f"{due.astimezone(LOCAL_ZONE):%H:%M %d/%m/%Y}" if due else NO_DUE
        replies = (replace(one, text=one.text.replace(CODE_MARK, code).replace(DUE_MARK, said)) for one in turn.replies)
        return replace(turn, replies=tuple(replies))
