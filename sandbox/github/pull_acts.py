"""Pull requests, as far as issues know of them: they refer to issues, and a merge closes some."""

from __future__ import annotations

import re

from sandbox.github.desk import NoSuch, act
from sandbox.github.issue_acts import IssueActs
from sandbox.github.state import Event, Issue, Person
from sandbox.github.views import node_id
from sandbox.wire import Json

REFERS = re.compile(r"(?<![\w/])#(\d+)")
CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)", re.IGNORECASE)


class PullActs(IssueActs):
    """GitHub docs: Linking a pull request to an issue."""

    @act
    def open_pull(
        self, title: str, body: str = "", branch: str = "fix", *, by: str | None = None
    ) -> Issue:
        actor = self.who(by)
        pull = self.open(title, body, pull=True, by=actor.login)
        pull.branch = branch
        self._refer(pull, actor)
        self._tell_pull(pull, "opened", actor)
        return pull

    @act
    def edit_pull(self, number: int, body: str, *, by: str | None = None) -> Issue:
        pull, actor = self._pull(number), self.who(by)
        before = pull.body or ""
        self.edit(number, body=body, by=actor.login)
        self._refer(pull, actor)
        self._tell_pull(pull, "edited", actor, changes={"body": {"from": before}})
        return pull

    @act
    def merge_pull(self, number: int, *, by: str | None = None) -> Issue:
        """Closes what the text says it closes; the one who merges is the one who closes."""
        pull, actor = self._pull(number), self.who(by)
        pull.merged_at = self.world.moment()
        self.close(number, by=actor.login)
        self._tell_pull(pull, "closed", actor)
        for key in CLOSES.findall(pull.body or ""):
            issue = self.repo.issues.get(int(key))
            if issue is not None and issue.alive and not issue.is_pull:
                self.close(issue.number, by=actor.login)
        return pull

    def _pull(self, number: int) -> Issue:
        pull = self.issue(number)
        if not pull.is_pull:
            raise NoSuch(f"{number} is no pull request")
        return pull

    def _refer(self, pull: Issue, by: Person) -> None:
        """Shows in the timeline of the issue only, and moves nothing there."""
        for key in dict.fromkeys(REFERS.findall(f"{pull.title} {pull.body or ''}")):
            issue = self.repo.issues.get(int(key))
            if issue is None or not issue.alive or issue is pull:
                continue
            if all(one.extra.get("pull") is not pull for one in issue.events):
                moment = self.world.moment()
                issue.events.append(Event(0, "cross-referenced", by, moment, issue, {"pull": pull}))

    def _tell_pull(self, pull: Issue, action: str, by: Person, **extra: object) -> None:
        """GitHub docs: pull_request."""
        if not self.repo.hooks:
            return
        body = {"number": pull.number, "pull_request": self._view(pull), **extra}
        self.mail.tell(self.repo, "pull_request", action, body, by)

    def _view(self, pull: Issue) -> Json:
        views = self.views
        url = f"{views.repo_url(pull.repo)}/pulls/{pull.number}"
        repo = views.repo(pull.repo)
        return {
            "id": pull.id + 500_000_000,
            "node_id": node_id("PR", pull.id),
            "url": url,
            "html_url": views.issue_html_url(pull),
            "issue_url": f"{views.repo_url(pull.repo)}/issues/{pull.number}",
            "number": pull.number,
            "state": pull.state,
            "locked": pull.locked,
            "title": pull.title,
            "body": pull.body,
            "user": views.person(pull.author),
            "created_at": pull.created_at,
            "updated_at": pull.updated_at,
            "closed_at": pull.closed_at,
            "merged_at": pull.merged_at,
            "merged": pull.merged_at is not None,
            "draft": False,
            "head": {"ref": pull.branch, "label": f"{pull.repo.owner.login}:{pull.branch}"},
            "base": {"ref": "main", "label": f"{pull.repo.owner.login}:main", "repo": repo},
        }
