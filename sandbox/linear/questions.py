"""The questions themselves: what can be asked for by id, and which lists there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.linear.accounts import Identity, sees
from sandbox.linear.execute import Read, pages
from sandbox.linear.refusals import forbidden, not_found
from sandbox.linear.shelves import Shelf
from sandbox.linear.state import Comment, Issue, Team
from sandbox.wire import Json

if TYPE_CHECKING:
    from sandbox.linear.site import Site


class Queries:
    """What one identity may ask."""

    def __init__(self, site: Site, identity: Identity) -> None:
        self.site = site
        self.world = site.world
        self.identity = identity

    def table(self) -> dict[str, Read]:
        by_id = {"issue": "Issue", "team": "Team", "comment": "Comment", "user": "User",
                 "project": "Project", "cycle": "Cycle", "issueLabel": "IssueLabel",
                 "workflowState": "WorkflowState", "attachment": "Attachment",
                 "webhook": "Webhook"}  # fmt: skip
        singles = {name: Read(self._finder(of), of, takes=("id",)) for name, of in by_id.items()}
        lists = {
            "issues": pages(lambda _: self._issues(), "Issue"),
            "comments": pages(lambda _: self._comments(), "Comment"),
            "teams": pages(lambda _: self._teams(), "Team"),
            "users": pages(lambda _: self.world.people.values(), "User"),
            "issueLabels": pages(lambda _: self._of_teams(self.world.labels), "IssueLabel"),
            "workflowStates": pages(lambda _: self._of_teams(self.world.states), "WorkflowState"),
            "cycles": pages(lambda _: self._of_teams(self.world.cycles), "Cycle"),
            "projects": pages(lambda _: self.world.projects, "Project"),
            "projectMilestones": pages(lambda _: self._milestones(), "ProjectMilestone"),
            "issueRelations": pages(lambda _: self.world.relations, "IssueRelation"),
            "webhooks": pages(lambda _: self._webhooks(), "Webhook"),
            "attachmentsForURL": Read(self._attached, "Attachment", "page", ("url",)),
        }
        return {
            "viewer": Read(lambda _, __: self.identity.person, "User"),
            "organization": Read(lambda _, __: self.world, "Organization"),
            **singles,
            **lists,
        }

    def _finder(self, kind: str) -> Callable[[Any, Json], Any]:
        def find(_: Any, given: Json) -> Any:
            key = str(given.get("id") or "")
            found: Any = self.world.things.get(key)
            if kind == "Issue":
                found = self._single(key)
            if kind == "Comment":
                found = self._single_comment(found)
            if kind == "Team":
                found = self.world.team_of(key)
            if found is None or _kind(found) != kind or not self._visible(found):
                raise not_found(kind)
            if kind == "Webhook" and not self.identity.admin:
                raise forbidden("webhooks are for admins")
            return found

        return find

    def _visible(self, thing: Any) -> bool:
        issue = getattr(thing, "issue", thing)
        if isinstance(issue, Issue) and (issue.purged or issue.hidden):
            return False
        team = issue if isinstance(issue, Team) else getattr(issue, "team", None)
        return team is None or sees(self.identity, team)

    def _issues(self) -> Shelf:
        key = ("issues", self.identity.key)
        return self._shelved(key, lambda issues: (one for one in issues if self._visible(one)))

    def _comments(self) -> Shelf:
        def read(issues: Iterable[Issue]) -> Iterator[Any]:
            return (said for one in issues if self._visible(one) for said in one.comments)

        return self._shelved(("comments", self.identity.key), read)

    def _shelved(
        self, key: tuple[str, ...], read: Callable[[Iterable[Issue]], Iterable[Any]]
    ) -> Shelf:
        """A list over all issues: as they are, or as they were while indexes lag behind."""
        lag = self.site.list_lag()
        if lag <= 0:
            return self.world.shelf(key, lambda: read(self.world.issues.values()))
        return Shelf(read(self._looks(lag)))

    def _looks(self, lag: float) -> list[Issue]:
        then = self.world.now() - timedelta(seconds=lag)
        looks = (self.world.look_at(one, then) for one in self.world.issues.values())
        return [one for one in looks if one is not None]

    def _single(self, key: str) -> Issue | None:
        """One issue, which a replica may show as it was."""
        lag = self.site.read_lag()
        if lag <= 0:
            return self.world.issue(key)
        found = self.world.issues.get(key) or self.world.names.get(key.upper())
        return (
            self.world.look_at(found, self.world.now() - timedelta(seconds=lag)) if found else None
        )

    def _single_comment(self, comment: Any) -> Any:
        """One comment; a deleted one is still to be found at a replica that lags."""
        if not isinstance(comment, Comment) or self.site.read_lag() <= 0:
            return comment
        issue = self._single(comment.issue.id)
        said = issue.comments if issue else []
        return next((one for one in said if one.id == comment.id), None)

    def _teams(self) -> list[Team]:
        return [one for one in self.world.teams if self._visible(one)]

    def _of_teams(self, things: list[Any]) -> list[Any]:
        return [one for one in things if self._visible(one)]

    def _milestones(self) -> list[Any]:
        return [stone for project in self.world.projects for stone in project.milestones]

    def _webhooks(self) -> list[Any]:
        if not self.identity.admin:
            raise forbidden("webhooks are for admins")
        return list(self.world.webhooks)

    def _attached(self, _: Any, given: Json) -> list[Any]:
        found = [one for issue in self._issues() for one in issue.attachments]
        return [one for one in found if one.url == given.get("url")]


def _kind(thing: Any) -> str:
    names = {"Person": "User", "Label": "IssueLabel", "State": "WorkflowState",
             "LinearProject": "Project", "Milestone": "ProjectMilestone"}  # fmt: skip
    name = type(thing).__name__
    return names.get(name, name)
