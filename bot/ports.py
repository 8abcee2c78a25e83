"""What the core needs from outside, as protocols. Adapters implement them; bot/system.py wires them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.channels import Credentials, Inbound, Outgoing, Saved, TokenPair
from bot.domain.filing import Filing, TicketFacts
from bot.domain.meaning import Meaning
from bot.domain.messages import Delivery, Event, InboundMessage, Reply, StoredMessage, Turn


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, aware, UTC."""


class Nlu(Protocol):
    async def parse(self, text: str) -> Meaning:
        """The intents of a text. Raises NluUnavailableError."""

    async def models(self) -> str | None:
        """Which models answer; None when that is not known. Readings of other models are no longer good."""


class Cache(Protocol):
    """Short-lived copies; losing one costs time, never data. A failing cache behaves as an empty one."""

    async def get(self, key: str) -> str | None: ...

    async def set(self, key: str, value: str, lifetime: timedelta) -> None: ...


class Signals(Protocol):
    """Wake-ups between the parts of the system. One may be lost: every waiter also looks by itself now and then."""

    async def notify(self, topic: str) -> None: ...

    def subscribe(self, topic: str) -> Subscription:
        """Wake-ups sent after this call are not missed."""


class Subscription(Protocol):
    async def wait(self, timeout: float) -> bool:
        """True when a wake-up arrived, False after `timeout` seconds."""

    async def close(self) -> None: ...


class Inbox(Protocol):
    """The ledger of inbound events. Every method that touches the database may raise StorageUnavailableError."""

    async def save(self, channel_id: int, messages: Sequence[InboundMessage]) -> list[tuple[int, int]]:
        """Saves events, each once however often it arrives: (conversation id, sequence number) for each."""

    async def save_events(self, channel_id: int, events: Sequence[Inbound]) -> Saved:
        """Saves events of a platform, each once however often it arrives, and closes those that need no answer, with
        their effect, in the same transaction."""

    async def claim_many(self, owner: str, at_most: int) -> list[Event]:
        """The oldest unhandled events, each of another conversation that nobody holds, with what belongs to them (an
        album, words, a pin), now held by `owner` for a while."""

    async def finish(self, event: Event, owner: str, turn: Turn) -> None:
        """In one transaction: state, messages, outbox rows, outcome. Raises LeaseLostError, writing nothing."""

    async def postpone(self, event: Event, owner: str) -> None:
        """Gives a failed event back for a later try."""

    async def burst_ends_in(self) -> timedelta | None:
        """When the next burst is complete; None when none is awaited."""


class Outbox(Protocol):
    async def claim_many(self, platforms: Sequence[str], at_most: int) -> list[Delivery]:
        """The oldest messages due on these platforms whose conversations have nothing older unsent."""

    async def accepted(self, delivery: Delivery, message_id: str) -> None:
        """Commits that the platform accepted the next part."""

    async def close(self, delivery: Delivery, outcome: str, reason: str | None = None) -> None: ...

    async def retry(self, delivery: Delivery, after: timedelta, reason: str, *, counted: bool = True) -> None:
        """`counted`: whether this was one of the tries a message has."""

    async def await_echo(self, delivery: Delivery, wait: timedelta, reason: str, known_parts: int) -> None:
        """The platform may have accepted the part after the `known_parts`: nothing is sent until its echo came or
        `wait` has passed."""

    async def pause(self, delivery: Delivery, wait: timedelta, reason: str, *, alarm: bool) -> None:
        """Nothing of the whole channel is sent for a while; this try is not counted."""


class Transcripts(Protocol):
    async def messages(self, conversation_id: int, after: int, limit: int) -> list[StoredMessage]: ...

    async def is_typing(self, conversation_id: int) -> bool:
        """Whether an event of the conversation still waits for its answer."""


class CredentialStore(Protocol):
    """The channels' secrets, encrypted at rest."""

    async def credentials(self, channel_id: int) -> Credentials:
        """Raises LookupError when the channel has none."""

    async def tokens(self, channel_id: int) -> TokenPair | None: ...

    async def keep_tokens(self, channel_id: int, spent: str | None, pair: TokenPair) -> bool:
        """Commits a new pair in place of the one whose refresh token was `spent`; False when another process was
        first, and nothing is changed."""

    async def raise_alarm(self, channel_id: int, reason: str | None) -> None:
        """What an administrator must mend (shown by `check`, on the console and in metrics); None: all is well."""


class TicketDesk(Protocol):
    """What a conversation may be told about tickets. Written to only by the transaction that closes an event."""

    async def facts(
        self, conversation_id: int, unit_id: str, codes: Sequence[str], draft: Filing | None
    ) -> TicketFacts:
        """Of this conversation; `asked` is the ticket of the first of `codes` that exists, `similar` is looked for only
        when there is a `draft`."""


class Leases(Protocol):
    """Work that one process at a time may do."""

    def hold(self, name: str, lifetime: timedelta) -> AbstractAsyncContextManager[bool]:
        """Yields True to the one that holds the lease, False to the others; given back at the end."""


class PlatformConnector(Protocol):
    """One platform's way out. Signature checks and parsing live beside it as plain functions."""

    platform: str

    async def send(self, outgoing: Outgoing, accepted: Callable[[str], Awaitable[None]]) -> str | None:
        """Sends the parts not sent yet, awaiting `accepted` with the platform's message id after each. Returns how it
        went out when it was not as a message of the conversation. Raises SendFailedError."""


class PrivateReplier(Protocol):
    """A platform that can write once to whoever wrote a public comment."""

    async def reply_privately(
        self, channel_id: int, comment_id: str, commented_at: datetime | None, reply: Reply, key: str
    ) -> str | None:
        """The message id; None when there is nothing to say. Raises SendFailedError."""


class Gateway(Protocol):
    """One platform's way in: checks and reads what it posts. Pure; no method raises, whatever arrives."""

    platform: str

    def accounts(self, body: object) -> set[str]:
        """The accounts (OAs, pages) a decoded body speaks of."""

    def verify(self, raw: bytes, body: object, headers: Mapping[str, str], known: Credentials) -> str | None:
        """The variant of the signature that matched these secrets; None: refused."""

    def is_signed(self, headers: Mapping[str, str]) -> bool: ...

    def challenge(self, query: Mapping[str, str], known: Credentials) -> str | None:
        """What to answer when the platform asks whether the address is ours; None: refused."""

    def parse(self, body: object, known: Credentials) -> list[tuple[str, Inbound]]:
        """Every event of the body, with the account it is for."""


class MediaStore(Protocol):
    """Where citizens' files and published forms lie: a folder, or a bucket. A key is safe in a path and says nothing
    about the citizen."""

    async def put(self, key: str, content: bytes) -> None: ...

    async def open(self, key: str) -> bytes:
        """Raises LookupError."""

    async def delete(self, key: str) -> None:
        """Does nothing when it is gone already."""

    async def keys(self, older_than: timedelta) -> list[str]:
        """Of citizens' files; forms (`bot.domain.forms`) are kept for good."""


class SentFiles(Protocol):
    """Files of staff on their way to a platform. Both raise LookupError when the file is gone."""

    async def open(self, key: str) -> bytes: ...

    async def picture(self, key: str, at_most: int) -> tuple[bytes, str]:
        """(content, ending) of a JPEG or PNG of at most so many bytes, smaller than what was kept when it must be."""
