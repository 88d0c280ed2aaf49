"""Tickets as rows: `work_items`, `bugs`, `issues`, `jira_issues`."""

# ruff: noqa: S608 - nothing but words of our own goes into these texts

from store.views.dialect import Dialect

_ALL = ("github", "gitlab", "jira", "linear", "generic")
"""Trackers that call every ticket an issue."""


def work_items(d: Dialect, tracker: str) -> str:
    """Every ticket of a tracker's sources."""
    return f"SELECT {_columns(d, tracker)}\n{_origin(d, tracker)}"


def bugs(d: Dialect, tracker: str) -> str:
    """Those of type bug."""
    return f"{work_items(d, tracker)} AND lower(t.type) = 'bug'"


def issues(d: Dialect, tracker: str) -> str:
    """What the tracker calls an issue: everything, but at Azure DevOps a type among others."""
    every = tracker in _ALL
    return work_items(d, tracker) + ("" if every else " AND lower(t.type) = 'issue'")


def jira_issues(d: Dialect, tracker: str) -> str:
    """Jira's issues under Jira's own words."""
    return f"""SELECT
  t.key AS jira_key,
  t.external_id AS jira_id,
  t.title AS summary,
  t.body AS description,
  t.type AS issue_type,
  t.status AS status,
  t.status_category AS status_category,
  {_people(d, "t.assignee_ids")} AS assignee,
  {_person(d, "t.reporter_id")} AS reporter,
  t.priority AS priority,
  {_defined(d, "t.label_ids", "label")} AS labels,
  {_defined(d, "t.component_ids", "component")} AS components,
  t.customer AS customer_name,
  t.story_points AS story_points,
  t.sprint_id AS sprint_id,
  sprint.name AS sprint_name,
  {_parent(d)} AS parent_key,
  t.created_at AS issue_created_at,
  t.updated_at AS issue_updated_at,
  t.closed_at AS resolved_at,
  {d.hours("f.cycle_seconds")} AS cycle_time_hours,
  {d.hours("f.lead_seconds")} AS lead_time_hours,
  {_STATUS} AS sync_status,
  {_DELETED} AS deleted,
  t.source AS source,
  t.url AS url
{_origin(d, tracker)}"""


_STATUS = (
    "CASE WHEN t.fate <> 'here' THEN t.fate WHEN t.doubt IS NULL THEN 'synced' ELSE 'in_doubt' END"
)
_DELETED = "(t.fate = 'deleted')"


def _columns(d: Dialect, tracker: str) -> str:
    return f"""
  {identity(tracker, "t")} AS id,
  t.number AS numeric_id,
  t.key AS key,
  t.title AS title,
  t.body AS description,
  t.type AS work_item_type,
  t.status AS state,
  t.status_category AS state_category,
  (t.state = 'closed') AS is_closed,
  t.close_reason AS reason,
  {_people(d, "t.assignee_ids")} AS assigned_to,
  {_person(d, "t.reporter_id")} AS created_by,
  t.severity AS severity,
  t.priority AS priority,
  {_area(d, tracker)} AS area_path,
  {_path(tracker, "sprint.name")} AS iteration_path,
  milestone.name AS milestone,
  {_defined(d, "t.label_ids", "label")} AS tags,
  t.customer AS customer_name,
  t.story_points AS story_points,
  t.estimate AS estimate,
  {_parent(d) if tracker != "azure_devops" else d.whole(_parent(d))} AS parent_id,
  t.due_date AS due_date,
  t.created_at AS created_at,
  t.updated_at AS updated_at,
  f.started_at AS started_at,
  t.closed_at AS closed_at,
  {d.hours("f.cycle_seconds")} AS cycle_time_hours,
  {d.hours("f.lead_seconds")} AS lead_time_hours,
  t.comment_count AS comment_count,
  t.custom_fields AS custom_fields,
  t.url AS url,
  t.source AS source,
  s.project_name AS project,
  {_STATUS} AS sync_status,
  {_DELETED} AS deleted,
  t.last_synced_at AS last_synced_at,
  t.external_id AS external_id"""


def _origin(d: Dialect, tracker: str) -> str:
    """Tickets that were ever read; a tombstone of any other has nothing to tell."""
    sprint, milestone = (
        f"LEFT JOIN {d.table('definitions')} {kind} ON {kind}.source = t.source"
        f" AND {kind}.kind = '{kind}' AND {kind}.external_id = t.{kind}_id AND NOT {kind}.deleted"
        for kind in ("sprint", "milestone")
    )
    return f"""{own(d, tracker)}
{sprint}
{milestone}
LEFT JOIN {d.table("flows")} f ON f.source = t.source AND f.ticket = t.external_id
WHERE {SEEN}"""


SEEN = "(t.fate = 'here' OR t.record IS NOT NULL)"


def own(d: Dialect, tracker: str) -> str:
    """The tickets `t` of a tracker's sources `s`."""
    return (
        f"FROM {d.table('tickets')} t\n"
        f"JOIN {d.table('sources')} s ON s.name = t.source AND s.tracker = '{tracker}'"
    )


def identity(tracker: str, ticket: str) -> str:
    """What a ticket is called: Azure DevOps's have numbers, others what people say."""
    return f"{ticket}.number" if tracker == "azure_devops" else f"{ticket}.key"


def named(person: str, otherwise: str) -> str:
    """How a person is called: name, else login, else id."""
    return f"coalesce(nullif({person}.name, ''), nullif({person}.login, ''), {otherwise})"


def _people(d: Dialect, column: str) -> str:
    return f"""(SELECT {d.joined(named("p", "member.value"))}
    FROM {d.members(column)}
    LEFT JOIN {d.table("people")} p ON p.source = t.source AND p.external_id = member.value)"""


def _person(d: Dialect, column: str) -> str:
    return f"""coalesce((SELECT {named("p", column)} FROM {d.table("people")} p
    WHERE p.source = t.source AND p.external_id = {column}), {column})"""


def _defined(d: Dialect, column: str, kind: str) -> str:
    """The names of a ticket's labels or components."""
    return f"""(SELECT {d.joined("x.name")}
    FROM {d.members(column)}
    JOIN {d.table("definitions")} x ON x.source = t.source AND x.kind = '{kind}'
      AND x.external_id = member.value AND NOT x.deleted)"""


def _area(d: Dialect, tracker: str) -> str:
    return _path(tracker, _defined(d, "t.component_ids", "component"))


def _path(tracker: str, below: str) -> str:
    r"""Azure DevOps's paths start at the project: `Shop\Web`; the root of it is the project."""
    if tracker != "azure_devops":
        return below
    return (
        f"CASE WHEN s.project_name IS NULL THEN {below} ELSE"
        f" s.project_name || coalesce('\\' || {below}, '') END"
    )


def _parent(d: Dialect) -> str:
    """The parent's key, whichever end told of it; the least where there are several."""
    return f"""(SELECT min(coalesce(up.key, l.from_key))
    FROM {d.table("links")} l
    LEFT JOIN {d.table("tickets")} up
      ON up.source = l.from_source AND up.external_id = l.from_ticket
    WHERE l.kind = 'parent_of' AND l.to_source = t.source AND l.to_ticket = t.external_id)"""
