"""What a file says of a source waits with its records, so that the drafts made of them bring a snapshot"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    source = sa.Column(
        "source",
        sa.String(500),
        nullable=False,
        server_default="",
        comment="empty: our own file",
    )
    told = sa.Column(
        "told", sa.JSON(), nullable=False, server_default="{}", comment="the fields as the source says them"
    )
    op.add_column("import_items", source)
    op.add_column("import_items", told)


def downgrade() -> None:
    op.drop_column("import_items", "told")
    op.drop_column("import_items", "source")
