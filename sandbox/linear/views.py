"""How things look in webhooks: snapshots under Linear's names, with ids beside the things.

`IssueWebhookPayload` and its kin: https://linear.app/developers/webhooks
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable

from sandbox.linear.state import (
    Attachment,
    Bot,
    Comment,
    Cycle,
    Issue,
    Label,
    LinearProject,
    Person,
    Reaction,
    Relation,
    Thing,
    World,
)
from sandbox.wire import Json

_COUNTS = (
    "issueCountHistory", "completedIssueCountHistory", "scopeHistory", "completedScopeHistory",
    "inProgressScopeHistory",
)  # fmt: skip
PRIORITIES = ("No priority", "Urgent", "High", "Medium", "Low")


def issue_url(world: World, issue: Issue) -> str:
    """The address holds words of the title, and changes with it."""
    slug = re.sub(r"[^a-z0-9]+", "-", issue.title.lower()).strip("-")[:60]
    return f"{world.base}/{world.workspace}/issue/{issue.identifier}/{slug}".rstrip("/")


def reaction_summary(reactions: Iterable[Reaction]) -> list[Json]:
    """Counts by emoji, as issues carry them."""
    found: dict[str, list[Json]] = {}
    for one in reactions:
        told = {"id": one.id, "userId": one.person.id, "reactedAt": one.created_at}
        found.setdefault(one.emoji, []).append(told)
    return [{"emoji": emoji, "reactions": told} for emoji, told in found.items()]


class Views:
    """The webhook forms of everything in one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def priority(self, issue: Issue) -> str:
        return PRIORITIES[issue.priority]

    def children(self, issue: Issue) -> list[Issue]:
        return list(self.world.children.get(issue.id, ()))

    def comment_url(self, comment: Comment) -> str:
        return f"{issue_url(self.world, comment.issue)}#comment-{comment.id[:8]}"

    def person(self, person: Person) -> Json:
        return {
            "id": person.id,
            "name": person.name,
            "email": person.email,
            "avatarUrl": None,
            "url": f"{self.world.base}/{self.world.workspace}/profiles/{person.handle}",
        }

    def actor(self, actor: Person | Bot | None) -> Json | None:
        if actor is None:
            return None
        if isinstance(actor, Bot):
            return {"id": actor.id, "service": actor.type, "type": "integration"}
        if actor.app:
            return {"id": actor.id, "name": actor.name, "type": "oauthClient"}
        return {**self.person(actor), "type": "user"}

    def issue(self, issue: Issue) -> Json:
        """The whole issue; of a parent only the id, of comments and relations nothing."""
        state, team, cycle = issue.state, issue.team, issue.cycle
        found: Json = {
            **_common(issue),
            "number": issue.number,
            "identifier": issue.identifier,
            "title": issue.title,
            "description": issue.description,
            "priority": issue.priority,
            "priorityLabel": self.priority(issue),
            "estimate": issue.estimate,
            "sortOrder": issue.sort_order,
            "prioritySortOrder": issue.sort_order,
            "dueDate": issue.due,
            "startedAt": issue.started_at,
            "completedAt": issue.completed_at,
            "canceledAt": issue.canceled_at,
            "autoArchivedAt": None,
            "autoClosedAt": None,
            "trashed": issue.trashed,
            "teamId": team.id,
            "team": {"id": team.id, "key": team.key, "name": team.name},
            "stateId": state.id,
            "state": {
                "id": state.id,
                "name": state.name,
                "type": state.type,
                "color": state.color,
            },
            "labelIds": [label.id for label in issue.labels],
            "labels": [self._label(label) for label in issue.labels],
            "cycleId": cycle.id if cycle else None,
            "parentId": issue.parent.id if issue.parent else None,
            "subscriberIds": [issue.creator.id] if issue.creator else [],
            "previousIdentifiers": list(issue.previous),
            "reactionData": reaction_summary(issue.reactions),
            "slaType": "all",
            "url": issue_url(self.world, issue),
        }
        return {**found, **self._issue_people(issue), **self._issue_places(issue)}

    def _issue_people(self, issue: Issue) -> Json:
        """Somebody who is not there leaves no object at all, only an empty id."""
        found: Json = {}
        people = (("assignee", issue.assignee), ("creator", issue.creator))
        for name, person in (*people, ("delegate", issue.delegate)):
            found[f"{name}Id"] = person.id if person else None
            if person:
                found[name] = self.person(person)
        if issue.bot:
            found["botActor"] = _bot(issue.bot)
        return found

    def _issue_places(self, issue: Issue) -> Json:
        cycle, project, stone = issue.cycle, issue.project, issue.milestone
        found: Json = {
            "projectId": project.id if project else None,
            "projectMilestoneId": stone.id if stone else None,
        }
        if cycle:
            names = ("id", "number", "name", "startsAt", "endsAt")
            found["cycle"] = {name: self.cycle(cycle)[name] for name in names}
        if project:
            url = f"{self.world.base}/{self.world.workspace}/project/{project.slug}"
            found["project"] = {"id": project.id, "name": project.name, "url": url}
        if stone:
            found["projectMilestone"] = {
                "id": stone.id, "name": stone.name, "targetDate": stone.target
            }  # fmt: skip
        return found

    def comment(self, comment: Comment) -> Json:
        issue, author = comment.issue, comment.author
        found: Json = {
            **_common(comment),
            "body": comment.body,
            "editedAt": comment.edited_at,
            "issueId": issue.id,
            "issue": self._stub(issue),
            "parentId": comment.parent.id if comment.parent else None,
            "resolvedAt": None,
            "userId": author.id if author else None,
            "reactionData": [],
        }
        if author:
            found["user"] = self.person(author)
        if comment.bot:
            found["botActor"] = _bot(comment.bot)
        if comment.outsider:
            told = comment.outsider
            found["externalUserId"] = told.id
            found["externalUser"] = {"id": told.id, "name": told.name, "email": told.email}
        return found

    def label(self, label: Label) -> Json:
        return {
            **_common(label),
            "name": label.name,
            "description": label.description,
            "color": label.color,
            "isGroup": label.is_group,
            "parentId": label.parent.id if label.parent else None,
            "teamId": label.team.id if label.team else None,
            "creatorId": None,
            "inheritedFromId": None,
        }

    def cycle(self, cycle: Cycle) -> Json:
        return {
            **_common(cycle),
            "number": cycle.number,
            "name": cycle.name,
            "description": None,
            "startsAt": cycle.starts_at,
            "endsAt": cycle.ends_at,
            "completedAt": cycle.completed_at,
            "teamId": cycle.team.id,
            "uncompletedIssuesUponCloseIds": [],
            **{name: [] for name in _COUNTS},
        }

    def project(self, project: LinearProject) -> Json:
        stones = [
            {"id": one.id, "name": one.name, "targetDate": one.target} for one in project.milestones
        ]
        return {
            **_common(project),
            "name": project.name,
            "description": project.description,
            "slugId": project.slug,
            "teamIds": [team.id for team in project.teams],
            "memberIds": [],
            "labelIds": [],
            "color": "#4cb782",
            "priority": 0,
            "sortOrder": 0.0,
            "prioritySortOrder": 0.0,
            "statusId": str(uuid.uuid5(uuid.NAMESPACE_OID, project.id)),
            **{name: [] for name in _COUNTS},
            "milestones": stones,
            "url": f"{self.world.base}/{self.world.workspace}/project/{project.slug}",
        }

    def attachment(self, attachment: Attachment) -> Json:
        return {
            **_common(attachment),
            "title": attachment.title,
            "subtitle": attachment.subtitle,
            "url": attachment.url,
            "issueId": attachment.issue.id,
            "metadata": attachment.metadata,
            "source": {"type": attachment.source_type},
            "sourceType": attachment.source_type,
            "groupBySource": False,
            "creatorId": None,
        }

    def reaction(self, reaction: Reaction) -> Json:
        issue = reaction.issue
        return {
            **_common(reaction),
            "emoji": reaction.emoji,
            "userId": reaction.person.id,
            "user": self.person(reaction.person),
            "issueId": issue.id,
            "issue": self._stub(issue),
        }

    def relation(self, relation: Relation) -> Json:
        return {
            **_common(relation),
            "type": relation.type,
            "issueId": relation.issue.id,
            "relatedIssueId": relation.other.id,
        }

    def _stub(self, issue: Issue) -> Json:
        """An issue as other things name it."""
        team = issue.team
        return {
            "id": issue.id,
            "identifier": issue.identifier,
            "title": issue.title,
            "teamId": team.id,
            "team": {"id": team.id, "key": team.key, "name": team.name},
            "url": issue_url(self.world, issue),
        }

    def _label(self, label: Label) -> Json:
        parent = label.parent.id if label.parent else None
        return {"id": label.id, "name": label.name, "color": label.color, "parentId": parent}


def _common(thing: Thing) -> Json:
    return {
        "id": thing.id,
        "createdAt": thing.created_at,
        "updatedAt": thing.updated_at,
        "archivedAt": thing.archived_at,
    }


def _bot(bot: Bot) -> str:
    """In webhooks an integration is a text of JSON."""
    return json.dumps({"id": bot.id, "type": bot.type, "name": bot.name})
