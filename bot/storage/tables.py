"""All tables. Times are stored in UTC; JSON columns hold the pydantic or dataclass form of the domain objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps none of the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime given to the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")


def id_column() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


channels = Table(
    "channels",
    metadata,
    id_column(),
    Column("platform", String(20), nullable=False),
    Column("external_id", String(100), nullable=False, comment="id of the OA or page; for the web chat the unit"),
    Column("unit_id", String(80), nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("created_at", UtcDateTime, nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    Column("secrets", Text, comment="JSON, encrypted"),
    Column("access_token", Text, comment="encrypted"),
    Column("refresh_token", Text, comment="encrypted; single use"),
    Column("access_expires_at", UtcDateTime),
    Column("refresh_expires_at", UtcDateTime),
    Column("alarm", String(200), comment="what an administrator must mend"),
    Column("alarm_since", UtcDateTime),
    Column("paused_until", UtcDateTime, comment="the platform asked us to wait"),
    Column("next_send_at", UtcDateTime, comment="when a sender at the even rate would send next"),
    Column("notice", String(300), comment="what the platform told the channel's owner last; null once read"),
    Column("notice_at", UtcDateTime, comment="by the platform's clock"),
    Column("blocked_at", UtcDateTime, comment="the platform forbade sending"),
    UniqueConstraint("platform", "external_id"),
)

citizens = Table(
    "citizens",
    metadata,
    id_column(),
    Column("channel_id", ForeignKey("channels.id"), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel_id", "external_id"),
)

conversations = Table(
    "conversations",
    metadata,
    id_column(),
    Column("citizen_id", ForeignKey("citizens.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("channel_id", ForeignKey("channels.id"), nullable=False),
    Column("state", JSON, nullable=False),
    Column("state_version", Integer, nullable=False, server_default="0"),
    Column("state_expires_at", UtcDateTime),
    Column("next_seq", Integer, nullable=False, server_default="1"),
    Column("lease_owner", String(60)),
    Column("lease_until", UtcDateTime),
    Column("last_event_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_inbound_at", UtcDateTime, comment="opens the platform's reply window"),
    Column("quiet_until", UtcDateTime, comment="a person answered in the platform's own tool"),
    Column("burst_until", UtcDateTime, comment="pictures may follow until then"),
    Column("staff_id", Id, comment="who took the conversation over; the assistant is silent meanwhile"),
    Column("staff_since", UtcDateTime),
    Column("staff_active_at", UtcDateTime, comment="handed back when idle since then for long"),
    Column("person_asked_at", UtcDateTime, comment="the citizen asked for a person and none came yet"),
    Column("draft_reminded_at", UtcDateTime, comment="the citizen was reminded of an unfinished report"),
    Column("unreachable", String(100), comment="why; null while reachable"),
    Index(None, "last_event_at"),  # retention
)

events = Table(
    "events",
    metadata,
    id_column(),
    Column("channel_id", ForeignKey("channels.id"), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), comment="null: about nobody"),
    Column("kind", String(30), nullable=False),
    Column("text", Text, nullable=False),
    Column("payload", String(200)),
    Column("received_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("outcome", String(20), comment="null while unhandled"),
    Column("reason", String(100)),
    Column("closed_at", UtcDateTime),
    Column("sent_at", UtcDateTime, comment="by the platform's clock"),
    Column("attachments", JSON(none_as_null=True)),
    Column("details", JSON(none_as_null=True)),
    Column("turn_id", Id, comment="the first event of the burst this one was answered with"),
    Column("duplicates", Integer, nullable=False, server_default="0"),
    Column("about", String(200), comment="the comment or message of a comment, an edit or a withdrawal"),
    UniqueConstraint("channel_id", "external_id"),
    Index(None, "conversation_id", "id"),
    Index(None, "received_at"),  # the day's reconciliation
)
Index(
    "ix_events_open",
    events.c.id,
    sqlite_where=events.c.outcome.is_(None),
    postgresql_where=events.c.outcome.is_(None),
)  # what a worker looks for next

Index(
    "ix_events_about",
    events.c.channel_id,
    events.c.about,
    sqlite_where=events.c.about.is_not(None),
    postgresql_where=events.c.about.is_not(None),
)

messages = Table(
    "messages",
    metadata,
    id_column(),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("direction", String(3), nullable=False),
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE")),
    Column("client_id", String(200)),
    Column("content", JSON, nullable=False),
    Column("meta", JSON, nullable=False, comment="how the answer came about: intent, revision, model"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("staff_id", Id, comment="who typed it; null: the citizen or the assistant"),
    Column("restricted", Boolean, nullable=False, server_default=false(), comment="as the ticket it belongs to"),
    UniqueConstraint("conversation_id", "seq"),
    Index(None, "created_at"),  # the day's counts
    Index(None, "event_id"),  # what an event was answered with
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("outcome", String(20), comment="null while waiting: sent, unreachable, rejected"),
    Column("reason", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("parts_sent", Integer, nullable=False, server_default="0"),
    Column("by_staff", Boolean, nullable=False, server_default=false()),
    Column("uncertain_until", UtcDateTime, comment="the echo is awaited; kept after it for the one retry"),
    Index(None, "conversation_id", "id"),
    Index(None, "created_at"),  # the day's reconciliation
)
Index(
    "ix_outbox_open",
    outbox.c.next_attempt_at,
    sqlite_where=outbox.c.outcome.is_(None),
    postgresql_where=outbox.c.outcome.is_(None),
)  # what a sender looks for next

outbox_parts = Table(
    "outbox_parts",
    metadata,
    Column("outbox_id", ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("channel_id", ForeignKey("channels.id"), nullable=False),
    Column("external_id", String(300), nullable=False, comment="the platform's message id"),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("seen_at", UtcDateTime),
    UniqueConstraint("channel_id", "external_id"),
)

media = Table(
    "media",
    metadata,
    id_column(),
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("platform", String(20), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("url", Text, nullable=False),
    Column("name", String(200)),
    Column("state", String(20), nullable=False, comment="waiting, kept, refused"),
    Column("reason", String(100)),
    Column("content_type", String(100)),
    Column("size", Integer),
    Column("sha256", String(64)),
    Column("file_key", String(100)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("event_id", "part"),
    Index(None, "file_key"),
)
Index(
    "ix_media_waiting",
    media.c.next_attempt_at,
    sqlite_where=media.c.state == "waiting",
    postgresql_where=media.c.state == "waiting",
)  # what the fetcher looks for next

comments = Table(
    "comments",
    metadata,
    id_column(),
    Column("channel_id", ForeignKey("channels.id"), nullable=False),
    Column("comment_id", String(200), nullable=False),
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    Column("commented_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("outcome", String(20), comment="of the one private reply; null while it waits"),
    Column("reason", String(200)),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("channel_id", "comment_id"),
    comment="comments of citizens below posts, each invited to the chat once",
)
Index(
    "ix_comments_waiting",
    comments.c.next_attempt_at,
    sqlite_where=comments.c.outcome.is_(None),
    postgresql_where=comments.c.outcome.is_(None),
)

erasures = Table(
    "erasures",
    metadata,
    id_column(),
    Column("channel_id", ForeignKey("channels.id"), nullable=False),
    Column("request", String(64), nullable=False, comment="hash of the request's id: names nobody"),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, nullable=False),
    Column("found", Boolean, nullable=False, comment="false: nobody is known by the id that was given"),
    Column("messages", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    UniqueConstraint("channel_id", "request"),
    comment="requests to delete somebody's data, without that somebody",
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("owner", String(60), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    id_column(),
    Column("kind", String(20), nullable=False, comment="procedure or unit"),
    Column("record_id", String(80), nullable=False),
    Column("unit_id", String(80), nullable=False, comment="who publishes it; units below inherit it"),
    Column("number", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("effective_from", Date),
    Column("effective_to", Date),
    Column("content", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime),
    Column("version", Integer, nullable=False, server_default="0", comment="rises with every change of a draft"),
    Column("authors", JSON(none_as_null=True), comment="ids of the staff who wrote it, the last one last"),
    Column("reviewer_id", Id, comment="who published it or sent it back"),
    Column("note", String(500)),
    Column("marks", JSON(none_as_null=True), comment="what an import guessed or left empty, by field"),
    Column("saved_at", UtcDateTime),
    UniqueConstraint("kind", "unit_id", "record_id", "number"),
    Index(None, "state", "kind"),  # loading what is published
)
OPEN_STATES = ("draft", "in_review")
Index(
    "uq_revisions_open",
    revisions.c.kind,
    revisions.c.unit_id,
    revisions.c.record_id,
    unique=True,
    sqlite_where=revisions.c.state.in_(OPEN_STATES),
    postgresql_where=revisions.c.state.in_(OPEN_STATES),
)  # one draft a record

record_switches = Table(
    "record_switches",
    metadata,
    Column("unit_id", String(80), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("record_id", String(80), primary_key=True),
    Column("suspended_at", UtcDateTime, nullable=False),
    Column("suspended_by", Id),
    Column("note", String(500)),
    comment="records a unit does not answer about for now",
)

source_snapshots = Table(
    "source_snapshots",
    metadata,
    id_column(),
    Column("unit_id", String(80), nullable=False),
    Column("record_id", String(80), nullable=False),
    Column("source", String(500), nullable=False, comment="where the fields were read: address or file"),
    Column("digest", String(64), nullable=False),
    Column("fields", JSON, nullable=False, comment="the fields as the source says them"),
    Column("changed", JSON, nullable=False, comment="names of fields that differ from the one before"),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("taken_by", Id),
    Column("settled_at", UtcDateTime, comment="when an editor had looked at the change"),
    Column("settled_by", Id),
    Index(None, "unit_id", "record_id"),
    comment="what was read from a record's sources",
)

publications = Table(
    "publications",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False),
    Column("note", String(200), nullable=False),
    comment="one row a publication; the highest id is the version the running processes compare with theirs",
)
