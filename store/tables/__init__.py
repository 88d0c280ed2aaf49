"""The tables, defined once for SQLite and PostgreSQL, a file a subject."""

from store.tables.aside import audit, folders, grant_requests, grants, renders
from store.tables.beside import attachments, counters, indexes
from store.tables.held import comments, definitions, relations, tickets
from store.tables.journal import attempts, deliveries, notices
from store.tables.kinds import UtcTime, json, metadata, row_id
from store.tables.links import addresses, link_sides, links
from store.tables.mirrors import (
    conflicts,
    edits,
    installation,
    intents,
    mapped_comments,
    mapped_files,
    mappings,
    markers,
    mirrors,
    plans,
    receipts,
    tokens,
)
from store.tables.numbers import flow_members, flows, snapshots, spans, stays, stories
from store.tables.past import history
from store.tables.people import hand_matches, people, persons
from store.tables.reading import (
    census_seen,
    gaps,
    leases,
    left_out,
    passes,
    sessions,
    sources,
    validators,
)
from store.tables.search import searchable
from store.tables.undo import replaced

__all__ = [
    "UtcTime",
    "addresses",
    "attachments",
    "attempts",
    "audit",
    "census_seen",
    "comments",
    "conflicts",
    "counters",
    "definitions",
    "deliveries",
    "edits",
    "flow_members",
    "flows",
    "folders",
    "gaps",
    "grant_requests",
    "grants",
    "hand_matches",
    "history",
    "indexes",
    "installation",
    "intents",
    "json",
    "leases",
    "left_out",
    "link_sides",
    "links",
    "mapped_comments",
    "mapped_files",
    "mappings",
    "markers",
    "metadata",
    "mirrors",
    "notices",
    "passes",
    "people",
    "persons",
    "plans",
    "receipts",
    "relations",
    "renders",
    "replaced",
    "row_id",
    "searchable",
    "sessions",
    "snapshots",
    "sources",
    "spans",
    "stays",
    "stories",
    "tickets",
    "tokens",
    "validators",
]
