"""Zalo's way out: a reply becomes messages, each sent once, within the citizen's window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.domain.channels import Outgoing
from bot.domain.errors import SendFailedError, StorageUnavailableError
from bot.domain.messages import ContactRequest, Reply
from bot.ports import Clock, CredentialStore, SentFiles
from connectors.zalo import limits
from connectors.zalo.answers import Accepted
from connectors.zalo.api import ZaloApi
from connectors.zalo.errors import Act, ZaloRefusedError
from connectors.zalo.messages import Message, render, render_plain, request_user_info
from connectors.zalo.templates import Templates
from connectors.zalo.uploads import Attached, Uploads, upload_of

log = structlog.get_logger("zalo")

PLATFORM = "zalo"
TEMPLATE = "template"
"""What a message is noted with that went out as a template."""


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


@dataclass(frozen=True, slots=True)
class Form:
    """The part that asks for the telephone number by Zalo's own form."""

    asked: ContactRequest
    picture: str


class _Recorder:
    """Records what Zalo took, and counts it."""

    def __init__(self, accepted: Callable[[str], Awaitable[None]]) -> None:
        self._accepted = accepted
        self.count = 0

    async def accepted(self, message_id: str) -> None:
        self.count += 1
        try:
            await self._accepted(message_id)
        except StorageUnavailableError as error:
            # It is out and nobody knows: the echo must say so before anything is sent again.
            raise SendFailedError("not_recorded", retry_after=limits.ECHO_WAIT, uncertain=True) from error


class ZaloConnector:
    """`form_picture`: address of the picture of the form that asks for a telephone number; None: no form is sent."""

    platform = PLATFORM

    def __init__(
        self,
        api: ZaloApi,
        clock: Clock,
        files: SentFiles,
        store: CredentialStore,
        form_picture: str | None = None,
    ) -> None:
        self._api = api
        self._clock = clock
        self._uploads = Uploads(api, files)
        self._templates = Templates(api, store)
        self._form_picture = form_picture

    async def send(self, outgoing: Outgoing, accepted: Callable[[str], Awaitable[None]]) -> str | None:
        recorder = _Recorder(accepted)
        try:
            await self._send(outgoing, recorder)
        except SendFailedError as closed:
            template_id = await self._templates.id_of(outgoing.channel_id, outgoing.reply.notice)
            begun = bool(outgoing.parts_sent or recorder.count)
            if closed.reason != limits.WINDOW_CLOSED or begun or template_id is None:
                raise
            await self._notify(outgoing, template_id, recorder, closed)
            return TEMPLATE
        return None

    async def _notify(self, outgoing: Outgoing, template_id: str, recorder: _Recorder, closed: SendFailedError) -> None:
        """A template in place of the message. What no template reaches either is for a person to call."""
        notice = outgoing.reply.notice
        try:
            sent = await self._templates.send(outgoing, template_id, notice.values if notice else {})
        except SendFailedError as error:
            if error.retry_after is not None or error.outcome == "token":
                raise
            log.warning("zalo.template_refused", channel_id=outgoing.channel_id, reason=error.reason)
            raise closed from error
        log.info("zalo.template_sent", channel_id=outgoing.channel_id, key=outgoing.key, quota_left=sent.quota_left)
        await recorder.accepted(sent.message_id)

    async def _send(self, outgoing: Outgoing, recorder: _Recorder) -> None:
        visitor = _Visitor.of(outgoing.citizen_id)
        parts = [{"text": one} for one in render_plain(outgoing.reply)] if visitor else self._parts(outgoing.reply)
        if outgoing.parts_sent >= len(parts):
            return
        if visitor is None:
            await self._check_window(outgoing)
        for at in range(outgoing.parts_sent, len(parts)):
            sent = await self._sent(outgoing, visitor, parts[at])
            if sent is None:
                continue
            log.info(
                "zalo.sent", channel_id=outgoing.channel_id, key=outgoing.key, part=at + 1, parts=len(parts),
                paid=sent.paid, quota_left=sent.quota_left,
            )  # fmt: skip
            await recorder.accepted(sent.message_id)

    def _parts(self, reply: Reply) -> list[Message | Attached | Form]:
        """Words first, then the files Zalo takes, then the form, which Zalo shows as a card of its own."""
        uploads = [(one, upload_of(one)) for one in reply.files]
        files = [Attached(upload, one, reply.naming([one])) for one, upload in uploads if upload is not None]
        forms = [Form(reply.contact, self._form_picture)] if reply.contact and self._form_picture else []
        return [*render(reply, [one for one, upload in uploads if upload is None]), *files, *forms]

    async def _sent(
        self, outgoing: Outgoing, visitor: _Visitor | None, part: Message | Attached | Form
    ) -> Accepted | None:
        """None for a form Zalo refuses: the question above it asks the same."""
        if isinstance(part, Attached):
            return await self._sent_file(outgoing, part)
        if isinstance(part, Form):
            return await self._sent_form(outgoing, part)
        if visitor is None:
            return await self._api.send(outgoing.channel_id, outgoing.citizen_id, part)
        return await self._api.send_anonymous(outgoing.channel_id, visitor.id, visitor.conversation, part["text"])

    async def _sent_form(self, outgoing: Outgoing, form: Form) -> Accepted | None:
        message = request_user_info(form.asked.title, form.asked.why, form.picture)
        try:
            return await self._api.send(outgoing.channel_id, outgoing.citizen_id, message)
        except SendFailedError as error:
            if not error.is_refusal:
                raise
            log.warning("zalo.form_refused", channel_id=outgoing.channel_id, key=outgoing.key, reason=error.reason)
            return None

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
            raise SendFailedError(limits.WINDOW_CLOSED, "unreachable") from error
        if not self._is_open(quota.last_interaction):
            raise SendFailedError(limits.WINDOW_CLOSED, "unreachable")

    def _is_open(self, last: datetime | None) -> bool:
        return last is not None and self._clock.now() - last < limits.WINDOW - limits.WINDOW_MARGIN
