"""New tickets go into the search index at once: a list of those still to be entered made every search read all of it"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX ix_tickets_search SET (fastupdate = off)")
        op.execute("SELECT gin_clean_pending_list('ix_tickets_search'::regclass)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX ix_tickets_search RESET (fastupdate)")
