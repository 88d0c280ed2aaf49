"""Projects, teams, nodes, tags, files, subscriptions: everything beside the work items.

Azure DevOps docs: Core, Classification Nodes, Attachments, Service Hooks REST API 7.1.
"""

from __future__ import annotations

import uuid

from sandbox.azure_devops import items_rest as items
from sandbox.azure_devops import reports
from sandbox.azure_devops.ask import Ask, collection
from sandbox.azure_devops.mail import EVENTS
from sandbox.azure_devops.process import FIELDS, KINDS, categories, field_json, rule_json
from sandbox.azure_devops.refusals import invalid, no_project, not_found
from sandbox.azure_devops.state import File, Project, Subscription, Team, guid
from sandbox.wire import Json, Reply, Routes, reply_json


def projects(ask: Ask) -> Reply:
    found = [ask.site.views.project(one) for one in ask.site.world.projects if not one.locked]
    skip, top = ask.number("$skip", 0), ask.number("$top", 100)
    return collection(found[skip : skip + top])


def project(ask: Ask) -> Reply:
    return reply_json(ask.site.views.project(_project(ask)))


def teams(ask: Ask) -> Reply:
    home = _project(ask)
    base = f"{ask.site.world.base}/_apis/projects/{home.id}/teams"
    found: list[Json] = [
        {"id": team.id, "name": team.name, "url": f"{base}/{team.id}"} for team in home.teams
    ]
    skip, top = ask.number("$skip", 0), ask.number("$top", 100)
    return collection(found[skip : skip + top])


def members(ask: Ask) -> Reply:
    wanted = str(ask.call.params["team"]).lower()
    team = next((t for t in _project(ask).teams if wanted in (t.id, t.name.lower())), None)
    if team is None:
        raise not_found(f"team {wanted}")
    views = ask.site.views
    found: list[Json] = [
        {"identity": views.person(one), "isTeamAdmin": False} for one in team.members
    ]
    skip, top = ask.number("$skip", 0), ask.number("$top", 100)
    return collection(found[skip : skip + top])


def nodes(ask: Ask) -> Reply:
    depth, home = ask.number("$depth", 0), ask.home
    return collection(
        [ask.site.views.node(root, home, depth) for root in (home.areas, home.iterations)]
    )


def tags(ask: Ask) -> Reply:
    base = f"{ask.site.world.base}/{ask.home.id}/_apis/wit/tags"
    return collection(
        [
            {"id": guid("tag", key), "name": name, "url": f"{base}/{guid('tag', key)}"}
            for key, name in ask.site.world.tags.items()
        ]
    )


def kinds(ask: Ask) -> Reply:
    return collection(
        [
            {"name": kind.name, "referenceName": kind.name, "states": kind.states_json()}
            for kind in KINDS.values()
        ]
    )


def kind_categories(ask: Ask) -> Reply:
    return collection(categories())


def kind_fields(ask: Ask) -> Reply:
    kind = KINDS.get(str(ask.call.params["type"]).lower())
    if kind is None:
        raise not_found(f"type {ask.call.params['type']}")
    expanded = ask.param("$expand") in ("allowedValues", "all")
    rules = [rule_json(kind, name) for name in kind.fields]
    return collection(
        [
            {key: value for key, value in rule.items() if expanded or key != "allowedValues"}
            for rule in rules
        ]
    )


def fields(ask: Ask) -> Reply:
    return collection([field_json(name) for name in FIELDS])


def upload(ask: Ask) -> Reply:
    key = str(uuid.uuid4())
    ask.site.world.files[key] = File(key, ask.param("fileName") or "file", ask.call.body)
    name = ask.param("fileName") or "file"
    url = f"{ask.site.world.base}/_apis/wit/attachments/{key}?fileName={name}"
    return reply_json({"id": key, "url": url})


def download(ask: Ask) -> Reply:
    file = ask.site.world.files.get(str(ask.call.params["id"]).lower())
    if file is None:
        raise not_found(f"attachment {ask.call.params['id']}")
    return Reply(200, file.content, {"content-type": "application/octet-stream"})


def connection(ask: Ask) -> Reply:
    """Location: Get Connection Data."""
    me = ask.me
    user = {
        "id": me.id,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{me.unique}",
        "providerDisplayName": me.name,
        "isActive": True,
        "properties": {"Account": {"$type": "System.String", "$value": me.unique}},
    }
    return reply_json({"authenticatedUser": user, "authorizedUser": user, "deploymentType": 2})


def subscriptions(ask: Ask) -> Reply:
    wanted = {name: ask.param(name) for name in
              ("publisherId", "eventType", "consumerId", "consumerActionId")}  # fmt: skip
    found = [
        one
        for one in ask.site.world.subscriptions.values()
        if all(value in (None, "", one.body.get(name)) for name, value in wanted.items())
    ]
    return collection([ask.site.views.subscription(one) for one in found])


