"""Mirrors: twins and what they last agreed on, announced writes, receipts, conflicts."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, json, metadata, partial_index, row_id

mirrors = sa.Table(
    "mirrors",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("options", json, nullable=False),
    sa.Column("lacks", json, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("removed_at", UtcTime),
    sa.Column("session", sa.BigInteger),
    sa.Column("last_sync_at", UtcTime),
    sa.Column("last_sync_status", sa.Text),
    sa.Column("last_sync_error", sa.Text),
    sa.Column("next_sync_at", UtcTime),
    sa.UniqueConstraint("source", "target", name="mirrors_pair"),
)

mappings = sa.Table(
    "mappings",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("mirror", sa.BigInteger, nullable=False),
    sa.Column("left", sa.Text),
    sa.Column("right", sa.Text),
    sa.Column("born", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="new"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
    sa.Column("base", sa.LargeBinary),
    sa.Column("noted", json, nullable=False, server_default="[]"),
    sa.Column("forced", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("adopted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("push_due", sa.Integer, nullable=False, server_default="1"),
    sa.Column("due_at", UtcTime),
    sa.Column("leased_until", UtcTime),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", sa.Text),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("joined_at", UtcTime),
    sa.Column("pushed_at", UtcTime),
    sa.UniqueConstraint("mirror", "left", name="mappings_left"),
    sa.UniqueConstraint("mirror", "right", name="mappings_right"),
)
sa.Index("mappings_of_right", mappings.c.right, mappings.c.mirror)
sa.Index("mappings_of_left", mappings.c.left, mappings.c.mirror)
partial_index("mappings_due", sa.text("push_due > 0"), mappings.c.due_at, mappings.c.id)

mapped_comments = sa.Table(
    "mapped_comments",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("mapping", sa.BigInteger, nullable=False),
    sa.Column("born", sa.Text, nullable=False),
    sa.Column("left", sa.Text),
    sa.Column("right", sa.Text),
    sa.Column("left_seen", sa.Text),
    sa.Column("right_seen", sa.Text),
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("mapping", "left", name="mapped_comments_left"),
    sa.UniqueConstraint("mapping", "right", name="mapped_comments_right"),
)

mapped_files = sa.Table(
    "mapped_files",
    metadata,
    sa.Column("mirror", sa.BigInteger, primary_key=True),
    sa.Column("side", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("twin_url", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", UtcTime),
    sa.Column("at", UtcTime, nullable=False),
)

markers = sa.Table(
    "markers",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("mirror", sa.Text, primary_key=True),
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("installation", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("proven", sa.Boolean, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
)
sa.Index("markers_origin", markers.c.source, markers.c.origin)

intents = sa.Table(
    "intents",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("mapping", sa.BigInteger),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text),
    sa.Column("comment", sa.Text),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("creates", sa.Text),
    sa.Column("marker", json),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("sent_at", UtcTime, nullable=False),
    sa.Column("looked_at", UtcTime),
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("ended_at", UtcTime),
    sa.Column("error", sa.Text),
    sa.Column("session", sa.BigInteger),
)
partial_index("intents_open", intents.c.state == "open", intents.c.mapping)
sa.Index("intents_mapping", intents.c.mapping)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("mapping", sa.BigInteger),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("comment", sa.Text),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("revision", sa.Text),
    sa.Column("fingerprint", sa.Text),
    sa.Column("fields", json, nullable=False),
    sa.Column("origins", json, nullable=False),
    sa.Column("read_at", UtcTime),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("session", sa.BigInteger),
)
sa.Index("receipts_ticket", receipts.c.source, receipts.c.ticket, receipts.c.id)
sa.Index("receipts_mapping", receipts.c.mapping, receipts.c.at)
sa.Index("receipts_session", receipts.c.session)

conflicts = sa.Table(
    "conflicts",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("mapping", sa.BigInteger),
    sa.Column("mirror", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("other_source", sa.Text),
    sa.Column("other_ticket", sa.Text),
    sa.Column("base", json),
    sa.Column("left", json),
    sa.Column("right", json),
    sa.Column("strategy", sa.Text, nullable=False),
    sa.Column("detected_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Column("settled_by", sa.Text),
    sa.Column("how", sa.Text),
    sa.Column("value", json),
    sa.Column("applied_at", UtcTime),
)
sa.Index("conflicts_ticket", conflicts.c.source, conflicts.c.ticket)
sa.Index("conflicts_other", conflicts.c.other_source, conflicts.c.other_ticket)
partial_index("conflicts_open", conflicts.c.settled_at.is_(None), conflicts.c.id)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("mirror", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("applied_at", UtcTime),
    sa.Column("session", sa.BigInteger),
)
sa.Index("plans_digest", plans.c.digest)
sa.Index("plans_mirror", plans.c.mirror, plans.c.id)

edits = sa.Table(
    "edits",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("base", json),
    sa.Column("value", json),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("ended_at", UtcTime),
)
partial_index("edits_waiting", edits.c.ended_at.is_(None), edits.c.source, edits.c.ticket)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_used_at", UtcTime),
    sa.Column("revoked_at", UtcTime),
    sa.UniqueConstraint("digest", name="tokens_digest"),
)

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("born_at", UtcTime, nullable=False),
)
