"""The tables, defined once for SQLite and PostgreSQL, a file a subject."""

from store.tables.aside import audit, folders, grant_requests, grants, renders
from store.tables.held import comments, definitions, people, relations, tickets
from store.tables.journal import attempts, deliveries, notices
from store.tables.kinds import UtcTime, json, metadata, row_id
from store.tables.past import history
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

__all__ = [
    "UtcTime",
    "attempts",
    "audit",
    "census_seen",
    "comments",
    "definitions",
    "deliveries",
    "folders",
    "gaps",
    "grant_requests",
    "grants",
    "history",
    "json",
    "leases",
    "left_out",
    "metadata",
    "notices",
    "passes",
    "people",
    "relations",
    "renders",
    "row_id",
    "sessions",
    "sources",
    "tickets",
    "validators",
]
