"""Local tickets, attachments beside their tickets, and an index for each source"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Forward; there is no way back but a backup. Every file is looked at once more."""
    op.create_table(
        "attachments",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("attachment", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("largest", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime, nullable=True),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("source", "ticket", "attachment"),
    )
    where = sa.text("due_at IS NOT NULL")
    op.create_index(
        "attachments_due", "attachments", ["due_at"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "indexes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("due", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("folders", sa.Column("line", sa.Text(), nullable=True))
    op.add_column("folders", sa.Column("taken", sa.Text(), nullable=True))
    op.execute("UPDATE tickets SET render_due = 1 WHERE render_due = 0")
