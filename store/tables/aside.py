"""What stands beside the tickets: audit, files, grants."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, json, metadata, row_id

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
    sa.Column("line", sa.Text),
    sa.Column("taken", sa.Text),
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
