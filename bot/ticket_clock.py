"""The clock of tickets and conversations: every minute what is due, every hour what is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog

from bot.domain import topics
from bot.domain.records import Unit
from bot.ports import Signals
from bot.storage.conversations import SqlConversations
from bot.storage.ticket_changes import Change, Views
from bot.storage.ticket_reports import SqlTicketReports
from bot.storage.ticket_retention import SqlTicketRetention
from bot.storage.ticket_timer import SqlTicketTimer

log = structlog.get_logger("ticket_clock")


class TicketClock:
    """`units`: the ids of those that have published something now."""

    def __init__(
        self,
        timer: SqlTicketTimer,
        retention: SqlTicketRetention,
        conversations: SqlConversations,
        reports: SqlTicketReports,
        signals: Signals,
        views: Views,
        units: Callable[[], Iterable[str]],
    ) -> None:
        self._timer = timer
        self._retention = retention
        self._conversations = conversations
        self._reports = reports
        self._signals = signals
        self._views = views
        self._units = units
        self._counted_by: dict[str, tuple[Unit, ...]] = {}

    async def tick(self) -> None:
        """Once a minute, when the publications are loaded. Deadlines first: what a new calendar moves is not warned
        of."""
        if not list(self._units()):
            return
        await self._recompute()
        for step in (self._timer.warn, self._timer.escalate, self._timer.close_answered):
            await self._announce(step.__name__, await step())
        reminded = await self._timer.remind_drafts()
        for unit_id, conversation_id in reminded:
            await self._wake(unit_id, [conversation_id])
        back = await self._conversations.hand_back_idle()
        if reminded or back:
            log.info("conversations.ticked", reminded=len(reminded), handed_back=back)

    async def forget(self) -> None:
        """Once an hour, before old conversations go: their counts stay."""
        await self._reports.keep_days()
        anonymised, erased = await self._retention.anonymise_old(), await self._retention.erase_sealed()
        if anonymised or erased:
            log.info("retention.done", tickets=anonymised, sealed=erased)

    async def _recompute(self) -> None:
        """The tickets of every unit whose published calendar is another than at the last look."""
        for unit_id in self._units():
            view = self._views(unit_id)
            if view is not None and self._counted_by.get(unit_id) != view.chain:
                await self._announce("recompute", await self._timer.recompute(unit_id))
                self._counted_by[unit_id] = view.chain

    async def _announce(self, step: str, made: list[Change]) -> None:
        for change in made:
            await self._wake(change.ticket.unit_id, change.spoken_to)
        if made:
            log.info("tickets.ticked", step=step, tickets=len(made))

    async def _wake(self, unit_id: str, conversations: Iterable[int]) -> None:
        await self._signals.notify(topics.console(unit_id))
        for conversation_id in conversations:
            await self._signals.notify(topics.OUTBOX)
            await self._signals.notify(topics.chat(conversation_id))
