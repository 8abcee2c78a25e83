"""Tables of what the assistant learns from: samples, what was taught, models, and how procedures are asked for."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, false

from bot.storage.tables import Id, UtcDateTime, id_column, metadata

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("position", Id, nullable=False, comment="the last event that was read"),
)

learning_samples = Table(
    "learning_samples",
    metadata,
    id_column(),
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("unit_id", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False, comment="masked before it was stored"),
    Column("reasons", JSON, nullable=False, comment="refused, chosen, corrected, badly_rated, escalated"),
    Column("intent", String(40)),
    Column("procedure_id", String(80)),
    Column("group_id", Id, nullable=False, comment="of the first sample of the group; it may be gone"),
    Column("decision", String(20), comment="null while it waits for an editor"),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Id),
    Index(None, "unit_id", "group_id"),
    Index(None, "unit_id", "at"),
    comment="what the assistant did not do well; goes with the conversation it is from",
)

learned_texts = Table(
    "learned_texts",
    metadata,
    id_column(),
    Column("kind", String(20), nullable=False, comment="intent, phrase, foreign"),
    Column("target", String(80), nullable=False, comment="the intent, or the procedure"),
    Column("text", String(300), nullable=False, comment="masked"),
    Column("unit_id", String(80), nullable=False, comment="whose editor taught it; it holds for all"),
    Column("staff_id", Id),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("removed_by", Id),
)

coverage_questions = Table(
    "coverage_questions",
    metadata,
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("figure", String(20), primary_key=True),
    Column("unit_id", String(80), nullable=False),
    Column("day", Date, nullable=False),
    Column("procedure_id", String(80), nullable=False, comment="empty: none was recognised"),
    Index(None, "unit_id", "procedure_id", "figure", "day"),
    comment="which event counts where; goes with the conversation",
)

coverage_days = Table(
    "coverage_days",
    metadata,
    Column("unit_id", String(80), primary_key=True),
    Column("day", Date, primary_key=True, comment="in Việt Nam"),
    Column("procedure_id", String(80), primary_key=True),
    Column("figure", String(20), primary_key=True),
    Column("count", Integer, nullable=False),
    comment="numbers only; stays",
)

models = Table(
    "models",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("base_id", String(40), nullable=False, comment="of the same data without what editors taught"),
    Column("learned", Integer, nullable=False, comment="texts of editors it was trained with"),
    Column("trained_at", UtcDateTime, nullable=False),
    Column("kept", Boolean, nullable=False, comment="its file is still there"),
    Column("refused", JSON(none_as_null=True), comment="why the gate refused it"),
    Column("bands", JSON(none_as_null=True), comment="its thresholds; null until they are computed"),
)

model_runs = Table(
    "model_runs",
    metadata,
    id_column(),
    Column("state", String(20), nullable=False),
    Column("unit_id", String(80), nullable=False),
    Column("staff_id", Id),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("seen_at", UtcDateTime, comment="last sign of life of who performs it"),
    Column("finished_at", UtcDateTime),
    Column("phase", String(40), nullable=False, server_default=""),
    Column("percent", Integer, nullable=False, server_default="0"),
    Column("cancel_asked", Boolean, nullable=False, server_default=false()),
    Column("model_id", String(40)),
    Column("base_id", String(40), comment="the model it was compared with"),
    Column("report", JSON(none_as_null=True)),
    Column("reason", String(300), nullable=False, server_default=""),
    Column("log", Text, nullable=False, server_default="", comment="the last lines"),
    Index(None, "state"),
)

model_publications = Table(
    "model_publications",
    metadata,
    id_column(),
    Column("model_id", String(40), nullable=False),
    Column("previous_id", String(40), nullable=False, comment="what answered before"),
    Column("unit_id", String(80), nullable=False),
    Column("staff_id", Id, comment="null: at the server's terminal"),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("state", String(20), nullable=False, comment="waiting, active, failed"),
    Column("done_at", UtcDateTime),
    Column("reason", String(300), nullable=False, server_default=""),
    Index(None, "state"),
    comment="the newest active one says which model answers",
)
