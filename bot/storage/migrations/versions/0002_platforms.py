"""Platforms: secrets and tokens, bursts, parts of messages, media, leases"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def added() -> dict[str, list[sa.Column[Any]]]:
    """New columns of old tables, as new objects every time: a column belongs to one table."""
    return {
        "channels": [
            sa.Column("name", sa.String(200), server_default="", nullable=False),
            sa.Column("secrets", sa.Text(), comment="JSON, encrypted"),
            sa.Column("access_token", sa.Text(), comment="encrypted"),
            sa.Column("refresh_token", sa.Text(), comment="encrypted; single use"),
            sa.Column("access_expires_at", TIME),
            sa.Column("refresh_expires_at", TIME),
            sa.Column("alarm", sa.String(200), comment="what an administrator must mend"),
            sa.Column("alarm_since", TIME),
            sa.Column("paused_until", TIME, comment="the platform asked us to wait"),
            sa.Column("next_send_at", TIME, comment="when a sender at the even rate would send next"),
        ],
        "conversations": [
            sa.Column("last_inbound_at", TIME, comment="opens the platform's reply window"),
            sa.Column("quiet_until", TIME, comment="a person answered in the platform's own tool"),
            sa.Column("burst_until", TIME, comment="pictures may follow until then"),
            sa.Column("unreachable", sa.String(100), comment="why; null while reachable"),
        ],
        "events": [
            sa.Column("sent_at", TIME, comment="by the platform's clock"),
            sa.Column("attachments", sa.JSON()),
            sa.Column("details", sa.JSON()),
            sa.Column("turn_id", ID, comment="the first event of the burst this one was answered with"),
            sa.Column("duplicates", sa.Integer(), server_default="0", nullable=False),
        ],
        "outbox": [
            sa.Column("parts_sent", sa.Integer(), server_default="0", nullable=False),
            sa.Column("by_staff", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("uncertain_until", TIME, comment="the echo is awaited; kept after it for the one retry"),
        ],
    }


def upgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    _conversation_of_events(nullable=True)
    op.create_index(op.f("ix_events_received_at"), "events", ["received_at"])
    op.create_index(op.f("ix_outbox_created_at"), "outbox", ["created_at"])
    op.create_table(
        "outbox_parts",
        sa.Column("outbox_id", ID, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("external_id", sa.String(300), nullable=False, comment="the platform's message id"),
        sa.Column("accepted_at", TIME, nullable=False),
        sa.Column("delivered_at", TIME),
        sa.Column("seen_at", TIME),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_parts_outbox_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_outbox_parts_channel_id")),
        sa.PrimaryKeyConstraint("outbox_id", "part", name=op.f("pk_outbox_parts")),
        sa.UniqueConstraint("channel_id", "external_id", name=op.f("uq_outbox_parts_channel_id_external_id")),
    )
    op.create_table(
        "media",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("state", sa.String(20), nullable=False, comment="waiting, kept, refused"),
        sa.Column("reason", sa.String(100)),
        sa.Column("content_type", sa.String(100)),
        sa.Column("size", sa.Integer()),
        sa.Column("sha256", sa.String(64)),
        sa.Column("file_key", sa.String(100)),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_media_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("event_id", "part", name=op.f("uq_media_event_id_part")),
    )
    op.create_index(op.f("ix_media_file_key"), "media", ["file_key"])
    op.create_index(
        "ix_media_waiting",
        "media",
        ["next_attempt_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("owner", sa.String(60), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    for table in ("leases", "media", "outbox_parts"):
        op.drop_table(table)
    op.drop_index(op.f("ix_outbox_created_at"), table_name="outbox")
    op.drop_index(op.f("ix_events_received_at"), table_name="events")
    op.execute(sa.text("DELETE FROM events WHERE conversation_id IS NULL"))
    _conversation_of_events(nullable=False)
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)


def _conversation_of_events(*, nullable: bool) -> None:
    """SQLite builds the table anew for this; its partial index is made again by hand."""
    op.drop_index("ix_events_open", table_name="events")
    with op.batch_alter_table("events") as batch:
        batch.alter_column(
            "conversation_id",
            existing_type=ID,
            nullable=nullable,
            comment="null: about nobody" if nullable else None,
        )
    op.create_index(
        "ix_events_open",
        "events",
        ["id"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
