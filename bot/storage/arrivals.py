"""What becomes of platforms' events in the transaction that saves them: some wait for an answer, the others are closed
at once, with their effect. What many have in common is one statement for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, bindparam, case, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import limits
from bot.domain.channels import Attachment, Inbound, Kind, Saved
from bot.domain.messages import Outcome
from bot.ports import Clock
from bot.storage import edits, notices, taken_back
from bot.storage.channels import Talk, insert_ignore, talks_of
from bot.storage.echoes import Echoes
from bot.storage.entries import HAND_BACK, STAFF_CONVERSATION, close, message_ids, message_row
from bot.storage.tables import channels, comments, conversations, events, media, messages
from bot.storage.values import storable_id, storable_json, storable_text

WAKING = frozenset({Kind.MESSAGE, Kind.OPENED, Kind.SHARED_INFO})
_OPENS_CONVERSATION = WAKING | {Kind.STAFF, Kind.ECHO}
_PART_OF_BURST = frozenset({"image", "gif", "audio", "video", "file", "location"})
_FETCHED = frozenset({"image", "gif", "audio", "video", "file"})
_ATTACHMENTS = 30
_NAME_CHARACTERS = 200
_URL_CHARACTERS = 4_000
_REMOVALS = ("remove", "delete")


@dataclass(slots=True)
class _Arrival:
    """An event on its way into the ledger. `event_id`: once it is saved and was not known."""

    event: Inbound
    batch: int
    external_id: str
    talk: Talk | None = None
    reason: str | None = None
    """Why it is closed at once; None while it waits for an answer."""
    event_id: int | None = None

    @property
    def wakes(self) -> bool:
        return self.event.kind in WAKING and self.talk is not None


class Arrivals:
    """Saves what came for one channel, over one connection."""

    def __init__(self, connection: AsyncConnection, channel_id: int, clock: Clock) -> None:
        self._connection = connection
        self._channel_id = channel_id
        self._clock = clock
        self._now = clock.now()
        self._echoes = Echoes(connection, channel_id, self._now)

    async def save(self, batches: Sequence[Sequence[Inbound]]) -> list[Saved]:
        """For each batch what became of it."""
        arrivals = [
            _Arrival(event, batch, storable_id(event.external_id))
            for batch, given in enumerate(batches)
            for event in given
        ]
        if not arrivals:
            return [Saved() for _ in batches]
        await self._find_talks(arrivals)
        await self._change_words(arrivals)
        for one in arrivals:
            one.reason = one.reason or self._reason(one)
        new = await self._insert(arrivals)
        await self._citizens_wrote([one for one in new if one.wakes])
        for one in new:
            if not one.wakes:
                await self._effect(one)
        return [_saved(batch, arrivals) for batch in range(len(batches))]

    async def _find_talks(self, arrivals: Iterable[_Arrival]) -> None:
        """Events about nobody belong to no conversation, and comments, whose authors are not known by the ids of the
        chat."""
        about = [one for one in arrivals if one.event.citizen_id and one.event.kind != Kind.COMMENT]
        citizens = {storable_id(one.event.citizen_id) for one in about}
        opening = {storable_id(one.event.citizen_id) for one in about if one.event.kind in _OPENS_CONVERSATION}
        talks = await talks_of(self._connection, self._channel_id, citizens, opening, self._clock)
        for one in about:
            one.talk = talks.get(storable_id(one.event.citizen_id))

    async def _change_words(self, arrivals: Iterable[_Arrival]) -> None:
        """Of messages that were edited or unsent before they arrived."""
        spoken = [one for one in arrivals if one.event.kind == Kind.MESSAGE]
        changed = await edits.words_before(self._connection, self._channel_id, [one.external_id for one in spoken])
        for one in spoken:
            words = changed.get(one.external_id)
            if words is not None:
                one.event = replace(one.event, text=words)
            elif one.external_id in changed:
                details = {taken_back.TAKEN_BACK: True}
                one.event = replace(one.event, text="", payload=None, attachments=(), details=details)
                one.reason = taken_back.TAKEN_BACK

    def _reason(self, one: _Arrival) -> str | None:
        if not one.wakes or one.talk is None:
            return _REASONS.get(one.event.kind, one.event.kind.value)
        if one.event.details.get("standby"):
            return "standby"
        if one.talk.staff_id is not None and one.event.payload != HAND_BACK:
            return STAFF_CONVERSATION
        quiet = one.talk.quiet_until is not None and one.talk.quiet_until > self._now
        return "staff_active" if quiet else None

    async def _insert(self, arrivals: Sequence[_Arrival]) -> list[_Arrival]:
        """Those that were not known, with their ids; of the others the repetition is counted."""
        # Nobody else is at a conversation we hold; the others go in one order, so that no two wait for each other.
        in_order = sorted(arrivals, key=lambda one: "" if one.talk else one.external_id)
        saved = await self._connection.execute(
            insert_ignore(self._connection, events).returning(events.c.id, events.c.external_id),
            [self._row(one) for one in in_order],
        )
        ids = {external_id: event_id for event_id, external_id in saved}
        new = []
        repeated: Counter[str] = Counter()
        for one in arrivals:
            one.event_id = ids.pop(one.external_id, None)
            if one.event_id is not None:
                new.append(one)
            else:
                repeated[one.external_id] += 1
        if repeated:
            again = update(events).where(
                events.c.channel_id == self._channel_id, events.c.external_id == bindparam("repeated")
            )
            await self._connection.execute(
                again.values(duplicates=events.c.duplicates + bindparam("times")),
                [{"repeated": external_id, "times": times} for external_id, times in sorted(repeated.items())],
            )
        return new

    def _row(self, one: _Arrival) -> dict[str, Any]:
        event = one.event
        details = dict(event.details)
        payload = event.payload
        if payload is not None and len(payload) > limits.PAYLOAD_CHARACTERS:
            details["payload"], payload = payload, None
        if one.talk is None and event.citizen_id:
            details["citizen_id"] = event.citizen_id
        return {
            "channel_id": self._channel_id,
            "external_id": one.external_id,
            "conversation_id": one.talk.id if one.talk else None,
            "kind": event.kind.value,
            "text": storable_text(event.text, limits.INBOUND_CHARACTERS),
            "payload": storable_text(payload, limits.PAYLOAD_CHARACTERS) if payload is not None else None,
            "received_at": self._now,
            "sent_at": event.sent_at,
            "attachments": storable_json([asdict(part) for part in event.attachments[:_ATTACHMENTS]]) or None,
            "details": storable_json(details) or None,
            "about": _about(event),
            "outcome": Outcome.IGNORED.value if one.reason else None,
            "reason": one.reason,
            "closed_at": self._now if one.reason else None,
        }

    # Events that wait for an answer

    async def _citizens_wrote(self, new: Sequence[_Arrival]) -> None:
        said: list[dict[str, Any]] = []
        files: list[dict[str, Any]] = []
        touched: dict[int, Talk] = {}
        for one in new:
            talk, event = one.talk, one.event
            assert talk is not None and one.event_id is not None  # noqa: S101, PT018
            touched[talk.id] = talk
            at = self._said_at(event)
            talk.last_inbound_at = max(talk.last_inbound_at or at, at)
            if is_part_of_burst([asdict(part) for part in event.attachments]):
                talk.burst_until = self._now + limits.BURST_WINDOW
            if event.kind == Kind.MESSAGE:
                meta = {"attachments": [part.kind for part in event.attachments]} if event.attachments else {}
                said.append(message_row(event, one.event_id, talk.id, talk.next_seq, "in", meta, self._now))
                talk.next_seq += 1
            files += self._files(event, one.event_id)
        if touched:
            await self._connection.execute(
                update(conversations)
                .where(conversations.c.id == bindparam("talk"))
                .values(
                    next_seq=bindparam("seq"),
                    last_event_at=self._now,
                    last_inbound_at=bindparam("inbound"),
                    burst_until=bindparam("burst"),
                    unreachable=None,
                ),
                [
                    {"talk": one.id, "seq": one.next_seq, "inbound": one.last_inbound_at, "burst": one.burst_until}
                    for one in touched.values()
                ],
            )
        if said:
            await self._connection.execute(insert(messages), said)
        if files:
            platform = select(channels.c.platform).where(channels.c.id == self._channel_id)
            await self._connection.execute(insert(media).values(platform=platform.scalar_subquery()), files)

    def _said_at(self, event: Inbound) -> datetime:
        """By the platform's clock, but never in the future: the window must not seem open longer than it is."""
        return min(event.sent_at, self._now) if event.sent_at is not None else self._now

    def _files(self, event: Inbound, event_id: int) -> list[dict[str, Any]]:
        return [
            {
                "event_id": event_id,
                "part": part,
                "kind": one.kind,
                "url": one.url,
                "name": storable_text(one.name, _NAME_CHARACTERS) if one.name else None,
                "state": "waiting",
                "next_attempt_at": self._now,
                "created_at": self._now,
            }
            for part, one in enumerate(event.attachments[:_ATTACHMENTS])
            if _is_fetched(one)
        ]

    # Events that need no answer

    async def _effect(self, one: _Arrival) -> None:
        event, event_id = one.event, one.event_id
        assert event_id is not None  # noqa: S101  (new)
        if event.kind == Kind.NOTICE:
            await notices.apply(self._connection, self._channel_id, event.details, self._said_at(event))
        elif event.kind == Kind.COMMENT:
            await self._commented(event, event_id)
        elif event.kind == Kind.EDIT:
            await self._edited(event, event_id)
        if one.talk is None:
            return
        if event.kind == Kind.ECHO:
            await self._echoes.echoed(event, event_id, one.talk.id)
        elif event.kind == Kind.STAFF:
            await self._echoes.staff_wrote(event, event_id, one.talk.id)
        elif event.kind == Kind.LEFT:
            await self._left(one.talk.id, self._said_at(event))
        elif event.kind in (Kind.RECEIPT, Kind.SEEN):
            await self._echoes.receipt(event, one.talk.id, self._said_at(event))
        elif event.kind == Kind.REACTION and event.details.get("action") == "react":
            await self._connection.execute(
                update(conversations)
                .where(conversations.c.id == one.talk.id)
                .values(last_inbound_at=_later(conversations.c.last_inbound_at, self._said_at(event)))
            )

    async def _left(self, conversation_id: int, at: datetime) -> None:
        """Told late, it changes nothing for somebody who has written since."""
        silent = or_(conversations.c.last_inbound_at.is_(None), conversations.c.last_inbound_at <= at)
        await self._connection.execute(
            update(conversations).where(conversations.c.id == conversation_id, silent).values(unreachable="left")
        )

    async def _commented(self, event: Inbound, event_id: int) -> None:
        """Whoever wrote below a post is invited to the chat, once for each comment."""
        about, verb = _about(event), event.details.get("verb")
        if about is None:
            return
        if verb in _REMOVALS:
            await self._taken_back(event, event_id)
        elif await taken_back.is_taken_back(self._connection, self._channel_id, about):
            await taken_back.erase(self._connection, self._channel_id, about, 0, self._now)
        elif verb == "add" and event.citizen_id:
            await self._connection.execute(
                insert_ignore(self._connection, comments).values(
                    channel_id=self._channel_id,
                    comment_id=about,
                    event_id=event_id,
                    commented_at=self._said_at(event),
                    next_attempt_at=self._now,
                )
            )

    async def _edited(self, event: Inbound, event_id: int) -> None:
        about = _about(event)
        if event.details.get("deleted"):
            await self._taken_back(event, event_id)
        elif about is not None:
            await edits.apply(self._connection, self._channel_id, event, event_id, about, self._now)

    async def _taken_back(self, event: Inbound, event_id: int) -> None:
        about = _about(event)
        if about is not None:
            await taken_back.erase(self._connection, self._channel_id, about, event_id, self._now)
            await close(self._connection, event_id, taken_back.TAKEN_BACK, self._now)


