"""What the pages of the ticket desk are handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.ports import MediaStore
from bot.storage.conversations import SqlConversations
from bot.storage.filing import SqlFiling
from bot.storage.sealed_box import SqlSealedBox
from bot.storage.ticket_actions import TicketActions
from bot.storage.ticket_facts import SqlTicketFacts
from bot.storage.ticket_news import SqlTicketNews
from bot.storage.ticket_reports import SqlTicketReports
from bot.storage.tickets import SqlTickets


@dataclass(frozen=True)
class Desk:
    """`categories`: what reports are about, names by id. `media`: where files lie."""

    tickets: SqlTickets
    facts: SqlTicketFacts
    news: SqlTicketNews
    actions: TicketActions
    filing: SqlFiling
    conversations: SqlConversations
    sealed: SqlSealedBox
    reports: SqlTicketReports
    media: MediaStore
    categories: Mapping[str, str]

    def category(self, category_id: str | None) -> str:
        return self.categories.get(category_id, category_id) if category_id else ""
