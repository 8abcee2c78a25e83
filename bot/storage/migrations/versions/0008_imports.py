"""Files that were handed in, read and waiting to become drafts"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", sa.String(80), nullable=False),
        sa.Column("staff_id", ID),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False, comment="reading, ready or refused"),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False, comment="0: not known yet"),
        sa.Column("reason", sa.Text(), comment="why the file was refused"),
        sa.Column("problems", sa.JSON(none_as_null=True), comment="pairs of cell and text"),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False, comment="the last sign of life of its reader"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_unit_id_created_at"), "imports", ["unit_id", "created_at"])
    op.create_table(
        "import_items",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.String(200), nullable=False, comment="where in the file it stands"),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("base", ID, comment="the revision it was compared with"),
        sa.Column("content", sa.JSON(), nullable=False, comment="the file's words over that revision"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False, comment="what was guessed or left empty, by field"),
        sa.Column("changes", sa.JSON(), nullable=False, comment="label, before, after"),
        sa.Column("missing", sa.JSON(), nullable=False, comment="label and what to do before it can be published"),
        sa.Column("drafted_at", TIME),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_items_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "position", name=op.f("pk_import_items")),
    )


def downgrade() -> None:
    op.drop_table("import_items")
    op.drop_index(op.f("ix_imports_unit_id_created_at"), table_name="imports")
    op.drop_table("imports")
