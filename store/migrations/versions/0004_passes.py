"""Passes with clocks of their own, the census, the gap meter, and notices that go out"""

import sqlalchemy as sa
from alembic import op

from store.tables import UtcTime, json, row_id

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
    _passes()
    _census()
    _gaps()
    _notices()
    op.add_column("sessions", sa.Column("resumes_at", UtcTime, nullable=True))


def _passes() -> None:
    """What the columns of sources knew of two of them moves over."""
    op.create_table(
        "passes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.Column("began_at", UtcTime, nullable=True),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("mark", json, nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("source", "name"),
    )
    op.execute(
        "INSERT INTO passes (source, name, status, began_at, ended_at) "
        "SELECT name, 'whole', 'complete', full_began_at, full_read_at FROM sources "
        "WHERE full_read_at IS NOT NULL"
    )
    op.execute(
        "INSERT INTO passes (source, name, status, began_at, ended_at) "
        "SELECT name, 'definitions', 'complete', definitions_read_at, definitions_read_at "
        "FROM sources WHERE definitions_read_at IS NOT NULL"
    )
    for column in ("full_began_at", "full_read_at", "definitions_read_at"):
        op.drop_column("sources", column)


def _census() -> None:
    op.create_table(
        "left_out",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket"),
    )
    op.create_table(
        "census_seen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "ticket"),
    )


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("session", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcTime, nullable=True),
        sa.Column("found_at", UtcTime, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("told_at", UtcTime, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("gaps_found", "gaps", ["source", "found_at"])
    op.create_index("gaps_ticket", "gaps", ["source", "ticket", "found_at"])
    where = sa.text("via = 'webhook'")
    columns = ["source", "received_at", "ticket", "outcome"]
    op.create_index(
        "deliveries_webhooks",
        "deliveries",
        columns,
        sqlite_where=where,
        postgresql_where=where,
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", row_id, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("content", json, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime, nullable=True),
        sa.Column("sent_at", UtcTime, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name="notices_key"),
    )
    where = sa.text("due_at IS NOT NULL")
    op.create_index(
        "notices_due", "notices", ["due_at"], sqlite_where=where, postgresql_where=where
    )
    where = sa.text("sent_at IS NULL AND due_at IS NULL")
    op.create_index(
        "notices_given_up", "notices", ["id"], sqlite_where=where, postgresql_where=where
    )
