"""What is counted: spans, flows and daily snapshots"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    columns = ["source", "status", "close_reason", "status_category"]
    op.create_index("tickets_statuses", "tickets", columns)
    op.create_table(
        "flows",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime, nullable=True),
        sa.Column("started_at", UtcTime, nullable=True),
        sa.Column("done_at", UtcTime, nullable=True),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("done_count", sa.Integer(), nullable=False),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column("lead_seconds", sa.BigInteger(), nullable=True),
        sa.Column("cycle_seconds", sa.BigInteger(), nullable=True),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket"),
    )
    dimensions = ["type", "priority", "customer"]
    measures = ["done_at", "source", "lead_seconds", "cycle_seconds"]
    op.create_index("flows_done", "flows", [*measures, *dimensions])
    op.create_index("flows_created", "flows", ["created_at", "source", "ended_at"])
    op.create_index("flows_ended", "flows", ["ended_at", "source", "category"])
    where = sa.text("ended_at IS NULL")
    columns = ["source", "working"]
    op.create_index("flows_open", "flows", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "flow_members",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket", "dimension", "member"),
    )
    op.create_table(
        "spans",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("came_from", sa.Text(), nullable=False),
        sa.Column("entered_at", UtcTime, nullable=False),
        sa.Column("left_at", UtcTime, nullable=True),
        sa.Column("seconds", sa.BigInteger(), nullable=True),
        sa.Column("spent", sa.BigInteger(), nullable=True),
        sa.Column("done_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("source", "ticket", "place"),
    )
    columns = ["came_from", "category", "entered_at", "source", "ticket"]
    op.create_index("spans_turns", "spans", columns)
    where = sa.text("spent IS NOT NULL")
    columns = ["done_at", "source", "status", "spent", "ticket"]
    op.create_index("spans_spent", "spans", columns, sqlite_where=where, postgresql_where=where)
    _days()


def _days() -> None:
    op.create_table(
        "stays",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sprint", sa.Text(), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("done_at", UtcTime, nullable=True),
        sa.Column("entered_at", UtcTime, nullable=False),
        sa.Column("left_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("source", "ticket", "place"),
    )
    columns = ["source", "sprint", "entered_at", "left_at", "done_at", "points", "ticket"]
    op.create_index("stays_sprint", "stays", columns)
    op.create_table(
        "stories",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("by_assignment", sa.Boolean(), nullable=False),
        sa.Column("story", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket"),
    )
    op.create_index("stories_ended", "stories", ["source", "ended_at"])
    op.create_table(
        "snapshots",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=True),
        sa.Column("p50", sa.BigInteger(), nullable=True),
        sa.Column("p85", sa.BigInteger(), nullable=True),
        sa.Column("inferred", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("source", "day", "metric", "dimension", "member"),
    )
    op.create_index("snapshots_metric", "snapshots", ["metric", "dimension", "day"])
