"""The spine: journal, tickets, sessions"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime, json, row_id

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    op.create_table(
        "attempts",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("next_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_attempts_delivery_id"), "attempts", ["delivery_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", json, nullable=True),
        sa.Column("after", json, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "comments",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime, nullable=True),
        sa.Column("updated_at", UtcTime, nullable=True),
        sa.Column("revision", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("observed_at", UtcTime, nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_index("comments_ticket", "comments", ["source", "ticket"], unique=False)
    op.create_table(
        "definitions",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Text(), nullable=True),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "external_id"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("delivery_key", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("headers", json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", UtcTime, nullable=False),
        sa.Column("observed_at", UtcTime, nullable=False),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime, nullable=True),
        sa.Column("woken_at", UtcTime, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", UtcTime, nullable=True),
        sa.CheckConstraint("ticket IS NULL OR ticket <> ''", name="deliveries_ticket"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "delivery_key", name="deliveries_key"),
    )
    op.create_index(
        "deliveries_dead",
        "deliveries",
        ["id"],
        unique=False,
        sqlite_where=sa.text("outcome = 'dead'"),
        postgresql_where=sa.text("outcome = 'dead'"),
    )
    op.create_index(
        "deliveries_pending",
        "deliveries",
        ["source", "ticket", "id"],
        unique=False,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "folders",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("render", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "people",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_table(
        "relations",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("reference", json, nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket", "kind", "target"),
    )
    op.create_table(
        "renders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("id", "source", "ticket"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("report", json, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tracker", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="configuring", nullable=False),
        sa.Column("status_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("cursor", json, nullable=True),
        sa.Column("cursor_scope", sa.Text(), nullable=True),
        sa.Column("baseline_at", UtcTime, nullable=True),
        sa.Column("full_began_at", UtcTime, nullable=True),
        sa.Column("full_read_at", UtcTime, nullable=True),
        sa.Column("definitions_read_at", UtcTime, nullable=True),
        sa.Column("last_session_at", UtcTime, nullable=True),
        sa.Column("next_session_at", UtcTime, nullable=True),
        sa.Column("removed_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tickets",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("native_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_category", sa.Text(), nullable=False),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("label_ids", json, nullable=False),
        sa.Column("assignee_ids", json, nullable=False),
        sa.Column("reporter_id", sa.Text(), nullable=True),
        sa.Column("milestone_id", sa.Text(), nullable=True),
        sa.Column("sprint_id", sa.Text(), nullable=True),
        sa.Column("sprint_ids", json, nullable=False),
        sa.Column("project", json, nullable=True),
        sa.Column("parent", json, nullable=True),
        sa.Column("epic", json, nullable=True),
        sa.Column("component_ids", json, nullable=False),
        sa.Column("estimate", sa.Double(), nullable=True),
        sa.Column("story_points", sa.Double(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("time_estimate", sa.BigInteger(), nullable=True),
        sa.Column("time_spent", sa.BigInteger(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("reactions", json, nullable=False),
        sa.Column("custom_fields", json, nullable=False),
        sa.Column("external_fields", json, nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=True),
        sa.Column("privacy", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime, nullable=True),
        sa.Column("updated_at", UtcTime, nullable=True),
        sa.Column("closed_at", UtcTime, nullable=True),
        sa.Column("comment_count", sa.Integer(), nullable=True),
        sa.Column("attachments", json, nullable=False),
        sa.Column("revision", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("fate", sa.Text(), server_default="here", nullable=False),
        sa.Column("fate_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_to", json, nullable=True),
        sa.Column("observed_at", UtcTime, nullable=False),
        sa.Column("confirmed_at", UtcTime, nullable=True),
        sa.Column("last_synced_at", UtcTime, nullable=False),
        sa.Column("doubt", json, nullable=True),
        sa.Column("doubt_due_at", UtcTime, nullable=True),
        sa.Column("render_due", sa.Integer(), server_default="1", nullable=False),
        sa.Column("translator_version", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_index(
        "tickets_doubt",
        "tickets",
        ["doubt_due_at"],
        unique=False,
        sqlite_where=sa.text("doubt_due_at IS NOT NULL"),
        postgresql_where=sa.text("doubt_due_at IS NOT NULL"),
    )
    op.create_index("tickets_key", "tickets", ["source", "key"], unique=False)
    op.create_index(
        "tickets_render_due",
        "tickets",
        ["source"],
        unique=False,
        sqlite_where=sa.text("render_due > 0"),
        postgresql_where=sa.text("render_due > 0"),
    )
    op.create_index("tickets_updated", "tickets", ["updated_at"], unique=False)
    op.create_table(
        "validators",
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("credential", "address"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Bodies are most of the bytes, and lz4 measured faster than the default for intake.
        op.execute(
            "DO $$ BEGIN ALTER TABLE deliveries ALTER COLUMN body SET COMPRESSION lz4; "
            "EXCEPTION WHEN feature_not_supported THEN NULL; END $$"
        )
