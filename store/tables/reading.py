"""How far sources have been read, and what that found."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, json, metadata, row_id

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
    sa.Column("privacy", sa.Text),
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
