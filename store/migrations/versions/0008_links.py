"""Each link once, whoever told of it"""

import sqlalchemy as sa
from alembic import op

from store.tables import json

revision = "0008"
down_revision = "0007"

_END = ("source", "ticket", "key", "url")


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    _links()
    _link_sides()
    _addresses()


def _links() -> None:
    ends = [f"{end}_{part}" for end in ("from", "to") for part in _END]
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ends),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("pull_request", json, nullable=True),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("links_from", "links", ["from_source", "from_ticket"])
    op.create_index("links_to", "links", ["to_source", "to_ticket"])


def _link_sides() -> None:
    names = ("target_id", "target_key", "target_address", "url", "title")
    op.create_table(
        "link_sides",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("forward", sa.Boolean(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in names),
        sa.Column("pull_request", json, nullable=True),
        sa.Column("met_source", sa.Text(), nullable=True),
        sa.Column("met_ticket", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "ticket", "kind", "forward", "target"),
    )
    op.create_index("link_sides_link", "link_sides", ["link"])
    op.create_index("link_sides_met", "link_sides", ["met_source", "met_ticket"])
    op.create_index("link_sides_id", "link_sides", ["target_id"])
    op.create_index("link_sides_key", "link_sides", ["target_key"])
    op.create_index("link_sides_address", "link_sides", ["target_address"])


def _addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket"),
    )
    op.create_index("addresses_key", "addresses", ["key"])
    op.create_index("addresses_address", "addresses", ["address"])
