"""What is counted: derived from tickets and their history, and the days that were counted."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, metadata, partial_index

flows = sa.Table(
    "flows",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("priority", sa.Text),
    sa.Column("customer", sa.Text),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("working", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime),
    sa.Column("started_at", UtcTime),
    sa.Column("done_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.Column("done_count", sa.Integer, nullable=False),
    sa.Column("reopened_count", sa.Integer, nullable=False),
    sa.Column("lead_seconds", sa.BigInteger),
    sa.Column("cycle_seconds", sa.BigInteger),
    sa.Column("inferred", sa.Boolean, nullable=False),
)
# What is counted by time alone is answered from these without a look at the rows.
sa.Index(
    "flows_done",
    *(flows.c[n] for n in ("done_at", "source", "lead_seconds", "cycle_seconds")),
    *(flows.c[n] for n in ("type", "priority", "customer")),
)
sa.Index("flows_created", *(flows.c[n] for n in ("created_at", "source", "ended_at")))
sa.Index("flows_ended", *(flows.c[n] for n in ("ended_at", "source", "category")))
partial_index("flows_open", sa.text("ended_at IS NULL"), flows.c.source, flows.c.working)

flow_members = sa.Table(
    "flow_members",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("dimension", sa.Text, primary_key=True),
    sa.Column("member", sa.Text, primary_key=True),
)

spans = sa.Table(
    "spans",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("came_from", sa.Text, nullable=False),
    sa.Column("entered_at", UtcTime, nullable=False),
    sa.Column("left_at", UtcTime),
    sa.Column("seconds", sa.BigInteger),
    sa.Column("spent", sa.BigInteger),
    sa.Column("done_at", UtcTime),
)
sa.Index(
    "spans_turns",
    *(spans.c[n] for n in ("came_from", "category", "entered_at", "source", "ticket")),
)
partial_index(
    "spans_spent",
    sa.text("spent IS NOT NULL"),
    *(spans.c[n] for n in ("done_at", "source", "status", "spent", "ticket")),
)

stays = sa.Table(
    "stays",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("sprint", sa.Text, nullable=False),
    sa.Column("points", sa.Double),
    sa.Column("done_at", UtcTime),
    sa.Column("entered_at", UtcTime, nullable=False),
    sa.Column("left_at", UtcTime),
)
sa.Index(
    "stays_sprint",
    *(stays.c[n] for n in ("source", "sprint", "entered_at", "left_at", "done_at")),
    *(stays.c[n] for n in ("points", "ticket")),
)

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("ended_at", UtcTime),
    sa.Column("by_assignment", sa.Boolean, nullable=False),
    sa.Column("story", sa.LargeBinary, nullable=False),
)
sa.Index("stories_ended", stories.c.source, stories.c.ended_at)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("metric", sa.Text, primary_key=True),
    sa.Column("dimension", sa.Text, primary_key=True),
    sa.Column("member", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.BigInteger),
    sa.Column("p50", sa.BigInteger),
    sa.Column("p85", sa.BigInteger),
    sa.Column("inferred", sa.BigInteger, nullable=False),
    sa.Column("taken_at", UtcTime, nullable=False),
)
sa.Index("snapshots_metric", snapshots.c.metric, snapshots.c.dimension, snapshots.c.day)
