"""State as GitHub writes it in JSON, for REST answers and for webhook bodies.

Field sets follow GitHub's OpenAPI description (GitHub docs: REST API endpoints for issues;
Webhook events and payloads). What is rarely true of a shop's tracker is there and empty,
because clients trip over missing keys more often than over null.
"""

from __future__ import annotations

import base64
from urllib.parse import quote

import orjson

from sandbox.github.repo_view import organization_view, person_view, repo_view, simple_repo_view
from sandbox.github.state import (
    Comment,
    Issue,
    IssueType,
    Label,
    Look,
    Milestone,
    Person,
    Repo,
    World,
)
from sandbox.wire import Json


def node_id(kind: str, number: int) -> str:
    return f"{kind}_kwDO" + base64.urlsafe_b64encode(number.to_bytes(8, "big")).decode().rstrip("=")


def _reactions(url: str) -> Json:
    names = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(names, 0)}


class Views:
    """Renders one world; people are rendered once, issues once per version."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._people: dict[int, Json] = {}

    def person(self, person: Person) -> Json:
        known = self._people.get(person.id)
        if known is None:
            known = person_view(self.world.base, person, node_id("U", person.id))
            self._people[person.id] = known
        return known

    def repo(self, repo: Repo) -> Json:
        return repo_view(self.world.base, repo, self.person(repo.owner), node_id("R", repo.id))

    def organization(self, repo: Repo) -> Json | None:
        if repo.owner.kind != "Organization":
            return None
        return organization_view(self.world.base, repo.owner, node_id("O", repo.owner.id))

    def repo_url(self, repo: Repo) -> str:
        return f"{self.world.base}/repos/{repo.full_name}"

    def html_url(self, repo: Repo) -> str:
        return f"{self.world.base}/{repo.full_name}"

    def label(self, repo: Repo, label: Label) -> Json:
        return {
            "id": label.id,
            "node_id": node_id("LA", label.id),
            "url": f"{self.repo_url(repo)}/labels/{quote(label.name, safe='')}",
            "name": label.name,
            "color": label.color,
            "default": label.default,
            "description": label.description,
        }

    def milestone(self, repo: Repo, stone: Milestone) -> Json:
        url = f"{self.repo_url(repo)}/milestones/{stone.number}"
        return {
            "url": url,
            "html_url": f"{self.html_url(repo)}/milestone/{stone.number}",
            "labels_url": f"{url}/labels",
            "id": stone.id,
            "node_id": node_id("MI", stone.id),
            "number": stone.number,
            "title": stone.title,
            "description": stone.description,
            "creator": self.person(stone.creator),
            "open_issues": stone.open_issues,
            "closed_issues": stone.closed_issues,
            "state": stone.state,
            "created_at": stone.created_at,
            "updated_at": stone.updated_at,
            "due_on": stone.due_on,
            "closed_at": stone.closed_at,
        }

    def issue_type(self, kind: IssueType) -> Json:
        born = "2024-01-25T12:44:45Z"
        return {
            "id": kind.id,
            "node_id": node_id("IT", kind.id),
            "name": kind.name,
            "description": kind.description,
            "color": kind.color,
            "created_at": born,
            "updated_at": born,
            "is_enabled": True,
        }

    def reference(self, issue: Issue) -> Json:
        """GitHub docs: Issue event types; an issue as another one's history names it."""
        return {
            "number": issue.number,
            "title": issue.title,
            "state": issue.state,
            "state_reason": issue.state_reason,
            "issue_type": issue_type_reference(issue.type),
            "repository": simple_repo_view(self.repo(issue.repo)),
        }

    def issue_html_url(self, issue: Issue) -> str:
        kind = "pull" if issue.is_pull else "issues"
        return f"{self.html_url(issue.repo)}/{kind}/{issue.number}"

    def issue(self, issue: Issue) -> Json:
        """An issue as a webhook carries it; REST adds `closed_by`."""
        people = [self.person(one) for one in issue.assignees]
        stone = issue.milestone
        view = {
            **self._issue_links(issue),
            "id": issue.id,
            "node_id": node_id("PR" if issue.is_pull else "I", issue.id),
            "number": issue.number,
            "title": issue.title,
            "user": self.person(issue.author),
            "labels": [self.label(issue.repo, one) for one in issue.labels],
            "state": issue.state,
            "locked": issue.locked,
            "assignee": people[0] if people else None,
            "assignees": people,
            "milestone": self.milestone(issue.repo, stone) if stone else None,
            "comments": len(issue.comments),
            "created_at": issue.created_at,
            "updated_at": issue.updated_at,
            "closed_at": issue.closed_at,
            "author_association": issue.author.association,
            "type": self.issue_type(issue.type) if issue.type else None,
            "active_lock_reason": issue.lock_reason,
            "sub_issues_summary": _children(issue),
            "issue_dependencies_summary": _dependencies(issue),
            "issue_field_values": field_values(self.world, issue),
            "body": issue.body,
            "performed_via_github_app": None,
            "state_reason": issue.state_reason,
        }
        return {**view, **self._pull_part(issue)} if issue.is_pull else view

    def rest_issue(self, issue: Issue) -> bytes:
        """The REST form, rendered once per version of the issue and of what shows inside it."""
        repo = issue.repo
        cached = issue.rendered
        if cached is not None and cached[0] == issue.version and cached[1] == repo.looks:
            return cached[2]
        closer = self.person(issue.closed_by) if issue.closed_by else None
        view = {**self.issue(issue), "closed_by": closer}
        if issue.parent is not None:
            above = issue.parent
            view["parent_issue_url"] = f"{self.repo_url(above.repo)}/issues/{above.number}"
        rendered = orjson.dumps(view)
        issue.rendered = (issue.version, repo.looks, rendered)
        return rendered

    def look(self, issue: Issue) -> Look:
        """How it looks to readers now."""
        parent = (issue.parent,) if issue.parent else ()
        others = (issue.children, issue.blocked_by, issue.blocking)
        lines = (parent, *(tuple(one) for one in others))
        return Look(issue.updated_at, issue.state, self.rest_issue(issue), lines)

    def comment(self, comment: Comment) -> Json:
        issue = comment.issue
        url = f"{self.repo_url(issue.repo)}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": f"{self.issue_html_url(issue)}#issuecomment-{comment.id}",
            "issue_url": f"{self.repo_url(issue.repo)}/issues/{issue.number}",
            "id": comment.id,
            "node_id": node_id("IC", comment.id),
            "user": self.person(comment.author),
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "body": comment.body,
            "author_association": comment.author.association,
            "reactions": _reactions(url),
            "performed_via_github_app": None,
        }

    def _issue_links(self, issue: Issue) -> Json:
        url = f"{self.repo_url(issue.repo)}/issues/{issue.number}"
        return {
            "url": url,
            "repository_url": self.repo_url(issue.repo),
            "labels_url": url + "/labels{/name}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": self.issue_html_url(issue),
            "timeline_url": f"{url}/timeline",
            "reactions": _reactions(url),
        }

    def _pull_part(self, issue: Issue) -> Json:
        """GitHub docs: List repository issues. This key is what marks a pull request."""
        html = self.issue_html_url(issue)
        return {
            "draft": False,
            "pull_request": {
                "url": f"{self.repo_url(issue.repo)}/pulls/{issue.number}",
                "html_url": html,
                "diff_url": f"{html}.diff",
                "patch_url": f"{html}.patch",
                "merged_at": issue.merged_at,
            },
        }


