"""Staff, sessions and the audit trail; tickets and what belongs to them"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
REMOVE = "INSERT INTO ticket_words (ticket_words, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
ADD = "INSERT INTO ticket_words (rowid, search_text) VALUES (new.id, new.search_text);"
TABLE = "search_text, content='tickets', content_rowid='id', tokenize='ascii', prefix='2 3 4'"
WORDS = (
    f"CREATE VIRTUAL TABLE ticket_words USING fts5({TABLE})",
    f"CREATE TRIGGER ticket_words_insert AFTER INSERT ON tickets BEGIN {ADD} END",
    f"CREATE TRIGGER ticket_words_delete AFTER DELETE ON tickets BEGIN {REMOVE} END",
    f"CREATE TRIGGER ticket_words_update AFTER UPDATE OF search_text ON tickets BEGIN {REMOVE} {ADD} END",
)
"""SQLite's full-text index over tickets.search_text. A later migration that builds `tickets` anew must make the
triggers again, for they go with the old table."""
OPEN = "answered_at IS NULL AND closed_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("staff_id", ID, comment="null: the system; no reference, for the trail outlives accounts"),
        sa.Column("unit_id", sa.String(80)),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(120), server_default="", nullable=False, comment="kind:id"),
        sa.Column("details", sa.JSON(), nullable=False, comment="identifiers and names of fields; no citizen's words"),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_previous_hash")),
        comment="append-only; each row's hash covers the one before it",
    )
    op.create_index(op.f("ix_audit_unit_id_id"), "audit", ["unit_id", "id"])
    op.create_table(
        "staff",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("login", sa.String(80), nullable=False, comment="lower case"),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column(
            "title", sa.String(120), server_default="", nullable=False, comment="signed below what is sent to citizens"
        ),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("password_changed_at", TIME, nullable=False),
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("totp_secret", sa.Text(), comment="encrypted; null until the second factor is set up"),
        sa.Column("totp_last_step", sa.Integer(), comment="of the last code accepted: none is accepted twice"),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "sealed_texts",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", sa.String(80), nullable=False),
        sa.Column("event_id", ID, nullable=False, comment="whose words were taken out; no reference"),
        sa.Column("content", sa.Text(), nullable=False, comment="encrypted; for the appointed officer only"),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("opened_at", TIME),
        sa.Column("opened_by", ID),
        sa.Column("handed_over_at", TIME, comment="erased after this"),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_sealed_texts_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_texts")),
        sa.UniqueConstraint("event_id", name=op.f("uq_sealed_texts_event_id")),
        comment="words of a denunciation (Luật Tố cáo 2018, Điều 8): in no queue, search or figure",
    )
    op.create_table(
        "staff_drafts",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("place", sa.String(120), nullable=False, comment="the form, for example ticket:17:reply"),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_drafts_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "place", name=op.f("pk_staff_drafts")),
    )
    op.create_table(
        "staff_roles",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("unit_id", sa.String(80), nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_roles_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "unit_id", "role", name=op.f("pk_staff_roles")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.String(64), nullable=False, comment="SHA-256 of the cookie's token"),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("second_factor_at", TIME, comment="null: only the password was given"),
        sa.Column(
            "unit_id",
            sa.String(80),
            server_default="",
            nullable=False,
            comment="the unit the person works for just now",
        ),
        sa.Column("address", sa.String(45), server_default="", nullable=False),
        sa.Column("browser", sa.String(200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_sessions_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
    )
    op.create_index(op.f("ix_staff_sessions_staff_id"), "staff_sessions", ["staff_id"])
    op.create_table(
        "consents",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("wording", sa.String(40), nullable=False, comment="version of the sentence that was shown"),
        sa.Column("event_id", ID, comment="the yes"),
        sa.Column("given_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_consents_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_consents_event_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_conversation_id"), "consents", ["conversation_id"])
    op.create_table(
        "tickets",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(20), nullable=False, comment="PA-YYMMDD-NNNNC"),
        sa.Column("unit_id", sa.String(80), nullable=False, comment="who answers now"),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("category", sa.String(40), comment="rubbish, lights, roads …: data of the unit"),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column(
            "restricted",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="leader and appointed officer only",
        ),
        sa.Column("text", sa.Text(), nullable=False, comment="what the citizen reports"),
        sa.Column("place", sa.String(300), server_default="", nullable=False, comment="as the citizen said it"),
        sa.Column("hamlet", sa.String(120)),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("phone", sa.String(30), comment="given for a call back, with consent"),
        sa.Column("anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("conversation_id", ID),
        sa.Column(
            "platform", sa.String(20), nullable=False, comment="where it came from; counter for one typed in by staff"
        ),
        sa.Column("event_id", ID, comment="confirmed the summary"),
        sa.Column("assignee_id", ID),
        sa.Column("about_staff_id", ID, comment="the person complained about: never sees it"),
        sa.Column("position_id", sa.String(80), comment="the department it is assigned to"),
        sa.Column("received_at", TIME, nullable=False, comment="the moment deadlines count from"),
        sa.Column(
            "course",
            sa.JSON(),
            nullable=False,
            comment="what the due moments are computed from: bot.domain.deadlines",
        ),
        sa.Column("accept_due_at", TIME, comment="until somebody has it"),
        sa.Column("due_at", TIME, comment="null: no deadline"),
        sa.Column("half_due_at", TIME, comment="half of the working time until due_at has passed"),
        sa.Column("soon_due_at", TIME, comment="four fifths of it"),
        sa.Column("sort_at", TIME, nullable=False, comment="due_at, far away without one: order of the queue"),
        sa.Column("late_at", TIME, comment="the due moment that was missed first; kept whatever is promised later"),
        sa.Column("paused_at", TIME, comment="since when the clock waits for the citizen"),
        sa.Column("extensions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accept_warned_at", TIME),
        sa.Column("half_warned_at", TIME),
        sa.Column("late_warned_at", TIME),
        sa.Column("escalated_at", TIME),
        sa.Column("first_answer_at", TIME),
        sa.Column("answered_at", TIME),
        sa.Column("closed_at", TIME),
        sa.Column("result", sa.String(30), comment="of a closed one"),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating", sa.Integer()),
        sa.Column("rating_comment", sa.Text()),
        sa.Column("duplicate_of_id", ID),
        sa.Column("legal_hold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("anonymised_at", TIME),
        sa.Column(
            "search_text", sa.Text(), server_default="", nullable=False, comment="folded words, each after a space"
        ),
        sa.Column(
            "told", sa.JSON(), nullable=False, comment="what the citizen was told once: received, assigned, late …"
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="raised by every change"),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["about_staff_id"], ["staff.id"], name=op.f("fk_tickets_about_staff_id")),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name=op.f("fk_tickets_assignee_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_tickets_conversation_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["tickets.id"], name=op.f("fk_tickets_duplicate_of_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_tickets_event_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("code", name=op.f("uq_tickets_code")),
        sa.UniqueConstraint("event_id", name=op.f("uq_tickets_event_id")),
    )
    op.create_index(op.f("ix_tickets_assignee_id"), "tickets", ["assignee_id"])
    op.create_index(op.f("ix_tickets_closed_at"), "tickets", ["closed_at"])
    op.create_index(op.f("ix_tickets_conversation_id"), "tickets", ["conversation_id"])
    op.create_index(op.f("ix_tickets_unit_id_received_at"), "tickets", ["unit_id", "received_at"])
    op.create_index(
        "ix_tickets_open", "tickets", ["unit_id", "sort_at", "id"],
        sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN),
    )  # fmt: skip
    op.create_index(
        "ix_tickets_done", "tickets", ["unit_id", "id"],
        sqlite_where=sa.text(f"NOT ({OPEN})"), postgresql_where=sa.text(f"NOT ({OPEN})"),
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_tickets_search", "tickets", [sa.text("to_tsvector('simple', search_text)")], postgresql_using="gin"
        )
    else:
        for statement in WORDS:
            op.execute(statement)
    op.create_table(
        "talk_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.String(80), nullable=False),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("conversations", sa.Integer(), nullable=False),
        sa.Column("with_staff", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "unit_id", "platform", name=op.f("pk_talk_days")),
        comment="counts that outlive the conversations they were taken from",
    )
    op.create_table(
        "ticket_viewers",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_viewers_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_ticket_viewers_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "staff_id", name=op.f("pk_ticket_viewers")),
        comment="who has the ticket before them: shown to the others",
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("staff_id", ID, comment="null: the citizen or the system"),
        sa.Column("by_citizen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "internal", sa.Boolean(), server_default=sa.false(), nullable=False, comment="never shown to citizens"
        ),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("message_id", ID, comment="what told the citizen"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_ticket_events_message_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_ticket_events_staff_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_events_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_events")),
    )
    op.create_index(op.f("ix_ticket_events_ticket_id_id"), "ticket_events", ["ticket_id", "id"])
    op.create_table(
        "ticket_files",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("media_id", ID, comment="null: attached by staff"),
        sa.Column("staff_id", ID),
        sa.Column("name", sa.String(200)),
        sa.Column("content_type", sa.String(100)),
        sa.Column("size", sa.Integer()),
        sa.Column("file_key", sa.String(100), comment="of a file staff attached; a citizen's lies with its media row"),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_ticket_files_media_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_ticket_files_staff_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_files_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_files")),
        sa.UniqueConstraint("ticket_id", "media_id", name=op.f("uq_ticket_files_ticket_id_media_id")),
    )
    op.create_table(
        "ticket_followers",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_ticket_followers_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_followers_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "conversation_id", name=op.f("pk_ticket_followers")),
    )
    op.create_index(op.f("ix_ticket_followers_conversation_id"), "ticket_followers", ["conversation_id"])
    op.add_column(
        "conversations",
        sa.Column("staff_id", ID, comment="who took the conversation over; the assistant is silent meanwhile"),
    )
    op.add_column("conversations", sa.Column("staff_since", TIME))
    op.add_column(
        "conversations", sa.Column("staff_active_at", TIME, comment="handed back when idle since then for long")
    )
    op.add_column(
        "conversations", sa.Column("person_asked_at", TIME, comment="the citizen asked for a person and none came yet")
    )
    op.add_column(
        "conversations",
        sa.Column("draft_reminded_at", TIME, comment="the citizen was reminded of an unfinished report"),
    )
    op.add_column("messages", sa.Column("staff_id", ID, comment="who typed it; null: the citizen or the assistant"))
    op.add_column(
        "messages",
        sa.Column(
            "restricted",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="as the ticket it belongs to",
        ),
    )
    op.create_index(op.f("ix_tickets_duplicate_of_id"), "tickets", ["duplicate_of_id"])
    op.create_index(op.f("ix_ticket_events_message_id"), "ticket_events", ["message_id"])
    op.create_index(op.f("ix_ticket_files_media_id"), "ticket_files", ["media_id"])
    op.create_index(op.f("ix_ticket_files_file_key"), "ticket_files", ["file_key"])
    op.create_index(op.f("ix_consents_event_id"), "consents", ["event_id"])
    op.create_index(op.f("ix_messages_created_at"), "messages", ["created_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_messages_created_at"), table_name="messages")
    op.drop_index(op.f("ix_consents_event_id"), table_name="consents")
    op.drop_index(op.f("ix_ticket_files_file_key"), table_name="ticket_files")
    op.drop_index(op.f("ix_ticket_files_media_id"), table_name="ticket_files")
    op.drop_index(op.f("ix_ticket_events_message_id"), table_name="ticket_events")
    op.drop_index(op.f("ix_tickets_duplicate_of_id"), table_name="tickets")
    op.drop_column("messages", "restricted")
    op.drop_column("messages", "staff_id")
    op.drop_column("conversations", "draft_reminded_at")
    op.drop_column("conversations", "person_asked_at")
    op.drop_column("conversations", "staff_active_at")
    op.drop_column("conversations", "staff_since")
    op.drop_column("conversations", "staff_id")
    op.drop_index(op.f("ix_ticket_followers_conversation_id"), table_name="ticket_followers")
    op.drop_table("ticket_followers")
    op.drop_table("ticket_files")
    op.drop_index(op.f("ix_ticket_events_ticket_id_id"), table_name="ticket_events")
    op.drop_table("ticket_events")
    op.drop_table("ticket_viewers")
    op.drop_table("talk_days")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_tickets_search", table_name="tickets")
    else:
        op.drop_table("ticket_words")
    op.drop_index("ix_tickets_done", table_name="tickets")
    op.drop_index("ix_tickets_open", table_name="tickets")
    op.drop_index(op.f("ix_tickets_unit_id_received_at"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_conversation_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_closed_at"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_assignee_id"), table_name="tickets")
    op.drop_table("tickets")
    op.drop_index(op.f("ix_consents_conversation_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_index(op.f("ix_staff_sessions_staff_id"), table_name="staff_sessions")
    op.drop_table("staff_sessions")
    op.drop_table("staff_roles")
    op.drop_table("staff_drafts")
    op.drop_table("sealed_texts")
    op.drop_table("staff")
    op.drop_index(op.f("ix_audit_unit_id_id"), table_name="audit")
    op.drop_table("audit")
