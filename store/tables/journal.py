"""What was ever observed, and who was told."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, json, metadata, partial_index, row_id

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
partial_index(
    "deliveries_pending",
    deliveries.c.outcome.is_(None),
    deliveries.c.source,
    deliveries.c.ticket,
    deliveries.c.id,
)
partial_index("deliveries_dead", deliveries.c.outcome == "dead", deliveries.c.id)
partial_index(
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
partial_index("notices_due", notices.c.due_at.is_not(None), notices.c.due_at)
partial_index("notices_given_up", sa.text("sent_at IS NULL AND due_at IS NULL"), notices.c.id)
