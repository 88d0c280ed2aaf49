"""Who is who: accounts at trackers, the persons behind them, and what was decided by hand."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, metadata, partial_index, row_id

people = sa.Table(
    "people",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("login_at", UtcTime),
    sa.Column("name_at", UtcTime),
    sa.Column("email_at", UtcTime),
    sa.Column("person", sa.BigInteger),
    sa.Column("matched_by", sa.Text),
)
sa.Index("people_person", people.c.person)
partial_index("people_unsettled", people.c.matched_by.is_(None), people.c.source)

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("id", row_id, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("created_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

hand_matches = sa.Table(
    "hand_matches",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("to_source", sa.Text),
    sa.Column("to_external_id", sa.Text),
    sa.Column("at", UtcTime, nullable=False),
)
