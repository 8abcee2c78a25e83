"""Drafts and their reviewers, switches of single records"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('draft', 'in_review')")


def upgrade() -> None:
    rises = "rises with every change of a draft"
    op.add_column("revisions", sa.Column("version", sa.Integer(), server_default="0", nullable=False, comment=rises))
    wrote = "ids of the staff who wrote it, the last one last"
    op.add_column("revisions", sa.Column("authors", sa.JSON(none_as_null=True), comment=wrote))
    op.add_column("revisions", sa.Column("reviewer_id", ID, comment="who published it or sent it back"))
    op.add_column("revisions", sa.Column("note", sa.String(500)))
    guessed = "what an import guessed or left empty, by field"
    op.add_column("revisions", sa.Column("marks", sa.JSON(none_as_null=True), comment=guessed))
    op.add_column("revisions", sa.Column("saved_at", TIME))
    op.create_index(
        "uq_revisions_open",
        "revisions",
        ["kind", "unit_id", "record_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "record_switches",
        sa.Column("unit_id", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.String(80), nullable=False),
        sa.Column("suspended_at", TIME, nullable=False),
        sa.Column("suspended_by", ID),
        sa.Column("note", sa.String(500)),
        sa.PrimaryKeyConstraint("unit_id", "kind", "record_id", name=op.f("pk_record_switches")),
        comment="records a unit does not answer about for now",
    )


def downgrade() -> None:
    op.drop_table("record_switches")
    op.drop_index("uq_revisions_open", table_name="revisions")
    op.execute(sa.text("DELETE FROM revisions WHERE state IN ('draft', 'in_review')"))
    for column in ("saved_at", "marks", "note", "reviewer_id", "authors", "version"):
        op.drop_column("revisions", column)
