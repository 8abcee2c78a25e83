"""What was read from a record's sources, to notice when they change"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "source_snapshots",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", sa.String(80), nullable=False),
        sa.Column("record_id", sa.String(80), nullable=False),
        sa.Column("source", sa.String(500), nullable=False, comment="where the fields were read: address or file"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False, comment="the fields as the source says them"),
        sa.Column("changed", sa.JSON(), nullable=False, comment="names of fields that differ from the one before"),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("taken_by", ID),
        sa.Column("settled_at", TIME, comment="when an editor had looked at the change"),
        sa.Column("settled_by", ID),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_snapshots")),
        comment="what was read from a record's sources",
    )
    op.create_index(op.f("ix_source_snapshots_unit_id_record_id"), "source_snapshots", ["unit_id", "record_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_source_snapshots_unit_id_record_id"), "source_snapshots")
    op.drop_table("source_snapshots")
