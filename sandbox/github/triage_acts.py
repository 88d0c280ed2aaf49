"""What people hang on an issue: labels, assignees, a milestone, a type, field values."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.github.definition_acts import DefinitionActs
from sandbox.github.desk import NoSuch, act
from sandbox.github.state import Issue, Label, Milestone, Person
from sandbox.github.views import issue_type_reference


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
    def set_type(self, number: int, name: str | None, *, by: str | None = None) -> Issue:
        """GitHub docs: Managing issue types; None takes the type off."""
        issue, actor = self.issue(number), self.who(by)
        kind = None if name is None else self.find_type(name)
        before = issue.type
        if kind is before:
            return issue
        with self.changing(issue):
            issue.type = kind
        shown = {
            "issue_type": issue_type_reference(kind or before),
            **({"prev_issue_type": issue_type_reference(before)} if before and kind else {}),
        }
        verb = "changed" if before and kind else "added" if kind else "removed"
        self.note(issue, f"issue_type_{verb}", actor, **shown)
        told = kind or before
        if told is not None:
            view = self.views.issue_type(told)
            self.tell_issue(issue, "typed" if kind else "untyped", actor, type=view)
        return issue

    @act
    def set_field(
        self, number: int, field: int, value: str | float | None, *, by: str | None = None
    ) -> Issue:
        """A value of one of the organisation's issue fields; None clears it."""
        issue, actor = self.issue(number), self.who(by)
        kind = self.find_field(field)
        if value is not None and kind.options and value not in [one[1] for one in kind.options]:
            raise NoSuch(f"{kind.name} has no option {value!r}")
        if issue.values.get(field) == value:
            return issue
        with self.changing(issue):
            if value is None:
                del issue.values[field]
            else:
                issue.values[field] = value
        about = {"id": kind.id, "name": kind.name, "field_type": kind.kind}
        action = "field_removed" if value is None else "field_added"
        self.tell_issue(issue, action, actor, issue_field=about)
        return issue

    @act
    def pin(self, number: int, *, by: str | None = None) -> Issue:
        """Shown on top of the list; no `updated_at` moves."""
        return self._pinned(number, True, by)

    @act
    def unpin(self, number: int, *, by: str | None = None) -> Issue:
        return self._pinned(number, False, by)

    def _pinned(self, number: int, wanted: bool, by: str | None) -> Issue:
        issue, actor = self.issue(number), self.who(by)
        if issue.pinned is not wanted:
            issue.pinned = wanted
            action = "pinned" if wanted else "unpinned"
            self.note(issue, action, actor)
            self.tell_issue(issue, action, actor)
        return issue

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


def _short(label: Label) -> dict[str, str]:
    return {"name": label.name, "color": label.color}
