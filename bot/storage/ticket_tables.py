"""Tables of tickets: what holds now, what happened, who follows, what was attached, what is sealed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)

from bot.storage.tables import Id, UtcDateTime, id_column, metadata

tickets = Table(
    "tickets",
    metadata,
    id_column(),
    Column("code", String(20), nullable=False, unique=True, comment="PA-YYMMDD-NNNNC"),
    Column("unit_id", String(80), nullable=False, comment="who answers now"),
    Column("kind", String(30), nullable=False),
    Column("category", String(40), comment="rubbish, lights, roads …: data of the unit"),
    Column("state", String(20), nullable=False),
    Column("restricted", Boolean, nullable=False, server_default=false(), comment="leader and appointed officer only"),
    Column("text", Text, nullable=False, comment="what the citizen reports"),
    Column("place", String(300), nullable=False, server_default="", comment="as the citizen said it"),
    Column("hamlet", String(120)),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("phone", String(30), comment="given for a call back, with consent"),
    Column("anonymous", Boolean, nullable=False, server_default=false()),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="SET NULL")),
    Column("platform", String(20), nullable=False, comment="where it came from; counter for one typed in by staff"),
    Column("event_id", ForeignKey("events.id", ondelete="SET NULL"), unique=True, comment="confirmed the summary"),
    Column("assignee_id", ForeignKey("staff.id")),
    Column("about_staff_id", ForeignKey("staff.id"), comment="the person complained about: never sees it"),
    Column("position_id", String(80), comment="the department it is assigned to"),
    Column("received_at", UtcDateTime, nullable=False, comment="the moment deadlines count from"),
    Column("course", JSON, nullable=False, comment="what the due moments are computed from: bot.domain.deadlines"),
    Column("accept_due_at", UtcDateTime, comment="until somebody has it"),
    Column("due_at", UtcDateTime, comment="null: no deadline"),
    Column("half_due_at", UtcDateTime, comment="half of the working time until due_at has passed"),
    Column("soon_due_at", UtcDateTime, comment="four fifths of it"),
    Column("sort_at", UtcDateTime, nullable=False, comment="due_at, far away without one: order of the queue"),
    Column("late_at", UtcDateTime, comment="the due moment that was missed first; kept whatever is promised later"),
    Column("paused_at", UtcDateTime, comment="since when the clock waits for the citizen"),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("accept_warned_at", UtcDateTime),
    Column("half_warned_at", UtcDateTime),
    Column("late_warned_at", UtcDateTime),
    Column("escalated_at", UtcDateTime),
    Column("first_answer_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("result", String(30), comment="of a closed one"),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("rating", Integer),
    Column("rating_comment", Text),
    Column("duplicate_of_id", ForeignKey("tickets.id", ondelete="SET NULL")),
    Column("legal_hold", Boolean, nullable=False, server_default=false()),
    Column("anonymised_at", UtcDateTime),
    Column("search_text", Text, nullable=False, server_default="", comment="folded words, each after a space"),
    Column("told", JSON, nullable=False, comment="what the citizen was told once: received, assigned, late …"),
    Column("version", Integer, nullable=False, server_default="1", comment="raised by every change"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "unit_id", "received_at"),  # reports and likely duplicates
    Index(None, "conversation_id"),  # "phiếu của tôi"
    Index(None, "closed_at"),  # retention
    Index(None, "assignee_id"),
    Index(None, "duplicate_of_id"),
)
OPEN = tickets.c.answered_at.is_(None) & tickets.c.closed_at.is_(None)
"""Nobody has answered it yet."""
Index("ix_tickets_open", tickets.c.unit_id, tickets.c.sort_at, tickets.c.id, sqlite_where=OPEN, postgresql_where=OPEN)
"""The queue, most urgent first."""
Index("ix_tickets_done", tickets.c.unit_id, tickets.c.id, sqlite_where=~OPEN, postgresql_where=~OPEN)
Index(
    "ix_tickets_search",
    func.to_tsvector(text("'simple'"), tickets.c.search_text),
    postgresql_using="gin",
    postgresql_with={"fastupdate": "off"},
).ddl_if(dialect="postgresql")

ticket_events = Table(
    "ticket_events",
    metadata,
    id_column(),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(30), nullable=False),
    Column("staff_id", ForeignKey("staff.id"), comment="null: the citizen or the system"),
    Column("by_citizen", Boolean, nullable=False, server_default=false()),
    Column("internal", Boolean, nullable=False, server_default=false(), comment="never shown to citizens"),
    Column("text", Text, nullable=False, server_default=""),
    Column("details", JSON, nullable=False),
    Column("message_id", ForeignKey("messages.id", ondelete="SET NULL"), comment="what told the citizen"),
    Index(None, "ticket_id", "id"),
    Index(None, "message_id"),  # a message that is forgotten is looked for here
)

ticket_followers = Table(
    "ticket_followers",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "conversation_id"),
)

ticket_viewers = Table(
    "ticket_viewers",
    metadata,
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("staff_id", ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    comment="who has the ticket before them: shown to the others",
)

ticket_files = Table(
    "ticket_files",
    metadata,
    id_column(),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("media_id", ForeignKey("media.id", ondelete="SET NULL"), comment="null: attached by staff"),
    Column("staff_id", ForeignKey("staff.id")),
    Column("name", String(200)),
    Column("content_type", String(100)),
    Column("size", Integer),
    Column("file_key", String(100), comment="of a file staff attached; a citizen's lies with its media row"),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("ticket_id", "media_id"),
    Index(None, "media_id"),
    Index(None, "file_key"),
)

talk_days = Table(
    "talk_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("unit_id", String(80), primary_key=True),
    Column("platform", String(20), primary_key=True),
    Column("conversations", Integer, nullable=False),
    Column("with_staff", Integer, nullable=False),
    Column("messages", Integer, nullable=False),
    comment="counts that outlive the conversations they were taken from",
)

sealed_texts = Table(
    "sealed_texts",
    metadata,
    id_column(),
    Column("unit_id", String(80), nullable=False),
    Column("event_id", Id, nullable=False, unique=True, comment="whose words were taken out; no reference"),
    Column("content", Text, nullable=False, comment="encrypted; for the appointed officer only"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("opened_by", ForeignKey("staff.id")),
    Column("handed_over_at", UtcDateTime, comment="erased after this"),
    comment="words of a denunciation (Luật Tố cáo 2018, Điều 8): in no queue, search or figure",
)

consents = Table(
    "consents",
    metadata,
    id_column(),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("wording", String(40), nullable=False, comment="version of the sentence that was shown"),
    Column("event_id", ForeignKey("events.id", ondelete="SET NULL"), comment="the yes"),
    Column("given_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Index(None, "conversation_id"),
    Index(None, "event_id"),
)
