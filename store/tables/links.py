"""Links between tickets: each once, and what each of its ends told of it."""

import sqlalchemy as sa

from store.tables.kinds import json, metadata

links = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("from_source", sa.Text),
    sa.Column("from_ticket", sa.Text),
    sa.Column("from_key", sa.Text),
    sa.Column("from_url", sa.Text),
    sa.Column("to_source", sa.Text),
    sa.Column("to_ticket", sa.Text),
    sa.Column("to_key", sa.Text),
    sa.Column("to_url", sa.Text),
    sa.Column("title", sa.Text),
    sa.Column("pull_request", json),
    sa.Column("told_by", sa.Text, nullable=False),
)
"""`kind` is read from the first end to the second: parent_of, blocks, duplicates (from the
duplicate to the original), relates (no direction; the ends are in order), pull_request. An end
that is not held has no ticket, only what was told of it: key, url, title."""
sa.Index("links_from", links.c.from_source, links.c.from_ticket)
sa.Index("links_to", links.c.to_source, links.c.to_ticket)

link_sides = sa.Table(
    "link_sides",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("forward", sa.Boolean, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("target_id", sa.Text),
    sa.Column("target_key", sa.Text),
    sa.Column("target_address", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("title", sa.Text),
    sa.Column("pull_request", json),
    sa.Column("met_source", sa.Text),
    sa.Column("met_ticket", sa.Text),
    sa.Column("link", sa.Text),
)
"""A link as one ticket tells it. `forward`: the teller is the first end. `met_…` is the ticket that
the target turned out to be, `link` the link it belongs to (none if it led back to its teller)."""
sa.Index("link_sides_link", link_sides.c.link)
sa.Index("link_sides_met", link_sides.c.met_source, link_sides.c.met_ticket)
sa.Index("link_sides_id", link_sides.c.target_id)
sa.Index("link_sides_key", link_sides.c.target_key)
sa.Index("link_sides_address", link_sides.c.target_address)

addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("address", sa.Text),
    sa.Column("gone", sa.Boolean, nullable=False),
)
"""By what links find a ticket: its key, and its url in the one form they are compared in."""
sa.Index("addresses_key", addresses.c.key)
sa.Index("addresses_address", addresses.c.address)
