"""What is held of tickets."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, json, metadata, partial_index

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("number", sa.BigInteger),
    sa.Column("native_id", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("status_id", sa.Text),
    sa.Column("status_category", sa.Text, nullable=False),
    sa.Column("close_reason", sa.Text),
    sa.Column("priority", sa.Text),
    sa.Column("severity", sa.Text),
    sa.Column("label_ids", json, nullable=False),
    sa.Column("assignee_ids", json, nullable=False),
    sa.Column("reporter_id", sa.Text),
    sa.Column("milestone_id", sa.Text),
    sa.Column("sprint_id", sa.Text),
    sa.Column("sprint_ids", json, nullable=False),
    sa.Column("project", json),
    sa.Column("parent", json),
    sa.Column("epic", json),
    sa.Column("component_ids", json, nullable=False),
    sa.Column("estimate", sa.Double),
    sa.Column("story_points", sa.Double),
    sa.Column("weight", sa.Integer),
    sa.Column("time_estimate", sa.BigInteger),
    sa.Column("time_spent", sa.BigInteger),
    sa.Column("due_date", sa.Date),
    sa.Column("customer", sa.Text),
    sa.Column("reactions", json, nullable=False),
    sa.Column("custom_fields", json, nullable=False),
    sa.Column("external_fields", json, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("confidential", sa.Boolean),
    sa.Column("privacy", sa.Text),
    sa.Column("created_at", UtcTime),
    sa.Column("updated_at", UtcTime),
    sa.Column("closed_at", UtcTime),
    sa.Column("comment_count", sa.Integer),
    sa.Column("attachments", json, nullable=False),
    sa.Column("revision", sa.Text),
    sa.Column("fingerprint", sa.Text),
    sa.Column("fate", sa.Text, nullable=False, server_default="here"),
    sa.Column("fate_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("moved_to", json),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("confirmed_at", UtcTime),
    sa.Column("last_synced_at", UtcTime, nullable=False),
    sa.Column("doubt", json),
    sa.Column("doubt_due_at", UtcTime),
    sa.Column("render_due", sa.Integer, nullable=False, server_default="1"),
    sa.Column("derive_due", sa.Integer, nullable=False, server_default="1"),
    sa.Column("history_wanted_at", UtcTime),
    sa.Column("history_read_at", UtcTime),
    sa.Column("translator_version", sa.Integer),
    sa.Column("translation", sa.Text),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("record", sa.LargeBinary),
)
sa.Index("tickets_key", tickets.c.source, tickets.c.key)
sa.Index("tickets_updated", tickets.c.updated_at)
sa.Index(
    "tickets_statuses",
    *(tickets.c[n] for n in ("source", "status", "close_reason", "status_category")),
)
sa.Index("tickets_translation", *(tickets.c[n] for n in ("source", "translation", "external_id")))
partial_index("tickets_doubt", tickets.c.doubt_due_at.is_not(None), tickets.c.doubt_due_at)
partial_index("tickets_render_due", sa.text("render_due > 0"), tickets.c.source)
partial_index("tickets_derive_due", sa.text("derive_due > 0"), tickets.c.source)
partial_index("tickets_history_wanted", tickets.c.history_wanted_at.is_not(None), tickets.c.source)

comments = sa.Table(
    "comments",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("author_id", sa.Text),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("internal", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime),
    sa.Column("updated_at", UtcTime),
    sa.Column("revision", sa.Text),
    sa.Column("fingerprint", sa.Text),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
)
sa.Index("comments_ticket", comments.c.source, comments.c.ticket)

relations = sa.Table(
    "relations",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("reference", json, nullable=False),
)

definitions = sa.Table(
    "definitions",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("color", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("number", sa.BigInteger),
    sa.Column("state", sa.Text),
    sa.Column("starts_on", sa.Text),
    sa.Column("due_on", sa.Text),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("former", json),
)
