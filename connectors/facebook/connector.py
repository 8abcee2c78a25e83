"""Messenger's way out: renders, minds the reply window and the page's pauses, sends part after part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import PurePath

import structlog

from bot.domain.channels import Outgoing
from bot.domain.errors import StorageUnavailableError
from bot.domain.messages import File, Reply
from bot.ports import Clock, CredentialStore, SentFiles
from connectors.facebook import errors, limits, messages
from connectors.facebook.api import Access, GraphApi, Upload
from connectors.facebook.errors import GraphError
from connectors.facebook.messages import Action, Message
from connectors.facebook.pacing import Pace

log = structlog.get_logger("facebook")

PLATFORM = "facebook"


class FacebookConnector:
    platform = PLATFORM

    def __init__(self, api: GraphApi, store: CredentialStore, clock: Clock, files: SentFiles) -> None:
        self._api = api
        self._files = files
        self._store = store
        self._clock = clock
        self._pace = Pace()
        self._alarmed: set[int] = set()

    async def send(self, outgoing: Outgoing, accepted: Callable[[str], Awaitable[None]]) -> str | None:
        parts = messages.render(outgoing.reply)
        files = dict(enumerate(messages.files_of(outgoing.reply), len(parts) - len(messages.files_of(outgoing.reply))))
        access = await self._access(outgoing.channel_id)
        for number, part in enumerate(parts):
            if number < outgoing.parts_sent:
                continue
            human_agent = _is_human_agent(outgoing, self._clock.now())
            body = messages.to_person(
                outgoing.citizen_id, messages.marked(part, outgoing.key, number), human_agent=human_agent
            )
            file = files.get(number)
            if file is None:
                mid = await self._send(outgoing.channel_id, access, body)
            else:
                mid = await self._send_file(outgoing, access, body, file)
            log.info("facebook.sent", channel_id=outgoing.channel_id, part=number + 1, parts=len(parts))
            await accepted(mid)
        return None

    async def reply_privately(
        self, channel_id: int, comment_id: str, commented_at: datetime | None, reply: Reply, key: str
    ) -> str | None:
        """One message to who wrote a comment, once and within seven days; its id, None when there is nothing to say.
        It does not open the window: the person must answer first. Raises SendFailedError."""
        if commented_at is not None and self._clock.now() - commented_at > limits.PRIVATE_REPLY_WINDOW:
            raise GraphError(errors.verdict(100, 2534025))
        message = messages.render_one(reply)
        if message is None:
            return None
        access = await self._access(channel_id)
        mid = await self._send(channel_id, access, messages.to_comment(comment_id, messages.marked(message, key, 0)))
        log.info("facebook.private_reply", channel_id=channel_id)
        return mid

    async def show(self, channel_id: int, citizen_id: str, action: Action) -> None:
        """Typing or seen: left out when the quota runs low, never a failure."""
        try:
            access = await self._access(channel_id)
            if not self._pace.is_busy(access, self._clock.now()):
                used = await self._api.act(access, messages.action(citizen_id, action))
                self._pace.used(access, used, self._clock.now())
        except GraphError as error:
            log.info("facebook.action_failed", channel_id=channel_id, action=action, reason=error.reason)

    async def _send_file(self, outgoing: Outgoing, access: Access, body: Message, file: File) -> str:
        """A file Messenger refuses is named in words instead."""
        try:
            return await self._send(outgoing.channel_id, access, body, await self._upload(file))
        except (GraphError, LookupError) as error:
            if isinstance(error, GraphError) and not error.is_refusal:
                raise
            log.warning("facebook.file_refused", channel_id=outgoing.channel_id, key=outgoing.key)
        rest = {key: value for key, value in body["message"].items() if key != "attachment"}
        words = {"text": outgoing.reply.naming([file]), **rest}
        return await self._send(outgoing.channel_id, access, {**body, "message": words})

    async def _upload(self, file: File) -> Upload:
        """Raises LookupError when the file is gone."""
        if file.content_type.startswith("image/") and file.size > limits.PICTURE_BYTES:
            content, ending = await self._files.picture(file.key, limits.PICTURE_BYTES)
            return Upload(f"{PurePath(file.name).stem}.{ending}", "image/jpeg", content)
        return Upload(file.name, file.content_type, await self._files.open(file.key))

    async def _send(self, channel_id: int, access: Access, body: Message, file: Upload | None = None) -> str:
        self._pace.check(access, self._clock.now())
        try:
            mid, used = await self._api.send(access, body, file)
        except GraphError as error:
            raise await self._judged(channel_id, access, body, error) from None
        self._pace.used(access, used, self._clock.now())
        if channel_id in self._alarmed:
            await self._alarm(channel_id, None)
        return mid

    async def _judged(self, channel_id: int, access: Access, body: Message, error: GraphError) -> GraphError:
        """Logs a failure, tells the administrator, pauses the page."""
        log.warning(
            "facebook.refused",
            channel_id=channel_id,
            reason=error.reason,
            code=error.code,
            subcode=error.subcode,
            trace=error.trace,
            uncertain=error.uncertain,
            body=messages.shape(body) if error.outcome == "rejected" and error.retry_after is None else None,
        )
        # What Meta answers to the tag of an app without the feature is not documented; these are expected.
        if "tag" in body and error.reason in (errors.WINDOW_CLOSED, errors.PERMISSION_MISSING):
            return GraphError(errors.HUMAN_AGENT_REFUSED, error.code, error.subcode, error.trace)
        self._pace.refused(access, error.verdict, self._clock.now())
        if error.verdict.alarm:
            await self._alarm(channel_id, error.reason)
        return error

    async def _access(self, channel_id: int) -> Access:
        try:
            found = await self._store.credentials(channel_id)
            return Access(found.account, found.secrets["page_token"], found.secrets["app_secret"])
        except LookupError:
            raise GraphError(errors.NO_CREDENTIALS) from None

    async def _alarm(self, channel_id: int, reason: str | None) -> None:
        try:
            await self._store.raise_alarm(channel_id, reason)
        except StorageUnavailableError:
            # The outcome of the message matters more; the next refusal raises the alarm again.
            log.warning("facebook.alarm_not_kept", channel_id=channel_id)
        else:
            (self._alarmed.discard if reason is None else self._alarmed.add)(channel_id)


def _is_human_agent(outgoing: Outgoing, now: datetime) -> bool:
    """Whether the tag for people's own words is needed. Raises GraphError when the window is closed; a citizen of whom
    no opening act is known cannot be written to."""
    since = outgoing.last_inbound_at
    if since is not None:
        age = now - since
        # A tag inside the window breaks Meta's policy, so people's words get no margin there.
        if age < (limits.WINDOW if outgoing.by_staff else limits.WINDOW - limits.WINDOW_MARGIN):
            return False
        if outgoing.by_staff and age <= limits.HUMAN_AGENT_WINDOW - limits.WINDOW_MARGIN:
            return True
    raise GraphError(errors.verdict(10, 2018278))
