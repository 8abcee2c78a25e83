"""Conversations put into the database as the worker would leave them, without asking the assistant."""

from __future__ import annotations

from typing import Any

from bot.dialogue.explaining import fingerprint
from bot.domain.messages import InboundMessage, Outcome, Reply, Turn
from bot.storage.channels import Channel
from bot.storage.inbox import SqlInbox


class Talk:
    """Citizens who write, and turns as the dialogue would decide them."""

    def __init__(self, inbox: SqlInbox, channel: Channel) -> None:
        self._inbox = inbox
        self._channel = channel
        self._number = 0

    async def hears(
        self, text: str, outcome: Outcome = Outcome.REFUSE, citizen: str = "an", intent: str = "procedure_fee",
        procedure: str | None = None, path: str = "nothing_found", score: float = 0.6, **facts: Any,
    ) -> int:  # fmt: skip
        """The number of the event."""
        self._number += 1
        said = InboundMessage(f"e{self._number}", citizen, text)
        await self._inbox.save(self._channel.id, [said])
        event = await self._inbox.claim("one")
        assert event is not None
        why = {
            "path": path, "version": 2, "hits": [["dang-ky-khai-sinh", score]], "none": 0.1, "foreign": 0.05,
            "bands": {"answer": 0.85, "choose": 0.04}, "intents": [[intent, 0.7], ["greet", 0.1]],
            "text": fingerprint(text),
        }  # fmt: skip
        replies = (Reply("Dạ, trợ lý trả lời"), Reply("Dạ"))
        turn = Turn(outcome, replies, {}, intent=intent, procedure=procedure, why=why, **facts)
        await self._inbox.finish(event, "one", turn)
        return event.id
