"""Projects, and what they are made of: components, versions, statuses, types, priorities."""

from __future__ import annotations

from typing import Any

from sandbox.jira.ask import Ask
from sandbox.jira.refusals import missing, refusal, wrong
from sandbox.jira.scheme import PRIORITIES, RESOLUTIONS, STATUSES, TYPES, USUAL_PRIORITY
from sandbox.jira.state import Component, Project, Version
from sandbox.wire import Json, Reply, reply_json

CATEGORY_WORDS = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}


def _visible(ask: Ask) -> list[Project]:
    """A stranger sees no project, and is not told so."""
    if ask.identity.user is None:
        return []
    return [one for one in ask.site.world.projects.values() if one.readable]


def search(ask: Ask) -> Reply:
    near, ids, keys = ask.query("query").casefold(), ask.words("id"), ask.words("keys")
    archived = "archived" in ask.words("status")
    found = [
        one
        for one in _visible(ask)
        if near in one.name.casefold() or near in one.key.casefold()
        if not ids or one.id in ids
        if not keys or one.key in keys
        if one.archived == archived
    ]
    return ask.bean_page([_short(ask, one) for one in sorted(found, key=lambda p: p.key)])


def listed(ask: Ask) -> Reply:
    return reply_json([_short(ask, one) for one in _visible(ask) if not one.archived])


def _short(ask: Ask, one: Project) -> Json:
    view = {**ask.views.project(one), "isPrivate": False, "properties": {}}
    if ask.site.world.cloud:
        view |= {"style": "classic", "expand": "description,lead,issueTypes,url,projectKeys"}
    return view


def read(ask: Ask) -> Reply:
    one = ask.project()
    view = _short(ask, one)
    view |= {
        "description": "",
        "lead": ask.views.person(one.lead),
        "components": [ask.views.component(part) for part in one.components.values()],
        "issueTypes": [ask.views.type(kind) for kind in TYPES],
        "assigneeType": "UNASSIGNED",
        "versions": [ask.views.version_of(part, one) for part in one.versions.values()],
        "roles": {},
    }
    return reply_json({**view, "archived": True} if one.archived else view)


def components(ask: Ask) -> Reply:
    one = ask.project()
    return reply_json([_component(ask, part, one) for part in one.components.values()])


def _component(ask: Ask, part: Component, project: Project) -> Json:
    view = ask.views.component(part)
    return {**view, "project": project.key, "projectId": int(project.id)}


def read_component(ask: Ask) -> Reply:
    part, project = _found(ask, "components", "component")
    return reply_json(_component(ask, part, project))


def add_component(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    wish = ask.json()
    project, name = ask.project(str(wish.get("project") or "")), str(wish.get("name") or "")
    if not name:
        raise wrong(name="The component name specified is invalid - cannot be an empty string.")
    if any(part.name.casefold() == name.casefold() for part in project.components.values()):
        raise wrong(name=f"A component with the name {name} already exists in this project.")
    part = ask.site.acts.create_component(name, project=project.key)
    part.text = str(wish.get("description") or "")
    return reply_json(_component(ask, part, project), 201)


def versions(ask: Ask) -> Reply:
    one = ask.project()
    return reply_json([ask.views.version_of(part, one) for part in one.versions.values()])


def version_page(ask: Ask) -> Reply:
    one = ask.project()
    return ask.bean_page([ask.views.version_of(part, one) for part in one.versions.values()])


def read_version(ask: Ask) -> Reply:
    part, project = _found(ask, "versions", "version")
    return reply_json(ask.views.version_of(part, project))


def add_version(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    wish = ask.json()
    which = str(wish.get("projectId") or wish.get("project") or "")
    project, name = ask.project(which), str(wish.get("name") or "")
    if not name or any(part.name == name for part in project.versions.values()):
        raise wrong(name="A version with this name already exists in this project.")
    part = ask.site.acts.create_version(name, project=project.key)
    part.text = str(wish.get("description") or "")
    return reply_json(ask.views.version_of(part, project), 201)


def edit_version(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    part, project = _found(ask, "versions", "version")
    wish = ask.json()
    if "name" in wish:
        part.name = str(wish["name"])
    if "description" in wish:
        part.text = str(wish["description"] or "")
    event = "jira:version_updated"
    if "released" in wish and bool(wish["released"]) != part.released:
        part.released = bool(wish["released"])
        event = "jira:version_released" if part.released else "jira:version_unreleased"
    view = ask.views.version_of(part, project)
    ask.site.acts.tell(event, version=view)
    return reply_json(view)


def _found(ask: Ask, many: str, what: str) -> tuple[Any, Project]:
    which = ask.param("id")
    for project in _visible(ask):
        found: Component | Version | None = getattr(project, many).get(which)
        if found is not None:
            return found, project
    raise missing(what, which)


def statuses_of(ask: Ask) -> Reply:
    """Statuses by issue type."""
    ask.project()
    shown = [ask.views.status(one) for one in STATUSES]
    kinds = [ask.views.type(one) for one in TYPES]
    names = ("self", "id", "name", "subtask")
    return reply_json([{**{k: one[k] for k in names}, "statuses": shown} for one in kinds])


def statuses(ask: Ask) -> Reply:
    return reply_json([ask.views.status(one) for one in STATUSES])


def search_statuses(ask: Ask) -> Reply:
    near, word = ask.query("searchString").casefold(), ask.query("statusCategory")
    found = [
        {
            "id": one.id,
            "name": one.name,
            "description": "",
            "statusCategory": CATEGORY_WORDS[one.category.key],
            "scope": {"type": "GLOBAL"},
        }
        for one in STATUSES
        if near in one.name.casefold() and word in ("", CATEGORY_WORDS[one.category.key])
    ]
    return ask.bean_page(found, 200, 200)


def types(ask: Ask) -> Reply:
    return reply_json([ask.views.type(one) for one in TYPES])


def types_of(ask: Ask) -> Reply:
    ask.project(ask.query("projectId"))
    return types(ask)


def priorities(ask: Ask) -> Reply:
    return reply_json([_priority(ask, one.id) for one in PRIORITIES])


def search_priorities(ask: Ask) -> Reply:
    return ask.bean_page([_priority(ask, one.id) for one in PRIORITIES])


def _priority(ask: Ask, which: str) -> Json:
    one = next(one for one in PRIORITIES if one.id == which)
    view = {**ask.views.priority(one), "description": one.text, "statusColor": "#000000"}
    return {**view, "isDefault": one is USUAL_PRIORITY}


def resolutions(ask: Ask) -> Reply:
    return reply_json([ask.views.resolution(one) for one in RESOLUTIONS])


def search_resolutions(ask: Ask) -> Reply:
    return ask.bean_page([ask.views.resolution(one) for one in RESOLUTIONS])


def labels(ask: Ask) -> Reply:
    """Every label that is on an issue somewhere; labels have no other life."""
    if ask.identity.user is None:
        raise refusal(401, "Client must be authenticated to access this resource.")
    found = {label for one in ask.site.world.alive() if one.seen for label in one.labels}
    return ask.bean_page(sorted(found), 1000, 1000)
