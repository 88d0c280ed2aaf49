"""Words to search for. The index over them is each database's own, made by the migrations."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, metadata, row_id

searchable = sa.Table(
    "searchable",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.UniqueConstraint("source", "ticket", name="searchable_ticket"),
)

BESIDE = (
    "searchable_index", "searchable_index_config", "searchable_index_data",
    "searchable_index_docsize", "searchable_index_idx", "searchable_found",
    "searchable_newest", "searchable_titles", "searchable_words",
    "tickets_absent", "tickets_assignees", "tickets_called", "tickets_labels", "tickets_updated",
)  # fmt: skip
"""Tables and indexes that the databases have each in a form of its own, and `metadata` in none."""
