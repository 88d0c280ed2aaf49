"""The REST routes of the stand-in: methods, paths, and the functions that answer."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.jira.ask import Ask
from sandbox.jira.rest import (
    agile,
    attachments,
    comments,
    history,
    hooks,
    issues,
    links,
    people,
    projects,
    properties,
    screens,
    search,
    transitions,
    worklogs,
)
from sandbox.wire import Reply, Routes

Route = Callable[[Ask], Reply]
Row = tuple[str, str, Route]

COMMON: tuple[Row, ...] = (
    ("GET", "/myself", people.myself),
    ("GET", "/serverInfo", people.server),
    ("GET", "/mypermissions", people.permissions),
    ("GET", "/user", people.user),
    ("GET", "/user/search", people.search),
    ("GET", "/user/assignable/search", people.assignable),
    ("POST", "/issue", issues.create),
    ("POST", "/issue/bulk", issues.create_many),
    ("GET", "/issue/createmeta", screens.create_meta),
    ("GET", "/issue/createmeta/{project}/issuetypes", screens.create_types),
    ("GET", "/issue/createmeta/{project}/issuetypes/{type}", screens.create_fields),
    ("GET", "/issue/{issue}", issues.read),
    ("PUT", "/issue/{issue}", issues.edit),
    ("DELETE", "/issue/{issue}", issues.delete),
    ("PUT", "/issue/{issue}/assignee", issues.set_assignee),
    ("GET", "/issue/{issue}/editmeta", screens.edit_meta),
    ("GET", "/issue/{issue}/transitions", transitions.possible),
    ("POST", "/issue/{issue}/transitions", transitions.go),
    ("GET", "/issue/{issue}/comment", comments.page),
    ("POST", "/issue/{issue}/comment", comments.add),
    ("GET", "/issue/{issue}/comment/{comment}", comments.read),
    ("PUT", "/issue/{issue}/comment/{comment}", comments.edit),
    ("DELETE", "/issue/{issue}/comment/{comment}", comments.delete),
    ("GET", "/comment/{comment}/properties", comments.property_keys),
    ("GET", "/comment/{comment}/properties/{key}", comments.read_property),
    ("PUT", "/comment/{comment}/properties/{key}", comments.set_property),
    ("DELETE", "/comment/{comment}/properties/{key}", comments.delete_property),
    ("GET", "/issue/{issue}/worklog", worklogs.page),
    ("POST", "/issue/{issue}/worklog", worklogs.add),
    ("GET", "/issue/{issue}/worklog/{worklog}", worklogs.read),
    ("PUT", "/issue/{issue}/worklog/{worklog}", worklogs.edit),
    ("DELETE", "/issue/{issue}/worklog/{worklog}", worklogs.delete),
    ("GET", "/issue/{issue}/remotelink", links.remote),
    ("POST", "/issue/{issue}/remotelink", links.put_remote),
    ("DELETE", "/issue/{issue}/remotelink", links.delete_remote),
    ("DELETE", "/issue/{issue}/remotelink/{link}", links.delete_remote_by_id),
    ("GET", "/issue/{issue}/properties", properties.keys),
    ("GET", "/issue/{issue}/properties/{key}", properties.read),
    ("PUT", "/issue/{issue}/properties/{key}", properties.put),
    ("DELETE", "/issue/{issue}/properties/{key}", properties.delete),
    ("POST", "/issue/{issue}/attachments", attachments.add),
    ("GET", "/attachment/{id}", attachments.read),
    ("DELETE", "/attachment/{id}", attachments.delete),
    ("POST", "/issueLink", links.add),
    ("GET", "/issueLink/{link}", links.read),
    ("DELETE", "/issueLink/{link}", links.delete),
    ("GET", "/issueLinkType", links.types),
    ("GET", "/issueLinkType/{id}", links.read_type),
    ("GET", "/field", screens.all_fields),
    ("GET", "/project", projects.listed),
    ("GET", "/project/{project}/components", projects.components),
    ("GET", "/project/{project}/versions", projects.versions),
    ("GET", "/project/{project}/version", projects.version_page),
    ("GET", "/project/{project}/statuses", projects.statuses_of),
    ("GET", "/component/{id}", projects.read_component),
    ("POST", "/component", projects.add_component),
    ("GET", "/version/{id}", projects.read_version),
    ("PUT", "/version/{id}", projects.edit_version),
    ("POST", "/version", projects.add_version),
    ("GET", "/status", projects.statuses),
    ("GET", "/issuetype", projects.types),
    ("GET", "/priority", projects.priorities),
    ("GET", "/resolution", projects.resolutions),
)
CLOUD: tuple[Row, ...] = (
    ("GET", "/search/jql", search.by_query),
    ("POST", "/search/jql", search.by_body),
    ("POST", "/search/approximate-count", search.count),
    ("GET", "/search", search.removed),
    ("POST", "/search", search.removed),
    ("POST", "/jql/match", search.match),
    ("POST", "/jql/parse", search.parse_many),
    ("POST", "/issue/bulkfetch", issues.fetch_many),
    ("PUT", "/issue/archive", issues.archive),
    ("PUT", "/issue/unarchive", issues.unarchive),
    ("POST", "/comment/list", comments.by_ids),
    ("GET", "/issue/{issue}/changelog", history.page),
    ("POST", "/issue/{issue}/changelog/list", history.by_ids),
    ("POST", "/changelog/bulkfetch", history.bulk),
    ("POST", "/worklog/list", worklogs.listed),
    ("GET", "/worklog/updated", worklogs.updated),
    ("GET", "/worklog/deleted", worklogs.deleted),
    ("GET", "/attachment/content/{id}", attachments.content),
    ("GET", "/field/search", screens.search_fields),
    ("GET", "/project/search", projects.search),
    ("GET", "/users/search", people.everybody),
    ("GET", "/users", people.everybody),
    ("GET", "/user/bulk", people.bulk),
    ("GET", "/statuses/search", projects.search_statuses),
    ("GET", "/issuetype/project", projects.types_of),
    ("GET", "/priority/search", projects.search_priorities),
    ("GET", "/resolution/search", projects.search_resolutions),
    ("GET", "/label", projects.labels),
    ("POST", "/webhook", hooks.register),
    ("GET", "/webhook", hooks.list_dynamic),
    ("DELETE", "/webhook", hooks.delete_dynamic),
    ("PUT", "/webhook/refresh", hooks.refresh),
    ("GET", "/webhook/failed", hooks.failed),
)
DATA_CENTER: tuple[Row, ...] = (
    ("GET", "/search", search.older),
    ("POST", "/search", search.older),
)
LAST: tuple[Row, ...] = (("GET", "/project/{project}", projects.read),)
"""After the rows whose fixed words would fit a placeholder here."""

UNVERSIONED: tuple[Row, ...] = (
    ("GET", "/media/{id}", attachments.media),
    ("GET", "/secure/attachment/{id}/{name}", attachments.secure),
    ("GET", "/rest/agile/1.0/board", agile.boards),
    ("GET", "/rest/agile/1.0/board/{board}", agile.board),
    ("GET", "/rest/agile/1.0/board/{board}/sprint", agile.sprints),
    ("GET", "/rest/agile/1.0/sprint/{sprint}", agile.sprint),
    ("GET", "/rest/agile/1.0/sprint/{sprint}/issue", agile.issues),
    ("POST", "/rest/agile/1.0/sprint/{sprint}/issue", agile.move_in),
    ("GET", "/rest/webhooks/1.0/webhook", hooks.list_admin),
    ("POST", "/rest/webhooks/1.0/webhook", hooks.add_admin),
    ("GET", "/rest/webhooks/1.0/webhook/{hook}", hooks.read_admin),
    ("PUT", "/rest/webhooks/1.0/webhook/{hook}", hooks.edit_admin),
    ("DELETE", "/rest/webhooks/1.0/webhook/{hook}", hooks.delete_admin),
)


def routes(cloud: bool) -> Routes[Route]:
    """Those of one deployment, in every version of the API."""
    rows = [*(CLOUD if cloud else DATA_CENTER), *COMMON, *LAST]
    versioned = [(method, f"/rest/api/{{version}}{path}", route) for method, path, route in rows]
    return Routes([*versioned, *UNVERSIONED])