def subscribe(ask: Ask) -> Reply:
    body = _checked(ask)
    world = ask.site.world
    made = Subscription(str(uuid.uuid4()), body, ask.me, world.moment())
    world.subscriptions[made.id] = made
    return reply_json(ask.site.views.subscription(made))


def subscription(ask: Ask) -> Reply:
    return reply_json(ask.site.views.subscription(_subscription(ask)))


def resubscribe(ask: Ask) -> Reply:
    """What is sent replaces what was; a mask sent back becomes the password."""
    found = _subscription(ask)
    found.body = _checked(ask)
    found.status, found.retries = str(ask.body.get("status") or found.status), 0
    return reply_json(ask.site.views.subscription(found))


def unsubscribe(ask: Ask) -> Reply:
    del ask.site.world.subscriptions[_subscription(ask).id]
    return Reply(200)


def notifications(ask: Ask) -> Reply:
    found = [
        note
        for note in reversed(_subscription(ask).notes)
        if ask.param("status") in (None, note["status"])
        and ask.param("result") in (None, note["result"])
    ]
    return collection(found[: ask.number("maxResults", 100)])


def _project(ask: Ask) -> Project:
    found = ask.site.world.project(str(ask.call.params["project"]))
    if found is None or found.locked:
        raise no_project(str(ask.call.params["project"]))
    return found


def _subscription(ask: Ask) -> Subscription:
    key = str(ask.call.params["subscription"]).lower()
    found = ask.site.world.subscriptions.get(key)
    if found is None:
        raise not_found(f"subscription {key}")
    return found


def _checked(ask: Ask) -> Json:
    body = ask.body
    inputs = body.get("consumerInputs") or {}
    known = body.get("eventType") in EVENTS and body.get("publisherId") == "tfs"
    hooked = (body.get("consumerId"), body.get("consumerActionId")) == ("webHooks", "httpRequest")
    if not known or not hooked or not str(inputs.get("url") or "").startswith("http"):
        raise invalid("The subscription is not valid.", "SubscriptionInputException")
    named = str((body.get("publisherInputs") or {}).get("projectId") or "")
    if named and ask.site.world.project(named) is None:
        raise invalid("The subscription names no project of this organization.",
                      "SubscriptionInputException")  # fmt: skip
    return {name: value for name, value in body.items() if name not in ("id", "status")}


def team_named(home: Project | None, name: str) -> Team | None:
    """The team in an address."""
    for team in home.teams if home else ():
        if name.lower() in (team.id, team.name.lower()):
            return team
    return None


def routes() -> Routes:  # type: ignore[type-arg]
    """Method and path below `/_apis`, in lower case."""
    item, talk = "/wit/workitems/{id:int}", "/wit/workitems/{id:int}/comments"
    one_talk = f"{talk}/{{comment:int}}"
    kind = "/wit/workitemtypes/{type}"
    hook = "/hooks/subscriptions/{subscription}"
    return Routes(
        [
            ("GET", item, items.read_item),
            ("GET", "/wit/workitems", items.read_items),
            ("POST", "/wit/workitemsbatch", items.batch),
            ("POST", "/wit/workitems/${type}", items.create),
            ("PATCH", item, items.update),
            ("DELETE", item, items.delete),
            ("GET", f"{item}/updates", items.updates),
            ("GET", talk, items.comments),
            ("POST", talk, items.add_comment),
            ("GET", one_talk, items.comment),
            ("PATCH", one_talk, items.edit_comment),
            ("DELETE", one_talk, items.delete_comment),
            ("POST", "/wit/wiql", items.query),
            ("GET", "/wit/reporting/workitemrevisions", reports.revisions),
            ("GET", "/wit/reporting/workitemlinks", reports.links),
            ("GET", "/wit/recyclebin", items.bin_list),
            ("GET", "/wit/recyclebin/{id:int}", items.bin_item),
            ("PATCH", "/wit/recyclebin/{id:int}", items.restore),
            ("GET", "/wit/workitemtypes", kinds),
            ("GET", f"{kind}/states", items.states),
            ("GET", f"{kind}/fields", kind_fields),
            ("GET", "/wit/workitemtypecategories", kind_categories),
            ("GET", "/wit/fields", fields),
            ("GET", "/wit/classificationnodes", nodes),
            ("GET", "/wit/tags", tags),
            ("POST", "/wit/attachments", upload),
            ("GET", "/wit/attachments/{id}", download),
            ("GET", "/projects", projects),
            ("GET", "/projects/{project}", project),
            ("GET", "/projects/{project}/teams", teams),
            ("GET", "/projects/{project}/teams/{team}/members", members),
            ("GET", "/connectiondata", connection),
            ("GET", "/hooks/subscriptions", subscriptions),
            ("POST", "/hooks/subscriptions", subscribe),
            ("GET", hook, subscription),
            ("PUT", hook, resubscribe),
            ("DELETE", hook, unsubscribe),
            ("GET", f"{hook}/notifications", notifications),
        ]
    )
