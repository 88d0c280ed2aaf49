"""JSON of a site's things: people, projects, comments, links; issues are in `issue_view`.

A view belongs to one API version and one root: through the OAuth gateway, addresses stay there.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.jira.moments import agile_stamp, duration
from sandbox.jira.prose import html
from sandbox.jira.state import (
    Attachment,
    Comment,
    Component,
    History,
    Issue,
    IssueType,
    Link,
    LinkType,
    Option,
    Project,
    Rich,
    Sprint,
    Status,
    User,
    Version,
    Worklog,
)
from sandbox.jira.unwiki import document
from sandbox.jira.wiki import wiki
from sandbox.jira.world import World
from sandbox.wire import Json


class Views:
    """How one reader sees the world; a webhook (`mailed`) never holds an e-mail address."""

    def __init__(
        self, world: World, version: str = "3", root: str = "", *, mailed: bool = False
    ) -> None:
        self.world = world
        self.version = version
        self.mailed = mailed
        self.root = root or world.base
        self.rest = f"{self.root}/rest/api/{version}"

    def rich(self, body: Rich) -> Rich:
        """A document in version 3, wiki markup in version 2."""
        if self.version == "3":
            return document(body) if isinstance(body, str) else body
        return wiki(body)

    def person(self, user: User, *, whole: bool = False) -> Json:
        if not self.world.cloud:
            return self._server_person(user)
        view: Json = {
            "self": f"{self.rest}/user?accountId={user.account_id}",
            "accountId": user.account_id,
            "accountType": user.kind,
            "avatarUrls": self._avatars(user),
            "displayName": user.name,
            "active": user.active,
            "timeZone": self.world.zone_name,
        }
        if (whole or user.shows_email) and not self.mailed:
            view["emailAddress"] = user.email
        return view

    def _server_person(self, user: User) -> Json:
        """Data Center: a user name and a key, no account id."""
        view: Json = {
            "self": f"{self.rest}/user?username={user.login}",
            "name": user.login,
            "key": user.account_id,
            "avatarUrls": self._avatars(user),
            "displayName": user.name,
            "active": user.active,
            "timeZone": self.world.zone_name,
        }
        return view if self.mailed else {**view, "emailAddress": user.email}

    def _avatars(self, user: User) -> Json:
        root = f"{self.world.base}/avatar/{user.account_id[-4:]}"
        return {f"{size}x{size}": f"{root}/{size}" for size in (16, 24, 32, 48)}

    def status(self, one: Status) -> Json:
        category = one.category
        return {
            "self": f"{self.rest}/status/{one.id}",
            "description": "",
            "iconUrl": f"{self.world.base}/",
            "name": one.name,
            "id": one.id,
            "statusCategory": {
                "self": f"{self.rest}/statuscategory/{category.id}",
                "id": category.id,
                "key": category.key,
                "colorName": category.color,
                "name": category.name,
            },
        }

    def type(self, one: IssueType) -> Json:
        return {
            "self": f"{self.rest}/issuetype/{one.id}",
            "id": one.id,
            "description": one.text,
            "iconUrl": f"{self.world.base}/images/{one.id}.svg",
            "name": one.name,
            "subtask": one.subtask,
            "avatarId": 10300 + int(one.id) % 100,
            "hierarchyLevel": one.level,
        }

    def priority(self, one: Option) -> Json:
        return {
            "self": f"{self.rest}/priority/{one.id}",
            "iconUrl": f"{self.world.base}/images/priority/{one.id}.svg",
            "name": one.name,
            "id": one.id,
        }

    def resolution(self, one: Option) -> Json:
        link = f"{self.rest}/resolution/{one.id}"
        return {"self": link, "id": one.id, "description": one.text, "name": one.name}

    def component(self, one: Component) -> Json:
        view: Json = {"self": f"{self.rest}/component/{one.id}", "id": one.id, "name": one.name}
        return {**view, "description": one.text} if one.text else view

    def version_of(self, one: Version, project: Project | None = None) -> Json:
        view: Json = {
            "self": f"{self.rest}/version/{one.id}",
            "id": one.id,
            "description": one.text,
            "name": one.name,
            "archived": one.archived,
            "released": one.released,
        }
        if one.release_date:
            view["releaseDate"] = one.release_date
        return {**view, "projectId": int(project.id)} if project else view

    def project(self, one: Project) -> Json:
        return {
            "self": f"{self.rest}/project/{one.id}",
            "id": one.id,
            "key": one.key,
            "name": one.name,
            "projectTypeKey": "software",
            "simplified": False,
            "avatarUrls": {
                f"{size}x{size}": f"{self.world.base}/avatar/project/{size}"
                for size in (16, 24, 32, 48)
            },
        }

    def sprint(self, one: Sprint) -> Json:
        """As the sprint field of an issue holds it."""
        view: Json = {
            "id": one.id,
            "name": one.name,
            "state": one.state,
            "boardId": one.board,
            "goal": one.goal,
        }
        for name, moment in (("startDate", one.start), ("endDate", one.end)):
            if moment is not None:
                view[name] = agile_stamp(moment)
        if one.complete is not None:
            view["completeDate"] = agile_stamp(one.complete)
        return view

    def sprint_text(self, one: Sprint) -> str:
        """Data Center prints a Java object into the field."""
        view = self.sprint(one)
        parts = ",".join(f"{name}={value}" for name, value in view.items())
        return f"com.atlassian.greenhopper.service.sprint.Sprint@{one.id:x}[{parts}]"

    def comment(self, one: Comment, expand: Sequence[str] = ()) -> Json:
        view: Json = {
            "self": f"{self.rest}/issue/{one.issue.id}/comment/{one.id}",
            "id": one.id,
            "author": self.person(one.author),
            "body": self.rich(one.body),
            "updateAuthor": self.person(one.editor),
            "created": self.world.stamp(one.created),
            "updated": self.world.stamp(one.updated),
        }
        if self.world.cloud:
            view["jsdPublic"] = not one.internal
        if one.visibility is not None:
            view["visibility"] = one.visibility
        if "renderedBody" in expand:
            view["renderedBody"] = html(one.body)
        if "properties" in expand:
            view["properties"] = [
                {"key": name, "value": value} for name, value in one.properties.items()
            ]
        return view

    def worklog(self, one: Worklog) -> Json:
        view: Json = {
            "self": f"{self.rest}/issue/{one.issue.id}/worklog/{one.id}",
            "author": self.person(one.author),
            "updateAuthor": self.person(one.editor),
            "created": self.world.stamp(one.created),
            "updated": self.world.stamp(one.updated),
            "started": self.world.stamp(one.started),
            "timeSpent": duration(one.seconds),
            "timeSpentSeconds": one.seconds,
            "id": one.id,
            "issueId": str(one.issue.id),
        }
        return {**view, "comment": self.rich(one.comment)} if one.comment is not None else view

    def attachment(self, one: Attachment) -> Json:
        return {
            "self": f"{self.rest}/attachment/{one.id}",
            "id": one.id,
            "filename": one.name,
            "author": self.person(one.author),
            "created": self.world.stamp(one.created),
            "size": len(one.content),
            "mimeType": one.kind,
            "content": self._content(one),
        }

    def _content(self, one: Attachment) -> str:
        if self.world.cloud:
            return f"{self.rest}/attachment/content/{one.id}"
        return f"{self.root}/secure/attachment/{one.id}/{one.name}"

    def link_type(self, one: LinkType) -> Json:
        return {
            "id": one.id,
            "name": one.name,
            "inward": one.inward,
            "outward": one.outward,
            "self": f"{self.rest}/issueLinkType/{one.id}",
        }

    def link(self, one: Link, seen_from: Issue) -> Json:
        """Exactly one side is named: the other one."""
        view = {
            "id": one.id,
            "self": f"{self.rest}/issueLink/{one.id}",
            "type": self.link_type(one.type),
        }
        if one.source is seen_from or one.source.id == seen_from.id:
            return {**view, "outwardIssue": self.near(one.target)}
        return {**view, "inwardIssue": self.near(one.source)}

    def near(self, issue: Issue) -> Json:
        """An issue as a parent, a child or the end of a link shows it."""
        fields: Json = {
            "summary": issue.summary,
            "status": self.status(issue.status),
            "issuetype": self.type(issue.type),
        }
        if issue.priority is not None:
            fields["priority"] = self.priority(issue.priority)
        return {**self.head(issue), "fields": fields}

    def head(self, issue: Issue) -> Json:
        link = f"{self.rest}/issue/{issue.id}"
        return {"id": str(issue.id), "key": issue.key, "self": link}

    def history(self, one: History) -> Json:
        return {
            "id": one.id,
            "author": self.person(one.author),
            "created": self.world.stamp(one.at),
            "items": one.items,
        }
