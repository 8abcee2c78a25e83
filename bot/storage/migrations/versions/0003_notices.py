"""Notices of the platforms, comments below posts, erasures"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    notice = "what the platform told the channel's owner last; null once read"
    op.add_column("channels", sa.Column("notice", sa.String(300), comment=notice))
    op.add_column("channels", sa.Column("notice_at", TIME, comment="by the platform's clock"))
    op.add_column("channels", sa.Column("blocked_at", TIME, comment="the platform forbade sending"))
    about = "the comment or message of a comment, an edit or a withdrawal"
    op.add_column("events", sa.Column("about", sa.String(200), comment=about))
    _partial_index("ix_events_about", "events", ["channel_id", "about"], "about IS NOT NULL")
    op.create_table(
        "comments",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("comment_id", sa.String(200), nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("commented_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("outcome", sa.String(20), comment="of the one private reply; null while it waits"),
        sa.Column("reason", sa.String(200)),
        sa.Column("closed_at", TIME),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_comments_channel_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_comments_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("channel_id", "comment_id", name=op.f("uq_comments_channel_id_comment_id")),
        comment="comments of citizens below posts, each invited to the chat once",
    )
    _partial_index("ix_comments_waiting", "comments", ["next_attempt_at"], "outcome IS NULL")
    op.create_table(
        "erasures",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("request", sa.String(64), nullable=False, comment="hash of the request's id: names nobody"),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False, comment="false: nobody is known by the id that was given"),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_erasures_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("channel_id", "request", name=op.f("uq_erasures_channel_id_request")),
        comment="requests to delete somebody's data, without that somebody",
    )


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_table("comments")
    op.drop_index("ix_events_about", table_name="events")
    op.drop_column("events", "about")
    for column in ("blocked_at", "notice_at", "notice"):
        op.drop_column("channels", column)


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
