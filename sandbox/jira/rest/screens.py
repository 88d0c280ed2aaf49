"""Which fields may be set, and with which values: createmeta, editmeta, `GET /field`."""

from __future__ import annotations

from typing import Any

from sandbox.jira import fields
from sandbox.jira.ask import Ask
from sandbox.jira.edits import screen
from sandbox.jira.fields import Field
from sandbox.jira.refusals import missing
from sandbox.jira.scheme import PRIORITIES, RESOLUTIONS, SECURITY_LEVELS, TYPES
from sandbox.jira.state import IssueType, Project
from sandbox.jira.views import Views
from sandbox.wire import Json, Reply, reply_json


def field_view(one: Field) -> Json:
    return {
        "id": one.id,
        "key": one.id,
        "name": one.name,
        "custom": one.is_custom,
        "orderable": one.on_screen,
        "navigable": one.navigable,
        "searchable": True,
        "clauseNames": one.clause_names,
        "schema": one.schema,
    }


def all_fields(_: Ask) -> Reply:
    return reply_json([field_view(one) for one in fields.FIELDS])


def search_fields(ask: Ask) -> Reply:
    kinds, ids, near = ask.words("type"), ask.words("id"), ask.query("query").casefold()
    found = [
        {"id": one.id, "key": one.id, "name": one.name, "schema": one.schema, "description": ""}
        for one in fields.FIELDS
        if (not kinds or ("custom" if one.is_custom else "system") in kinds)
        and (not ids or one.id in ids)
        and near in one.name.casefold()
    ]
    return ask.bean_page(found)


def field_meta(views: Views, project: Project | None, one: Field) -> Json:
    meta: Json = {
        "required": one.required,
        "schema": one.schema,
        "name": one.name,
        "key": one.id,
        "hasDefaultValue": one.id == "priority",
        "operations": list(one.operations),
    }
    if one.id == "assignee":
        meta["autoCompleteUrl"] = f"{views.rest}/user/assignable/search?query="
    values = _allowed(views, project, one.id)
    return meta if values is None else {**meta, "allowedValues": values}


def _allowed(views: Views, project: Project | None, name: str) -> list[Any] | None:
    if name in ("priority", "resolution", "issuetype", "security"):
        return _everywhere(views)[name]
    if project is None:
        return None
    if name == "project":
        return [views.project(project)]
    if name == "components":
        return [views.component(one) for one in project.components.values()]
    if name in ("fixVersions", "versions"):
        return [views.version_of(one, project) for one in project.versions.values()]
    return None


def _everywhere(views: Views) -> dict[str, list[Any]]:
    return {
        "priority": [views.priority(one) for one in PRIORITIES],
        "resolution": [views.resolution(one) for one in RESOLUTIONS],
        "issuetype": [views.type(one) for one in TYPES],
        "security": [{"id": one.id, "name": one.name} for one in SECURITY_LEVELS],
    }


def edit_meta(ask: Ask) -> Reply:
    issue = ask.issue()
    names = screen("edit")
    shown = {
        one.id: field_meta(ask.views, issue.project, one)
        for one in fields.FIELDS
        if one.id in names
    }
    return reply_json({"fields": shown})


def create_types(ask: Ask) -> Reply:
    ask.project()
    kinds = [ask.views.type(one) for one in TYPES]
    if not ask.site.world.cloud:
        return ask.bean_page(kinds)
    return ask.values_page("issueTypes", kinds, 50, 200)


def create_fields(ask: Ask) -> Reply:
    project, kind = ask.project(), _type(ask.param("type"))
    shown = [{**meta, "fieldId": meta["key"]} for meta in _create_fields(ask, project, kind)]
    if not ask.site.world.cloud:
        return ask.bean_page(shown)
    return ask.values_page("fields", shown, 50, 200)


def _create_fields(ask: Ask, project: Project, kind: IssueType) -> list[Json]:
    names = screen("create") - {"comment", "worklog"}
    metas = [field_meta(ask.views, project, one) for one in fields.FIELDS if one.id in names]
    return [
        {**meta, "required": True} if meta["key"] == "parent" and kind.subtask else meta
        for meta in metas
    ]


def create_meta(ask: Ask) -> Reply:
    """The older form: everything at once."""
    keys, ids = ask.words("projectKeys"), ask.words("projectIds")
    with_fields = "projects.issuetypes.fields" in ask.words("expand")
    shown: list[Json] = []
    for project in ask.site.world.projects.values():
        wanted = (not keys and not ids) or project.key in keys or project.id in ids
        if not wanted or not project.readable or ask.identity.user is None:
            continue
        kinds = []
        for kind in TYPES:
            view = {**ask.views.type(kind), "expand": "fields"}
            if with_fields:
                metas = _create_fields(ask, project, kind)
                view["fields"] = {meta["key"]: meta for meta in metas}
            kinds.append(view)
        head = ask.views.project(project)
        kept = {name: head[name] for name in ("self", "id", "key", "name", "avatarUrls")}
        shown.append({**kept, "issuetypes": kinds})
    return reply_json({"expand": "projects", "projects": shown})


def _type(which: str) -> IssueType:
    for one in TYPES:
        if one.id == which:
            return one
    raise missing("issue type", which)
