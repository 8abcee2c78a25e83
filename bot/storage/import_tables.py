"""Tables of files that were handed in: what was read of them waits here until somebody makes drafts of it."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from bot.storage.tables import Id, UtcDateTime, id_column, metadata

imports = Table(
    "imports",
    metadata,
    id_column(),
    Column("unit_id", String(80), nullable=False),
    Column("staff_id", Id),
    Column("file_name", String(200), nullable=False),
    Column("state", String(20), nullable=False, comment="reading, ready or refused"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0", comment="0: not known yet"),
    Column("reason", Text, comment="why the file was refused"),
    Column("problems", JSON(none_as_null=True), comment="pairs of cell and text"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, comment="the last sign of life of its reader"),
    Index(None, "unit_id", "created_at"),
)

import_items = Table(
    "import_items",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("record_id", String(80), nullable=False),
    Column("title", Text, nullable=False),
    Column("place", String(200), nullable=False, comment="where in the file it stands"),
    Column("is_new", Boolean, nullable=False),
    Column("base", Id, comment="the revision it was compared with"),
    Column("content", JSON, nullable=False, comment="the file's words over that revision"),
    Column("digest", String(64), nullable=False),
    Column("marks", JSON, nullable=False, comment="what was guessed or left empty, by field"),
    Column("changes", JSON, nullable=False, comment="label, before, after"),
    Column("missing", JSON, nullable=False, comment="label and what to do before it can be published"),
    Column("source", String(500), nullable=False, server_default="", comment="empty: our own file"),
    Column("told", JSON, nullable=False, server_default="{}", comment="the fields as the source says them"),
    Column("drafted_at", UtcDateTime),
)
