"""Zalo's way out: a reply becomes messages, each sent once, within the citizen's window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.domain.channels import Outgoing
from bot.domain.errors import SendFailedError, StorageUnavailableError
from bot.domain.messages import Reply
from bot.ports import Clock, SentFiles
from connectors.zalo import limits
from connectors.zalo.answers import Accepted
from connectors.zalo.api import ZaloApi
from connectors.zalo.errors import Act, ZaloRefusedError
from connectors.zalo.messages import Message, render, render_plain
from connectors.zalo.uploads import Attached, Uploads, upload_of

log = structlog.get_logger("zalo")

PLATFORM = "zalo"


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Somebody without Zalo identity (see events)."""

    id: str
    conversation: str

    @classmethod
    def of(cls, citizen_id: str) -> _Visitor | None:
        kind, _, rest = citizen_id.partition(":")
        visitor, _, conversation = rest.partition(":")
        return cls(visitor, conversation) if kind == limits.ANONYMOUS and conversation else None


class ZaloConnector:
    platform = PLATFORM

    def __init__(self, api: ZaloApi, clock: Clock, files: SentFiles) -> None:
        self._api = api
        self._clock = clock
        self._uploads = Uploads(api, files)

    async def send(self, outgoing: Outgoing, accepted: Callable[[str], Awaitable[None]]) -> None:
        visitor = _Visitor.of(outgoing.citizen_id)
        parts = _parts(outgoing.reply) if visitor is None else [{"text": one} for one in render_plain(outgoing.reply)]
        if outgoing.parts_sent >= len(parts):
            return
        if visitor is None:
            await self._check_window(outgoing)
        for at in range(outgoing.parts_sent, len(parts)):
            sent = await self._sent(outgoing, visitor, parts[at])
            log.info(
                "zalo.sent", channel_id=outgoing.channel_id, key=outgoing.key, part=at + 1, parts=len(parts),
                paid=sent.paid, quota_left=sent.quota_left,
            )  # fmt: skip
            try:
                await accepted(sent.message_id)
            except StorageUnavailableError as error:
                # It is out and nobody knows: the echo must say so before anything is sent again.
                raise SendFailedError("not_recorded", retry_after=limits.ECHO_WAIT, uncertain=True) from error

    async def _sent(self, outgoing: Outgoing, visitor: _Visitor | None, part: Message | Attached) -> Accepted:
        if isinstance(part, Attached):
            return await self._sent_file(outgoing, part)
        if visitor is None:
            return await self._api.send(outgoing.channel_id, outgoing.citizen_id, part)
        return await self._api.send_anonymous(outgoing.channel_id, visitor.id, visitor.conversation, part["text"])

    async def _sent_file(self, outgoing: Outgoing, part: Attached) -> Accepted:
        """A file Zalo refuses is named in words instead; one whose upload ran out is uploaded once more."""
        channel_id, citizen_id = outgoing.channel_id, outgoing.citizen_id
        try:
            try:
                return await self._api.send(channel_id, citizen_id, await self._uploads.message(channel_id, part))
            except ZaloRefusedError as error:
                if error.act is not Act.UPLOAD:
                    raise
                return await self._api.send(channel_id, citizen_id, await self._uploads.message(channel_id, part))
        except SendFailedError as error:
            if not error.is_refusal:
                raise
            log.warning("zalo.file_refused", channel_id=channel_id, key=outgoing.key, reason=error.reason)
            return await self._api.send(channel_id, citizen_id, {"text": part.instead})

    async def _check_window(self, outgoing: Outgoing) -> None:
        """Our clock misses taps on menus and icons, so Zalo is asked before a message is given up."""
        if self._is_open(outgoing.last_inbound_at):
            return
        try:
            quota = await self._api.quota(outgoing.channel_id, outgoing.citizen_id)
        except SendFailedError as error:
            if error.retry_after is not None or error.outcome == "token":
                raise
            raise SendFailedError("window_closed", "unreachable") from error
        if not self._is_open(quota.last_interaction):
            raise SendFailedError("window_closed", "unreachable")

    def _is_open(self, last: datetime | None) -> bool:
        return last is not None and self._clock.now() - last < limits.WINDOW - limits.WINDOW_MARGIN


def _parts(reply: Reply) -> list[Message | Attached]:
    """Words first, then the files Zalo takes."""
    uploads = [(one, upload_of(one)) for one in reply.files]
    files = [Attached(upload, one, reply.naming([one])) for one, upload in uploads if upload is not None]
    return [*render(reply, [one for one, upload in uploads if upload is None]), *files]
