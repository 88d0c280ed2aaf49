"""The tables: which fields each of Linear's types has here, and how they are read.

A part of Linear's schema, under its own names; what is missing is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.linear.accounts import Identity
from sandbox.linear.execute import Read, Tables, pages
from sandbox.linear.mutations import Mutations
from sandbox.linear.questions import Queries
from sandbox.linear.state import Label, Team, World
from sandbox.linear.views import Views, issue_url, reaction_summary
from sandbox.wire import Json

if TYPE_CHECKING:
    from sandbox.linear.site import Site

COMMON = {
    "id": "id",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "archivedAt": "archived_at",
}


def plain(**names: str) -> dict[str, Read]:
    """Fields that are attributes of another name."""
    return {name: Read(_attribute(of)) for name, of in {**COMMON, **names}.items()}


def _attribute(name: str) -> Callable[[Any, Json], Any]:
    return lambda thing, _: getattr(thing, name)


def _key(name: str) -> Read:
    return Read(lambda thing, _: thing.get(name))


def one(name: str, of: str) -> Read:
    """A field that is another thing."""
    return Read(_attribute(name), of)


def tables(site: Site, identity: Identity) -> Tables:
    """All types, as this identity sees them."""
    acts = site.acts
    return {
        "Query": Queries(site, identity).table(),
        "Mutation": Mutations(acts, identity).table(),
        **_issue_types(acts.world, acts.views),
        **_team_types(acts.world, identity),
        **_hook_types(),
        **_small_types(),
        **_payloads(),
    }


def _issue_types(world: World, views: Views) -> dict[str, dict[str, Read]]:
    related = {"relatedIssue": one("other", "Issue"), "issue": one("issue", "Issue")}
    return {
        "Issue": {
            **plain(title="title", description="description", identifier="identifier",
                    number="number", priority="priority", estimate="estimate", dueDate="due",
                    startedAt="started_at", completedAt="completed_at", canceledAt="canceled_at",
                    trashed="trashed", previousIdentifiers="previous", sortOrder="sort_order"),
            "priorityLabel": Read(lambda i, _: views.priority(i)),
            "url": Read(lambda i, _: issue_url(world, i)),
            "branchName": Read(lambda i, _: f"{i.team.key.lower()}-{i.number}"),
            "labelIds": Read(lambda i, _: [label.id for label in i.labels]),
            "reactionData": Read(lambda i, _: reaction_summary(i.reactions)),
            "state": one("state", "WorkflowState"),
            "team": one("team", "Team"),
            "assignee": one("assignee", "User"),
            "delegate": one("delegate", "User"),
            "creator": one("creator", "User"),
            "externalUserCreator": Read(lambda i, _: None, "ExternalUser"),
            "botActor": one("bot", "ActorBot"),
            "cycle": one("cycle", "Cycle"),
            "project": one("project", "Project"),
            "projectMilestone": one("milestone", "ProjectMilestone"),
            "parent": one("parent", "Issue"),
            "labels": pages(lambda i: i.labels, "IssueLabel"),
            "comments": pages(lambda i: i.comments, "Comment"),
            "children": pages(lambda i: views.children(i), "Issue"),
            "relations": pages(lambda i: [r for r in world.relations if r.issue.id == i.id],
                               "IssueRelation"),
            "inverseRelations": pages(lambda i: [r for r in world.relations if r.other.id == i.id],
                                      "IssueRelation"),
            "attachments": pages(lambda i: i.attachments, "Attachment"),
            "history": pages(lambda i: i.history, "IssueHistory"),
            "reactions": Read(_attribute("reactions"), "Reaction", "list"),
        },
        "Comment": {
            **plain(body="body", editedAt="edited_at"),
            "url": Read(lambda c, _: views.comment_url(c)),
            "issueId": Read(lambda c, _: c.issue.id),
            "parentId": Read(lambda c, _: c.parent.id if c.parent else None),
            "issue": one("issue", "Issue"),
            "parent": one("parent", "Comment"),
            "user": one("author", "User"),
            "externalUser": one("outsider", "ExternalUser"),
            "botActor": one("bot", "ActorBot"),
        },
        "IssueRelation": {**plain(type="type"), **related},
        "Attachment": {
            **plain(url="url", title="title", subtitle="subtitle", metadata="metadata",
                    sourceType="source_type"),
            "issue": one("issue", "Issue"),
        },
        "Reaction": {**plain(emoji="emoji"), "user": one("person", "User")},
        "IssueHistory": _history(),
    }  # fmt: skip


def _history() -> dict[str, Read]:
    """Each change is told by the thing itself and by its id, under `from…` and `to…`."""
    table = {
        **plain(),
        "issue": one("issue", "Issue"),
        "actor": one("actor", "User"),
        "actorId": Read(lambda h, _: h.actor.id if h.actor else None),
        "botActor": one("bot", "ActorBot"),
    }
    for name in ("Title", "Priority", "Estimate", "DueDate"):
        for side in ("from", "to"):
            table[f"{side}{name}"] = Read(_told(f"{side}{name}"))
    kinds = {"State": "WorkflowState", "Assignee": "User", "Cycle": "Cycle", "Project": "Project",
             "ProjectMilestone": "ProjectMilestone", "Parent": "Issue", "Team": "Team"}  # fmt: skip
    for name, kind in kinds.items():
        for side in ("from", "to"):
            table[f"{side}{name}"] = Read(_told(f"{side}{name}"), kind)
            table[f"{side}{name}Id"] = Read(_told_id(f"{side}{name}"))
    for verb in ("added", "removed"):
        table[f"{verb}Labels"] = Read(_told(f"{verb}Labels"), "IssueLabel", "list")
        table[f"{verb}LabelIds"] = Read(_told_ids(f"{verb}Labels"))
    for name in ("archived", "trashed", "updatedDescription", "attachmentId"):
        table[name] = Read(_told(name))
    table["relationChanges"] = Read(_told("relationChanges"), "IssueRelationHistoryPayload", "list")
    return table


def _told(name: str) -> Callable[[Any, Json], Any]:
    return lambda entry, _: entry.told.get(name)


def _told_id(name: str) -> Callable[[Any, Json], Any]:
    return lambda entry, _: getattr(entry.told.get(name), "id", None)


def _told_ids(name: str) -> Callable[[Any, Json], Any]:
    return lambda entry, _: [one.id for one in entry.told.get(name) or ()] or None


def _team_types(world: World, identity: Identity) -> dict[str, dict[str, Read]]:
    return {
        "Team": {
            **plain(key="key", name="name", private="private"),
            "visibility": Read(lambda t, _: "private" if t.private else "public"),
            "organization": Read(lambda t, _: world, "Organization"),
            "issueCount": Read(lambda t, given: _count(world, t, given),
                               takes=("includeArchived",)),
            "members": Read(lambda t, _: t.members, "User", "page", ("includeDisabled",)),
            "issues": pages(lambda t: [i for i in world.issues.values()
                                       if i.team is t and not i.purged], "Issue"),
            "states": pages(lambda t: [s for s in world.states if s.team is t], "WorkflowState"),
            "labels": pages(lambda t: [one for one in world.labels if one.team in (t, None)],
                            "IssueLabel"),
            "cycles": pages(lambda t: [c for c in world.cycles if c.team is t], "Cycle"),
            "projects": pages(lambda t: [p for p in world.projects if t in p.teams], "Project"),
        },
        "User": {
            **plain(name="name", displayName="handle", email="email", app="app", admin="admin",
                    active="active"),
            "url": Read(lambda p, _: f"{world.base}/{world.workspace}/profiles/{p.handle}"),
            "isMe": Read(lambda p, _: p is identity.person),
        },
        "Organization": {
            "id": Read(lambda w, _: w.organization),
            "name": Read(lambda w, _: w.workspace.title()),
            "urlKey": Read(lambda w, _: w.workspace),
        },
        "WorkflowState": {
            **plain(name="name", type="type", color="color", position="position"),
            "description": Read(lambda s, _: None),
            "team": one("team", "Team"),
        },
        "IssueLabel": {
            **plain(name="name", color="color", description="description", isGroup="is_group"),
            "team": one("team", "Team"),
            "parent": one("parent", "IssueLabel"),
            "children": pages(lambda one: _children(world, one), "IssueLabel"),
        },
        "Cycle": {
            **plain(number="number", name="name", startsAt="starts_at", endsAt="ends_at",
                    completedAt="completed_at"),
            "team": one("team", "Team"),
        },
        "Project": {
            **plain(name="name", description="description", slugId="slug"),
            "url": Read(lambda p, _: f"{world.base}/{world.workspace}/project/{p.slug}"),
            "teams": pages(lambda p: p.teams, "Team"),
            "projectMilestones": pages(lambda p: p.milestones, "ProjectMilestone"),
        },
        "ProjectMilestone": {
            **plain(name="name", description="description", targetDate="target"),
            "project": one("project", "Project"),
        },
    }  # fmt: skip


def _count(world: World, team: Team, given: Json) -> int:
    archived = bool(given.get("includeArchived"))
    return len(
        world.shelf(
            ("count", team.id, archived),
            lambda: (
                one
                for one in world.issues.values()
                if one.team is team and not one.purged and (archived or one.archived_at is None)
            ),
        )
    )


def _children(world: World, group: Label) -> list[Label]:
    return [label for label in world.labels if label.parent is group]


def _hook_types() -> dict[str, dict[str, Read]]:
    return {
        "Webhook": {
            **plain(url="url", enabled="enabled", label="label",
                    allPublicTeams="all_public", resourceTypes="resource_types"),
            "secret": Read(_attribute("secret")),
            "team": one("team", "Team"),
            "teamIds": Read(lambda h, _: [h.team.id] if h.team else None),
            "failures": Read(_attribute("failures"), "WebhookFailureEvent", "list"),
        },
        "WebhookFailureEvent": {
            "id": Read(_attribute("id")),
            "createdAt": Read(_attribute("created_at")),
            "executionId": Read(_attribute("execution")),
            "httpStatus": Read(_attribute("status")),
            "responseOrError": Read(_attribute("told")),
            "url": Read(lambda f, _: f.hook.url),
        },
    }  # fmt: skip


def _small_types() -> dict[str, dict[str, Read]]:
    return {
        "ActorBot": {name: Read(_attribute(name)) for name in ("id", "type", "name")},
        "ExternalUser": plain(name="name", email="email", displayName="name"),
        "PageInfo": {
            name: _key(name)
            for name in ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor")
        },
        "IssueRelationHistoryPayload": {"identifier": _key("identifier"), "type": _key("type")},
        "UploadFile": {
            **{
                name: _key(name)
                for name in ("uploadUrl", "assetUrl", "filename", "contentType", "size")
            },
            "headers": Read(lambda f, _: f["headers"], "UploadFileHeader", "list"),
        },
        "UploadFileHeader": {"key": _key("key"), "value": _key("value")},
    }


def _payloads() -> dict[str, dict[str, Read]]:
    """What mutations answer; the thing itself under its own name."""
    inner = {
        "IssuePayload": ("issue", "Issue"),
        "IssueArchivePayload": ("entity", "Issue"),
        "CommentPayload": ("comment", "Comment"),
        "IssueLabelPayload": ("issueLabel", "IssueLabel"),
        "IssueRelationPayload": ("issueRelation", "IssueRelation"),
        "AttachmentPayload": ("attachment", "Attachment"),
        "ReactionPayload": ("reaction", "Reaction"),
        "WebhookPayload": ("webhook", "Webhook"),
        "UploadPayload": ("uploadFile", "UploadFile"),
        "ProjectPayload": ("project", "Project"),
    }
    common = {"success": _key("success"), "lastSyncId": _key("lastSyncId")}
    found = {kind: {**common, name: Read(_item(name), of)} for kind, (name, of) in inner.items()}
    return {**found, "DeletePayload": {**common, "entityId": _key("entityId")}}


def _item(name: str) -> Callable[[Any, Json], Any]:
    return lambda payload, _: payload.get(name)
