"""People behind their accounts"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime, row_id

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    for name in ("login_at", "name_at", "email_at"):
        op.add_column("people", sa.Column(name, UtcTime, nullable=True))
    op.execute("UPDATE people SET login_at = seen_at WHERE login <> ''")
    op.execute("UPDATE people SET name_at = seen_at WHERE name <> ''")
    op.execute("UPDATE people SET email_at = seen_at WHERE email IS NOT NULL")
    op.add_column("people", sa.Column("person", sa.BigInteger(), nullable=True))
    op.add_column("people", sa.Column("matched_by", sa.Text(), nullable=True))
    op.create_index("people_person", "people", ["person"])
    where = sa.text("matched_by IS NULL")
    op.create_index(
        "people_unsettled", "people", ["source"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "persons",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hand_matches",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("to_source", sa.Text(), nullable=True),
        sa.Column("to_external_id", sa.Text(), nullable=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
