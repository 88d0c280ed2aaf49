"""What the workspace keeps beside the tickets' files: attachments, indexes, numbers given out."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, metadata, partial_index

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("attachment", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("largest", sa.BigInteger),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", UtcTime),
    sa.Column("ended_at", UtcTime),
)
partial_index("attachments_due", attachments.c.due_at.is_not(None), attachments.c.due_at)

indexes = sa.Table(
    "indexes",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("due", sa.Integer, nullable=False, server_default="1"),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)
