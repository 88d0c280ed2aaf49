"""Users, the asker, what the asker may do, and what kind of server this is."""

from __future__ import annotations

from sandbox.jira.ask import Ask
from sandbox.jira.refusals import missing, needs_login, refusal
from sandbox.jira.state import User
from sandbox.wire import Json, Reply, reply_json

PERMISSIONS = {
    "BROWSE_PROJECTS": ("10", "Browse Projects", "PROJECT"),
    "CREATE_ISSUES": ("11", "Create Issues", "PROJECT"),
    "EDIT_ISSUES": ("12", "Edit Issues", "PROJECT"),
    "DELETE_ISSUES": ("16", "Delete Issues", "PROJECT"),
    "TRANSITION_ISSUES": ("46", "Transition Issues", "PROJECT"),
    "ASSIGN_ISSUES": ("13", "Assign Issues", "PROJECT"),
    "ADD_COMMENTS": ("15", "Add Comments", "PROJECT"),
    "CREATE_ATTACHMENTS": ("19", "Create Attachments", "PROJECT"),
    "LINK_ISSUES": ("21", "Link Issues", "PROJECT"),
    "WORK_ON_ISSUES": ("20", "Work On Issues", "PROJECT"),
    "ADMINISTER_PROJECTS": ("23", "Administer Projects", "PROJECT"),
    "ADMINISTER": ("0", "Administer Jira", "GLOBAL"),
}


def myself(ask: Ask) -> Reply:
    return reply_json(ask.views.person(ask.user, whole=True))


def server(ask: Ask) -> Reply:
    """Open to everybody; tells Cloud from Data Center."""
    world = ask.site.world
    version, numbers = (
        ("1001.0.0-SNAPSHOT", [1001, 0, 0]) if world.cloud else ("9.12.5", [9, 12, 5])
    )
    body: Json = {
        "baseUrl": world.base,
        "version": version,
        "versionNumbers": numbers,
        "deploymentType": "Cloud" if world.cloud else "Server",
        "buildNumber": 100275 if world.cloud else 9120005,
        "buildDate": world.stamp(1767225600000),
        "serverTime": world.stamp(world.ms()),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Harbour",
    }
    if world.cloud:
        body |= {"displayUrl": world.base, "serverTimeZone": world.zone_name}
    return reply_json(body)


def permissions(ask: Ask) -> Reply:
    """What the asker may do, in a project or an issue if one is named."""
    wanted = ask.words("permissions")
    if not wanted and ask.site.world.cloud:
        raise refusal(400, "The permissions query parameter is required.")
    unknown = sorted(set(wanted) - set(PERMISSIONS))
    if unknown:
        raise refusal(400, f"Unrecognized permission: {unknown[0]}")
    for name in ("projectKey", "projectId"):
        if ask.query(name):
            ask.project(ask.query(name))
    for name in ("issueKey", "issueId"):
        if ask.query(name):
            ask.find_issue(ask.query(name))
    shown = {name: _permission(ask, name) for name in wanted or PERMISSIONS}
    return reply_json({"permissions": shown})


def _permission(ask: Ask, name: str) -> Json:
    number, title, kind = PERMISSIONS[name]
    user = ask.identity.user
    has = user is not None and (kind == "PROJECT" or user is ask.site.admin)
    known = {"id": number, "key": name, "name": title, "type": kind, "description": ""}
    return {**known, "havePermission": has}


def user(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    which = ask.query("accountId") or ask.query("username") or ask.query("key")
    found = ask.site.world.user(which) if which else None
    if found is None:
        raise missing("user", which)
    return reply_json(ask.views.person(found))


def everybody(ask: Ask) -> Reply:
    """All users, apps and the departed among them, in plain pages of an array."""
    return _page(ask, list(ask.site.world.users.values()))


def search(ask: Ask) -> Reply:
    near = (ask.query("query") or ask.query("username")).casefold()
    account = ask.query("accountId")
    if not near and not account:
        raise refusal(400, "A query or an accountId is required.")
    return _page(ask, [one for one in _active(ask) if _fits(one, near, account)])


def assignable(ask: Ask) -> Reply:
    """Who can be given an issue of the project."""
    if not any(ask.query(name) for name in ("project", "issueKey", "issueId")):
        raise refusal(400, "A project or an issueKey is required.")
    if ask.query("project"):
        ask.project(ask.query("project"))
    if ask.query("issueKey") or ask.query("issueId"):
        ask.find_issue(ask.query("issueKey") or ask.query("issueId"))
    near = (ask.query("query") or ask.query("username")).casefold()
    found = [one for one in _active(ask) if _fits(one, near, ask.query("accountId"))]
    return _page(ask, [one for one in found if one.kind == "atlassian"])


def bulk(ask: Ask) -> Reply:
    known = ask.site.world.users
    found = [known[one] for one in ask.words("accountId") if one in known]
    return ask.bean_page([ask.views.person(one) for one in found])


def _active(ask: Ask) -> list[User]:
    return [one for one in ask.site.world.users.values() if one.active]


def _fits(one: User, near: str, account: str) -> bool:
    if account:
        return one.account_id == account
    words = (one.name, one.email, one.login)
    return any(word.casefold().startswith(near) or f" {near}" in word.casefold() for word in words)


def _page(ask: Ask, found: list[User]) -> Reply:
    if ask.identity.user is None:
        raise needs_login()
    start, size = ask.number("startAt", 0), ask.number("maxResults", 50, 1000)
    return reply_json([ask.views.person(one) for one in found[start : start + size]])
