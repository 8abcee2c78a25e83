"""What arrives from and leaves for a platform (Zalo, Facebook), independent of which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.messages import Reply


class Kind(StrEnum):
    """What a platform's event is about. Only the first three are answered."""

    MESSAGE = "message"
    """Words, a tap or media of a citizen."""
    OPENED = "opened"
    """The citizen opened the conversation (follow, chat-now, get started, a link with a reference)."""
    SHARED_INFO = "shared_info"
    """The citizen sent name, phone or address through the platform's own form."""
    STAFF = "staff"
    """A person of the commune typed in the platform's own tool: the assistant keeps quiet for a while."""
    ECHO = "echo"
    """Our own message coming back: the proof that the platform accepted it."""
    RECEIPT = "receipt"
    SEEN = "seen"
    REACTION = "reaction"
    EDIT = "edit"
    COMMENT = "comment"
    """A public comment under a post of the page."""
    LEFT = "left"
    """Unfollowed or blocked."""
    WITHDRAW = "withdraw"
    """The citizen asks the platform to have the personal data deleted."""
    THREAD = "thread"
    """The conversation was handed to or taken from another application."""
    NOTICE = "notice"
    """The platform tells the channel's owner something (policy, quota, template status)."""
    OTHER = "other"
    """Known to be none of the above, or unknown: counted and kept."""


FETCHED = frozenset({"image", "gif", "audio", "video", "file"})
"""Kinds of attachments that are files: fetched from the platform and kept."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something sent beside words. `kind`: image, gif, audio, video, file, sticker, link, location, contact.
    `url` is the platform's own and short-lived; latitude and longitude in degrees (WGS 84); `size` in bytes."""

    kind: str
    url: str | None = None
    name: str | None = None
    size: int | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """One event as the platform's connector parsed it. `external_id`: the same for every repetition of the same
    event and for no other event of the channel. `citizen_id`: the platform's id of the person, empty when the event
    is about nobody. `payload`: of a tapped button. `details`: what else is worth keeping, by kind: `message_ids` of
    receipts, `shared` of SHARED_INFO (name, phone, address), `reference` of OPENED, `application` and `metadata` of
    an ECHO, the whole item of OTHER; `deleted` of an EDIT that takes the message back; `comment_id` and `verb` (add,
    edited, remove …) of a COMMENT; `notice` of a NOTICE, for an administrator to read, and `sending`: stopped or
    resumed."""

    external_id: str
    citizen_id: str
    kind: Kind
    text: str = ""
    payload: str | None = None
    sent_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a batch: `new` events, `duplicates` known before, `waiting` for an answer."""

    new: int = 0
    duplicates: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. `key`: ours, the same in every attempt (given to the platform as metadata where it takes
    one, so that an echo can be matched). `parts_sent`: parts the platform accepted in earlier attempts.
    `by_staff`: typed by a person. `last_inbound_at`: when the citizen last did something that opens the window.
    `conversation_id`: ours. `phone`: where the citizen agreed to be told of the matter, E.164."""

    key: str
    channel_id: int
    account: str
    citizen_id: str
    reply: Reply
    parts_sent: int = 0
    by_staff: bool = False
    last_inbound_at: datetime | None = None
    conversation_id: int = 0
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A channel's secrets, decrypted. Zalo: app_id, app_secret, oa_secret. Facebook: app_id, app_secret,
    verify_token, page_token."""

    account: str
    secrets: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Credentials(account={self.account!r})"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Zalo's access token and single-use refresh token."""

    access: str
    refresh: str
    access_expires_at: datetime
    refresh_expires_at: datetime

    def __repr__(self) -> str:
        return f"TokenPair(access_expires_at={self.access_expires_at})"
