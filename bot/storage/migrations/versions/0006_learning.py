"""What the assistant learns from: samples, texts editors taught, coverage, models and their runs"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_index(op.f("ix_messages_event_id"), "messages", ["event_id"])
    op.create_table(
        "bookmarks",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", ID, nullable=False, comment="the last event that was read"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bookmarks")),
    )
    op.create_table(
        "coverage_days",
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="in Việt Nam"),
        sa.Column("procedure_id", sa.String(length=80), nullable=False),
        sa.Column("figure", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "day", "procedure_id", "figure", name=op.f("pk_coverage_days")),
        comment="numbers only; stays",
    )
    op.create_table(
        "learned_texts",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="intent, phrase, foreign"),
        sa.Column("target", sa.String(length=80), nullable=False, comment="the intent, or the procedure"),
        sa.Column("text", sa.String(length=300), nullable=False, comment="masked"),
        sa.Column("unit_id", sa.String(length=80), nullable=False, comment="whose editor taught it; it holds for all"),
        sa.Column("staff_id", ID),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("removed_at", TIME),
        sa.Column("removed_by", ID),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_texts")),
    )
    op.create_table(
        "model_publications",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("model_id", sa.String(length=40), nullable=False),
        sa.Column("previous_id", sa.String(length=40), nullable=False, comment="what answered before"),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("staff_id", ID, comment="null: at the server's terminal"),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False, comment="waiting, active, failed"),
        sa.Column("done_at", TIME),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_publications")),
        comment="the newest active one says which model answers",
    )
    op.create_index(op.f("ix_model_publications_state"), "model_publications", ["state"])
    op.create_table(
        "model_runs",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("staff_id", ID),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("seen_at", TIME, comment="last sign of life of who performs it"),
        sa.Column("finished_at", TIME),
        sa.Column("phase", sa.String(length=40), server_default="", nullable=False),
        sa.Column("percent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("model_id", sa.String(length=40)),
        sa.Column("base_id", sa.String(length=40), comment="the model it was compared with"),
        sa.Column("report", sa.JSON()),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("log", sa.Text(), server_default="", nullable=False, comment="the last lines"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_runs")),
    )
    op.create_index(op.f("ix_model_runs_state"), "model_runs", ["state"])
    op.create_table(
        "models",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "base_id", sa.String(length=40), nullable=False, comment="of the same data without what editors taught"
        ),
        sa.Column("learned", sa.Integer(), nullable=False, comment="texts of editors it was trained with"),
        sa.Column("trained_at", TIME, nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False, comment="its file is still there"),
        sa.Column("refused", sa.JSON(), comment="why the gate refused it"),
        sa.Column("bands", sa.JSON(), comment="its thresholds; null until they are computed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    op.create_table(
        "coverage_questions",
        sa.Column("event_id", ID, nullable=False),
        sa.Column("figure", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("procedure_id", sa.String(length=80), nullable=False, comment="empty: none was recognised"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_coverage_questions_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "figure", name=op.f("pk_coverage_questions")),
        comment="which event counts where; goes with the conversation",
    )
    op.create_index(
        op.f("ix_coverage_questions_unit_id_procedure_id_figure_day"),
        "coverage_questions",
        ["unit_id", "procedure_id", "figure", "day"],
        unique=False,
    )
    op.create_table(
        "learning_samples",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("unit_id", sa.String(length=80), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="masked before it was stored"),
        sa.Column("reasons", sa.JSON(), nullable=False, comment="refused, chosen, corrected, badly_rated, escalated"),
        sa.Column("intent", sa.String(length=40)),
        sa.Column("procedure_id", sa.String(length=80)),
        sa.Column("group_id", ID, nullable=False, comment="of the first sample of the group; it may be gone"),
        sa.Column("decision", sa.String(length=20), comment="null while it waits for an editor"),
        sa.Column("decided_at", TIME),
        sa.Column("decided_by", ID),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_learning_samples_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_samples")),
        sa.UniqueConstraint("event_id", name=op.f("uq_learning_samples_event_id")),
        comment="what the assistant did not do well; goes with the conversation it is from",
    )
    op.create_index(op.f("ix_learning_samples_unit_id_at"), "learning_samples", ["unit_id", "at"])
    op.create_index(op.f("ix_learning_samples_unit_id_group_id"), "learning_samples", ["unit_id", "group_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_messages_event_id"), table_name="messages")
    op.drop_index(op.f("ix_learning_samples_unit_id_group_id"), table_name="learning_samples")
    op.drop_index(op.f("ix_learning_samples_unit_id_at"), table_name="learning_samples")
    op.drop_table("learning_samples")
    op.drop_index(op.f("ix_coverage_questions_unit_id_procedure_id_figure_day"), table_name="coverage_questions")
    op.drop_table("coverage_questions")
    op.drop_table("models")
    op.drop_index(op.f("ix_model_runs_state"), table_name="model_runs")
    op.drop_table("model_runs")
    op.drop_index(op.f("ix_model_publications_state"), table_name="model_publications")
    op.drop_table("model_publications")
    op.drop_table("learned_texts")
    op.drop_table("coverage_days")
    op.drop_table("bookmarks")
