"""OAuth grants, sealed, and the requests for them that wait for a person's consent"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime, json

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    op.create_table(
        "grants",
        sa.Column("tracker", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("sites", json, nullable=False),
        sa.Column("scopes", json, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=True),
        sa.Column("granted_at", UtcTime, nullable=False),
        sa.Column("renewed_at", UtcTime, nullable=True),
        sa.Column("asked_at", UtcTime, nullable=True),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("fault_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("tracker", "site"),
    )
    op.create_table(
        "grant_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tracker", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("redirect", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=True),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("used_at", UtcTime, nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("state", name="grant_requests_state"),
    )
