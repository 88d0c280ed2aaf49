"""What a session replaced, so that it can be put back, and by what a ticket was translated"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    op.create_table(
        "replaced",
        sa.Column("session", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("delivery", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.LargeBinary(), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("session", "source", "ticket"),
    )
    op.add_column("tickets", sa.Column("translation", sa.Text(), nullable=True))
    op.create_index("tickets_translation", "tickets", ["source", "translation", "external_id"])
