"""What a session found before it changed it, so that it can be put back."""

import sqlalchemy as sa

from store.tables.kinds import UtcTime, metadata

replaced = sa.Table(
    "replaced",
    metadata,
    sa.Column("session", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("delivery", sa.BigInteger, nullable=False),
    sa.Column("row", sa.LargeBinary),
    sa.Column("record", sa.LargeBinary),
)
