"""Every change of every field, and what has to be derived anew"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime, json, row_id

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    _history()
    op.add_column(
        "tickets", sa.Column("derive_due", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("tickets", sa.Column("history_wanted_at", UtcTime, nullable=True))
    op.add_column("tickets", sa.Column("history_read_at", UtcTime, nullable=True))
    for name, text in (
        ("tickets_derive_due", "derive_due > 0"),
        ("tickets_history_wanted", "history_wanted_at IS NOT NULL"),
    ):
        where = sa.text(text)
        op.create_index(name, "tickets", ["source"], sqlite_where=where, postgresql_where=where)
    op.add_column("definitions", sa.Column("former", json, nullable=True))


def _history() -> None:
    op.create_table(
        "history",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("place", sa.Integer(), server_default="0", nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("native_field", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("before", json, nullable=True),
        sa.Column("after", json, nullable=True),
        sa.Column("told", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("since", UtcTime, nullable=True),
        sa.Column("seen", json, nullable=True),
        sa.Column("covered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("noted_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "entry", name="history_entry"),
    )
    op.create_index("history_ticket", "history", ["source", "ticket", "at"])
    op.create_index("history_at", "history", ["at"])
