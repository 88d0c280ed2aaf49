"""What was: every change of every field."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, json, metadata, row_id

history = sa.Table(
    "history",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("place", sa.Integer, nullable=False, server_default="0"),
    sa.Column("actor_id", sa.Text),
    sa.Column("native_field", sa.Text, nullable=False),
    sa.Column("field", sa.Text),
    sa.Column("before", json),
    sa.Column("after", json),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("since", UtcTime),
    sa.Column("seen", json),
    sa.Column("covered", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("noted_at", UtcTime, nullable=False),
    sa.UniqueConstraint("source", "entry", name="history_entry"),
)
sa.Index("history_ticket", history.c.source, history.c.ticket, history.c.at)
sa.Index("history_at", history.c.at)
