"""How people hang issues together: sub-issues and dependencies; neither moves an `updated_at`."""

from __future__ import annotations

from sandbox.github.desk import NoSuch, act
from sandbox.github.state import Issue, Person
from sandbox.github.triage_acts import TriageActs


class LinkActs(TriageActs):
    """A line between two issues is told at both of its ends."""

    @act
    def add_sub_issue(self, number: int, child: int, *, by: str | None = None) -> Issue:
        """Moves no `updated_at`, on neither side: only the event tells."""
        parent, sub, actor = self.issue(number), self.issue(child), self.who(by)
        if sub.parent is not None:
            self.remove_sub_issue(sub.parent.number, child, by=by)
        with self.changing(parent, moves=False), self.changing(sub, moves=False):
            parent.children.append(sub)
            sub.parent = parent
        self.note(parent, "sub_issue_added", actor, sub_issue=self.views.reference(sub))
        self.note(sub, "parent_issue_added", actor, parent_issue=self.views.reference(parent))
        self._tell_family("added", parent, sub, actor)
        return parent

    @act
    def remove_sub_issue(self, number: int, child: int, *, by: str | None = None) -> Issue:
        parent, sub, actor = self.issue(number), self.issue(child), self.who(by)
        if sub.parent is not parent:
            raise NoSuch(f"issue {child} is no sub-issue of {number}")
        with self.changing(parent, moves=False), self.changing(sub, moves=False):
            parent.children.remove(sub)
            sub.parent = None
        self.note(parent, "sub_issue_removed", actor, sub_issue=self.views.reference(sub))
        self.note(sub, "parent_issue_removed", actor, parent_issue=self.views.reference(parent))
        self._tell_family("removed", parent, sub, actor)
        return parent

    @act
    def add_blocker(self, number: int, blocker: int, *, by: str | None = None) -> Issue:
        """The issue `number` waits for `blocker`."""
        blocked, blocking, actor = self.issue(number), self.issue(blocker), self.who(by)
        if blocking in blocked.blocked_by:
            return blocked
        with self.changing(blocked, moves=False), self.changing(blocking, moves=False):
            blocked.blocked_by.append(blocking)
            blocking.blocking.append(blocked)
        self._note_line("added", blocked, blocking, actor)
        self._tell_line("added", blocked, blocking, actor)
        return blocked

    @act
    def remove_blocker(self, number: int, blocker: int, *, by: str | None = None) -> Issue:
        blocked, blocking, actor = self.issue(number), self.issue(blocker), self.who(by)
        if blocking not in blocked.blocked_by:
            raise NoSuch(f"issue {number} is not blocked by {blocker}")
        with self.changing(blocked, moves=False), self.changing(blocking, moves=False):
            blocked.blocked_by.remove(blocking)
            blocking.blocking.remove(blocked)
        self._note_line("removed", blocked, blocking, actor)
        self._tell_line("removed", blocked, blocking, actor)
        return blocked

    def _note_line(self, verb: str, blocked: Issue, blocking: Issue, by: Person) -> None:
        views = self.views
        self.note(blocked, f"blocked_by_{verb}", by, blocked_by=views.reference(blocking))
        self.note(blocking, f"blocking_{verb}", by, blocking=views.reference(blocked))

    def _tell_line(self, verb: str, blocked: Issue, blocking: Issue, by: Person) -> None:
        """GitHub docs: issue_dependencies. Both ends have their event."""
        if not self.repo.hooks:
            return
        repo = self.views.repo(self.repo)
        both = {
            "blocked_issue_id": blocked.id,
            "blocked_issue": self.views.issue(blocked),
            "blocking_issue_id": blocking.id,
            "blocking_issue": self.views.issue(blocking),
        }
        for action, other in (("blocked_by", "blocking"), ("blocking", "blocked")):
            body = {**both, f"{other}_issue_repo": repo}
            self.mail.tell(self.repo, "issue_dependencies", f"{action}_{verb}", body, by)

    def _tell_family(self, verb: str, parent: Issue, sub: Issue, by: Person) -> None:
        """GitHub docs: sub_issues. Parent and child each have their event."""
        if not self.repo.hooks:
            return
        repo = self.views.repo(self.repo)
        both = {
            "sub_issue_id": sub.id,
            "sub_issue": self.views.issue(sub),
            "parent_issue_id": parent.id,
            "parent_issue": self.views.issue(parent),
        }
        for action, key in ((f"sub_issue_{verb}", "sub"), (f"parent_issue_{verb}", "parent")):
            body = {**both, f"{key}_issue_repo": repo}
            self.mail.tell(self.repo, "sub_issues", action, body, by)
