"""What is around tickets: `bugs_relations`, `work_item_relations`, `sync_status`."""

# ruff: noqa: S608 - nothing but words of our own goes into these texts

from store.views.dialect import Dialect
from store.views.tickets import SEEN, identity, own

_WORDS = (
    ("parent_of", "child", "parent"),
    ("blocks", "blocks", "blocked_by"),
    ("duplicates", "duplicates", "duplicated_by"),
    ("relates", "relates", "relates"),
    ("pull_request", "pull_request", "pull_request"),
)
"""A link's kind, and how it is called from its first and from its second end."""


def work_item_relations(d: Dialect, tracker: str) -> str:
    """A row for each link of a ticket; a link inside one tracker shows at both its ends."""
    return (
        f"{_from(d, tracker, 'from', 'to', '')}\nUNION ALL\n{_from(d, tracker, 'to', 'from', '')}"
    )


def bugs_relations(d: Dialect, tracker: str) -> str:
    """The same of bugs alone."""
    only = " AND lower(t.type) = 'bug'"
    return (
        f"{_from(d, tracker, 'from', 'to', only)}\n"
        f"UNION ALL\n{_from(d, tracker, 'to', 'from', only)}"
    )


def _from(d: Dialect, tracker: str, near: str, far: str, only: str) -> str:
    place = 1 if near == "from" else 2
    words = " ".join(f"WHEN '{words[0]}' THEN '{words[place]}'" for words in _WORDS)
    mine = "bug_id" if only else "work_item_id"
    request = "l.pull_request ->> '{}'"
    return f"""SELECT
  l.id AS link_id,
  {identity(tracker, "t")} AS {mine},
  t.source AS source,
  t.title AS title,
  CASE l.kind {words} END AS relation,
  o.source AS related_source,
  coalesce(o.key, l.{far}_key) AS related_id,
  coalesce(o.title, l.title) AS related_title,
  o.status AS related_state,
  coalesce(o.url, l.{far}_url) AS related_url,
  (o.source IS NOT NULL) AS related_is_held,
  {request.format("repository")} AS repository,
  {request.format("branch")} AS branch,
  {request.format("state")} AS pull_request_state,
  l.told_by AS told_by
{own(d, tracker)}
JOIN {d.table("links")} l ON l.{near}_source = t.source AND l.{near}_ticket = t.external_id
LEFT JOIN {d.table("tickets")} o ON o.source = l.{far}_source AND o.external_id = l.{far}_ticket
WHERE {SEEN}{only}"""


def sync_status(d: Dialect, tracker: str) -> str:
    """A row for each source: is it up to date, and what waits."""
    held = f"FROM {d.table('tickets')} t WHERE t.source = s.name AND {SEEN}"
    waiting = f"FROM {d.table('deliveries')} w WHERE w.source = s.name"
    last = f"FROM {d.table('sessions')} x WHERE x.source = s.name ORDER BY x.id DESC LIMIT 1"
    return f"""SELECT
  s.name AS source,
  s.tracker AS tracker,
  s.project_name AS project,
  s.url AS url,
  CASE WHEN s.removed_at IS NULL THEN s.status ELSE 'removed' END AS status,
  s.status_reason AS status_reason,
  s.last_session_at AS last_session_at,
  s.next_session_at AS next_session_at,
  (SELECT x.status {last}) AS last_session_status,
  (SELECT x.error {last}) AS last_session_error,
  (SELECT count(*) {held} AND t.fate = 'here') AS tickets,
  (SELECT count(*) {held} AND t.fate = 'here' AND t.doubt IS NOT NULL) AS in_doubt,
  (SELECT count(*) {held} AND t.fate = 'deleted') AS deleted,
  (SELECT count(*) {waiting} AND w.outcome IS NULL) AS pending_deliveries,
  (SELECT count(*) {waiting} AND w.outcome = 'dead') AS dead_deliveries,
  (SELECT max(t.updated_at) {held}) AS last_change_at
FROM {d.table("sources")} s
WHERE s.tracker = '{tracker}'"""
