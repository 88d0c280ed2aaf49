"""What people hang on an issue: labels, assignees, a milestone, sub-issues."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.github.definition_acts import DefinitionActs
from sandbox.github.desk import NoSuch, act
from sandbox.github.state import Issue, Label, Milestone, Person


class TriageActs(DefinitionActs):
    """Each label, assignee or milestone that comes or goes is an event of its own."""

    @act
    def label(self, number: int, *names: str, by: str | None = None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        wanted = [self.label_named(name, actor) for name in dict.fromkeys(names)]
        for label in wanted:
            if label not in issue.labels:
                with self.changing(issue):
                    issue.labels.append(label)
                self.tell_labeled(issue, label, actor)
        return issue

    @act
    def unlabel(self, number: int, *names: str, by: str | None = None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        for name in names:
            label = self.find_label(name)
            if label not in issue.labels:
                raise NoSuch(f"issue {number} has no label {name!r}")
            with self.changing(issue):
                issue.labels.remove(label)
            self.note(issue, "unlabeled", actor, label=_short(label))
            view = self.views.label(self.repo, label)
            self.tell_issue(issue, "unlabeled", actor, label=view)
        return issue

    @act
    def set_labels(self, number: int, names: Iterable[str], *, by: str | None = None) -> Issue:
        """Replace the whole set; only the difference is told."""
        issue = self.issue(number)
        wanted = {name.lower(): name for name in names}
        gone = [one.name for one in issue.labels if one.name.lower() not in wanted]
        self.unlabel(number, *gone, by=by)
        return self.label(number, *wanted.values(), by=by)

    @act
    def assign(self, number: int, *logins: str, by: str | None = None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        for login in logins:
            person = self.world.person(login)
            if person not in issue.assignees:
                with self.changing(issue):
                    issue.assignees.append(person)
                self.tell_assigned(issue, person, actor)
        return issue

    @act
    def unassign(self, number: int, *logins: str, by: str | None = None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        for login in logins:
            person = self.world.person(login)
            if person in issue.assignees:
                with self.changing(issue):
                    issue.assignees.remove(person)
                view = self.views.person(person)
                self.note(
                    issue, "unassigned", actor, assignee=view, assigner=self.views.person(actor)
                )
                self.tell_issue(issue, "unassigned", actor, assignee=view)
        return issue

    @act
    def set_assignees(self, number: int, logins: Iterable[str], *, by: str | None = None) -> Issue:
        issue = self.issue(number)
        wanted = {login.lower(): login for login in logins}
        gone = [one.login for one in issue.assignees if one.login.lower() not in wanted]
        self.unassign(number, *gone, by=by)
        return self.assign(number, *wanted.values(), by=by)

    @act
    def milestone(self, number: int, which: int | str | None, *, by: str | None = None) -> Issue:
        """Put under a milestone, by number or title; None takes it off."""
        issue, actor = self.issue(number), self.who(by)
        stone = None if which is None else self.find_milestone(which)
        before = issue.milestone
        if stone is before:
            return issue
        with self.changing(issue):
            issue.milestone = stone
        if before is not None:
            view = self.views.milestone(self.repo, before)
            self.note(issue, "demilestoned", actor, milestone={"title": before.title})
            self.tell_issue(issue, "demilestoned", actor, milestone=view)
        if stone is not None:
            self.tell_milestoned(issue, stone, actor)
        return issue

    @act
    def add_sub_issue(self, number: int, child: int, *, by: str | None = None) -> Issue:
        """Moves no `updated_at`, on neither side: only the event tells."""
        parent, sub, actor = self.issue(number), self.issue(child), self.who(by)
        if sub.parent is not None:
            self.remove_sub_issue(sub.parent.number, child, by=by)
        with self.changing(parent, moves=False):
            parent.children.append(sub)
            sub.parent = parent
        self.note(parent, "sub_issue_added", actor)
        self.note(sub, "parent_issue_added", actor)
        self._tell_family("added", parent, sub, actor)
        return parent

    @act
    def remove_sub_issue(self, number: int, child: int, *, by: str | None = None) -> Issue:
        parent, sub, actor = self.issue(number), self.issue(child), self.who(by)
        if sub.parent is not parent:
            raise NoSuch(f"issue {child} is no sub-issue of {number}")
        with self.changing(parent, moves=False):
            parent.children.remove(sub)
            sub.parent = None
        self.note(parent, "sub_issue_removed", actor)
        self.note(sub, "parent_issue_removed", actor)
        self._tell_family("removed", parent, sub, actor)
        return parent

    def tell_labeled(self, issue: Issue, label: Label, by: Person) -> None:
        self.note(issue, "labeled", by, label=_short(label))
        self.tell_issue(issue, "labeled", by, label=self.views.label(issue.repo, label))

    def tell_assigned(self, issue: Issue, person: Person, by: Person) -> None:
        view = self.views.person(person)
        self.note(issue, "assigned", by, assignee=view, assigner=self.views.person(by))
        self.tell_issue(issue, "assigned", by, assignee=view)

    def tell_milestoned(self, issue: Issue, stone: Milestone, by: Person) -> None:
        view = self.views.milestone(issue.repo, stone)
        self.note(issue, "milestoned", by, milestone={"title": stone.title})
        self.tell_issue(issue, "milestoned", by, milestone=view)

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


def _short(label: Label) -> dict[str, str]:
    return {"name": label.name, "color": label.color}
