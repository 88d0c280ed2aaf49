"""The tables, defined once for SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB


class UtcTime(sa.TypeDecorator[datetime]):
    """Aware UTC moments; SQLite would hand them back naive."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Stores UTC; SQLite's text form has no zone."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Reads UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
metadata = sa.MetaData()


def _partial_index(name: str, where: Any, *columns: sa.Column[Any]) -> None:
    sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("tracker", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("project_id", sa.Text),
    sa.Column("project_name", sa.Text),
    sa.Column("status", sa.Text, nullable=False, server_default="configuring"),
    sa.Column("status_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("cursor", json),
    sa.Column("cursor_scope", sa.Text),
    sa.Column("baseline_at", UtcTime),
    sa.Column("last_session_at", UtcTime),
    sa.Column("next_session_at", UtcTime),
    sa.Column("removed_at", UtcTime),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("delivery_key", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text),
    sa.Column("headers", json, nullable=False),
    sa.Column("body", sa.LargeBinary),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("session", sa.BigInteger),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcTime),
    sa.Column("woken_at", UtcTime),
    sa.Column("outcome", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("last_error", sa.Text),
    sa.Column("done_at", UtcTime),
    sa.UniqueConstraint("source", "delivery_key", name="deliveries_key"),
    sa.CheckConstraint("ticket IS NULL OR ticket <> ''", name="deliveries_ticket"),
)
_partial_index(
    "deliveries_pending",
    deliveries.c.outcome.is_(None),
    deliveries.c.source,
    deliveries.c.ticket,
    deliveries.c.id,
)
_partial_index("deliveries_dead", deliveries.c.outcome == "dead", deliveries.c.id)
_partial_index(
    "deliveries_webhooks",
    deliveries.c.via == "webhook",
    deliveries.c.source,
    deliveries.c.received_at,
    deliveries.c.ticket,
    deliveries.c.outcome,
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("delivery_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("traceback", sa.Text, nullable=False),
    sa.Column("next_at", UtcTime),
)

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
    sa.Column("translator_version", sa.Integer),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("record", sa.LargeBinary),
)
sa.Index("tickets_key", tickets.c.source, tickets.c.key)
sa.Index("tickets_updated", tickets.c.updated_at)
_partial_index("tickets_doubt", tickets.c.doubt_due_at.is_not(None), tickets.c.doubt_due_at)
_partial_index("tickets_render_due", sa.text("render_due > 0"), tickets.c.source)

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
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("report", json, nullable=False),
    sa.Column("resumes_at", UtcTime),
)

passes = sa.Table(
    "passes",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("session", sa.BigInteger),
    sa.Column("began_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.Column("mark", json),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
)

left_out = sa.Table(
    "left_out",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("revision", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
)

census_seen = sa.Table(
    "census_seen",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("round", sa.BigInteger, nullable=False),
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("session", sa.BigInteger, nullable=False),
    sa.Column("ticket", sa.Text),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("changed_at", UtcTime),
    sa.Column("found_at", UtcTime, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("told_at", UtcTime),
)
sa.Index("gaps_found", gaps.c.source, gaps.c.found_at)
sa.Index("gaps_ticket", gaps.c.source, gaps.c.ticket, gaps.c.found_at)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("ticket", sa.Text),
    sa.Column("content", json, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcTime),
    sa.Column("sent_at", UtcTime),
    sa.Column("last_error", sa.Text),
    sa.UniqueConstraint("key", name="notices_key"),
)
_partial_index("notices_due", notices.c.due_at.is_not(None), notices.c.due_at)
_partial_index("notices_given_up", sa.text("sent_at IS NULL AND due_at IS NULL"), notices.c.id)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)

validators = sa.Table(
    "validators",
    metadata,
    sa.Column("credential", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("seen_at", UtcTime, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("before", json),
    sa.Column("after", json),
)

folders = sa.Table(
    "folders",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("render", sa.Text, nullable=False),
)

renders = sa.Table(
    "renders",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("tracker", sa.Text, primary_key=True),
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("account", sa.Text),
    sa.Column("sites", json, nullable=False),
    sa.Column("scopes", json, nullable=False),
    sa.Column("expires_at", UtcTime),
    sa.Column("granted_at", UtcTime, nullable=False),
    sa.Column("renewed_at", UtcTime),
    sa.Column("asked_at", UtcTime),
    sa.Column("fault", sa.Text, nullable=False, server_default=""),
    sa.Column("fault_at", UtcTime),
)

grant_requests = sa.Table(
    "grant_requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tracker", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("redirect", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("browser", sa.Text),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
    sa.Column("granted", sa.Boolean),
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("state", name="grant_requests_state"),
)
