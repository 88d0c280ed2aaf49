"""States with ids, and sprints that begin: what trackers beside GitHub have"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    op.add_column("tickets", sa.Column("status_id", sa.Text(), nullable=True))
    op.add_column("definitions", sa.Column("starts_on", sa.Text(), nullable=True))