_REASONS = {
    Kind.WITHDRAW: "withdraw_asked",
    Kind.COMMENT: "comment_kept",
    Kind.NOTICE: "notice_for_staff",
    Kind.OTHER: "unknown_kind",
    Kind.MESSAGE: "nobody",
    Kind.OPENED: "nobody",
    Kind.SHARED_INFO: "nobody",
}


def _saved(batch: int, arrivals: Iterable[_Arrival]) -> Saved:
    of_batch = [one for one in arrivals if one.batch == batch]
    new = [one for one in of_batch if one.event_id is not None]
    waiting = sum(one.wakes and one.reason is None for one in new)
    return Saved(len(new), len(of_batch) - len(new), waiting)


def _about(event: Inbound) -> str | None:
    """The comment or message such an event is about; of a request to delete somebody's data its kind."""
    if event.kind == Kind.WITHDRAW:
        return Kind.WITHDRAW.value
    named = event.details.get("comment_id") if event.kind == Kind.COMMENT else None
    if event.kind == Kind.EDIT:
        named = next(iter(message_ids(event.details)), None)
    return storable_id(named) if isinstance(named, str) and named else None


def is_part_of_burst(attachments: Sequence[Mapping[str, Any]]) -> bool:
    return any(one.get("kind") in _PART_OF_BURST for one in attachments)


def _is_fetched(one: Attachment) -> bool:
    url = one.url or ""
    return (
        one.kind in _FETCHED
        and url.startswith(("https://", "http://"))
        and len(url) <= _URL_CHARACTERS
        and storable_text(url, _URL_CHARACTERS) == url
    )


def _later(column: Column[Any], value: datetime) -> Any:
    return case((or_(column.is_(None), column < value), value), else_=column)