def issue_type_reference(kind: IssueType | None) -> Json | None:
    """GitHub docs: Issue event types; the short form of a type."""
    return {"id": kind.id, "name": kind.name, "color": kind.color} if kind else None


def _children(issue: Issue) -> Json:
    total = len(issue.children)
    done = sum(child.state == "closed" for child in issue.children)
    percent = done * 100 // total if total else 0
    return {"total": total, "completed": done, "percent_completed": percent}


def _dependencies(issue: Issue) -> Json:
    """GitHub docs: REST API endpoints for issue dependencies; the totals count closed ones, too."""
    found: Json = {}
    for name, others in (("blocked_by", issue.blocked_by), ("blocking", issue.blocking)):
        found[name] = sum(one.state == "open" for one in others)
        found[f"total_{name}"] = len(others)
    return found


def field_values(world: World, issue: Issue) -> list[Json]:
    """GitHub docs: REST API endpoints for issue field values."""
    found = []
    for one in world.fields:
        if one.id not in issue.values:
            continue
        value = issue.values[one.id]
        view: Json = {
            "issue_field_id": one.id,
            "issue_field_name": one.name,
            "node_id": node_id("IFT", one.id),
            "data_type": one.kind,
            "value": value,
        }
        chosen = [option for option in one.options if option[1] == value]
        if chosen:
            key, name, color = chosen[0]
            view["single_select_option"] = {"id": key, "name": name, "color": color}
        found.append(view)
    return found
