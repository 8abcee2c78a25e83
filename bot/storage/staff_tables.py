"""Tables of staff: accounts, roles, sessions, unsaved words, and the trail of what was done."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, true

from bot.storage.tables import Id, UtcDateTime, id_column, metadata

staff = Table(
    "staff",
    metadata,
    id_column(),
    Column("login", String(80), nullable=False, unique=True, comment="lower case"),
    Column("name", String(120), nullable=False),
    Column("title", String(120), nullable=False, server_default="", comment="signed below what is sent to citizens"),
    Column("password_hash", String(200), nullable=False),
    Column("password_changed_at", UtcDateTime, nullable=False),
    Column("must_change_password", Boolean, nullable=False, server_default=true()),
    Column("totp_secret", Text, comment="encrypted; null until the second factor is set up"),
    Column("totp_last_step", Integer, comment="of the last code accepted: none is accepted twice"),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("failed_logins", Integer, nullable=False, server_default="0"),
    Column("locked_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("staff_id", ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_id", String(80), primary_key=True),
    Column("role", String(30), primary_key=True),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", String(64), primary_key=True, comment="SHA-256 of the cookie's token"),
    Column("staff_id", ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("second_factor_at", UtcDateTime, comment="null: only the password was given"),
    Column("unit_id", String(80), nullable=False, server_default="", comment="the unit the person works for just now"),
    Column("address", String(45), nullable=False, server_default=""),
    Column("browser", String(200), nullable=False, server_default=""),
    Index(None, "staff_id"),  # the list of one's own sessions
)

staff_drafts = Table(
    "staff_drafts",
    metadata,
    Column("staff_id", ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("place", String(120), primary_key=True, comment="the form, for example ticket:17:reply"),
    Column("content", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False),
    Column("staff_id", Id, comment="null: the system; no reference, for the trail outlives accounts"),
    Column("unit_id", String(80)),
    Column("action", String(60), nullable=False),
    Column("subject", String(120), nullable=False, server_default="", comment="kind:id"),
    Column("details", JSON, nullable=False, comment="identifiers and names of fields; no citizen's words"),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("previous_hash"),  # two rows can never follow the same one: the chain does not fork
    Index(None, "unit_id", "id"),
    comment="append-only; each row's hash covers the one before it",
)
