"""Mirrors: twins, announced writes, receipts, conflicts; edits of files; tokens of the API"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime, json, row_id

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    op.create_table(
        "mirrors",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("options", json, nullable=False),
        sa.Column("lacks", json, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("removed_at", UtcTime, nullable=True),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.Column("last_sync_at", UtcTime, nullable=True),
        sa.Column("last_sync_status", sa.Text(), nullable=True),
        sa.Column("last_sync_error", sa.Text(), nullable=True),
        sa.Column("next_sync_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "target", name="mirrors_pair"),
    )
    op.create_table(
        "mappings",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("mirror", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.Text(), nullable=True),
        sa.Column("right", sa.Text(), nullable=True),
        sa.Column("born", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("base", sa.LargeBinary(), nullable=True),
        sa.Column("noted", json, server_default="[]", nullable=False),
        sa.Column("forced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("adopted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("push_due", sa.Integer(), server_default="1", nullable=False),
        sa.Column("due_at", UtcTime, nullable=True),
        sa.Column("leased_until", UtcTime, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("joined_at", UtcTime, nullable=True),
        sa.Column("pushed_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mirror", "left", name="mappings_left"),
        sa.UniqueConstraint("mirror", "right", name="mappings_right"),
    )
    where = sa.text("push_due > 0")
    op.create_index(
        "mappings_due", "mappings", ["due_at", "id"], sqlite_where=where, postgresql_where=where
    )
    op.create_index("mappings_of_left", "mappings", ["left", "mirror"])
    op.create_index("mappings_of_right", "mappings", ["right", "mirror"])
    op.create_table(
        "mapped_comments",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("mapping", sa.BigInteger(), nullable=False),
        sa.Column("born", sa.Text(), nullable=False),
        sa.Column("left", sa.Text(), nullable=True),
        sa.Column("right", sa.Text(), nullable=True),
        sa.Column("left_seen", sa.Text(), nullable=True),
        sa.Column("right_seen", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mapping", "left", name="mapped_comments_left"),
        sa.UniqueConstraint("mapping", "right", name="mapped_comments_right"),
    )
    op.create_table(
        "mapped_files",
        sa.Column("mirror", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("twin_url", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", UtcTime, nullable=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("mirror", "side", "url", "ticket"),
    )
    op.create_table(
        "markers",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("mirror", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("installation", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket", "mirror", "origin"),
    )
    op.create_index("markers_origin", "markers", ["source", "origin"])
    op.create_table(
        "intents",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("mapping", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("creates", sa.Text(), nullable=True),
        sa.Column("marker", json, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_at", UtcTime, nullable=False),
        sa.Column("looked_at", UtcTime, nullable=True),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("intents_mapping", "intents", ["mapping"])
    where = sa.text("state = 'open'")
    op.create_index(
        "intents_open", "intents", ["mapping"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "receipts",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("mapping", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("fields", json, nullable=False),
        sa.Column("origins", json, nullable=False),
        sa.Column("read_at", UtcTime, nullable=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("receipts_mapping", "receipts", ["mapping", "at"])
    op.create_index("receipts_session", "receipts", ["session"])
    op.create_index("receipts_ticket", "receipts", ["source", "ticket", "id"])
    op.create_table(
        "conflicts",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("mapping", sa.BigInteger(), nullable=True),
        sa.Column("mirror", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("other_source", sa.Text(), nullable=True),
        sa.Column("other_ticket", sa.Text(), nullable=True),
        sa.Column("base", json, nullable=True),
        sa.Column("left", json, nullable=True),
        sa.Column("right", json, nullable=True),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("detected_at", UtcTime, nullable=False),
        sa.Column("settled_at", UtcTime, nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=True),
        sa.Column("value", json, nullable=True),
        sa.Column("applied_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    where = sa.text("settled_at IS NULL")
    op.create_index(
        "conflicts_open", "conflicts", ["id"], sqlite_where=where, postgresql_where=where
    )
    op.create_index("conflicts_other", "conflicts", ["other_source", "other_ticket"])
    op.create_index("conflicts_ticket", "conflicts", ["source", "ticket"])
    op.create_table(
        "plans",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("mirror", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("applied_at", UtcTime, nullable=True),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("plans_digest", "plans", ["digest"])
    op.create_index("plans_mirror", "plans", ["mirror", "id"])
    op.create_table(
        "edits",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("base", json, nullable=True),
        sa.Column("value", json, nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("due_at", UtcTime, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    where = sa.text("ended_at IS NULL")
    op.create_index(
        "edits_waiting", "edits", ["source", "ticket"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "tokens",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("last_used_at", UtcTime, nullable=True),
        sa.Column("revoked_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", name="tokens_digest"),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("born_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("sources", sa.Column("privacy", sa.Text(), nullable=True))
