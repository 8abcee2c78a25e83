"""Alembic's entry: migrates over the connection bot.storage.migrate hands in."""

from alembic import context

from bot.storage import import_tables, learning_tables, staff_tables, ticket_tables  # noqa: F401  (their tables join the metadata)
from bot.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
