"""What people do to an issue as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.github.desk import UNSET, Unset, act
from sandbox.github.link_acts import LinkActs
from sandbox.github.state import Issue, Person, Repo


class IssueActs(LinkActs):
    """Open, edit, close, reopen, lock, delete, transfer."""

    @act
    def open(
        self,
        title: str,
        body: str | None = None,
        labels: Iterable[str] = (),
        assignees: Iterable[str] = (),
        milestone: int | str | None = None,
        type: str | None = None,
        *,
        pull: bool = False,
        by: str | None = None,
    ) -> Issue:
        """`opened` carries the labels already, and still each one is told again."""
        actor = self.who(by)
        stone = None if milestone is None else self.find_milestone(milestone)
        issue = self._new_issue(self.repo, title, body, actor)
        issue.is_pull = pull
        issue.labels = [self.label_named(name, actor) for name in dict.fromkeys(labels)]
        issue.assignees = [self.world.person(login) for login in dict.fromkeys(assignees)]
        issue.milestone = stone
        issue.type = None if type is None else self.find_type(type)
        self._enter(issue)
        self.tell_issue(issue, "opened", actor)
        for label in issue.labels:
            self.tell_labeled(issue, label, actor)
        for person in issue.assignees:
            self.tell_assigned(issue, person, actor)
        if stone is not None:
            self.tell_milestoned(issue, stone, actor)
        if issue.type is not None:
            view = self.views.issue_type(issue.type)
            self.tell_issue(issue, "typed", actor, type=view)
        return issue

    @act
    def edit(
        self,
        number: int,
        title: str | None = None,
        body: str | Unset | None = UNSET,
        *,
        by: str | None = None,
    ) -> Issue:
        """Title and body changed together are one `edited` with both old values."""
        issue, actor = self.issue(number), self.who(by)
        changes: dict[str, dict[str, str | None]] = {}
        if title is not None and title != issue.title:
            changes["title"] = {"from": issue.title}
        if not isinstance(body, Unset) and (body or None) != issue.body:
            changes["body"] = {"from": issue.body or ""}
        if not changes:
            return issue
        with self.changing(issue):
            if title is not None and "title" in changes:
                rename = {"from": issue.title, "to": title}
                issue.title = title
                self.note(issue, "renamed", actor, rename=rename)
            if not isinstance(body, Unset):
                issue.body = body or None
        self.tell_issue(issue, "edited", actor, changes=changes)
        return issue

    @act
    def close(self, number: int, reason: str = "completed", *, by: str | None = None) -> Issue:
        """GitHub docs: Update an issue. A reason counts only when the state changes."""
        issue, actor = self.issue(number), self.who(by)
        if issue.state == "closed":
            return issue
        with self.changing(issue):
            issue.state, issue.state_reason = "closed", reason
            issue.closed_at, issue.closed_by = self.world.moment(), actor
        self.note(issue, "closed", actor, state_reason=reason)
        self.tell_issue(issue, "closed", actor)
        return issue

    @act
    def reopen(self, number: int, *, by: str | None = None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        if issue.state == "open":
            return issue
        with self.changing(issue):
            issue.state, issue.state_reason = "open", "reopened"
            issue.closed_at = issue.closed_by = None
        self.note(issue, "reopened", actor)
        self.tell_issue(issue, "reopened", actor)
        return issue

    @act
    def lock(self, number: int, reason: str | None = None, *, by: str | None = None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        if issue.locked:
            return issue
        with self.changing(issue):
            issue.locked, issue.lock_reason = True, reason
        self.note(issue, "locked", actor, lock_reason=reason)
        self.tell_issue(issue, "locked", actor)
        return issue

    @act
    def unlock(self, number: int, *, by: str | None = None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        if not issue.locked:
            return issue
        with self.changing(issue):
            issue.locked, issue.lock_reason = False, None
        self.note(issue, "unlocked", actor)
        self.tell_issue(issue, "unlocked", actor)
        return issue

    @act
    def delete(self, number: int, *, by: str | None = None) -> None:
        """The comments die with the issue, without an event of their own."""
        issue, actor = self.issue(number), self.who(by)
        self.tell_issue(issue, "deleted", actor)
        self._detach(issue)
        with self.changing(issue, moves=False):
            issue.deleted = True
            self._take_comments(issue)

    @act
    def transfer(self, number: int, to: str, *, by: str | None = None) -> Issue:
        """A new id and number elsewhere; one event on each side (GitHub docs: issues)."""
        old, actor = self.issue(number), self.who(by)
        target = self._repo_called(to)
        new = self._copy(old, target)
        old_view, new_view = self.views.issue(old), self.views.issue(new)
        changes = {"new_issue": new_view, "new_repository": self.views.repo(target)}
        self.tell_issue(old, "transferred", actor, changes=changes)
        back = {"old_issue": old_view, "old_repository": self.views.repo(old.repo)}
        self.tell_issue(new, "opened", actor, changes=back)
        self._detach(old)
        with self.changing(old, moves=False):
            old.moved_to = new
            self._take_comments(old)
        self._bring_comments(new)
        self.note(new, "transferred", actor)
        return new

    def _new_issue(self, repo: Repo, title: str, body: str | None, author: Person) -> Issue:
        born = self.world.moment()
        number = repo.next_number()
        key = self.world.next_id("issue")
        return Issue(key, number, repo, title, body or None, author, born, born)

    def _enter(self, issue: Issue) -> None:
        self.remember(issue, there=False)
        issue.repo.issues[issue.number] = issue
        issue.repo.tally(issue, +1)
        issue.repo.shelve(issue)

    def _repo_called(self, name: str) -> Repo:
        owner, _, short = name.rpartition("/")
        owner = owner or self.repo.owner.login
        known = self.world.repo_named(owner, short)
        return known or self.world.add_repo(self.world.person(owner), short)

    def _copy(self, old: Issue, target: Repo) -> Issue:
        new = self._new_issue(target, old.title, old.body, old.author)
        new.created_at = old.created_at
        new.state, new.state_reason = old.state, old.state_reason
        new.closed_at, new.closed_by = old.closed_at, old.closed_by
        new.assignees = list(old.assignees)
        same = (target.labels.get(label.name.lower()) for label in old.labels)
        new.labels = [label for label in same if label is not None]
        new.comments = list(old.comments)
        self._enter(new)
        return new

    def _take_comments(self, issue: Issue) -> None:
        for comment in issue.comments:
            self.remember_comment(comment)
            del issue.repo.comments[comment.id]
            issue.repo.shelve_comment(comment)

    def _bring_comments(self, issue: Issue) -> None:
        for comment in issue.comments:
            comment.issue = issue
            issue.repo.comments[comment.id] = comment
            issue.repo.shelve_comment(comment)

    def _detach(self, issue: Issue) -> None:
        if issue.parent is not None:
            issue.parent.children.remove(issue)
            issue.parent.version += 1
            issue.parent = None
        for child in issue.children:
            child.parent = None
            child.version += 1
        issue.children = []
        for one in issue.blocked_by:
            one.blocking.remove(issue)
            one.version += 1
        for one in issue.blocking:
            one.blocked_by.remove(issue)
            one.version += 1
        issue.blocked_by, issue.blocking = [], []
