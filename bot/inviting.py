"""The loop that invites whoever wrote a public comment to the chat: one private reply, never a public word."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

import structlog
from prometheus_client import Counter

from bot import limits
from bot.domain.errors import SendFailedError, StorageUnavailableError
from bot.domain.messages import Reply
from bot.ports import PrivateReplier
from bot.storage.comments import SENT, Comment, SqlComments

log = structlog.get_logger("comments")

PLATFORM = "facebook"
ALREADY = "already_replied"
"""The platform itself allows one private reply: after a lost answer this is the proof that it went out."""
KEY = "tt-comment-{id}"

INVITED = Counter(
    "thanthien_comment_invitations_total", "Private replies to comments by what became of them", ["outcome"]
)


class Inviter:
    """`words`: the invitation of a unit; None when nothing of it is published."""

    def __init__(self, rows: SqlComments, replier: PrivateReplier, words: Callable[[str], Reply | None]) -> None:
        self._rows = rows
        self._replier = replier
        self._words = words

    async def run(self) -> None:
        while True:
            try:
                while await self.step():
                    pass
            except StorageUnavailableError as error:
                log.warning("comments.storage_unavailable", error=str(error))
            await asyncio.sleep(5 * limits.POLL_INTERVAL)

    async def step(self) -> bool:
        """Replies to one comment if one is due."""
        comment = await self._rows.claim(PLATFORM)
        if comment is None:
            return False
        reply = self._words(comment.unit_id)
        if reply is None:
            await self._rows.retry(comment, limits.TOKEN_RETRY, "nothing published", counted=False)
            return True
        try:
            key = KEY.format(id=comment.id)
            await self._replier.reply_privately(
                comment.channel_id, comment.comment_id, comment.commented_at, reply, key
            )
        except SendFailedError as error:
            outcome = await self._failed(comment, error)
        except StorageUnavailableError:
            raise
        except Exception as error:
            log.error("comments.failed", comment_row=comment.id, error=type(error).__name__)
            outcome = await self._failed(comment, SendFailedError(type(error).__name__, retry_after=0))
        else:
            await self._rows.close(comment, SENT)
            outcome = SENT
        INVITED.labels(outcome).inc()
        return True

    async def _failed(self, comment: Comment, failure: SendFailedError) -> str:
        if failure.reason == ALREADY:
            await self._rows.close(comment, SENT, ALREADY)
            return SENT
        is_token = failure.outcome == "token"
        waits = is_token or failure.told or failure.reason.startswith("rate_limited")
        again = failure.retry_after is not None or failure.uncertain or is_token
        if again and (waits or comment.attempts < limits.OUTBOX_ATTEMPTS):
            least = limits.TOKEN_RETRY.total_seconds() if is_token else 2**comment.attempts * random.uniform(0.5, 1)  # noqa: S311
            seconds = min(max(failure.retry_after or 0, least), limits.TOLD_WAIT_MAX.total_seconds())
            await self._rows.retry(comment, timedelta(seconds=seconds), failure.reason, counted=not waits)
            return "retry"
        await self._rows.close(comment, failure.outcome, failure.reason)
        log.warning("comments.not_invited", comment_row=comment.id, reason=failure.reason)
        return failure.outcome
